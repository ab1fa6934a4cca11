package headers_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, cfg headers.Config) *headers.Guard {
	t.Helper()
	g, err := headers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// app is an app that sets these fields: name, value, name, value.
func app(status int, body string, fields ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header()[fields[i]] = append(w.Header()[fields[i]], fields[i+1])
		}
		w.WriteHeader(status)
		if body != "" {
			w.Write([]byte(body))
		}
	})
}

// get returns the answer and what was noted of it.
func get(h http.Handler, target string) (http.Header, []*fumehood.Refusal) {
	x := &fumehood.Exchange{}
	r := httptest.NewRequest("GET", target, nil)
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result().Header, x.Reported
}

// standards reads testdata/standards.txt: the values of each name, in any case.
func standards(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, line := range lines(t, "standards.txt") {
		parts := strings.Split(line, " | ")
		if len(parts) != 3 {
			t.Fatalf("standards.txt: %q", line)
		}
		all[strings.ToLower(parts[0])] = strings.Fields(parts[1])
	}
	return all
}

func lines(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "#")
	})
}

func TestEveryAnswerIsDressed(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Strict-Transport-Security":         "max-age=63072000; includeSubDomains",
		"X-Content-Type-Options":            "nosniff",
		"X-Frame-Options":                   "SAMEORIGIN",
		"Referrer-Policy":                   "strict-origin-when-cross-origin",
		"Cross-Origin-Opener-Policy":        "same-origin",
		"Cross-Origin-Resource-Policy":      "same-origin",
		"Cross-Origin-Embedder-Policy":      "",
		"Origin-Agent-Cluster":              "?1",
		"X-Permitted-Cross-Domain-Policies": "none",
		"X-Download-Options":                "noopen",
		"X-Xss-Protection":                  "0",
	}
	refusing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "ALLOWALL")
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 403, Code: "test.no", Public: "No."})
	})
	for name, inner := range map[string]http.Handler{
		"200": app(200, "hello", "Content-Type", "text/html; charset=utf-8"), "301": app(301, "", "Location", "/x"),
		"304": app(304, ""), "404": app(404, "no"), "500": app(500, "oh"), "204": app(204, ""),
		"refused": refusing, "nothing written": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
			w := httptest.NewRecorder()
			newGuard(t, headers.Config{}).Handler(inner).ServeHTTP(w, httptest.NewRequest(method, "https://notes.example/", nil))
			for field, value := range want {
				if got := strings.Join(w.Header()[field], " AND "); got != value {
					t.Errorf("%s %s: %s is %q, want %q", method, name, field, got, value)
				}
			}
			if got := w.Header().Get("Permissions-Policy"); !strings.Contains(got, "camera=(), ") || !strings.Contains(got, "geolocation=()") {
				t.Errorf("%s %s: Permissions-Policy is %q", method, name, got)
			}
		}
	}
}

// A name that is spelt wrong protects nobody: tailscale's safeweb sent Referer-Policy for
// years. So each name and value that can leave here must be one of the standards'.
func TestNamesAndValuesAreThoseOfTheStandards(t *testing.T) {
	t.Parallel()
	known := standards(t)
	for _, cfg := range []headers.Config{
		{}, {HSTS: "host"}, {HSTS: "preload"}, {Frame: "deny"},
		{Referrer: "strict-origin"}, {Referrer: "same-origin"}, {Referrer: "no-referrer"},
		{Opener: "same-origin-allow-popups"}, {Resource: "same-site"},
		{Embedder: "credentialless"}, {Embedder: "require-corp"},
	} {
		got, _ := get(newGuard(t, cfg).Handler(app(200, "")), "https://notes.example/")
		if len(got) < 11 {
			t.Errorf("%+v: only %d fields", cfg, len(got))
		}
		for name, value := range got {
			allowed, found := known[strings.ToLower(name)]
			if !found {
				t.Errorf("no standard knows %s", name)
			} else if len(value) != 1 || !slices.Contains(allowed, value[0]) && allowed[0] != "*" {
				t.Errorf("%s: %q is none of %q", name, value, allowed)
			}
		}
	}
}

