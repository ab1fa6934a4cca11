package signs

import (
	"net/netip"
	"strconv"
	"strings"
)

// request looks for URLs that lead a server to itself, to its neighbours or to the
// service that holds its keys. An address of the neighbours is a weak sign only: where the
// server fetches nothing, the address of a machine at home is as good as any other. Nobody's
// page is at the service with the keys, behind a scheme that only speaks to other services, or
// at an address that was written so as not to be known.
func (s *Score) request(value string, sh *shape) {
	if sh.has&colons == 0 || len(value) > 2048 || sh.has&lines != 0 {
		return
	}
	value = strings.TrimSpace(value)
	scheme, rest, ok := strings.Cut(value, ":")
	if !ok || len(scheme) > 16 || !oneWord(scheme) {
		return
	}
	alone := strings.IndexByte(value, ' ') < 0
	var buf [32]byte
	switch string(lower(scheme, &buf)) {
	case "gopher", "dict", "netdoc":
		if strings.HasPrefix(rest, "//") {
			s.add(Request, points(alone, Refuse, Weak), "a URL of a service that no page is fetched from")
		}
	case "ldap", "ldaps", "tftp", "sftp", "rmi":
		if strings.HasPrefix(rest, "//") {
			s.add(Request, Weak, "a URL of a service that no page is fetched from")
		}
	}
	slashes := strings.TrimLeft(rest, "/\\")
	if len(rest)-len(slashes) < 1 && !strings.HasPrefix(rest, "[") {
		return
	}
	authority, path := slashes, ""
	if end := strings.IndexAny(slashes, "/?#\\"); end >= 0 {
		authority, path = slashes[:end], slashes[end:]
	}
	if alone && path != "" && strings.HasPrefix(path[1:], "@") && (path[0] == '\\' || path[0] == '#') {
		s.add(Request, Refuse, "a URL that two readers read differently")
	}
	h := hostOf(authority[strings.LastIndexByte(authority, '@')+1:])
	h.keys = h.keys && (h.address || path != "") // what it is called may be talked about
	switch {
	case alone && (h.keys || h.inside && h.disguised):
		s.add(Request, Refuse, "a URL of the service that holds a server's keys, or of the server itself in disguise")
	case h.inside:
		s.add(Request, Weak, "a URL of the server itself or of its neighbours")
	}
}

// hostPlace says where a host is: inside says that it is not on the public internet, disguised that the
// address is written in a way that people do not write addresses in, keys that it is where a
// cloud gives a server its keys, and address that it is no name.
type hostPlace struct{ inside, disguised, keys, address bool }

// hostOf judges a host, perhaps with a port.
func hostOf(host string) (h hostPlace) {
	var buf [32]byte
	if strings.HasPrefix(host, "[") {
		address, _, _ := strings.Cut(host[1:], "]")
		ip, err := netip.ParseAddr(address)
		if err != nil {
			return h
		}
		ip = ip.WithZone("")
		plain, wrapped := unwrap(ip)
		return hostPlace{private(plain), wrapped, keyService(plain), true}
	}
	name, _, _ := strings.Cut(host, ":")
	name = strings.TrimSuffix(name, ".")
	if strings.Contains(name, "。") {
		name, h.disguised = strings.ReplaceAll(name, "。", "."), true
	}
	switch low := string(lower(name, &buf)); {
	case low == "metadata.google.internal", low == "metadata.goog", low == "instance-data":
		return hostPlace{inside: true, keys: true}
	case low == "localhost", strings.HasSuffix(low, ".localhost"), low == "metadata", strings.HasSuffix(low, ".internal"), low == "localtest.me", strings.HasSuffix(low, ".local"):
		h.inside = true
		return h
	case strings.HasSuffix(low, ".nip.io"), strings.HasSuffix(low, ".sslip.io"), strings.HasSuffix(low, ".xip.io"):
		return hostPlace{inside: true, keys: strings.Contains(low, "169.254.169.254") || strings.Contains(low, "169-254-169-254")}
	}
	ip, ok := oldAddress(name)
	if !ok {
		return h
	}
	parsed, err := netip.ParseAddr(name)
	return hostPlace{private(ip), h.disguised || err != nil || parsed != ip, keyService(ip), true}
}

// unwrap returns the IPv4 address that an IPv6 address stands for: mapped (RFC 4291, section
// 2.5.5.2), compatible (2.5.5.1), of NAT64 (RFC 6052) or of 6to4 (RFC 3056).
func unwrap(ip netip.Addr) (plain netip.Addr, wrapped bool) {
	if ip.Is4In6() {
		return ip.Unmap(), true
	}
	b := ip.As16()
	switch {
	case ip.Is4() || ip.IsLoopback() || ip.IsUnspecified():
	case [12]byte(b[:12]) == [12]byte{}, [12]byte(b[:12]) == [12]byte{0, 0x64, 0xff, 0x9b}:
		return netip.AddrFrom4([4]byte(b[12:])), true
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return ip, false
}

// keyService says whether an address is where a cloud tells its servers what they are and gives
// them keys: AWS, Azure, Google and most others, the containers of AWS, Alibaba, Oracle.
func keyService(ip netip.Addr) bool {
	switch ip {
	case netip.AddrFrom4([4]byte{169, 254, 169, 254}), netip.AddrFrom4([4]byte{169, 254, 170, 2}), netip.AddrFrom4([4]byte{169, 254, 170, 23}),
		netip.AddrFrom4([4]byte{100, 100, 100, 200}), netip.AddrFrom4([4]byte{192, 0, 0, 192}), netip.AddrFrom4([4]byte{168, 63, 129, 16}):
		return true
	}
	if ip.Is4() {
		return false
	}
	b := ip.As16()
	return b[0] == 0xfd && b[1] == 0 && b[2] == 0x0e && b[3] == 0xc2 && (b[15] == 0x54 || b[15] == 0x23) // fd00:ec2::254, ::23
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
		n, err := strconv.ParseUint(part, 0, 64)
		if count == 1 && !more {
			n &= 1<<32 - 1 // as some readers cut it
		}
		if err != nil || n > 1<<32-1 || more && n > 255 {
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
