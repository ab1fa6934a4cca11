package cors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestPreflights(t *testing.T) {
	t.Parallel()
	cfg := cors.Config{
		Origins: []string{shop}, Methods: []string{"PUT", "DELETE", "PATCH", "CHICKEN"},
		RequestHeaders: []string{"Content-Type", "Authorization", "X-Api-Key"}, Credentials: true, MaxAge: 10 * time.Minute,
	}
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a preflight reached the app") })
	h := newGuard(t, cfg).Handler(app)
	for _, tt := range []struct {
		name, method, headers, code string
	}{
		{"a simple method", "GET", "", ""},
		{"JSON by POST", "POST", "content-type", ""},
		{"PUT", "PUT", "", ""},
		{"all header fields, as browsers send them", "DELETE", "authorization,content-type,x-api-key", ""},
		{"with spaces", "DELETE", "authorization, content-type", ""},
		{"in capitals", "DELETE", "Authorization", ""},
		{"empty names from an intermediary", "DELETE", "authorization,,content-type,", ""},
		{"a made-up method that is listed", "CHICKEN", "", ""},
		{"a method that is not listed", "PURGE", "", "cors.method"},
		{"a listed method in another case", "patch", "", "cors.method"},
		{"a safe method in another case", "get", "", "cors.method"},
		{"a star", "*", "", "cors.method"},
		{"several methods", "PUT, DELETE", "", "cors.method"},
		{"no method", "", "", "cors.method"},
		{"a header field that is not listed", "PUT", "x-http-method-override", "cors.request-header"},
		{"one of several", "PUT", "authorization,x-evil", "cors.request-header"},
		{"a star as field", "PUT", "*", "cors.request-header"},
		{"text around a name", "PUT", "x-api-key:", "cors.request-header"},
		{"a look-alike name", "PUT", "x-api-\u212aey", "cors.request-header"}, // the Kelvin sign
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("OPTIONS", "/", nil)
			r.Header["Origin"] = []string{shop}
			r.Header["Access-Control-Request-Method"] = []string{tt.method}
			if tt.headers != "" {
				r.Header["Access-Control-Request-Headers"] = []string{tt.headers}
			}
			x := &fumehood.Exchange{}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
			resp := w.Result()
			code := ""
			if x.Refused != nil {
				code = x.Refused.Code
			}
			var names []string
			for name := range strings.SplitSeq(strings.ToLower(tt.headers), ",") {
				if name = strings.TrimSpace(name); name != "" {
					names = append(names, name)
				}
			}
			passes := preflightPasses(resp, shop, tt.method, true, names...)
			if code != tt.code || passes != (tt.code == "") {
				t.Errorf("code %q, want %q; a browser goes on: %v; %d %v", code, tt.code, passes, resp.StatusCode, resp.Header)
			}
			if tt.code == "" && (resp.StatusCode != 204 || w.Body.Len() > 0 || resp.Header.Get("Access-Control-Max-Age") != "600") {
				t.Errorf("%d %v %q", resp.StatusCode, resp.Header, w.Body)
			}
			for _, name := range []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} {
				if !strings.Contains(strings.Join(resp.Header["Vary"], ","), name) {
					t.Errorf("Vary %q lacks %s", resp.Header["Vary"], name)
				}
			}
		})
	}
}

// What looks like a preflight and is none goes to the app, which may know OPTIONS.
func TestOtherOptionsReachTheApp(t *testing.T) {
	t.Parallel()
	h := newGuard(t, cors.Config{}).Handler(allow(everybody))
	for _, fields := range [][]string{nil, {"Origin", shop}, {"Access-Control-Request-Method", "PUT"}} {
		if resp := send(h, "OPTIONS", "/", fields...); resp.StatusCode != 200 || len(accessControl(resp)) > 0 {
			t.Errorf("%v: %d %v", fields, resp.StatusCode, resp.Header)
		}
	}
	if resp := send(h, "POST", "/", "Origin", shop, "Access-Control-Request-Method", "PUT"); resp.StatusCode != 200 {
		t.Errorf("a POST: %d", resp.StatusCode)
	}
}

