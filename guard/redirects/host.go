package redirects

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// parseHost is the "host parser" of the URL Standard for http and https.
func parseHost(s string) (host string, ok bool) {
	if strings.HasPrefix(s, "[") {
		if !strings.HasSuffix(s, "]") {
			return "", false
		}
		ip, err := netip.ParseAddr(s[1 : len(s)-1])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", false
		}
		if ip.Is4In6() {
			b := ip.As16()
			return fmt.Sprintf("[::ffff:%x:%x]", int(b[12])<<8|int(b[13]), int(b[14])<<8|int(b[15])), true
		}
		return "[" + ip.String() + "]", true
	}
	host, ok = domainToASCII(strings.ToValidUTF8(unescape(s), "\uFFFD"))
	if !ok || host == "" || strings.ContainsFunc(host, forbiddenInHost) {
		return "", false
	}
	if endsInNumber(host) {
		return parseIPv4(host)
	}
	return host, true
}

// forbiddenInHost are the "forbidden domain code points".
func forbiddenInHost(c rune) bool {
	return c <= ' ' || c >= 0x7f || strings.ContainsRune("#/:<>?@[\\]^|%", c)
}

// domainToASCII is "domain to ASCII" (UTS 46, not transitional, not strict).
func domainToASCII(s string) (string, bool) {
	plain := true
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] < 0x80
	}
	lower := strings.ToLower(s)
	if plain && !strings.Contains(lower, "xn--") {
		return lower, true
	}
	profile := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false),
		idna.CheckHyphens(false), idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(false))
	ascii, err := profile.ToASCII(s)
	return ascii, err == nil && (!plain || ascii == lower)
}

// endsInNumber is the "ends in a number checker".
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseNumber(last)
	return ok
}

// parseNumber is the "IPv4 number parser": decimal, octal after a 0, hexadecimal after 0x.
// A number that is too large for an address is as large as it need be.
func parseNumber(s string) (n uint64, ok bool) {
	if s == "" {
		return 0, false
	}
	base := 10
	if len(s) >= 2 && s[0] == '0' {
		base, s = 8, s[1:]
		if s[0] == 'x' || s[0] == 'X' {
			base, s = 16, s[1:]
		}
	}
	if s == "" {
		return 0, true
	}
	digits := "0123456789abcdefABCDEF"
	if base < 16 {
		digits = digits[:base]
	}
	if strings.Trim(s, digits) != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 40)
	if err != nil {
		return 1 << 40, true
	}
	return n, true
}

// parseIPv4 is the "IPv4 parser".
func parseIPv4(host string) (string, bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return "", false
	}
	var address uint64
	for i, part := range parts {
		n, ok := parseNumber(part)
		limit := uint64(256)
		if i == len(parts)-1 {
			limit = 1 << (8 * (5 - len(parts)))
		}
		if !ok || n >= limit {
			return "", false
		}
		if i == len(parts)-1 {
			address += n
		} else {
			address += n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}).String(), true
}

// unescape takes percent-encoding away once; what is none stays.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// registrable returns the part of host that somebody registered, "" where there is none.
func registrable(host string) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(host, "."))
	if err != nil {
		return ""
	}
	return domain
}
