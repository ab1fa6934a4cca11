package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
	"net/http/httptest"
)

func TestZZ(t *testing.T) {
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	for i := range 20000 {
		fmt.Fprintf(z, "<form method=post>%d</form>", rand.IntN(1<<30)+i)
	}
	z.Close()
	app := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/gz":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Encoding", "gzip")
			for b := gz.Bytes(); len(b) > 0; {
				n := min(len(b), 3000)
				if _, err := w.Write(b[:n]); err != nil {
					return
				}
				b = b[n:]
				w.(http.Flusher).Flush()
			}
		case "/badgz":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gz.Bytes()[:1000])
			w.Write([]byte("garbagegarbage"))
		case "/panic":
			w.Header().Set("Content-Type", "text/html")
			w.Write(gz.Bytes()[:10])
			panic("x")
		case "/trace":
			w.WriteHeader(500)
			w.Write([]byte(strings.Repeat("Traceback (most recent call last)", 10000)))
		case "/redir":
			w.Header().Set("Location", "javascript:x")
			w.WriteHeader(302)
			w.Write([]byte(strings.Repeat("x", 200000)))
		case "/early":
			w.Header().Set("Link", "</a>; rel=preload")
			w.WriteHeader(103)
			w.Write([]byte("<html>"))
		default:
			w.Write([]byte("<form method=post>"))
		}
	}
	cfg := config.Default()
	reports := csp.NewReports()
	handler, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg), Reports: reports}, http.HandlerFunc(app))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = nil
	s.StartTLS()
	defer s.Close()
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 60 {
				for _, path := range []string{"/gz", "/badgz", "/panic", "/trace", "/redir", "/early", "/x", "/.fumehood/csp"} {
					ctx, cancel := context.WithCancel(context.Background())
					method, body := "GET", ""
					if i%3 == 0 {
						method, body = "POST", `a=1&fumehood_token=x&b=2`
					}
					r, _ := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					if path == "/.fumehood/csp" {
						r.Header.Set("Content-Type", "application/csp-report")
					}
					r.Header.Set("Cookie", "session=a; __Host-session=b; fumehood=x")
					if i%2 == 0 {
						r.Header.Set("Origin", s.URL)
					}
					res, err := s.Client().Do(r)
					if err == nil {
						if i%4 == 0 {
							io.CopyN(io.Discard, res.Body, 100)
						} else {
							io.Copy(io.Discard, res.Body)
						}
						res.Body.Close()
					}
					cancel()
				}
			}
		})
	}
	wg.Wait()
	s.Client().CloseIdleConnections()
	time.Sleep(time.Second)
	runtime.GC()
	fmt.Println("goroutines", before, runtime.NumGoroutine())
	if n := runtime.NumGoroutine(); n > before+20 {
		buf := make([]byte, 1<<20)
		t.Logf("%s", buf[:runtime.Stack(buf, true)][:6000])
	}
}
