package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/http1"
	"github.com/fumehood/fumehood/internal/rawio"
	"github.com/fumehood/fumehood/internal/strict"
)

// queue is a net.Listener whose connections are put into it, ready to be read.
type queue struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	addr   net.Addr
}

func newQueue(addr net.Addr) *queue {
	return &queue{conns: make(chan net.Conn), closed: make(chan struct{}), addr: addr}
}

func (q *queue) put(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.closed:
		c.Close()
	}
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

func (q *queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

func (q *queue) Addr() net.Addr { return q.addr }

// drain is how long a listener is still asked at a stop for a connection that the kernel
// has accepted already; closing it at once would reset them.
const drain = 20 * time.Millisecond

// accept takes connections from l until ctx is done, and gives each to serve in a
// goroutine of its own, which group waits for.
func (s *Server) accept(ctx context.Context, l net.Listener, group *sync.WaitGroup, serve func(*conn)) {
	defer l.Close()
	until := func(t time.Time) {
		if d, ok := l.(interface{ SetDeadline(time.Time) error }); !ok || d.SetDeadline(t) != nil {
			l.Close()
		}
	}
	stop := context.AfterFunc(ctx, func() { until(time.Now()) })
	defer stop()
	var pause time.Duration
	var draining time.Time // when that began
	for {
		if !draining.IsZero() {
			if time.Since(draining) > soon {
				return
			}
			until(time.Now().Add(drain))
		}
		raw, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil && draining.IsZero() {
				draining = time.Now()
				continue
			}
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			// Such as too many open files: those that are open go on, so wait for one to end.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("connection not accepted", "error", err, "pause", pause)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		pause = 0
		if !s.place(ctx) {
			raw.Close()
			continue
		}
		c := &conn{Conn: raw, set: s.conns, patience: s.cfg.Server.WriteTimeout}
		if socket, ok := raw.(syscall.Conn); ok {
			c.raw, _ = rawio.New(socket) // without it, package net does the same, slower
		}
		c.enter(silent)
		s.conns.add(c)
		group.Go(func() { serve(c) })
	}
}

// place waits for a free place under the cap. At a stop only one that is free at once
// counts.
func (s *Server) place(ctx context.Context) bool {
	select {
	case s.conns.places <- struct{}{}:
		return true
	default:
	}
	select {
	case s.conns.places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// recordTypeHandshake is the first byte of a TLS connection (RFC 8446, section 5.1). No
// HTTP request begins with it.
const recordTypeHandshake = 0x16

// secure tells TLS from plain http by the first byte, does the handshake, and hands the
// connection on. First byte and handshake together have the header deadline.
func (s *Server) secure(base context.Context, c *conn, by *protocols) {
	c.SetDeadline(time.Now().Add(s.cfg.Server.HeaderTimeout))
	first, err := c.sniff()
	if err != nil {
		c.Close()
		return
	}
	if first != recordTypeHandshake {
		s.unencrypted(base, c, by.plain)
		return
	}
	c.enter(shaking)
	secured := tls.Server(c, s.tls)
	if err := secured.HandshakeContext(context.Background()); err != nil {
		s.log.LogAttrs(context.Background(), slog.LevelDebug, "TLS handshake failed",
			slog.String("peer", c.RemoteAddr().String()), slog.Any("error", err))
		c.Close()
		return
	}
	c.SetDeadline(time.Time{})
	c.enter(fresh)
	switch secured.ConnectionState().NegotiatedProtocol {
	case "h2": // net/http does HTTP/2 on a *tls.Conn only
		by.queue.put(secured)
	case certs.ACMEProtocol: // the handshake was the answer
		secured.Close()
	default:
		by.one.Start(base, strict.Wrap(secured, s.limits))
	}
}

// unencrypted hands on a connection that carries plain http.
func (s *Server) unencrypted(base context.Context, c *conn, to *http1.Server) {
	c.SetDeadline(time.Time{})
	c.enter(fresh)
	to.Start(base, strict.Wrap(c, s.limits))
}
