package login_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/answer"
)

// outer stands for the guards that have made the writer already; guard/errorpages has the
// beginning of each page held, too.
type outer struct{}

func (outer) Kind() string      { return "outer" }
func (outer) Head(*answer.Head) {}
func (outer) Look(h *answer.Head) int {
	if h.Header["Content-Type"][0] == "application/json" {
		return 0
	}
	return 64 << 10
}

// sink is a writer that keeps nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header       { return s.header }
func (sink) Write(p []byte) (int, error) { return len(p), nil }
func (sink) WriteHeader(int)             {}

// BenchmarkHandler is the whole of answer.Serve with and without the guard; "without" is what
// the other guards need anyway.
func BenchmarkHandler(b *testing.B) {
	page := []byte("<!doctype html><title>Notes</title>" + strings.Repeat("<p class=note>Something to remember, put down before it is forgotten.</p>\n", 60))
	for _, tt := range []struct {
		name, method, kind string
		body               []byte
	}{{"JSON", "GET", "application/json", []byte("{}")}, {"page of 4KB", "GET", "text/html; charset=utf-8", page}, {"POST", "POST", "application/json", []byte("{}")}} {
		kind := []string{tt.kind}
		app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = kind
			w.Write(tt.body)
		})
		s := learned(b, login.Config{}, newShop())
		s.app = app
		for with, h := range map[string]http.Handler{"without": app, "with": s.with(login.Config{})} {
			b.Run(tt.name+"/"+with, func(b *testing.B) {
				r := httptest.NewRequest(tt.method, "/notes/17", nil)
				w := sink{http.Header{}}
				b.ReportAllocs()
				for b.Loop() {
					answer.Serve(w, r, outer{}, h)
				}
			})
		}
	}
}

// BenchmarkRefused is a login that has to wait.
func BenchmarkRefused(b *testing.B) {
	s := learned(b, login.Config{}, newShop())
	for range 5 {
		program("203.0.113.9").login(b, s.guard, "/login", "ada", "x")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := httptest.NewRequest("POST", "/login", strings.NewReader(fmt.Sprint("username=ada&password=", i)))
		r.Header.Set("Content-Type", formType)
		r.RemoteAddr = "203.0.113.9:1"
		s.guard.ServeHTTP(sink{http.Header{}}, r)
	}
}