func TestAttackAppWeakensItsProtection(t *testing.T) {
	t.Parallel()
	const hsts = "max-age=63072000; includeSubDomains"
	for _, tt := range []struct {
		field string
		app   []string
		want  string
		noted bool
	}{
		{"X-Frame-Options", []string{"ALLOWALL"}, "SAMEORIGIN", true},
		{"X-Frame-Options", []string{"ALLOW-FROM https://evil.example"}, "SAMEORIGIN", true},
		{"X-Frame-Options", []string{""}, "SAMEORIGIN", false},
		{"X-Frame-Options", []string{"sameorigin"}, "SAMEORIGIN", false},
		{"X-Frame-Options", []string{"SAMEORIGIN", "SAMEORIGIN"}, "SAMEORIGIN", false},
		{"X-Frame-Options", []string{"DENY"}, "DENY", false},
		{"X-Frame-Options", []string{" deny "}, "DENY", false},
		{"X-Frame-Options", []string{"SAMEORIGIN, DENY"}, "DENY", false},

		{"Referrer-Policy", []string{"unsafe-url"}, "strict-origin-when-cross-origin", true},
		{"Referrer-Policy", []string{"no-referrer-when-downgrade"}, "strict-origin-when-cross-origin", true},
		{"Referrer-Policy", []string{"origin"}, "strict-origin-when-cross-origin", true},
		{"Referrer-Policy", []string{"origin-when-cross-origin"}, "strict-origin-when-cross-origin", true},
		{"Referrer-Policy", []string{"no-referrer, unsafe-url"}, "strict-origin-when-cross-origin", true},
		{"Referrer-Policy", []string{"no-referrer", "unsafe-url"}, "strict-origin-when-cross-origin", true},
		{"Referrer-Policy", []string{"unsafe-url, no-referrer"}, "no-referrer", false},
		{"Referrer-Policy", []string{"no-referrer, new-policy"}, "no-referrer", false},
		{"Referrer-Policy", []string{"nonsense"}, "strict-origin-when-cross-origin", false},
		{"Referrer-Policy", []string{"no-referrer"}, "no-referrer", false},
		{"Referrer-Policy", []string{"Same-Origin"}, "same-origin", false},
		{"Referrer-Policy", []string{"strict-origin"}, "strict-origin", false},

		{"Cross-Origin-Opener-Policy", []string{"unsafe-none"}, "same-origin", true},
		{"Cross-Origin-Opener-Policy", []string{"same-origin-allow-popups"}, "same-origin", true},
		{"Cross-Origin-Opener-Policy", []string{"same-origin, same-origin"}, "same-origin", true},
		{"Cross-Origin-Opener-Policy", []string{"same-origin", "same-origin"}, "same-origin", false},
		{"Cross-Origin-Opener-Policy", []string{"SAME-ORIGIN"}, "same-origin", true},
		{"Cross-Origin-Opener-Policy", []string{`same-origin; report-to="coop"`}, `same-origin; report-to="coop"`, false},
		{"Cross-Origin-Opener-Policy", []string{`same-origin; report-to="c"oop"`}, "same-origin", false},
		{"Cross-Origin-Opener-Policy", []string{"same-origin; report-to=é"}, "same-origin", false},

		{"Cross-Origin-Resource-Policy", []string{"cross-origin"}, "same-origin", true},
		{"Cross-Origin-Resource-Policy", []string{"same-site"}, "same-origin", true},
		{"Cross-Origin-Resource-Policy", []string{"same-origin", "cross-origin"}, "same-origin", false},
		{"Cross-Origin-Embedder-Policy", []string{"require-corp"}, "require-corp", false},
		{"Cross-Origin-Embedder-Policy", []string{"credentialless", "require-corp"}, "require-corp", false},

		{"Strict-Transport-Security", []string{"max-age=0"}, hsts, true},
		{"Strict-Transport-Security", []string{"max-age=31556926; includeSubDomains"}, hsts, true},
		{"Strict-Transport-Security", []string{"max-age=99999999"}, "max-age=99999999; includeSubDomains", true},
		{"Strict-Transport-Security", []string{"max-age=99999999; includeSubDomains"}, "max-age=99999999; includeSubDomains", false},
		{"Strict-Transport-Security", []string{`max-age="99999999" ; INCLUDESUBDOMAINS;`}, "max-age=99999999; includeSubDomains", false},
		{"Strict-Transport-Security", []string{"max-age=63072000; includeSubDomains; preload"}, hsts + "; preload", false},
		{"Strict-Transport-Security", []string{"max-age=0", hsts}, hsts, true},
		{"Strict-Transport-Security", []string{"max-age=99999999; max-age=0; includeSubDomains"}, hsts, true},
		{"Strict-Transport-Security", []string{"max-age=99999999999999999999999; includeSubDomains"}, hsts, true},
		{"Strict-Transport-Security", []string{"includeSubDomains"}, hsts, true},
		{"Strict-Transport-Security", []string{"max-age=-1"}, hsts, true},

		{"X-Content-Type-Options", []string{"sniff"}, "nosniff", false},
		{"Origin-Agent-Cluster", []string{"?0"}, "?1", false},
		{"X-Xss-Protection", []string{"1; mode=block"}, "0", false},
		{"X-Permitted-Cross-Domain-Policies", []string{"all"}, "none", false},
		{"Public-Key-Pins", []string{`pin-sha256="x"; max-age=5`}, "", false},
		{"Public-Key-Pins-Report-Only", []string{"x"}, "", false},
		{"Expect-Ct", []string{"max-age=86400, enforce"}, "", false},
	} {
		name := tt.field + ": " + strings.Join(tt.app, " + ")
		var fields []string
		for _, value := range tt.app {
			fields = append(fields, tt.field, value)
		}
		bare, _ := get(app(200, "", fields...), "https://notes.example/")
		if got := bare[tt.field]; !slices.Equal(got, tt.app) {
			t.Errorf("%s: without the guard the app decides, got %q", name, got)
		}
		got, noted := get(newGuard(t, headers.Config{}).Handler(app(200, "", fields...)), "https://notes.example/")
		if value := strings.Join(got[tt.field], " AND "); value != tt.want {
			t.Errorf("%s: %q was sent, want %q", name, value, tt.want)
		}
		if (len(noted) == 1 && noted[0].Code == "headers.weaker") != tt.noted {
			t.Errorf("%s: noted %v", name, noted)
		}
	}
}

