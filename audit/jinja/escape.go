package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote decodes a string literal as Jinja does: with Python's escapes. An escape that is cut
// short is a problem; one that nobody knows stays as it is.
func unquote(literal string) (value, problem string) {
	body := literal[1 : len(literal)-1]
	i := strings.IndexByte(body, '\\')
	if i < 0 {
		return body, ""
	}
	var out strings.Builder
	for ; i >= 0 && i+1 < len(body); i = strings.IndexByte(body, '\\') {
		out.WriteString(body[:i])
		size := 0
		if size = escape(&out, body[i:]); size == 0 {
			return "", "the string has an escape that is cut short"
		}
		body = body[i+size:]
	}
	out.WriteString(body)
	return out.String(), ""
}

// escape writes what an escape means and returns how long it is.
func escape(out *strings.Builder, s string) int {
	const plain = "\\\\'\"abfnrtv"
	const means = "\\\\'\"\a\b\f\n\r\t\v"
	c := s[1]
	if i := strings.IndexByte(plain, c); i >= 0 {
		out.WriteByte(means[i])
		return 2
	}
	switch {
	case c == '\n':
		return 2
	case c == '\r' && len(s) > 2 && s[2] == '\n':
		return 3
	case c == '\r':
		return 2
	case c == 'x':
		return hex(out, s, 2)
	case c == 'u':
		return hex(out, s, 4)
	case c == 'U':
		return hex(out, s, 8)
	case c == 'N':
		end := strings.IndexByte(s, '}')
		if len(s) < 3 || s[2] != '{' || end < 0 {
			return 0
		}
		out.WriteRune(utf8.RuneError) // the names of characters are not at hand
		return end + 1
	case c >= '0' && c <= '7':
		end := 2
		for end < len(s) && end < 4 && s[end] >= '0' && s[end] <= '7' {
			end++
		}
		n, _ := strconv.ParseUint(s[1:end], 8, 16)
		out.WriteRune(rune(n))
		return end
	}
	out.WriteByte('\\')
	return 1
}

// hex reads \x, \u and \U with so many digits.
func hex(out *strings.Builder, s string, count int) int {
	if len(s) < 2+count {
		return 0
	}
	n, err := strconv.ParseUint(s[2:2+count], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0
	}
	out.WriteRune(rune(n))
	return 2 + count
}
