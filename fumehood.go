package fumehood

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Exchange is what the edge knows of one request and its answer. guard/record makes
// one for each request, outermost; the steps inside fill it in; record writes it as one
// log line at the end. It belongs to the goroutine that serves the request.
type Exchange struct {
	ID       string     // request ID, 8 characters in two groups: "7F3K-9QXD"
	Start    time.Time  // when the head was complete
	ClientIP netip.Addr // set by guard/clientip; zero before it
	Scheme   string     // "https" or "http", as the client used it; set by guard/clientip
	Refused  *Refusal   // set by Refuse
	Reported []*Refusal // refusals of guards in report mode: the request went on
	Worker   int        // the worker that answered, 0 when none did
	Queued   time.Duration

	// Templates are the names of the templates that the app has made the answer from, in
	// the order in which it used them; "" stands for one without a name. Nil: not known.
	Templates []string

	// Risky are the values of the request that could do harm in a statement, a command, a
	// path or a page; for most requests there are none. Set by guard/injection; package wsgi
	// sends them to the worker, where the sinks look for them.
	Risky []Input

	// Unseen says that values of the request are not among Risky: there were too many, or
	// the body went on unread. The sinks then let nothing through that is not known.
	Unseen bool

	// Suspect are the classes of attacks that guard/injection has seen in the values and left to
	// the sinks: "sql", "file", "command", "template", "code" or "request". Of such a request, a
	// sink of that class lets only through what the app's own code says. Nil for nearly all.
	Suspect []string

	// Values are the values of the request, risky or not, as guard/injection has read them: what
	// keeps secrets out of the log knows them by it.
	Values []Input

	// Sinks are the settings that the guards in the worker have for this request, as they read
	// them; nil: those that they have since their start. Set by guard/sinks.
	Sinks []byte
}

// Input is one value of a request, as the app will see it.
type Input struct {
	Place string // one of the Places
	Name  string // of the field; in JSON its path, such as "items.0.title"
	Value string // decoded as the app's framework decodes it

	// Decoded are other forms of Value that an app may make of it: without another layer of
	// URL or base64 encoding, entities, full-width letters. Most have none.
	Decoded []string
}

// The places of inputs.
const (
	InPath     = "path"
	InQuery    = "query"
	InForm     = "form"
	InJSON     = "json"
	InHeader   = "header"
	InCookie   = "cookie"
	InFileName = "file name"
)

type exchangeKey struct{}

// WithExchange returns a context that carries x.
func WithExchange(ctx context.Context, x *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// ExchangeOf returns the exchange that ctx carries, or nil where guard/record does not
// run outside the caller.
func ExchangeOf(ctx context.Context) *Exchange {
	x, _ := ctx.Value(exchangeKey{}).(*Exchange)
	return x
}

// RequestID returns the ID of the request, or "" where guard/record does not run.
func RequestID(r *http.Request) string {
	if x := ExchangeOf(r.Context()); x != nil {
		return x.ID
	}
	return ""
}

// ClientIP returns the address of the client: what guard/clientip found, else the peer
// of the connection. It is the zero Addr when that is no IP address (a Unix socket).
func ClientIP(r *http.Request) netip.Addr {
	if x := ExchangeOf(r.Context()); x != nil && x.ClientIP.IsValid() {
		return x.ClientIP
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, _ := netip.ParseAddr(host)
	return ip.Unmap().WithZone("") // a zone means something on this machine only
}

// Scheme returns "https" or "http", as the client used it.
func Scheme(r *http.Request) string {
	if x := ExchangeOf(r.Context()); x != nil && x.Scheme != "" {
		return x.Scheme
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// crockford is Crockford's base 32 alphabet: no I, L, O or U, so that an ID can be read
// over the telephone.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewRequestID returns a random request ID such as "7F3K-9QXD": 40 bits, enough to find
// one request in a log, not a secret.
func NewRequestID() string {
	bits := rand.Uint64() // ChaCha8, seeded by the kernel
	var id [9]byte
	for i := range id {
		if i == 4 {
			id[i] = '-'
			continue
		}
		id[i] = crockford[bits&31]
		bits >>= 5
	}
	return string(id[:])
}

// Secret is a string that never appears in a log, in fmt output or in JSON. In a struct
// it must be an exported field: fmt prints unexported ones without asking them.
type Secret string

const redacted = "[redacted]"

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// Format implements fmt.Formatter: a wrong verb, such as %d, would print the value.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
