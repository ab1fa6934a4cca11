package redirects_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, cfg redirects.Config) *redirects.Guard {
	t.Helper()
	g, err := redirects.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// login redirects to next, as the notes app does after a login.
var login = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header()["Location"] = []string{r.URL.Query().Get("next")}
	w.Header()["Set-Cookie"] = []string{"session=1"}
	w.WriteHeader(http.StatusFound)
	w.Write([]byte("Redirecting..."))
})

// to returns an app that redirects to location, whatever the request is.
func to(location string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{location}
		w.WriteHeader(http.StatusFound)
	})
}

// ask returns the answer and what the access record says about it.
func ask(h http.Handler, r *http.Request) (*http.Response, *fumehood.Exchange) {
	x := &fumehood.Exchange{ID: "7F3K-9QXD"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	return w.Result(), x
}

func get(target string) *http.Request { return httptest.NewRequest("GET", target, nil) }

// codes are those of the refusals, done or only noted.
func codes(x *fumehood.Exchange) string {
	var all []string
	if x.Refused != nil {
		all = append(all, "refused "+x.Refused.Code)
	}
	for _, refusal := range x.Reported {
		all = append(all, "noted "+refusal.Code)
	}
	return strings.Join(all, ", ")
}

// Every URL of the table with which Chromium leaves the site is refused as the value of
// next, and none with which it stays.
func TestAttackOpenRedirect(t *testing.T) {
	t.Parallel()
	guarded := newGuard(t, redirects.Config{}).Handler(login)
	off := 0
	for _, row := range chromium(t) {
		raw, leads := row[0], row[2]
		if raw == "" {
			continue // the app would say nothing
		}
		r := get("https://shop.example/login?next=" + url.QueryEscape(raw))
		bare, _ := ask(login, r)
		if got := bare.Header.Get("Location"); got != raw {
			t.Fatalf("%q: without the guard the app redirects to %q", raw, got)
		}
		resp, x := ask(guarded, r)
		onSite := protocol(leads) == "https:" && strings.HasPrefix(leads+" ", "https: shop.example ") ||
			strings.HasPrefix(leads+" ", "http: shop.example ")
		switch {
		case leads == "invalid": // nowhere, at least in Chromium
		case onSite && !strings.ContainsFunc(raw, control) && !strings.HasSuffix(leads, "user") && !strings.Contains(leads, " 80") && !strings.Contains(leads, " 443"):
			if strings.HasSuffix(leads, " 0") || strings.HasSuffix(leads, " 65535") {
				continue // another port
			}
			if resp.StatusCode != 302 {
				t.Errorf("%q stays on the site (%s) and was answered with %d, %s", raw, leads, resp.StatusCode, codes(x))
			}
		case !onSite:
			off++
			if resp.StatusCode < 400 || resp.Header["Location"] != nil || resp.Header["Set-Cookie"] != nil || x.Refused == nil {
				t.Errorf("%q leads to %s and was answered with %d %v", raw, leads, resp.StatusCode, resp.Header)
			}
		}
	}
	if off < 150 {
		t.Errorf("only %d URLs lead off the site", off)
	}
}

func control(c rune) bool { return c < ' ' || c == 0x7f }

// The ways in which a request can bring the attacker's host along, and what apps do with it.
func TestAttackCarriers(t *testing.T) {
	t.Parallel()
	header := func(name, value string) func() *http.Request {
		return func() *http.Request {
			r := get("https://shop.example/")
			r.Header.Set(name, value)
			return r
		}
	}
	form := func() *http.Request {
		r := httptest.NewRequest("POST", "https://shop.example/login", strings.NewReader("next=%2F%2Fevil.example"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := r.ParseForm(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	target := func(target string) func() *http.Request { return func() *http.Request { return get(target) } }
	for _, tt := range []struct {
		name     string
		request  func() *http.Request
		location string
	}{
		{"query", target("https://shop.example/?next=//evil.example"), "//evil.example"},
		{"query, encoded", target("https://shop.example/?next=%2f%2fevil%2eexample"), "//evil.example"},
		{"query, encoded twice", target("https://shop.example/?next=%252f%252fevil%252eexample"), "//evil.example"},
		{"query without a name", target("https://shop.example/?//evil.example"), "//evil.example"},
		{"query with semicolons", target("https://shop.example/?a=1;next=//evil.example"), "//evil.example"},
		{"a host alone", target("https://shop.example/?host=evil.example"), "https://evil.example/login"},
		{"a host in capitals", target("https://shop.example/?host=EVIL.example"), "https://evil.example/login"},
		{"a fullwidth host that the app makes ASCII", target("https://shop.example/?next=//%EF%BD%85vil.example"), "//evil.example"},
		{"an international host that the app makes ASCII", target("https://shop.example/?next=//b%C3%BCcher.example"), "//xn--bcher-kva.example"},
		{"an ASCII host that the app shows", target("https://shop.example/?next=//xn--bcher-kva.example"), "//bücher.example"},
		{"a number", target("https://shop.example/?next=//2130706433"), "//2130706433"},
		{"a number that the app makes an address", target("https://shop.example/?next=//2130706433"), "//127.0.0.1"},
		{"behind the app's own name", target("https://shop.example/?next=.evil.example"), "https://shop.example.evil.example"},
		{"behind the app's own name, short", target("https://shop.example/?tld=.com/"), "https://shop.example.com/"},
		{"behind half a label", target("https://shop.example/?next=x.evil.example"), "https://shop.examplex.evil.example"},
		{"a user before it", target("https://shop.example/?next=@evil.example"), "https://shop.example@evil.example"},
		{"only a user", target("https://shop.example/?next=//bank.example:x@shop.example/"), "//bank.example:x@shop.example/"},
		{"a port", target("https://shop.example/?next=//shop.example:8443"), "//shop.example:8443"},
		{"path", target("https://shop.example//evil.example/..%2f"), "//evil.example/../"},
		{"path, percent-encoded", target("https://shop.example/%2fevil.example"), "//evil.example/"},
		{"path with a backslash", target("https://shop.example/%5cevil.example"), `/\evil.example/`},
		{"path parameter", target("https://shop.example/go/https:%2f%2fevil.example"), "https://evil.example"},
		{"form", form, "//evil.example"},
		{"Referer", header("Referer", "https://evil.example/page"), "https://evil.example/page"},
		{"Referer with a query", header("Referer", "https://evil.example/"), "https://evil.example/?ok=1"},
		{"Origin", header("Origin", "https://evil.example"), "https://evil.example"},
		{"X-Forwarded-Host", header("X-Forwarded-Host", "evil.example"), "https://evil.example/login"},
		{"X-Original-Url", header("X-Original-Url", "https://evil.example/"), "https://evil.example/"},
		{"cookie", header("Cookie", "a=b; next=https://evil.example/x"), "https://evil.example/x"},
		{"cookie, encoded", header("Cookie", "next=https%3A%2F%2Fevil.example%2Fx"), "https://evil.example/x"},
		{"another program", target("https://shop.example/?next=myapp://take"), "myapp://take"},
		{"another program, encoded", target("https://shop.example/?next=intent%253a//x"), "intent://x"},
		{"an open bracket", target("https://shop.example/?next=//[evil.example"), "//[evil.example"},
		{"a port that is none", target("https://shop.example/?next=//evil.example:x/"), "//evil.example:x/"},
		{"an IPv6 address", target("https://shop.example/?next=//[2001:db8::66]/"), "//[2001:db8::66]/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app := to(tt.location)
			if resp, _ := ask(app, tt.request()); resp.Header.Get("Location") != tt.location {
				t.Fatal("without the guard the attack must succeed")
			}
			if resp, x := ask(newGuard(t, redirects.Config{}).Handler(app), tt.request()); codes(x) != "refused redirects.foreign" || resp.StatusCode != 403 || resp.Header["Location"] != nil {
				t.Errorf("enforced: %d %v, %s", resp.StatusCode, resp.Header, codes(x))
			}
			resp, x := ask(newGuard(t, redirects.Config{Mode: fumehood.Report}).Handler(app), tt.request())
			if codes(x) != "noted redirects.foreign" || resp.StatusCode != 302 || resp.Header.Get("Location") != tt.location {
				t.Errorf("reported: %d %v, %s", resp.StatusCode, resp.Header, codes(x))
			}
			if _, x := ask(newGuard(t, redirects.Config{}).Handler(app), get("https://shop.example/login?user=ann")); codes(x) != "" {
				t.Errorf("the app's own choice: %s", codes(x))
			}
		})
	}
}

// What is no attack passes, also when it is enforced.
func TestOrdinaryRedirectsPass(t *testing.T) {
	t.Parallel()
	h := func(location string) http.Handler {
		return newGuard(t, redirects.Config{Allow: []string{"accounts.example.org", "*.partner.example", "bücher.example"}}).Handler(to(location))
	}
	for _, tt := range []struct{ name, target, location, header, value string }{
		{"the next page", "https://shop.example/login?next=/notes/7", "/notes/7", "", ""},
		{"a query with a URL of its own", "https://shop.example/?q=https://evil.example", "/search?q=https://evil.example", "", ""},
		{"the site itself", "https://shop.example/?next=https://shop.example/x", "https://shop.example/x", "", ""},
		{"the site with its port", "https://shop.example/?next=//shop.example:443/x", "//shop.example:443/x", "", ""},
		{"a site on a port of its own", "https://localhost:8443/?next=https://localhost:8443/x", "https://localhost:8443/x", "", ""},
		{"the site over https", "http://shop.example/?next=https://shop.example/", "https://shop.example/", "", ""},
		{"a provider that the app knows", "https://shop.example/login?with=google", "https://accounts.google.com/o/oauth2?client_id=1", "", ""},
		{"another one, on the way back from it", "https://shop.example/login", "https://accounts.google.com/o/oauth2", "Referer", "https://accounts.google.com/"},
		{"a search for it", "https://shop.example/login?from=mygoogle.company", "https://accounts.google.com/", "", ""},
		{"a longer name", "https://shop.example/?site=google.com.shop.example", "https://accounts.google.com/", "", ""},
		{"an advertising cookie", "https://shop.example/login", "https://accounts.google.com/", "Cookie", "__utmz=1.2.utmcsr=accounts.google.com|utmccn=x"},
		{"a robot's name", "https://shop.example/login", "https://accounts.google.com/", "User-Agent", "Googlebot/2.1 (+http://www.google.com/bot.html)"},
		{"an allowed host", "https://shop.example/?next=https://accounts.example.org/x", "https://accounts.example.org/x", "", ""},
		{"an allowed host with a trailing dot", "https://shop.example/?next=//accounts.example.org.", "//accounts.example.org.", "", ""},
		{"a name below an allowed one", "https://shop.example/?next=//a.b.partner.example", "//a.b.partner.example", "", ""},
		{"an allowed international host", "https://shop.example/?next=//xn--bcher-kva.example", "//xn--bcher-kva.example", "", ""},
		{"a program of the app's choice", "https://shop.example/oauth?code=1", "myapp://callback?code=1", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := get(tt.target)
			if tt.header != "" {
				r.Header.Set(tt.header, tt.value)
			}
			if resp, x := ask(h(tt.location), r); resp.StatusCode != 302 || resp.Header.Get("Location") != tt.location || codes(x) != "" {
				t.Errorf("%d %v, %s", resp.StatusCode, resp.Header, codes(x))
			}
		})
	}
	for _, location := range []string{"//partner.example", "//evilpartner.example", "//accounts.example.org.evil.example", "//xaccounts.example.org", "//a@accounts.example.org"} {
		if resp, x := ask(h(location), get("https://shop.example/?next="+location)); resp.StatusCode != 403 {
			t.Errorf("%s passes as allowed: %d, %s", location, resp.StatusCode, codes(x))
		}
	}
}

// These are refused in report mode too, and whoever chose them.
func TestAttackNeverMeant(t *testing.T) {
	t.Parallel()
	for location, code := range map[string]string{
		"javascript:alert(1)": "redirects.script", "JavaScript://shop.example/%0aalert(1)": "redirects.script", " javascript:alert(1)": "redirects.script",
		"data:text/html,<script>alert(1)</script>": "redirects.script", "vbscript:x": "redirects.script", "file:///etc/passwd": "redirects.script",
		"java\tscript:alert(1)": "redirects.field", "/\t/evil.example": "redirects.field", "/ok\r\nSet-Cookie: admin=1": "redirects.field",
	} {
		for _, mode := range []fumehood.Mode{"", fumehood.Report} {
			resp, x := ask(newGuard(t, redirects.Config{Mode: mode}).Handler(to(location)), get("https://shop.example/"))
			if codes(x) != "refused "+code || resp.StatusCode < 400 || resp.Header["Location"] != nil {
				t.Errorf("%q, mode %q: %d %v, %s", location, mode, resp.StatusCode, resp.Header, codes(x))
			}
		}
		if resp, x := ask(newGuard(t, redirects.Config{Mode: fumehood.Off}).Handler(to(location)), get("https://shop.example/")); resp.StatusCode != 302 || codes(x) != "" {
			t.Errorf("%q, off: %d, %s", location, resp.StatusCode, codes(x))
		}
	}
	several := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{"/a", "/b"}
		w.WriteHeader(http.StatusFound)
	})
	if resp, x := ask(newGuard(t, redirects.Config{}).Handler(several), get("/")); codes(x) != "refused redirects.field" {
		t.Errorf("two places: %d, %s", resp.StatusCode, codes(x))
	}
}

// wire writes an answer as a server does that trusts its app: what response splitting needs.
type wire struct {
	header http.Header
	bytes  bytes.Buffer
	begun  bool
}

func (w *wire) Header() http.Header { return w.header }

func (w *wire) WriteHeader(status int) {
	w.begun = true
	fmt.Fprintf(&w.bytes, "HTTP/1.1 %d X\r\n", status)
	for name, values := range w.header {
		for _, value := range values {
			fmt.Fprintf(&w.bytes, "%s: %s\r\n", name, value)
		}
	}
	w.bytes.WriteString("\r\n")
}

func (w *wire) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(200)
	}
	return w.bytes.Write(p)
}

