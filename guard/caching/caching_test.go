package caching_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/caching"
	"github.com/fumehood/fumehood/internal/answer"
)

func newGuard(t testing.TB, cfg caching.Config, session ...string) *caching.Guard {
	t.Helper()
	g, err := caching.New(cfg, session)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// fields turns "Name: value" lines into a header.
func fields(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, ": "); ok {
			h.Add(name, value)
		}
	}
	return h
}

// ask returns the answer that the guard makes of the app's, and the codes it noted.
func ask(g *caching.Guard, request http.Header, status int, app http.Header) (*httptest.ResponseRecorder, []string) {
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	r.Header = request
	x := &fumehood.Exchange{}
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range app {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
	})).ServeHTTP(w, r)
	var notes []string
	for _, refusal := range x.Reported {
		notes = append(notes, refusal.Code)
	}
	return w, notes
}

const (
	session = "Cookie: a=1; __Host-session=x"
	html    = "Content-Type: text/html; charset=utf-8"
	image   = "Content-Type: image/png"
	future  = "Fri, 31 Dec 2999 23:59:59 GMT"
	strict  = "no-store, private"
)

// What a cache may do with each directive is in RFC 9111 section 5.2.2.
func TestWhatCachesAreTold(t *testing.T) {
	t.Parallel()
	g := newGuard(t, caching.Config{}, "session")
	for _, tt := range []struct {
		name, request string
		status        int
		app           []string
		want          string // Cache-Control
		vary          string
	}{
		{"a page", session, 200, []string{html}, strict, "Cookie"},
		{"an error", session, 500, []string{html}, strict, "Cookie"},
		{"a page that is not there", session, 404, []string{html, "Cache-Control: public, max-age=60"}, strict, "Cookie"},
		{"a redirect", session, 301, []string{html, "Location: /"}, strict, "Cookie"},
		{"a redirect without a type", session, 308, []string{"Location: /", "Cache-Control: max-age=60"}, strict, "Cookie"},
		{"no content", session, 204, nil, strict, "Cookie"},
		{"a cookie goes out", "", 200, []string{html, "Set-Cookie: a=1"}, strict, "Cookie"},
		{"with a 304", "", 304, []string{"Set-Cookie: a=1", "Cache-Control: max-age=60"}, strict, "Cookie"},
		{"with a picture", "", 200, []string{image, "Set-Cookie: a=1", "Cache-Control: public, max-age=60"}, strict, "Cookie"},
		{"a public page with a session", session, 200, []string{html, "Cache-Control: public, max-age=60"}, strict, "Cookie"},
		{"in capitals", session, 200, []string{"Content-Type: TEXT/HTML", "Cache-Control: max-age=60"}, strict, "Cookie"},
		{"XHTML", session, 200, []string{"Content-Type: application/xhtml+xml", "Cache-Control: max-age=60"}, strict, "Cookie"},
		{"no type", session, 200, []string{"Cache-Control: max-age=60"}, strict, "Cookie"},
		{"a type that is none", session, 200, []string{"Content-Type: html", "Cache-Control: max-age=60"}, strict, "Cookie"},
		{"two types", session, 200, []string{image, html, "Cache-Control: max-age=60"}, strict, "Cookie"},
		{"JSON without a word", session, 200, []string{"Content-Type: application/json"}, strict, "Cookie"},
		{"Flask's send_file", session, 200, []string{image, "Cache-Control: no-cache", `ETag: "x"`}, strict, "Cookie"},
		{"public alone", session, 200, []string{image, "Cache-Control: public"}, strict, "Cookie"},
		{"immutable alone", session, 200, []string{image, "Cache-Control: immutable"}, strict, "Cookie"},
		{"only for shared caches", session, 200, []string{image, "Cache-Control: s-maxage=60"}, strict, "Cookie"},
		{"stale at once", session, 200, []string{image, "Cache-Control: max-age=0, public"}, strict, "Cookie"},
		{"private for some fields only", session, 200, []string{image, `Cache-Control: private="Set-Cookie"`}, strict, "Cookie"},
		{"no-store that is not meant", session, 200, []string{html, "Cache-Control: no-store, must-understand"}, strict, "Cookie"},
		{"no-store and public", session, 200, []string{html, "Cache-Control: no-store, public"}, strict, "Cookie"},
		{"a comma is missing", session, 200, []string{html, "Cache-Control: private public"}, strict, "Cookie"},
		{"private inside quotes", session, 200, []string{html, `Cache-Control: x="a, private, b"`}, strict, "Cookie"},
		{"nothing is to be changed on the way", session, 200, []string{html, "Cache-Control: No-Transform"}, strict + ", no-transform", "Cookie"},
		{"two ages", session, 200, []string{image, "Cache-Control: max-age=60", "Cache-Control: max-age=3600"}, strict, "Cookie"},
		{"an age that is none", session, 200, []string{image, "Cache-Control: max-age=1h"}, strict, "Cookie"},
		{"a huge age", session, 200, []string{image, "Cache-Control: max-age=99999999999999999999"}, strict, "Cookie"},
		{"expired", session, 200, []string{image, "Expires: 0"}, strict, "Cookie"},

		{"a picture", session, 200, []string{image, "Cache-Control: public, max-age=60"}, "private, max-age=60", "Cookie"},
		{"a picture for long", session, 200, []string{image, "Cache-Control: PUBLIC,max-age=31536000 ,immutable, s-maxage=1,proxy-revalidate"}, "private, max-age=31536000, immutable", "Cookie"},
		{"in two fields", session, 200, []string{image, "Cache-Control: public", `Cache-Control: max-age="60", must-revalidate`}, `private, max-age="60", must-revalidate`, "Cookie"},
		{"a picture that expires", session, 200, []string{image, "Date: Fri, 31 Dec 2999 23:58:59 GMT", "Expires: " + future}, "private, max-age=60", "Cookie"},
		{"private and public", session, 200, []string{html, "Cache-Control: private, public, max-age=60"}, "private, max-age=60", "Cookie"},

		{"a 304 for a page", session, 304, []string{"Cache-Control: public, max-age=60"}, strict, "Cookie"},
		{"a 304 for a page in a frame", session + "|Sec-Fetch-Dest: iframe", 304, []string{"Cache-Control: public, max-age=60"}, strict, "Cookie"},
		{"a 304 for a picture", session + "|Sec-Fetch-Dest: image", 304, []string{"Cache-Control: public, max-age=60"}, "private, max-age=60", "Cookie"},
		{"a 304 that says its type", session, 304, []string{image, "Cache-Control: public, max-age=60"}, "private, max-age=60", "Cookie"},
		{"a 304 without a word", session + "|Sec-Fetch-Dest: image", 304, nil, strict, "Cookie"},
		{"part of a file", session, 206, []string{"Content-Type: video/mp4", "Cache-Control: max-age=60"}, "private, max-age=60", "Cookie"},

		{"the app says no-store", session, 200, []string{html, "Cache-Control: no-cache, no-store, must-revalidate"}, "no-cache, no-store, must-revalidate", "Cookie"},
		{"the app says private", session, 200, []string{html, "Cache-Control: max-age=5, private"}, "max-age=5, private", "Cookie"},
		{"in capitals too", session, 200, []string{html, "Cache-Control: NO-STORE"}, "NO-STORE", "Cookie"},
		{"with a cookie", "", 200, []string{html, "Cache-Control: private", "Set-Cookie: a=1"}, "private", "Cookie"},

		{"Vary is there", session, 200, []string{html, "Vary: Accept-Encoding"}, strict, "Accept-Encoding, Cookie"},
		{"in two fields", session, 200, []string{html, "Vary: Accept-Encoding", "Vary: Origin"}, strict, "Accept-Encoding, Origin, Cookie"},
		{"Cookie is there", session, 200, []string{html, "Vary: Accept, cookie"}, strict, "Accept, cookie"},
		{"everything", session, 200, []string{html, "Vary: *"}, strict, "*"},
		{"a name that only begins so", session, 200, []string{html, "Vary: Cookie2"}, strict, "Cookie2, Cookie"},

		{"the plain name", "Cookie: session=x", 200, []string{html}, strict, "Cookie"},
		{"the other protected name", "Cookie: __Secure-session=x", 200, []string{html}, strict, "Cookie"},
		{"a misspelt protected name", "Cookie: __HOST-session=x", 200, []string{html}, strict, "Cookie"},
		{"in a second field", "Cookie: a=1|Cookie: b=2;\tsession =x", 200, []string{html}, strict, "Cookie"},
		{"without a value", "Cookie: session", 200, []string{html}, strict, "Cookie"},
		{"inside quotes", `Cookie: a="x; session=1"`, 200, []string{html}, strict, "Cookie"},
		{"Flask-Login's cookie", "Cookie: remember_token=x", 200, []string{html}, strict, "Cookie"},
		{"Authorization", "Authorization: Bearer x", 200, []string{"Content-Type: application/json", "Cache-Control: must-revalidate"}, strict, "Cookie"},

		{"nobody", "", 200, []string{html}, "", ""},
		{"a public page for nobody", "", 200, []string{html, "Cache-Control: public, max-age=60"}, "public, max-age=60", ""},
		{"another cookie", "Cookie: theme=dark; my_session=1; sessions=2; a=session", 200, []string{html, "Vary: Accept"}, "", "Accept"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, notes := ask(g, fields(strings.Split(tt.request, "|")...), tt.status, fields(tt.app...))
			if w.Code != tt.status || len(notes) > 0 {
				t.Errorf("%d, noted %q", w.Code, notes)
			}
			if got := strings.Join(w.Header()["Cache-Control"], "|"); got != tt.want {
				t.Errorf("Cache-Control: %q, want %q", got, tt.want)
			}
			if got := strings.Join(w.Header()["Vary"], "|"); got != tt.vary {
				t.Errorf("Vary: %q, want %q", got, tt.vary)
			}
		})
	}
}