// A list of half a million names must not cost more than a short one.
func TestAttackEndlessListOfHeaderFields(t *testing.T) { // not parallel: it counts allocations
	g := newGuard(t, cors.Config{Origins: []string{shop}, RequestHeaders: []string{"X-A"}})
	cost := func(list string) float64 {
		r := httptest.NewRequest("OPTIONS", "/", nil)
		r.Header.Set("Origin", shop)
		r.Header.Set("Access-Control-Request-Method", "GET")
		r.Header["Access-Control-Request-Headers"] = []string{list}
		if g.Check(r) == nil {
			t.Errorf("a list of %d bytes passed", len(list))
		}
		return testing.AllocsPerRun(10, func() { _ = g.Check(r) })
	}
	short := cost("x-b")
	for _, list := range []string{strings.Repeat(",", 1<<20), strings.Repeat("x-a,", 1<<18), strings.Repeat("X-A, ", 1<<18), strings.Repeat("x", 1<<20)} {
		if long := cost(list); long > short+32 {
			t.Errorf("%.10q...: %v allocations, %v for a short list", list, long, short)
		}
	}
}

func TestAnswersOfAPolicy(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://evil.example")
		w.Header().Set("ETag", `"1"`)
	})
	cfg := cors.Config{Origins: []string{shop, "http://localhost:3000"}, ExposeHeaders: []string{"ETag", "Link"}}
	resp := send(newGuard(t, cfg).Handler(app), "GET", "/", "Origin", shop)
	if got := resp.Header; got.Get("Access-Control-Allow-Origin") != shop || got.Get("Access-Control-Expose-Headers") != "ETag, Link" ||
		got["Access-Control-Allow-Credentials"] != nil || len(got["Access-Control-Allow-Origin"]) != 1 {
		t.Errorf("%v", got)
	}
	if !readable(send(newGuard(t, cfg).Handler(app), "GET", "/", "Origin", "http://localhost:3000"), "http://localhost:3000", false) {
		t.Error("the second origin cannot read")
	}
	if resp := send(newGuard(t, cfg).Handler(app), "GET", "/"); len(accessControl(resp)) > 0 || resp.Header.Get("Vary") != "Origin" {
		t.Errorf("without an Origin: %v", resp.Header)
	}

	public := newGuard(t, cors.Config{DangerouslyAllowAnyOrigin: true, Methods: []string{"PUT"}})
	for _, origin := range []string{shop, "https://evil.example", "null"} {
		resp := send(public.Handler(app), "GET", "/", "Origin", origin)
		if !readable(resp, origin, false) || readable(resp, origin, true) {
			t.Errorf("a public API: %s: %v", origin, resp.Header)
		}
		if !public.Allowed(origin) || public.AllowedWithCookies(origin) {
			t.Errorf("Allowed(%q) of a public API", origin)
		}
	}
}

