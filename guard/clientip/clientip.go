// Package clientip finds out who the client is when proxies stand in between, and is the
// only reader of forwarding headers.
//
// Attacks: a client that names its own address, scheme or host in X-Forwarded-For and its
// many relatives, to pass an address check, a rate limit or a redirect to https. Not
// covered: a trusted proxy that passes on what its client wrote instead of setting the
// header itself.
//
// Order: MUST come right after record and before everything that looks at the client's
// address, the scheme or the host.
//
// Nobody is trusted by default: the client is the peer of the connection. When the peer is
// a trusted proxy:
//
//   - The address: X-Forwarded-For is read from the right (the end that the nearest proxy
//     wrote). The first address that is no trusted proxy is the client. Where an entry is
//     no address, such as "unknown", the hop that reported it stands for the client. When
//     all are trusted, the leftmost is the client.
//   - Forwarded (RFC 7239) is read by the same rules where X-Forwarded-For is absent. Where
//     both are there, both must lead to the same client: a proxy writes one of them, and
//     the other may be the client's own words. Otherwise the answer is 400.
//   - The scheme is the last value of X-Forwarded-Proto, else the proto that Forwarded has
//     for the client, else that of the connection.
//   - With ForwardedHost, the last value of X-Forwarded-Host takes the place of the host.
//     The proxy must set or remove that header; guard/hosts judges the outcome.
//
// Whoever the peer is, no forwarding or identity header is left in the request, and no
// header with an underscore in its name: CGI and WSGI cannot tell it from its twin with a
// hyphen.
package clientip

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// minBits is the shortest prefix that may be trusted: the private range fc00::/7 has it,
// and a shorter one is a large part of the whole internet.
const minBits = 7

// Guard finds the client of a request. Make one with New.
type Guard struct {
	ready   bool
	unix    bool
	host    bool // X-Forwarded-Host is believed
	proxies []netip.Prefix
}

// New returns a Guard, or every mistake in cfg.
func New(cfg Config) (*Guard, error) {
	g := &Guard{ready: true, host: cfg.ForwardedHost}
	var mistakes []error
	for _, entry := range cfg.TrustedProxies {
		if entry == "unix" {
			g.unix = true
			continue
		}
		prefix, err := parseProxy(entry)
		if err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		g.proxies = append(g.proxies, prefix)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

func parseProxy(entry string) (netip.Prefix, error) {
	fail := func(what, advice string) (netip.Prefix, error) {
		return netip.Prefix{}, hint.With(fmt.Errorf("clientip.trusted_proxies: %q %s", entry, what), advice)
	}
	if !strings.Contains(entry, "/") {
		ip, err := netip.ParseAddr(entry)
		switch {
		case err != nil:
			return fail("is no address", `write an address such as "10.0.0.7", a network such as "10.0.0.0/8", or "unix"`)
		case ip.Zone() != "":
			return fail("has a zone", fmt.Sprintf("write %q", ip.WithZone("")))
		case ip.Unmap().IsUnspecified():
			return fail("is the address of nobody", "write the address that the proxy connects from")
		}
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(entry)
	if err != nil {
		return fail("is no network", `write a network such as "10.0.0.0/8"`)
	}
	if ip := prefix.Addr(); ip.Is4In6() {
		prefix = netip.PrefixFrom(ip.Unmap(), max(prefix.Bits()-96, 0))
	}
	if prefix.Bits() < minBits {
		return fail("trusts everybody or nearly so: any client could name its own address",
			"name the networks that your proxies connect from")
	}
	if masked := prefix.Masked(); masked != prefix {
		return fail("has an address inside the network", fmt.Sprintf("write %q, or the address alone", masked))
	}
	return prefix, nil
}

// Check says whether the forwarding headers of r can be understood. It changes nothing.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("clientip")
	}
	_, err := g.find(r)
	return err
}

// Handler notes the client's address and scheme in the Exchange, puts the forwarded host
// into r.Host and removes all forwarding headers. It changes r and its headers.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("clientip"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := fumehood.ExchangeOf(r.Context())
		if x == nil { // without record outside, the steps inside must still know
			x = new(fumehood.Exchange)
			r = r.WithContext(fumehood.WithExchange(r.Context(), x))
		}
		found, err := g.find(r)
		x.ClientIP, x.Scheme = found.ip, found.scheme
		strip(r.Header)
		if err != nil {
			fumehood.Refuse(w, r, err)
			return
		}
		if found.host != "" {
			r.Host = found.host
		}
		next.ServeHTTP(w, r)
	})
}

