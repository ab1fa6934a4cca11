package http1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/strict"
)

const (
	headerTime = 5 * time.Second
	idleTime   = 30 * time.Second
)

// pipe is a connection to s in memory, for a clock of the test's own.
func pipe(t *testing.T, h http.HandlerFunc) (*client, *http1.Server) {
	near, far := net.Pipe()
	s := &http1.Server{Handler: h, Logger: slog.New(slog.DiscardHandler), HeaderTimeout: headerTime, IdleTimeout: idleTime}
	s.Start(context.Background(), strict.Wrap(far, strict.Limits{}))
	t.Cleanup(func() { near.Close(); s.Shutdown(context.Background()) })
	return &client{Conn: near, in: bufio.NewReader(near), t: t}, s
}

type client struct {
	net.Conn
	in *bufio.Reader
	t  *testing.T
}

func (c *client) send(s string) {
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Errorf("sending %q: %v", s, err)
	}
}

func (c *client) expect(want string) {
	c.t.Helper()
	if got := answerOf(c.t, c.in); got != want {
		c.t.Errorf("answer %q, want %q", got, want)
	}
}

// ends waits for the end of the connection, which must come after a time.
func (c *client) ends(after time.Duration) {
	c.t.Helper()
	began := time.Now()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Errorf("then %q, %v", rest, err)
	}
	if took := time.Since(began); took != after {
		c.t.Errorf("the connection ends after %v, want %v", took, after)
	}
}

func path(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }

const (
	getA  = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
	getB  = "GET /b HTTP/1.1\r\nHost: a\r\n\r\n"
	post5 = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
)

func TestHeaderTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipe(t, path)
		c.ends(headerTime)
	})
	synctest.Test(t, func(t *testing.T) { // one byte now and then makes it no longer
		c, _ := pipe(t, path)
		var sending sync.WaitGroup
		sending.Go(func() {
			for i := range len(getA) {
				if _, err := io.WriteString(c, getA[i:i+1]); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		c.ends(headerTime)
		sending.Wait()
	})
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipe(t, path)
		for range 3 {
			c.send(getA)
			c.expect("/a")
			time.Sleep(idleTime - time.Second)
		}
		c.send(getB)
		c.expect("/b")
		c.ends(idleTime)
	})
}

// TestIdleAfterStream: the time counts from the end of an answer, not from its head.
func TestIdleAfterStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			time.Sleep(2 * idleTime)
			path(w, r)
		})
		c.send(getA)
		c.expect("/a")
		time.Sleep(idleTime - time.Second)
		c.send(getB)
		c.expect("/b")
		c.ends(idleTime)
	})
}

// TestSlowBody: who sends a body that nobody wants does not hold the connection for long,
// whatever deadlines the handler has set and taken away.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	for name, deadline := range map[string]func() time.Time{
		"none": nil, "taken away": func() time.Time { return time.Time{} },
		"far": func() time.Time { return time.Now().Add(time.Hour) },
	} {
		for _, flushes := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
						if deadline != nil {
							http.NewResponseController(w).SetReadDeadline(deadline())
						}
						if flushes {
							http.NewResponseController(w).EnableFullDuplex()
							w.(http.Flusher).Flush()
						}
						path(w, r)
					})
					c.send(post5 + "he")
					c.expect("/a")
					if flushes {
						c.ends(http1.UnreadTime)
					} else {
						c.ends(0) // it was waited for before the answer
					}
				})
			})
		}
	}
}

// TestSlowBodyRead: a handler's deadline ends its Read, and no later one that has none.
func TestSlowBodyRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/b" {
				path(w, r)
				return
			}
			control := http.NewResponseController(w)
			control.SetReadDeadline(time.Now().Add(time.Second))
			n, err := io.ReadFull(r.Body, make([]byte, 5))
			if n != 2 || !errors.Is(err, os.ErrDeadlineExceeded) || r.Context().Err() != nil {
				t.Errorf("%d bytes, %v, request %v", n, err, r.Context().Err())
			}
			control.SetReadDeadline(time.Time{})
			rest, err := io.ReadAll(r.Body)
			if string(rest) != "llo" || err != nil {
				t.Errorf("%q, %v", rest, err)
			}
			path(w, r)
		})
		c.send(post5 + "he")
		time.Sleep(time.Minute)
		go c.send("llo" + getB)
		c.expect("/a")
		c.expect("/b")
	})
}

// TestReadAfterAnswer: a body too large to be skipped can be read on when the answer has
// begun, without a deadline that the handler has not set.
func TestReadAfterAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			if n, err := io.Copy(io.Discard, r.Body); n != 400_000 || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
		head, body := requestOf("/", 400_000, false)
		go func() {
			c.send(head + body[:5])
			time.Sleep(time.Minute)
			c.send(body[5:])
		}()
		c.expect("")
		c.ends(0)
	})
}

// TestLateDeadlines: what one request has set, or sets when it is over, does not end the
// next one.
func TestLateDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		next := make(chan bool)
		c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
			path(w, r)
			if r.URL.Path == "/b" {
				next <- true
				time.Sleep(time.Minute)
				if err := r.Context().Err(); err != nil {
					t.Error(err)
				}
				w.(http.Flusher).Flush()
				return
			}
			io.Copy(io.Discard, r.Body)
			control := http.NewResponseController(w)
			control.SetReadDeadline(time.Now().Add(time.Second))
			control.SetWriteDeadline(time.Now().Add(2 * time.Second))
			go func() {
				<-next
				if control.SetReadDeadline(time.Unix(1, 0)) == nil || control.SetWriteDeadline(time.Unix(1, 0)) == nil {
					t.Error("a request that is over can set deadlines")
				}
			}()
		})
		c.send(post5 + "hello")
		c.expect("/a")
		time.Sleep(10 * time.Second)
		c.send(getB)
		c.expect("/b")
		c.ends(idleTime)
	})
}

// TestDeadlineWhileLooking: a deadline that passes when the body was read does not end the
// look-out for a client that leaves.
func TestDeadlineWhileLooking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan bool)
		c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			for _, wait := range []time.Duration{0, http1.WatchDelay, time.Second} {
				time.Sleep(wait)
				control.SetReadDeadline(time.Now().Add(time.Millisecond))
				time.Sleep(time.Second)
			}
			if r.Context().Err() != nil {
				t.Error("a deadline has ended the request")
			}
			ended <- true
			<-r.Context().Done()
			ended <- true
		})
		c.send(getA)
		<-ended
		c.Close()
		<-ended
	})
}

// TestLateTimer: the look-out of one request is over when the next one begins, at whatever
// moment that is.
func TestLateTimer(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{-time.Nanosecond, 0, time.Nanosecond} {
		synctest.Test(t, func(t *testing.T) {
			c, _ := pipe(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "GET" {
					time.Sleep(http1.WatchDelay + after)
				}
				io.Copy(w, r.Body)
			})
			for range 200 {
				c.send(getA)
				c.expect("")
				c.send(post5)
				time.Sleep(http1.WatchDelay)
				c.send("hello")
				c.expect("hello")
			}
		})
	}
}
