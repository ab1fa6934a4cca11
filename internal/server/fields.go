package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/strict"
)

// wellFormed refuses what is malformed on the wire, in every version of HTTP, with the
// same codes. For HTTP/1 package strict has judged the bytes already. The libraries for
// HTTP/2 and HTTP/3 check the framing, but leave some of the rest to whoever comes after:
// what they let through, and an app, a log or an upstream server on HTTP/1 could read in
// another way, is refused here. Sections are those of RFC 9113.
func wellFormed(next http.Handler) http.Handler {
	one := strict.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor < 2 {
			one.ServeHTTP(w, r)
			return
		}
		if refusal := checkMultiplexed(r); refusal != nil {
			fumehood.Refuse(w, r, refusal)
			return
		}
		if r.ProtoMajor == 3 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
			r.Header.Del("Expect") // net/http does both for the other versions
			w.WriteHeader(http.StatusContinue)
		}
		next.ServeHTTP(w, r)
	})
}

const (
	malformed = "The request is not well-formed HTTP."
	wrongHost = "The request does not say clearly which site it is for."
)

func malformedRequest(code, public, format string, args ...any) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: code, Public: public, Err: fmt.Errorf(format, args...),
	}
}

// checkMultiplexed judges a request of HTTP/2 or HTTP/3, and takes out of it what HTTP/1
// requests do not have in the same place: the field Host, trailers.
func checkMultiplexed(r *http.Request) *fumehood.Refusal {
	if refusal := checkTarget(r); refusal != nil {
		return refusal
	}
	if refusal := checkAuthority(r); refusal != nil {
		return refusal
	}
	for _, name := range [...]string{"Content-Length", "Content-Type", "Authorization", "Origin", "Expect"} {
		if len(r.Header[name]) > 1 {
			return malformedRequest("http.duplicate-field", malformed, "more than one field %s", name)
		}
	}
	if refusal := checkLength(r); refusal != nil {
		return refusal
	}
	for name, values := range r.Header {
		for _, value := range values { // section 8.2.1; HTTP/1 has trimmed them
			if value != "" && (isBlank(value[0]) || isBlank(value[len(value)-1])) {
				return malformedRequest("http.control-byte", malformed, "white space around the value of %.64q", name)
			}
		}
	}
	// Nothing here reads them, and a field that only looks like one of the head is a trap.
	r.Trailer = nil
	return nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// checkTarget judges :path (section 8.3.1): an absolute path and query, or "*" for
// OPTIONS. net/http takes an absolute address too, and then believes its host.
func checkTarget(r *http.Request) *fumehood.Refusal {
	const code = "http.bad-target"
	target := r.RequestURI
	if r.Method == http.MethodConnect {
		return &fumehood.Refusal{
			Status: http.StatusNotImplemented, Code: "http.connect", Public: "This server is no proxy.",
			Err: fmt.Errorf("CONNECT to %.64q", target),
		}
	}
	if target == "*" && r.Method == http.MethodOptions {
		return nil
	}
	if !strings.HasPrefix(target, "/") {
		return malformedRequest(code, malformed, "target %.64q is not a path", target)
	}
	inPath := true
	for i := 0; i < len(target); i++ {
		switch c := target[i]; {
		case c <= ' ' || c >= 0x7f || c == '#':
			return malformedRequest(code, malformed, "the byte 0x%02x in the request target", c)
		case c == '?':
			inPath = false
		case c == '%' && inPath && (i+2 >= len(target) || !isHex(target[i+1]) || !isHex(target[i+2])):
			return malformedRequest(code, malformed, "a percent sign without two hex digits in the path")
		}
	}
	return nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// checkAuthority judges the host, which :authority or Host names; if both do, they must
// agree (section 8.3.1).
func checkAuthority(r *http.Request) *fumehood.Refusal {
	hosts := r.Header["Host"]
	if len(hosts) > 1 {
		return malformedRequest("http.duplicate-field", malformed, "more than one field Host")
	}
	if len(hosts) == 1 && !strings.EqualFold(hosts[0], r.Host) {
		return malformedRequest("http.host-mismatch", wrongHost, ":authority %.64q, Host %.64q", r.Host, hosts[0])
	}
	delete(r.Header, "Host") // as in HTTP/1, where net/http keeps it in r.Host only
	if r.Host == "" {
		return malformedRequest("http.no-host", wrongHost, "neither :authority nor Host")
	}
	if !validAuthority(r.Host) {
		return malformedRequest("http.bad-host", wrongHost, ":authority %.64q", r.Host)
	}
	return nil
}

// validAuthority tells whether s is a host with or without a port, in the narrow form
// that package strict accepts.
func validAuthority(s string) bool {
	host, port := s, "0"
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return false
		}
		ip, err := netip.ParseAddr(s[1:end])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return false
		}
		host, port = "v6", s[end+1:]
		if port == "" {
			return true
		}
		if port[0] != ':' {
			return false
		}
		port = port[1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
	}
	for _, c := range []byte(host) {
		if !isAlnum(c) && strings.IndexByte("-._~!$&'()*+,;=", c) < 0 {
			return false
		}
	}
	for _, c := range []byte(port) {
		if c < '0' || c > '9' {
			return false
		}
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil && host != "" && len(port) <= 5
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// checkLength refuses a Content-Length that is no number, or that is not the length that
// the library found (net/http reads a broken one as 0, and leaves the field as it is).
func checkLength(r *http.Request) *fumehood.Refusal {
	value := r.Header["Content-Length"]
	if len(value) == 0 {
		return nil
	}
	n, err := strconv.ParseUint(value[0], 10, 63)
	if err != nil || value[0][0] == '+' || int64(n) != r.ContentLength {
		return malformedRequest("http.bad-length", malformed, "Content-Length %.64q, the length is %d", value[0], r.ContentLength)
	}
	return nil
}
