package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// TestChainIsPinned: a guard that moves, appears or goes is a decision, not an accident.
func TestChainIsPinned(t *testing.T) {
	t.Parallel()
	steps, err := server.Steps(config.Default(), server.Site{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&got, "%d %s\n", i+1, s.Name)
	}
	want, err := os.ReadFile("testdata/chain.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the chain is\n%s\nand was\n%s", &got, want)
	}
}

// chained serves app behind the whole chain, without the listener's part.
func chained(t *testing.T, change func(*config.Config), app http.HandlerFunc) *httptest.Server {
	t.Helper()
	cfg := config.Default()
	if change != nil {
		change(&cfg)
	}
	handler, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, app)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// TestRefusalComesFromTheChain: each attack reaches the bare app and stops at its step.
func TestRefusalComesFromTheChain(t *testing.T) {
	t.Parallel()
	for _, attack := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string
	}{
		{"a foreign host", func(r *http.Request) { r.Host = "evil.example" }, 421, "hosts."},
		{"a body over the cap", func(r *http.Request) {
			r.Method, r.Body, r.ContentLength = "POST", io.NopCloser(io.LimitReader(zeros{}, 30<<20)), 30<<20
		}, 413, "limits.body"},
		{"a NUL in the path", func(r *http.Request) { r.URL.Path = "/a\x00b"; r.URL.RawPath = "/a%00b" }, 400, "limits."},
	} {
		t.Run(attack.name, func(t *testing.T) {
			t.Parallel()
			reached := 0
			app := func(w http.ResponseWriter, r *http.Request) {
				reached++
				io.Copy(io.Discard, r.Body)
			}
			send := func(url string) *http.Response {
				req, err := http.NewRequest("GET", url+"/", nil)
				if err != nil {
					t.Fatal(err)
				}
				attack.change(req)
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { res.Body.Close() })
				return res
			}
			bare := httptest.NewServer(http.HandlerFunc(app))
			defer bare.Close()
			if res := send(bare.URL); res.StatusCode != 200 || reached != 1 {
				t.Fatalf("bare: %s, reached %d: the attack must work without the chain", res.Status, reached)
			}
			reached = 0
			res := send(chained(t, nil, app).URL)
			var problem struct{ Code, Request string }
			if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != attack.status || !strings.HasPrefix(problem.Code, attack.code) || problem.Request == "" || reached != 0 {
				t.Errorf("%s %+v, reached %d; want %d %s", res.Status, problem, reached, attack.status, attack.code)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestRouteOverridesLimit(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		c.Limits.Body = 10
		c.Routes = []config.Route{{Match: "POST /upload/{name}", MaxBody: 100}}
	}, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	for path, want := range map[string]int{"/upload/x": 200, "/upload/x/y": 413, "/": 413} {
		res, err := http.Post(s.URL+path, "text/plain", strings.NewReader(strings.Repeat("x", 50)))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, res.Status, want)
		}
	}
}

// TestRouteHasItsOwnGuards: one path may be read by another site, and framed by everybody;
// the others may not.
func TestRouteHasItsOwnGuards(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) {
		route := c.NewRoute("PUT /api/notes")
		route.CORS.Origins, route.CORS.Methods = []string{"https://shop.example"}, []string{"PUT"}
		route.Headers.Frame = "dangerously-any"
		bare := c.NewRoute("/bare")
		bare.Headers.Mode = fumehood.Off
		c.Routes = append(c.Routes, route, bare)
	}, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("App", "yes") })
	ask := func(method, path string) http.Header {
		req, err := http.NewRequest(method, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://shop.example")
		if method == "OPTIONS" {
			req.Header.Set("Access-Control-Request-Method", "PUT")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.Header
	}
	for _, method := range []string{"OPTIONS", "PUT"} {
		if h := ask(method, "/api/notes"); h.Get("Access-Control-Allow-Origin") != "https://shop.example" || h.Get("App") != "yes" && method == "PUT" {
			t.Errorf("%s of the route: %v", method, h)
		}
		if h := ask(method, "/api/other"); h.Get("Access-Control-Allow-Origin") != "" || h.Get("X-Frame-Options") != "SAMEORIGIN" || h.Get("App") != "" {
			t.Errorf("%s elsewhere: %v", method, h)
		}
	}
	if h := ask("PUT", "/api/notes"); h.Get("X-Frame-Options") != "" || len(h["X-Content-Type-Options"]) != 1 {
		t.Errorf("headers of the route: %v", h)
	}
	if h := ask("GET", "/bare"); h.Get("X-Frame-Options")+h.Get("X-Content-Type-Options") != "" {
		t.Errorf("headers where they are off: %v", h)
	}
}

func TestRouteOverridesTimeout(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Routes = []config.Route{{Match: "/report", Timeout: 5 * time.Minute}}
	timeout := server.Timeouts(cfg)
	for path, want := range map[string]time.Duration{"/report": 5 * time.Minute, "/": cfg.Workers.Timeout} {
		if got := timeout(httptest.NewRequest("GET", path, nil)); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestAppSeesTheExchange(t *testing.T) {
	t.Parallel()
	s := chained(t, nil, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %v %s", fumehood.RequestID(r), fumehood.ClientIP(r), r.Header.Get("X-Forwarded-For"))
	})
	req, _ := http.NewRequest("GET", s.URL, nil)
	req.Header.Set("X-Forwarded-For", "6.6.6.6")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if want := res.Header.Get("X-Request-Id") + " 127.0.0.1 "; string(body) != want {
		t.Errorf("%q, want %q", body, want)
	}
}

// TestPlainHTTPIsForTheProxyOnly: with TLS off behind a proxy, the listener is often open
// to others as well.
func TestPlainHTTPIsForTheProxyOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, peer string
		open       bool
		want       int
	}{
		{"the proxy", "10.0.0.7:4000", false, 200},
		{"this machine", "127.0.0.1:4000", false, 200},
		{"anybody", "203.0.113.9:4000", false, 403},
		{"anybody, where the owner wants that", "203.0.113.9:4000", true, 200},
	} {
		cfg := config.Default()
		cfg.TLS.Mode, cfg.TLS.DangerouslyServePlainHTTP = "off", c.open
		cfg.ClientIP.TrustedProxies = []string{"10.0.0.7"}
		cfg.Server.Bind = "0.0.0.0:8000"
		handler, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "http://shop.example/", nil)
		r.RemoteAddr = c.peer
		handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
}

// TestRefusalsAreDressed: what is refused before the client is known has the headers too.
func TestRefusalsAreDressed(t *testing.T) {
	t.Parallel()
	s := chained(t, nil, func(http.ResponseWriter, *http.Request) {})
	for name, change := range map[string]func(*http.Request){
		"a foreign host": func(r *http.Request) { r.Host = "evil.example" },
		"a NUL":          func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/a\x00b", "/a%00b" },
		"a cross-site post": func(r *http.Request) {
			r.Method = "POST"
			r.Header.Set("Origin", "https://evil.example")
		},
	} {
		req, err := http.NewRequest("GET", s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode < 400 || res.Header.Get("X-Frame-Options") == "" || res.Header.Get("Content-Security-Policy") == "" ||
			res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %v", name, res.Status, res.Header)
		}
	}
}