func TestAttackResponseSplitting(t *testing.T) {
	t.Parallel()
	for name, app := range map[string]http.HandlerFunc{
		"a line end in a value": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Lang"] = []string{r.URL.Query().Get("v")}
		},
		"in a name": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Lang: "+r.URL.Query().Get("v")] = []string{"1"}
		},
		"in the second of two values": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Link"] = []string{"</a>", r.URL.Query().Get("v")}
		},
		"in a Location": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Location"] = []string{"/" + r.URL.Query().Get("v")}
		},
		"in a name that is not canonical": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["lOCATION"] = []string{r.URL.Query().Get("v")}
		},
	} {
		for _, value := range []string{"de%0d%0aSet-Cookie:+admin=1", "de%0aSet-Cookie:+admin=1"} {
			run := func(h http.Handler) *http.Response {
				w := &wire{header: http.Header{}}
				h.ServeHTTP(w, get("https://shop.example/?v="+value))
				w.Write(nil)
				resp, err := http.ReadResponse(bufio.NewReader(&w.bytes), nil)
				if err != nil {
					t.Fatal(err)
				}
				return resp
			}
			if resp := run(app); !strings.HasPrefix(resp.Header.Get("Set-Cookie"), "admin=1") {
				t.Errorf("%s: without the guard the attack must succeed: %v", name, resp.Header)
			}
			for _, mode := range []fumehood.Mode{"", fumehood.Report} {
				resp := run(newGuard(t, redirects.Config{Mode: mode}).Handler(app))
				if resp.StatusCode != 500 || resp.Header["Set-Cookie"] != nil {
					t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
				}
			}
		}
	}
}

