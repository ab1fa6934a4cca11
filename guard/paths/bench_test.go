package paths_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fumehood/fumehood/guard/paths"
)

// BenchmarkCheck is what the guard costs a request that it has nothing to say about.
func BenchmarkCheck(b *testing.B) {
	g, err := paths.New(paths.Config{}, paths.Site{})
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"/", "/users/4711/orders", "/static/css/site.min.css", "/wiki/%E6%97%A5%E6%9C%AC%E8%AA%9E", "/a..b/100%25"} {
		r := httptest.NewRequest("GET", path, nil)
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := g.Check(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAttack is what a refused request costs.
func BenchmarkAttack(b *testing.B) {
	g, err := paths.New(paths.Config{ProbeLimit: 10000}, paths.Site{})
	if err != nil {
		b.Fatal(err)
	}
	h := g.Handler(http.NotFoundHandler())
	r := httptest.NewRequest("GET", "/.env", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
	}
}
