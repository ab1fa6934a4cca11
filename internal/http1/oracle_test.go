package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/strict"
)

var quiet = slog.New(slog.DiscardHandler)

// serveOurs starts a Server and returns its address.
func serveOurs(t testing.TB, s *http1.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	startOurs(t, s, wrapping{l})
	return l.Addr().String()
}

func startOurs(t testing.TB, s *http1.Server, l net.Listener) {
	t.Helper()
	s.Logger = quiet
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			s.Start(context.Background(), c)
		}
	})
	t.Cleanup(func() {
		l.Close()
		accepting.Wait()
		s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("after Close connections are left: %v", err)
		}
	})
}

// serveTheirs starts net/http's server, wired as internal/server did it.
func serveTheirs(t testing.TB, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{
		Handler: h, ErrorLog: log.New(io.Discard, "", 0), DisableGeneralOptionsHandler: true,
		ConnContext: strict.ConnContext, ConnState: strict.ConnState,
	}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(wrapping{l}) })
	t.Cleanup(func() { s.Close(); serving.Wait() })
	return l.Addr().String()
}

// heard is all that a client can tell of an answer.
type heard struct {
	informed []string // informational answers, fields included
	status   string
	fields   []string // sorted; of Date only that it is there
	body     string
	trailer  string
	broken   bool // the body ends too soon
	kept     bool // a next request is answered
}

func (h heard) String() string {
	body := fmt.Sprintf("%d bytes: %.80q", len(h.body), h.body)
	return fmt.Sprintf("informed %q\n\t%s %q\n\t%s, broken %t, trailer %s, kept %t",
		h.informed, h.status, h.fields, body, h.broken, h.trailer, h.kept)
}

const probe = "GET /probe HTTP/1.1\r\nHost: a\r\n\r\n"

// ask sends a request and listens. A body comes after 100 Continue, if it is asked for.
func ask(t testing.TB, addr string, q asked, target string) (h heard) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(3 * time.Second))
	var sending sync.WaitGroup
	defer func() { nc.Close(); sending.Wait() }()
	head := strings.Replace(q.head, "TARGET", target, 1)
	if q.pipelined {
		head += probe
	}
	waits := strings.Contains(q.head, "Expect:")
	if waits {
		io.WriteString(nc, head)
	} else {
		sending.Go(func() { io.WriteString(nc, head+q.body) })
	}
	in := bufio.NewReader(nc)
	var raw []byte
	for {
		if raw, err = readHead(in); err != nil {
			h.status = "no answer"
			return h
		}
		h.status, h.fields = parts(raw)
		if !strings.HasPrefix(h.status, "HTTP/1.1 10") || strings.HasPrefix(h.status, "HTTP/1.1 101") {
			break
		}
		h.informed = append(h.informed, h.status+strings.Join(h.fields, "|"))
		if waits && strings.HasPrefix(h.status, "HTTP/1.1 100") {
			waits = false
			sending.Go(func() { io.WriteString(nc, q.body) })
		}
	}
	if strings.HasPrefix(h.status, "HTTP/1.1 101") {
		rest, _ := io.ReadAll(in)
		h.body = string(rest)
		return h
	}
	method, _, _ := strings.Cut(q.head, " ")
	rest := bufio.NewReader(io.MultiReader(bytes.NewReader(raw), in))
	res, err := http.ReadResponse(rest, &http.Request{Method: method})
	if err != nil {
		h.status += " and net/http's client says: " + err.Error()
		return h
	}
	body, err := io.ReadAll(res.Body)
	h.body, h.broken, h.trailer = string(body), err != nil, fmt.Sprint(res.Trailer)
	if res.Close && (waits || len(q.body) > 1000) {
		return h // the connection ends while a body is missing, now or after a while
	}
	if !q.pipelined {
		sending.Wait()
		io.WriteString(nc, probe)
	}
	if next, err := http.ReadResponse(rest, nil); err == nil {
		answer, _ := io.ReadAll(next.Body)
		h.kept = string(answer) == "probe" && next.StatusCode == 200
	}
	return h
}