// net/http itself sends NUL and the like as they are, over HTTP/1.
func TestAttackControlCharactersOverASocket(t *testing.T) {
	t.Parallel()
	for _, c := range []byte{0, 1, 7, 8, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f, '\r', '\n'} {
		app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Name"] = []string{"a" + string(rune(c)) + "b"}
			w.Write([]byte("the page"))
		})
		srv := httptest.NewServer(newGuard(t, redirects.Config{Mode: fumehood.Report}).Handler(app))
		resp, err := srv.Client().Get(srv.URL)
		srv.Close()
		if err != nil || resp.StatusCode != 500 || resp.Header["X-Name"] != nil {
			t.Errorf("%#02x: %v %v", c, resp, err)
		}
	}
	for _, value := range []string{"", "a\tb", "a b", "\x80\xff", "ünï", "~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',./"} {
		w := httptest.NewRecorder()
		newGuard(t, redirects.Config{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Name"] = []string{value}
		})).ServeHTTP(w, get("/"))
		if w.Code != 200 || w.Result().Header["X-Name"][0] != value {
			t.Errorf("%q: %d %v", value, w.Code, w.Result().Header)
		}
	}
	for _, name := range []string{"", "A B", "A:", "Ä", "A\x00", "A/B", "(A)"} {
		w := httptest.NewRecorder()
		newGuard(t, redirects.Config{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()[name] = []string{"1"}
		})).ServeHTTP(w, get("/"))
		if w.Code != 500 {
			t.Errorf("the name %q: %d", name, w.Code)
		}
	}
}

