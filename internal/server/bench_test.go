package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// BenchmarkChain is what the guards cost around a handler that does nothing: all of them,
// and without those of the browser's side or those against abuse.
func BenchmarkChain(b *testing.B) {
	for name, change := range map[string]func(*config.Config){
		"all": func(*config.Config) {},
		"without abuse": func(c *config.Config) {
			for _, mode := range []*fumehood.Mode{&c.Paths.Mode, &c.RateLimit.Mode, &c.Upload.Mode, &c.Validate.Mode, &c.Login.Mode} {
				*mode = fumehood.Off
			}
		},
		"without the browser's side": func(c *config.Config) {
			for _, mode := range []*fumehood.Mode{&c.Headers.Mode, &c.CSP.Mode, &c.CORS.Mode, &c.Isolation.Mode,
				&c.CSRF.Mode, &c.Caching.Mode, &c.Cookies.Mode, &c.Redirects.Mode, &c.ErrorPages.Mode} {
				*mode = fumehood.Off
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			cfg := config.Default()
			cfg.Log.Access = false
			cfg.RateLimit.Rate = "1000000/second" // counted, and never refused
			change(&cfg)
			app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
				io.WriteString(w, "Hello, World!")
			})
			h, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, app)
			if err != nil {
				b.Fatal(err)
			}
			r := httptest.NewRequest("GET", "http://localhost/", nil)
			r.RemoteAddr = "127.0.0.1:4000"
			for key, value := range map[string]string{
				"Accept": "text/html", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
				"Cookie": "session=eyJ1c2VyX2lkIjoxfQ.awMu-g.MB9JKggWAPFmjJZqXbFQNMeaVPI",
			} {
				r.Header.Set(key, value)
			}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&blank{header: make(http.Header, 24)}, r)
			}
		})
	}
}

type blank struct{ header http.Header }

func (w *blank) Header() http.Header         { return w.header }
func (w *blank) WriteHeader(int)             {}
func (w *blank) Write(p []byte) (int, error) { return len(p), nil }
