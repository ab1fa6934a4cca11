package clientip

import (
	"errors"
	"net"
	"net/netip"
	"strings"
)

// peer returns the address of the connection's other end, zero for a Unix socket.
func peer(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	ip, _ := parseHop(remote)
	return ip
}

// isUnix says whether remote is the address of a Unix socket as net writes it: unnamed,
// abstract or a path.
func isUnix(remote string) bool {
	return remote == "" || remote[0] == '@' || remote[0] == '/'
}

// parseHop reads one hop of a forwarding header: an IP address with or without a port,
// with or without brackets. A zone is dropped: it means something on one machine only.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	host := s
	switch {
	case strings.HasPrefix(s, "["):
		end := strings.IndexByte(s, ']')
		if end < 0 || strings.IndexByte(s[:end], ':') < 0 || !validPort(s[end+1:]) {
			return netip.Addr{}, false
		}
		host = s[1:end]
	case strings.Count(s, ":") == 1: // an IPv4 address with a port
		colon := strings.IndexByte(s, ':')
		if strings.IndexByte(s, '.') < 0 || !validPort(s[colon:]) {
			return netip.Addr{}, false
		}
		host = s[:colon]
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, false
	}
	ip = ip.Unmap().WithZone("")
	if ip.IsUnspecified() {
		return netip.Addr{}, false // nobody connects from 0.0.0.0 or ::
	}
	return ip, true
}

// validPort says whether s is "" or a colon and a port number.
func validPort(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != ':' || len(s) < 2 || len(s) > 6 {
		return false
	}
	n := 0
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return n <= 65535
}

// cutLast splits the last entry off a comma-separated list.
func cutLast(list string) (rest, entry string, more bool) {
	comma := strings.LastIndexByte(list, ',')
	if comma < 0 {
		return "", list, false
	}
	return list[:comma], list[comma+1:], true
}

// last returns the last entry of the last value.
func last(values []string) string {
	_, entry, _ := cutLast(values[len(values)-1])
	return strings.Trim(entry, " \t")
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// scheme returns "https" or "http" for a forwarded protocol, "" for any other. Traefik
// says wss and ws for WebSockets.
func scheme(proto string) string {
	switch {
	case strings.EqualFold(proto, "https"), strings.EqualFold(proto, "wss"):
		return "https"
	case strings.EqualFold(proto, "http"), strings.EqualFold(proto, "ws"):
		return "http"
	}
	return ""
}

// validHost says whether s is a name or an address, with or without a port. Which names
// are served is not decided here.
func validHost(s string) bool {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && i > strings.LastIndexByte(s, ']') {
		if !validPort(s[i:]) {
			return false
		}
		host = s[:i]
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		return ok && net.ParseIP(inside) != nil && strings.Contains(inside, ":")
	}
	if host == "" || len(host) > 255 {
		return false
	}
	for _, c := range []byte(host) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return true
}

// hop is one element of Forwarded: what one proxy says of the one before it.
type hop struct {
	node  string // for=, without quotes
	proto string // proto=
}

var errForwarded = errors.New("the Forwarded header is not as RFC 7239 section 4 has it")

// parseForwarded reads Forwarded as RFC 7239 section 4 defines it, and nothing else.
func parseForwarded(values []string) ([]hop, error) {
	var hops []hop
	for _, value := range values {
		for more := true; more; {
			var h hop
			var err error
			if h, value, more, err = parseElement(value); err != nil {
				return nil, err
			}
			hops = append(hops, h)
		}
	}
	return hops, nil
}

// parseElement reads one element, up to a comma or the end. Each parameter may occur once.
func parseElement(s string) (h hop, rest string, more bool, err error) {
	var seen []string
	s = strings.TrimLeft(s, " \t")
	for {
		var name, value string
		if name, value, s, err = parsePair(s); err != nil {
			return hop{}, "", false, err
		}
		for _, before := range seen {
			if strings.EqualFold(before, name) {
				return hop{}, "", false, errForwarded
			}
		}
		seen = append(seen, name)
		switch {
		case strings.EqualFold(name, "for"):
			h.node = value
		case strings.EqualFold(name, "proto"):
			h.proto = value
		}
		s = strings.TrimLeft(s, " \t")
		switch {
		case s == "":
			return h, "", false, nil
		case s[0] == ',':
			return h, s[1:], true, nil
		case s[0] != ';' || len(seen) >= 8: // RFC 7239 has four parameters
			return hop{}, "", false, errForwarded
		}
		s = s[1:]
	}
}

// parsePair reads token "=" value, where value is a token or a quoted string.
func parsePair(s string) (name, value, rest string, err error) {
	n := tokenLen(s)
	if n == 0 || n == len(s) || s[n] != '=' {
		return "", "", "", errForwarded
	}
	name, s = s[:n], s[n+1:]
	if s != "" && s[0] == '"' {
		value, rest, err = parseQuoted(s[1:])
		return name, value, rest, err
	}
	n = tokenLen(s)
	if n == 0 {
		return "", "", "", errForwarded
	}
	return name, s[:n], s[n:], nil
}

// parseQuoted reads a quoted string (RFC 9110 section 5.6.4) after its first quote.
func parseQuoted(s string) (value, rest string, err error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return string(out), s[i+1:], nil
		case c == '\\':
			i++
			if i == len(s) || s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
				return "", "", errForwarded
			}
			out = append(out, s[i])
		case c < ' ' && c != '\t' || c == 0x7f:
			return "", "", errForwarded
		default:
			out = append(out, c)
		}
	}
	return "", "", errForwarded
}

// tokenLen returns the length of the token (RFC 9110 section 5.6.2) that s begins with.
func tokenLen(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return i
		}
	}
	return len(s)
}
