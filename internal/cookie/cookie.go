// Package cookie reads the Cookie fields of a request, for the guards that look for one.
//
// It stops no attack. Guards that count, bind or trust by a cookie must read the same
// cookies: what one of them overlooks, an attacker puts there.
package cookie

import "strings"

// Each calls f for each cookie, with name and value as they are written (RFC 6265, section
// 4.2.1): quotes and what they escape stay. It allocates nothing.
func Each(fields []string, f func(name, value string)) {
	for _, field := range fields {
		for field != "" {
			var pair string
			pair, field, _ = strings.Cut(field, ";")
			name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
			f(strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t"))
		}
	}
}

// Unprefixed returns a cookie's name without what browsers protect it by (RFC 6265bis,
// section 4.1.3, and its successor), in any case: browsers differ in which they heed.
func Unprefixed(name string) string {
	if len(name) < 2 || name[0] != '_' || name[1] != '_' {
		return name
	}
	for _, prefix := range [...]string{"__Host-Http-", "__Host-", "__Secure-", "__Http-"} { // the longest first
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return name[len(prefix):]
		}
	}
	return name
}
