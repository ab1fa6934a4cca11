package strict_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/strict"
)

// front is an http.Server with or without strict below it, and what its app saw.
type front struct {
	addr string

	mu   sync.Mutex
	seen []string // "METHOD target bodylength bodyhash" of each request, as the app got it
	errs []error  // what reading a body ended with
}

type listener struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

func describe(method, target string, body []byte) string {
	sum := sha256.Sum256(body)
	return fmt.Sprintf("%s %s %d %x", method, target, len(body), sum[:6])
}

// app reads the whole body, as guard/body does, and refuses when that fails.
func (f *front) app(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.errs = append(f.errs, err)
		fumehood.Refuse(w, r, err)
		return
	}
	f.seen = append(f.seen, describe(r.Method, r.RequestURI, body))
	w.Header().Set("X-App", "1")
	io.WriteString(w, "hello")
}

func (f *front) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

// withID stands for guard/record.
func withID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{ID: fumehood.NewRequestID()}
		next.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	})
}

// serve starts a server whose handler is h, with strict below it when lim is given.
func serve(t testing.TB, lim *strict.Limits, h http.Handler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{
		Handler:                      withID(strict.Handler(h)),
		ErrorLog:                     log.New(io.Discard, "", 0),
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * beside the chain
	}
	if lim != nil {
		ln = listener{ln, func(c net.Conn) net.Conn { return strict.NewConn(c, *lim) }}
		srv.ConnContext = strict.ConnContext
		srv.ConnState = strict.ConnState
	}
	var done sync.WaitGroup
	done.Go(func() { srv.Serve(ln) })
	t.Cleanup(func() { srv.Close(); done.Wait() })
	return ln.Addr().String()
}

func newFront(t testing.TB, lim *strict.Limits) *front {
	t.Helper()
	f := &front{}
	f.addr = serve(t, lim, http.HandlerFunc(f.app))
	return f
}

// answer is one response read from a socket.
type answer struct {
	status int
	header http.Header
	body   []byte
	closes bool // it says that the connection ends
}

// code returns the code of a refusal, after a look at the form of it.
func (a answer) code(t testing.TB) string {
	t.Helper()
	var problem struct {
		Status        int
		Code, Request string
	}
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && bytes.Contains(a.body, []byte("request <code>")) {
		return fmt.Sprintf("a page with %d", a.status)
	}
	if err := json.Unmarshal(a.body, &problem); err != nil {
		t.Errorf("status %d with body %q: %v", a.status, a.body, err)
		return ""
	}
	if len(problem.Request) != 9 || problem.Status != a.status {
		t.Errorf("refusal without a request ID or with another status: %s", a.body)
	}
	return problem.Code
}

// talk sends the bytes, ends its side of the connection, and returns all answers.
func talk(t testing.TB, addr string, sent []byte) []answer {
	t.Helper()
	answers, err := exchange(t, addr, sent)
	if err != nil {
		t.Errorf("after %d answers: %v", len(answers), err)
	}
	return answers
}

func exchange(t testing.TB, addr string, sent []byte) ([]answer, error) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	go func() { // a server may answer before it has read everything
		conn.Write(sent)
		conn.(*net.TCPConn).CloseWrite()
	}()
	return readAnswers(conn)
}

// readAnswers reads until the server ends the connection; anything but a clean end is an
// error.
func readAnswers(conn net.Conn) (answers []answer, err error) {
	in := bufio.NewReader(conn)
	for {
		if _, err := in.Peek(1); err == io.EOF {
			return answers, nil
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return answers, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return answers, err
		}
		if res.StatusCode >= 200 {
			answers = append(answers, answer{res.StatusCode, res.Header, body, res.Close})
		}
	}
}

// addHost puts a Host field into the HTTP/1.1 requests of a stream that have none, so that
// it is not for the lack of it that they are refused.
func addHost(sent []byte) []byte {
	if bytes.Contains(bytes.ToLower(sent), []byte("\r\nhost:")) {
		return sent
	}
	return bytes.ReplaceAll(sent, []byte(" HTTP/1.1\r\n"), []byte(" HTTP/1.1\r\nHost: a\r\n"))
}

// fakeConn hands out the given pieces, one for each Read, then EOF.
type fakeConn struct {
	net.Conn
	pieces [][]byte
	most   int   // of bytes for each Read, when not 0
	end    error // in place of EOF
}

func (c *fakeConn) Read(b []byte) (int, error) {
	if len(c.pieces) == 0 {
		if c.end != nil {
			return 0, c.end
		}
		return 0, io.EOF
	}
	if c.most > 0 {
		b = b[:min(len(b), c.most)]
	}
	n := copy(b, c.pieces[0])
	if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
		c.pieces = c.pieces[1:]
	}
	return n, nil
}
func (c *fakeConn) SetReadDeadline(time.Time) error { return nil }
func (c *fakeConn) Close() error                    { return nil }

// drain reads what a Conn lets through. A stand-in is returned apart.
func drain(t testing.TB, c *strict.Conn) (passed []byte, standIn *http.Request, err error) {
	t.Helper()
	for range 1 << 20 {
		var b [4096]byte
		n, e := c.Read(b[:])
		passed = append(passed, b[:n]...)
		if e != nil {
			err = e
			break
		}
	}
	if i := bytes.LastIndex(passed, []byte("GET / HTTP/1.1\r\nHost: invalid\r\n")); i >= 0 {
		r, e := http.ReadRequest(bufio.NewReader(bytes.NewReader(passed[i:])))
		if e != nil {
			t.Fatalf("the stand-in %q: %v", passed[i:], e)
		}
		r = r.WithContext(strict.WithConn(context.Background(), c))
		if strict.Refused(r) != nil {
			return passed[:i], r, err
		}
	}
	return passed, nil, err
}

// verdict feeds pieces to a Conn and returns what passed and the code of the refusal.
func verdict(t testing.TB, lim strict.Limits, pieces ...[]byte) (passed []byte, code string) {
	t.Helper()
	passed, standIn, err := drain(t, strict.NewConn(&fakeConn{pieces: pieces}, lim))
	if standIn != nil {
		return passed, fumehood.AsRefusal(strict.Refused(standIn)).Code
	}
	var refusal *fumehood.Refusal
	if errors.As(err, &refusal) {
		return passed, refusal.Code
	}
	if err != io.EOF {
		t.Fatalf("read error %v", err)
	}
	return passed, ""
}
