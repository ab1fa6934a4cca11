package csp_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/templates"
	"github.com/fumehood/fumehood/internal/testapp"
)

// respond is an app that answers with these fields and this body.
func respond(status int, body string, fields ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

// get returns the policies of one answer by directive.
func get(t testing.TB, h http.Handler, target string, templates []string) (enforced, reported map[string]string, w *httptest.ResponseRecorder) {
	t.Helper()
	r := httptest.NewRequest("GET", target, nil)
	x := &fumehood.Exchange{Templates: templates, Scheme: r.URL.Scheme}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	return parsePolicy(w.Header()["Content-Security-Policy"]), parsePolicy(w.Header()["Content-Security-Policy-Report-Only"]), w
}

func parsePolicy(values []string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, value := range values {
		for _, d := range strings.Split(value, ";") {
			name, sources, _ := strings.Cut(strings.TrimSpace(d), " ")
			all[name] = strings.Replace(sources, " 'report-sample'", "", 1) // no matter what is allowed
		}
	}
	return all
}

const html = "text/html; charset=utf-8"

func notes(t testing.TB) *templates.Set {
	t.Helper()
	dir := filepath.Join(testapp.Root(t), "examples", "notes")
	set, err := templates.Read(templates.Folders{Templates: []string{filepath.Join(dir, "templates")}, Static: []string{filepath.Join(dir, "static")}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestThePolicyOfAPage(t *testing.T) {
	t.Parallel()
	set := setOf(
		"base.html", `<script>base()</script><script src="{{ url_for('static', filename='a.js') }}"></script>`,
		"page.html", `{% extends "base.html" %}<script>page()</script><b onclick="f()" style="color: red"><style>p{}</style>
			<script src="https://cdn.example/a.js?v=1"></script><link rel=stylesheet href="https://cdn.example/a.css">
			<iframe src="https://video.example/x"></iframe><form action="https://pay.example/"></form><script>fetch("https://api.example/v1")</script>`,
		"other.html", `<script>other()</script><script src="/js/x.js"></script>`,
		"data.html", `<script>{% if x %}f(){% endif %}</script>`,
		"styles.html", `<b style="width: {{ x }}"><style>p{ color: {{ c }} }</style>`,
		"lost.html", `{% extends "another-loader.html" %}`,
		"base2.html", `<base href="/">`,
	)
	guard := newGuard(t, csp.Config{}, csp.Site{Templates: set, StaticPrefixes: []string{"/static"}})
	h := guard.Handler(respond(200, "x", "Content-Type", html))
	hash := templates.Hash

	enforced, reported, w := get(t, h, "https://shop.example:8443/", []string{"page.html"})
	for name, want := range map[string]string{
		"default-src":     "'none'",
		"script-src":      "https://shop.example:8443/static/ https://cdn.example/a.js " + hash("page()") + " " + hash(`fetch("https://api.example/v1")`) + " " + hash("base()"),
		"script-src-attr": "'unsafe-hashes' " + hash("f()"),
		"style-src":       "https://shop.example:8443/static/ https://cdn.example/a.css " + hash("p{}"),
		"style-src-attr":  "'unsafe-hashes' " + hash("color: red"),
		"img-src":         "'self' data: blob: https:", "font-src": "'self' data: https:", "media-src": "'self' blob: https:",
		"connect-src": "'self' https://api.example", "frame-src": "'self' https://video.example",
		"worker-src": "'self' blob:", "manifest-src": "'self'", "object-src": "'none'", "base-uri": "'none'",
		"form-action": "'self' https://pay.example", "frame-ancestors": "'self'", "upgrade-insecure-requests": "",
		"report-uri": csp.Path, "report-to": "fumehood-csp",
	} {
		if got, ok := enforced[name]; !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(enforced) != 19 {
		t.Errorf("%d directives: %v", len(enforced), enforced)
	}
	if reported["require-trusted-types-for"] != "'script'" || len(reported) != 3 {
		t.Errorf("reported: %v", reported)
	}
	if got := w.Header()["Reporting-Endpoints"]; len(got) != 1 || got[0] != `fumehood-csp="/.fumehood/csp"` {
		t.Errorf("endpoints %q", got)
	}

	for _, tt := range []struct {
		name, target string
		templates    []string
		directive    string
		has, hasNot  string
	}{
		{"another page", "https://a.example/", []string{"other.html"}, "script-src", hash("other()"), hash("page()")},
		{"a script outside the static folder", "https://a.example/", []string{"other.html"}, "script-src", "'self'", "/static/"},
		{"not known which", "https://a.example/", nil, "", "", ""},
		{"no name", "https://a.example/", []string{""}, "", "", ""},
		{"none", "https://a.example/", []string{}, "script-src", "https://a.example/static/", "sha256"},
		{"no handlers", "https://a.example/", []string{"other.html"}, "script-src-attr", "'none'", "unsafe"},
		{"plain http", "http://a.example/", []string{"base.html"}, "script-src", "http://a.example/static/", "https:"},
		{"an address", "https://192.0.2.1/", []string{"base.html"}, "script-src", "'self'", "192"},
		{"styles with data", "https://a.example/", []string{"styles.html"}, "style-src", "'unsafe-inline'", "sha256"},
		{"style attributes with data", "https://a.example/", []string{"styles.html"}, "style-src-attr", "'unsafe-inline'", "sha256"},
		{"a base", "https://a.example/", []string{"base2.html"}, "base-uri", "'self'", "none"},
	} {
		enforced, _, _ := get(t, h, tt.target, tt.templates)
		if tt.directive == "" { // data.html is among them
			if _, ok := enforced["script-src"]; ok || enforced["default-src"] != "" || enforced["object-src"] != "'none'" {
				t.Errorf("%s: %v", tt.name, enforced)
			}
			continue
		}
		if got := enforced[tt.directive]; !strings.Contains(got, tt.has) || strings.Contains(got, tt.hasNot) {
			t.Errorf("%s: %s is %q, want %q in it and not %q", tt.name, tt.directive, got, tt.has, tt.hasNot)
		}
	}
	if enforced, _, _ := get(t, h, "https://localhost:8443/", []string{"base.html"}); len(enforced) == 0 {
		t.Error("no policy on localhost")
	} else if _, ok := enforced["upgrade-insecure-requests"]; ok {
		t.Error("localhost is upgraded to https")
	}
	if enforced, _, _ := get(t, h, "http://a.example/", []string{"base.html"}); enforced["report-to"] != "" {
		t.Error("report-to over plain http, where browsers take no endpoint and leave report-uri aside")
	}
}

// TestAttackHostInThePolicy: the host of a request stands in the policy.
func TestAttackHostInThePolicy(t *testing.T) {
	t.Parallel()
	set := setOf("a.html", `<script src="/static/a.js"></script>`)
	h := newGuard(t, csp.Config{}, csp.Site{Templates: set, StaticPrefixes: []string{"/static/"}}).Handler(respond(200, "x", "Content-Type", html))
	for _, host := range []string{"a.example; script-src *", "a.example 'unsafe-inline'", "evil.example/ https://a.example", "*", "*.example",
		"a.example,default-src *", "a.example\r\nX: y", "[::1]:80", "", "a_b.example", "'self'", "data:", "a.example:*", strings.Repeat("a", 300)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		x := &fumehood.Exchange{Templates: []string{"a.html"}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
		if got := parsePolicy(w.Header()["Content-Security-Policy"])["script-src"]; got != "'self'" {
			t.Errorf("host %q: script-src %s", host, got)
		}
	}
}

// TestAttackManyPorts: a policy is not made anew for each port that a client can think of.
func TestAttackManyPorts(t *testing.T) {
	t.Parallel()
	var sources []string
	for i := range 2000 {
		sources = append(sources, fmt.Sprintf("t%d.html", i), fmt.Sprintf("<script>a(%d)</script><style>a%d{}</style><b onclick='c(%d)'>", i, i, i))
	}
	h := newGuard(t, csp.Config{}, csp.Site{Templates: setOf(sources...), StaticPrefixes: []string{"/static/"}}).
		Handler(respond(200, "x", "Content-Type", html))
	ask := func(host string) string {
		enforced, _, w := get(t, h, "https://"+host+"/", []string{"t1.html"})
		if _, upgrade := enforced["upgrade-insecure-requests"]; upgrade == strings.Contains(host, "localhost") {
			t.Errorf("%s: %v", host, enforced)
		}
		get(t, h, "https://"+host+"/", nil) // of all templates
		return fmt.Sprint(w.Header())
	}
	start := time.Now()
	ask("a.example:1")
	once := time.Since(start)
	start = time.Now()
	for port := 2; port < 102; port++ {
		for _, name := range []string{"a.example", "localhost", "b.localhost"} {
			host := fmt.Sprintf("%s:%d", name, port)
			if got := ask(host); !strings.Contains(got, "script-src https://"+host+"/static/ ") || strings.Contains(got, "\x01") {
				t.Fatalf("%s: %s", host, got)
			}
		}
	}
	if all := time.Since(start); all > 100*once {
		t.Errorf("300 more hosts took %v, the first one %v", all, once)
	}
}

func TestWhatIsNoPage(t *testing.T) {
	t.Parallel()
	h := func(next http.Handler) http.Handler {
		return newGuard(t, csp.Config{}, csp.Site{Templates: setOf()}).Handler(next)
	}
	for kind, want := range map[string]string{
		"application/json": "default-src 'none'", "application/problem+json": "default-src 'none'", "text/plain; charset=utf-8": "default-src 'none'",
		"image/png": "default-src 'none'", "text/event-stream": "default-src 'none'", "IMAGE/WEBP": "default-src 'none'",
		"multipart/x-mixed-replace; boundary=b": "default-src 'none'",
		"image/svg+xml":                         "default-src 'none'", "application/xml": "default-src 'none'", "application/rss+xml": "default-src 'none'",
		"application/pdf": "object-src 'none'", "video/mp4": "object-src 'none'", "application/octet-stream": "object-src 'none'",
		"text/javascript": "object-src 'none'", "application/wasm": "object-src 'none'",
		html: "default-src 'none'", "TEXT/HTML ;charset=x": "default-src 'none'", "application/xhtml+xml": "default-src 'none'", "": "default-src 'none'",
		"nonsense": "default-src 'none'",
	} {
		_, _, w := get(t, h(respond(200, "x", "Content-Type", kind)), "https://a.example/", []string{})
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, want) || !strings.Contains(got, "frame-ancestors 'self'") {
			t.Errorf("%q: %q, want %q", kind, got, want)
		}
	}
	_, _, w := get(t, h(respond(304, "")), "https://a.example/", []string{})
	if got := w.Header()["Content-Security-Policy"]; got != nil {
		t.Errorf("a 304 would change the policy of what the browser has: %q", got)
	}
	enforced, _, _ := get(t, h(http.RedirectHandler("/", http.StatusFound)), "https://a.example/", []string{})
	if enforced["default-src"] != "'none'" {
		t.Errorf("a redirect: %v", enforced)
	}
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Accept", "text/html")
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 403, Code: "test.no", Public: "No."})
	})
	enforced, _, _ = get(t, h(refuse), "https://a.example/", []string{})
	if enforced["style-src"] != "'unsafe-inline'" || enforced["script-src"] != "" {
		t.Errorf("a refusal: %v", enforced)
	}
}

func TestThePolicyOfTheAppIsKept(t *testing.T) {
	t.Parallel()
	const own = "default-src 'none'; script-src 'nonce-abc'"
	set := setOf("a.html", "<script>a()</script>")
	guard := newGuard(t, csp.Config{}, csp.Site{Templates: set})
	_, _, w := get(t, guard.Handler(respond(200, "x", "Content-Type", html, "Content-Security-Policy", own)), "https://a.example/", []string{"a.html"})
	got := w.Header()["Content-Security-Policy"]
	if len(got) != 2 || got[0] != own || got[1] != "base-uri 'self'; form-action 'self'; frame-ancestors 'self'" {
		t.Errorf("%q", got)
	}
	const loose = "script-src *; base-uri *; form-action *; object-src *; frame-ancestors *"
	_, _, w = get(t, guard.Handler(respond(200, "x", "Content-Type", html, "Content-Security-Policy", loose)), "https://a.example/", []string{"a.html"})
	if got := w.Header()["Content-Security-Policy"]; len(got) != 2 || got[0] != loose || got[1] != "frame-ancestors 'self'" {
		t.Errorf("%q", got)
	}
	_, _, w = get(t, guard.Handler(respond(200, "{}", "Content-Type", "application/json", "Content-Security-Policy", own)), "https://a.example/", nil)
	if got := w.Header()["Content-Security-Policy"]; len(got) != 1 || got[0] != own {
		t.Errorf("%q", got)
	}
	instead := newGuard(t, csp.Config{ReplaceApp: true}, csp.Site{Templates: set})
	_, _, w = get(t, instead.Handler(respond(200, "x", "Content-Type", html, "Content-Security-Policy", own)), "https://a.example/", []string{"a.html"})
	if got := w.Header()["Content-Security-Policy"]; len(got) != 1 || !strings.Contains(got[0], templates.Hash("a()")) {
		t.Errorf("%q", got)
	}
	_, _, w = get(t, guard.Handler(respond(200, "x", "Content-Type", html, "Content-Security-Policy-Report-Only", own, "Reporting-Endpoints", `a="/b"`)),
		"https://a.example/", []string{"a.html"})
	if got := w.Header()["Content-Security-Policy-Report-Only"]; len(got) != 2 || got[0] != own {
		t.Errorf("%q", got)
	}
	if got := w.Header()["Reporting-Endpoints"]; len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// TestAPolicyThatSaysNothingOfScripts does not switch ours for scripts off: many apps send
// one only for frames, or an empty one.
func TestAPolicyThatSaysNothingOfScripts(t *testing.T) {
	t.Parallel()
	guard := newGuard(t, csp.Config{}, csp.Site{Templates: setOf("a.html", "<script>a()</script>", "b.html", "<script>var a = {{ a|tojson }};</script>")})
	ask := func(own, kind, name string) []string {
		_, _, w := get(t, guard.Handler(respond(200, "<script>var a = 1;</script>", "Content-Type", kind, "Content-Security-Policy", own)),
			"https://a.example/", []string{name})
		return w.Header()["Content-Security-Policy"]
	}
	for _, own := range []string{"", ";", "frame-ancestors *", "upgrade-insecure-requests", "style-src 'unsafe-inline'; img-src *; child-src *"} {
		for name, hash := range map[string]string{"a.html": templates.Hash("a()"), "b.html": templates.Hash("var a = 1;")} {
			got := ask(own, html, name)
			if len(got) != 2 || got[0] != own {
				t.Fatalf("%q: %q", own, got)
			}
			ours := parsePolicy(got[1:])
			if !strings.Contains(ours["script-src"], hash) || ours["script-src-attr"] == "" || ours["frame-ancestors"] != "'self'" || ours["default-src"] != "" {
				t.Errorf("%q: %q", own, got[1])
			}
			if styled := strings.HasPrefix(own, "style-src"); styled != (ours["style-src"]+ours["style-src-attr"]+ours["img-src"]+ours["frame-src"] == "") {
				t.Errorf("%q: %q", own, got[1])
			}
		}
		for kind, want := range map[string]string{"image/svg+xml": "default-src 'none'", "text/plain": "default-src 'none'", "application/pdf": "object-src 'none'"} {
			if got := ask(own, kind, "a.html"); len(got) != 2 || !strings.HasPrefix(got[1], want) {
				t.Errorf("%q, %s: %q", own, kind, got)
			}
		}
	}
}

// TestScriptsWithData: allowed where they arrive as the template says, else only reported.
func TestScriptsWithData(t *testing.T) {
	t.Parallel()
	set := setOf("a.html", `<script>var a = {{ a|tojson }};</script><script>own()</script>`, "b.html", `<script>{% if x %}f(){% endif %}</script>`)
	page := `<script>var a = [1];</script><script>own()</script>`
	match, report := csp.Config{}, csp.Config{InlineData: "report"}
	for _, tt := range []struct {
		name      string
		cfg       csp.Config
		next      http.Handler
		templates []string
		allowed   string // "" when scripts are only reported
	}{
		{"whole", match, respond(200, page, "Content-Type", html), []string{"a.html"}, "var a = [1];"},
		{"data that is none", match, respond(200, strings.Replace(page, "[1]", "1;alert(1)", 1), "Content-Type", html), []string{"a.html"}, "own()"},
		{"to be reported", report, respond(200, page, "Content-Type", html), []string{"a.html"}, ""},
		{"compressed", match, respond(200, page, "Content-Type", html, "Content-Encoding", "gzip"), []string{"a.html"}, ""},
		{"in another charset", match, respond(200, page, "Content-Type", "text/html; charset=utf-16"), []string{"a.html"}, ""},
		{"too large", match, respond(200, page+strings.Repeat(" ", 1<<20), "Content-Type", html), []string{"a.html"}, ""},
		{"large, in pieces of a known length", match, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", html)
			w.Header().Set("Content-Length", fmt.Sprint(500<<10+len(page)))
			w.(http.Flusher).Flush()
			fmt.Fprint(w, page)
			w.(http.Flusher).Flush()
			fmt.Fprint(w, strings.Repeat(" ", 500<<10))
		}), []string{"a.html"}, "var a = [1];"},
		{"streamed", match, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", html)
			fmt.Fprint(w, page)
			w.(http.Flusher).Flush()
		}), []string{"a.html"}, ""},
		{"a statement", match, respond(200, page, "Content-Type", html), []string{"b.html"}, ""},
		{"both", match, respond(200, page, "Content-Type", html), []string{"a.html", "b.html"}, ""},
		{"too many", match, respond(200, page+manyScripts(100), "Content-Type", html), []string{"a.html"}, "var a = [1];"},
		{"dangerously", csp.Config{DangerouslyAllowInline: []string{"b.html"}}, respond(200, page, "Content-Type", html), []string{"b.html"}, "'unsafe-inline'"},
		{"dangerously elsewhere", csp.Config{DangerouslyAllowInline: []string{"a.html"}}, respond(200, page, "Content-Type", html), []string{"b.html"}, ""},
	} {
		h := newGuard(t, tt.cfg, csp.Site{Templates: set}).Handler(tt.next)
		enforced, reported, _ := get(t, h, "https://a.example/", tt.templates)
		if enforced["object-src"] != "'none'" || enforced["style-src"] != "'self'" {
			t.Errorf("%s: the rest is not enforced: %v", tt.name, enforced)
		}
		switch {
		case tt.allowed == "":
			if enforced["script-src"]+enforced["script-src-attr"]+enforced["default-src"] != "" || reported["script-src"] == "" || reported["script-src-attr"] == "" {
				t.Errorf("%s: enforced %v, reported %v", tt.name, enforced, reported)
			}
		case tt.allowed == "'unsafe-inline'":
			if got := enforced["script-src"]; got != "'self' 'unsafe-inline'" || enforced["script-src-attr"] != "'unsafe-inline'" {
				t.Errorf("%s: %s", tt.name, got)
			}
		case !strings.Contains(enforced["script-src"], templates.Hash(tt.allowed)) || reported["script-src"] != "" || enforced["default-src"] != "'none'":
			t.Errorf("%s: enforced %v, reported %v", tt.name, enforced, reported)
		}
	}
}

