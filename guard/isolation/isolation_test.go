package isolation_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/isolation"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, cfg isolation.Config, allowed ...string) *isolation.Guard {
	t.Helper()
	g, err := isolation.New(cfg, func(origin string) bool { return slices.Contains(allowed, origin) })
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var app = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("s3cret")) })

// request has the method and then fields: "GET", "Sec-Fetch-Site: cross-site", ...
func request(method string, fields ...string) *http.Request {
	r := httptest.NewRequest(method, "https://notes.example/data", nil)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The headers are those that Chromium sends, as browser_test.go sees them too.
func TestAttackOtherSitesLoadFromHere(t *testing.T) {
	t.Parallel()
	const cross, sibling = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"
	g := newGuard(t, isolation.Config{}, "https://friend.example")
	for _, tt := range []struct {
		name   string
		method string
		fields []string
		passes bool
	}{
		{"image", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false},
		{"script", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}, false},
		{"style", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: style"}, false},
		{"video", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: video"}, false},
		{"fetch no-cors", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"}, false},
		{"fetch no-cors POST", "POST", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty", "Origin: https://evil.example"}, false},
		{"beacon", "POST", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty", "Origin: https://evil.example", "Content-Type: text/plain"}, false},
		{"fetch cors", "GET", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://evil.example"}, false},
		{"preflight", "OPTIONS", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://evil.example", "Access-Control-Request-Method: PUT"}, false},
		{"null origin", "GET", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: null"}, false},
		{"font", "GET", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: font", "Origin: https://evil.example"}, false},
		{"frame", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, false},
		{"old frame", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: frame"}, false},
		{"frame by POST", "POST", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Origin: https://evil.example"}, false},
		{"object", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: object"}, false},
		{"embed", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: embed"}, false},
		{"fenced frame", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: fencedframe"}, false},
		{"frame of Chromium 76", "GET", []string{cross, "Sec-Fetch-Mode: nested-navigate"}, false},
		{"WebSocket", "GET", []string{cross, "Sec-Fetch-Mode: websocket", "Sec-Fetch-Dest: websocket", "Origin: https://evil.example"}, false},
		{"WebSocket of today", "GET", []string{cross, "Sec-Fetch-Mode: websocket", "Sec-Fetch-Dest: empty", "Origin: https://evil.example"}, false},
		{"prefetch", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty", "Sec-Purpose: prefetch"}, false},
		{"ping", "POST", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty", "Ping-To: x"}, false},
		{"worker", "GET", []string{cross, "Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: worker"}, false},
		{"sibling's image", "GET", []string{sibling, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false},
		{"sibling's frame", "GET", []string{sibling, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, false},
		{"sibling's fetch", "POST", []string{sibling, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://other.notes.example"}, false},
		{"a site that no standard knows", "GET", []string{"Sec-Fetch-Site: cors-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false},
		{"capitals", "GET", []string{"Sec-Fetch-Site: Same-Origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false},
		{"a parameter", "GET", []string{"Sec-Fetch-Site: same-origin;x", "Sec-Fetch-Mode: no-cors"}, false},
		{"two sites", "GET", []string{"Sec-Fetch-Site: same-origin", cross, "Sec-Fetch-Mode: no-cors"}, false},
		{"two sites in one", "GET", []string{"Sec-Fetch-Site: same-origin, cross-site", "Sec-Fetch-Mode: no-cors"}, false},
		{"two modes", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: document"}, false},
		{"two destinations", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Dest: iframe"}, false},
		{"no mode", "GET", []string{cross, "Sec-Fetch-Dest: document"}, false},
		{"no mode, no destination", "GET", []string{cross}, false},
		{"a document that is no navigation", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: document"}, false},
		{"two origins", "GET", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://friend.example", "Origin: https://evil.example"}, false},
		{"a friend's frame", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe", "Origin: https://friend.example"}, false},
		{"a friend's image, which says no origin", "GET", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false},

		{"a link from another site", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"}, true},
		{"a redirect from another site", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, true},
		{"HEAD of a link", "HEAD", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, true},
		{"SAML and OpenID come back by POST; csrf decides", "POST", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Origin: https://login.example"}, true},
		{"a sibling's link", "GET", []string{sibling, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, true},
		{"a link in Chromium 76", "GET", []string{cross, "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1"}, true},
		{"the address bar", "GET", []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"}, true},
		{"an own image", "GET", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, true},
		{"an own frame", "GET", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, true},
		{"an own fetch", "DELETE", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://notes.example"}, true},
		{"an own WebSocket", "GET", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: websocket", "Sec-Fetch-Dest: empty"}, true},
		{"a bookmarked image", "GET", []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, true},
		{"a friend's fetch", "GET", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://friend.example"}, true},
		{"a friend's preflight", "OPTIONS", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://friend.example", "Access-Control-Request-Method: PUT"}, true},
		{"a friend's beacon", "POST", []string{cross, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty", "Origin: https://friend.example"}, true},
		{"a friend's script with crossorigin", "GET", []string{cross, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: script", "Origin: https://friend.example"}, true},
		{"a friend's WebSocket", "GET", []string{cross, "Sec-Fetch-Mode: websocket", "Sec-Fetch-Dest: empty", "Origin: https://friend.example"}, true},
		{"a webhook", "POST", []string{"Content-Type: application/json"}, true},
		{"a link preview", "GET", []string{"User-Agent: Slackbot-LinkExpanding 1.0"}, true},
		{"an old browser", "GET", []string{"Referer: https://evil.example/", "Cookie: session=x"}, true},
		{"a proxy that blanks what it does not know", "GET", []string{"Sec-Fetch-Site: ", "Sec-Fetch-Mode: ", "Sec-Fetch-Dest: "}, true},
	} {
		r := request(tt.method, tt.fields...)
		w := ask(g.Handler(app), r)
		if passed := w.Code == 200 && strings.Contains(w.Body.String(), "s3cret"); passed != tt.passes {
			t.Errorf("%s: answered with %d", tt.name, w.Code)
		}
		if err := g.Check(r); (err == nil) != tt.passes {
			t.Errorf("%s: Check says %v", tt.name, err)
		} else if err != nil && (fumehood.AsRefusal(err).Code != "isolation.cross-site" || w.Code != 403) {
			t.Errorf("%s: %v, answered with %d", tt.name, err, w.Code)
		}
		if bare := ask(app, r); !strings.Contains(bare.Body.String(), "s3cret") {
			t.Errorf("%s: without the guard the attack must succeed", tt.name)
		}
	}
}

func TestPolicyOpens(t *testing.T) {
	t.Parallel()
	load := func(site, mode, dest string) *http.Request {
		return request("GET", "Sec-Fetch-Site: "+site, "Sec-Fetch-Mode: "+mode, "Sec-Fetch-Dest: "+dest)
	}
	posted := load("cross-site", "no-cors", "image")
	posted.Method = "POST"
	for _, tt := range []struct {
		name string
		cfg  isolation.Config
		r    *http.Request
		want int
	}{
		{"images", isolation.Config{DangerouslyEmbeddable: []string{"image"}}, load("cross-site", "no-cors", "image"), 200},
		{"images, not scripts", isolation.Config{DangerouslyEmbeddable: []string{"image"}}, load("cross-site", "no-cors", "script"), 403},
		{"images, by POST", isolation.Config{DangerouslyEmbeddable: []string{"image"}}, posted, 403},
		{"fonts", isolation.Config{DangerouslyEmbeddable: []string{"font"}}, load("cross-site", "cors", "font"), 200},
		{"frames", isolation.Config{Frame: "dangerously-any"}, load("cross-site", "navigate", "iframe"), 200},
		{"frames, not objects", isolation.Config{Frame: "dangerously-any"}, load("cross-site", "navigate", "object"), 403},
		{"frames, not what says it is one", isolation.Config{Frame: "dangerously-any"}, load("cross-site", "no-cors", "iframe"), 403},
		{"no frames", isolation.Config{Frame: "deny"}, load("cross-site", "navigate", "iframe"), 403},
		{"objects", isolation.Config{DangerouslyEmbeddable: []string{"object"}}, load("cross-site", "navigate", "object"), 200},
		{"siblings", isolation.Config{DangerouslyTrustSameSite: true}, load("same-site", "no-cors", "script"), 200},
		{"siblings, not others", isolation.Config{DangerouslyTrustSameSite: true}, load("cross-site", "no-cors", "script"), 403},
		{"off", isolation.Config{Mode: fumehood.Off}, load("cross-site", "no-cors", "script"), 200},
		{"report", isolation.Config{Mode: fumehood.Report}, load("cross-site", "no-cors", "script"), 200},
	} {
		if w := ask(newGuard(t, tt.cfg).Handler(app), tt.r); w.Code != tt.want {
			t.Errorf("%s: answered with %d, want %d", tt.name, w.Code, tt.want)
		}
	}
}

func TestNoOriginIsAllowedWithoutCORS(t *testing.T) {
	t.Parallel()
	g, err := isolation.New(isolation.Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.Check(request("GET", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Origin: https://friend.example")) == nil {
		t.Error("passed")
	}
	everybody, err := isolation.New(isolation.Config{}, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, origin := range []string{"null", ""} {
		if everybody.Check(request("GET", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Origin: "+origin)) == nil {
			t.Errorf("the origin %q passed", origin)
		}
	}
}

// Every pair of values that the standards have is decided as the package comment says.
func TestEveryValueOfTheStandards(t *testing.T) {
	t.Parallel()
	values := map[string][]string{}
	for _, line := range lines(t, "values.txt") {
		words := strings.Fields(line)
		values[words[0]] = words[1:]
	}
	destinations := lines(t, "destinations.txt")
	if len(values) != 2 || len(destinations) != 24 {
		t.Fatalf("%v, %d destinations", values, len(destinations))
	}
	g := newGuard(t, isolation.Config{})
	for _, site := range values["Sec-Fetch-Site"] {
		for _, mode := range values["Sec-Fetch-Mode"] {
			for _, dest := range destinations {
				r := request("GET", "Sec-Fetch-Site: "+site, "Sec-Fetch-Mode: "+mode, "Sec-Fetch-Dest: "+dest)
				want := site == "same-origin" || site == "none" || mode == "navigate" && dest == "document"
				if (g.Check(r) == nil) != want {
					t.Errorf("%s %s %s: passes: %v", site, mode, dest, !want)
				}
			}
		}
	}
	for _, kind := range destinations {
		_, err := isolation.New(isolation.Config{DangerouslyEmbeddable: []string{kind}}, nil)
		never := slices.Contains([]string{"empty", "audioworklet", "document", "frame", "iframe", "json", "paintworklet", "report",
			"serviceworker", "sharedworker", "text", "webidentity", "worker", "xslt"}, kind)
		if (err != nil) != never {
			t.Errorf("%s as embeddable: %v", kind, err)
		}
	}
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

func TestRefusalSaysWhatToDoAndIsNotStored(t *testing.T) {
	t.Parallel()
	g := newGuard(t, isolation.Config{})
	for dest, want := range map[string]string{
		"image": `isolation.dangerously_embeddable = ["image"]`, "iframe": `csp.frame_ancestors = ["'self'"`, "empty": "in cors",
	} {
		r := request("GET", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: "+dest)
		if err := g.Check(r); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `destination "`+dest+`"`) {
			t.Errorf("%s: %v", dest, err)
		}
		w := ask(g.Handler(app), r)
		vary := strings.Join(w.Result().Header.Values("Vary"), ", ")
		if w.Header().Get("Cache-Control") != "no-store" || vary != "Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, Origin, Accept" {
			t.Errorf("Cache-Control %q, Vary %q", w.Header().Get("Cache-Control"), vary)
		}
	}
	x := &fumehood.Exchange{}
	r := request("GET", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	ask(newGuard(t, isolation.Config{Mode: fumehood.Report}).Handler(app), r)
	if len(x.Reported) != 1 || x.Reported[0].Code != "isolation.cross-site" || x.Refused != nil {
		t.Errorf("reported %v, refused %v", x.Reported, x.Refused)
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := isolation.New(isolation.Config{Mode: "on", Frame: "any", DangerouslyEmbeddable: []string{"images", "iframe", "empty"}}, nil)
	for _, want := range []string{`mode: "on"`, `frame: "any"`, `"images"`, `"iframe"`, `"empty"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	for _, cfg := range []isolation.Config{
		{Mode: "on"}, {Frame: "any"}, {DangerouslyEmbeddable: []string{"images"}}, {DangerouslyEmbeddable: []string{"iframe"}}, {DangerouslyEmbeddable: []string{"*"}},
	} {
		if _, err := isolation.New(cfg, nil); hint.Of(err) == "" {
			t.Errorf("%+v: %v has no hint", cfg, err)
		}
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*isolation.Guard{nil, new(isolation.Guard)} {
		if w := ask(g.Handler(app), request("GET")); w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
		if g.Check(request("GET")) == nil {
			t.Error("Check says yes")
		}
	}
}

// FuzzSite: whatever a client sends, only what is in the table above passes.
func FuzzSite(f *testing.F) {
	f.Add("cross-site", "no-cors", "image", "https://evil.example")
	f.Add("same-origin", "cors", "empty", "null")
	f.Add("same-site", "navigate", "document", "")
	f.Add("", "", "", "")
	g := newGuard(f, isolation.Config{}, "https://friend.example")
	f.Fuzz(func(t *testing.T, site, mode, dest, origin string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Sec-Fetch-Site"], r.Header["Sec-Fetch-Mode"] = []string{site}, []string{mode}
		r.Header["Sec-Fetch-Dest"], r.Header["Origin"] = []string{dest}, []string{origin}
		own := site == "same-origin" || site == "none" || site == ""
		window := mode == "navigate" && (dest == "document" || dest == "")
		friend := origin == "https://friend.example" && (mode == "cors" || mode == "no-cors" || mode == "websocket")
		if passes := g.Check(r) == nil; passes != (own || window || friend) {
			t.Errorf("passes: %v", passes)
		}
	})
}

func TestUsualRequestAllocatesNothing(t *testing.T) {
	h := newGuard(t, isolation.Config{}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, fields := range [][]string{
		{}, {"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"},
		{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"},
	} {
		r := request("GET", fields...)
		if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(nil, r) }); n != 0 {
			t.Errorf("%q: %v allocations", fields, n)
		}
	}
}
