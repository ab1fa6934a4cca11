package active

import "strings"

// activeCSS says whether a style holds what runs script, or did in browsers of the past:
// expressions, behaviours, bindings, script URLs, style sheets of somebody else.
func activeCSS(s string) bool {
	if !strings.ContainsAny(s, "(@\\") && !strings.Contains(s, "-link") {
		return false
	}
	return activePlainCSS(plainCSS(s, false)) || strings.Contains(s, "/*") && activePlainCSS(plainCSS(s, true))
}

func activePlainCSS(s string) bool {
	for rest := s; ; {
		i := strings.Index(rest, "expression(")
		if i < 0 {
			break
		}
		if before := strings.TrimRight(rest[:i], " \t\r\n\f"); strings.HasSuffix(before, ":") || strings.HasSuffix(before, "=") {
			return true
		}
		rest = rest[i+1:]
	}
	if i := strings.Index(s, "-moz-binding:"); i >= 0 {
		return true
	}
	if strings.Contains(strings.ReplaceAll(s, "-behavior:", ""), "behavior:") && strings.Contains(s, "url(") {
		return true // "scroll-behavior" is something else
	}
	if strings.Contains(s, "-o-link:") || strings.Contains(s, "@import") {
		return true
	}
	secret := strings.Contains(s, "[value") // of forms, asked for letter by letter
	for rest := s; ; {
		i := strings.Index(rest, "url(")
		if i < 0 {
			return false
		}
		rest = rest[i+4:]
		if secret && strings.Contains(rest[:min(len(rest), 32)], "//") {
			return true
		}
		if cut := strings.Trim(rest, " \t\r\n\"'"); cut == "javascript" || cut == "vbscript" { // the page goes on
			return true
		}
		if scriptURL(rest[:min(len(rest), 256)], true) {
			return true
		}
	}
}

// plainCSS returns a style in lower case, without comments, escapes, spaces before
// colons and control characters. inStrings says that what looks like a comment in a string is none.
func plainCSS(s string, inStrings bool) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' && !isSpace(c) || c >= 0x80: // old browsers dropped them
		case inStrings && (c == '"' || c == '\''):
			end := literalEnd(s[i+1:], c)
			if end < 0 {
				end = len(s) - i - 2
			}
			out = append(out, s[i:min(i+end+2, len(s))]...)
			i += end + 1
		case c == '/' && i+1 < len(s) && s[i+1] == '*':
			end := strings.Index(s[i+2:], "*/")
			if end < 0 {
				return string(out)
			}
			i += end + 3
		case c == '\\' && i+1 < len(s):
			n, size := rune(0), 0
			for size < 6 && i+1+size < len(s) && isHex(s[i+1+size]) {
				n = n<<4 | rune(hexDigit(s[i+1+size]))
				size++
			}
			if i += size; size > 0 && n < 0x80 && n > 0 {
				out = append(out, lower(byte(n)))
				if i+1 < len(s) && isSpace(s[i+1]) {
					i++
				}
			}
		case c == ':':
			for len(out) > 0 && isSpace(out[len(out)-1]) {
				out = out[:len(out)-1]
			}
			out = append(out, c)
		default:
			out = append(out, lower(c))
		}
	}
	return string(out)
}