// TestAttackTooManyScripts: injected scripts that look like the template's own must not
// use up the room for hashes and with that switch the policy off.
func TestAttackTooManyScripts(t *testing.T) {
	t.Parallel()
	set := setOf("a.html", `<script>var a = {{ a|tojson }};</script>`, "b.html", `<script>var a = {{ a|tojson }};</script><b onclick="f({{ a }})">`)
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `<b onclick="f(%d)">`, i)
		}
		return b.String()
	}
	guard := newGuard(t, csp.Config{}, csp.Site{Templates: set})
	for _, tt := range []struct {
		name, page, template string
		handlers             bool // that the attributes are enforced
	}{
		{"scripts", manyScripts(100), "a.html", true},
		{"scripts beside handlers", manyScripts(100) + many(3), "b.html", true},
		{"handlers", many(100) + manyScripts(3), "b.html", false},
	} {
		enforced, reported, _ := get(t, guard.Handler(respond(200, tt.page, "Content-Type", html)), "https://a.example/", []string{tt.template})
		if s := enforced["script-src"]; !strings.Contains(s, templates.Hash("var a = 0;")) || strings.Contains(s, "unsafe-inline") || strings.Count(s, "sha256") > 64 {
			t.Errorf("%s: script-src %q", tt.name, s)
		}
		if s := enforced["script-src-attr"]; (s != "'unsafe-inline'") != tt.handlers || (reported["script-src-attr"] == "") != tt.handlers {
			t.Errorf("%s: script-src-attr %q, reported %v", tt.name, s, reported)
		}
	}
}

