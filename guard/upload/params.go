package upload

import (
	"strings"
	"unicode/utf8"
)

// parameter is one "key=value" behind a ";".
type parameter struct {
	key   string // in lower case
	value string // without quotes
}

// mostParameters is more than any field has.
const mostParameters = 8

// parseParameters reads "; key=value; key2="value"" without its first semicolon (RFC 9110,
// section 5.6.6). Each key comes once.
func parseParameters(s string) ([]parameter, error) {
	var all []parameter
	for {
		s = strings.TrimLeft(s, " \t")
		key, rest, ok := strings.Cut(s, "=")
		if !ok || !isToken(key) {
			return nil, malformed("%.60q is no parameter", s)
		}
		p := parameter{key: strings.ToLower(key)}
		for _, other := range all {
			if other.key == p.key {
				return nil, malformed("two parameters %.40q", key)
			}
		}
		if len(all) == mostParameters {
			return nil, malformed("more than %d parameters", mostParameters)
		}
		if strings.HasPrefix(rest, `"`) {
			value, after, ok := unquote(rest[1:])
			if !ok {
				return nil, malformedBody(errQuotes)
			}
			p.value, s = value, after
		} else {
			end := 0
			for end < len(rest) && isTokenByte(rest[end]) {
				end++
			}
			if end == 0 {
				return nil, malformed("the parameter %.40q has no value", key)
			}
			p.value, s = rest[:end], rest[end:]
		}
		if !utf8.ValidString(p.value) {
			return nil, malformed("the parameter %.40q is not UTF-8", key)
		}
		all = append(all, p)
		if s = strings.TrimLeft(s, " \t"); s == "" {
			return all, nil
		}
		if s[0] != ';' {
			return nil, malformed("%.60q follows a parameter", s)
		}
		s = s[1:]
	}
}

// unquote reads a quoted string whose first quote is gone, and returns what follows it.
// Browsers write a quote as %22 (HTML standard, multipart/form-data), others as \" (RFC
// 9110); a backslash before anything else is itself, as in a path of Windows.
func unquote(s string) (value, after string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return strings.ReplaceAll(b.String(), "%22", `"`), s[i+1:], true
		case c < ' ' || c == 0x7f: // a tab; the others have been refused
			return "", "", false
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// extendedValue reads a file name as RFC 8187 has it: UTF-8'language'percent-encoded.
// Browsers send none, but .NET does.
func extendedValue(s string) (string, error) {
	charset, rest, ok := strings.Cut(s, "'")
	_, coded, ok2 := strings.Cut(rest, "'")
	if !ok || !ok2 || !strings.EqualFold(charset, "utf-8") || coded == "" {
		return "", malformed("filename* is %.60q", s)
	}
	var b strings.Builder
	for i := 0; i < len(coded); i++ {
		c := coded[i]
		if c == '%' {
			if i+2 >= len(coded) || !isHex(coded[i+1]) || !isHex(coded[i+2]) {
				return "", malformed("filename* is %.60q", s)
			}
			c = hexValue(coded[i+1])<<4 | hexValue(coded[i+2])
			i += 2
			if c < ' ' || c == 0x7f {
				return "", malformed("a control character in filename*")
			}
		} else if !isTokenByte(c) || c == '\'' || c == '*' {
			return "", malformed("filename* is %.60q", s)
		}
		b.WriteByte(c)
	}
	if !utf8.ValidString(b.String()) {
		return "", malformed("filename* is not UTF-8")
	}
	return b.String(), nil
}

// isToken says whether s is a token (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	return isAlnum(c) || c > ' ' && c < 0x7f && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hexValue(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// claim is what a Content-Type says of the body.
type claim uint8

const (
	other   claim = iota // no multipart
	isForm               // multipart/form-data
	strange              // multipart in another spelling, of another kind, or none for sure
)

// claimOf reads the Content-Type fields of a request, as far as multipart goes.
func claimOf(types []string) claim {
	found := other
	for _, t := range types {
		essence, _, _ := strings.Cut(t, ";")
		switch {
		case strings.TrimRight(essence, " \t") == "multipart/form-data":
			found = max(found, isForm)
		case containsMultipart(essence):
			return strange
		}
	}
	if found == isForm && len(types) > 1 {
		return strange
	}
	return found
}

// containsMultipart looks for "multipart" in any spelling.
func containsMultipart(s string) bool {
	const word = "multipart"
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i]|0x20 == 'm' && strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// boundaryOf returns the boundary that a Content-Type of multipart/form-data names.
func boundaryOf(value string) (string, error) {
	_, params, ok := strings.Cut(value, ";")
	if !ok {
		return "", malformed("the form names no boundary")
	}
	given, err := parseParameters(params)
	if err != nil {
		return "", err
	}
	boundary := ""
	for _, g := range given {
		switch {
		case g.key == "boundary":
			boundary = g.value
		case g.key != "charset" || !strings.EqualFold(g.value, "utf-8"):
			return "", malformed("the parameter %.40q of the Content-Type", g.key)
		}
	}
	if !isBoundary(boundary) {
		return "", malformed("the boundary %.80q", boundary)
	}
	return boundary, nil
}

// isBoundary says whether s is a boundary (RFC 2046, section 5.1.1). A blank in it, which
// would be allowed, is not: software trims it in different places.
func isBoundary(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte("'()+_,-./:=?", s[i]) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= 70
}

// isPlainBoundary says whether a boundary means the same to all software, quoted or not.
func isPlainBoundary(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return len(s) >= 16
}
