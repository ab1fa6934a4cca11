package signs

import "strings"

// path looks for a way out of a folder, and for files and wrappers that no visitor of a
// site should name. A relative link in a text is prose, a value that is nothing but a path
// is not.
func (s *Score) path(value string, sh *shape) {
	if sh.has&(slashes|percents|foreign|controls) == 0 && !strings.Contains(value, "0x2") && !strings.Contains(value, "0x5") &&
		!strings.Contains(value, "..2f") && !strings.Contains(value, "..5c") {
		return
	}
	alone := pathAlone(value)
	if sh.has&(dots|percents|foreign|digits|punctuation) != 0 {
		s.climbs(value, alone)
	}
	if sh.has&colons != 0 {
		s.wrapper(value, alone)
	}
	if alone && sh.has&slashes != 0 {
		s.absolute(value)
		s.single(value)
	}
	if alone {
		s.cut(value)
		s.hidden(value)
	}
}

// pathAlone says whether the value is one path and nothing else: no line breaks and at most
// a few blanks (Program Files), no marks of a text around it.
func pathAlone(value string) bool {
	blanks := 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == ' ':
			blanks++
		case c == '\n' || c == '\r', c == '<', c == '>', c == '"', c == '(' && i > 0 && value[i-1] == ']':
			return i == len(value)-1
		}
		if blanks > 4 {
			return false
		}
	}
	return true
}

// pathMark is what a piece of a path stands for after every decoding that some server does.
type pathMark uint8

const (
	markNone pathMark = iota
	markDot
	markAny // ?, which a shell expands to a dot
	markSlash
	markNUL
)

// mark reads the mark at the beginning of s: how many bytes, and whether it was disguised.
func mark(s string) (m pathMark, n int, disguised bool) {
	switch c := s[0]; {
	case c == '.':
		return markDot, 1, false
	case c == '/', c == '\\':
		return markSlash, 1, false
	case c == '?':
		return markAny, 1, false
	case c == 0:
		return markNUL, 1, true
	case c == '%':
		m, n = percentMark(s)
		return m, n, true
	case c == '0' && len(s) >= 4 && s[1]|0x20 == 'x':
		return asciiMark(hexByte(s[2:])), 4, true
	case c >= 0x80:
		m, n = wideMark(s)
		return m, n, true
	}
	return markNone, 1, false
}

func asciiMark(c int) pathMark {
	switch c {
	case '.':
		return markDot
	case '/', '\\':
		return markSlash
	case 0:
		return markNUL
	}
	return markNone
}

// hexByte returns the value of two hex digits, -1 where s does not begin with them.
func hexByte(s string) int {
	if len(s) < 2 {
		return -1
	}
	hi, lo := hexDigit(s[0]), hexDigit(s[1])
	if hi < 0 || lo < 0 {
		return -1
	}
	return hi<<4 | lo
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// percentMark undoes %2e, %252e, %25252e, %%32%65, %u002e and the over-long forms of UTF-8
// that begin with %c0, %e0 and so on, with the mistakes that attack tools make in them.
func percentMark(s string) (pathMark, int) {
	c, n := percentByte(s)
	if c < 0 {
		if len(s) >= 6 && (s[1] == 'u' || s[1] == 'U') {
			return uniMark(hexByte(s[2:])<<8 | hexByte(s[4:])), 6
		}
		return markNone, 1
	}
	if m := asciiMark(c); m != markNone {
		return m, n
	}
	lead := c
	if lead < 0xC0 {
		return markNone, n
	}
	for range 5 { // continuation bytes; the last one decides
		if n >= len(s) {
			break
		}
		next, size := percentByte(s[n:])
		if next < 0 && s[n] == '%' && len(s) > n+2 { // %9v, %8s: a digit that is none
			return markSlash, n + 3
		}
		if next < 0 {
			next, size = int(s[n]), 1
		}
		n += size
		if m := overlong(next); m != markNone {
			return m, n
		}
		if next < 0x80 || next > 0xBF {
			break
		}
	}
	return markNone, n
}

// overlong returns what the last byte of an over-long form stands for.
func overlong(c int) pathMark {
	switch c {
	case 0xAE, 0x2E, 0xEE, 0xFE, 0x6E, 0x5E:
		return markDot
	case 0xAF, 0x2F, 0x5C, 0x9C, 0xDC, 0xEF, 0x6F, 0x1C:
		return markSlash
	}
	return markNone
}

// percentByte undoes one byte and its layers of encoding, -1 where s begins with none.
func percentByte(s string) (c, n int) {
	i := 1
	for strings.HasPrefix(s[i:], "25") && len(s) > i+3 { // %25..
		i += 2
	}
	if len(s) > i && s[i] == '%' { // %%32%65 is %2e
		hi, lo := percentByteOnce(s[i:]), -1
		if i += 3; i < len(s)-1 && s[i+1] == '%' { // some tools write %%32%%65
			i++
		}
		if i < len(s) {
			lo = percentByteOnce(s[i:])
		}
		if hi < 0 || lo < 0 || hexDigit(byte(hi)) < 0 || hexDigit(byte(lo)) < 0 {
			return -1, 1
		}
		return hexDigit(byte(hi))<<4 | hexDigit(byte(lo)), i + 3
	}
	if c = hexByte(s[i:]); c < 0 {
		return -1, 1
	}
	return c, i + 2
}

func percentByteOnce(s string) int {
	if len(s) < 3 || s[0] != '%' {
		return -1
	}
	return hexByte(s[1:])
}

// uniMark knows the code points that somebody's best-fit table turns into a dot or a slash.
func uniMark(r int) pathMark {
	switch r {
	case 0x2E, 0xFF0E, 0x2024, 0x3002, 0xFF61:
		return markDot
	case 0x2F, 0x5C, 0x2215, 0x2216, 0xFF0F, 0xFF3C, 0x2044, 0x29F8, 0x29F5, 0xEFC8, 0xF025:
		return markSlash
	}
	return markNone
}

// wideMark is uniMark for raw bytes: UTF-8, over-long forms of it, and lone bytes.
func wideMark(s string) (pathMark, int) {
	switch {
	case len(s) >= 3 && s[0] >= 0xE2 && s[0] <= 0xEF && s[1]&0xC0 == 0x80 && s[2]&0xC0 == 0x80:
		r := int(s[0]&0x0F)<<12 | int(s[1]&0x3F)<<6 | int(s[2]&0x3F)
		return uniMark(r), 3
	case len(s) >= 2 && (s[0] == 0xC0 || s[0] == 0xC1): // never in UTF-8
		return overlong(int(s[1])), 2
	case len(s) >= 3 && (s[0] == 0xE0 && s[1] == 0x80 || s[0] == 0xF0 && s[1] == 0x80 || s[0] >= 0xF8):
		n := 2
		for n < len(s) && n < 6 && s[n] == 0x80 {
			n++
		}
		if n < len(s) {
			return overlong(int(s[n])), n + 1
		}
	}
	return markNone, 1
}