func manyScripts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<script>var a = %d;</script>", i)
	}
	return b.String()
}

func TestWhatIsNotKnownIsOnlyReported(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	next := respond(200, "x", "Content-Type", html)
	h := newGuard(t, csp.Config{}, csp.Site{Logger: logger}).Handler(next)
	lost := newGuard(t, csp.Config{}, csp.Site{Templates: setOf("a.html", `{% extends "elsewhere.html" %}`), Logger: logger}).Handler(next)
	for range 3 {
		for name, h := range map[string]http.Handler{"no templates": h, "a template of another loader": lost} {
			enforced, reported, _ := get(t, h, "https://a.example/", []string{"a.html"})
			if enforced["script-src"]+enforced["style-src"]+enforced["default-src"] != "" || enforced["object-src"] != "'none'" || enforced["frame-ancestors"] != "'self'" {
				t.Errorf("%s: enforced %v", name, enforced)
			}
			if reported["script-src"] == "" || reported["style-src"] == "" {
				t.Errorf("%s: reported %v", name, reported)
			}
		}
	}
	if n := strings.Count(log.String(), "elsewhere.html was not read"); n != 1 {
		t.Errorf("said %d times:\n%s", n, &log)
	}
	if n := strings.Count(log.String(), "templates are not known"); n != 1 {
		t.Errorf("said %d times:\n%s", n, &log)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	site := csp.Site{Templates: setOf("a.html", "<script>a()</script>")}
	next := respond(200, "x", "Content-Type", html)
	enforced, reported, _ := get(t, newGuard(t, csp.Config{Mode: fumehood.Report}, site).Handler(next), "https://a.example/", []string{"a.html"})
	if enforced != nil || !strings.Contains(reported["script-src"], templates.Hash("a()")) || reported["default-src"] != "'none'" {
		t.Errorf("report: %v %v", enforced, reported)
	}
	if _, ok := reported["upgrade-insecure-requests"]; ok {
		t.Error("upgrade-insecure-requests means nothing in a report")
	}
	_, _, w := get(t, newGuard(t, csp.Config{Mode: fumehood.Off}, site).Handler(next), "https://a.example/", nil)
	if len(w.Header()) != 1 {
		t.Errorf("off: %v", w.Header())
	}
	enforced, reported, _ = get(t, newGuard(t, csp.Config{TrustedTypes: "enforce"}, site).Handler(next), "https://a.example/", []string{"a.html"})
	if enforced["require-trusted-types-for"] != "'script'" || reported != nil {
		t.Errorf("trusted types: %v %v", enforced, reported)
	}
	for name, g := range map[string]*csp.Guard{"nil": nil, "zero": {}} {
		_, _, w := get(t, g.Handler(next), "https://a.example/", nil)
		if w.Code != 500 {
			t.Errorf("a %s guard answers %d", name, w.Code)
		}
	}
}

func TestSourcesOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source string
		ok     string // the lists that it may be in
	}{
		{"https://cdn.example/lib.js", "script style img connect frame font form"},
		{"https://cdn.example", "script style img connect frame font form"},
		{"cdn.example:8443", "script style img connect frame font form"},
		{"https://*.example.org", "style img connect frame font form"},
		{"wss://live.example", "script style img connect frame font form"},
		{"'self'", "script style img connect frame font form"},
		{templates.Hash("x"), "script style"},
		{"'wasm-unsafe-eval'", "script"},
		{"https:", "img connect frame font"}, {"data:", "img connect font"}, {"wss:", "connect"},
		{"http:", ""}, {"*", ""}, {"https://*", ""}, {"https://*.com", ""}, {"'unsafe-inline'", ""}, {"'unsafe-eval'", ""}, {"'unsafe-hashes'", ""},
		{"'strict-dynamic'", ""}, {"'nonce-abc'", ""}, {"nonce-abc", ""}, {"'sha256-abc'", ""}, {"'none'", ""}, {"", ""},
		{"https://a.example; script-src *", ""}, {"https://a.example,https://b.example", ""}, {"a b", ""}, {"https://a.example/x?y", ""},
		{"javascript://x", ""}, {"https://[::1]/", ""}, {"https://a.example:x", ""}, {"https://", ""}, {"é.example", ""}, {"a.example\n", ""},
	} {
		for list, cfg := range map[string]csp.Config{
			"script": {ScriptSources: []string{tt.source}}, "style": {StyleSources: []string{tt.source}}, "img": {ImgSources: []string{tt.source}},
			"connect": {ConnectSources: []string{tt.source}}, "frame": {FrameSources: []string{tt.source}}, "font": {FontSources: []string{tt.source}},
			"form": {FormActions: []string{tt.source}},
		} {
			_, err := csp.New(cfg, csp.Site{})
			if want := strings.Contains(tt.ok, list); (err == nil) != want {
				t.Errorf("%q among %s sources: %v", tt.source, list, err)
			}
			if err != nil && hint.Of(err) == "" {
				t.Errorf("%q: no hint", tt.source)
			}
		}
	}
	_, err := csp.New(csp.Config{Mode: "on", InlineData: "x", TrustedTypes: "y", FrameAncestors: []string{"'none'", "'self'"}, ImgSources: []string{"*", ";"},
		DangerouslyAllowInline: []string{"nope.html"}}, csp.Site{Templates: setOf("a.html", ""), StaticPrefixes: []string{"static"}})
	if n := strings.Count(fmt.Sprint(err), "\n") + 1; n != 8 {
		t.Errorf("%d mistakes, want 8:\n%v", n, err)
	}
	guard := newGuard(t, csp.Config{ScriptSources: []string{"https://a.example/x.js"}, ConnectSources: []string{"wss://b.example"},
		DangerouslyAllowUnsafeEval: true}, csp.Site{Templates: setOf("a.html", "")})
	enforced, _, _ := get(t, guard.Handler(respond(200, "", "Content-Type", html)), "https://a.example/", []string{"a.html"})
	if enforced["script-src"] != "'self' https://a.example/x.js 'unsafe-eval'" || enforced["connect-src"] != "'self' wss://b.example" {
		t.Errorf("%v", enforced)
	}
	guard = newGuard(t, csp.Config{DangerouslyAllowUnsafeInline: true, ScriptSources: []string{templates.Hash("x")}}, csp.Site{Templates: setOf("a.html", "<script>a()</script>")})
	enforced, _, _ = get(t, guard.Handler(respond(200, "", "Content-Type", html)), "https://a.example/", []string{"a.html"})
	if enforced["script-src"] != "'self' 'unsafe-inline'" {
		t.Errorf("a hash switches 'unsafe-inline' off: %v", enforced)
	}
}

