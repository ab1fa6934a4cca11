package server_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/fumehood/fumehood/internal/config"
)

// blocker is a handler that answers when it is told to.
type blocker struct {
	running chan struct{} // one for each request that runs
	finish  chan struct{} // closed: answer
	ended   chan error    // the cause of the request's end, when it was not told to
}

func newBlocker() *blocker {
	return &blocker{make(chan struct{}, 10), make(chan struct{}), make(chan error, 10)}
}

func (b *blocker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.running <- struct{}{}
	select {
	case <-b.finish:
		io.WriteString(w, "finished")
	case <-r.Context().Done():
		b.ended <- context.Cause(r.Context())
	}
}

func TestStopFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"h1", "h2", "h3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			app := newBlocker()
			r := start(t, app, func(cfg *config.Config) { cfg.Server.HTTP3 = true })
			client := r.client(version)
			answers := make(chan *http.Response, 1)
			go func() {
				answer, err := client.Get(r.url("/"))
				if err != nil {
					t.Error(err)
				}
				answers <- answer
			}()
			<-app.running
			idle := r.dialTLS(t, "http/1.1")
			silent := r.dial(t)
			r.stop()
			ended(t, idle) // those that ask nothing end at once
			ended(t, silent)
			refused(t, r.addr)
			select {
			case <-r.done:
				t.Fatal("stopped with a request running")
			default:
			}
			close(app.finish)
			answer := <-answers
			if answer == nil {
				t.Fatal("no answer")
			}
			body, err := io.ReadAll(answer.Body)
			if string(body) != "finished" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
			if version == "h1" && !answer.Close {
				t.Error("the answer does not say that the connection ends")
			}
			r.wait(20 * time.Second)
		})
	}
}

// refused waits until connections to addr are refused.
func refused(t *testing.T, addr string) {
	t.Helper()
	for end := time.Now().Add(slack); ; {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		c.Close()
		if time.Now().After(end) {
			t.Fatal("new connections are still taken")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A client of HTTP/3 is told that a new request was not begun, so that it may send it
// elsewhere (RFC 9114, section 4.1.1).
func TestStopRejectsNewRequestsOfHTTP3(t *testing.T) {
	t.Parallel()
	app := newBlocker()
	r := start(t, app, func(cfg *config.Config) { cfg.Server.HTTP3 = true })
	settings := &tls.Config{RootCAs: r.pool, ServerName: "localhost", NextProtos: []string{"h3"}}
	raw, err := quic.DialAddr(t.Context(), r.addr, settings, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := new(http3.Transport).NewClientConn(raw)
	ask := func() error {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", r.url("/"), nil)
		_, err := client.RoundTrip(request)
		return err
	}
	first := make(chan error, 1)
	go func() { first <- ask() }()
	<-app.running
	r.stop()
	refused(t, r.addr)
	for end := time.Now().Add(slack); ; {
		short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		request, _ := http.NewRequestWithContext(short, "GET", r.url("/"), nil)
		_, err := client.RoundTrip(request)
		cancel()
		if rejected := new(http3.Error); errors.As(err, &rejected) && rejected.ErrorCode == http3.ErrCodeRequestRejected {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a new request: %v", err)
		}
	}
	close(app.finish)
	if err := <-first; err != nil {
		t.Errorf("the running request: %v", err)
	}
	r.wait(20 * time.Second)
}

func TestStopCutsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"h1", "h2", "h3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			app := newBlocker()
			r := start(t, app, func(cfg *config.Config) {
				cfg.Server.GracefulTimeout, cfg.Server.HTTP3 = 300*time.Millisecond, true
			})
			client := r.client(version)
			failed := make(chan error, 1)
			go func() {
				_, err := client.Get(r.url("/"))
				failed <- err
			}()
			<-app.running
			begin := time.Now()
			r.stop()
			if err := <-failed; err == nil {
				t.Error("the request was answered")
			}
			if took := time.Since(begin); took < 250*time.Millisecond {
				t.Errorf("cut after only %s", took)
			}
			<-app.ended // the handler was told
			r.wait(20 * time.Second)
		})
	}
}

func TestStopEndsConnectionsThatWereTakenOver(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		close(over)
		io.Copy(io.Discard, c)
	}), nil)
	c := r.dialTLS(t, "http/1.1")
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	<-over
	r.stop()
	ended(t, c)
	r.wait(20 * time.Second)
}

// A connection that the kernel has taken before the stop is served, not reset.
func TestStopServesTheBacklog(t *testing.T) {
	t.Parallel()
	for range 3 {
		r := start(t, say("hello"), func(cfg *config.Config) { cfg.TLS.Mode = "off" })
		conns := make([]net.Conn, 20)
		for i := range conns {
			conns[i] = r.dial(t)
			io.WriteString(conns[i], "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		}
		r.stop()
		for i, c := range conns {
			if got := rest(c); !strings.HasSuffix(got, "hello") {
				t.Errorf("connection %d: %q", i, got)
			}
		}
		r.wait(20 * time.Second)
	}
}

// Not parallel: it counts goroutines.
func TestStopLeavesNothingBehind(t *testing.T) {
	r := start(t, say("hello"), func(cfg *config.Config) {
		cfg.Server.HTTP3, cfg.Server.RedirectBind = true, "localhost:0"
	})
	for _, version := range []string{"h1", "h2", "h3"} {
		get(t, r.client(version), r.url("/"))
	}
	get(t, r.client("h1"), "http://"+r.addr+"/")
	r.dial(t)
	r.dialTLS(t, "h2")
	r.stop()
	r.wait(20 * time.Second)
	var left string
	for end := time.Now().Add(slack); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if left = ourGoroutines(); left == "" {
			return
		}
	}
	t.Errorf("goroutines left:\n%s", left)
}

// ourGoroutines are the stacks of goroutines of the server and of the libraries under it,
// without those of clients and tests.
func ourGoroutines() string {
	buf := make([]byte, 4<<20)
	var ours []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		server := strings.Contains(stack, "internal/server.") || strings.Contains(stack, "internal/certs.") ||
			strings.Contains(stack, "net/http.(*conn)") || strings.Contains(stack, "http2serverConn") ||
			strings.Contains(stack, "http3.(*RawServerConn)")
		if server && !strings.Contains(stack, "server_test.") {
			ours = append(ours, stack)
		}
	}
	return strings.Join(ours, "\n\n")
}
