package active

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// folded returns s with the characters that software which cuts them to seven or eight bits, or
// which looks for the nearest in another code page, turns into ASCII's signs; also where UTF-8
// was read as Latin-1. It is "" where no tag comes of it.
func folded(s string) string {
	for i := 0; ; {
		for i+8 <= len(s) && s[i]|s[i+1]|s[i+2]|s[i+3]|s[i+4]|s[i+5]|s[i+6]|s[i+7] < utf8.RuneSelf {
			i += 8
		}
		for i < len(s) && s[i] < utf8.RuneSelf {
			i++
		}
		if i == len(s) {
			return ""
		}
		r, n := decodeRune(s[i:])
		i += n
		sign := asciiOf(r)
		if sign == '<' && i < len(s) && (isLetter(s[i]) || s[i] == '/') || sign == '>' && i > n && isLetter(s[i-n-1]) {
			break
		}
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, n := decodeRune(s[i:])
		next, _ := decodeRune(s[i+n:])
		switch c := asciiOf(r); {
		case r >= 0xc2 && r <= 0xf4 && next >= 0x80 && next <= 0xbf: // the first byte of a character
		case c != 0:
			out = append(out, c)
		default:
			out = append(out, s[i:i+n]...)
		}
		i += n
	}
	return string(out)
}

// decodeRune is utf8.DecodeRuneInString, with Latin-1 for what is no UTF-8.
func decodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return rune(s[0]), 1
	}
	return r, n
}

// quartersAsTag says whether s has the signs for a quarter and three quarters where a start tag
// and an end tag have their brackets: they are those of ASCII with the eighth bit set.
func quartersAsTag(s string) bool {
	for _, signs := range [...][2]string{{"\u00bc", "\u00be"}, {"\xbc", "\xbe"}} {
		_, after, found := strings.Cut(s, signs[0]+"/")
		if !found {
			continue
		}
		n := 0
		for n < len(after) && isLetter(after[n]) {
			n++
		}
		if n > 0 && strings.HasPrefix(after[n:], signs[1]) {
			return true
		}
	}
	return false
}

// asciiOf returns the sign of markup or script that a character may become, 0 for none.
func asciiOf(r rune) byte {
	switch r {
	case 0x2039, 0x2329, 0x27e8, 0x3008:
		return '<'
	case 0x203a, 0x232a, 0x27e9, 0x3009:
		return '>'
	}
	if r < utf8.RuneSelf {
		return 0
	}
	switch c := byte(r & 0x7f); c {
	case '<', '>', '"', '\'', '=', '(', ')', '/', ';', ':':
		return c
	}
	return 0
}

// inUTF7 says whether s has a tag of which a part is written in UTF-7: nobody else does that.
func inUTF7(s string) bool {
	open, angle := strings.Index(s, "+ADw"), strings.IndexByte(s, '<')
	if open < 0 && (angle < 0 || !strings.Contains(s[angle:], "+AD4")) {
		return false
	}
	plain := plainUTF7(s)
	if readsAsMarkup(plain) {
		return true
	}
	_, tag, found := strings.Cut(plain, "<")
	return found && tag != "" && (isLetter(tag[0]) || tag[0] == '/') && strings.IndexByte(tag, '>') > 0 &&
		(open >= 0 && strings.HasPrefix(s[open+4:], "-") || strings.Contains(s, "+AD4-"))
}

// plainUTF7 decodes UTF-7 (RFC 2152); what is none stays.
func plainUTF7(s string) string {
	out := make([]byte, 0, len(s))
	for {
		text, rest, found := strings.Cut(s, "+")
		out = append(out, text...)
		if !found {
			return string(out)
		}
		n := 0
		for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n]) || rest[n] == '/') {
			n++
		}
		units, err := base64.RawStdEncoding.DecodeString(rest[:n])
		if err != nil || len(units) < 2 {
			out, s = append(out, '+'), rest
			continue
		}
		wide := make([]uint16, len(units)/2)
		for i := range wide {
			wide[i] = uint16(units[2*i])<<8 | uint16(units[2*i+1])
		}
		out = append(out, string(utf16.Decode(wide))...)
		s = strings.TrimPrefix(rest[n:], "-")
	}
}