// origin is what is known of the client.
type origin struct {
	ip     netip.Addr // zero for a peer on a Unix socket
	scheme string
	host   string // as forwarded, "" for none
}

// TrustsPeer says whether the connection of r comes from a trusted proxy.
func (g *Guard) TrustsPeer(r *http.Request) bool {
	return g.trusts(peer(r.RemoteAddr)) || g.unix && isUnix(r.RemoteAddr)
}

// UnnamedProxy says whether r looks as if it came through a proxy that nobody has named: a
// header that proxies set, on a connection from this machine, a private network or a Unix
// socket. It returns what would name that proxy in Config.TrustedProxies, "" for none.
// Anybody can write such a header, so this is a hint for the owner and nothing else; from
// public addresses, where visitors come from, it is not even that. Ask before Handler,
// which takes the headers out.
func (g *Guard) UnnamedProxy(r *http.Request) string {
	if r.Header["X-Forwarded-For"] == nil && r.Header["X-Real-Ip"] == nil && r.Header["Forwarded"] == nil || g.TrustsPeer(r) {
		return ""
	}
	if isUnix(r.RemoteAddr) {
		return "unix"
	}
	if ip := peer(r.RemoteAddr); ip.IsLoopback() || ip.IsPrivate() {
		return ip.String()
	}
	return ""
}

// find returns the client of r; with an error, what is known of it without the headers.
func (g *Guard) find(r *http.Request) (origin, error) {
	at := origin{ip: peer(r.RemoteAddr), scheme: "http"}
	if r.TLS != nil {
		at.scheme = "https"
	}
	if !g.TrustsPeer(r) {
		return at, nil
	}
	return g.forwarded(r.Header, at)
}

// forwarded returns what the trusted peer says of the client.
func (g *Guard) forwarded(h http.Header, peer origin) (origin, error) {
	found := peer
	chain, standard := h["X-Forwarded-For"], h["Forwarded"]
	if len(chain) > 0 {
		found.ip = g.walk(chain, peer.ip)
	}
	if len(standard) > 0 {
		hops, err := parseForwarded(standard)
		if err != nil {
			return peer, malformed(err)
		}
		ip, proto := g.walkHops(hops, peer.ip)
		switch {
		case len(chain) == 0:
			found.ip = ip
			found.scheme = orElse(scheme(proto), found.scheme)
		case ip != found.ip:
			return peer, malformed(fmt.Errorf("X-Forwarded-For leads to %v, Forwarded to %v: "+
				"the proxy must remove the one that it does not write", found.ip, ip))
		}
	}
	if values := h["X-Forwarded-Proto"]; len(values) > 0 {
		found.scheme = orElse(scheme(last(values)), found.scheme)
	}
	if values := h["X-Forwarded-Host"]; g.host && len(values) > 0 {
		found.host = last(values)
		if !validHost(found.host) {
			return peer, malformed(errors.New("X-Forwarded-Host is no host"))
		}
	}
	return found, nil
}

func malformed(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "clientip.malformed",
		Public: "The forwarding headers of this request are not understood.",
		Err:    cause,
	}
}

// trusts says whether ip is that of a trusted proxy.
func (g *Guard) trusts(ip netip.Addr) bool {
	for _, prefix := range g.proxies {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// walk follows X-Forwarded-For from the right, over trusted proxies only.
func (g *Guard) walk(values []string, at netip.Addr) netip.Addr {
	for i := len(values) - 1; i >= 0; i-- {
		rest, more := values[i], true
		for more {
			var entry string
			rest, entry, more = cutLast(rest)
			ip, ok := parseHop(entry)
			if !ok {
				return at
			}
			at = ip
			if !g.trusts(at) {
				return at
			}
		}
	}
	return at
}

// walkHops is walk for Forwarded. It also returns the proto that came with the client.
func (g *Guard) walkHops(hops []hop, at netip.Addr) (ip netip.Addr, proto string) {
	for i := len(hops) - 1; i >= 0; i-- {
		next, ok := parseHop(hops[i].node)
		if !ok {
			return at, proto
		}
		at, proto = next, hops[i].proto
		if !g.trusts(at) {
			return at, proto
		}
	}
	return at, proto
}
