package http1

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server answers requests on the connections that Start is given.
type Server struct {
	Handler http.Handler
	Logger  *slog.Logger // gets faults of handlers, for debugging

	HeaderTimeout time.Duration // for the first head of a connection; 0: for ever
	IdleTimeout   time.Duration // between two requests; 0: for ever

	// Asked is called when a connection has begun its first request. Nil: nobody asks.
	Asked func(net.Conn)

	closing atomic.Bool
	mu      sync.Mutex
	conns   map[*conn]struct{}
	ended   bool          // Close was called
	gone    chan struct{} // closed when the last connection has gone; made by Shutdown
	date    atomic.Pointer[date]

	// marker is what http.ServerContextKey leads to. httputil.ReverseProxy asks for it:
	// without, an answer that breaks off would look complete.
	marker http.Server
}

// add notes a connection, unless Close has been called.
func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if s.conns == nil {
		s.conns = map[*conn]struct{}{}
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) == 0 && s.gone != nil {
		close(s.gone)
		s.gone = nil
	}
}

// EndKeepAlive closes the connections that wait for a next request; from here on each
// answer is the last one of its connection.
func (s *Server) EndKeepAlive() {
	s.closing.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.state.CompareAndSwap(idle, closed) {
			go c.nc.Close() // over TLS it can take 5 seconds to say goodbye
		}
	}
}

// Shutdown is EndKeepAlive, and waits until the connections have ended, or for ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.EndKeepAlive()
	s.mu.Lock()
	if len(s.conns) == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.gone == nil {
		s.gone = make(chan struct{})
	}
	gone := s.gone
	s.mu.Unlock()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close closes every connection, whatever it does, and those that Start is given later. It
// does not wait for handlers.
func (s *Server) Close() {
	s.closing.Store(true)
	var closing sync.WaitGroup
	s.mu.Lock()
	s.ended = true
	for c := range s.conns {
		c.state.Store(closed)
		closing.Go(func() { c.nc.Close() })
	}
	s.mu.Unlock()
	closing.Wait()
}

// date is the Date field of one second.
type date struct {
	second int64
	text   string
}

func (s *Server) dateOf(t time.Time) string {
	if d := s.date.Load(); d != nil && d.second == t.Unix() {
		return d.text
	}
	d := &date{t.Unix(), t.UTC().Format(http.TimeFormat)}
	s.date.Store(d)
	return d.text
}
