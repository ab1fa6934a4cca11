package inputs

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The classes of characters that Risky tells apart.
const (
	letter    = 1 << iota
	digit     // 0 to 9
	underline // _
	hyphen    // -
	dot       // .
	comma     // ,
	base      // + / =, which base64 has
	foreign   // beyond ASCII
	colon     // of a time
	other
)

// classes has the class of each byte.
var classes = [256]uint16{
	'0': digit, '1': digit, '2': digit, '3': digit, '4': digit, '5': digit, '6': digit, '7': digit, '8': digit, '9': digit,
	'_': underline, '-': hyphen, '.': dot, ',': comma, '+': base, '/': base, '=': base, ':': colon,
	'a': letter, 'b': letter, 'c': letter, 'd': letter, 'e': letter, 'f': letter, 'g': letter, 'h': letter, 'i': letter,
	'j': letter, 'k': letter, 'l': letter, 'm': letter, 'n': letter, 'o': letter, 'p': letter, 'q': letter, 'r': letter,
	's': letter, 't': letter, 'u': letter, 'v': letter, 'w': letter, 'x': letter, 'y': letter, 'z': letter,
	'A': letter, 'B': letter, 'C': letter, 'D': letter, 'E': letter, 'F': letter, 'G': letter, 'H': letter, 'I': letter,
	'J': letter, 'K': letter, 'L': letter, 'M': letter, 'N': letter, 'O': letter, 'P': letter, 'Q': letter, 'R': letter,
	'S': letter, 'T': letter, 'U': letter, 'V': letter, 'W': letter, 'X': letter, 'Y': letter, 'Z': letter,
}

// Risky says whether value could do harm at all, in a statement, a command, a path, a page or
// an address. Harmless are single characters, words and names of letters of any script, digits
// and "_", numbers and lists of them, slugs, dates and times, UUIDs and opaque tokens. Risky
// are these, too, where they hide something: a number that can be an IP address, "localhost",
// base64 or hex of a risky text, a pickle in base64, words of SQL with "_" or "-" for blanks.
func Risky(value string) bool { return risky(value, 2) }

func risky(v string, depth int) bool {
	if len(v) < 2 {
		return v != "" && strings.IndexByte("/\\~'\"", v[0]) >= 0 // folders; quotes, of which two fields may make a text
	}
	seen := uint16(0)
	for i := 0; i < len(v); i++ {
		class := classes[v[i]]
		if class == 0 {
			if v[i] < utf8.RuneSelf {
				return true
			}
			class = foreign
		}
		seen |= class
	}
	switch {
	case seen&^(letter|digit|underline) == 0:
		return riskyWord(v, seen, depth)
	case seen&^(digit|comma) == 0:
		return false
	case seen&^(digit|dot|hyphen) == 0:
		return !isDate(v) && !harmlessNumber(v)
	case seen&^(letter|digit|underline|hyphen) == 0:
		return !isUUID(v) && (containsLocal(v) || !isSlug(v) && !Opaque(v) || sqlWords(v) || hides(v, depth))
	case seen&^(letter|digit|hyphen|dot|colon|base) == 0 && seen&digit != 0 && isTime(v):
		return false
	case seen&^(letter|digit|underline|hyphen|dot|base) == 0:
		return !(Opaque(v) || isCounter(v)) || sqlWords(v) || hides(v, depth)
	case seen&foreign != 0 && seen&^(letter|digit|underline|foreign) == 0:
		return !onlyLetters(v) || seen&underline != 0 && (sqlWords(v) || strings.ContainsAny(v, "ıſ\u212A")) // in capitals, or small, these are ASCII
	}
	return true
}

// riskyWord is Risky of letters, digits and "_".
func riskyWord(v string, seen uint16, depth int) bool {
	switch {
	case seen == digit:
		return isAddress(v) || strings.HasPrefix(v, "800") && hides(v, depth) // a pickle in hex
	case len(v) > 2 && v[0] == '0' && v[1]|0x20 == 'x' && isHex(v[2:]):
		return true
	case len(v) >= len("localhost") && containsLocal(v):
		return true
	case seen&underline != 0 && sqlWords(v):
		return true
	}
	return len(v) >= shortestHidden && hides(v, depth)
}

// containsLocal says whether v has "localhost" in it.
func containsLocal(v string) bool {
	const local = "localhost"
	for i := 0; i+len(local) <= len(v); i++ {
		if v[i]|0x20 == 'l' && strings.EqualFold(v[i:i+len(local)], local) {
			return true
		}
	}
	return false
}

