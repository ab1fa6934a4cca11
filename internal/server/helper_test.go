package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/server"
)

// running is a server on loopback that a test talks to.
type running struct {
	t    *testing.T
	srv  *server.Server
	addr string // 127.0.0.1 and the port
	pool *x509.CertPool
	stop func()        // begins the stop
	done chan struct{} // closed when Serve has returned
}

// settings are defaults for a test; change may be nil.
func settings(t *testing.T, change func(*config.Config)) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Server.Bind = "localhost:0"
	cfg.Server.GracefulTimeout = 10 * time.Second
	cfg.TLS.Storage = t.TempDir()
	if change != nil {
		change(&cfg)
	}
	return cfg
}

func start(t *testing.T, handler http.Handler, change func(*config.Config)) *running {
	t.Helper()
	cfg := settings(t, change)
	srv, err := server.New(t.Context(), server.Options{Config: cfg})
	if err != nil {
		t.Fatalf("%v (hint: %s)", err, hint.Of(err))
	}
	r := &running{t: t, srv: srv, done: make(chan struct{}), addr: srv.Addr().String()}
	if srv.RootFile() != "" {
		r.pool = pool(t, srv.RootFile())
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() {
		defer close(r.done)
		if err := srv.Serve(ctx, handler); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		r.wait(30 * time.Second)
	})
	return r
}

// wait waits until Serve has returned.
func (r *running) wait(most time.Duration) {
	r.t.Helper()
	select {
	case <-r.done:
	case <-time.After(most):
		r.t.Fatalf("Serve has not returned after %s", most)
	}
}

func pool(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(data) {
		t.Fatalf("%s has no certificate", file)
	}
	return p
}

// client speaks exactly one version of HTTP: "h1", "h2" or "h3".
func (r *running) client(version string) *http.Client {
	settings := &tls.Config{RootCAs: r.pool, ServerName: "localhost"}
	var transport http.RoundTripper
	switch version {
	case "h3":
		three := &http3.Transport{TLSClientConfig: settings}
		r.t.Cleanup(func() { three.Close() })
		transport = three
	default:
		protocols := new(http.Protocols)
		protocols.SetHTTP1(version == "h1")
		protocols.SetHTTP2(version == "h2")
		t := &http.Transport{TLSClientConfig: settings, Protocols: protocols}
		r.t.Cleanup(t.CloseIdleConnections)
		transport = t
	}
	return &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (r *running) url(path string) string { return "https://" + r.addr + path }

// get returns status and body, or fails the test.
func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	answer, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// dial opens a TCP connection that fails rather than hang.
func (r *running) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(30 * time.Second))
	t.Cleanup(func() { c.Close() })
	return c
}

// dialTLS opens a TLS connection for HTTP/1.1, or for "h2".
func (r *running) dialTLS(t *testing.T, protocol string) *tls.Conn {
	t.Helper()
	for try := 1; ; try++ { // on a busy machine a handshake may be later than the header deadline
		c := tls.Client(r.dial(t), &tls.Config{RootCAs: r.pool, ServerName: "localhost", NextProtos: []string{protocol}})
		err := c.Handshake()
		if err == nil {
			return c
		}
		if try == 3 {
			t.Fatal(err)
		}
	}
}

// send writes raw bytes to a connection and returns all that comes back.
func send(t *testing.T, c net.Conn, raw string) string {
	t.Helper()
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	return rest(c)
}

// rest reads until the connection ends.
func rest(c net.Conn) string {
	var b strings.Builder
	io.Copy(&b, c)
	return b.String()
}

// ended waits until the server ends the connection and returns how long that took.
func ended(t *testing.T, c net.Conn) time.Duration {
	t.Helper()
	start := time.Now()
	_, err := io.Copy(io.Discard, c)
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatal("the server keeps the connection")
	}
	return time.Since(start)
}

func say(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) })
}

func bufioReader(s string) *bufio.Reader { return bufio.NewReader(strings.NewReader(s)) }

// token says whether s is a token of RFC 9110, section 5.6.2.
func token(s string) bool {
	for _, c := range s {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c) {
			return false
		}
	}
	return s != ""
}
