package http1_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/strict"
)

// patience is how long a test waits for what should come at once.
const patience = 10 * time.Second

// secured is a listener that does the handshake and puts package strict on top.
type secured struct {
	net.Listener
	config *tls.Config
}

func (l secured) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s := tls.Server(c, l.config)
	if err := s.HandshakeContext(context.Background()); err != nil {
		return nil, err
	}
	return strict.Wrap(s, strict.Limits{}), nil
}

// dialers starts s on plain TCP and on TLS and returns how to connect to each.
func dialers(t *testing.T, h http.Handler) map[string]func() net.Conn {
	t.Helper()
	lent := httptest.NewUnstartedServer(nil)
	lent.StartTLS() // only for its certificate
	config := &tls.Config{Certificates: lent.TLS.Certificates}
	lent.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	startOurs(t, &http1.Server{Handler: h}, secured{l, config})
	dial := func(addr string) net.Conn {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		nc.SetDeadline(time.Now().Add(patience))
		return nc
	}
	plain := serveOurs(t, &http1.Server{Handler: h})
	return map[string]func() net.Conn{
		"plain": func() net.Conn { return dial(plain) },
		"TLS": func() net.Conn {
			return tls.Client(dial(l.Addr().String()), &tls.Config{InsecureSkipVerify: true}) // only a test certificate
		},
	}
}

// tcpOf is the socket of a connection.
func tcpOf(nc net.Conn) *net.TCPConn {
	if s, ok := nc.(*tls.Conn); ok {
		nc = s.NetConn()
	}
	return nc.(*net.TCPConn)
}

// TestClientLeaves: a handler must not work, or wait, for nobody.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	started, ended := make(chan bool), make(chan bool)
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		control := http.NewResponseController(w)
		if strings.Contains(r.URL.Path, "deadline") { // it has no meaning once the body was read
			control.SetReadDeadline(time.Unix(1, 0))
		}
		started <- true
		if strings.Contains(r.URL.Path, "stream") {
			for r.Context().Err() == nil {
				io.WriteString(w, "more\n")
				control.Flush()
			}
		}
		select {
		case <-r.Context().Done():
		case <-time.After(patience):
			t.Errorf("%s: nobody tells the handler that its client has left", r.URL.Path)
		}
		ended <- true
	}))
	leave := map[string]func(net.Conn){
		"close": func(nc net.Conn) { nc.Close() },
		"reset": func(nc net.Conn) { tcpOf(nc).SetLinger(0); tcpOf(nc).Close() },
		"half":  func(nc net.Conn) { tcpOf(nc).CloseWrite() },
	}
	for kind, connect := range dial {
		for way, leave := range leave {
			for _, sent := range []string{
				"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n",
				"GET /deadline HTTP/1.1\r\nHost: a\r\n\r\n",
				"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
				"POST /read/deadline HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
				"POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
				"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n",
			} {
				nc := connect()
				io.WriteString(nc, sent)
				<-started
				if way == "half" && strings.Contains(sent, "stream") {
					go io.Copy(io.Discard, nc)
				}
				leave(nc)
				select {
				case <-ended:
				case <-time.After(2 * patience):
					t.Fatalf("%s, %s, %q: the handler does not end", kind, way, sent)
				}
				nc.Close()
			}
		}
	}
}

// TestClientLeavesWhileSending: reading the body fails, and the request ends with it, for
// whoever waits elsewhere.
func TestClientLeavesWhileSending(t *testing.T) {
	t.Parallel()
	started, ended := make(chan bool), make(chan error)
	addr := serveOurs(t, &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go io.Copy(io.Discard, r.Body)
		started <- true
		<-r.Context().Done()
		ended <- r.Context().Err()
	})})
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
	<-started
	nc.Close()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the request does not end")
	}
}

// TestReadAhead: the byte that the look-out reads belongs to the next request, wherever
// that is cut in two.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	started, release := make(chan bool), make(chan bool)
	dial := dialers(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.URL.Path == "/slow" {
			started <- true
			<-release
		}
		if err != nil {
			t.Error(err)
		}
		io.WriteString(w, r.URL.Path+" "+string(body))
	}))
	const slow = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
	const next = "POST /next HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	for kind, connect := range dial {
		for _, cut := range []int{0, 1, 2, len(next) - 6, len(next) - 5, len(next) - 4, len(next)} {
			nc := connect()
			io.WriteString(nc, slow)
			<-started
			time.Sleep(2 * http1.WatchDelay) // let it look
			io.WriteString(nc, next[:cut])
			time.Sleep(time.Millisecond)
			release <- true
			io.WriteString(nc, next[cut:]+next+probe)
			in := bufio.NewReader(nc)
			for _, want := range []string{"/slow ", "/next hello", "/next hello", "/probe "} {
				if got := answerOf(t, in); got != want {
					t.Errorf("%s, cut at %d: %q, want %q", kind, cut, got, want)
				}
			}
			nc.Close()
		}
	}
}

func answerOf(t testing.TB, in *bufio.Reader) string {
	t.Helper()
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}

func dialTo(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	return nc.(*net.TCPConn)
}
