package wsgi_test

import (
	"net/http"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// sink is a ResponseWriter that costs nothing itself.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkRoundTrip is one request to a Flask view and back, without HTTP around it.
func BenchmarkRoundTrip(b *testing.B) {
	app := testapp.Start(b, "testdata/apps", wsgi.Config{Target: "flaskapp:app", Workers: 2})
	req, err := http.NewRequest("GET", "http://localhost/hello", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.RemoteAddr, req.RequestURI = "127.0.0.1:40000", "/hello"
	req.Header = http.Header{"Accept": {"*/*"}, "User-Agent": {"bench"}}
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		w := &sink{header: http.Header{}}
		for pb.Next() {
			clear(w.header)
			app.ServeHTTP(w, req)
		}
	})
}
