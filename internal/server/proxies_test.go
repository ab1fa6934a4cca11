package server_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// lines is a log that a test reads.
type lines struct {
	mu  sync.Mutex
	all []map[string]any
}

func (l *lines) Write(p []byte) (int, error) {
	var line map[string]any
	if err := json.Unmarshal(bytes.TrimSpace(p), &line); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
	return len(p), nil
}

// with returns the lines that have word in their message.
func (l *lines) with(word string) (found []map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if text, _ := line["msg"].(string); strings.Contains(text, word) {
			found = append(found, line)
		}
	}
	return found
}

// throughProxy asks as a proxy on this machine does, for n visitors.
func throughProxy(h http.Handler, n int) {
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			r := httptest.NewRequest("GET", "http://localhost/", nil)
			r.RemoteAddr = "127.0.0.1:4000"
			r.Header.Set("X-Forwarded-For", "203.0.113.9")
			h.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	all.Wait()
}

// TestForgottenProxyIsSaid: with a proxy in front that nobody has named, all visitors are
// one to the limits. The owner reads so once, with the line that mends it; that line is
// then taken, and works.
func TestForgottenProxyIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		change  func(*config.Config)
		said    int
		visitor string
	}{
		{"forgotten", func(*config.Config) {}, 1, "127.0.0.1"},
		{"forgotten, with a route of its own", func(cfg *config.Config) {
			cfg.Routes = []config.Route{{Match: "GET /{$}"}}
		}, 1, "127.0.0.1"},
		{"named", func(cfg *config.Config) { cfg.ClientIP.TrustedProxies = []string{"127.0.0.1"} }, 0, "203.0.113.9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Default()
			c.change(&cfg)
			log := &lines{}
			var visitor sync.Map
			h, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg), Logger: slog.New(slog.NewJSONHandler(log, nil))},
				http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { visitor.Store(fumehood.ClientIP(r).String(), true) }))
			if err != nil {
				t.Fatal(err)
			}
			throughProxy(h, 20)
			warned := log.with("a proxy that is not named")
			if len(warned) != c.said {
				t.Fatalf("said %d times, want %d: %v", len(warned), c.said, warned)
			}
			for _, line := range warned {
				hint, _ := line["hint"].(string)
				if line["level"] != "WARN" || line["proxy"] != "127.0.0.1" || !strings.Contains(hint, `clientip.trusted_proxies = ["127.0.0.1"]`) {
					t.Errorf("said %v", line)
				}
			}
			if _, ok := visitor.Load(c.visitor); !ok {
				t.Errorf("the app never saw %s", c.visitor)
			}
		})
	}
}

// TestNoProxyIsMadeUp: a visitor from the internet cannot have the owner name an address
// of the visitor's as a proxy.
func TestNoProxyIsMadeUp(t *testing.T) {
	t.Parallel()
	log := &lines{}
	cfg := config.Default()
	h, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg), Logger: slog.New(slog.NewJSONHandler(log, nil))}, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "http://localhost/", nil)
	r.RemoteAddr = "203.0.113.66:4000"
	r.Header.Set("X-Forwarded-For", "127.0.0.1")
	h.ServeHTTP(httptest.NewRecorder(), r)
	if warned := log.with("proxy"); len(warned) != 0 {
		t.Errorf("said %v", warned)
	}
}
