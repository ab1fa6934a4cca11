package cors

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/fumehood/fumehood/internal/hint"
)

const originHint = `write an origin such as "https://shop.example" or "https://shop.example:8443"`

// origin is what an entry of the configuration stands for.
type origin struct {
	text   string // as a browser writes it into the Origin field (RFC 6454 section 6.2)
	secure bool   // nobody on the way can speak for it
}

// parseOrigin reads one entry of cors.origins. What a browser would never write is an
// error, because it would never match.
func parseOrigin(entry string) (origin, error) {
	wrong := func(advice, format string, args ...any) (origin, error) {
		return origin{}, hint.With(fmt.Errorf("%q "+format, append([]any{entry}, args...)...), advice)
	}
	switch {
	case entry == "*":
		return wrong("name each origin; for a public API without cookies there is cors.dangerously_allow_any_origin", "would let every site read the answers")
	case entry == "null":
		return wrong("name the real origin of the page", "is what sandboxed frames and local files call themselves, those of attackers too")
	case strings.Contains(entry, "*"):
		return wrong("name each origin", "is a wildcard: one forgotten name below it is enough for an attacker")
	case !strings.Contains(entry, "://"):
		return wrong(originHint, "has no scheme")
	}
	u, err := url.Parse(entry)
	if err != nil || u.Host == "" {
		return wrong(originHint, "is no origin")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return wrong(originHint, "has the scheme %q: only https and http pages are served by a site", u.Scheme)
	}
	host, err := canonicalHost(u.Hostname(), strings.HasPrefix(u.Host, "["))
	if err != nil {
		return wrong(originHint, "has no valid host: %w", err)
	}
	port, err := canonicalPort(u.Scheme, u.Port())
	if err != nil {
		return wrong(originHint, "has no valid port: %w", err)
	}
	o := origin{text: u.Scheme + "://" + host + port, secure: u.Scheme == "https" || loopback(host)}
	ascii := strings.Replace(entry, u.Hostname(), strings.Trim(host, "[]"), 1) // only the host may be written otherwise
	switch {
	case o.text == entry, isUnicode(entry) && ascii == o.text:
		return o, nil
	case u.User != nil:
		return wrong(fmt.Sprintf("write %q", o.text), "has a user: an origin has none")
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(entry, "#"):
		return wrong(fmt.Sprintf("write %q", o.text), "has a path: an origin ends after the host and port, without a slash")
	}
	return wrong(fmt.Sprintf("write %q", o.text), "is not how browsers write it, so it would never match")
}

// canonicalHost returns the host as the URL Standard serializes it.
func canonicalHost(host string, bracketed bool) (string, error) {
	if bracketed {
		ip, err := netip.ParseAddr(host)
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", fmt.Errorf("%q is no IPv6 address", host)
		}
		return "[" + serializeIPv6(ip) + "]", nil
	}
	if isUnicode(host) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", fmt.Errorf("%q is no international name: %w", host, err)
		}
		host = ascii
	}
	host = strings.ToLower(host)
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", fmt.Errorf("%q is no host name", host)
		}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		ip, err := netip.ParseAddr(host) // a browser reads such a name as a number
		if err != nil || !ip.Is4() {
			return "", fmt.Errorf("%q is no IPv4 address", host)
		}
	}
	return host, nil
}

// serializeIPv6 is netip's form but for addresses with an IPv4 part: the URL Standard has
// no dots in an IPv6 address.
func serializeIPv6(ip netip.Addr) string {
	if !ip.Is4In6() {
		return ip.String()
	}
	b := ip.As16()
	return fmt.Sprintf("::ffff:%x:%x", int(b[12])<<8|int(b[13]), int(b[14])<<8|int(b[15]))
}

// canonicalPort returns ":port", or "" for the scheme's own.
func canonicalPort(scheme, port string) (string, error) {
	if port == "" {
		return "", nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", errors.New("a port is a number from 1 to 65535")
	}
	if scheme == "https" && n == 443 || scheme == "http" && n == 80 {
		return "", nil
	}
	return ":" + strconv.FormatUint(n, 10), nil
}

// loopback says whether host is this machine, which needs no encryption on the way.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func isUnicode(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c >= 0x80 })
}
