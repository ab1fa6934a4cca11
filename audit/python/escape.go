package python

import (
	"strings"
	"unicode/utf8"
)

// minDecoded is how much decoded text is allocated at once.
const minDecoded = 1024

// unescape decodes the body of a literal. Braces is true in an f-string, where they are
// doubled. A character by its name, \N{...}, is U+FFFD: the names alone would be a megabyte.
func (p *parser) unescape(s string, m *literal, braces bool) string {
	b := &p.decoded
	if b.Len()+len(s)+utf8.UTFMax > b.Cap() {
		*b = strings.Builder{}
		b.Grow(max(minDecoded, len(s)+utf8.UTFMax))
	}
	from := b.Len()
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] != '\\' && s[j] != '\r' && (!braces || s[j] != '{' && s[j] != '}') {
			j++
		}
		b.WriteString(s[i:j])
		if i = j; i == len(s) {
			break
		}
		switch {
		case s[i] == '\r':
			b.WriteByte('\n')
			i += newlineLen(s, i)
		case s[i] != '\\':
			b.WriteByte(s[i])
			if i++; i < len(s) && s[i] == s[i-1] {
				i++
			}
		case m.raw || i+1 == len(s):
			b.WriteByte('\\')
			i++
		default:
			i += p.escape(b, s[i:], m)
		}
	}
	return b.String()[from:]
}

// escape decodes one escape at the start of s and returns its length.
func (p *parser) escape(b *strings.Builder, s string, m *literal) int {
	switch c := s[1]; c {
	case '\n', '\r':
		return 1 + newlineLen(s, 1)
	case '\\', '\'', '"':
		b.WriteByte(c)
	case 'a':
		b.WriteByte('\a')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'v':
		b.WriteByte('\v')
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return p.octal(b, s, m)
	case 'x':
		return p.hex(b, s, 2, m)
	case 'u', 'U', 'N':
		if m.bytes {
			b.WriteByte('\\')
			return 1
		}
		if c == 'N' {
			return p.namedEscape(b, s)
		}
		return p.hex(b, s, 4+4*int('u'-c)/('u'-'U'), m)
	default:
		b.WriteByte('\\')
		return 1
	}
	return 2
}

func (p *parser) octal(b *strings.Builder, s string, m *literal) int {
	v, i := 0, 1
	for ; i < len(s) && i < 4 && s[i] >= '0' && s[i] <= '7'; i++ {
		v = v*8 + int(s[i]-'0')
	}
	put(b, rune(v), m)
	return i
}

// put writes a character, or a byte of a bytes literal.
func put(b *strings.Builder, r rune, m *literal) {
	if m.bytes {
		b.WriteByte(byte(r))
		return
	}
	b.WriteRune(r) // a surrogate becomes U+FFFD
}

// hex decodes \x, \u and \U with the given number of digits.
func (p *parser) hex(b *strings.Builder, s string, digits int, m *literal) int {
	v := rune(0)
	for i := 2; i < 2+digits; i++ {
		c := byte(0)
		if i < len(s) {
			c = s[i]
		}
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			p.note(Span{p.start, p.start}, "truncated escape in a string")
			b.WriteString(s[:i])
			return i
		}
		v = v<<4 | rune(c)
	}
	if v > utf8.MaxRune || v < 0 {
		p.note(Span{p.start, p.start}, "an escape in a string is no character")
		v = utf8.RuneError
	}
	put(b, v, m)
	return 2 + digits
}

// namedEscape passes over \N{name}.
func (p *parser) namedEscape(b *strings.Builder, s string) int {
	end := strings.IndexByte(s, '}')
	if len(s) < 3 || s[2] != '{' || end < 4 {
		p.note(Span{p.start, p.start}, "malformed \\N escape in a string")
		b.WriteByte('\\')
		return 1
	}
	b.WriteRune(utf8.RuneError)
	return end + 1
}
