package inputs

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
)

// mostPath is the longest name of a value in JSON (bytes).
const mostPath = 200

// isJSONStart says whether text begins as a JSON object, array or string does.
func isJSONStart(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return text != "" && (text[0] == '{' || text[0] == '[')
}

// leaves calls f, unless it is nil, for the texts and keys of a JSON text. It reports whether
// all of it was JSON and f has always wanted more.
func leaves(text string, f func(text string, pickle bool) bool) bool {
	r := jsonReader{text: text, deepest: 32, take: func(_, value string, number bool) bool {
		return number || f == nil || f(value, false)
	}}
	ok := r.value()
	r.space()
	return ok && !r.stopped && r.at == len(text)
}

// json takes the values of a body of JSON, or of several JSON texts one after the other
// (NDJSON). It reports whether all of it was JSON.
func (c *collector) json(text string) bool {
	text = strings.TrimPrefix(text, "\uFEFF")
	r := jsonReader{text: text, deepest: c.limits.MaxDepth, take: func(path, value string, _ bool) bool {
		return c.add(fumehood.InJSON, path, value)
	}}
	ok := true
	for r.space(); ok && r.at < len(text); r.space() {
		ok = r.value()
	}
	switch {
	case r.deep:
		c.unseen("the JSON is too deep")
	case r.half:
		c.unreadable("the JSON has half a character")
	}
	return ok && !r.stopped
}

// jsonReader reads JSON as Python does (RFC 8259, NaN and infinities), and a little more: a
// reader that takes what is no JSON only sees values that an app does not.
type jsonReader struct {
	text    string
	at      int
	path    []byte
	depth   int
	deepest int

	take func(path, value string, number bool) bool

	stopped bool // take wants no more, or nothing more can be read
	deep    bool
	half    bool // a lone surrogate
}

func (r *jsonReader) space() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// value reads one value. It reports whether there was one.
func (r *jsonReader) value() bool {
	switch c := r.space(); {
	case r.stopped:
		return false
	case c == '{' || c == '[':
		if r.depth++; r.depth > r.deepest {
			r.deep, r.stopped = true, true
			return false
		}
		r.at++
		ok := false
		if c == '{' {
			ok = r.object()
		} else {
			ok = r.array()
		}
		r.depth--
		return ok
	case c == '"':
		value, ok := r.str()
		if !r.take(string(r.path), value, false) {
			r.stopped = true
		}
		return ok
	default:
		return r.bare(false)
	}
}

// bare reads a number or a word such as null. Numbers in arrays are left out: lists of
// measurements are long, and nothing in them but an address could do harm.
func (r *jsonReader) bare(inArray bool) bool {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte(",]} \t\r\n:{[\"", r.text[r.at]) < 0 {
		r.at++
	}
	word := r.text[start:r.at]
	if word == "" {
		return false
	}
	if c := word[0]; c >= '0' && c <= '9' || c == '-' {
		if (!inArray || len(word) >= shortestHidden && Risky(word)) && !r.take(string(r.path), lossy(word), true) {
			r.stopped = true
		}
		return strings.Trim(word, "0123456789.+-eEInfity") == ""
	}
	switch word {
	case "true", "false", "null", "NaN", "Infinity":
		return true
	}
	return false
}

func (r *jsonReader) object() bool {
	outer := len(r.path)
	for first := true; ; first = false {
		switch c := r.space(); {
		case c == '}' && (first || r.text[r.at-1] != ','):
			r.at++
			return true
		case c != '"':
			return false
		}
		key, ok := r.str()
		if !ok || r.space() != ':' {
			return false
		}
		r.at++
		r.enter(key)
		if Risky(key) && !r.take(string(r.path), key, false) {
			r.stopped = true
		}
		ok = r.value()
		r.path = r.path[:outer]
		if !ok || r.stopped {
			return false
		}
		switch r.space() {
		case ',':
			r.at++
			if r.space() == '}' {
				return false
			}
		case '}':
		default:
			return false
		}
	}
}

