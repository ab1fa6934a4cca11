package wsgi

import (
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// Listener is what the environ says of the server: the name and port of the listener,
// never what the client wrote into Host.
type Listener struct {
	Name string // SERVER_NAME
	Port string // SERVER_PORT
}

var errNUL = errors.New("a NUL byte in the request")

// appendEnviron appends the PEP 3333 environ of r to b, as the worker protocol wants it:
// names and values split by NUL, each the bytes that Python decodes as latin-1. It is an
// error when a value holds a NUL; nothing else in r is judged here.
func appendEnviron(b []byte, r *http.Request, l Listener, bodySize int64) ([]byte, error) {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	first := len(b)
	e := environ{b: b}
	e.put("REQUEST_METHOD", r.Method)
	e.put("SCRIPT_NAME", "")
	path := r.URL.Path // decoded once, by net/http; bytes, whatever they mean
	if path == "" && r.Method == http.MethodOptions && r.URL.Opaque == "" {
		path = r.RequestURI // OPTIONS *
	}
	e.put("PATH_INFO", path)
	e.put("QUERY_STRING", r.URL.RawQuery)
	e.put("REQUEST_URI", r.RequestURI)
	e.put("RAW_URI", r.RequestURI)
	e.put("SERVER_NAME", l.Name)
	e.put("SERVER_PORT", l.Port)
	e.put("SERVER_PROTOCOL", r.Proto)
	e.put("SERVER_SOFTWARE", "fumehood")
	e.put("wsgi.url_scheme", fumehood.Scheme(r))
	e.put("REMOTE_ADDR", remoteAddr(r))
	e.put("REMOTE_PORT", remotePort(r))
	if bodySize >= 0 {
		e.number("CONTENT_LENGTH", bodySize)
	}
	e.fields(r)
	if e.nul {
		return nil, errNUL
	}
	binary.LittleEndian.PutUint32(e.b[start:], uint32(len(e.b)-first))
	return e.b, nil
}

type environ struct {
	b     []byte
	begun bool
	nul   bool
}

func (e *environ) name(name string) {
	if e.begun {
		e.b = append(e.b, 0)
	}
	e.begun = true
	e.b = append(e.b, name...)
	e.b = append(e.b, 0)
}

func (e *environ) value(v string) {
	if strings.IndexByte(v, 0) >= 0 {
		e.nul = true
	}
	e.b = append(e.b, v...)
}

func (e *environ) put(name, value string) { e.name(name); e.value(value) }

func (e *environ) number(name string, n int64) {
	e.name(name)
	e.b = strconv.AppendInt(e.b, n, 10)
}

// dropped are the fields that never become HTTP_ variables: what belongs to one hop
// (RFC 9110 7.6.1), what the server has already acted on, and Proxy, which would become
// HTTP_PROXY and steer the app's own outgoing requests (CVE-2016-1000110).
var dropped = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true, "Te": true,
	"Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Http2-Settings": true,
	"Content-Length": true, "Expect": true, "Proxy": true,
	"Proxy-Authenticate": true, "Proxy-Authorization": true,
}

// fields adds the header fields. A name with an underscore is dropped: it would become
// the same variable as its twin with a dash and could pass for it.
func (e *environ) fields(r *http.Request) {
	if r.Host != "" {
		e.put("HTTP_HOST", r.Host)
	}
	// The front's own word: no Connection field of the client takes it away.
	id := fumehood.RequestID(r)
	if id != "" {
		e.put("HTTP_X_REQUEST_ID", id)
	}
	connection := r.Header["Connection"]
	for name, values := range r.Header {
		if len(values) == 0 || dropped[name] || name == "Host" || !plainName(name) || id != "" && name == "X-Request-Id" {
			continue
		}
		if len(connection) > 0 && named(connection, name) {
			continue
		}
		if name == "Content-Type" {
			e.put("CONTENT_TYPE", values[0])
			continue
		}
		e.variable(name)
		separator := ", "
		if name == "Cookie" {
			separator = "; " // RFC 9113 8.2.3 lets a client split it
		}
		for i, v := range values {
			if i > 0 {
				e.b = append(e.b, separator...)
			}
			e.value(v)
		}
	}
}

// plainName says whether name is made of letters, digits and dashes only, so that no two
// names become one variable.
func plainName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return name != ""
}

func (e *environ) variable(name string) {
	if e.begun {
		e.b = append(e.b, 0)
	}
	e.begun = true
	e.b = append(e.b, "HTTP_"...)
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '-':
			c = '_'
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		e.b = append(e.b, c)
	}
	e.b = append(e.b, 0)
}

// named says whether one of the Connection fields lists name as belonging to this hop.
func named(connection []string, name string) bool {
	for _, list := range connection {
		for token := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(token), name) {
				return true
			}
		}
	}
	return false
}

func remoteAddr(r *http.Request) string {
	if x := fumehood.ExchangeOf(r.Context()); x != nil && x.ClientIP.IsValid() {
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap() == x.ClientIP {
				return host // no second rendering of the same address
			}
		}
		return x.ClientIP.String()
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// remotePort is that of the connection; behind a trusted proxy it says nothing of the
// client and is left empty.
func remotePort(r *http.Request) string {
	host, port, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	if x := fumehood.ExchangeOf(r.Context()); x != nil && x.ClientIP.IsValid() {
		if ip, err := netip.ParseAddr(host); err != nil || ip.Unmap() != x.ClientIP {
			return ""
		}
	}
	return port
}
