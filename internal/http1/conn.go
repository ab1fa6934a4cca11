package http1

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
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

type conn struct {
	srv    *Server
	nc     net.Conn
	br     *bufio.Reader // reads from the conn itself
	remote string
	tls    *tls.ConnectionState
	state  atomic.Int32
	taken  bool      // a handler has it now
	now    time.Time // about when the last answer ended

	// The look-out for a client that leaves while its request runs. It reads one byte,
	// which then belongs to the next request.
	mu      sync.Mutex
	ended   sync.Cond // looking became false
	timer   *time.Timer
	armed   bool // the request has nothing more to read
	looking bool
	current *response // nil once its handler has returned, or has taken the connection
	one     [1]byte
	hasOne  bool
}

// Start answers the requests on nc, which package strict has made, until it ends, and does
// not wait for that. ctx is the base of the requests' contexts.
func (s *Server) Start(ctx context.Context, nc net.Conn) {
	c := &conn{srv: s, nc: nc}
	if !s.add(c) {
		nc.Close()
		return
	}
	go c.serve(ctx)
}

func (c *conn) serve(ctx context.Context) {
	nc := c.nc
	defer func() { // also where a handler has ended the goroutine
		if fault := recover(); fault != nil { // ours: it must not end the process
			c.srv.Logger.LogAttrs(ctx, slog.LevelError, "panic on a connection",
				slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
		}
		if !c.taken {
			nc.Close()
		}
		c.srv.remove(c)
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
	ctx = context.WithValue(ctx, http.ServerContextKey, &c.srv.marker)
	ctx = context.WithValue(ctx, http.LocalAddrContextKey, nc.LocalAddr())
	c.requests(strict.ConnContext(ctx, nc))
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
	c.nc.SetReadDeadline(after(time.Now(), c.srv.HeaderTimeout))
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
		c.nc.SetReadDeadline(after(c.now, c.srv.IdleTimeout))
	}
}

// after is the deadline that a timeout means; 0 is none.
func after(t time.Time, timeout time.Duration) time.Time {
	if timeout <= 0 {
		return time.Time{}
	}
	return t.Add(timeout)
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
