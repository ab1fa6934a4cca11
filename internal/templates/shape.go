package templates

import (
	"strings"
	"unicode/utf8"
)

// Shape is a script with template data in it: its literal parts, and between them the
// places of the data. A text has the shape when its literal parts are the same byte for
// byte and the data is only data: one JSON value where the script expects a value, no
// character that ends a string, a template literal or a comment where it stands in one.
//
// Where a text of the shape stands in a page does not matter: what it does is what the
// template's author wrote.
type Shape struct {
	parts []string // one more than holes
	holes []hole
}

// hole is what data may be.
type hole uint8

const (
	jsonValue  hole = iota // one JSON value
	jsonStrict             // one JSON value, escaped as Flask's tojson does: no < > & '
	digits                 // a part of a name or a number: only digits
	inString               // within quotes
	inTemplate             // within backticks
	inComment              // within a comment
)

// holds says whether c may stand in data of this kind; for the three that are no JSON.
// Quotes of all kinds are refused in each: code in a string has strings of its own.
func (h hole) holds(c rune) bool {
	switch c {
	case '"', '\'', '`', '\\', '<', '>', '\u2028', '\u2029', utf8.RuneError:
		return false
	case '$', '{', '}':
		return h != inTemplate
	case '*':
		return h != inComment
	}
	return c >= ' ' && c != 0x7f
}

// Match says whether script has the shape.
func (s *Shape) Match(script string) bool {
	rest, ok := strings.CutPrefix(script, s.parts[0])
	for i, h := range s.holes {
		if !ok {
			return false
		}
		literal := s.parts[i+1]
		final := i == len(s.holes)-1
		n := h.length(rest, literal)
		if n < 0 {
			return false
		}
		rest, ok = strings.CutPrefix(rest[n:], literal)
		if ok && final && rest != "" {
			return false
		}
	}
	return ok
}

// length returns how much of rest is the data, when literal comes after it, or -1.
func (h hole) length(rest, literal string) int {
	switch h {
	case jsonValue, jsonStrict:
		n := jsonLength(rest)
		if n > 0 && h == jsonStrict && strings.ContainsAny(rest[:n], "<>&'") {
			return -1
		}
		return n
	case digits:
		n := 0
		for n < len(rest) && n < 20 && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 {
			return -1
		}
		return n
	}
	run := len(rest)
	for i, c := range rest {
		if !h.holds(c) {
			run = i
			break
		}
	}
	// The first character of the literal that data cannot hold ends the run: there is one
	// place for the literal. Without one, what follows is in the same string, and the
	// first place leaves most to the holes after it.
	for i, c := range literal {
		if !h.holds(c) {
			return max(run-i, -1)
		}
	}
	return strings.Index(rest[:run], literal)
}

// deepest is how deep JSON data may be nested.
const deepest = 100

// jsonLength returns the length of the JSON value that s begins with (RFC 8259; NaN and
// Infinity too, which Python's json module writes), or -1.
func jsonLength(s string) int {
	j := &jsonReader{s: s}
	if !j.value(0) {
		return -1
	}
	return j.pos
}

type jsonReader struct {
	s   string
	pos int
}

func (j *jsonReader) take(c byte) bool {
	if j.pos < len(j.s) && j.s[j.pos] == c {
		j.pos++
		return true
	}
	return false
}

func (j *jsonReader) spaces() {
	for j.take(' ') || j.take('\n') || j.take('\t') {
	}
}

func (j *jsonReader) value(depth int) bool {
	if depth > deepest || j.pos >= len(j.s) {
		return false
	}
	switch j.s[j.pos] {
	case '"':
		return j.str()
	case '{':
		return j.list('}', func() bool {
			if !j.str() {
				return false
			}
			j.spaces()
			if !j.take(':') {
				return false
			}
			j.spaces()
			return j.value(depth + 1)
		})
	case '[':
		return j.list(']', func() bool { return j.value(depth + 1) })
	}
	for _, word := range []string{"true", "false", "null", "NaN", "Infinity", "-Infinity"} {
		if strings.HasPrefix(j.s[j.pos:], word) {
			j.pos += len(word)
			return true
		}
	}
	return j.number()
}

func (j *jsonReader) list(end byte, item func() bool) bool {
	j.pos++
	j.spaces()
	if j.take(end) {
		return true
	}
	for item() {
		j.spaces()
		if j.take(end) {
			return true
		}
		if !j.take(',') {
			return false
		}
		j.spaces()
	}
	return false
}

func (j *jsonReader) str() bool {
	if !j.take('"') {
		return false
	}
	for j.pos < len(j.s) {
		c := j.s[j.pos]
		j.pos++
		switch {
		case c == '"':
			return true
		case c < ' ':
			return false
		case c == '\\':
			if !j.escape() {
				return false
			}
		}
	}
	return false
}

func (j *jsonReader) escape() bool {
	if j.pos >= len(j.s) {
		return false
	}
	c := j.s[j.pos]
	j.pos++
	if c != 'u' {
		return strings.IndexByte(`"\/bfnrt`, c) >= 0
	}
	for range 4 {
		if j.pos >= len(j.s) || strings.IndexByte("0123456789abcdefABCDEF", j.s[j.pos]) < 0 {
			return false
		}
		j.pos++
	}
	return true
}

func (j *jsonReader) number() bool {
	j.take('-')
	if !j.take('0') && !j.digits() {
		return false
	}
	if j.take('.') && !j.digits() {
		return false
	}
	if j.take('e') || j.take('E') {
		if !j.take('+') {
			j.take('-')
		}
		return j.digits()
	}
	return true
}

func (j *jsonReader) digits() bool {
	start := j.pos
	for j.pos < len(j.s) && j.s[j.pos] >= '0' && j.s[j.pos] <= '9' {
		j.pos++
	}
	return j.pos > start
}
