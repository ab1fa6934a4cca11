package validate

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// str reads a string whose first quote has been read. Where keep is set, it is in s.text then.
func (s *scanner) str(keep, key bool) bool {
	s.text = s.text[:0]
	for {
		start := s.pos
		for s.pos < len(s.buf) && plain(s.buf[s.pos]) {
			s.pos++
		}
		if keep {
			s.text = append(s.text, s.buf[start:s.pos]...)
		}
		if key && len(s.text) > s.caps.name {
			return s.fail(keyTooLong)
		}
		c, more := s.peek()
		switch {
		case !more:
			return s.fail(malformed)
		case plain(c):
		case c == '"':
			s.pos++
			return true
		case c == '\\':
			if !s.escape(keep) {
				return false
			}
		case c < 0x20:
			return s.fail(malformed)
		default:
			for !utf8.FullRune(s.buf[s.pos:]) && s.fill() {
			}
			r, size := utf8.DecodeRune(s.buf[s.pos:])
			if r == utf8.RuneError && size <= 1 {
				return s.fail(notUTF8)
			}
			if keep {
				s.text = append(s.text, s.buf[s.pos:s.pos+size]...)
			}
			s.pos += size
		}
	}
}

func plain(c byte) bool { return c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' }

// escape reads what a backslash begins.
func (s *scanner) escape(keep bool) bool {
	if !s.have(2) {
		return s.fail(malformed)
	}
	r := rune(s.buf[s.pos+1])
	s.pos += 2
	switch r {
	case '"', '\\', '/':
	case 'b':
		r = '\b'
	case 'f':
		r = '\f'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	case 'u':
		var ok bool
		if r, ok = s.unicode(); !ok {
			return false
		}
	default:
		return s.fail(malformed)
	}
	if keep {
		s.text = utf8.AppendRune(s.text, r)
	}
	return true
}

// unicode reads four hexadecimal digits, and the second half of a pair of surrogates.
func (s *scanner) unicode() (rune, bool) {
	r, ok := s.hex()
	switch {
	case !ok || r >= 0xDC00 && r < 0xE000:
		return 0, s.fail(loneSurrogate)
	case r < 0xD800 || r >= 0xE000:
		return r, true
	}
	if !s.have(2) || s.buf[s.pos] != '\\' || s.buf[s.pos+1] != 'u' {
		return 0, s.fail(loneSurrogate)
	}
	s.pos += 2
	low, ok := s.hex()
	if !ok || low < 0xDC00 || low >= 0xE000 {
		return 0, s.fail(loneSurrogate)
	}
	return (r-0xD800)<<10 | (low - 0xDC00) + 0x10000, true
}

func (s *scanner) hex() (r rune, ok bool) {
	if !s.have(4) {
		return 0, s.fail(malformed)
	}
	for _, c := range s.buf[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, s.fail(malformed)
		}
		r = r<<4 | rune(c)
	}
	s.pos += 4
	return r, true
}

// number reads a number and returns how it is written, until the next read.
func (s *scanner) number() []byte {
	n := 0
	for (s.pos+n < len(s.buf) || s.fill()) && numeric(s.buf[s.pos+n]) {
		if n++; n > s.caps.number {
			s.fail(numberTooLong)
			return nil
		}
	}
	number := s.buf[s.pos : s.pos+n]
	whole, ok := grammatical(number)
	if !ok {
		s.fail(malformed)
		return nil
	}
	s.pos += n
	if !whole && n > 3 && infinite(number) {
		s.fail(numberTooLarge)
	}
	return number
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c|0x20 == 'e'
}

// grammatical compares with the grammar of RFC 8259 section 6; whole says that there is
// neither a fraction nor an exponent.
func grammatical(number []byte) (whole, ok bool) {
	n := number
	if len(n) > 0 && n[0] == '-' {
		n = n[1:]
	}
	rest := skipDigits(n)
	if len(rest) == len(n) || n[0] == '0' && len(n)-len(rest) > 1 {
		return false, false
	}
	whole = len(rest) == 0
	if len(rest) > 0 && rest[0] == '.' {
		after := skipDigits(rest[1:])
		if len(after) == len(rest)-1 {
			return false, false
		}
		rest = after
	}
	if len(rest) > 0 && rest[0]|0x20 == 'e' {
		rest = rest[1:]
		if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		after := skipDigits(rest)
		return false, len(after) == 0 && len(rest) > 0
	}
	return whole, len(rest) == 0
}

func skipDigits(b []byte) []byte {
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		b = b[1:]
	}
	return b
}

// infinite says whether a number with a fraction or an exponent is more than a float64 has,
// where Python makes it inf. Most numbers have no exponent and too few digits for that.
func infinite(number []byte) bool {
	mantissa := bytes.IndexByte(number, 'e')
	if mantissa < 0 {
		mantissa = bytes.IndexByte(number, 'E')
	}
	if mantissa < 0 && len(number) < 300 || mantissa >= 0 && mantissa < 200 && len(number)-mantissa <= 3 {
		return false
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}