func TestWhatTheVisitorSees(t *testing.T) {
	t.Parallel()
	h := newGuard(t, redirects.Config{}).Handler(login)
	r := get("https://shop.example/login?next=//evil.example/%3Cscript%3E")
	r.Header.Set("Accept", "text/html")
	resp, x := ask(h, r)
	var page bytes.Buffer
	page.ReadFrom(resp.Body)
	if ct := resp.Header.Get("Content-Type"); ct != "text/html; charset=utf-8" || !strings.Contains(page.String(), "another site") || !strings.Contains(page.String(), "7F3K-9QXD") {
		t.Errorf("%s %s", ct, &page)
	}
	if strings.Contains(page.String(), "evil.example") || strings.Contains(page.String(), "Redirecting") || resp.Header.Get("Content-Length") != fmt.Sprint(page.Len()) {
		t.Errorf("%v %s", resp.Header, &page)
	}
	if resp.Header.Get("Content-Security-Policy") == "" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", resp.Header)
	}
	if cause := x.Refused.Err.Error(); !strings.Contains(cause, "evil.example") || !strings.Contains(cause, "query") {
		t.Errorf("the owner reads %q", cause)
	}
	for _, method := range []string{"GET", "HEAD"} {
		resp, _ := ask(h, httptest.NewRequest(method, "https://shop.example/login?next=//evil.example", nil))
		var body bytes.Buffer
		body.ReadFrom(resp.Body)
		if resp.Header.Get("Content-Type") != "application/problem+json" || (body.Len() == 0) != (method == "HEAD") {
			t.Errorf("%s: %v %s", method, resp.Header, &body)
		}
	}
}

