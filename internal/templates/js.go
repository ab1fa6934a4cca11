package templates

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// shape reads a script with marks in it, or says why what arrives cannot be compared.
func (s *scanner) shape(body string) (*Shape, string) {
	sh := &Shape{parts: []string{""}}
	var holes []string
	for _, p := range s.page.parts(body) {
		switch {
		case p.segment == nil:
			sh.parts[len(sh.parts)-1] += p.text
		case p.segment.kind == stmt:
			return nil, "a statement of the template is in it: {% " + keyword(p.segment.body) + " %}"
		case s.t.code(p.segment.body):
			return nil, "a macro or a block writes a part of it: {{ " + p.segment.body + " }}"
		default:
			holes = append(holes, p.segment.body)
			sh.parts = append(sh.parts, "")
		}
	}
	kinds, err := contexts(sh.parts, holes)
	if err != nil {
		return nil, err.Error()
	}
	sh.holes = kinds
	return sh, ""
}

// contexts says for each hole of a script what data may be there. It reads as much of
// JavaScript as is needed to tell code, strings and comments apart, and gives up where
// that needs more.
func contexts(parts, holes []string) ([]hole, error) {
	joined := strings.Join(parts, "\x00")
	if strings.ContainsAny(joined, "\u2028\u2029") || !utf8.ValidString(joined) {
		return nil, errors.New("it holds a line end that only JavaScript knows (U+2028)")
	}
	if strings.Contains(joined, "<!--") || strings.Contains(joined, "-->") {
		return nil, errors.New("it holds an HTML comment")
	}
	js := &jsReader{s: joined, expressions: holes}
	for js.pos < len(js.s) {
		if err := js.step(); err != nil {
			return nil, err
		}
	}
	if js.mode != code && js.mode != lineComment || js.mode == lineComment && strings.HasSuffix(joined, "\x00") {
		return nil, errors.New("a string or a comment in it has no end")
	}
	return js.holes, nil
}

// jsMode is where in a script the reader is.
type jsMode uint8

const (
	code jsMode = iota
	doubleQuoted
	singleQuoted
	template
	lineComment
	blockComment
)

type jsReader struct {
	s           string // the literal parts, with NUL for each hole
	pos         int
	mode        jsMode
	before      string // the last sign or word of code; "v" for the end of a value
	depths      []int  // for each template literal that is open: braces open in its ${ }
	expressions []string
	holes       []hole
}

func (js *jsReader) step() error {
	c := js.s[js.pos]
	switch js.mode {
	case doubleQuoted, singleQuoted:
		return js.quoted(c)
	case template:
		return js.template(c)
	case lineComment:
		if c == '\n' {
			js.mode = code
		}
	case blockComment:
		if c == '*' && js.peek(1) == '/' {
			js.pos++
			js.mode = code
		}
	default:
		return js.code(c)
	}
	if c == 0 {
		js.holes = append(js.holes, inComment)
	}
	js.pos++
	return nil
}

func (js *jsReader) peek(n int) byte {
	if js.pos+n < len(js.s) {
		return js.s[js.pos+n]
	}
	return '\n'
}

func (js *jsReader) quoted(c byte) error {
	end := byte('"')
	if js.mode == singleQuoted {
		end = '\''
	}
	switch c {
	case 0:
		js.holes = append(js.holes, inString)
	case '\\':
		return js.backslash()
	case '\n':
		return errors.New("a string in it goes over the end of a line")
	case end:
		js.mode, js.before = code, "v"
	}
	js.pos++
	return nil
}

func (js *jsReader) backslash() error {
	if js.peek(1) == 0 {
		return errors.New("a backslash stands before data")
	}
	js.pos += 2
	return nil
}

func (js *jsReader) template(c byte) error {
	switch c {
	case 0:
		if js.s[js.pos-1] == '$' {
			return errors.New("a $ stands before data")
		}
		js.holes = append(js.holes, inTemplate)
	case '\\':
		return js.backslash()
	case '`':
		js.mode, js.before = code, "v"
	case '$':
		if js.peek(1) == '{' {
			js.depths = append(js.depths, 0)
			js.mode, js.before = code, "{"
			js.pos++
		}
	}
	js.pos++
	return nil
}