// isAddress says whether digits can be an IPv4 address beyond 0.x.x.x, as inet_aton reads it.
func isAddress(v string) bool {
	if len(v) < 8 || len(v) > 20 {
		return false
	}
	n, ten := uint64(0), uint64(10)
	if v[0] == '0' {
		if ten = 8; strings.ContainsAny(v, "89") {
			return false
		}
	} else if len(v) > 10 {
		return false
	}
	for i := 0; i < len(v); i++ {
		if n = n*ten + uint64(v[i]-'0'); n > 1<<32-1 {
			return false
		}
	}
	return n >= 1<<24
}

// harmlessNumber says whether digits, dots and hyphens are a number such as -1.5 that is no
// short form of an address on this machine or in a private network, such as 127.1.
func harmlessNumber(v string) bool {
	if v[0] == '-' {
		v = v[1:]
	}
	whole, fraction, point := strings.Cut(v, ".")
	if strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" {
		return false
	}
	if !point {
		return whole != "" && !isAddress(whole)
	}
	switch whole {
	case "10", "100", "127", "169", "172", "192":
		return fraction == "" || len(fraction) == 2 // a price
	}
	return len(whole) == 1 || len(whole) > 0 && whole[0] != '0'
}

// matches compares v with a pattern in which 0 stands for a digit.
func matches(v, pattern string) bool {
	if len(v) != len(pattern) {
		return false
	}
	for i := 0; i < len(v); i++ {
		if pattern[i] == '0' && (v[i] < '0' || v[i] > '9') || pattern[i] != '0' && v[i] != pattern[i] {
			return false
		}
	}
	return true
}

func isDate(v string) bool {
	return matches(v, "0000-00-00") || matches(v, "0000-00") || matches(v, "00.00.0000") || matches(v, "0.0.0000") ||
		matches(v, "00-00-0000")
}

// isTime knows the times and dates of browsers and of RFC 3339.
func isTime(v string) bool {
	if matches(v, "00:00") || matches(v, "00:00:00") || matches(v, "00/00/0000") {
		return true
	}
	const date, minute = "0000-00-00", "T00:00"
	if len(v) < len(date)+len(minute) || !matches(v[:len(date)], date) || !matches(v[len(date):len(date)+len(minute)], minute) {
		return false
	}
	rest := v[len(date)+len(minute):]
	if len(rest) >= 3 && matches(rest[:3], ":00") {
		if rest = rest[3:]; rest != "" && rest[0] == '.' {
			rest = strings.TrimLeft(rest[1:], "0123456789")
		}
	}
	return rest == "" || rest == "Z" || matches(rest, "+00:00") || matches(rest, "-00:00")
}

// isUUID knows RFC 9562's form.
func isUUID(v string) bool {
	if len(v) != 36 || v[8] != '-' || v[13] != '-' || v[18] != '-' || v[23] != '-' {
		return false
	}
	return isHex(v[:8]) && isHex(v[9:13]) && isHex(v[14:18]) && isHex(v[19:23]) && isHex(v[24:])
}

func isHex(v string) bool {
	for i := 0; i < len(v); i++ {
		if unhex(v[i]) < 0 {
			return false
		}
	}
	return v != ""
}

// isSlug says whether words are joined by single hyphens, as in the address of an article. One
// that begins with a digit can be a sum, and one that begins with a hyphen an option.
func isSlug(v string) bool {
	return classes[v[0]] == letter && v[len(v)-1] != '-' && !strings.Contains(v, "--")
}

// isCounter knows what statistics put into cookies, such as GA1.2.1201.1700000000: no name of a
// host ends in a number.
func isCounter(v string) bool {
	last := v[strings.LastIndexByte(v, '.')+1:]
	return classes[v[0]] == letter && last != "" && strings.Trim(last, "0123456789") == "" && len(last) < len(v) &&
		!strings.ContainsAny(v, "/+=") && !strings.Contains(v, "..") && !strings.Contains(v, "--") &&
		classes[v[len(v)-len(last)-2]]&(letter|digit|underline) != 0
}

// onlyLetters says whether v has only letters, their marks, digits and "_". Full-width ones, of
// which software makes ASCII, are not among them.
func onlyLetters(v string) bool {
	for _, r := range v {
		if r >= utf8.RuneSelf && (r >= 0xFF00 || !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
