package signs

import (
	"net/netip"
	"strconv"
	"strings"
)

// request looks for URLs that lead a server to itself, to its neighbours or to the
// service that holds its keys. It is a weak sign only: where the server fetches nothing, the
// address of a machine at home is as good as any other.
func (s *Score) request(value string, sh *shape) {
	if sh.has&colons == 0 || len(value) > 2048 || sh.has&lines != 0 {
		return
	}
	scheme, rest, ok := strings.Cut(strings.TrimSpace(value), ":")
	if !ok || len(scheme) > 16 || !oneWord(scheme) {
		return
	}
	var buf [32]byte
	switch string(lower(scheme, &buf)) {
	case "gopher", "dict", "ldap", "ldaps", "tftp", "sftp", "netdoc", "rmi":
		if strings.HasPrefix(rest, "//") {
			s.add(Request, Weak, "a URL of a service that no page is fetched from")
		}
	}
	slashes := strings.TrimLeft(rest, "/\\")
	if len(rest)-len(slashes) < 1 && !strings.HasPrefix(rest, "[") {
		return
	}
	authority := slashes
	if end := strings.IndexAny(slashes, "/?#\\"); end >= 0 {
		authority = slashes[:end]
	}
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	if inside(host) {
		s.add(Request, Weak, "a URL of the server itself or of its neighbours")
	}
}

// inside says whether a host, perhaps with a port, is not on the public internet.
func inside(host string) bool {
	var buf [32]byte
	if strings.HasPrefix(host, "[") {
		address, _, _ := strings.Cut(host[1:], "]")
		ip, err := netip.ParseAddr(address)
		return err == nil && private(ip.Unmap().WithZone(""))
	}
	name, _, _ := strings.Cut(host, ":")
	name = strings.TrimSuffix(name, ".")
	switch low := string(lower(name, &buf)); {
	case low == "localhost", strings.HasSuffix(low, ".localhost"), low == "metadata", strings.HasSuffix(low, ".internal"), low == "localtest.me", strings.HasSuffix(low, ".local"):
		return true
	case strings.HasSuffix(low, ".nip.io"), strings.HasSuffix(low, ".sslip.io"), strings.HasSuffix(low, ".xip.io"):
		return true
	}
	ip, ok := oldAddress(name)
	return ok && private(ip)
}

func private(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.Is4() && (ip.As4()[0] == 0 ||
		ip.As4()[0] == 100 && ip.As4()[1]&0xC0 == 64) || ip.IsMulticast() || ip.Is4() && ip.As4() == [4]byte{192, 0, 0, 192}
}

// oldAddress reads IPv4 addresses as inet_aton does: 127.1, 0x7f000001, 0251.0376.0251.0376.
func oldAddress(name string) (netip.Addr, bool) {
	if name == "" || !isDigit(name[0]) {
		return netip.Addr{}, false
	}
	var total uint64
	count := 0
	for rest, more := name, true; more; {
		var part string
		part, rest, more = strings.Cut(rest, ".")
		if count++; count > 4 {
			return netip.Addr{}, false
		}
		n, err := strconv.ParseUint(part, 0, 33)
		if err != nil || more && n > 255 {
			return netip.Addr{}, false
		}
		if more {
			total |= n << (8 * (4 - count))
		} else {
			total += n
		}
	}
	if total > 1<<32-1 {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4([4]byte{byte(total >> 24), byte(total >> 16), byte(total >> 8), byte(total)}), true
}
