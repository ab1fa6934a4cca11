// Package server takes connections, encrypts them, and hands well-formed requests to one
// handler.
//
// Attack: listening in (plain http where somebody can read along), downgrades, slow
// clients that hold a connection by sending or taking little, floods of connections,
// requests that two parsers read differently, redirects to a foreign site, and requests
// lost when the server stops.
//
// Not covered: slow request bodies (guard/body), what a request asks for (the guards), a
// flood of packets.
//
// Order: step 1 of the way of a request. HTTP/1 then goes through internal/strict, which
// stands between the connection and internal/http1.
package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/strict"
)

// Options are what New needs.
type Options struct {
	Config config.Config

	// Logger gets what goes wrong with connections, mostly for debugging. Nil discards it.
	Logger *slog.Logger

	// Plain wraps the handler that answers plain http with a redirect or a refusal, for an
	// access record. Nil leaves it as it is.
	Plain func(http.Handler) http.Handler
}

// Server has open listeners, and certificates unless TLS is off.
type Server struct {
	cfg   config.Config
	log   *slog.Logger
	plain func(http.Handler) http.Handler

	main      []net.Listener // https, or http with TLS off
	redirect  []net.Listener // http only
	udp       []net.PacketConn
	inherited bool          // main is from the service manager
	source    *certs.Source // nil with TLS off
	tls       *tls.Config   // nil with TLS off
	conns     *connSet
	limits    strict.Limits
	notices   []string
}

// New opens the listeners, then gets certificates. Nothing is answered before Serve. An
// error carries a hint; after one, nothing stays open.
func New(_ context.Context, o Options) (*Server, error) {
	s := &Server{
		cfg: o.Config, log: o.Logger, plain: o.Plain,
		conns: newConnSet(o.Config.Server.Connections),
		limits: strict.Limits{
			RequestLine: int(o.Config.Limits.RequestLine),
			Fields:      o.Config.Limits.Fields,
			FieldSize:   int(o.Config.Limits.FieldSize),
			Head:        int(o.Config.Limits.Head),
			HeadTime:    o.Config.Server.HeaderTimeout,
		},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.plain == nil {
		s.plain = func(next http.Handler) http.Handler { return next }
	}
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open() error {
	inherited, err := inheritedSockets(os.Getpid(), os.Getenv)
	if err != nil {
		return err
	}
	s.main, s.redirect, s.udp = inherited.main, inherited.redirect, inherited.udp
	if s.inherited = len(s.main) > 0; s.inherited {
		s.notices = append(s.notices, "listening on sockets from the service manager; server.bind is not used")
	} else if s.main, err = listen(s.bind()); err != nil {
		return err
	}
	if s.cfg.TLS.Mode == "off" {
		return plainAllowed(s.main, s.cfg)
	}
	if bind := s.redirectBind(); len(s.redirect) == 0 && bind != "" {
		if s.redirect, err = listen(bind); err != nil {
			return err
		}
	}
	if s.cfg.Server.HTTP3 && len(s.udp) == 0 {
		if s.udp, err = listenUDP(s.main); err != nil {
			return err
		}
	}
	return s.getCertificates()
}

func (s *Server) getCertificates() error {
	o := certs.Options{TLS: s.cfg.TLS, Names: s.cfg.Hosts.Allow, Logger: s.log}
	o.Host = s.bindHost()
	if o.ListenHost = o.Host; o.Host == "localhost" {
		o.ListenHost = "127.0.0.1"
	}
	o.TLSPort, o.HTTPPort = firstPort(s.main), firstPort(s.redirect)
	source, err := certs.New(o)
	if err != nil {
		return err
	}
	s.source, s.tls = source, source.TLSConfig()
	s.notices = append(s.notices, source.Notices()...)
	return nil
}

func (s *Server) bind() string { return bindOf(s.cfg) }

// bindOf is the address to serve, with its default.
func bindOf(cfg config.Config) string {
	switch {
	case cfg.Server.Bind != "":
		return cfg.Server.Bind
	case len(cfg.TLS.Domains) > 0:
		return ":443"
	}
	return "localhost:8443"
}

// bindHost is the host that is listened on, "" for all addresses and for a Unix socket.
func (s *Server) bindHost() string {
	bind := s.bind()
	if s.inherited {
		bind = s.Addr().String()
	}
	host, _, err := net.SplitHostPort(bind)
	if err != nil || strings.HasPrefix(bind, "unix:") || isWildcard(host) {
		return ""
	}
	return host
}

func (s *Server) redirectBind() string {
	if s.cfg.Server.RedirectBind == "" && len(s.cfg.TLS.Domains) > 0 {
		return ":80"
	}
	return s.cfg.Server.RedirectBind
}

// Addr is the address of the first listener.
func (s *Server) Addr() net.Addr { return s.main[0].Addr() }

// RedirectAddr is the address of the first listener for plain http, or nil.
func (s *Server) RedirectAddr() net.Addr {
	if len(s.redirect) == 0 {
		return nil
	}
	return s.redirect[0].Addr()
}

// URL is what a person on this machine opens in a browser; for a Unix socket it is
// "unix:" and the path.
func (s *Server) URL() string {
	if s.Addr().Network() == "unix" {
		return "unix:" + s.Addr().String()
	}
	scheme, usual := "https", 443
	if s.cfg.TLS.Mode == "off" {
		scheme, usual = "http", 80
	}
	host, port := "localhost", firstPort(s.main)
	if len(s.cfg.TLS.Domains) > 0 {
		host = s.cfg.TLS.Domains[0]
	} else if bound := s.bindHost(); bound != "" {
		host = bound
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != usual {
		host += ":" + strconv.Itoa(port)
	}
	return scheme + "://" + host
}

// RootFile is the PEM file of the local certificate authority, or "".
func (s *Server) RootFile() string {
	if s.source == nil {
		return ""
	}
	return s.source.RootFile()
}

// Notices are what a person should be told at the start.
func (s *Server) Notices() []string { return s.notices }

// Close closes the listeners of a Server that is not served. Serve does so itself.
func (s *Server) Close() {
	s.closeListeners()
	for _, c := range s.udp {
		c.Close()
	}
	if s.source != nil {
		s.source.Close()
		s.source = nil
	}
}

func (s *Server) closeListeners() {
	for _, list := range [][]net.Listener{s.main, s.redirect} {
		for _, l := range list {
			l.Close()
		}
	}
}

// firstPort is the TCP port of the first TCP listener, or 0.
func firstPort(listeners []net.Listener) int {
	for _, l := range listeners {
		if addr, ok := l.Addr().(*net.TCPAddr); ok {
			return addr.Port
		}
	}
	return 0
}

func isWildcard(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsUnspecified()
}

// soon is how long what takes no time normally may take at a stop.
const soon = time.Second
