package http1

import (
	"context"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

var errMalformed = errors.New("a head that package strict should have refused")

// newResponse reads a head and makes what a handler gets.
func (c *conn) newResponse(ctx context.Context, head string) (*response, error) {
	w := &response{c: c, length: -1, header: make(http.Header, 24)}
	var r http.Request
	if err := parse(head, &r, &w.url); err != nil {
		return nil, err
	}
	r.RemoteAddr, r.TLS = c.remote, c.tls
	ctx, w.cancel = context.WithCancel(ctx)
	w.isHead = r.Method == http.MethodHead
	w.http10 = r.ProtoMinor == 0
	w.closing = r.Close || c.srv.closing.Load()
	c.enter(w)
	if r.ContentLength == 0 {
		r.Body = http.NoBody
		w.req = r.WithContext(ctx)
		c.watchSoon(w)
		return w, nil
	}
	c.nc.SetReadDeadline(time.Time{}) // the one for the head is over
	w.body = newBody(w, r.ContentLength)
	if !w.http10 && r.Header["Expect"] != nil { // strict knows one expectation only
		w.expects = true
	}
	r.Body = w.body
	w.req = r.WithContext(ctx)
	return w, nil
}

// parse fills r from a head as http.ReadRequest would.
func parse(head string, r *http.Request, u *url.URL) error {
	line, rest, ok := strings.Cut(head, "\r\n")
	first, last := strings.IndexByte(line, ' '), strings.LastIndexByte(line, ' ')
	if !ok || first < 1 || first == last {
		return errMalformed
	}
	r.Method, r.RequestURI = line[:first], line[first+1:last]
	switch line[last+1:] {
	case "HTTP/1.1":
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	case "HTTP/1.0":
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
	default:
		return errMalformed
	}
	if err := parseTarget(r.RequestURI, u); err != nil {
		return err
	}
	r.URL = u
	if err := parseFields(rest, r); err != nil {
		return err
	}
	if u.Host != "" {
		r.Host = u.Host
	}
	return arrange(r)
}

// parseTarget is url.ParseRequestURI, shorter for what needs no decoding.
func parseTarget(target string, u *url.URL) error {
	path, query := target, ""
	for i := 0; i < len(target); i++ {
		x := target[i]
		if 'a' <= x && x <= 'z' || 'A' <= x && x <= 'Z' || '-' <= x && x <= '9' || x == '_' || x == '~' {
			continue
		}
		if x == '?' && i+1 < len(target) {
			path, query = target[:i], target[i+1:]
			break
		}
		path = ""
		break
	}
	if path != "" && path[0] == '/' {
		u.Path, u.RawQuery = path, query
		return nil
	}
	parsed, err := url.ParseRequestURI(target)
	if err != nil {
		return err
	}
	*u = *parsed
	return nil
}

// parseFields reads the field lines.
func parseFields(lines string, r *http.Request) error {
	count := strings.Count(lines, "\n")
	values := make([]string, count)
	header := make(http.Header, count+1) // and the request ID
	for i := 0; lines != ""; i++ {
		line, rest, _ := strings.Cut(lines, "\r\n")
		lines = rest
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return errMalformed
		}
		value = strings.TrimPrefix(value, " ") // nearly always all there is
		if value != "" && (value[0] <= ' ' || value[len(value)-1] <= ' ') {
			value = strings.Trim(value, " \t")
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if key == "Host" {
			r.Host = value
			continue
		}
		if had, twice := header[key]; twice {
			header[key] = append(had, value)
			continue
		}
		values[i] = value
		header[key] = values[i : i+1 : i+1]
	}
	r.Header = header
	return nil
}

// arrange takes out of the header what http.Request has fields for.
func arrange(r *http.Request) error {
	h := r.Header
	if codings := h["Transfer-Encoding"]; codings != nil { // "chunked": strict lets nothing else through
		r.TransferEncoding, r.ContentLength = []string{"chunked"}, -1
		delete(h, "Transfer-Encoding")
		if err := announceTrailers(r); err != nil {
			return err
		}
	} else if length := h["Content-Length"]; length != nil {
		n, err := strconv.ParseUint(length[0], 10, 63)
		if err != nil || len(length) > 1 {
			return errMalformed
		}
		r.ContentLength = int64(n)
	}
	connection := h["Connection"]
	r.Close = httpguts.HeaderValuesContainsToken(connection, "close") ||
		r.ProtoMinor == 0 && !httpguts.HeaderValuesContainsToken(connection, "keep-alive")
	// RFC 7234, section 5.4, as net/http does it.
	if pragma := h["Pragma"]; len(pragma) > 0 && pragma[0] == "no-cache" && h["Cache-Control"] == nil {
		h["Cache-Control"] = []string{"no-cache"}
	}
	return nil
}

func announceTrailers(r *http.Request) error {
	announced, ok := r.Header["Trailer"]
	if !ok {
		return nil
	}
	delete(r.Header, "Trailer")
	for _, list := range announced {
		for name := range strings.SplitSeq(list, ",") {
			name = textproto.CanonicalMIMEHeaderKey(strings.Trim(name, " \t"))
			if name == "" {
				continue
			}
			if r.Trailer == nil {
				r.Trailer = http.Header{}
			}
			r.Trailer[name] = nil
		}
	}
	return nil
}