func TestTheListingOfTheNotesApp(t *testing.T) {
	t.Parallel()
	listing := func(cfg csp.Config) string {
		var b strings.Builder
		for _, f := range newGuard(t, cfg, csp.Site{Templates: notes(t)}).Listing() {
			fmt.Fprintf(&b, "%s:%d %s %s %s\n", f.Template, f.Line, f.Kind, f.Verdict, f.Policy)
			if f.Verdict != csp.Hashed && f.Reason == "" || f.Verdict == csp.Reported && (f.Fix == "" || f.Policy == "") {
				t.Errorf("%+v", f)
			}
		}
		return b.String()
	}
	if got := listing(csp.Config{}); !strings.Contains(got, "chart.html:15 script matched") || strings.Contains(got, "reported") {
		t.Errorf("match:\n%s", got)
	}
	if got := listing(csp.Config{InlineData: "report"}); !strings.Contains(got, `chart.html:15 script reported csp.dangerously_allow_inline = ["chart.html"]`) {
		t.Errorf("report:\n%s", got)
	}
	s := newGuard(t, csp.Config{}, csp.Site{Templates: notes(t)}).Summary()
	if !s.Known || s.Scripts < 9 || s.Styles < 3 || s.Matched < 1 {
		t.Errorf("%+v", s)
	}
}

// TestAPolicyThatIsTooLong: proxies and browsers refuse answers with large heads. An app
// with thousands of inline scripts still works where the templates of a page are not known.
func TestAPolicyThatIsTooLong(t *testing.T) {
	t.Parallel()
	set := setOf("a.html", "<script>a()</script>", "big.html", strings.ReplaceAll(manyScripts(500), "var", "let"))
	h := newGuard(t, csp.Config{}, csp.Site{Templates: set}).Handler(respond(200, "x", "Content-Type", html))
	enforced, reported, w := get(t, h, "https://a.example/", nil)
	if enforced["script-src"]+enforced["default-src"] != "" || enforced["object-src"] != "'none'" || reported["script-src"] != "" {
		t.Errorf("enforced %v", enforced)
	}
	for name, values := range w.Header() {
		if n := len(strings.Join(values, "")); n > 16<<10 {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
	if enforced, _, _ := get(t, h, "https://a.example/", []string{"a.html"}); !strings.Contains(enforced["script-src"], templates.Hash("a()")) {
		t.Errorf("a page whose template is known: %v", enforced)
	}
}
