package inputs

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What Decoded may give.
const (
	mostForms     = 8
	mostRounds    = 3
	mostFormBytes = 256 << 10 // more than the value itself has
)

// Decoded returns other forms of value that an app, or what stands behind it, may make of it:
// without one, two or three layers of URL encoding, without HTML entities, JavaScript's escapes
// or NULs, in NFKC, and what base64 or hex is an encoding of, where that is text. Only forms
// that differ are given, at most 8; most values have none. A form may be up to twice as long
// as value (NFKC).
func Decoded(value string) []string {
	if !mayChange(value) {
		return nil
	}
	d := decoder{budget: mostFormBytes + len(value)}
	d.forms = append(d.forms, value)
	for from, round := 0, 0; round < mostRounds && from < len(d.forms); round++ {
		until := len(d.forms)
		for ; from < until; from++ {
			d.expand(d.forms[from])
		}
	}
	if len(d.forms) == 1 {
		return nil
	}
	return d.forms[1:]
}

// mayChange says whether any of the decoders could change v; it is cheap.
func mayChange(v string) bool {
	plain := len(v) >= shortestHidden
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '%' || c == '&' || c == '\\' || c == 0 || c >= utf8.RuneSelf:
			return true
		case plain && classes[c]&(letter|digit|underline|hyphen|base|dot) == 0:
			plain = false // no base64
		}
	}
	return plain
}

type decoder struct {
	forms  []string
	budget int
}

// put takes a form that is new.
func (d *decoder) put(form string) {
	if form == "" || len(d.forms) > mostForms || len(form) > d.budget || slices.Contains(d.forms, form) {
		return
	}
	d.budget -= len(form)
	d.forms = append(d.forms, form)
}

// expand puts the forms that are one step away from v.
func (d *decoder) expand(v string) {
	if len(d.forms) > mostForms || len(v) > d.budget {
		return
	}
	if strings.IndexByte(v, '%') >= 0 {
		d.put(unquoteLossy(v))
		d.put(lenientURL(v))
	}
	if strings.IndexByte(v, '&') >= 0 {
		d.put(html.UnescapeString(v))
	}
	if strings.IndexByte(v, '\\') >= 0 {
		d.put(unescapeJS(v))
	}
	if strings.IndexByte(v, 0) >= 0 {
		d.put(strings.ReplaceAll(v, "\x00", ""))
	}
	if !ascii(v) && !norm.NFKC.IsNormalString(v) {
		if form := norm.NFKC.String(clip(v, pieceSize)); len(form) <= 2*pieceSize {
			d.put(form)
		}
	}
	unpacked(v, func(text string, _ bool) bool {
		if Risky(text) {
			d.put(text)
		}
		return len(d.forms) <= mostForms
	})
}

