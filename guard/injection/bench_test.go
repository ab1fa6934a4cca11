package injection_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// agent is what a browser sends.
const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

func plainGet() *http.Request {
	r := httptest.NewRequest("GET", "https://shop.example/notes/42", nil)
	for name, value := range map[string]string{
		"User-Agent": agent, "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en-US,en;q=0.5",
		"Accept-Encoding": "gzip, deflate, br", "Referer": "https://shop.example/notes", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate",
		"Upgrade-Insecure-Requests": "1",
	} {
		r.Header.Set(name, value)
	}
	return r
}

func BenchmarkPlainGet(b *testing.B) {
	h := newGuard(b, injection.Config{}, injection.Site{}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	session := plainGet()
	session.Header.Set("Cookie", "session=eyJfcGVybWFuZW50Ijp0cnVlLCJ1c2VyX2lkIjoxfQ.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA; theme=dark")
	query := httptest.NewRequest("GET", "https://shop.example/search?q=lamp&page=2", nil)
	for name, r := range map[string]*http.Request{"plain": plainGet(), "session": session, "query": query} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(nil, r)
			}
		})
	}
}

// BenchmarkPost sends 10 KB and more, of prose and of what is hard.
func BenchmarkPost(b *testing.B) {
	for name, site := range map[string]injection.Site{"run": {Watched: watchedAll}, "upstream": {}} {
		b.Run(name, func(b *testing.B) {
			post10(b, newGuard(b, injection.Config{}, site).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		})
	}
}

func post10(b *testing.B, h http.Handler) {
	prose := strings.Repeat("It isn't the fall that hurts (as they say), it's the sudden stop at the end; \"really\"? ", 120)
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, "field%d=it's+%d&", i, i)
	}
	deep := strings.Repeat(`{"a":[`, 45) + `"x' y"` + strings.Repeat("]}", 45)
	for _, tt := range []struct{ name, kind, body string }{
		{"10 KB of prose", "application/x-www-form-urlencoded", "comment=" + strings.ReplaceAll(prose[:10_000], " ", "+")},
		{"10 KB of rich text", "application/x-www-form-urlencoded", "comment=" + strings.Repeat(`<p style="text-align:left">It's+<b>fine</b></p>`, 220)},
		{"10 KB of JSON", "application/json", `{"items":[` + strings.Repeat(`{"name":"O'Brien","n":5,"note":"a, b (c)"},`, 230) + `{}]}`},
		{"10 KB of one letter", "application/x-www-form-urlencoded", "comment=" + strings.Repeat("a", 10_000)},
		{"1 MB of prose", "application/x-www-form-urlencoded", "comment=" + strings.Repeat(strings.ReplaceAll(prose, " ", "+"), 100)},
		{"1 MB of base64", "application/json", `{"image":"data:image/png;base64,` + strings.Repeat("iVBORw0KGgoAAAANSUhEUgAAA9c2", 36_000) + `"}`},
		{"1 MB of quotes", "application/json", `{"q":"` + strings.Repeat(`' or (" <`[:4], 250_000) + `"}`},
		{"1 MB of percent signs", "application/json", `{"q":"` + strings.Repeat(`%2525`, 200_000) + `"}`},
		{"10,000 fields", "application/x-www-form-urlencoded", many.String()},
		{"deep", "application/json", deep},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(tt.body)))
			for b.Loop() {
				r := httptest.NewRequest("POST", "https://shop.example/notes", bytes.NewReader(nil))
				r.Header.Set("Content-Type", tt.kind)
				r.Body, r.ContentLength = wholebody.InMemory([]byte(tt.body), nil), int64(len(tt.body))
				h.ServeHTTP(httptest.NewRecorder(), r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{})))
			}
		})
	}
}
