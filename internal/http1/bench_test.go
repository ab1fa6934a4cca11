package http1_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/strict"
)

// smallGet is a request as a load generator sends it, with a few fields.
const smallGet = "GET /hello?a=1 HTTP/1.1\r\nHost: notes.example.org\r\nUser-Agent: bench/1\r\n" +
	"Accept: */*\r\nCookie: session=eyJ1c2VyIjoxMjN9.ZyH3Qw.k2s8v3cB1mQfXo0n7d5TzJt9yqE\r\n\r\n"

// memoryConn is a connection whose client asks a number of times. There is no socket, so
// that what is measured is the server.
type memoryConn struct {
	net.Conn
	asks   int
	past   chan struct{} // a deadline that is over ends a Read
	closed chan struct{}
}

func (c *memoryConn) Read(b []byte) (int, error) {
	if len(b) == 1 { // net/http's look-out for a client that leaves
		<-c.past
		return 0, os.ErrDeadlineExceeded
	}
	if c.asks == 0 {
		return 0, io.EOF
	}
	c.asks--
	return copy(b, smallGet), nil
}

func (c *memoryConn) SetReadDeadline(t time.Time) error {
	if t.Unix() == 1 {
		c.past <- struct{}{}
	}
	return nil
}

func (c *memoryConn) Close() error {
	close(c.closed)
	return nil
}
func (c *memoryConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }
func (c *memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *memoryConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

// hello answers as the app of a page does.
var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Content-Type"] = []string{"text/html; charset=utf-8"}
	h["Content-Length"] = []string{"13"}
	w.WriteHeader(http.StatusOK)
	io.WriteString(w, "Hello, World!")
})

// BenchmarkHello is what one GET costs on a connection that is kept open, in memory and
// over a socket, with package strict below in each case.
func BenchmarkHello(b *testing.B) {
	for _, kind := range []string{"http1", "net/http"} {
		b.Run("memory/"+kind, func(b *testing.B) {
			c := &memoryConn{asks: b.N, past: make(chan struct{}, 1), closed: make(chan struct{})}
			l := make(listing, 1)
			b.ReportAllocs()
			b.ResetTimer()
			l <- c
			serveBench(b, kind, l, hello)
			<-c.closed
		})
	}
	for _, kind := range []string{"http1", "net/http"} {
		b.Run("socket/"+kind, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			serveBench(b, kind, l, hello)
			nc, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer nc.Close()
			buf := make([]byte, 4096)
			ask := []byte(smallGet)
			b.ReportAllocs()
			for b.Loop() {
				nc.Write(ask)
				if n, err := nc.Read(buf); n < 100 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// listing is a listener for connections that are put into it.
type listing chan net.Conn

func (l listing) Addr() net.Addr { return &net.TCPAddr{} }

func (l listing) Close() error {
	select {
	case l <- nil:
	default: // closed already
	}
	return nil
}

func (l listing) Accept() (net.Conn, error) {
	if c := <-l; c != nil {
		return c, nil
	}
	return nil, net.ErrClosed
}

func serveBench(b *testing.B, kind string, l net.Listener, h http.Handler) {
	l = wrapping{l}
	if kind == "net/http" {
		s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ConnContext: strict.ConnContext, ConnState: strict.ConnState}
		go s.Serve(l)
		b.Cleanup(func() { l.Close() })
		return
	}
	s := &http1.Server{Handler: h, Logger: quiet, HeaderTimeout: time.Minute, IdleTimeout: time.Minute}
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			s.Start(context.Background(), c)
		}
	}()
	b.Cleanup(func() { l.Close() })
}

// wrapping puts package strict between a listener and its server.
type wrapping struct{ net.Listener }

func (l wrapping) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return wrapped(c), nil
}

func wrapped(c net.Conn) net.Conn { return strict.Wrap(c, strict.Limits{}) }

// idleConn asks once, then keeps its connection open.
type idleConn struct {
	memoryConn
	answered *sync.WaitGroup
	end      chan struct{}
}

func (c *idleConn) Read(b []byte) (int, error) {
	if c.asks == 0 || len(b) == 1 {
		<-c.end
		return 0, io.EOF
	}
	c.asks--
	return copy(b, smallGet), nil
}

func (c *idleConn) SetReadDeadline(t time.Time) error {
	if c.asks == 0 && !t.IsZero() && t.Unix() != 1 {
		c.answered.Done() // the idle timeout is set
	}
	return nil
}

func (c *idleConn) Write(b []byte) (int, error) { return len(b), nil }
func (c *idleConn) Close() error                { return nil }

// BenchmarkIdle reports what each of 10,000 connections holds that wait for a next request,
// stacks included, without their sockets.
func BenchmarkIdle(b *testing.B) {
	const conns = 10_000
	for b.Loop() {
		before := inUse()
		var answered sync.WaitGroup
		answered.Add(conns)
		end := make(chan struct{})
		s := &http1.Server{Handler: hello, Logger: quiet, HeaderTimeout: time.Minute, IdleTimeout: time.Minute}
		all := make([]idleConn, conns)
		for i := range all {
			all[i] = idleConn{memoryConn{asks: 1}, &answered, end}
			s.Start(b.Context(), wrapped(&all[i]))
		}
		answered.Wait()
		b.ReportMetric(float64(inUse()-before)/conns, "B/conn")
		close(end)
		s.Shutdown(context.Background())
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