func ascii(v string) bool {
	for i := 0; i < len(v); i++ {
		if v[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// unquoteLossy is unquote of Python's urllib, with U+FFFD for what is no UTF-8.
func unquoteLossy(v string) string {
	if strings.IndexByte(v, '%') < 0 {
		return v
	}
	return lossy(percentBytes(v, false))
}

// percentBytes decodes percent-encoding; a "%" that means nothing stays.
func percentBytes(v string, plus bool) string {
	var b strings.Builder
	b.Grow(len(v))
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '+' && plus:
			b.WriteByte(' ')
		case c == '%' && i+2 < len(v) && unhex(v[i+1]) >= 0 && unhex(v[i+2]) >= 0:
			b.WriteByte(byte(unhex(v[i+1])<<4 | unhex(v[i+2])))
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// lossy returns the text of bytes as Python's decode("utf-8", "replace") does: one U+FFFD for
// each longest beginning of a character, not for each byte.
func lossy(v string) string {
	if utf8.ValidString(v) {
		return v
	}
	var b strings.Builder
	b.Grow(len(v) + 8)
	for len(v) > 0 {
		r, n := utf8.DecodeRuneInString(v)
		if r == utf8.RuneError && n == 1 {
			b.WriteString("\uFFFD")
			v = v[broken(v):]
			continue
		}
		b.WriteString(v[:n])
		v = v[n:]
	}
	return b.String()
}

// broken is the length of the part of a character that v begins with (Unicode, section 3.9,
// "maximal subpart").
func broken(v string) int {
	low, high, more := byte(0x80), byte(0xBF), 0
	switch c := v[0]; {
	case c >= 0xC2 && c <= 0xDF:
		more = 1
	case c >= 0xE0 && c <= 0xEF:
		more = 2
		if c == 0xE0 {
			low = 0xA0
		} else if c == 0xED {
			high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		more = 3
		if c == 0xF0 {
			low = 0x90
		} else if c == 0xF4 {
			high = 0x8F
		}
	}
	n := 1
	for ; n <= more && n < len(v) && v[n] >= low && v[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}
	return n
}

// lenientURL decodes URL encoding as software does that is less strict than Python: "+" is a
// blank, %u002e a character (IIS), and an overlong form of an ASCII character (C0 AE, E0 80 AE)
// stands for it (RFC 3629, section 10).
func lenientURL(v string) string {
	var b strings.Builder
	b.Grow(len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+5 < len(v) && v[i+1]|0x20 == 'u' && isHex(v[i+2:i+6]) {
			b.WriteRune(rune(unhex(v[i+2])<<12 | unhex(v[i+3])<<8 | unhex(v[i+4])<<4 | unhex(v[i+5])))
			i += 5
			continue
		}
		b.WriteByte(v[i])
	}
	raw := percentBytes(b.String(), true)
	b.Reset()
	for i := 0; i < len(raw); i++ {
		c, n := overlong(raw[i:])
		if n == 0 {
			b.WriteByte(raw[i])
			continue
		}
		b.WriteByte(c)
		i += n - 1
	}
	return lossy(b.String())
}

// overlong returns the ASCII character that v begins with in two or three bytes; n is 0 where
// it does not.
func overlong(v string) (c byte, n int) {
	switch {
	case len(v) > 1 && v[0]&0xFE == 0xC0:
		return v[0]<<6&0x40 | v[1]&0x3F, 2 // any second byte: decoders that take it do not look
	case len(v) > 2 && v[0] == 0xE0 && v[1]&0xFE == 0x80 && v[2]&0xC0 == 0x80:
		return v[1]<<6&0x40 | v[2]&0x3F, 3
	}
	return 0, 0
}

// unescapeJS decodes the escapes of JavaScript and JSON: \x3c, \u003c, \u{3c}, \74 and \n. What
// else a backslash stands before is itself.
func unescapeJS(v string) string {
	var b strings.Builder
	b.Grow(len(v))
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) {
			b.WriteByte(v[i])
			continue
		}
		r, n := jsEscape(v[i+1:])
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// jsEscape returns the character that follows a backslash, and how many bytes it takes.
func jsEscape(v string) (r rune, n int) {
	digits := func(from, count int) (rune, bool) {
		if len(v) < from+count || count == 0 || !isHex(v[from:from+count]) {
			return 0, false
		}
		r := rune(0)
		for i := range count {
			r = r<<4 | rune(unhex(v[from+i]))
		}
		return r, r <= utf8.MaxRune
	}
	switch c := v[0]; {
	case c == 'x':
		if r, ok := digits(1, 2); ok {
			return r, 3
		}
	case c == 'u' && len(v) > 2 && v[1] == '{':
		if end := strings.IndexByte(v[:min(len(v), 9)], '}'); end > 2 {
			if r, ok := digits(2, end-2); ok {
				return r, end + 1
			}
		}
	case c == 'u':
		if r, ok := digits(1, 4); ok {
			return r, 5
		}
	case c >= '0' && c <= '7':
		for n < len(v) && n < 3 && v[n] >= '0' && v[n] <= '7' && r*8+rune(v[n]-'0') < 256 {
			r = r*8 + rune(v[n]-'0')
			n++
		}
		return r, n
	case strings.IndexByte("nrtbfv", c) >= 0:
		return rune("\n\r\t\b\f\v"[strings.IndexByte("nrtbfv", c)]), 1
	}
	r, n = utf8.DecodeRuneInString(v)
	return r, n
}