// With dangerously_trust_app the app's word counts; even then "null" with cookies does not.
func TestTrustingTheApp(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cors.Config{DangerouslyTrustApp: true})
	h := g.Handler(allow(everybody))
	resp := send(h, "GET", "/", "Origin", shop)
	if !readable(resp, shop, true) || resp.Header.Get("Vary") != "Origin" || !g.TrustsApp() {
		t.Errorf("%v", resp.Header)
	}
	resp = send(h, "OPTIONS", "/", "Origin", shop, "Access-Control-Request-Method", "DELETE")
	if !preflightPasses(resp, shop, "DELETE", true) {
		t.Errorf("a preflight for the app: %d %v", resp.StatusCode, resp.Header)
	}
	if resp := send(h, "GET", "/", "Origin", "null"); readable(resp, "null", false) {
		t.Errorf("null with cookies: %v", resp.Header)
	}
	star := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Access-Control-Allow-Origin", "*") })
	if resp := send(g.Handler(star), "GET", "/", "Origin", shop); !readable(resp, shop, false) || resp.Header["Vary"] != nil {
		t.Errorf("a star: %v", resp.Header)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	app := allow(everybody)
	hostile := []string{"Origin", "https://evil.example"}
	preflight := append([]string{"Access-Control-Request-Method", "DELETE"}, hostile...)
	for _, tt := range []struct {
		mode           fumehood.Mode
		read, ask      bool
		reported       string
		reportedOnAsks string
	}{
		{"", false, false, "cors.app", ""},
		{fumehood.Enforce, false, false, "cors.app", ""},
		{fumehood.Report, true, true, "cors.app", "cors.origin cors.app"},
		{fumehood.Off, true, true, "", ""},
	} {
		h := newGuard(t, cors.Config{Mode: tt.mode, Origins: []string{shop}}).Handler(app)
		run := func(method string, fields []string) (*http.Response, string) {
			x := &fumehood.Exchange{}
			resp := send(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
			}), method, "/", fields...)
			var codes []string
			for _, refusal := range x.Reported {
				codes = append(codes, refusal.Code)
			}
			return resp, strings.Join(codes, " ")
		}
		if resp, codes := run("GET", hostile); readable(resp, "https://evil.example", true) != tt.read || codes != tt.reported {
			t.Errorf("%q: %v, reported %q", tt.mode, resp.Header, codes)
		}
		if resp, codes := run("OPTIONS", preflight); preflightPasses(resp, "https://evil.example", "DELETE", true) != tt.ask || codes != tt.reportedOnAsks {
			t.Errorf("%q: preflight %v, reported %q", tt.mode, resp.Header, codes)
		}
		if _, codes := run("GET", nil); codes != "" {
			t.Errorf("%q: %q is reported about a request without an origin", tt.mode, codes)
		}
		if _, codes := run("POST", []string{"Origin", "http://example.com"}); codes != "" { // httptest's own host
			t.Errorf("%q: %q is reported about a request of the site itself", tt.mode, codes)
		}
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ entry, hint string }{
		{"", originHint},
		{"*", "dangerously_allow_any_origin"},
		{"null", "real origin"},
		{"https://*.shop.example", "name each origin"},
		{"https://*", "name each origin"},
		{"https://shop.example:*", "name each origin"},
		{"https://*.com", "name each origin"},
		{"shop.example", originHint},
		{"//shop.example", originHint},
		{"https:shop.example", originHint},
		{"https:///path", originHint},
		{"file:///etc", originHint},
		{"chrome-extension://abcdef", originHint},
		{"https://shop.example/", `"https://shop.example"`},
		{"https://shop.example/api", `"https://shop.example"`},
		{"https://shop.example?x=1", `"https://shop.example"`},
		{"https://shop.example?", `"https://shop.example"`},
		{"https://shop.example#x", `"https://shop.example"`},
		{"https://shop.example#", `"https://shop.example"`},
		{"https://user@shop.example", `"https://shop.example"`},
		{"https://shop.example:443", `"https://shop.example"`},
		{"http://shop.example:80", `"http://shop.example"`},
		{"https://shop.example:", `"https://shop.example"`},
		{"https://shop.example:08443", `"https://shop.example:8443"`},
		{"https://shop.example:0", originHint},
		{"https://shop.example:65536", originHint},
		{"https://SHOP.example", `"https://shop.example"`},
		{"HTTPS://shop.example", `"https://shop.example"`},
		{"https://shop..example", originHint},
		{"https://.shop.example", originHint},
		{"https://shop.example`", originHint},
		{"https://shop example", originHint},
		{" https://shop.example", originHint},
		{"https://shop.example\n", originHint},
		{"https://1.2.3", originHint},
		{"https://0x7f.1", originHint},
		{"https://192.0.2.300", originHint},
		{"https://[2001:DB8::7]", `"https://[2001:db8::7]"`},
		{"https://[::1%25eth0]", originHint},
		{"https://bücher.example/", `"https://xn--bcher-kva.example"`},
		{"https://a\u200db.example", originHint},
		{`https://shop\.example$`, originHint},
		{"https://a.example,https://b.example", originHint},
	} {
		_, err := cors.New(cors.Config{Origins: []string{"https://ok.example", tt.entry}})
		if err == nil {
			t.Errorf("%q was accepted", tt.entry)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", tt.entry)) || !strings.Contains(hint.Of(err), tt.hint) {
			t.Errorf("%q: the error %q (hint %q) does not help", tt.entry, err, hint.Of(err))
		}
	}
	_, err := cors.New(cors.Config{
		Origins: []string{"*", "http://shop.example"}, Mode: "enfroce", MaxAge: time.Millisecond, Credentials: true,
		Methods: []string{"put", "*", "TRACE", "A B"}, RequestHeaders: []string{"*", "Cookie", "Sec-Fetch-Site", "a b"}, ExposeHeaders: []string{"*", "Set-Cookie", ""},
	})
	for _, want := range []string{
		"enfroce", `"*" would let`, "no TLS", "max_age", `"put"`, "every method", `"TRACE"`, `"A B"`, "every header field", `"Cookie"`, `"Sec-Fetch-Site"`,
		`"a b"`, "show every", `"Set-Cookie"`, `"" is no header field`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}
}

const originHint = `write an origin such as "https://shop.example"`

