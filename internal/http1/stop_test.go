package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
)

// TestStopRaces ends servers while requests come: each request gets a whole answer or not
// a byte of one, after an answer that says so the connection ends, and nothing hangs.
func TestStopRaces(t *testing.T) {
	t.Parallel()
	for round := range 300 {
		s := &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/streamed" {
				w.(http.Flusher).Flush()
			}
			body, _ := io.ReadAll(r.Body)
			io.WriteString(w, "hello "+string(body))
		})}
		addr := serveOurs(t, s)
		var asking sync.WaitGroup
		for i := range 6 {
			nc := dialTo(t, addr)
			asking.Go(func() { askUntilEnd(t, nc, i) })
		}
		for range round % 7 {
			runtime.Gosched()
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		switch round % 3 {
		case 0:
			s.EndKeepAlive()
		case 1:
			if err := s.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		case 2:
			go s.EndKeepAlive()
			go s.Shutdown(ctx)
		}
		asking.Wait()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		cancel()
	}
}

// askUntilEnd sends requests on a connection, one after the other or pipelined, until the
// server ends it.
func askUntilEnd(t *testing.T, nc net.Conn, kind int) {
	defer nc.Close()
	in := bufio.NewReader(nc)
	one := []string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /streamed HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nworld"}[kind%3]
	if kind >= 3 {
		one += one
	}
	for {
		if _, err := io.WriteString(nc, one); err != nil {
			return
		}
		for range 1 + kind/3 {
			if _, err := in.Peek(1); err != nil {
				return // not a byte
			}
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Errorf("half an answer: %v", err)
				return
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || !strings.HasPrefix(string(body), "hello ") {
				t.Errorf("half an answer: %q, %v", body, err)
				return
			}
			if res.Close {
				if _, err := in.Peek(1); err == nil {
					t.Error("an answer behind the last one")
				}
				return
			}
		}
	}
}

// TestCloseRaces: Close ends all there is, also requests whose handlers wait for the
// client, for their request's end, or in a Write.
func TestCloseRaces(t *testing.T) {
	t.Parallel()
	for range 20 {
		began := make(chan bool, 9)
		s := &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began <- true
			switch r.URL.Path {
			case "/read":
				io.Copy(io.Discard, r.Body)
			case "/wait":
				<-r.Context().Done()
			case "/write":
				for {
					if _, err := w.Write(make([]byte, 64<<10)); err != nil {
						return
					}
				}
			case "/both":
				http.NewResponseController(w).EnableFullDuplex()
				go io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}
		})}
		addr := serveOurs(t, s)
		for _, path := range []string{"/read", "/write", "/both", "/unread"} {
			io.WriteString(dialTo(t, addr), "POST "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
			<-began
		}
		io.WriteString(dialTo(t, addr), "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
		<-began
		dialTo(t, addr) // and one that asks for nothing
		s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		if err := s.Shutdown(ctx); err != nil {
			t.Fatalf("handlers are left: %v", err)
		}
		cancel()
	}
}

// TestShutdownWaits: a stop waits for a handler as long as its context allows, and cannot
// be held up by one that does not listen.
func TestShutdownWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute)
			path(w, r)
		})
		go c.send(getA)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		var asking sync.WaitGroup
		asking.Go(func() {
			res, err := http.ReadResponse(c.in, nil)
			if err != nil || !res.Close {
				t.Errorf("%v, %v: the answer does not say that it is the last one", res, err)
				return
			}
			if body, err := io.ReadAll(res.Body); string(body) != "/a" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
			c.ends(0)
		})
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		asking.Wait()
	})
}

// slowToClose says goodbye for as long as it is let, as TLS does to a client that does not
// read.
type slowToClose struct {
	net.Conn
	wait chan bool
}

func (c slowToClose) Close() error {
	<-c.wait
	return c.Conn.Close()
}

// TestStopIsNotHeldUp: connections whose Close takes long hold up neither EndKeepAlive nor
// the deadline of Shutdown.
func TestStopIsNotHeldUp(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	wait := make(chan bool)
	s := &http1.Server{Handler: http.HandlerFunc(path)}
	l := make(listing, 1)
	startOurs(t, s, wrapping{l})
	l <- slowToClose{far, wait}
	io.WriteString(near, getA)
	if got := answerOf(t, bufio.NewReader(near)); got != "/a" {
		t.Error(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for s.Shutdown(ctx) == nil { // until the connection was idle, it was not there or busy
		runtime.Gosched()
	}
	s.EndKeepAlive()
	close(wait)
}

// TestNothingIsLeft: when connections have ended, in all the ways they can, so have their
// goroutines and their requests' contexts.
func TestNothingIsLeft(t *testing.T) { // not parallel: it counts goroutines
	base, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := runtime.NumGoroutine()
	var running sync.WaitGroup
	ended := make(chan bool, 1000)
	s := &http1.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		context.AfterFunc(r.Context(), func() { ended <- true; running.Done() })
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		switch r.URL.Path {
		case "/panic":
			panic(http.ErrAbortHandler)
		case "/exit":
			runtime.Goexit()
		case "/hijack":
			nc, _, _ := http.NewResponseController(w).Hijack()
			nc.Close()
		case "/hijack-panic":
			nc, _, _ := http.NewResponseController(w).Hijack()
			nc.Close()
			panic(http.ErrAbortHandler)
		case "/slow":
			time.Sleep(2 * http1.WatchDelay)
		case "/slow-exit":
			time.Sleep(2 * http1.WatchDelay)
			runtime.Goexit()
		case "/late":
			go io.Copy(io.Discard, r.Body)
		}
	})}
	s.Logger = quiet
	for _, path := range []string{"/", "/panic", "/exit", "/hijack", "/hijack-panic", "/slow", "/slow-exit", "/late"} {
		for _, sent := range []string{
			"GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
			"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
			"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe",
			"POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
			"POST %s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
		} {
			near, far := net.Pipe()
			s.Start(base, wrapped(far))
			io.WriteString(near, strings.Replace(sent, "%s", path, 1))
			go func() {
				<-ended
				near.Close()
			}()
			io.Copy(io.Discard, near)
			near.Close()
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	running.Wait()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
