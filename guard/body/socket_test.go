package body_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
)

// serve serves h over HTTP/1 and HTTP/2 on loopback.
func serve(t *testing.T, h http.Handler) (plain, http2 *httptest.Server) {
	t.Helper()
	plain = httptest.NewServer(h)
	http2 = httptest.NewUnstartedServer(h)
	http2.EnableHTTP2 = true
	http2.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(http2.Close)
	return plain, http2
}

func dial(t *testing.T, srv *httptest.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second)) // a net under the test
	return conn, bufio.NewReader(conn)
}

// problem returns the status and the code of a refusal.
func problem(t *testing.T, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(text), `"code":"`)
	code, _, _ = strings.Cut(code, `"`)
	return fmt.Sprint(resp.StatusCode, " ", code)
}

// echo sends the body back.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })

// slowly sends one byte for each tick until the writer is closed.
func slowly(every time.Duration, write func([]byte) error) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if write([]byte("a")) != nil {
					return
				}
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// Slow bodies hold workers of servers that hand the socket to the app. Here the app is
// never called, and the client is cut.
func TestAttackSlowBody(t *testing.T) {
	t.Parallel()
	called := make(chan struct{}, 10)
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called <- struct{}{} })
	slow := body.Config{Idle: 10 * time.Second, Grace: 200 * time.Millisecond, MinRate: 1000, Memory: 1 << 16}
	silent := body.Config{Idle: 200 * time.Millisecond, Grace: 10 * time.Second, Memory: 1 << 16}
	for _, tt := range []struct {
		name  string
		cfg   body.Config
		every time.Duration
		want  string
	}{
		{"one byte at a time", slow, 10 * time.Millisecond, "408 body.slow"},
		{"nothing", silent, time.Hour, "408 body.idle"},
	} {
		plain, http2 := serve(t, newGuard(t, tt.cfg, nil).Handler(app))
		for framing, head := range map[string]string{
			"length": "Content-Length: 100000\r\n\r\nabc", "chunked": "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		} {
			t.Run(tt.name+", "+framing, func(t *testing.T) {
				conn, in := dial(t, plain)
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\n"+head)
				stop := slowly(tt.every, func(b []byte) error {
					if framing == "chunked" {
						b = []byte("1\r\na\r\n")
					}
					_, err := conn.Write(b)
					return err
				})
				defer stop()
				resp, err := http.ReadResponse(in, nil)
				if err == nil && !resp.Close {
					t.Error("the connection stays open")
				}
				if got := problem(t, resp, err); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				if _, err := in.ReadByte(); err == nil {
					t.Error("more came after the refusal")
				}
			})
		}
		t.Run(tt.name+", HTTP/2", func(t *testing.T) {
			pr, pw := io.Pipe()
			defer pw.Close()
			stop := slowly(tt.every, func(b []byte) error { _, err := pw.Write(b); return err })
			resp, err := post(t, http2, pr)
			pr.CloseWithError(io.ErrClosedPipe)
			stop()
			if got := problem(t, resp, err); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			// The connection and its other streams are not to suffer.
			if resp, err := post(t, http2, strings.NewReader("x")); problem(t, resp, err) != "200 " {
				t.Error("the next request failed")
			}
			<-called
		})
	}
	if len(called) != 0 {
		t.Error("the app was called for a slow body")
	}
	// Without the guard the app is called at once and waits for the client.
	plain, _ := serve(t, app)
	conn, _ := dial(t, plain)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc")
	<-called
	conn.Close()
}

func post(t *testing.T, srv *httptest.Server, src io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, src)
	if err != nil {
		t.Fatal(err)
	}
	return srv.Client().Do(req)
}