func (js *jsReader) code(c byte) error {
	switch {
	case c == 0:
		return js.hole()
	case c == '"':
		js.mode = doubleQuoted
	case c == '\'':
		js.mode = singleQuoted
	case c == '`':
		js.mode = template
	case c == '/':
		return js.slash()
	case c == '\\':
		return errors.New("a backslash stands in its code")
	case c == '{' || c == '}':
		js.brace(c)
	case c == ' ' || c == '\n' || c == '\t':
	case wordByte(c):
		start := js.pos
		for js.pos < len(js.s) && wordByte(js.s[js.pos]) {
			js.pos++
		}
		js.before = js.s[start:js.pos]
		return nil
	case c == '.' && strings.HasPrefix(js.s[js.pos:], "..."):
		js.pos += 2
		js.before = ","
	default:
		js.before = string(rune(c))
	}
	js.pos++
	return nil
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

// brace counts the braces within ${ }.
func (js *jsReader) brace(c byte) {
	js.before = string(rune(c))
	n := len(js.depths) - 1
	if n < 0 {
		return
	}
	switch {
	case c == '{':
		js.depths[n]++
	case js.depths[n] > 0:
		js.depths[n]--
	default:
		js.depths = js.depths[:n]
		js.mode = template
	}
}

// slash tells comments, regular expressions and divisions apart.
func (js *jsReader) slash() error {
	switch js.peek(1) {
	case '/':
		js.mode = lineComment
		js.pos += 2
		return nil
	case '*':
		js.mode = blockComment
		js.pos += 2
		return nil
	}
	if js.before == "" || strings.Contains("=(,:[!&|?;{", js.before) {
		return js.regexp()
	}
	line, _, _ := strings.Cut(js.s[js.pos+1:], "\n")
	if strings.Contains(line, "/") && strings.ContainsAny(line, "\"'`\x00") {
		return errors.New("a / in it may be a division or begin a regular expression")
	}
	js.before = "/"
	js.pos++
	return nil
}

func (js *jsReader) regexp() error {
	class := false
	for js.pos++; js.pos < len(js.s); js.pos++ {
		switch c := js.s[js.pos]; {
		case c == 0:
			return errors.New("data stands in a regular expression")
		case c == '\n':
			return errors.New("a regular expression in it has no end")
		case c == '\\':
			if err := js.backslash(); err != nil {
				return errors.New("data stands in a regular expression")
			}
			js.pos--
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			js.pos++
			js.before = "v"
			return nil
		}
	}
	return errors.New("a regular expression in it has no end")
}

// hole decides about data in code.
func (js *jsReader) hole() error {
	expression := js.expressions[len(js.holes)]
	next := js.peek(1)
	strict := jsonFilter.MatchString(expression)
	kind := jsonValue
	if strict {
		kind = jsonStrict
	}
	prevByte := byte(' ')
	if js.pos > 0 {
		prevByte = js.s[js.pos-1]
	}
	switch {
	case wordByte(prevByte) || wordByte(next):
		if strict || next >= '0' && next <= '9' || wordByte(prevByte) && slices.Contains(valueWords(), js.before) {
			return errors.New("data stands right beside a word")
		}
		kind = digits
	case !js.valueExpected():
		return errors.New("data stands where JavaScript expects no value, so it is code")
	default:
		if err := js.follows(strict || safeFilter.MatchString(expression)); err != nil {
			return err
		}
	}
	js.holes = append(js.holes, kind)
	js.before = "v"
	if kind == digits {
		js.before = "word"
	}
	js.pos++
	return nil
}

// valueWords are the words that a value may come after.
func valueWords() []string {
	return []string{"return", "case", "in", "of", "typeof", "void", "delete", "throw", "await", "yield", "instanceof"}
}

func (js *jsReader) valueExpected() bool {
	if len(js.before) > 1 {
		return slices.Contains(valueWords(), js.before)
	}
	return js.before != "" && strings.Contains("=(,:[!&|?+-*/%<>^~", js.before)
}

// follows judges what comes after data in code.
func (js *jsReader) follows(value bool) error {
	rest := strings.TrimLeft(js.s[js.pos+1:], " \t")
	if rest == "" {
		return nil
	}
	bad := false
	switch rest[0] {
	case '(', '`', '"', '\'', 0, '{':
		bad = true
	case '.':
		bad = !value
	case '=':
		bad = !strings.HasPrefix(rest, "==")
	}
	if bad || wordByte(rest[0]) && !slices.Contains([]string{"in", "of", "instanceof"}, word(rest)) {
		return errors.New("what stands after data makes it code")
	}
	return nil
}

func word(s string) string {
	n := 0
	for n < len(s) && wordByte(s[n]) {
		n++
	}
	return s[:n]
}
