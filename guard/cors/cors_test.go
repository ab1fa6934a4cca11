package cors_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cors"
)

func newGuard(t testing.TB, cfg cors.Config) *cors.Guard {
	t.Helper()
	g, err := cors.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// send asks h with the fields given as name, value, name, value.
func send(h http.Handler, method, target string, fields ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// readable is the "CORS check" of the Fetch Standard (section 4.9), for a script of origin
// that sends cookies along or not.
func readable(resp *http.Response, origin string, cookies bool) bool {
	allowed, ok := combined(resp, "Access-Control-Allow-Origin")
	if !ok {
		return false
	}
	if !cookies && allowed == "*" {
		return true
	}
	if allowed != origin {
		return false
	}
	credentials, _ := combined(resp, "Access-Control-Allow-Credentials")
	return !cookies || credentials == "true"
}

// combined is how a browser gets the value of a field that comes several times.
func combined(resp *http.Response, name string) (string, bool) {
	values := resp.Header.Values(name)
	return strings.Join(values, ", "), len(values) > 0
}

// preflightPasses is the end of the "CORS-preflight fetch" of the Fetch Standard (section
// 4.8), for a request with that method and those header fields (lower case).
func preflightPasses(resp *http.Response, origin, method string, cookies bool, names ...string) bool {
	if !readable(resp, origin, cookies) || resp.StatusCode < 200 || resp.StatusCode > 299 {
		return false
	}
	methods, headers := list(resp, "Access-Control-Allow-Methods"), list(resp, "Access-Control-Allow-Headers")
	safe := method == "GET" || method == "HEAD" || method == "POST"
	if !safe && !slices.Contains(methods, method) && (cookies || !slices.Contains(methods, "*")) {
		return false
	}
	for _, name := range names {
		if !slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(h, name) }) &&
			(cookies || name == "authorization" || !slices.Contains(headers, "*")) {
			return false
		}
	}
	return true
}

func list(resp *http.Response, name string) (all []string) {
	value, _ := combined(resp, name)
	for item := range strings.SplitSeq(value, ",") {
		all = append(all, strings.TrimSpace(item))
	}
	return all
}

// allow is an app that lets the origins read for which ok says so, with cookies: what
// badly set CORS libraries do.
func allow(ok func(origin string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := strings.Join(r.Header["Origin"], ", "); ok(origin) {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
			h.Set("Access-Control-Allow-Methods", "DELETE, PUT")
			h.Set("Access-Control-Allow-Headers", strings.Join(r.Header["Access-Control-Request-Headers"], ", "))
			h.Set("Access-Control-Allow-Private-Network", "true")
			h.Set("Access-Control-Expose-Headers", "X-Token")
			h["access-control-max-age"] = []string{"86400"}
		}
		w.Write([]byte("the visitor's notes"))
	})
}

func everybody(string) bool { return true }

const shop = "https://shop.example"