// net/http writes a name that is not canonical as it is: beside ours, and before it.
func TestAttackOtherSpellings(t *testing.T) {
	t.Parallel()
	inner := app(200, "<script>", "x-frame-options", "ALLOWALL", "X-FRAME-OPTIONS", "DENY", "strict-transport-security", "max-age=0",
		"x-content-type-options", "", "server", "Werkzeug/3.1.9", "PUBLIC-KEY-PINS", "x", "content-type", "text/html", "x-own", "stays")
	got, _ := get(newGuard(t, headers.Config{}).Handler(inner), "https://notes.example/")
	seen := map[string]int{}
	for name, values := range got {
		seen[strings.ToLower(name)] += len(values)
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%d fields %s: %v", n, name, got)
		}
	}
	if got.Get("X-Frame-Options") != "DENY" || seen["x-own"] == 0 || seen["server"]+seen["public-key-pins"] != 0 ||
		got.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v", got)
	}
}

func TestPolicyLeavesItToTheApp(t *testing.T) {
	t.Parallel()
	open := headers.Config{
		HSTS: "dangerously-off", Frame: "dangerously-any", Referrer: "dangerously-off", Opener: "unsafe-none",
		Resource: "dangerously-cross-origin", KeepServer: true,
	}
	decided := []string{"Strict-Transport-Security", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
		"Cross-Origin-Resource-Policy", "Cross-Origin-Embedder-Policy", "Server"}
	h := newGuard(t, open)
	got, _ := get(h.Handler(app(200, "")), "https://notes.example/")
	for _, name := range decided {
		if got[name] != nil {
			t.Errorf("%s is %q though policy leaves it to the app", name, got[name])
		}
	}
	values := []string{"max-age=5", "SAMEORIGIN", "unsafe-url", "same-origin-allow-popups", "cross-origin", "require-corp", "gunicorn"}
	var fields []string
	for i, name := range decided {
		fields = append(fields, name, values[i])
	}
	got, noted := get(h.Handler(app(200, "", fields...)), "https://notes.example/")
	for i, name := range decided {
		if !slices.Equal(got[name], values[i:i+1]) {
			t.Errorf("%s is %q, want the app's %q", name, got[name], values[i])
		}
	}
	if noted != nil {
		t.Errorf("noted %v", noted)
	}
	for _, tt := range []struct{ name, first, second, want string }{
		{"X-Frame-Options", "SAMEORIGIN", "ALLOWALL", "SAMEORIGIN"}, {"X-Frame-Options", "nonsense", "x", "nonsense"},
		{"Cross-Origin-Opener-Policy", "same-origin", "same-origin", "same-origin"},
		{"Cross-Origin-Resource-Policy", "x", "y", "x"}, {"Referrer-Policy", "x", "origin", "origin"}, {"Referrer-Policy", "x", "y", "x"},
	} {
		got, _ := get(h.Handler(app(200, "", tt.name, tt.first, tt.name, tt.second)), "https://notes.example/")
		if !slices.Equal(got[tt.name], []string{tt.want}) {
			t.Errorf("%s: %q and %q became %q, want one %q", tt.name, tt.first, tt.second, got[tt.name], tt.want)
		}
	}
}