// Fields that say something else than Cache-Control, to caches that listen to them.
func TestContradictionsGo(t *testing.T) {
	t.Parallel()
	g := newGuard(t, caching.Config{})
	for _, tt := range []struct {
		name, request string
		app           []string
		want          string
	}{
		{"no-store", session, []string{html, "Expires: " + future, "Pragma: cache"}, ""},
		{"private", session, []string{image, "Cache-Control: max-age=60", "Expires: " + future, "Pragma: no-cache"}, ""},
		{"the app's no-store", session, []string{html, "Cache-Control: no-store", "Expires: " + future}, ""},
		{"the app's complete no-store", session, []string{html, "Cache-Control: no-store", "Expires: 0", "Pragma: no-cache"}, "Expires Pragma"},
		{"targeted fields (RFC 9213 section 2)", session, []string{html, "Cache-Control: private", "CDN-Cache-Control: max-age=60", "Surrogate-Control: max-age=60",
			"Cloudflare-CDN-Cache-Control: max-age=60", "X-Accel-Expires: 60", "Edge-Control: max-age=60", "Surrogate-Key: a"}, "Surrogate-Key"},
		{"targeted fields without a session", "", []string{html, "CDN-Cache-Control: max-age=60", "Expires: " + future}, "CDN-Cache-Control Expires"},
	} {
		w, _ := ask(g, fields(tt.request), 200, fields(tt.app...))
		h := w.Header()
		for _, name := range []string{"Content-Type", "Cache-Control", "Vary"} {
			delete(h, name)
		}
		var left []string
		for name := range h {
			left = append(left, name)
		}
		slices.Sort(left)
		if got := strings.Join(left, " "); !strings.EqualFold(got, tt.want) {
			t.Errorf("%s: left are %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode  fumehood.Mode
		app   []string
		want  string
		notes int
	}{
		{fumehood.Report, []string{html, "Cache-Control: public"}, "public", 1},
		{fumehood.Report, []string{html, "Cache-Control: private", "Vary: Cookie", "CDN-Cache-Control: max-age=1"}, "private", 1},
		{fumehood.Report, []string{html, "Cache-Control: private"}, "private", 1},
		{fumehood.Report, []string{html, "Cache-Control: private", "Vary: Cookie"}, "private", 0},
		{fumehood.Off, []string{html, "Cache-Control: public"}, "public", 0},
	} {
		w, notes := ask(newGuard(t, caching.Config{Mode: tt.mode}), fields(session), 200, fields(tt.app...))
		if got := w.Header().Get("Cache-Control"); got != tt.want || len(notes) != tt.notes {
			t.Errorf("%s %q: %q, noted %q", tt.mode, tt.app, got, notes)
		}
	}
}

// What is shared between answers must not be changed by one of them.
func TestAnswersShareNothing(t *testing.T) {
	t.Parallel()
	g := newGuard(t, caching.Config{})
	vary := append(make([]string, 0, 8), "Accept")
	for range 2 {
		w, _ := ask(g, fields(session), 200, http.Header{"Vary": vary, "Content-Type": {"text/html"}})
		if got := w.Header()["Vary"]; !slices.Equal(got, []string{"Accept, Cookie"}) || vary[0] != "Accept" {
			t.Fatalf("Vary: %q, the app's is %q", got, vary)
		}
	}
	w, _ := ask(g, fields(session), 200, fields(html))
	w.Header().Add("Vary", "Origin")
	w.Header().Add("Cache-Control", "x")
	w, _ = ask(g, fields(session), 200, fields(html))
	if got := w.Header(); len(got["Vary"]) != 1 || len(got["Cache-Control"]) != 1 {
		t.Errorf("%v", got)
	}
}

func TestNewAndNil(t *testing.T) {
	t.Parallel()
	_, err := caching.New(caching.Config{Mode: "enfroce"}, []string{"a b", ""})
	for _, want := range []string{"enfroce", `"a b"`, `""`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	for _, g := range []*caching.Guard{nil, new(caching.Guard)} {
		if w, _ := ask(g, fields(), 200, nil); w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
	}
}

// FuzzPolicy: whatever the app says, no shared cache keeps a visitor's answer.
func FuzzPolicy(f *testing.F) {
	f.Add("public, max-age=60", "text/html", "")
	f.Add(`private="a, b", max-age="60`, "image/png", "*")
	f.Add("s-maxage=60,, private ;", "", "cookie,")
	g := newGuard(f, caching.Config{})
	f.Fuzz(func(t *testing.T, policy, kind, vary string) {
		w, _ := ask(g, fields(session), 200, http.Header{"Cache-Control": {policy}, "Content-Type": {kind}, "Vary": {vary}})
		if w.Header().Get("Cache-Control") != policy { // else what comes back is the app's own
			w, _ = ask(g, fields(session), 200, w.Header().Clone())
		}
		if !keepsOut(w.Header()["Cache-Control"]) {
			t.Fatalf("%q (%q) became %q", policy, kind, w.Header()["Cache-Control"])
		}
		if !strings.Contains(strings.ToLower(strings.Join(w.Header()["Vary"], ",")), "cookie") && !strings.Contains(vary, "*") {
			t.Fatalf("Vary %q became %q", vary, w.Header()["Vary"])
		}
	})
}

// keepsOut says whether a cache that reads Cache-Control with less care than the guard
// still finds that it may not keep the answer for others.
func keepsOut(values []string) bool {
	for _, directive := range strings.Split(strings.Join(values, ","), ",") {
		switch strings.ToLower(strings.Trim(directive, " \t")) {
		case "no-store", "private":
			return true
		}
	}
	return false
}

// BenchmarkHead is what the hook itself costs.
func BenchmarkHead(b *testing.B) {
	g := newGuard(b, caching.Config{}, "session")
	for name, request := range map[string]http.Header{"nothing": fields("Accept: x", "User-Agent: x"), "page": fields(session, "User-Agent: x")} {
		b.Run(name, func(b *testing.B) {
			h := &answer.Head{Status: 200, Header: fields(html, "Content-Length: 5", "Server: x"), Request: httptest.NewRequest("GET", "/", nil)}
			h.Request.Header = request
			for b.Loop() {
				g.Head(h)
			}
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	for _, bb := range []struct {
		name    string
		request http.Header
		app     http.Header
	}{
		{"nothing", fields("Accept: x", "User-Agent: x"), fields(html)},
		{"other cookie", fields("Cookie: theme=dark; lang=de"), fields(html)},
		{"page", fields(session), fields(html, "Vary: Cookie", "Content-Length: 12", "Date: x")},
		{"picture", fields(session), fields(image, "Cache-Control: public, max-age=60")},
	} {
		b.Run(bb.name, func(b *testing.B) {
			g := newGuard(b, caching.Config{}, "session")
			w := httptest.NewRecorder()
			h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				clear(w.Header())
				for name, values := range bb.app {
					w.Header()[name] = values
				}
				w.WriteHeader(200)
			}))
			r := httptest.NewRequest("GET", "https://shop.example/", nil)
			r.Header = bb.request
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
