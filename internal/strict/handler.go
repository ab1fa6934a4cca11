package strict

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// nonceField is the header field of a stand-in that carries its random word.
const nonceField = "Fumehood-Refused"

// tlsConn lets net/http see the TLS state. Conn itself must not have the method:
// net/http would take every connection for a TLS one.
type tlsConn struct {
	*Conn
	below *tls.Conn
}

func (c tlsConn) ConnectionState() tls.ConnectionState { return c.below.ConnectionState() }

// Wrap is NewConn for what a listener hands to http.Server: over a *tls.Conn, whose
// handshake must be complete, net/http also learns the TLS state (Request.TLS).
func Wrap(c net.Conn, lim Limits) net.Conn {
	if below, ok := c.(*tls.Conn); ok {
		return tlsConn{NewConn(c, lim), below}
	}
	return NewConn(c, lim)
}

// find returns the Conn that c is or wraps, or nil.
func find(c net.Conn) *Conn {
	for {
		switch v := c.(type) {
		case *Conn:
			return v
		case tlsConn:
			return v.Conn
		case interface{ NetConn() net.Conn }:
			c = v.NetConn()
		default:
			return nil
		}
	}
}

type connKey struct{}

// WithConn returns a context that carries c.
func WithConn(ctx context.Context, c *Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// ConnContext is for http.Server.ConnContext. Other connections, such as those of HTTP/2,
// leave the context as it is.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if s := find(c); s != nil {
		return WithConn(ctx, s)
	}
	return ctx
}

// ConnState is for http.Server.ConnState: it calls [Conn.Raw] when a handler hijacks the
// connection.
func ConnState(c net.Conn, state http.ConnState) {
	if state != http.StateHijacked {
		return
	}
	if s := find(c); s != nil {
		s.Raw()
	}
}

// Refused returns the refusal, a [fumehood.Refusal], that r stands in for, or nil when r
// is what the client sent. [ConnContext] must be in use.
func Refused(r *http.Request) error {
	c, _ := r.Context().Value(connKey{}).(*Conn)
	if c == nil {
		return nil
	}
	end := c.end.Load()
	if end == nil || end.nonce == "" {
		return nil
	}
	// The connection may have been read ahead of r: only the request with the word is the
	// stand-in.
	if sent := r.Header[nonceField]; len(sent) != 1 || sent[0] != end.nonce {
		return nil
	}
	return end.refusal
}

// Handler answers stand-ins with their refusal and hands all other requests to next, as
// they are. It belongs inside the step that gives the request its ID and outside all
// others.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Refused(r); err != nil {
			fumehood.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