// A refresh leads away like a redirect, whatever the status.
func TestAttackRefresh(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"0;url=//evil.example", "0; url=//evil.example", "0;URL='//evil.example'", `0; Url = "//evil.example"`, "0,//evil.example", "0 //evil.example",
		"0;//evil.example", ".5;url=//evil.example", "3.7 ; url=//evil.example", " 0;url=//evil.example", "0;url='//evil.example", "00;;//evil.example",
		`0;url=/\evil.example`, "0;url=http:evil.example", "0;url=javascript:alert(1)",
	} {
		app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header()["Refresh"] = []string{value} })
		resp, x := ask(newGuard(t, redirects.Config{}).Handler(app), get("https://shop.example/?to=//evil.example"))
		if value == "00;;//evil.example" { // the URL is ";//evil.example": a path
			if resp.StatusCode != 200 {
				t.Errorf("%q: %d, %s", value, resp.StatusCode, codes(x))
			}
			continue
		}
		if resp.StatusCode != 403 || resp.Header["Refresh"] != nil {
			t.Errorf("%q: %d %v, %s", value, resp.StatusCode, resp.Header, codes(x))
		}
	}
	for value, want := range map[string]string{
		"5": "", "": "", "x;url=//evil.example": "", "5;": "", "5 ;  ": "", "5x;url=a": "", "-1;url=a": "",
		"5;url=a": "a", "5;u": "u", "5;ur=a": "ur=a", "5;urla": "urla", "5;url a": "url a", "5;url='a'b": "a", `5;url="a`: "a", "5;'a'": "a", "5;url=a'": "a'", "5; url = a b": "a b",
	} {
		if got, _ := redirects.RefreshTarget(value); got != want {
			t.Errorf("%q leads to %q, want %q", value, got, want)
		}
	}
}