func TestAttackBodyCutOff(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the app was called") })
	plain, _ := serve(t, newGuard(t, body.Config{Memory: 100}, nil).Handler(app))
	for name, tail := range map[string]string{
		"length":            "Content-Length: 10\r\n\r\nhello",
		"length, in a file": "Content-Length: 10000\r\n\r\n" + strings.Repeat("a", 5000),
		"no last chunk":     "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"inside a chunk":    "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"a missing end":     "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
		"a bad chunk size":  "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
		"a chunk too long":  "Transfer-Encoding: chunked\r\n\r\n5\r\nhello!!\r\n0\r\n\r\n",
	} {
		conn, in := dial(t, plain)
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\n"+tail)
		conn.(*net.TCPConn).CloseWrite()
		want := "400 body.truncated"
		if strings.HasPrefix(name, "a ") {
			want = "400 body.malformed"
		}
		resp, err := http.ReadResponse(in, nil)
		if got := problem(t, resp, err); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestBodiesArriveWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, http2 := serve(t, newGuard(t, body.Config{Memory: 64 << 10, TempDir: dir}, nil).Handler(echo))
	for _, size := range []int{1, 100, 4096, 4097, 32 << 10, 32<<10 + 1, 64 << 10, 64<<10 + 1, 5 << 20} {
		sent := bytes.Repeat([]byte("0123456789abcdef\n"), size/17+1)[:size]
		for _, srv := range []*httptest.Server{plain, http2} {
			for _, src := range []io.Reader{bytes.NewReader(sent), struct{ io.Reader }{bytes.NewReader(sent)}} {
				resp, err := post(t, srv, src)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || !bytes.Equal(got, sent) {
					t.Errorf("HTTP/%d, %d bytes by %T: got %d, %v", resp.ProtoMajor, size, src, len(got), err)
				}
			}
		}
	}
	plain.Close()
	http2.Close() // waits for the handlers
	if n := openIn(t, dir); n != 0 || len(named(t, dir)) != 0 {
		t.Errorf("%d files open, %v left", n, named(t, dir))
	}
}

// php/frankenphp#2535 and its kin: the deadline of a body must not outlive it. The app
// works for longer than Idle here, and the connection serves the next request.
func TestDeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	const idle = 100 * time.Millisecond
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			t.Errorf("HTTP/%d: the request was ended: %v", r.ProtoMajor, context.Cause(r.Context()))
		case <-time.After(4 * idle):
		}
		io.WriteString(w, r.RemoteAddr)
	})
	plain, http2 := serve(t, newGuard(t, body.Config{Idle: idle, Memory: 10}, nil).Handler(app))
	for _, srv := range []*httptest.Server{plain, http2} {
		var remote string
		for range 3 {
			resp, err := post(t, srv, struct{ io.Reader }{strings.NewReader("some body")})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != 200 || remote != "" && remote != string(got) {
				t.Errorf("HTTP/%d: %d %s (before: %s), %v", resp.ProtoMajor, resp.StatusCode, got, remote, err)
			}
			remote = string(got)
		}
	}
}

func TestContinueIsSentWhenTheBodyIsRead(t *testing.T) {
	t.Parallel()
	plain, _ := serve(t, newGuard(t, body.Config{Memory: 100}, nil).Handler(echo))
	conn, in := dial(t, plain)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	if line, err := in.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q, %v", line, err)
	}
	in.ReadString('\n')
	io.WriteString(conn, "hello")
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}

// A body of an upgrade would be a way round the guard; without one the connection is left
// as it is.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	plain, _ := serve(t, newGuard(t, body.Config{Memory: 100, Idle: 100 * time.Millisecond}, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, "you said "+line)
	})))
	const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	conn, in := dial(t, plain)
	io.WriteString(conn, upgrade+"\r\n")
	in.ReadString('\n')
	in.ReadString('\n')
	time.Sleep(300 * time.Millisecond) // longer than Idle: no deadline may be left on it
	io.WriteString(conn, "hello\n")
	if line, err := in.ReadString('\n'); err != nil || line != "you said hello\n" {
		t.Errorf("%q, %v", line, err)
	}
	conn, in = dial(t, plain)
	io.WriteString(conn, upgrade+"Content-Length: 100\r\n\r\nabc")
	resp, err := http.ReadResponse(in, nil)
	if got := problem(t, resp, err); got != "408 body.idle" {
		t.Errorf("a slow body with an upgrade: %s", got)
	}
}

// A thousand clients have each sent most of a body of 64 KB and hold on.
func TestThousandBodiesHoldBoundedMemory(t *testing.T) {
	const clients, size, sent = 1000, 64 << 10, 60 << 10
	dir := t.TempDir()
	var wg sync.WaitGroup
	srv := httptest.NewServer(newGuard(t, body.Config{Memory: size, TempDir: dir}, nil).Handler(echo))
	t.Cleanup(srv.Close)
	before := heap()
	head := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", size)
	block := bytes.Repeat([]byte("a"), size)
	conns := make([]net.Conn, clients)
	for i := range conns {
		conns[i], _ = dial(t, srv)
		if _, err := conns[i].Write(append([]byte(head), block[:sent]...)); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > 150<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
	for _, conn := range conns {
		wg.Go(func() {
			conn.Write(block[sent:])
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Error(err)
				return
			}
			if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != size {
				t.Errorf("%d bytes came back, %v", n, err)
			}
		})
	}
	wg.Wait()
	srv.Close()
	if n := openIn(t, dir); n != 0 || len(named(t, dir)) != 0 {
		t.Errorf("%d files open, %v left", n, named(t, dir))
	}
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// A middleware that hides the deadlines must not switch the protection off.
func TestHiddenDeadlinesAreAnError(t *testing.T) {
	t.Parallel()
	guarded := newGuard(t, body.Config{}, nil).Handler(echo)
	plain, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	}))
	resp, err := post(t, plain, strings.NewReader("hello"))
	if got := problem(t, resp, err); got != "500 body.no-deadline" {
		t.Error(got)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]int{syscall.ENOSPC: 507, syscall.EDQUOT: 507, syscall.EIO: 500} {
		err := body.Storage(fmt.Errorf("write: %w", cause))
		if refusal := fumehood.AsRefusal(err); refusal.Status != want || !errors.Is(err, cause) {
			t.Errorf("%v: %d %v, want %d", cause, refusal.Status, err, want)
		}
	}
}
