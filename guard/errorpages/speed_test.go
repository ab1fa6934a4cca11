package errorpages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/errorpages"
)

// htmlPage is a page such as templates make, of about n bytes.
func htmlPage(n int) []byte {
	row := `    <tr class="row" id="note-1234"><td><a href="/notes/1234?tab=all#top">The title of a note</a></td>` +
		"\n      <td>Written on 3 May 2026 by someone; 12 comments, none of them read so far (see the list).</td>\n" +
		`      <td><form action="/notes/1234/delete" method="post"><input type="hidden" name="csrf" value="aGVsbG8"><button>Delete</button></form></td></tr>` + "\n"
	return []byte("<!doctype html>\n<html>\n<body>\n<table>\n" + strings.Repeat(row, n/len(row)) + "</table>\n</body></html>\n")
}

type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

func BenchmarkHandler(b *testing.B) {
	g := newGuard(b, errorpages.Config{}, errorpages.Site{Roots: []string{"/app", "/usr/local"}})
	for name, body := range map[string][]byte{"hello": []byte("Hello, World!"), "64KB": htmlPage(64 << 10)} {
		b.Run(name, func(b *testing.B) {
			contentType := []string{"text/html; charset=utf-8"}
			handler := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = contentType
				w.Write(body)
			}))
			r := httptest.NewRequest("GET", "/", nil)
			w := &sink{http.Header{}}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(w, r)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	g := newGuard(b, errorpages.Config{}, errorpages.Site{Roots: []string{"/app", "/usr/local"}})
	for name, body := range map[string][]byte{"hello": []byte("Hello, World!"), "64KB": htmlPage(64 << 10)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				g.Scan(body, false)
			}
		})
	}
}
