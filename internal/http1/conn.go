package http1

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fumehood/fumehood/internal/strict"
)

// The states of a connection.
const (
	fresh  int32 = iota // no request yet
	idle                // between two requests
	active              // a request has begun
	closed
)

const (
	// watchDelay is how long a request runs before its client is looked out for. Most
	// are over by then.
	watchDelay = 20 * time.Millisecond

	mostUnread = 256 << 10       // bytes of a body that nobody wanted that are read to keep the connection
	unreadTime = 2 * time.Second // for them, where the handler has set no deadline
	lingerTime = 500 * time.Millisecond
)

// longAgo is a deadline that ends a Read.
var longAgo = time.Unix(1, 0)

type conn struct {
	srv    *Server
	nc     net.Conn
	br     *bufio.Reader // reads from the conn itself
	remote string
	tls    *tls.ConnectionState
	state  atomic.Int32
	taken  bool      // a handler has it now
	now    time.Time // of the last answer's head

	// The look-out for a client that leaves while its request runs. It reads one byte,
	// which then belongs to the next request.
	mu      sync.Mutex
	ended   sync.Cond // looking became false
	timer   *time.Timer
	armed   bool // the request has nothing more to read
	looking bool
	leave   context.CancelFunc // ends the request
	one     [1]byte
	hasOne  bool
}

// Start answers the requests on nc, which package strict has made, until it ends, and does
// not wait for that. ctx is the base of the requests' contexts.
func (s *Server) Start(ctx context.Context, nc net.Conn) {
	c := &conn{srv: s, nc: nc}
	s.add(c)
	go c.serve(ctx)
}

func (c *conn) serve(ctx context.Context) {
	nc := c.nc
	defer func() {
		c.srv.remove(c)
		if !c.taken { // also where a handler has ended the goroutine
			nc.Close()
		}
	}()
	c.ended.L = &c.mu
	c.br = bufio.NewReader(c)
	if a := nc.RemoteAddr(); a != nil {
		c.remote = a.String()
	}
	if secured, ok := nc.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := secured.ConnectionState()
		c.tls = &state
	}
	c.requests(strict.ConnContext(context.WithValue(ctx, http.LocalAddrContextKey, nc.LocalAddr()), nc))
}

// Read gives out the byte that was read ahead, then reads from the connection.
func (c *conn) Read(b []byte) (int, error) {
	if c.hasOne && len(b) > 0 {
		b[0], c.hasOne = c.one[0], false
		return 1, nil
	}
	return c.nc.Read(b)
}

// requests answers one request after the other.
func (c *conn) requests(ctx context.Context) {
	c.nc.SetReadDeadline(time.Now().Add(c.srv.HeaderTimeout))
	for {
		if _, err := c.br.Peek(1); err != nil || !c.begin() {
			return
		}
		head, err := c.readHead()
		if err != nil {
			return
		}
		w, err := c.newResponse(ctx, head)
		if err != nil { // strict and we disagree: a fault of ours
			c.srv.Logger.LogAttrs(ctx, slog.LevelWarn, "request not understood", slog.Any("error", err))
			return
		}
		if !w.run() {
			return
		}
		c.state.Store(idle)
		if c.srv.closing.Load() && c.state.CompareAndSwap(idle, closed) {
			return
		}
		c.nc.SetReadDeadline(c.now.Add(c.srv.IdleTimeout))
	}
}

// begin makes the connection active, unless the server has closed it.
func (c *conn) begin() bool {
	if c.state.CompareAndSwap(idle, active) {
		return true
	}
	if !c.state.CompareAndSwap(fresh, active) {
		return false
	}
	if c.srv.Asked != nil {
		c.srv.Asked(c.nc)
	}
	return true
}

var endOfHead = []byte("\r\n\r\n")

// readHead returns a head without its last empty line. Package strict lets no byte of it
// come before all have come, so this does not wait.
func (c *conn) readHead() (string, error) {
	buffered, _ := c.br.Peek(c.br.Buffered())
	if n := bytes.Index(buffered, endOfHead); n >= 0 {
		head := string(buffered[:n+2])
		c.br.Discard(n + 4)
		return head, nil
	}
	var long []byte
	for {
		part, err := c.br.ReadSlice('\n')
		long = append(long, part...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		if bytes.HasSuffix(long, endOfHead) {
			return string(long[:len(long)-2]), nil
		}
	}
}

// watchSoon begins to look out for a client that leaves, after a moment. There must be
// nothing of the request left to read.
func (c *conn) watchSoon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave == nil {
		return // the request is over
	}
	c.armed = true
	if c.timer == nil {
		c.timer = time.AfterFunc(watchDelay, c.look)
	} else {
		c.timer.Reset(watchDelay)
	}
}

// look waits for a byte, or the end of the connection.
func (c *conn) look() {
	c.mu.Lock()
	if !c.armed || c.looking || c.hasOne {
		c.mu.Unlock()
		return
	}
	c.armed, c.looking = false, true
	c.nc.SetReadDeadline(time.Time{})
	leave := c.leave
	c.mu.Unlock()

	n, err := c.nc.Read(c.one[:])

	c.mu.Lock()
	c.looking, c.hasOne = false, n == 1
	c.ended.Broadcast()
	c.mu.Unlock()
	var timeout net.Error
	if err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) {
		leave()
	}
}

// endWatch ends the look-out. After it, the caller may read.
func (c *conn) endWatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave = nil
	if c.armed {
		c.armed = false
		c.timer.Stop()
	}
	if c.looking {
		c.nc.SetReadDeadline(longAgo)
		for c.looking {
			c.ended.Wait()
		}
		c.nc.SetReadDeadline(time.Time{})
	}
}

// linger lets the client read the answer before the connection goes, where it may still
// be sending: closing with unread bytes resets the connection (RFC 9112, section 9.6).
func (c *conn) linger() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	c.nc.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, c, mostUnread)
}

// run calls the handler and reports whether the connection can take another request.
func (w *response) run() (again bool) {
	defer func() {
		if fault := recover(); fault != nil {
			w.abandon()
			if fault != http.ErrAbortHandler {
				w.c.srv.Logger.LogAttrs(w.req.Context(), slog.LevelError, "panic in a handler",
					slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
			}
		}
	}()
	w.c.srv.Handler.ServeHTTP(w, w.req)
	return w.finish()
}
