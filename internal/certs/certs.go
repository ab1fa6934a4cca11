// Package certs finds the certificates that a server shows: from two files, by ACME, or
// from a certificate authority of this machine.
//
// Attack: reading or changing requests on the way (passwords, session cookies), made easy
// by a set-up of TLS that is so long that people put it off. A server that starts with no
// certificate at all gets one here, and an old one is replaced before it ends.
//
// Not covered: what is decided after the handshake; client certificates; revocation of
// certificates made by the local authority (they live for about a year).
//
// Order: before the first step of the chain; internal/server asks it in each handshake.
package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// Options says which certificates are wanted and where ACME servers can reach us.
type Options struct {
	// TLS is the section "tls" of the configuration. Mode "off" is an error here.
	TLS config.TLS

	// Host is the host part of the address served: "localhost", an IP address, a name, or
	// "" for all addresses. A local certificate is made for it too.
	Host string

	// Names are further names that a local certificate is made for, where the local
	// authority is allowed to; others are left out.
	Names []string

	// HTTPPort and TLSPort are the TCP ports on which challenges of an ACME server arrive.
	// 0 means that the kind of challenge (HTTP-01 or TLS-ALPN-01) cannot be answered.
	HTTPPort, TLSPort int

	// ListenHost is the host that both ports are bound to; "" for all addresses.
	ListenHost string

	// Logger gets what happens to certificates. Nil discards it.
	Logger *slog.Logger

	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Source gives the certificate for each handshake. Close releases what it holds.
type Source struct {
	get     func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	names   []string
	notices []string
	root    string
	acme    *acme // nil unless tls.domains are given
}

// New loads, or makes, what o asks for. It uses no network. An error carries a hint.
func New(o Options) (*Source, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch t := o.TLS; {
	case t.Mode == "off":
		return nil, errors.New("certs: tls.mode is off")
	case t.CertFile != "" || t.KeyFile != "":
		return newFiles(o)
	case len(t.Domains) > 0:
		return newACME(o)
	default:
		return newLocal(o)
	}
}

func newFiles(o Options) (*Source, error) {
	if o.TLS.CertFile == "" || o.TLS.KeyFile == "" {
		return nil, hint.With(errors.New("tls.certfile and tls.keyfile belong together; one of them is missing"),
			"give both: --certfile cert.pem --keyfile key.pem")
	}
	if len(o.TLS.Domains) > 0 {
		return nil, hint.With(errors.New("tls.domains (by ACME) and tls.certfile exclude each other"),
			"leave out --domain, or leave out --certfile and --keyfile")
	}
	pair, err := loadPair(o.TLS.CertFile, o.TLS.KeyFile, o.Logger, o.Now)
	if err != nil {
		return nil, err
	}
	return &Source{get: pair.get, names: certNames(pair.current.Load().Leaf)}, nil
}

func newLocal(o Options) (*Source, error) {
	dir, err := appdata.Base(o.TLS.Storage)
	if err != nil {
		return nil, err
	}
	ca, made, err := openAuthority(dir, o.Now())
	if err != nil {
		return nil, err
	}
	names, left := ca.namesFor(o.Host, o.Names)
	l := &leaf{ca: ca, names: names, now: o.Now, log: o.Logger}
	if err := l.load(o.Now()); err != nil {
		return nil, err
	}
	s := &Source{get: l.get, names: names, root: ca.rootFile()}
	if made {
		s.notices = append(s.notices,
			"made a certificate authority for this machine in "+ca.dir,
			"browsers warn about it until you run: fumehood trust")
	}
	for _, name := range left {
		s.notices = append(s.notices, "the local certificate cannot cover "+name+
			": use --domain "+name+" or --certfile and --keyfile")
	}
	return s, nil
}

// TLSConfig returns the settings of a TLS server: TLS 1.2 or newer with authenticated
// encryption and forward secrecy only, HTTP/2 and HTTP/1.1.
func (s *Source) TLSConfig() *tls.Config {
	protos := []string{"h2", "http/1.1"}
	if s.acme != nil {
		protos = append(protos, ACMEProtocol)
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     protos,
		GetCertificate: s.get,
		// Go's list still has two CBC suites; these are all suites of TLS 1.2 that RFC 9113
		// does not prohibit. Those of TLS 1.3 cannot be chosen, nor need they be.
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
}

// ACMEProtocol is the ALPN name of a TLS-ALPN-01 challenge (RFC 8737). A connection that
// negotiated it is finished after the handshake.
const ACMEProtocol = "acme-tls/1"

// Names are the host names and IP addresses that the certificate is for. A name may begin
// with "*.".
func (s *Source) Names() []string { return s.names }

// Notices are what a person should be told once, such as that a local authority was made.
func (s *Source) Notices() []string { return s.notices }

// RootFile is the PEM file with the root of the local authority, or "" when another
// authority made the certificate.
func (s *Source) RootFile() string { return s.root }

// Manage gets and renews certificates by ACME until ctx is done; it returns at once. It
// must be called when the listeners answer. Without tls.domains it does nothing.
func (s *Source) Manage(ctx context.Context) error {
	if s.acme == nil {
		return nil
	}
	return s.acme.manage(ctx)
}

// HTTPChallenge answers HTTP-01 challenges and passes everything else to next.
func (s *Source) HTTPChallenge(next http.Handler) http.Handler {
	if s.acme == nil {
		return next
	}
	return s.acme.issuer.HTTPChallengeHandler(next)
}

// Close ends the renewal of certificates.
func (s *Source) Close() {
	if s.acme != nil {
		s.acme.cache.Stop()
	}
}