var lookAlikes = []struct{ name, origin string }{
	{"another site", "https://evil.example"},
	{"the name as prefix", "https://shop.example.evil.example"},
	{"the name as prefix without a dot", "https://shop.exampleevil.example"},
	{"the name as suffix", "https://evilshop.example"},
	{"a subdomain", "https://evil.shop.example"},
	{"the parent domain", "https://example"},
	{"another character for the dot", "https://shopxexample"},
	{"another port", "https://shop.example:8443"},
	{"the port of the scheme, written", "https://shop.example:443"},
	{"another scheme", "http://shop.example"},
	{"a made-up scheme", "httpsx://shop.example"},
	{"capitals in the host", "https://SHOP.example"},
	{"capitals in the scheme", "HTTPS://shop.example"},
	{"the name as user", "https://shop.example@evil.example"},
	{"the name as user and password", "https://shop.example:443@evil.example"},
	{"a user", "https://evil@shop.example"},
	{"a trailing dot", "https://shop.example."},
	{"a trailing slash", "https://shop.example/"},
	{"a path", "https://shop.example/evil"},
	{"a query", "https://evil.example?https://shop.example"},
	{"a fragment", "https://evil.example#https://shop.example"},
	{"a backslash", `https://evil.example\.shop.example`},
	{"a backtick, which Safari sends", "https://shop.example`.evil.example"},
	{"an underscore", "https://shop.example_.evil.example"},
	{"a brace", "https://shop.example{.evil.example"},
	{"fullwidth letters", "https://ｓhop.example"},
	{"an ideographic full stop", "https://shop。example"},
	{"a look-alike letter", "https://shоp.example"},
	{"the same in ASCII", "https://xn--shp-sdd.example"},
	{"a percent sign", "https://shop%2eexample"},
	{"null", "null"},
	{"Null", "Null"},
	{"a file", "file://"},
	{"a file with a path", "file:///shop.example"},
	{"an extension", "chrome-extension://shop.example"},
	{"data", "data:shop.example"},
	{"no scheme", "shop.example"},
	{"only slashes", "//shop.example"},
	{"empty", ""},
	{"a star", "*"},
	{"a list", "https://shop.example, https://evil.example"},
	{"a list without a space", "https://evil.example,https://shop.example"},
	{"a list with a space, as RFC 6454 has it", "https://evil.example https://shop.example"},
	{"a space before", " https://shop.example"},
	{"a space after", "https://shop.example "},
	{"a tab", "https://shop.example\t"},
	{"NUL", "https://shop.example\x00.evil.example"},
	{"line ends", "https://shop.example\r\nX-Injected: 1"},
	{"eight kilobytes", "https://" + strings.Repeat("a", 8192) + ".shop.example"},
	{"a name as long", "https://evil.exampl"},
}

// An app that sends every origin back lets every site read what the visitor can read. The
// guard lets only the listed one, byte for byte.
func TestAttackOriginLookAlikes(t *testing.T) {
	t.Parallel()
	app := allow(everybody)
	none := newGuard(t, cors.Config{}).Handler(app)
	g := newGuard(t, cors.Config{Origins: []string{shop}, Methods: []string{"DELETE"}, Credentials: true})
	policy := g.Handler(app)
	for _, tt := range lookAlikes {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if resp := send(app, "GET", "/", "Origin", tt.origin); !readable(resp, tt.origin, true) {
				t.Fatal("without the guard the attack must succeed")
			}
			for name, h := range map[string]http.Handler{"without a policy": none, "with a policy": policy} {
				resp := send(h, "GET", "/", "Origin", tt.origin)
				if readable(resp, tt.origin, false) || len(accessControl(resp)) > 0 {
					t.Errorf("%s: %q can read the answer: %v", name, tt.origin, resp.Header)
				}
				if varies := slices.Contains(list(resp, "Vary"), "Origin"); varies != (name == "with a policy") {
					t.Errorf("%s: Vary is %q", name, resp.Header["Vary"])
				}
				resp = send(h, "OPTIONS", "/", "Origin", tt.origin, "Access-Control-Request-Method", "DELETE")
				if resp.StatusCode != 403 || len(accessControl(resp)) > 0 {
					t.Errorf("%s: %q may send DELETE: %d %v", name, tt.origin, resp.StatusCode, resp.Header)
				}
				if !slices.Contains(list(resp, "Vary"), "Origin") {
					t.Errorf("%s: the refusal has Vary %q", name, resp.Header["Vary"])
				}
			}
			if g.Allowed(tt.origin) || g.AllowedWithCookies(tt.origin) {
				t.Errorf("Allowed(%q)", tt.origin)
			}
		})
	}
	if resp := send(policy, "GET", "/", "Origin", shop); !readable(resp, shop, true) {
		t.Errorf("the listed origin cannot read: %v", resp.Header)
	}
	if resp := send(none, "GET", "/", "Origin", shop); readable(resp, shop, false) {
		t.Errorf("no origin is listed, and one can read: %v", resp.Header)
	}
}

// accessControl returns the fields of the CORS protocol, however they are written.
func accessControl(resp *http.Response) (names []string) {
	for name := range resp.Header {
		if strings.HasPrefix(strings.ToLower(name), "access-control-") {
			names = append(names, name)
		}
	}
	return names
}

// Two Origin fields: the app, like WSGI, joins them; the one that the guard looks at must
// not be another one than the browser's.
func TestAttackSeveralOrigins(t *testing.T) {
	t.Parallel()
	h := newGuard(t, cors.Config{Origins: []string{shop}}).Handler(allow(everybody))
	for _, origins := range [][]string{{shop, "https://evil.example"}, {"https://evil.example", shop}, {shop, shop}} {
		resp := send(h, "GET", "/", "Origin", origins[0], "Origin", origins[1])
		if names := accessControl(resp); len(names) > 0 {
			t.Errorf("%q: %v", origins, resp.Header)
		}
	}
}

