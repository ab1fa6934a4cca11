// Package upstream forwards requests to an app that runs elsewhere. It is the app at the
// end of the chain of guards: everything that refuses or limits a request runs before it.
//
// It stops what lives on two parsers that disagree: request smuggling (the upstream gets
// a request written anew from what the edge understood, never the client's bytes), path
// tricks that end up elsewhere than the guards thought (dot segments), forged forwarding
// and identity fields, header names that become another name in the app (underscores),
// tunnels opened by an Upgrade other than a WebSocket's, and a server forwarding to itself.
//
// It does not stop an upstream that lies, nor anyone who can reach the upstream without
// passing here: bind the upstream to loopback or to a Unix socket.
package upstream

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// defaultTimeout is that of workers.timeout.
const defaultTimeout = 60 * time.Second

// Config says where requests go.
type Config struct {
	// URL of the app: "http://127.0.0.1:5000", "https://app.internal/base" or
	// "unix:/run/app.sock".
	URL string

	// Host is sent in place of the host that the client asked for. Empty keeps the
	// client's, which the app needs to build its links.
	Host string

	// Timeout is how long the app may take nothing of a request, and how long it may
	// take to begin its answer. 0 means 60 seconds, less than 0 no limit.
	Timeout time.Duration

	// TimeoutOf, when not nil, takes the place of Timeout: it is asked for each request,
	// and 0 or less means no limit.
	TimeoutOf func(*http.Request) time.Duration

	// RootCAs verify an https upstream. Nil means the system's.
	RootCAs *x509.CertPool

	// Logger gets what cannot become a refusal any more. Nil discards it.
	Logger *slog.Logger
}

// Upstream is the http.Handler that forwards. It is safe for concurrent use.
type Upstream struct {
	target    *target
	host      string
	timeoutOf func(*http.Request) time.Duration
	pseudonym string // ours in Via
	log       *slog.Logger
	transport *http.Transport
	proxy     *httputil.ReverseProxy
	closing   chan struct{}
	closeOnce sync.Once
}

// New returns the handler for c, or every mistake in c.
func New(c Config) (*Upstream, error) {
	target, targetErr := parseTarget(c.URL)
	if err := errors.Join(targetErr, checkHost(c.Host)); err != nil {
		return nil, err
	}
	u := &Upstream{
		target:    target,
		host:      c.Host,
		timeoutOf: c.TimeoutOf,
		pseudonym: newPseudonym(),
		log:       c.Logger,
		transport: newTransport(target, c.RootCAs),
		closing:   make(chan struct{}),
	}
	if u.timeoutOf == nil {
		timeout := c.Timeout
		if timeout == 0 {
			timeout = defaultTimeout
		}
		u.timeoutOf = func(*http.Request) time.Duration { return timeout }
	}
	if u.log == nil {
		u.log = slog.New(slog.DiscardHandler)
	}
	u.proxy = &httputil.ReverseProxy{
		Rewrite:        u.rewrite,
		Transport:      u.transport,
		FlushInterval:  -1,
		ErrorLog:       log.New(io.Discard, "", 0), // what it would say is a refusal, or logged by finish
		BufferPool:     &buffers{},
		ModifyResponse: modifyResponse,
		ErrorHandler:   u.fail,
	}
	return u, nil
}

// newPseudonym returns a name that no other instance has (RFC 9110, section 7.6.3).
func newPseudonym() string {
	var id [8]byte
	rand.Read(id[:])
	return "fumehood-" + hex.EncodeToString(id[:])
}

// idleConnTimeout is below the 2 seconds after which gunicorn ends an idle connection: a
// POST that meets the close on its way cannot be repeated safely.
const idleConnTimeout = 1500 * time.Millisecond

func newTransport(t *target, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	dial := dialer.DialContext
	if t.socket != "" {
		dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", t.socket)
		}
	}
	return &http.Transport{ // no Proxy: HTTP_PROXY is not meant for us
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true,
	}
}

// Close ends idle connections and running WebSockets. Other requests go on; wait for
// them with http.Server.Shutdown first.
func (u *Upstream) Close() error {
	u.closeOnce.Do(func() { close(u.closing) })
	u.transport.CloseIdleConnections()
	return nil
}

// ServeHTTP implements http.Handler. It panics with http.ErrAbortHandler when the answer
// broke off in the middle, so that the client cannot take it for whole.
func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if u == nil {
		fumehood.Refuse(w, r, errors.New("upstream: used without New"))
		return
	}
	x, err := u.inspect(w, r)
	if err != nil {
		fumehood.Refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	x.watch = newWatch(u.timeoutOf(r), cancel)
	defer x.watch.stop()
	if x.webSocket {
		go u.endTunnel(ctx, cancel)
	}
	out := r.WithContext(context.WithValue(ctx, exchangeKey{}, x))
	if !x.webSocket && r.Header["Upgrade"] != nil {
		out.Header = r.Header.Clone() // the caller's map is not ours to change
		delete(out.Header, "Upgrade")
	}
	defer u.finish(x)
	u.proxy.ServeHTTP(&x.answer, out)
}

// endTunnel ends a WebSocket when the Upstream is closed.
func (u *Upstream) endTunnel(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-u.closing:
		cancel(errClosed)
	case <-ctx.Done():
	}
}

// exchange is one request on its way through the ReverseProxy.
type exchange struct {
	in        *http.Request
	path      string // canonical, escaped
	query     string // canonical
	webSocket bool
	watch     *watch
	answer    answer
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange)
}

// buffers is the ReverseProxy's pool of copy buffers.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return buf[:]
	}
	return make([]byte, bufferSize)
}

// Put implements httputil.BufferPool.
func (b *buffers) Put(buf []byte) {
	if len(buf) == bufferSize {
		b.pool.Put((*[bufferSize]byte)(buf))
	}
}