func TestContradictions(t *testing.T) {
	t.Parallel()
	origins := []string{shop}
	for name, cfg := range map[string]cors.Config{
		"any origin with cookies":         {DangerouslyAllowAnyOrigin: true, Credentials: true},
		"any origin and some":             {DangerouslyAllowAnyOrigin: true, Origins: origins},
		"any origin, private network":     {DangerouslyAllowAnyOrigin: true, DangerouslyAllowPrivateNetwork: true},
		"cookies over plain http":         {Origins: []string{"http://shop.example"}, Credentials: true},
		"the app decides, and the policy": {DangerouslyTrustApp: true, Origins: origins},
		"the app decides, with cookies":   {DangerouslyTrustApp: true, Credentials: true},
		"methods for nobody":              {Methods: []string{"PUT"}},
		"cookies for nobody":              {Credentials: true},
	} {
		if _, err := cors.New(cfg); err == nil || hint.Of(err) == "" {
			t.Errorf("%s: %v (hint %q)", name, err, hint.Of(err))
		}
	}
	for name, cfg := range map[string]cors.Config{
		"plain http without cookies": {Origins: []string{"http://shop.example"}},
		"this machine with cookies":  {Origins: []string{"http://localhost:3000", "http://127.0.0.1:5000", "http://[::1]:1", "http://a.localhost"}, Credentials: true},
	} {
		if _, err := cors.New(cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The ASCII forms are those of guard/hosts' test, from IANA and RFC 5891's implementations,
// and of WHATWG's own tests (urltestdata.json) for "faß".
func TestInternationalOrigins(t *testing.T) {
	t.Parallel()
	for entry, sent := range map[string]string{
		"https://bücher.example":      "https://xn--bcher-kva.example",
		"https://BÜCHER.example:8443": "https://xn--bcher-kva.example:8443",
		"https://例え.テスト":              "https://xn--r8jz45g.xn--zckzah",
		"https://faß.example":         "https://xn--fa-hia.example",
		"https://[2001:db8::7]:8443":  "https://[2001:db8::7]:8443",
		"https://[::ffff:7f00:1]":     "https://[::ffff:7f00:1]",
		"https://a_b.example":         "https://a_b.example",
		"https://shop.example.":       "https://shop.example.",
	} {
		g := newGuard(t, cors.Config{Origins: []string{entry}, Credentials: true})
		if !g.Allowed(sent) || !g.AllowedWithCookies(sent) || g.Allowed(entry) != (entry == sent) {
			t.Errorf("%s does not stand for %s", entry, sent)
		}
	}
	if newGuard(t, cors.Config{Origins: []string{shop}}).AllowedWithCookies(shop) {
		t.Error("without credentials nobody acts for the visitor")
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*cors.Guard{nil, new(cors.Guard)} {
		if resp := send(g.Handler(allow(everybody)), "GET", "/"); resp.StatusCode != 500 {
			t.Errorf("answered with %d", resp.StatusCode)
		}
		if g.Check(httptest.NewRequest("GET", "/", nil)) == nil || g.Allowed(shop) || g.AllowedWithCookies(shop) || g.TrustsApp() {
			t.Error("it says yes")
		}
	}
}

// FuzzPreflight: whatever a client asks, only the listed origin gets anything.
func FuzzPreflight(f *testing.F) {
	f.Add("https://evil.example", "PUT", "x-a")
	f.Add(shop, "DELETE", "x-a, x-b,,")
	f.Add("null", "get", "*")
	g := newGuard(f, cors.Config{Origins: []string{shop}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}, Credentials: true})
	h := g.Handler(allow(everybody))
	f.Fuzz(func(t *testing.T, origin, method, headers string) {
		r := httptest.NewRequest("OPTIONS", "/", nil)
		r.Header["Origin"] = []string{origin}
		r.Header["Access-Control-Request-Method"] = []string{method}
		r.Header["Access-Control-Request-Headers"] = []string{headers}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		resp := w.Result()
		if (origin != shop || resp.StatusCode != 204) && len(accessControl(resp)) > 0 {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		if resp.StatusCode == 204 && (method != "PUT" && method != "GET" && method != "HEAD" && method != "POST") {
			t.Fatalf("the method %q passed", method)
		}
	})
}

// FuzzOrigin: what New accepts is what a browser writes, so it matches itself.
func FuzzOrigin(f *testing.F) {
	for _, entry := range []string{shop, "http://[::1]:80", "https://bücher.example", "https://1.2.3.4:444", "https://a@b"} {
		f.Add(entry)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		g, err := cors.New(cors.Config{Origins: []string{entry}})
		if err != nil {
			return
		}
		ascii := true
		for i := range len(entry) {
			ascii = ascii && entry[i] < 0x80
		}
		if ascii && !g.Allowed(entry) {
			t.Fatalf("%q was accepted and does not match itself", entry)
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) })
	for name, cfg := range map[string]cors.Config{"none": {}, "policy": {Origins: []string{shop}}} {
		h := newGuard(b, cfg).Handler(app)
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Origin", shop)
			w := discard{}
			b.ReportAllocs()
			for b.Loop() {
				clear(w)
				h.ServeHTTP(w, r)
			}
		})
	}
}

type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
