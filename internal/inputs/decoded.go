package inputs

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/active"
)

// What Decoded may give and do.
const (
	mostForms  = 8
	mostRounds = 3
	longValue  = 64 << 10 // longer ones are decoded one layer deep
	mostWork   = 8 << 20  // bytes that are decoded for one request
)

// Decoded returns other forms of value that an app, or what stands behind it, may make of it:
// without one, two or three layers of URL encoding, without HTML entities, JavaScript's escapes
// or NULs, in NFKC, and what base64 or hex is an encoding of, where that is text. Only forms
// that differ are given, at most 8; most values have none. Of a value of more than 64 KB only
// one layer is taken.
func Decoded(value string) []string {
	work := mostWork
	return decoded(value, &work)
}

// Decode sets Decoded of the values that are risky. It returns false where it has given up,
// because there was too much to decode.
func Decode(in []fumehood.Input) bool {
	work := mostWork
	for i := range in {
		if Risky(in[i].Value) {
			if in[i].Decoded = decoded(in[i].Value, &work); in[i].Decoded == nil {
				in[i].Decoded = []string{} // known to have none
			}
		}
	}
	return work >= 0
}

func decoded(value string, work *int) []string { return decode(value, work, false) }

// DecodedMarkup is Decoded of a text that is HTML itself, whose entities stand for characters
// that are no markup. It takes what it decodes from work (bytes), and gives nothing where there
// is none left.
func DecodedMarkup(value string, work *int) []string { return decode(value, work, true) }

func decode(value string, work *int, markup bool) []string {
	if !mayChange(value) {
		return nil
	}
	var room [mostForms + 1]string
	d := decoder{forms: append(room[:0], value), work: work, markup: markup}
	rounds := mostRounds
	if len(value) > longValue {
		rounds = 1
	}
	for from, round := 0, 0; round < rounds && from < len(d.forms); round++ {
		until := len(d.forms)
		for ; from < until; from++ {
			d.expand(d.forms[from])
		}
	}
	if len(d.forms) == 1 {
		return nil
	}
	return slices.Clone(d.forms[1:])
}

// mayChange says whether any of the decoders could change v; it is cheap.
func mayChange(v string) bool {
	if len(v) >= shortestHidden {
		end := 0
		for end < len(v) && classes[v[end]]&(letter|digit|underline|hyphen|base|dot) != 0 {
			end++
		}
		if end == len(v) { // it may be base64
			return true
		}
	}
	for _, c := range [...]byte{'%', '&', '\\', 0} {
		if strings.IndexByte(v, c) >= 0 {
			return true
		}
	}
	return !ascii(v) || looseStart(v)
}

type decoder struct {
	forms  []string
	work   *int // bytes that may still be decoded
	markup bool // entities stay
}

// put takes a form that is new.
func (d *decoder) put(form string) {
	if form != "" && len(d.forms) <= mostForms && !slices.Contains(d.forms, form) {
		d.forms = append(d.forms, form)
	}
}

// try puts what decode makes of v, if there is work left for it.
func (d *decoder) try(v string, decode func(string) string) {
	if len(d.forms) > mostForms || *d.work < 0 {
		return
	}
	if *d.work -= len(v); *d.work >= 0 {
		d.put(decode(v))
	}
}

// expand puts the forms that are one step away from v.
func (d *decoder) expand(v string) {
	if strings.IndexByte(v, '%') >= 0 {
		d.try(v, unquoteLossy)
		if len(v) <= longValue {
			d.try(v, lenientURL)
		}
	}
	if strings.IndexByte(v, '&') >= 0 && !d.markup {
		d.try(v, active.Unescape)
	}
	if strings.IndexByte(v, '\\') >= 0 {
		d.try(v, unescapeJS)
	}
	if strings.IndexByte(v, 0) >= 0 {
		d.try(v, func(v string) string { return strings.ReplaceAll(v, "\x00", "") })
	}
	if !ascii(v) {
		d.try(clip(v, pieceSize), func(piece string) string {
			if norm.NFKC.IsNormalString(piece) {
				return ""
			}
			return norm.NFKC.String(piece)
		})
	}
	unpacked(v, func(text string, _ bool) bool {
		if Risky(text) {
			d.put(text)
		}
		return len(d.forms) <= mostForms
	})
	if looseStart(v) {
		d.loose(v)
	}
}

// loose puts what v is a loose base64 of, and the texts of that where it is JSON.
func (d *decoder) loose(v string) {
	for _, url := range [...]bool{true, false} {
		d.try(v, func(v string) string {
			text := loose64(v, url)
			if text == "" || !Risky(text) || slices.Contains(d.forms, text) {
				return ""
			}
			more := inside(text, func(leaf string, _ bool) bool {
				if leaf != text && Risky(leaf) {
					d.put(leaf)
				}
				return len(d.forms) <= mostForms
			})
			if !more || isJSONStart(text) && leaves(text, nil) {
				return ""
			}
			return text
		})
	}
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
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '+' && plus:
			c = ' '
		case c == '%' && i+2 < len(v):
			if high, low := unhex(v[i+1]), unhex(v[i+2]); high >= 0 && low >= 0 {
				c = byte(high<<4 | low)
				i += 2
			}
		}
		out = append(out, c)
	}
	return string(out)
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
