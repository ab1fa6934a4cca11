package csrf_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csrf"
)

func newGuard(t testing.TB, cfg csrf.Config) *csrf.Guard {
	t.Helper()
	g, err := csrf.New(cfg, csrf.Site{Key: []byte(strings.Repeat("k", 32)), Session: []string{"session"}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// bank is an app that does what it is asked to, and remembers the last request.
type bank struct {
	changed int // requests that changed something
	last    *http.Request
	body    string
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.last, b.body = r, string(body)
	if r.Method != "GET" && r.Method != "HEAD" || r.URL.Path == "/logout" || r.Header.Get("Upgrade") != "" {
		b.changed++
	}
	io.WriteString(w, "done")
}

// request makes a request to https://shop.example from "Name: value" lines. The first
// line is the method and the path.
func request(lines ...string) *http.Request {
	method, path, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, "https://shop.example"+path, nil)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if value = strings.TrimPrefix(value, " "); name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	return r
}

func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const cookie = "Cookie: session=abc"

// attacks are requests that change something when nobody looks.
func attacks() []attack {
	return []attack{
		{"a form on another site", "csrf.cross-site", []string{"POST /password", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}},
		{"a form on a sibling", "csrf.cross-site", []string{"POST /password", cookie, "Sec-Fetch-Site: same-site", "Origin: https://blog.shop.example"}},
		{"login as somebody else, without a cookie", "csrf.cross-site", []string{"POST /login", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}},
		{"login by an older browser", "csrf.origin", []string{"POST /login", "Origin: https://evil.example"}},
		{"login from a sandboxed frame", "csrf.origin", []string{"POST /login", "Origin: null"}},
		{"logout", "csrf.cross-site", []string{"POST /logout", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}},
		{"logout by an older browser", "csrf.origin", []string{"POST /logout", cookie, "Origin: https://evil.example"}},
		{"PUT", "csrf.cross-site", []string{"PUT /password", cookie, "Sec-Fetch-Site: cross-site"}},
		{"PATCH", "csrf.origin", []string{"PATCH /password", cookie, "Origin: https://evil.example"}},
		{"DELETE", "csrf.origin", []string{"DELETE /account", cookie, "Origin: https://evil.example"}},
		{"an unknown method", "csrf.origin", []string{"LINK /account", cookie, "Origin: https://evil.example"}},
		{"a method in lower case", "csrf.origin", []string{"post /account", cookie, "Origin: https://evil.example"}},
		{"an unknown value", "csrf.cross-site", []string{"POST /password", cookie, "Sec-Fetch-Site: same-origin, cross-site"}},
		{"two values", "csrf.cross-site", []string{"POST /password", cookie, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"}},
		{"an empty value", "csrf.cross-site", []string{"POST /password", cookie, "Sec-Fetch-Site:"}},
		{"in capitals", "csrf.cross-site", []string{"POST /password", cookie, "Sec-Fetch-Site: SAME-ORIGIN"}},

		{"origin null", "csrf.origin", []string{"POST /password", cookie, "Origin: null"}},
		{"origin empty", "csrf.origin", []string{"POST /password", cookie, "Origin:"}},
		{"another scheme", "csrf.origin", []string{"POST /password", cookie, "Origin: http://shop.example"}},
		{"another port", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example:8443"}},
		{"the port of http", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example:80"}},
		{"prefix", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example.evil.example"}},
		{"suffix", "csrf.origin", []string{"POST /password", cookie, "Origin: https://evilshop.example"}},
		{"subdomain", "csrf.origin", []string{"POST /password", cookie, "Origin: https://a.shop.example"}},
		{"parent", "csrf.origin", []string{"POST /password", cookie, "Origin: https://example"}},
		{"a user", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example@evil.example"}},
		{"a path", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example/"}},
		{"two origins", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example", "Origin: https://evil.example"}},
		{"a list", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example https://evil.example"}},
		{"only the host", "csrf.origin", []string{"POST /password", cookie, "Origin: shop.example"}},
		{"no host", "csrf.origin", []string{"POST /password", cookie, "Origin: https://", "Host:"}},
		{"only a port", "csrf.origin", []string{"POST /password", cookie, "Origin: https://:443", "Host: :443"}},
		{"the Kelvin sign", "csrf.origin", []string{"POST /password", cookie, "Origin: https://\u212aiosk.example", "Host: kiosk.example"}},
		{"a null byte", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example\x00"}},
		{"a trailing dot", "csrf.origin", []string{"POST /password", cookie, "Origin: https://shop.example."}},

		{"another referer", "csrf.referer", []string{"POST /password", cookie, "Referer: https://evil.example/https://shop.example/"}},
		{"a referer with a user", "csrf.referer", []string{"POST /password", cookie, "Referer: https://shop.example@evil.example/"}},
		{"a referer of http", "csrf.referer", []string{"POST /password", cookie, "Referer: http://shop.example/"}},
		{"a referer with a query", "csrf.referer", []string{"POST /password", cookie, "Referer: https://evil.example?https://shop.example/"}},
		{"a referer that is none", "csrf.referer", []string{"POST /password", cookie, "Referer: shop.example"}},
		{"about", "csrf.referer", []string{"POST /password", cookie, "Referer: about:blank"}},
		{"two referers", "csrf.referer", []string{"POST /password", cookie, "Referer: https://shop.example/", "Referer: https://evil.example/"}},

		{"nothing", "csrf.no-proof", []string{"POST /password", cookie}},
		{"an empty referer", "csrf.no-proof", []string{"POST /password", cookie, "Referer:"}},
		{"JSON", "csrf.no-proof", []string{"POST /password", cookie, "Content-Type: application/json"}},
		{"a form without a token", "csrf.no-proof", []string{"POST /password", cookie, "Content-Type: application/x-www-form-urlencoded", "Body: a=1"}},
		{"an empty cookie", "csrf.no-proof", []string{"POST /password", "Cookie:"}},
		{"Basic", "csrf.no-proof", []string{"POST /password", "Authorization: Basic YTpi"}},
		{"basic", "csrf.no-proof", []string{"POST /password", "Authorization: basic YTpi"}},
		{"Negotiate", "csrf.no-proof", []string{"POST /password", "Authorization: Negotiate YTpi"}},
		{"SCRAM", "csrf.no-proof", []string{"POST /password", "Authorization: SCRAM-SHA-256 x"}},
		{"Bearer and a cookie", "csrf.no-proof", []string{"POST /password", cookie, "Authorization: Bearer x"}},

		{"a WebSocket of another site", "csrf.origin", []string{"GET /ws", cookie, "Connection: Upgrade", "Upgrade: websocket", "Origin: https://evil.example"}},
		{"in another spelling", "csrf.origin", []string{"GET /ws", cookie, "Upgrade: h2c, WebSocket", "Origin: https://evil.example"}},
		{"without an origin", "csrf.no-proof", []string{"GET /ws", cookie, "Upgrade: websocket"}},
		{"of another port", "csrf.origin", []string{"GET /ws", cookie, "Upgrade: websocket", "Origin: https://shop.example:444"}},
		{"over HTTP/2", "csrf.origin", []string{"CONNECT /ws", cookie, "Origin: https://evil.example"}},

		{"method override", "csrf.method-override", []string{"POST /a", "X-HTTP-Method-Override: DELETE"}},
		{"by GET", "csrf.method-override", []string{"POST /a", "X-HTTP-Method: DELETE"}},
		{"another one", "csrf.method-override", []string{"POST /a", "X-Method-Override: DELETE"}},
		{"in the query", "csrf.method-override", []string{"POST /a?b=1&_method=DELETE"}},
		{"in disguise", "csrf.method-override", []string{"POST /a?%5Fm%65thod=DELETE"}},
		{"after a semicolon", "csrf.method-override", []string{"POST /a?b=1;_method=DELETE"}},
		{"in the form", "csrf.method-override", []string{"POST /a", "Content-Type: application/x-www-form-urlencoded", "Body: a=1&_method=DELETE"}},
		{"in the parts", "csrf.method-override", []string{"POST /a", "Content-Type: multipart/form-data; boundary=b",
			"Body: --b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nDELETE\r\n--b--\r\n"}},
		{"in the parts, in disguise", "csrf.method-override", []string{"POST /a", "Content-Type: multipart/form-data; boundary=b",
			"Body: --b\r\nContent-Disposition: form-data; name*=utf-8''%5Fmethod\r\n\r\nDELETE\r\n--b--\r\n"}},
	}
}

type attack struct {
	name, code string
	lines      []string
}

// request makes the attack's request; a line "Body:" is its body.
func (a attack) request() *http.Request {
	lines, body := a.lines, ""
	if last, ok := strings.CutPrefix(lines[len(lines)-1], "Body: "); ok {
		lines, body = lines[:len(lines)-1], last
	}
	r := request(lines...)
	if body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	return r
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, csrf.Config{})
	for _, tt := range attacks() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bare := &bank{}
			if w := send(bare, tt.request()); w.Code != 200 || bare.changed != 1 {
				t.Errorf("without the guard the attack must succeed: %d", w.Code)
			}
			app := &bank{}
			x := &fumehood.Exchange{}
			r := tt.request()
			r = r.WithContext(fumehood.WithExchange(r.Context(), x))
			w := send(guard.Handler(app), r)
			if app.changed != 0 || x.Refused == nil || x.Refused.Code != tt.code {
				t.Fatalf("answered with %d, refused by %v, want %s", w.Code, x.Refused, tt.code)
			}
			if x.Refused.Err == nil || x.Refused.Public == "" || strings.Contains(w.Body.String(), "evil.example") {
				t.Errorf("the refusal is %+v, the client sees %q", x.Refused, w.Body)
			}
			if !strings.Contains(strings.Join(tt.lines, "\n"), "Body: ") {
				if err := guard.Check(tt.request()); err == nil || fumehood.AsRefusal(err).Code != tt.code {
					t.Errorf("Check says %v, want %s", err, tt.code)
				}
			}
		})
	}
}

func TestLegitimateRequestsPass(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, csrf.Config{TrustedOrigins: []string{"https://pay.example", "https://pay.example:8443", "capacitor://localhost"}})
	for name, lines := range map[string][]string{
		"a form":                           {"POST /password", cookie, "Sec-Fetch-Site: same-origin", "Origin: https://shop.example"},
		"typed by the visitor":             {"POST /password", cookie, "Sec-Fetch-Site: none"},
		"a page with no-referrer":          {"POST /password", cookie, "Sec-Fetch-Site: same-origin", "Origin: null"},
		"an older browser":                 {"POST /password", cookie, "Origin: https://shop.example"},
		"the port spelled out":             {"POST /password", cookie, "Origin: https://shop.example:443"},
		"in Host":                          {"POST /password", cookie, "Origin: https://shop.example", "Host: Shop.Example:443"},
		"another port":                     {"POST /password", cookie, "Origin: https://shop.example:8443", "Host: shop.example:8443"},
		"IPv6":                             {"POST /password", cookie, "Origin: https://[::1]:8443", "Host: [::1]:8443"},
		"a referer":                        {"POST /password", cookie, "Referer: https://shop.example/settings?a=https://evil.example"},
		"a referer without a path":         {"POST /password", cookie, "Referer: https://shop.example"},
		"login":                            {"POST /login", "Sec-Fetch-Site: same-origin"},
		"a webhook":                        {"POST /hook", "Content-Type: application/json"},
		"a webhook with a referer":         {"POST /hook", "Referer: https://github.example/"},
		"a webhook that sends a form":      {"POST /hook", "Content-Type: application/x-www-form-urlencoded"},
		"an API client":                    {"DELETE /api/1", "Authorization: Bearer x"},
		"a client that signs":              {"PUT /api/1", "Authorization: AWS4-HMAC-SHA256 Credential=x"},
		"a trusted origin":                 {"POST /paid", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://pay.example"},
		"a trusted origin with a port":     {"POST /paid", cookie, "Origin: https://pay.example:8443"},
		"a trusted referer":                {"POST /paid", cookie, "Referer: https://pay.example/a"},
		"a trusted app":                    {"POST /paid", cookie, "Origin: capacitor://localhost"},
		"a link on another site":           {"GET /", cookie, "Sec-Fetch-Site: cross-site", "Referer: https://evil.example/"},
		"an image of another site":         {"GET /a.png", cookie, "Sec-Fetch-Site: cross-site"},
		"HEAD":                             {"HEAD /", cookie, "Sec-Fetch-Site: cross-site"},
		"a preflight":                      {"OPTIONS /api", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"},
		"a WebSocket":                      {"GET /ws", cookie, "Upgrade: websocket", "Origin: https://shop.example"},
		"a WebSocket of a newer browser":   {"GET /ws", cookie, "Upgrade: websocket", "Origin: https://shop.example", "Sec-Fetch-Site: same-origin"},
		"a WebSocket of a program":         {"GET /ws", "Upgrade: websocket", "Authorization: Bearer x"},
		"a query that is like an override": {"GET /?method=POST&x_method=1&_methods=2&_metho%64%20=3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &bank{}
			if w := send(guard.Handler(app), request(lines...)); w.Code != 200 || app.last == nil {
				t.Errorf("answered with %d %s", w.Code, w.Body)
			}
			if err := guard.Check(request(lines...)); err != nil {
				t.Errorf("Check says %v", err)
			}
		})
	}
}

// A proxy in front ends TLS, and clientip is told so: the scheme is the client's.
func TestTheSchemeIsTheClients(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, csrf.Config{})
	for scheme, want := range map[string]int{"https": 200, "http": 403} {
		r := request("POST /", cookie, "Origin: https://shop.example", "X-Forwarded-Proto: https")
		r.TLS = nil
		r = r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{Scheme: scheme}))
		if w := send(guard.Handler(&bank{}), r); w.Code != want {
			t.Errorf("%s: answered with %d, want %d", scheme, w.Code, want)
		}
		if err := guard.Check(r); scheme == "http" && !strings.Contains(err.Error(), "clientip.trusted_proxies") {
			t.Errorf("%v does not say what is wrong", err)
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	lines := []string{"POST /password", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}
	for mode, want := range map[fumehood.Mode]int{fumehood.Enforce: 0, "": 0, fumehood.Report: 1, fumehood.Off: 1} {
		app, x := &bank{}, &fumehood.Exchange{}
		r := request(lines...)
		r = r.WithContext(fumehood.WithExchange(r.Context(), x))
		send(newGuard(t, csrf.Config{Mode: mode}).Handler(app), r)
		if app.changed != want {
			t.Errorf("%q: the app changed something %d times, want %d", mode, app.changed, want)
		}
		if mode == fumehood.Report && (len(x.Reported) != 1 || x.Reported[0].Code != "csrf.cross-site") {
			t.Errorf("reported %v, want one csrf.cross-site", x.Reported)
		}
	}
	app := &bank{}
	send(newGuard(t, csrf.Config{DangerouslyAllowMethodOverride: true}).Handler(app),
		request("POST /a?_method=PUT", "Sec-Fetch-Site: same-origin", "X-HTTP-Method-Override: PUT"))
	if app.changed != 1 || app.last.URL.RawQuery != "_method=PUT" {
		t.Error("an override that is allowed was refused or changed")
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*csrf.Guard{nil, new(csrf.Guard)} {
		app := &bank{}
		for _, h := range []http.Handler{g.Handler(app), g.HeaderHandler(app), g.TokenHandler(app)} {
			if w := send(h, request("GET /")); w.Code != 500 || app.last != nil {
				t.Errorf("answered with %d", w.Code)
			}
		}
		if g.Check(request("GET /")) == nil {
			t.Error("Check says yes")
		}
	}
}

// The second half alone must not let through what the first has not seen, and the first
// alone refuses what needs no second.
func TestHalvesAlone(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, csrf.Config{})
	for _, tt := range attacks() {
		app := &bank{}
		if send(guard.TokenHandler(app), tt.request()); app.changed != 0 {
			t.Errorf("%s: TokenHandler let it through", tt.name)
		}
		if strings.HasPrefix(tt.name, "in the ") || tt.name == "a form without a token" {
			continue // in the body
		}
		if send(guard.HeaderHandler(app), tt.request()); app.changed != 0 {
			t.Errorf("%s: HeaderHandler let it through", tt.name)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("POST", "same-origin", "https://shop.example", "https://shop.example/", "session=a", "text/plain", "a=1")
	f.Add("GET", "", "null", "about:blank", ";;=;fumehood=x; __Host-fumehood=\"", "multipart/form-data; boundary=", "_method=%")
	guard := newGuard(f, csrf.Config{TrustedOrigins: []string{"https://pay.example"}, Token: "always"})
	f.Fuzz(func(t *testing.T, method, site, origin, referer, cookies, contentType, query string) {
		r := &http.Request{Method: method, Host: "shop.example", Header: http.Header{}, URL: &url.URL{Path: "/", RawQuery: query}}
		r.Header["Cookie"] = []string{cookies}
		for name, value := range map[string]string{"Sec-Fetch-Site": site, "Origin": origin, "Referer": referer, "Content-Type": contentType} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		r.Body = io.NopCloser(strings.NewReader("a=1"))
		app := &bank{}
		send(guard.Handler(app), r)
		if app.last == nil || method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" {
			return
		}
		// What passed must say that it is of this site, in the eyes of net/url.
		said := origin
		if site != "" && (site == "same-origin" || site == "none") {
			return
		}
		if said == "" {
			said = referer
		}
		u, err := url.Parse(said)
		if err != nil || u.User != nil || !(u.Scheme == "http" && strings.TrimSuffix(strings.ToLower(u.Host), ":80") == "shop.example" ||
			u.Scheme == "https" && u.Host == "pay.example") {
			t.Fatalf("%s with Sec-Fetch-Site %q, Origin %q, Referer %q passed", method, site, origin, referer)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	guard := newGuard(b, csrf.Config{})
	for name, lines := range map[string][]string{
		"GET":           {"GET /", cookie, "Sec-Fetch-Site: none", "Accept: text/html", "Accept-Encoding: gzip", "User-Agent: x"},
		"GET query":     {"GET /?a=1&b=2&page=3", cookie, "Sec-Fetch-Site: none", "Accept: text/html"},
		"POST":          {"POST /", cookie, "Sec-Fetch-Site: same-origin", "Origin: https://shop.example", "Content-Type: application/json"},
		"POST, older":   {"POST /", cookie, "Origin: https://shop.example", "Referer: https://shop.example/a"},
		"POST, foreign": {"POST /", cookie, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
	} {
		b.Run(name, func(b *testing.B) {
			r := request(lines...)
			b.ReportAllocs()
			for b.Loop() {
				guard.Check(r)
			}
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := newGuard(b, csrf.Config{}).Handler(nothing)
	for name, lines := range map[string][]string{
		"GET":  {"GET /", cookie, "Sec-Fetch-Site: none", "Accept: text/html"},
		"POST": {"POST /", cookie, "Sec-Fetch-Site: same-origin", "Origin: https://shop.example", "Content-Type: application/json"},
	} {
		b.Run(name, func(b *testing.B) {
			r, w := request(lines...), httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
