package clientip_test

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// reference is the rule for X-Forwarded-For written down again, naively and with the other
// IP parser of the standard library.
func reference(peer, chain string, trusted []*net.IPNet) string {
	trusts := func(ip net.IP) bool {
		for _, network := range trusted {
			if network.Contains(ip) {
				return true
			}
		}
		return false
	}
	at := net.ParseIP(peer)
	entries := strings.Split(chain, ",")
	for i := len(entries) - 1; i >= 0 && trusts(at); i-- {
		text := strings.Trim(entries[i], " \t")
		if host, port, err := net.SplitHostPort(text); err == nil {
			if _, err := net.LookupPort("tcp", port); err != nil || port == "" || strings.Trim(port, "0123456789") != "" || len(port) > 5 {
				return at.String()
			}
			if strings.Contains(host, ":") != strings.HasPrefix(text, "[") {
				return at.String()
			}
			text = host
		} else if inside, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inside, "]") && strings.Contains(inside, ":") {
			text = strings.TrimSuffix(inside, "]")
		}
		if before, zone, ok := strings.Cut(text, "%"); ok && strings.Contains(before, ":") && zone != "" {
			text = before
		}
		ip := net.ParseIP(text)
		if ip == nil || ip.IsUnspecified() {
			return at.String()
		}
		at = ip
	}
	return at.String()
}

func FuzzForwardedFor(f *testing.F) {
	for _, chain := range []string{
		"192.0.2.1", "192.0.2.1, 10.1.2.3", "unknown", "[2001:db8::1]:80, 10.0.0.1:8080", "::ffff:10.0.0.1, 2001:db8::1",
		"fe80::1%eth0", ",", " , ", "10.0.0.1,10.0.0.2,10.0.0.3", "[10.0.0.1]", "1.2.3.4:", "::%", "::ffff:1.2.3.4%x",
	} {
		f.Add("10.0.0.7", chain)
		f.Add("192.0.2.9", chain)
	}
	networks := []string{"10.0.0.0/8", "2001:db8::/32"}
	g := newGuard(f, networks...)
	var trusted []*net.IPNet
	for _, network := range networks {
		_, parsed, err := net.ParseCIDR(network)
		if err != nil {
			f.Fatal(err)
		}
		trusted = append(trusted, parsed)
	}
	f.Fuzz(func(t *testing.T, peer, chain string) {
		if ip, err := netip.ParseAddr(peer); err != nil || ip.Zone() != "" || ip.IsUnspecified() {
			return
		}
		got := ask(g, net.JoinHostPort(peer, "1"), http.Header{"X-Forwarded-For": {chain}})
		if want := reference(peer, chain, trusted); got.ip != want || got.status != 200 {
			t.Errorf("peer %q, %q: the client is %s (status %d), the reference says %s", peer, chain, got.ip, got.status, want)
		}
	})
}

// Whatever is sent: no panic, an untrusted peer is the client, and the answer is an address
// that was sent or the peer's own.
func FuzzAllHeaders(f *testing.F) {
	f.Add("10.0.0.7", "192.0.2.1", `for="[2001:db8::1]:80";proto=https;by=x`, "https", "shop.example")
	f.Add("10.0.0.7", "", `for=192.0.2.1, for="\"`, "", "[::1]:8443")
	f.Add("203.0.113.1", "192.0.2.1", "for=;;", "wss", "a b")
	g := newGuard(f, "10.0.0.0/8", "unix")
	f.Fuzz(func(t *testing.T, peer, chain, forwarded, proto, host string) {
		header := http.Header{}
		for name, value := range map[string]string{
			"X-Forwarded-For": chain, "Forwarded": forwarded, "X-Forwarded-Proto": proto, "X-Forwarded-Host": host,
		} {
			if value != "" {
				header.Set(name, value)
			}
		}
		got := ask(g, net.JoinHostPort(peer, "1"), header)
		if got.status == 400 {
			return
		}
		if len(got.header) != 0 {
			t.Errorf("left: %v", got.header)
		}
		if got.scheme != "http" && got.scheme != "https" {
			t.Errorf("scheme %q", got.scheme)
		}
		if strings.ContainsAny(got.host, "/@\\<>\" ,") {
			t.Errorf("host %q", got.host)
		}
		ip, err := netip.ParseAddr(peer)
		if err == nil && !netip.MustParsePrefix("10.0.0.0/8").Contains(ip.Unmap()) && got.ip != ip.Unmap().WithZone("").String() && !ip.IsUnspecified() {
			t.Errorf("peer %s is not trusted, yet the client is %s", peer, got.ip)
		}
		if found, err := netip.ParseAddr(got.ip); err == nil && found.Zone() != "" {
			t.Errorf("the zone is the client's text: %s", got.ip)
		}
	})
}
