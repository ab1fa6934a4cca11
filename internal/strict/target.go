package strict

import (
	"bytes"
	"net/http"
	"net/netip"

	fumehood "github.com/fumehood/fumehood"
)

// target judges the request target (RFC 9112, section 3.2); from is its place in the head.
// CONNECT, the only method with the authority form, was refused before.
func (p *parser) target(method, target []byte, from int) *fumehood.Refusal {
	if len(target) == 0 {
		return refuse(badRequestLine, "an empty request target")
	}
	if n := span(target, targetByte); n < len(target) {
		return refuse(badTarget, "the byte 0x%02x in the request target", target[n])
	}
	if target[0] == '/' {
		return checkPath(target)
	}
	if len(target) == 1 && target[0] == '*' {
		if string(method) != http.MethodOptions {
			return refuse(badTarget, "target * with method %s", quote(method))
		}
		return nil
	}
	scheme := 0
	switch {
	case len(target) > 7 && is(target[:4], "http") && string(target[4:7]) == "://":
		scheme = 7
	case len(target) > 8 && is(target[:5], "https") && string(target[5:8]) == "://":
		scheme = 8
	default:
		return refuse(badTarget, "target %s is neither a path nor an http address", quoteLine(target))
	}
	rest := target[scheme:]
	end := bytes.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	// User and password are refused with the other bytes that no host has (RFC 9110,
	// section 4.2.4).
	if !validHost(rest[:end]) {
		return refuse(badTarget, "the host in target %s", quote(rest[:end]))
	}
	p.head.authority = span2{from + scheme, from + scheme + end}
	return checkPath(rest[end:])
}

// checkPath refuses a path with a broken percent-encoding: which byte it means would be
// up to whoever decodes it. In a query that is left to the app: "100%" is common there.
func checkPath(path []byte) *fumehood.Refusal {
	for {
		i := bytes.IndexByte(path, '%')
		if i < 0 {
			return nil
		}
		if q := bytes.IndexByte(path[:i], '?'); q >= 0 {
			return nil
		}
		path = path[i+1:]
		if len(path) < 2 || span(path[:2], hexByte) < 2 {
			return refuse(badTarget, "a percent sign without two hex digits in the path")
		}
		path = path[2:]
	}
}

// host judges the Host field. In a request with an absolute-form target it must agree
// with it (RFC 9112, section 3.2 has clients send it so): programs differ in which of the
// two they believe.
func (p *parser) host(unit, name, value []byte) *fumehood.Refusal {
	if bad := p.once(onceHost, name); bad != nil {
		return bad
	}
	if !validHost(value) {
		return refuse(badHost, "Host %s", quote(value))
	}
	p.head.host = true
	if a := p.head.authority; a.to > 0 && !bytes.EqualFold(unit[a.from:a.to], value) {
		return refuse(hostMismatch, "target for %s, Host %s", quote(unit[a.from:a.to]), quote(value))
	}
	return nil
}

// validHost tells whether b is a host with or without a port. An empty host, an empty
// port, percent-encoding and zones are refused, though RFC 3986 has a place for them: no
// browser sends them, and programs disagree about them.
func validHost(b []byte) bool {
	end := 0
	if len(b) > 0 && b[0] == '[' {
		end = bytes.IndexByte(b, ']') + 1
		if end == 0 || !validIPv6(b[1:end-1]) {
			return false
		}
	} else {
		end = span(b, hostByte)
		if end == 0 {
			return false
		}
	}
	if end == len(b) {
		return true
	}
	port := b[end+1:]
	if b[end] != ':' || len(port) == 0 || len(port) > 5 || span(port, digitByte) < len(port) {
		return false
	}
	n := 0
	for _, x := range port {
		n = n*10 + int(x-'0')
	}
	return n <= 65535
}

// validIPv6 looks at the text of an IPv6 address without its brackets.
func validIPv6(b []byte) bool {
	if len(b) > len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255") || bytes.IndexByte(b, '%') >= 0 {
		return false
	}
	addr, err := netip.ParseAddr(string(b))
	return err == nil && addr.Is6()
}