func TestHSTSOnlyWhereItHurtsNobody(t *testing.T) {
	t.Parallel()
	h := newGuard(t, headers.Config{}).Handler(app(200, "", "Strict-Transport-Security", "max-age=99999999; includeSubDomains"))
	for target, want := range map[string]bool{
		"https://notes.example/": true, "https://notes.example:8443/": true, "https://a.b.notes.example./": true,
		"https://NOTES.EXAMPLE/": true, "https://xn--bcher-kva.example/": true, "https://localhost.example/": true,
		"https://127.notes.example/": true,

		"http://notes.example/": false, "https://localhost/": false, "https://localhost:8443/": false,
		"https://LocalHost./": false, "https://app.localhost:8443/": false, "https://127.0.0.1/": false,
		"https://192.0.2.7:8443/": false, "https://[::1]:8443/": false, "https://[2001:db8::7]/": false,
		"https://[::ffff:192.0.2.7]/": false, "https://notes/": false, "https://notes:8443/": false, "https://notes./": false,
		"https://192.0.2.7./": false,
	} {
		got, _ := get(h, target)
		if value := got.Get("Strict-Transport-Security"); (value != "") != want {
			t.Errorf("%s: HSTS is %q", target, value)
		}
	}
}

// Where a browser does not trust the connection it ignores these and complains about them.
func TestNothingThatPlainHTTPCannotHave(t *testing.T) {
	t.Parallel()
	h := newGuard(t, headers.Config{Embedder: "require-corp"}).Handler(app(200, ""))
	for target, want := range map[string]bool{
		"http://notes.example/": false, "http://localhost:8000/": true, "http://127.0.0.1:8000/": true,
		"http://[::1]:8000/": true, "http://a.localhost/": true, "http://127.evil.example/": true, "https://notes.example/": true,
	} {
		got, _ := get(h, target)
		if (got["Cross-Origin-Opener-Policy"] != nil) != want || (got["Cross-Origin-Embedder-Policy"] != nil) != want {
			t.Errorf("%s: %v", target, slices.Sorted(maps.Keys(got)))
		}
	}
}

func TestAttackBannersTellWhichExploitFits(t *testing.T) {
	t.Parallel()
	left := map[string]string{
		"SourceMap": "tells the developer's tools where a map is", "X-SourceMap": "its old name",
		"X-LiteSpeed-Cache": "an order to a cache in front", "X-LiteSpeed-Purge": "the same", "X-LiteSpeed-Tag": "the same",
		"X-LiteSpeed-Vary": "the same", "X-Litespeed-Cache-Control": "the same",
		"X-Nextjs-Cache": "the app's own script reads it", "X-Nextjs-Matched-Path": "the same", "X-Nextjs-Page": "the same",
		"X-Nextjs-Redirect": "the same", "X-Atmosphere-first-request": "the same", "X-Atmosphere-tracking-id": "the same",
	}
	names := append(lines(t, "owasp-remove.txt"), "X-Runtime", "Via", "X-Served-By", "X-Backend-Server", "X-Version")
	for _, name := range names {
		spelt := http.CanonicalHeaderKey(name)
		inner := app(200, "", spelt, "Apache/2.4.1 (vulnerable)", "X-Mine", "1")
		got, _ := get(newGuard(t, headers.Config{}).Handler(inner), "https://notes.example/")
		if reason, stays := left[name]; (got[spelt] != nil) != stays {
			t.Errorf("%s: sent: %q (to be left: %s)", name, got[spelt], reason)
		}
		if got["X-Mine"] == nil {
			t.Error("a field of the app's own went")
		}
		got, _ = get(newGuard(t, headers.Config{KeepServer: true}).Handler(inner), "https://notes.example/")
		if got[spelt] == nil {
			t.Errorf("%s went though keep_server is set", name)
		}
	}
}

