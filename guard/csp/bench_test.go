package csp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/answer"
)

func BenchmarkHead(b *testing.B) {
	guard := newGuard(b, csp.Config{}, csp.Site{StaticPrefixes: []string{"/static/"},
		Templates: setOf("page.html", "<script>a()</script>", "data.html", "<script>var a = {{ a|tojson }};</script>")})
	page := []byte(head + "<p>" + string(make([]byte, 4000)) + "</p><script>var a = [1, 2];</script>")
	for _, bb := range []struct{ name, kind, template string }{
		{"json", "application/json", ""}, {"page", html, "page.html"}, {"page with data", html, "data.html"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "https://shop.example/", nil)
			x := &fumehood.Exchange{Scheme: "https"}
			if bb.template != "" {
				x.Templates = []string{bb.template}
			}
			r = r.WithContext(fumehood.WithExchange(r.Context(), x))
			header := http.Header{"Content-Type": {bb.kind}}
			h := &answer.Head{Status: 200, Header: header, Request: r, Body: page, Whole: true}
			b.ReportAllocs()
			for b.Loop() {
				delete(header, "Content-Security-Policy")
				delete(header, "Content-Security-Policy-Report-Only")
				delete(header, "Reporting-Endpoints")
				guard.Look(h)
				guard.Head(h)
			}
		})
	}
}

// TestNothingIsAllocated: the ready values are shared, and nobody can append to them.
func TestNothingIsAllocated(t *testing.T) {
	guard := newGuard(t, csp.Config{}, csp.Site{StaticPrefixes: []string{"/static/"}, Templates: setOf("page.html", "<script>a()</script>")})
	for _, kind := range []string{"application/json", html} {
		r := httptest.NewRequest("GET", "https://shop.example/", nil)
		r = r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{Templates: []string{"page.html"}}))
		header := http.Header{"Content-Type": {kind}}
		h := &answer.Head{Status: 200, Header: header, Request: r}
		allocations := testing.AllocsPerRun(100, func() {
			for name := range header {
				if name != "Content-Type" {
					delete(header, name)
				}
			}
			guard.Look(h)
			guard.Head(h)
		})
		if allocations > 0 {
			t.Errorf("%s: %v allocations", kind, allocations)
		}
		for name, values := range header {
			if cap(values) != len(values) {
				t.Errorf("%s: somebody could append to the shared %s", kind, name)
			}
		}
	}
}
