// Package limits caps what one request may cost before anything looks into it.
//
// Attacks: bodies, heads and targets that fill memory or disk; hash tables of thousands of
// fields; control characters in the path, which end a string in C or forge a line
// elsewhere; methods such as TRACE that no app expects. It also sees to it that a client
// that is still sending gets to read the 413. Not covered: how slowly a body arrives
// (guard/body), how many requests there are, what is not well-formed HTTP/1
// (internal/strict).
//
// Order: MUST come before anything that reads the body.
package limits

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard refuses requests that cost too much. Make one with New.
type Guard struct {
	cfg   Config
	ready bool
	route func(*http.Request) (fumehood.Size, bool)
}

// New returns a Guard, or every mistake in cfg. A zero cap of the head takes its default;
// a zero Body accepts no body at all. route returns the cap of the body for a request and
// whether it has one of its own; it may be nil.
func New(cfg Config, route func(*http.Request) (fumehood.Size, bool)) (*Guard, error) {
	var mistakes []error
	size := func(key string, value *fumehood.Size, otherwise fumehood.Size) {
		if *value < 0 {
			mistakes = append(mistakes, hint.With(
				fmt.Errorf("limits.%s: %d is below zero", key, *value), fmt.Sprintf("the default is %v", otherwise)))
		}
		if *value == 0 {
			*value = otherwise
		}
	}
	size("request_line", &cfg.RequestLine, 8*fumehood.KB)
	size("field_size", &cfg.FieldSize, 8*fumehood.KB)
	size("head", &cfg.Head, 64*fumehood.KB)
	size("body", &cfg.Body, 0)
	fields := fumehood.Size(cfg.Fields)
	size("fields", &fields, 100)
	cfg.Fields = int(fields)
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return &Guard{cfg: cfg, ready: true, route: route}, nil
}

// Check says whether the head of r, and the length it gives its body, keep to the limits.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("limits")
	}
	return g.check(r, g.bodyCap(r))
}

// Handler passes requests that keep to the limits to next. Their body ends with a
// *fumehood.Refusal (413) where it passes the cap.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("limits"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := g.bodyCap(r)
		if verdict := g.check(r, limit); verdict != nil {
			fumehood.Refuse(w, r, verdict)
			// Who asks with Expect waits for the answer and sends nothing.
			drain(w, r, r.ContentLength > int64(limit) && r.Header.Get("Expect") == "")
			return
		}
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength >= 0 && r.ProtoMajor < 3 {
			next.ServeHTTP(w, r) // net/http holds a body to its Content-Length
			return
		}
		body := &capped{src: r.Body, limit: limit, left: int64(limit)}
		inner := *r
		inner.Body = body
		next.ServeHTTP(w, &inner)
		if body.over.Load() {
			drain(w, r, true)
		}
	})
}

func (g *Guard) bodyCap(r *http.Request) fumehood.Size {
	if g.route != nil {
		if limit, ok := g.route(r); ok {
			return limit
		}
	}
	return g.cfg.Body
}

func (g *Guard) check(r *http.Request, limit fumehood.Size) error {
	if err := g.checkHead(r); err != nil {
		return err
	}
	if !knownMethod(r.Method) {
		return &fumehood.Refusal{
			Status: http.StatusNotImplemented, Code: "limits.method",
			Public: "This server does not know that method.",
			Err:    fmt.Errorf("method %.32q", r.Method),
		}
	}
	for _, c := range []byte(r.URL.Path) {
		if c < ' ' || c == 0x7f {
			return &fumehood.Refusal{
				Status: http.StatusBadRequest, Code: "limits.path",
				Public: "The path of this request has a character that no path may have.",
				Err:    fmt.Errorf("byte %#02x in the decoded path", c),
			}
		}
	}
	// A server must ignore the field in HTTP/1.0 (RFC 9110 section 10.1.1).
	if expect := r.Header["Expect"]; len(expect) > 0 && r.ProtoAtLeast(1, 1) &&
		(len(expect) > 1 || !strings.EqualFold(expect[0], "100-continue")) {
		return &fumehood.Refusal{
			Status: http.StatusExpectationFailed, Code: "limits.expect",
			Public: "This server does not know that expectation.",
			Err:    fmt.Errorf("expectation %.64q", expect),
		}
	}
	if r.ContentLength > int64(limit) {
		return tooLarge(limit, fmt.Errorf("Content-Length is %d, the cap is %v", r.ContentLength, limit))
	}
	return nil
}

// checkHead caps the sizes of the head.
func (g *Guard) checkHead(r *http.Request) error {
	target := len(r.RequestURI)
	if target == 0 && r.URL != nil { // made by Go code, not read from a connection
		target = len(r.URL.Path) + len(r.URL.RawQuery)
	}
	line := len(r.Method) + target + len("  HTTP/1.1")
	if line > int(g.cfg.RequestLine) {
		return &fumehood.Refusal{
			Status: http.StatusRequestURITooLong, Code: "limits.request-line",
			Public: "The address of this request is too long.",
			Err:    fmt.Errorf("the request line has %d bytes, the cap is %v", line, g.cfg.RequestLine),
		}
	}
	head, fields := line, 0
	if r.Host != "" { // net/http keeps it apart
		head, fields = head+len("Host: \r\n")+len(r.Host), 1
	}
	for name, values := range r.Header {
		fields += len(values)
		for _, value := range values {
			size := len(name) + len(value)
			if size > int(g.cfg.FieldSize) {
				return headTooLarge("field-size", fmt.Errorf("the field %.64q has %d bytes, the cap is %v", name, size, g.cfg.FieldSize))
			}
			head += size + len(": \r\n")
		}
	}
	if fields > g.cfg.Fields {
		return headTooLarge("fields", fmt.Errorf("%d header fields, the cap is %d", fields, g.cfg.Fields))
	}
	if head > int(g.cfg.Head) {
		return headTooLarge("head", fmt.Errorf("the head has %d bytes, the cap is %v", head, g.cfg.Head))
	}
	return nil
}

func headTooLarge(reason string, cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestHeaderFieldsTooLarge, Code: "limits." + reason,
		Public: "The head of this request is too large.",
		Err:    cause,
	}
}

func tooLarge(limit fumehood.Size, cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestEntityTooLarge, Code: "limits.body",
		Public:    fmt.Sprintf("The body of this request is larger than %v, which is the most that is accepted here.", limit),
		Err:       cause,
		CloseConn: true,
	}
}

// knownMethod says whether an app may get the method: those of RFC 9110 and RFC 5789 but
// CONNECT and TRACE, QUERY, and those of WebDAV, CalDAV and versioning in IANA's registry.
func knownMethod(method string) bool {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY",
		"ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE",
		"MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PROPFIND",
		"PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE",
		"UPDATEREDIRECTREF", "VERSION-CONTROL":
		return true
	}
	return false
}