// Apps behind a proxy often think that they are served over http.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ target, location, enforced, noted string }{
		{"https://shop.example/login", "http://shop.example/notes?a=b#c", "https://shop.example/notes?a=b#c", "noted redirects.downgrade"},
		{"https://shop.example/login", "HTTP://shop.example", "https://shop.example", "noted redirects.downgrade"},
		{"https://localhost:8443/login", "http://localhost:8443/notes", "https://localhost:8443/notes", "noted redirects.downgrade"},
		{"https://shop.example/login", "http://shop.example:80/", "http://shop.example:80/", "noted redirects.downgrade"},
		{"https://shop.example/login", "http://shop.example:8080/", "http://shop.example:8080/", "noted redirects.downgrade"},
		{"https://shop.example/plain?a", "http://shop.example/plain?a", "http://shop.example/plain?a", "noted redirects.downgrade"}, // it would go round in circles
		{"http://shop.example/login", "http://shop.example/notes", "http://shop.example/notes", ""},
		{"https://shop.example/login", "http://other.example/", "http://other.example/", ""},
	} {
		for mode, want := range map[fumehood.Mode]string{fumehood.Enforce: tt.enforced, fumehood.Report: tt.location} {
			resp, x := ask(newGuard(t, redirects.Config{Mode: mode}).Handler(to(tt.location)), get(tt.target))
			if got := resp.Header.Get("Location"); got != want || codes(x) != tt.noted || resp.StatusCode != 302 {
				t.Errorf("%s: %s became %s, want %s; %s", mode, tt.location, got, want, codes(x))
			}
		}
	}
}

