package server

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/http1"
)

// The limits of an HTTP/2 connection. Frames are the smallest allowed: a client gains
// nothing from larger ones, and each is read whole into memory.
const (
	maxStreams    = 100
	maxFrame      = 16 << 10
	streamWindow  = 256 << 10
	connWindow    = 1 << 20
	headerTable   = 4 << 10
	pingAfter     = 30 * time.Second
	pingAnswered  = 15 * time.Second
	listSizeExtra = 32 // RFC 9113 counts 32 octets more for each field
)

const (
	youth    = 500 * time.Millisecond // a connection without a request is kept this long at a stop
	settling = 10 * time.Millisecond  // how often a stop looks
)

// Serve answers requests with handler until ctx is done, then stops: it takes no new
// connections, finishes what runs within the graceful timeout, and cuts the rest. It
// closes everything that the Server holds, and must be called once.
func (s *Server) Serve(ctx context.Context, handler http.Handler) error {
	defer s.Close()
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	front := s.front(handler)
	by := &protocols{one: s.oneServer(front), plain: s.oneServer(s.plainHandler()), two: s.twoServer(base, front)}
	by.plain.EndKeepAlive()
	by.queue = newQueue(s.Addr())

	var servers, listeners, handshakes sync.WaitGroup
	servers.Go(func() { by.two.Serve(by.queue) })
	three, err := s.startHTTP3(base, front)
	if err != nil {
		by.queue.Close()
		servers.Wait()
		return err
	}
	by.three = three
	for _, l := range s.main {
		serve := func(c *conn) { s.secure(base, c, by) }
		if s.tls == nil {
			serve = func(c *conn) { s.unencrypted(base, c, by.one) }
		}
		listeners.Go(func() { s.accept(ctx, l, &handshakes, serve) })
	}
	for _, l := range s.redirect {
		listeners.Go(func() { s.accept(ctx, l, &handshakes, func(c *conn) { s.unencrypted(base, c, by.plain) }) })
	}
	if s.source != nil {
		err = s.source.Manage(ctx)
	}
	if err == nil {
		<-ctx.Done()
	} else { // nobody else closes them, for ctx goes on
		s.closeListeners()
	}
	by.one.EndKeepAlive() // from here on each answer says that the connection ends
	by.two.SetKeepAlivesEnabled(false)
	listeners.Wait()
	s.stop(&handshakes, by)
	servers.Wait()
	return err
}

// protocols has a server for each version of HTTP.
type protocols struct {
	one, plain *http1.Server // plain answers what came without TLS and should not
	two        *http.Server
	queue      *queue // for two
	three      *http3Server
}

// stop ends what runs, in the order of who can still begin something.
func (s *Server) stop(handshakes *sync.WaitGroup, by *protocols) {
	grace, end := context.WithTimeout(context.Background(), s.cfg.Server.GracefulTimeout)
	defer end()
	// A request may be on its way on a connection that is new; but browsers also open
	// connections that they may never use.
	for end := time.Now().Add(min(soon, s.cfg.Server.GracefulTimeout)); time.Now().Before(end); time.Sleep(settling) {
		if s.conns.settle(time.Now().Add(-youth)) {
			break
		}
	}
	s.conns.close(fresh)
	handshakes.Wait()

	var stopping sync.WaitGroup
	var late [4]error
	stopping.Go(func() { late[0] = by.one.Shutdown(grace) })
	stopping.Go(func() { late[1] = by.plain.Shutdown(grace) })
	stopping.Go(func() { late[2] = by.two.Shutdown(grace) })
	stopping.Go(func() { late[3] = by.three.shutdown(grace) })
	stopping.Wait()

	// The sockets first, with those that a handler took over: over TLS, a goodbye would let
	// an answer that is cut look whole.
	cut := s.conns.close(active)
	by.one.Close()
	by.plain.Close()
	by.two.Close()
	if err := errors.Join(late[:]...); err != nil {
		s.log.Warn("stopped with requests unfinished", "connections", cut,
			"hint", "server.graceful_timeout is how long they may take")
	}
}

// oneServer serves HTTP/1.
func (s *Server) oneServer(handler http.Handler) *http1.Server {
	return &http1.Server{
		Handler: handler, Logger: s.log,
		HeaderTimeout: s.cfg.Server.HeaderTimeout, IdleTimeout: s.cfg.Server.IdleTimeout,
		Asked: asked,
	}
}

// twoServer serves HTTP/2.
func (s *Server) twoServer(base context.Context, handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: s.cfg.Server.HeaderTimeout,
		IdleTimeout:       s.cfg.Server.IdleTimeout,
		MaxHeaderBytes:    s.limits.Head + listSizeExtra*s.limits.Fields,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          maxStreams,
			MaxReadFrameSize:              maxFrame,
			MaxDecoderHeaderTableSize:     headerTable,
			MaxReceiveBufferPerConnection: connWindow,
			MaxReceiveBufferPerStream:     streamWindow,
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingAnswered,
		},
		BaseContext: func(net.Listener) context.Context { return base },
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateActive {
				asked(c)
			}
		},
		ErrorLog:                     log.New(debugLog{s.log}, "", 0),
		DisableGeneralOptionsHandler: true, // OPTIONS * goes through the chain like the rest
	}
}

// asked notes, for a stop, that there was a request on a connection.
func asked(c net.Conn) {
	if c := below(c); c != nil && c.phase.Load() != active {
		c.phase.Store(active)
	}
}

// debugLog passes what net/http logs, faults of clients above all, to slog.
type debugLog struct{ log *slog.Logger }

func (d debugLog) Write(line []byte) (int, error) {
	if d.log.Enabled(context.Background(), slog.LevelDebug) {
		text := line
		if n := len(text); n > 0 && text[n-1] == '\n' {
			text = text[:n-1]
		}
		d.log.Debug("net/http", "message", string(text))
	}
	return len(line), nil
}
