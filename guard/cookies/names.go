package cookies

import (
	"strings"
	"unicode/utf8"
)

// prefixes are the beginnings of names that browsers protect (RFC 6265bis section 4.1.3,
// and the two of its successor), longest first.
var prefixes = [...]string{"__Host-Http-", "__Host-", "__Secure-", "__Http-"}

// prefixOf returns the protected beginning of name, "" without one.
func prefixOf(name string) string {
	if len(name) < 2 || name[0] != '_' || name[1] != '_' {
		return ""
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

// misspelt finds names such as "__HOST-session": newer browsers protect them, older ones
// let everybody set them, and a server may not tell the difference.
func misspelt(name string) bool {
	if len(name) < 2 || name[0] != '_' || name[1] != '_' {
		return false
	}
	for _, prefix := range prefixes {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return name[:len(prefix)] != prefix
		}
	}
	return false
}

// validName says whether all parsers read name as the same name. It takes more than a
// token of RFC 9110 (brackets are in use) and leaves out what some parser trims, splits at
// or takes for an attribute ("$Path", RFC 2965).
func validName(name string) bool {
	if name == "" || name[0] == '$' {
		return false
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c >= 0x7f || c == '=' || c == ';' || c == ',' || c == '"' {
			return false
		}
	}
	return true
}

// validValue says whether all parsers see the end of value where it is: one that begins
// with a quote is read by some, Werkzeug among them, up to the closing one, across
// semicolons. Bytes that are not UTF-8 are read in as many ways as there are parsers, and
// Werkzeug's parse_cookie fails on them.
func validValue(value string) bool {
	if value != "" && value[0] == '"' && quoted(value) != len(value) {
		return false
	}
	for i := 0; i < len(value); i++ {
		if value[i] >= utf8.RuneSelf {
			return utf8.ValidString(value)
		}
	}
	return true
}

// quoted returns the length of the quoted string that value begins with, 0 if it does not
// end.
func quoted(value string) int {
	for i := 1; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// hasControl finds what no browser sends or stores. A tab is white space between cookies.
func hasControl(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// cut cuts the first name=value off a Cookie field, or the first attribute off what a
// Set-Cookie field has after its first part.
func cut(s string) (name, value string, equals bool, rest string) {
	if i := strings.IndexByte(s, ';'); i >= 0 {
		s, rest = s[:i], s[i+1:]
	}
	if i := strings.IndexByte(s, '='); i >= 0 {
		return trim(s[:i]), trim(s[i+1:]), true, rest
	}
	return trim(s), "", false, rest
}

// trim removes the white space that RFC 6265bis knows, and no other: what a parser takes
// for part of a name is part of the name.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
