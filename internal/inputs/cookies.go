package inputs

import (
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/cookie"
)

// riskyCookies says whether a field has cookies that may be risky.
func riskyCookies(field string, sessions []string) (look bool) {
	one := [1]string{field}
	cookie.Each(one[:], func(name, value string) {
		value = strings.Trim(value, `"`)
		look = look || Risky(name) || strings.IndexByte(value, '\\') >= 0 || isPacked(value)
		switch {
		case look:
		case !isSession(sessions, name, value):
			look = Risky(value)
		default:
			look = strings.IndexByte(value, '.') >= 0 && mayHold(value)
		}
	})
	return look
}

// cookies takes the risky cookies, read as Werkzeug reads them.
func (c *collector) cookies(values []string) {
	eachCookie(strings.Join(values, "; "), func(name, value string) bool { // as package wsgi joins them
		if Risky(name) && !c.add(fumehood.InCookie, name, name) {
			return false
		}
		if isSession(c.limits.Sessions, name, value) || isPacked(value) {
			return strings.IndexByte(value, '.') < 0 || c.session(value)
		}
		return !Risky(value) || c.add(fumehood.InCookie, name, value)
	})
}

// isSession says whether a cookie is a session in its usual form: JSON that is signed, as Flask
// writes it, or a token that is an encoding of nothing. An app that reads something of its own
// from a cookie of that name has all of it looked into.
func isSession(sessions []string, name, value string) bool {
	if !slices.Contains(sessions, name) || strings.Contains(value, "--") || strings.Contains(value, "..") {
		return false
	}
	for i := 0; i < len(value); i++ {
		if classes[value[i]]&(letter|digit|underline|hyphen|dot) == 0 {
			return false
		}
	}
	if strings.IndexByte(value, '.') < 0 {
		return !looseStart(value) && !strings.HasPrefix(value, "80") // hex of a pickle
	}
	return (strings.HasPrefix(value, "eyJ") || strings.HasPrefix(value, "e30.") || strings.HasPrefix(value, ".eJ")) && isSigned(value)
}

// eachCookie calls f for each cookie. Values in quotes lose them and their escapes; they may
// have semicolons. The newest Werkzeug skips what has spaces or lone quotes in it; older ones
// and other libraries take it up to the next semicolon.
func eachCookie(field string, f func(name, value string) bool) {
	for field != "" {
		name, value, rest, ok := oneCookie(field)
		if !ok {
			var pair string
			pair, rest, _ = strings.Cut(field, ";")
			name, value, _ = strings.Cut(strings.Trim(pair, " \t"), "=")
			name, value = latin1Lazy(strings.TrimRight(name, " \t")), latin1Lazy(strings.Trim(value, " \t"))
		}
		if !f(name, value) {
			return
		}
		field = rest
	}
}

func oneCookie(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	n := 0
	for n < len(s) && strings.IndexByte(" \t=\";", s[n]) < 0 {
		n++
	}
	if n == 0 {
		return "", "", "", false
	}
	name, s = s[:n], strings.TrimLeft(s[n:], " \t")
	if strings.HasPrefix(s, "=") {
		s = strings.TrimLeft(s[1:], " \t")
		if end := quotedEnd(s); end > 0 {
			value, s = unslash(s[1:end-1]), s[end:]
		} else {
			for n = 0; n < len(s) && strings.IndexByte(" \t\";", s[n]) < 0; {
				n++
			}
			value, s = latin1Lazy(s[:n]), s[n:]
		}
		s = strings.TrimLeft(s, " \t")
	}
	if s != "" && s[0] != ';' {
		return "", "", "", false
	}
	return latin1Lazy(name), value, strings.TrimPrefix(s, ";"), true
}

// quotedEnd returns where the quoted string that s begins with ends, 0 where there is none.
func quotedEnd(s string) int {
	if s == "" || s[0] != '"' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
			if i < len(s) && s[i] == '\n' {
				return 0
			}
		}
	}
	return 0
}

// unslash decodes the escapes of a cookie: \" and \\, and three octal digits for a byte.
func unslash(s string) string {
	s = latin1Lazy(s)
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
		default:
			i++
			b.WriteByte(s[i])
		}
	}
	return lossy(b.String())
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func latin1Lazy(s string) string {
	if ascii(s) {
		return s
	}
	return latin1(s)
}
