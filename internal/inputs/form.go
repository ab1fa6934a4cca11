package inputs

import (
	"strings"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
)

// form reads a query or an urlencoded form as Werkzeug 3 does (urllib's parse_qsl): only "&"
// separates, a pair without "=" has an empty value, an empty pair is none. Werkzeug 2 puts
// U+FFFD for what is no UTF-8, where this has percent-encoding; that form is a decoded one.
func (c *collector) form(place, text string) {
	for text != "" {
		var pair string
		if pair, text, _ = strings.Cut(text, "&"); pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if !c.named(place, unquotePlus(name), unquotePlus(value)) {
			return
		}
	}
}

// formAfterJSON is form of a body that was JSON, too: what stands before the first "=" was seen.
func (c *collector) formAfterJSON(text string) {
	first, rest, more := strings.Cut(text, "&")
	if _, value, ok := strings.Cut(first, "="); ok && !c.add(fumehood.InForm, "", unquotePlus(value)) {
		return
	}
	if more {
		c.form(fumehood.InForm, rest)
	}
}

// unquotePlus decodes a name or a value of a form. Bytes that are no UTF-8 stay or become
// percent-encoded. Runs of ASCII are decoded each for itself, as Python does: a "%C3" is no
// character together with a byte that was not encoded.
func unquotePlus(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		if strings.IndexByte(s, '+') >= 0 {
			s = percentBytes(s, true)
		}
		return lossy(s)
	}
	if ascii(s) {
		return quoteInvalid(percentBytes(s, true))
	}
	var b strings.Builder
	for s != "" {
		n := 0
		for n < len(s) && s[n] < utf8.RuneSelf {
			n++
		}
		b.WriteString(quoteInvalid(percentBytes(s[:n], true)))
		s = s[n:]
		for n = 0; n < len(s) && s[n] >= utf8.RuneSelf; {
			n++
		}
		b.WriteString(lossy(s[:n]))
		s = s[n:]
	}
	return b.String()
}

// quoteInvalid writes the bytes of s that are no UTF-8 as percent-encoding, as Werkzeug's
// "werkzeug.url_quote" does.
func quoteInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			b.Write([]byte{'%', digits[s[0]>>4], digits[s[0]&15]})
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