// What apps do wrong when they compare; each is from the documentation of jub0bs/cors or
// from a published report.
func TestAttackLooseComparison(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		app    func(string) bool
		origin string
	}{
		"prefix":    {func(o string) bool { return strings.HasPrefix(o, shop) }, "https://shop.example.evil.example"},
		"suffix":    {func(o string) bool { return strings.HasSuffix(o, "shop.example") }, "https://evilshop.example"},
		"contains":  {func(o string) bool { return strings.Contains(o, "shop.example") }, "https://evil.example.shop.example.evil.example"},
		"subdomain": {func(o string) bool { return strings.HasSuffix(o, ".shop.example") }, "https://forgotten.shop.example"},
		"case":      {func(o string) bool { return strings.EqualFold(o, shop) }, "https://SHOP.example"},
		"null":      {func(o string) bool { return o == "null" || o == shop }, "null"},
	} {
		app := allow(tt.app)
		if resp := send(app, "GET", "/", "Origin", tt.origin); !readable(resp, tt.origin, true) {
			t.Errorf("%s: without the guard the attack must succeed", name)
		}
		h := newGuard(t, cors.Config{Origins: []string{shop}, Credentials: true}).Handler(app)
		if resp := send(h, "GET", "/", "Origin", tt.origin); readable(resp, tt.origin, true) {
			t.Errorf("%s: %q can read the answer", name, tt.origin)
		}
	}
}

// CVE-2024-6221: Flask-CORS answered every question about the private network with yes.
func TestAttackPrivateNetwork(t *testing.T) {
	t.Parallel()
	asks := []string{"Origin", shop, "Access-Control-Request-Method", "GET", "Access-Control-Request-Private-Network", "true"}
	app := allow(everybody)
	if resp := send(app, "OPTIONS", "/", asks...); resp.Header.Get("Access-Control-Allow-Private-Network") != "true" {
		t.Fatal("without the guard the attack must succeed")
	}
	for name, cfg := range map[string]cors.Config{"no policy": {}, "policy": {Origins: []string{shop}}, "any origin": {DangerouslyAllowAnyOrigin: true}} {
		resp := send(newGuard(t, cfg).Handler(app), "OPTIONS", "/", asks...)
		if resp.StatusCode != 403 || len(accessControl(resp)) > 0 {
			t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
		}
	}
	old := append(slices.Clone(asks[:4]), "Access-Control-Request-Local-Network", "true")
	if resp := send(newGuard(t, cors.Config{Origins: []string{shop}}).Handler(app), "OPTIONS", "/", old...); resp.StatusCode != 403 {
		t.Errorf("under the name of the drafts: %d", resp.StatusCode)
	}
	cfg := cors.Config{Origins: []string{shop}, DangerouslyAllowPrivateNetwork: true}
	resp := send(newGuard(t, cfg).Handler(app), "OPTIONS", "/", asks...)
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Private-Network") != "true" {
		t.Errorf("with the option: %d %v", resp.StatusCode, resp.Header)
	}
}

// CVE-2024-1681: what the client wrote went into the log as it was.
func TestAttackLogInjection(t *testing.T) {
	t.Parallel()
	forged := "https://evil.example\r\n2026-11-22 INFO login of admin from 192.0.2.7\x1b[2K"
	naive := "asked by " + forged
	if !strings.Contains(naive, "\n2026-11-22 INFO") {
		t.Fatal("a log that takes the text as it is must be forgeable")
	}
	g := newGuard(t, cors.Config{Origins: []string{shop}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}})
	for name, fields := range map[string][]string{
		"origin": {"Origin", forged, "Access-Control-Request-Method", "PUT"},
		"method": {"Origin", shop, "Access-Control-Request-Method", "PUT\nforged"},
		"header": {"Origin", shop, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a\nforged"},
	} {
		r := httptest.NewRequest("OPTIONS", "/", nil)
		for i := 0; i < len(fields); i += 2 {
			r.Header[fields[i]] = []string{fields[i+1]}
		}
		err := g.Check(r)
		if err == nil || strings.ContainsFunc(err.Error(), func(c rune) bool { return c < ' ' }) {
			t.Errorf("%s: %q", name, err)
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%s: a line of %d bytes", name, len(err.Error()))
		}
	}
}

