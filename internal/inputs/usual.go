package inputs

import "strings"

// agentByte has the characters of usual User-Agents: nothing that ends a literal, begins a
// comment or runs a command within double quotes.
var agentByte = [256]bool{
	' ': true, '(': true, ')': true, '+': true, ',': true, '-': true, '.': true, '/': true, ':': true, ';': true, '_': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true, 'k': true,
	'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true, 'u': true, 'v': true,
	'w': true, 'x': true, 'y': true, 'z': true, 'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true,
	'H': true, 'I': true, 'J': true, 'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true,
	'S': true, 'T': true, 'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
}

// usualAgent says whether v is what browsers and programs send: product/version, and comments.
func usualAgent(v string) bool {
	slash := strings.IndexByte(v, '/')
	if slash <= 0 || v[0] == '-' || v[0] == '/' || v[0] == '.' {
		return false
	}
	last, slashes := byte(0), false
	for i := 0; i < len(v); i++ {
		c := v[i]
		if !agentByte[c] || c == last && (c == '-' || c == '.') {
			return false
		}
		slashes = slashes || c == '/' && last == '/'
		last = c
	}
	for i := 0; i < slash; i++ {
		if classes[v[i]]&(letter|digit|underline|hyphen) == 0 && v[i] != ' ' {
			return false
		}
	}
	return !slashes || !strings.Contains(strings.Replace(v, "; +http://", "", 1), "//") // where a crawler is described
}

// fieldByte says what may stand where in usual fields: 1 are the characters of words.
var fieldByte = [256]uint8{
	' ': 1, '"': 5, '*': 1, '+': 1, ',': 2, '-': 1, '.': 1, '/': 1, '0': 1, '1': 1, '2': 1, '3': 1, '4': 1, '5': 1, '6': 1, '7': 1,
	'8': 1, '9': 1, ':': 1, ';': 3, '=': 4, 'A': 1, 'B': 1, 'C': 1, 'D': 1, 'E': 1, 'F': 1, 'G': 1, 'H': 1, 'I': 1, 'J': 1, 'K': 1,
	'L': 1, 'M': 1, 'N': 1, 'O': 1, 'P': 1, 'Q': 1, 'R': 1, 'S': 1, 'T': 1, 'U': 1, 'V': 1, 'W': 1, 'X': 1, 'Y': 1, 'Z': 1, '_': 1,
	'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1, 'f': 1, 'g': 1, 'h': 1, 'i': 1, 'j': 1, 'k': 1, 'l': 1, 'm': 1, 'n': 1, 'o': 1, 'p': 1,
	'q': 1, 'r': 1, 's': 1, 't': 1, 'u': 1, 'v': 1, 'w': 1, 'x': 1, 'y': 1, 'z': 1,
}

// usualField says whether v is a list of words, dates, numbers and "quoted strings" with
// parameters (RFC 9110, section 5.6): "text/html;q=0.9, */*", `W/"5f-1"`, `"Chromium";v="142"`.
// Nothing in it ends a literal, leaves a folder or runs a command: behind a semicolon stands a
// name with "=".
func usualField(v string) bool {
	switch v {
	case "?0", "?1", "*/*", "gzip, deflate, br", "gzip, deflate, br, zstd", // what comes with most requests, without a look at each byte
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7":
		return true
	}
	if v == "" || v[0] == '-' || v[0] == '.' || v[0] == '/' {
		return v == ""
	}
	equals := 0 // in this part of the list
	for i := 0; i < len(v); i++ {
		switch fieldByte[v[i]] {
		case 1:
			if c := v[i]; (c == '.' || c == '/' && i > 0) && i+1 < len(v) && v[i+1] == c {
				return false
			}
		case 2:
			equals = 0
		case 3:
			n := i + 1
			for n < len(v) && v[n] == ' ' {
				n++
			}
			for ; n < len(v) && fieldByte[v[n]] == 1 && v[n] != ' '; n++ {
				if v[n] == '/' || v[n] == '.' {
					return false
				}
			}
			if n == len(v) || v[n] != '=' {
				return false
			}
			i, equals = n, 1
		case 4:
			if equals++; equals > 1 || i == 0 || v[i-1] == ' ' || strings.IndexByte(v[:i], ' ') >= 0 && strings.IndexByte(v[:i], ',') < 0 {
				return false
			}
		case 5:
			end := strings.IndexByte(v[i+1:], '"')
			if end < 0 || !quotedUsual(v[i+1:i+1+end]) || !endsPart(v[i+end+2:]) || i > 0 && strings.IndexByte(" =,/", v[i-1]) < 0 {
				return false
			}
			i += end + 1
		default:
			return false
		}
	}
	return true
}

// quotedUsual says whether s is what browsers have in quotes: names, tags, and the one name with
// odd characters in it that is there for servers to skip.
func quotedUsual(s string) bool {
	odd, letters := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case classes[c]&letter != 0:
			if letters < len(notABrand) && c == notABrand[letters] {
				letters++
			} else {
				letters = len(notABrand) + 1
			}
		case c == '.' && i > 0 && s[i-1] == '.':
			return false
		case fieldByte[c] == 1 || c == ',':
		case strings.IndexByte("()?;=", c) >= 0:
			odd = true
		default:
			return false
		}
	}
	return !odd || letters == len(notABrand)
}

const notABrand = "NotABrand"

// endsPart says whether a part of a list ends before s.
func endsPart(s string) bool { return s == "" || s[0] == ',' || s[0] == ';' }