// Fumehood's own answers are none of this guard's business.
func TestRefusalsInsidePass(t *testing.T) {
	t.Parallel()
	h := newGuard(t, redirects.Config{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 429, Code: "test.no", Public: "No.", Header: http.Header{"Location": {"https://evil.example"}}})
	}))
	if resp, x := ask(h, get("https://shop.example/?next=https://evil.example")); resp.StatusCode != 429 || codes(x) != "refused test.no" {
		t.Errorf("%d %s", resp.StatusCode, codes(x))
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for entry, advice := range map[string]string{
		"": "write a name", "*": "write a name", "*.": "write a name", "*.com": "*.shop.example", "*.co.uk": "*.shop.example", "*.192.0.2.7": "*.shop.example",
		"a.*.example": "*.shop.example", "https://shop.example/x": `"shop.example"`, "shop.example/": "write a name", "shop.example:8443": "write a name",
		"shop.example:443": "write a name", "a@shop.example": "write a name", "shop example": "write a name", "//shop.example": `"shop.example"`,
		"a..b\t": "write a name", `\shop.example`: "write a name", "shop.example?": "write a name",
	} {
		_, err := redirects.New(redirects.Config{Allow: []string{"ok.example", entry}})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", entry)) || !strings.Contains(hint.Of(err), advice) {
			t.Errorf("%q: %v (hint %q)", entry, err, hint.Of(err))
		}
	}
	_, err := redirects.New(redirects.Config{Mode: "enfroce", Allow: []string{"a b", "c/d"}})
	for _, want := range []string{"enfroce", `"a b"`, `"c/d"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*redirects.Guard{nil, new(redirects.Guard)} {
		if resp, x := ask(g.Handler(login), get("/")); resp.StatusCode != 500 || codes(x) != "refused redirects.not-ready" {
			t.Errorf("%d %s", resp.StatusCode, codes(x))
		}
	}
}

// FuzzLogin: whatever next is, the visitor stays on the site, as net/url reads it too.
func FuzzLogin(f *testing.F) {
	for _, row := range chromium(f) {
		f.Add(row[0])
	}
	h := newGuard(f, redirects.Config{}).Handler(login)
	f.Fuzz(func(t *testing.T, next string) {
		resp, _ := ask(h, get("https://shop.example/login?next="+url.QueryEscape(next)))
		if resp.StatusCode != 302 {
			return
		}
		location := resp.Header.Get("Location")
		u, err := url.Parse(location)
		if err != nil || u.Host == "" || strings.ContainsFunc(u.Host, func(c rune) bool { return c >= 0x80 }) {
			return
		}
		if port := strings.TrimLeft(u.Port(), "0"); !strings.EqualFold(u.Hostname(), "shop.example") || port != "" && port != "443" && port != "80" {
			t.Fatalf("%q leads to %q", location, u.Host)
		}
	})
}

func FuzzRefresh(f *testing.F) {
	f.Add("0;url='//evil.example'")
	f.Fuzz(func(t *testing.T, value string) {
		if url, ok := redirects.RefreshTarget(value); ok && !strings.Contains(value, url) {
			t.Fatalf("%q leads to %q", value, url)
		}
	})
}

func BenchmarkHead(b *testing.B) {
	for name, location := range map[string]string{"page": "", "redirect": "/notes/7"} {
		g := newGuard(b, redirects.Config{Mode: fumehood.Report})
		header := http.Header{
			"Content-Type": {"text/html; charset=utf-8"}, "Content-Length": {"12"}, "Vary": {"Cookie"},
			"Set-Cookie": {"session=eyJhIjoxfQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb; HttpOnly; Path=/"},
		}
		if location != "" {
			header["Location"] = []string{location}
		}
		b.Run(name, func(b *testing.B) {
			h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(200) }))
			r := get("https://shop.example/")
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(discard(header), r)
			}
		})
	}
}

type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// kept is a body as guard/body leaves it.
type kept struct {
	io.Reader
	bytes []byte
}

func (k kept) Bytes() []byte { return k.bytes }
func (kept) Close() error    { return nil }

// TestAttackFormInTheBody: the login form has carried next along in a hidden field, and the
// app that reads it is in another process.
func TestAttackFormInTheBody(t *testing.T) {
	t.Parallel()
	const parts = "--b\r\nContent-Disposition: form-data; name=\"next\"\r\n\r\n//evil.example/x\r\n--b--\r\n"
	for _, c := range []struct {
		contentType, body, location string
		want                        string
	}{
		{"application/x-www-form-urlencoded", "u=ann&next=%2F%2Fevil.example%2Fx", "//evil.example/x", "refused redirects.foreign"},
		{"application/x-www-form-urlencoded", "u=ann&next=%2F%5Cevil.example", `/\evil.example`, "refused redirects.foreign"},
		{"application/x-www-form-urlencoded; charset=utf-8", "next=//0x7f.1", "//127.0.0.1/", "refused redirects.foreign"},
		{"multipart/form-data; boundary=b", parts, "//evil.example/x", "refused redirects.foreign"},
		{"application/json", `{"next": "https://evil.example"}`, "https://evil.example", ""},
		{"application/x-www-form-urlencoded", "u=ann&next=%2Fhome", "/home", ""},
		{"application/x-www-form-urlencoded", "u=ann&next=%2Fhome", "https://accounts.example.org/", ""},
		{"application/x-www-form-urlencoded", "", "https://evil.example/", ""},
	} {
		r := httptest.NewRequest("POST", "http://shop.example/login", nil)
		r.Header.Set("Content-Type", c.contentType)
		r.Body = kept{strings.NewReader(c.body), []byte(c.body)}
		_, x := ask(newGuard(t, redirects.Config{}).Handler(to(c.location)), r)
		if got := codes(x); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.contentType, c.body, got, c.want)
		}
	}
}
