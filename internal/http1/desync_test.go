package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/strict"
)

// cutConn is a client that sends bytes in pieces of a size, and reads nothing.
type cutConn struct {
	net.Conn
	left   []byte
	size   int
	closed chan bool
}

func (c *cutConn) Read(b []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), c.size)], c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *cutConn) Close() error {
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	return nil
}
func (c *cutConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c *cutConn) SetReadDeadline(time.Time) error  { return nil }
func (c *cutConn) SetDeadline(time.Time) error      { return nil }
func (c *cutConn) SetWriteDeadline(time.Time) error { return nil }
func (c *cutConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *cutConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

// FuzzDesync: from bytes that strict lets through we must take the same requests as a
// reader that reads each body to its end, whatever the handler does with the bodies. We
// may stop earlier, never see another one.
func FuzzDesync(f *testing.F) {
	const h = " HTTP/1.1\r\nHost: a\r\n"
	for _, sent := range []string{
		"GET /" + h + "\r\nGET /b" + h + "\r\n",
		"POST /" + h + "Content-Length: 40\r\n\r\nGET /smuggled" + h + "\r\n   GET /b" + h + "\r\n",
		"POST /" + h + "Transfer-Encoding: chunked\r\n\r\n5;x=\"\r\"\r\nhello\r\n0\r\n\r\nGET /b" + h + "\r\n",
		"POST /" + h + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0000\r\nX: y\r\n\r\n\r\nGET /b" + h + "\r\n",
		"POST /" + h + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabcGET /b" + h + "\r\n",
		"HEAD /" + h + "Content-Length: 3\r\n\r\nabcHEAD /b" + h + "\r\nGET /c" + h + "\r\n",
		"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabcGET /b" + h + "\r\n",
		"POST /" + h + "Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\nabcGET /b" + h + "\r\n",
		"GET /" + h + "Connection: close\r\n\r\nGET /b" + h + "\r\n",
		"GET /" + h + "X: " + strings.Repeat("y", 5000) + "\r\n\r\nGET /b" + h + "\r\n",
		"GET /" + h + "\r\nBAD\r\n\r\nGET /b" + h + "\r\n",
	} {
		for way := range uint8(len(readings)) {
			f.Add([]byte(sent), way*37, way)
		}
	}
	f.Fuzz(func(t *testing.T, sent []byte, size, way uint8) {
		want := plainly(sent)
		var got []string
		c := &cutConn{left: bytes.Clone(sent), size: int(size) + 1, closed: make(chan bool)}
		s := &http1.Server{Logger: quiet, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := readings[int(way)%len(readings)](w, r)
			got = append(got, fmt.Sprintf("%s %s", r.Method, r.RequestURI))
			if n := len(got) - 1; n < len(want) && !strings.HasPrefix(want[n].body, body) {
				t.Errorf("request %d has the body %q, want %q", n, body, want[n].body)
			}
		})}
		s.Start(context.Background(), wrapped(c))
		<-c.closed
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for i, line := range got {
			if i >= len(want) || want[i].line != line {
				t.Fatalf("reading %d takes %q from %q, want %+v", way, got, sent, want)
			}
		}
		if all := int(way)%len(readings) == 0; all && len(got) < len(want) {
			last := slices.IndexFunc(want, func(r readRequest) bool { return r.last })
			if last < 0 || len(got) != last+1 {
				t.Fatalf("only %q are taken from %q, want %+v", got, sent, want)
			}
		}
	})
}

type readRequest struct {
	line, body string
	last       bool
}

// plainly reads requests as package net/http does, on a connection that strict judges.
func plainly(sent []byte) (all []readRequest) {
	nc := &cutConn{left: bytes.Clone(sent), size: 1 << 20}
	in := bufio.NewReaderSize(strict.NewConn(nc, strict.Limits{}), 1<<17)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return all
		}
		body, err := io.ReadAll(r.Body)
		all = append(all, readRequest{r.Method + " " + r.RequestURI, string(body), r.Close || err != nil})
		if err != nil {
			return all
		}
	}
}

// readings are what handlers do with bodies. They return what they have read of it.
var readings = []func(w http.ResponseWriter, r *http.Request) string{
	func(w http.ResponseWriter, r *http.Request) string {
		data, _ := io.ReadAll(r.Body)
		return string(data)
	},
	func(w http.ResponseWriter, r *http.Request) string { return "" },
	func(w http.ResponseWriter, r *http.Request) string { r.Body.Close(); return "" },
	func(w http.ResponseWriter, r *http.Request) string {
		data := make([]byte, 2)
		n, _ := io.ReadFull(r.Body, data)
		return string(data[:n])
	},
	func(w http.ResponseWriter, r *http.Request) string {
		data := make([]byte, max(r.ContentLength, 0)%(1<<16))
		n, _ := io.ReadFull(r.Body, data)
		r.Body.Close()
		return string(data[:n])
	},
	func(w http.ResponseWriter, r *http.Request) string {
		http.NewResponseController(w).EnableFullDuplex()
		io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		data := make([]byte, 3)
		n, _ := r.Body.Read(data)
		return string(data[:n])
	},
	func(w http.ResponseWriter, r *http.Request) string {
		w.(http.Flusher).Flush()
		data, _ := io.ReadAll(r.Body)
		return string(data)
	},
	func(w http.ResponseWriter, r *http.Request) string {
		done := make(chan string)
		http.NewResponseController(w).EnableFullDuplex()
		go func() {
			data, _ := io.ReadAll(r.Body)
			done <- string(data)
		}()
		io.WriteString(w, "x")
		return <-done
	},
}
