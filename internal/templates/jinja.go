package templates

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Options are the settings of a Jinja environment that decide what arrives of a template.
type Options struct {
	TrimBlocks   bool // jinja's trim_blocks: the newline after a statement goes
	LstripBlocks bool // jinja's lstrip_blocks: spaces before a statement go
}

// kind is the kind of a segment.
type kind uint8

const (
	text kind = iota // arrives as it stands
	expr             // {{ ... }}: data
	stmt             // {% ... %}
)

// segment is one part of a template. Comments have none.
type segment struct {
	kind kind
	body string // of an expression or a statement: what is between the signs
	line int    // where it starts, from 1
}

var endRaw = regexp.MustCompile(`\{%([-+]?)\s*endraw\s*(?:\+%\}|(-)%\}|%\})`)

// lexer takes a template apart as jinja2/lexer.py does.
type lexer struct {
	src      string
	o        Options
	pos      int
	line     int // at counted
	counted  int
	newLine  bool // the last sign ended with a newline
	segments []segment
}

// lex returns the parts of a template, newlines as \n, white space control applied.
func lex(src string, o Options) ([]segment, error) {
	src = normalise(src)
	if strings.ContainsAny(src, holeMarks) || strings.IndexByte(src, 0) >= 0 {
		return nil, errors.New("it holds characters that no text has (NUL or U+FDD0)")
	}
	l := &lexer{src: src, o: o, line: 1, newLine: true}
	for {
		start := l.next()
		if start < 0 {
			l.text(l.src[l.pos:])
			return l.segments, nil
		}
		if err := l.sign(start); err != nil {
			return nil, fmt.Errorf("line %d: %w", l.lineAt(start), err)
		}
	}
}

// normalise turns all line ends into \n, as Jinja and HTML do.
func normalise(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// next returns where the next sign begins, or -1.
func (l *lexer) next() int {
	for i := l.pos; ; {
		at := strings.IndexByte(l.src[i:], '{')
		if at < 0 || i+at+1 >= len(l.src) {
			return -1
		}
		i += at
		if c := l.src[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
		i++
	}
}

// lineAt counts up to an offset that is not before the last one asked for.
func (l *lexer) lineAt(offset int) int {
	if offset > l.counted {
		l.line += strings.Count(l.src[l.counted:offset], "\n")
		l.counted = offset
	}
	return l.line
}

func (l *lexer) text(s string) {
	if s != "" {
		l.segments = append(l.segments, segment{text, s, l.lineAt(l.pos)})
	}
}

// sign takes the text before a sign and the sign itself.
func (l *lexer) sign(start int) error {
	what := l.src[start+1]
	inner := start + 2
	control := byte(0)
	if inner < len(l.src) && (l.src[inner] == '-' || l.src[inner] == '+') {
		control = l.src[inner]
		inner++
	}
	l.text(l.before(l.src[l.pos:start], control, what == '{'))
	line := l.lineAt(start)
	if what == '#' {
		end := strings.Index(l.src[inner:], "#}")
		if end < 0 {
			return errors.New("a comment has no end")
		}
		end += inner
		l.after(end+2, l.src[end-1], end > inner, true)
		return nil
	}
	end, ok := closing(l.src, inner, what == '%')
	if !ok {
		return errors.New("{" + string(what) + " has no end")
	}
	body := l.src[inner:end]
	last := byte(0)
	if end > inner {
		last = body[len(body)-1]
	}
	if last == '-' || last == '+' && what == '%' {
		body = body[:len(body)-1]
	}
	body = strings.TrimSpace(body)
	if what == '%' && body == "raw" {
		return l.raw(end+2, last == '-')
	}
	k := expr
	if what == '%' {
		k = stmt
	}
	l.segments = append(l.segments, segment{k, body, line})
	l.after(end+2, last, end > inner, what == '%')
	return nil
}

// before applies the white space control of a sign to the text before it.
func (l *lexer) before(s string, control byte, variable bool) string {
	if control == '-' {
		return strings.TrimRightFunc(s, space)
	}
	if control == '+' || variable || !l.o.LstripBlocks {
		return s
	}
	from := strings.LastIndexByte(s, '\n') + 1
	if (from > 0 || l.newLine) && strings.TrimFunc(s[from:], space) == "" {
		return s[:from]
	}
	return s
}

// after goes on behind a sign whose last byte within is last.
func (l *lexer) after(pos int, last byte, nonempty, block bool) {
	l.pos = pos
	switch {
	case nonempty && last == '-':
		l.pos = len(l.src) - len(strings.TrimLeftFunc(l.src[pos:], space))
	case nonempty && last == '+' && block:
	case block && l.o.TrimBlocks && strings.HasPrefix(l.src[pos:], "\n"):
		l.pos++
	}
	l.newLine = l.src[l.pos-1] == '\n'
}

// raw takes everything up to endraw as text.
func (l *lexer) raw(pos int, strip bool) error {
	l.after(pos, '-', strip, false)
	m := endRaw.FindStringSubmatchIndex(l.src[l.pos:])
	if m == nil && l.pos == len(l.src) {
		return nil
	}
	if m == nil {
		return errors.New("raw has no end")
	}
	control := byte(0)
	if m[2] < m[3] {
		control = l.src[l.pos+m[2]]
	}
	end := l.pos + m[1]
	l.text(l.before(l.src[l.pos:l.pos+m[0]], control, false))
	l.after(end, l.src[end-3], true, true)
	return nil
}

// closing returns where the end sign of an expression or a statement begins: strings and
// brackets are skipped.
func closing(src string, pos int, block bool) (end int, ok bool) {
	sign := "}}"
	if block {
		sign = "%}"
	}
	depth := 0
	for i := pos; i < len(src); i++ {
		if depth == 0 && strings.HasPrefix(src[i:], sign) {
			return i, true
		}
		switch c := src[i]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth < 0 {
				return 0, false
			}
		case '\'', '"':
			for i++; i < len(src) && src[i] != c; i++ {
				if src[i] == '\\' {
					i++
				}
			}
		}
	}
	return 0, false
}

// space is Python's str.isspace.
func space(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
