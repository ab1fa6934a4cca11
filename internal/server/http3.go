package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// http3Server serves HTTP/3. It has a loop of its own in place of that of http3.Server,
// because that one gives a client any time it likes to send the head of a request.
type http3Server struct {
	server     *http3.Server
	transports []*quic.Transport
	header     time.Duration
	log        *slog.Logger

	stopping context.Context
	stop     context.CancelFunc
	conns    sync.WaitGroup // accept loops and connections
	closed   chan struct{}
}

// vanished is how long a QUIC peer may be silent, asked or not. It is not the time without
// a request, which http3.Server.IdleTimeout ends: an app may take longer than that.
const vanished = 30 * time.Second

func (s *Server) http3Port() int {
	if len(s.udp) == 0 {
		return 0
	}
	return s.udp[0].LocalAddr().(*net.UDPAddr).Port
}

// startHTTP3 returns nil where HTTP/3 is off.
func (s *Server) startHTTP3(base context.Context, handler http.Handler) (*http3Server, error) {
	if len(s.udp) == 0 {
		return nil, nil
	}
	stopping, stop := context.WithCancel(base)
	three := &http3Server{
		server: &http3.Server{
			Handler:        handler,
			MaxHeaderBytes: s.limits.Head + listSizeExtra*s.limits.Fields,
			IdleTimeout:    s.cfg.Server.IdleTimeout,
		},
		header: s.cfg.Server.HeaderTimeout, log: s.log,
		stopping: stopping, stop: stop, closed: make(chan struct{}),
	}
	settings := &quic.Config{
		HandshakeIdleTimeout:           s.cfg.Server.HeaderTimeout / 2, // quic-go allows twice that in all
		MaxIdleTimeout:                 vanished,
		KeepAlivePeriod:                vanished / 2,
		MaxIncomingStreams:             maxStreams,
		MaxStreamReceiveWindow:         streamWindow,
		InitialStreamReceiveWindow:     streamWindow,
		MaxConnectionReceiveWindow:     connWindow,
		InitialConnectionReceiveWindow: connWindow,
		Allow0RTT:                      false, // 0-RTT requests can be replayed by who records them
	}
	for _, udp := range s.udp {
		transport := &quic.Transport{
			Conn:                udp,
			VerifySourceAddress: func(net.Addr) bool { return len(s.conns.places) > cap(s.conns.places)/2 },
			ConnContext:         s.placeHTTP3,
		}
		three.transports = append(three.transports, transport)
		l, err := transport.Listen(http3.ConfigureTLSConfig(s.tls), settings)
		if err != nil {
			three.close()
			return nil, fmt.Errorf("HTTP/3: %w", err)
		}
		three.conns.Go(func() { three.accept(base, l) })
	}
	return three, nil
}

// placeHTTP3 takes a place under the cap for a connection; it cannot wait for one.
func (s *Server) placeHTTP3(ctx context.Context, _ *quic.ClientInfo) (context.Context, error) {
	select {
	case s.conns.places <- struct{}{}:
		context.AfterFunc(ctx, func() { <-s.conns.places })
		return ctx, nil
	default:
		return nil, errors.New("too many connections")
	}
}

func (h *http3Server) accept(base context.Context, l *quic.Listener) {
	defer l.Close() // new connections are refused from here on; those that are open go on
	for {
		c, err := l.Accept(h.stopping)
		if err != nil {
			return // stopped, or the transport was closed
		}
		h.conns.Go(func() {
			if err := h.serve(base, c); err != nil {
				h.log.Debug("HTTP/3 connection failed", "error", err)
			}
		})
	}
}

// serve answers the requests of one connection until it ends, or until a stop: then those
// that run are finished, and new ones are rejected in the way that lets a client send
// them again elsewhere (RFC 9114, section 4.1.1).
func (h *http3Server) serve(base context.Context, c *quic.Conn) error {
	raw, err := h.server.NewRawServerConn(c)
	if err != nil {
		return err
	}
	var control, requests sync.WaitGroup
	control.Go(func() {
		for {
			stream, err := c.AcceptUniStream(base)
			if err != nil {
				return
			}
			control.Go(func() { raw.HandleUnidirectionalStream(stream) })
		}
	})
	for {
		stream, err := c.AcceptStream(h.stopping)
		if err != nil {
			break
		}
		stream.SetReadDeadline(time.Now().Add(h.header)) // front lifts it
		requests.Go(func() { raw.HandleRequestStream(stream) })
	}
	finished := make(chan struct{})
	go func() { requests.Wait(); close(finished) }()
	go func() {
		for {
			stream, err := c.AcceptStream(base)
			if err != nil {
				return
			}
			stream.CancelRead(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
			stream.CancelWrite(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
		}
	}()
	select {
	case <-finished:
		h.linger(c)
	case <-h.closed:
	}
	raw.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
	control.Wait()
	return nil
}

// linger gives the last packets of the last answer time to arrive: closing throws away
// what the client has not acknowledged, and nothing tells when it has.
func (h *http3Server) linger(c *quic.Conn) {
	wait := min(max(5*c.ConnectionStats().SmoothedRTT, soon/2), soon)
	select {
	case <-time.After(wait):
	case <-c.Context().Done():
	case <-h.closed:
	}
}

// liftHeadDeadline is called when the head of an HTTP/3 request was read.
func liftHeadDeadline(w http.ResponseWriter) {
	if d, ok := w.(interface{ SetReadDeadline(time.Time) error }); ok {
		d.SetReadDeadline(time.Time{})
	}
}

// shutdown finishes what runs until ctx is done and cuts the rest. It may be called on nil.
func (h *http3Server) shutdown(ctx context.Context) error {
	if h == nil {
		return nil
	}
	h.stop()
	done := make(chan struct{})
	go func() { h.conns.Wait(); close(done) }()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	close(h.closed)
	<-done
	h.close()
	return err
}

func (h *http3Server) close() {
	h.stop()
	for _, transport := range h.transports {
		transport.Close()
		transport.Conn.Close()
	}
}