// CVE-2024-6839, -6844 and -6866: a policy for some paths was found by another reading of
// the path than the app's (the longest pattern, "+" as a space, without regard to case).
// Here net/http's ServeMux chooses, by the path that the app gets.
func TestAttackPathReadTwice(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.URL.Path)) })
	open := newGuard(t, cors.Config{Origins: []string{"https://evil.example"}})
	closed := newGuard(t, cors.Config{})
	flaskCORS := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.ToLower(strings.ReplaceAll(r.URL.Path, "+", " "))
		if strings.HasPrefix(path, "/open/") || strings.HasPrefix(path, "/a b") {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		}
		app(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle("/open/", open.Handler(app))
	mux.Handle("/a%20b", open.Handler(app))
	mux.Handle("/", closed.Handler(app))
	for _, target := range []string{"/OPEN/admin", "/Open/x", "/a+b"} {
		if !readable(send(flaskCORS, "GET", target, "Origin", "https://evil.example"), "https://evil.example", false) {
			t.Errorf("%s: without the guard the attack must succeed", target)
		}
		if readable(send(mux, "GET", target, "Origin", "https://evil.example"), "https://evil.example", false) {
			t.Errorf("%s: the policy of another path counted", target)
		}
	}
	for _, target := range []string{"/open/x", "/a%20b"} {
		if !readable(send(mux, "GET", target, "Origin", "https://evil.example"), "https://evil.example", false) {
			t.Errorf("%s: its own policy does not count", target)
		}
	}
}

// A cache that gives one origin the answer made for another.
func TestAttackCacheMixesOriginsUp(t *testing.T) {
	t.Parallel()
	other := "https://other.example"
	careless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin == shop || origin == other {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
	})
	// cached asks as first, then as second, through a cache that obeys Vary.
	cached := func(h http.Handler, first, second []string) *http.Response {
		resp := send(h, "GET", "/", first...)
		if slices.Contains(list(resp, "Vary"), "Origin") {
			resp = send(h, "GET", "/", second...)
		}
		return resp
	}
	g := newGuard(t, cors.Config{Origins: []string{shop, other}, Credentials: true})
	as := func(origin string) []string { return []string{"Origin", origin} }
	for name, first := range map[string][]string{"another origin": as(other), "no origin": nil, "a refused one": as("https://evil.example")} {
		if readable(cached(careless, first, as(shop)), shop, false) {
			t.Errorf("%s: without Vary the allowed origin must be kept out by the cache", name)
		}
		if !readable(cached(g.Handler(careless), first, as(shop)), shop, true) {
			t.Errorf("%s: the cache keeps the allowed origin out", name)
		}
	}
}

func TestVaryIsAddedOnce(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cors.Config{Origins: []string{shop}})
	for said, want := range map[string]string{
		"": "Origin", "Cookie": "Cookie, Origin", "origin": "origin", "Accept, ORIGIN": "Accept, ORIGIN", "*": "*", "X-Origin": "X-Origin, Origin",
	} {
		h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if said != "" {
				w.Header().Set("Vary", said)
			}
		}))
		for range 2 { // the second one must not see what the first one appended
			if got, _ := combined(send(h, "GET", "/"), "Vary"); got != want {
				t.Errorf("the app says %q, the answer %q, want %q", said, got, want)
			}
		}
	}
}

// Refusals of the guards inside are answers too: an allowed script can tell its user why.
func TestRefusalsInsideAreReadable(t *testing.T) {
	t.Parallel()
	inside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://evil.example")
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 429, Code: "test.no", Public: "Too many."})
	})
	h := newGuard(t, cors.Config{Origins: []string{shop}}).Handler(inside)
	if resp := send(h, "GET", "/", "Origin", shop); resp.StatusCode != 429 || !readable(resp, shop, false) {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if resp := send(h, "GET", "/", "Origin", "https://evil.example"); readable(resp, "https://evil.example", false) {
		t.Error("the hostile origin can read it too")
	}
}