// readHead returns the bytes up to the empty line.
func readHead(in *bufio.Reader) (raw []byte, err error) {
	for {
		line, err := in.ReadBytes('\n')
		raw = append(raw, line...)
		if err != nil {
			return raw, err
		}
		if string(line) == "\r\n" {
			return raw, nil
		}
	}
}

func parts(raw []byte) (status string, fields []string) {
	lines := strings.Split(strings.TrimSuffix(string(raw), "\r\n\r\n"), "\r\n")
	for _, line := range lines[1:] {
		if name, _, _ := strings.Cut(line, ":"); name == "Date" && !strings.Contains(line, "1994") {
			line = "Date"
		}
		fields = append(fields, line)
	}
	slices.Sort(fields)
	return lines[0], fields
}

// asked is a request of the table. TARGET stands for its target.
type asked struct {
	name, head, body string
	pipelined        bool
}

const some11 = " TARGET HTTP/1.1\r\nHost: a\r\n"

var requests = []asked{
	{name: "GET", head: "GET" + some11 + "\r\n"},
	{name: "HEAD", head: "HEAD" + some11 + "\r\n"},
	{name: "POST", head: "POST" + some11 + "Content-Length: 11\r\n\r\n", body: "hello world"},
	{name: "POST chunked", head: "POST" + some11 + "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
		body: "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 7\r\nX-More: 8\r\n\r\n"},
	{name: "POST expecting", head: "POST" + some11 + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n", body: "hello world"},
	{name: "POST large", head: "POST" + some11 + "Content-Length: 400000\r\n\r\n", body: strings.Repeat("x", 400000)},
	{name: "POST large chunked", head: "POST" + some11 + "Transfer-Encoding: chunked\r\n\r\n",
		body: "61a80\r\n" + strings.Repeat("x", 400000) + "\r\n0\r\n\r\n"},
	{name: "1.0", head: "GET TARGET HTTP/1.0\r\n\r\n"},
	{name: "1.0 kept", head: "GET TARGET HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
	{name: "1.0 kept HEAD", head: "HEAD TARGET HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
	{name: "1.0 kept POST", head: "POST TARGET HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 11\r\n\r\n", body: "hello world"},
	{name: "GET closing", head: "GET" + some11 + "Connection: close\r\n\r\n"},
	{name: "POST closing", head: "POST" + some11 + "Connection: close\r\nContent-Length: 11\r\n\r\n", body: "hello world"},
	{name: "GET pipelined", head: "GET" + some11 + "\r\n", pipelined: true},
	{name: "GET upgrade", head: "GET" + some11 + "Connection: Upgrade\r\nUpgrade: echo\r\n\r\n"},
}

// TestLikeNetHTTP gives the same requests to the same handlers under both servers. Each
// difference that we want is in the table with its reason.
func TestLikeNetHTTP(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[1:]
		if name == "probe" {
			io.WriteString(w, "probe")
			return
		}
		for _, one := range handlers {
			if strings.ReplaceAll(one.name, " ", "-") == name {
				one.serve(w, r)
				return
			}
		}
		panic("no handler " + name)
	})
	ours, theirs := serveOurs(t, &http1.Server{Handler: h}), serveTheirs(t, h)
	for _, one := range handlers {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			target := "/" + strings.ReplaceAll(one.name, " ", "-")
			for _, q := range requests {
				if one.skip != "" && strings.Contains(q.name, one.skip) {
					continue
				}
				got, want := ask(t, ours, q, target), ask(t, theirs, q, target)
				reason := wanted(one.name, q.name)
				switch equal := got.String() == want.String() && got.body == want.body; {
				case reason == "" && !equal:
					t.Errorf("%s:\nwe answer\n\t%s\nnet/http answers\n\t%s", q.name, got, want)
				case reason != "" && equal:
					t.Errorf("%s: no difference, though: %s", q.name, reason)
				}
			}
		})
	}
}

// wanted returns why we differ for a handler and a request, or "".
func wanted(handler, request string) string {
	for _, d := range differences {
		if d.handler == handler && (d.requests == nil || slices.Contains(d.requests, request)) {
			return d.reason
		}
	}
	return ""
}