func TestReportChangesNothing(t *testing.T) {
	t.Parallel()
	inner := app(200, "<p>", "X-Frame-Options", "ALLOWALL", "Referrer-Policy", "unsafe-url", "Server", "x", "x-own", "1")
	bare, _ := get(inner, "https://notes.example/")
	got, noted := get(newGuard(t, headers.Config{Mode: fumehood.Report}).Handler(inner), "https://notes.example/")
	if !maps.EqualFunc(got, bare, slices.Equal) {
		t.Errorf("report changed %v to %v", bare, got)
	}
	if len(noted) != 1 || !strings.Contains(noted[0].Error(), "X-Frame-Options, Referrer-Policy") {
		t.Errorf("noted %v", noted)
	}
	got, noted = get(newGuard(t, headers.Config{Mode: fumehood.Off}).Handler(inner), "https://notes.example/")
	if !maps.EqualFunc(got, bare, slices.Equal) || noted != nil {
		t.Errorf("off changed %v to %v, noted %v", bare, got, noted)
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*headers.Guard{nil, new(headers.Guard)} {
		w := httptest.NewRecorder()
		g.Handler(app(200, "secret")).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("answered with %d", w.Code)
		}
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]headers.Config{
		`headers.mode: "enfroce"`:                  {Mode: "enfroce"},
		`headers.hsts: "on"`:                       {HSTS: "on"},
		"headers.hsts_max_age: the preload list":   {HSTS: "preload", HSTSMaxAge: time.Hour},
		"headers.hsts_max_age: -1s":                {HSTSMaxAge: -time.Second},
		`headers.frame: "sameorigin"`:              {Frame: "sameorigin"},
		`headers.referrer: "unsafe-url"`:           {Referrer: "unsafe-url"},
		`headers.opener: "same-site"`:              {Opener: "same-site"},
		`headers.resource: "cross-origin"`:         {Resource: "cross-origin"},
		`headers.embedder: "off"`:                  {Embedder: "off"},
		`headers.allow_features: "geo-location"`:   {AllowFeatures: []string{"geo-location"}},
		`headers.allow_features: ""`:               {AllowFeatures: []string{""}},
		`"payment https://a/b": "https://a/b" is`:  {AllowFeatures: []string{"payment https://a/b"}},
		`"payment *": "*" is no origin`:            {AllowFeatures: []string{"payment *"}},
		`headers.allow_features: "payment https:`:  {AllowFeatures: []string{`payment https://a"`}},
		`headers.allow_features: "camera" is in h`: {AllowFeatures: []string{"camera"}, DenyFeatures: []string{"camera"}},
		`headers.deny_features: "camera=()"`:       {DenyFeatures: []string{"camera=()"}},
	} {
		_, err := headers.New(cfg)
		if err == nil || !strings.Contains(err.Error(), want) || hint.Of(err) == "" {
			t.Errorf("%+v: the error %v (hint %q) is not %s", cfg, err, hint.Of(err), want)
		}
	}
	_, err := headers.New(headers.Config{Frame: "a", Referrer: "b", DenyFeatures: []string{"c"}, AllowFeatures: []string{"geo_location"}})
	for _, want := range []string{"frame", "referrer", "deny_features", "allow_features"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := headers.New(headers.Config{AllowFeatures: []string{"geo_location"}}); hint.Of(err) != `write "geolocation"` {
		t.Errorf("hint %q", hint.Of(err))
	}
}

// The usual answer must cost nothing that the collector has to pick up.
func TestUsualAnswerAllocatesNothing(t *testing.T) {
	g := newGuard(t, headers.Config{})
	r := httptest.NewRequest("GET", "https://notes.example/", nil)
	header := http.Header{}
	contentType, length := []string{"text/html; charset=utf-8"}, []string{"5"}
	if n := testing.AllocsPerRun(100, func() {
		clear(header)
		header["Content-Type"], header["Content-Length"] = contentType, length
		h := answer.Head{Status: 200, Header: header, Request: r}
		g.Look(&h)
		g.Head(&h)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHead(b *testing.B) {
	g := newGuard(b, headers.Config{})
	r := httptest.NewRequest("GET", "https://notes.example/", nil)
	header := http.Header{}
	contentType, length := []string{"text/html; charset=utf-8"}, []string{"5"}
	b.ReportAllocs()
	for b.Loop() {
		clear(header)
		header["Content-Type"], header["Content-Length"] = contentType, length
		h := answer.Head{Status: 200, Header: header, Request: r}
		g.Look(&h)
		g.Head(&h)
	}
}
