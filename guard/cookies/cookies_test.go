package cookies_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/internal/answer"
)

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := cookies.New(cookies.Config{
		Mode: "enfroce", Session: []string{"a b", "__host-x", "fumehood-x"}, Readable: []string{"session", "c;d"},
		CrossSite: []string{""}, Wide: []string{"é"}, Grace: -time.Second, MaxHeader: 10,
	}, cookies.App{Sessions: []string{"session", "__Host-session"}})
	for _, want := range []string{
		"enfroce", `"a b"`, `"__host-x"`, `"fumehood-x"`, `cookies.readable: "session"`, `"c;d"`, `cookies.cross_site: ""`,
		`cookies.wide: "é"`, "grace", "max_header", `both "session" and "__Host-session"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := cookies.New(cookies.Config{Session: strings.Fields("a b c d e f g h i")}, cookies.App{}); err == nil {
		t.Error("nine sessions were accepted")
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*cookies.Guard{nil, new(cookies.Guard)} {
		w := httptest.NewRecorder()
		g.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", https, nil))
		if w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
		if g.Check(httptest.NewRequest("GET", https, nil)) == nil {
			t.Error("Check says yes")
		}
	}
}

// The guards further out still see what the browser sent.
func TestTheRequestOutsideStays(t *testing.T) {
	t.Parallel()
	g := newGuard(t, cookies.Config{}, cookies.App{})
	r := httptest.NewRequest("GET", https, nil)
	r.Header.Set("Cookie", "__Host-session=x")
	g.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	if got := r.Header.Get("Cookie"); got != "__Host-session=x" {
		t.Errorf("it is %q now", got)
	}
}

// BenchmarkNothing is what the hook costs where there is nothing to do.
func BenchmarkNothing(b *testing.B) {
	g := newGuard(b, cookies.Config{}, cookies.App{})
	h := &answer.Head{Status: 200, Header: http.Header{"Content-Type": {"text/html"}, "Content-Length": {"5"}, "Vary": {"Accept"}}, Request: httptest.NewRequest("GET", https, nil)}
	for b.Loop() {
		g.Head(h)
	}
}

func BenchmarkHandler(b *testing.B) {
	for _, bb := range []struct{ name, cookie, set string }{
		{"nothing", "", ""}, {"session in", "__Host-session=eyJ1c2VyX2lkIjoxfQ.aBcDeF.0123456789abcdefghijklmnopq", ""},
		{"other in", "theme=dark; lang=de", ""},
		{"session out", "", "session=eyJ1c2VyX2lkIjoxfQ.aBcDeF.0123456789abcdefghijklmnopq; Expires=Fri, 31 Dec 2999 23:59:59 GMT; HttpOnly; Path=/"},
		{"both", "__Host-session=eyJ1c2VyX2lkIjoxfQ.aBcDeF.0123456789abcdefghijklmnopq; theme=dark", "session=eyJ1c2VyX2lkIjoxfQ.aBcDeF.0123456789abcdefghijklmnopq; HttpOnly; Path=/"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			g := newGuard(b, cookies.Config{}, cookies.App{})
			set := []string{bb.set}
			inner := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if bb.set != "" {
					w.Header()["Set-Cookie"] = set
				}
				w.WriteHeader(200)
			}))
			r := httptest.NewRequest("GET", https, nil)
			for _, name := range strings.Fields("Accept Accept-Encoding Accept-Language User-Agent Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest Upgrade-Insecure-Requests Referer") {
				r.Header.Set(name, "x")
			}
			if bb.cookie != "" {
				r.Header.Set("Cookie", bb.cookie)
			}
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				inner.ServeHTTP(w, r)
			}
		})
	}
}
