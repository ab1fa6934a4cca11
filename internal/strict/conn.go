// Package strict lets only well-formed HTTP/1 reach net/http.
package strict

import (
	"context"
	"net"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// Limits caps the size of a request head. Sizes are in bytes.
type Limits struct {
	RequestLine int // the longest request line, without its line end
	Fields      int // the largest number of header fields, and of trailer fields
	FieldSize   int // the longest field line, without its line end
	Head        int // the largest head: request line, fields and line ends
}

// Conn is a connection that yields only bytes which it has validated.
type Conn struct {
	net.Conn
	lim     Limits
	refusal *fumehood.Refusal
}

// NewConn wraps c, which carries plain HTTP/1 (a *net.TCPConn or a *tls.Conn).
func NewConn(c net.Conn, lim Limits) *Conn { return &Conn{Conn: c, lim: lim} }

// NetConn returns the connection that NewConn was given.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Raw switches to pass-through, for a connection that was hijacked.
func (c *Conn) Raw() {}

type connKey struct{}

// WithConn returns a context that carries c; http.Server.ConnContext is the place for it.
func WithConn(ctx context.Context, c *Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}


// Refused returns the refusal that r stands for, or nil when r is what the client sent.
func Refused(r *http.Request) error {
	c, _ := r.Context().Value(connKey{}).(*Conn)
	if c == nil || c.refusal == nil {
		return nil
	}
	return c.refusal
}

// Handler answers the requests that Conn refused and passes all others to next.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Refused(r); err != nil {
			fumehood.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