func (r *jsonReader) array() bool {
	outer := len(r.path)
	if r.space() == ']' {
		r.at++
		return true
	}
	for n := 0; ; n++ {
		c := r.space()
		ok := false
		if c == '"' || c == '{' || c == '[' {
			r.enter("")
			r.path = strconv.AppendInt(r.path, int64(n), 10)
			ok = r.value()
			r.path = r.path[:outer]
		} else {
			ok = r.bare(true)
		}
		if !ok || r.stopped {
			return false
		}
		switch r.space() {
		case ',':
			r.at++
		case ']':
			r.at++
			return true
		default:
			return false
		}
	}
}

// enter goes on in the path.
func (r *jsonReader) enter(key string) {
	if len(r.path) > 0 && len(r.path) < mostPath {
		r.path = append(r.path, '.')
	}
	r.path = append(r.path, clip(key, max(0, mostPath-len(r.path)))...)
}

// str reads a string.
func (r *jsonReader) str() (string, bool) {
	r.at++
	rest := r.text[r.at:]
	end := strings.IndexByte(rest, '"')
	if end >= 0 && strings.IndexByte(rest[:end], '\\') >= 0 { // the quote may be escaped: walk to one that is not
		for end = strings.IndexByte(rest, '\\'); end < len(rest) && rest[end] != '"'; end++ {
			if rest[end] == '\\' {
				end++
			}
		}
	}
	if end < 0 || end >= len(rest) {
		r.at = len(r.text)
		return lossy(r.unescape(rest)), false
	}
	r.at += end + 1
	return lossy(r.unescape(rest[:end])), true
}

// unescape decodes the escapes of a string.
func (r *jsonReader) unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if short := strings.IndexByte("bfnrt", s[i]); short >= 0 {
			b.WriteByte("\b\f\n\r\t"[short])
			continue
		}
		if s[i] != 'u' || i+4 >= len(s) || !isHex(s[i+1:i+5]) {
			b.WriteByte(s[i])
			continue
		}
		c := four(s[i+1:])
		i += 4
		if utf16.IsSurrogate(c) {
			low := utf8.RuneError
			if i+6 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' && isHex(s[i+3:i+7]) {
				low = utf16.DecodeRune(c, four(s[i+3:]))
			}
			if low == utf8.RuneError {
				r.half = true
			} else {
				i += 6
			}
			c = low
		}
		b.WriteRune(c)
	}
	return b.String()
}

// four is the number of four hex digits.
func four(s string) rune {
	return rune(unhex(s[0])<<12 | unhex(s[1])<<8 | unhex(s[2])<<4 | unhex(s[3]))
}

// inUTF8 returns text in UTF-8 where it is JSON in UTF-16 or UTF-32, which Python's json.loads
// takes without being told.
func inUTF8(b string) string {
	if len(b) < 4 {
		return b
	}
	big := b[0] == 0 || b[0] == 0xFE
	width := 0
	switch {
	case b[0] == 0xFE && b[1] == 0xFF, b[0] == 0xFF && b[1] == 0xFE, b[0] == 0 && b[1] != 0, b[0] != 0 && b[1] == 0:
		width = 2
		if !big && b[2] == 0 && b[3] == 0 {
			width = 4
		}
	case b[0] == 0 && b[1] == 0:
		width = 4
	default:
		return b
	}
	units := make([]uint16, 0, len(b)/width)
	var out strings.Builder
	for i := 0; i+width <= len(b); i += width {
		n := rune(0)
		for j := range width {
			k := j
			if !big {
				k = width - 1 - j
			}
			n = n<<8 | rune(b[i+k])
		}
		if width == 4 {
			out.WriteRune(n)
		} else {
			units = append(units, uint16(n))
		}
	}
	for _, r := range utf16.Decode(units) {
		out.WriteRune(r)
	}
	return strings.TrimPrefix(out.String(), "\uFEFF")
}
