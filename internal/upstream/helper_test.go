package upstream_test

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/upstream"
)

// newUpstream returns an Upstream for c that is closed with the test.
func newUpstream(t *testing.T, c upstream.Config) *upstream.Upstream {
	t.Helper()
	u, err := upstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u
}

// serve starts a server for h and returns its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(panics{t}, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// panics fails the test when net/http reports one.
type panics struct{ t *testing.T }

func (p panics) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic")) {
		p.t.Errorf("%s", line)
	}
	return len(line), nil
}

// recorder is an upstream on a raw socket: it notes every byte and answers each request
// that Go's parser, as one that believes what it reads, finds in them.
type recorder struct {
	addr string
	mu   sync.Mutex
	raw  bytes.Buffer
	reqs []string // "METHOD target" of each request
	open sync.WaitGroup
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	listener := listen(t, "tcp", "127.0.0.1:0")
	rec := &recorder{addr: listener.Addr().String()}
	rec.open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			rec.open.Go(func() { rec.read(conn) })
		}
	})
	return rec
}

func listen(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func (rec *recorder) Write(p []byte) (int, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.raw.Write(p)
}

func (rec *recorder) read(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(io.TeeReader(conn, rec))
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		io.Copy(io.Discard, r.Body)
		rec.mu.Lock()
		rec.reqs = append(rec.reqs, r.Method+" "+r.RequestURI)
		rec.mu.Unlock()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if r.Close {
			return
		}
	}
}

// seen returns all bytes and all requests so far.
func (rec *recorder) seen() (raw string, reqs []string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.raw.String(), rec.reqs
}

// relay is a front without any protection: it passes bytes on.
func relay(t *testing.T, to string) string {
	t.Helper()
	listener := listen(t, "tcp", "127.0.0.1:0")
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer out.Close()
				go func() {
					io.Copy(out, in)
					out.(*net.TCPConn).CloseWrite()
				}()
				io.Copy(in, out)
			}()
		}
	}()
	return listener.Addr().String()
}

// send writes raw to addr and returns all bytes up to the end of the final answer. It does not end its
// sending side: that would look like a client that has gone.
func send(t *testing.T, addr, raw string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	in := bufio.NewReader(io.TeeReader(conn, &got))
	for {
		res, err := http.ReadResponse(in, nil)
		if err == nil && res.StatusCode < 200 {
			continue
		}
		if err == nil {
			io.Copy(io.Discard, res.Body)
		}
		return got.String()
	}
}
