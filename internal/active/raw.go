package active

import (
	"bytes"
	"html"
	"strings"
)

func indexByte(b []byte, c byte) int {
	if i := bytes.IndexByte(b, c); i >= 0 {
		return i
	}
	return len(b)
}

// Unescape undoes character references as browsers do in attributes.
func Unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return html.UnescapeString(withSemicolons(s))
}

// withSemicolons ends references of one digit that have no semicolon: java&#9script:. To browsers they
// are references (HTML standard, section 13.2.5.80), html.UnescapeString leaves them as they are.
func withSemicolons(s string) string {
	var b strings.Builder
	from := 0
	for i := strings.Index(s, "&#"); i >= 0 && i+2 < len(s); {
		if isDigit(s[i+2]) && (i+3 == len(s) || !isDigit(s[i+3]) && s[i+3] != ';') {
			b.WriteString(s[from : i+3])
			b.WriteByte(';')
			from = i + 3
		}
		next := strings.Index(s[i+2:], "&#")
		if next < 0 {
			break
		}
		i += next + 2
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// stepRaw takes a byte of a raw text. In a script, "<!--" hides a "<script>" and its end tag
// (HTML standard, section 13.2.5.17 and after).
func (p *Page) stepRaw(c byte) {
	inScript := p.rawName == "script"
	if inScript && p.state != rawEnd {
		p.js.step(c)
	}
	switch p.state {
	case rawOpen:
		switch {
		case c == '/':
			p.state, p.matched = rawEnd, 0
			return
		case inScript && c == '!' && p.escape == 0:
			p.state, p.matched = rawBang, 0
			return
		case inScript && isLetter(c) && p.escape == 1:
			p.state, p.matched = rawStart, 0
			p.matchRaw(c)
			return
		}
	case rawBang:
		if c == '-' {
			if p.matched++; p.matched == 2 {
				p.state, p.escape, p.dashes = raw, 1, 2
			}
			return
		}
	case rawStart:
		if p.matchRaw(c) {
			return
		}
		if p.matched == len(p.rawName) && endsName(c) {
			p.escape = 2
		}
	case rawEnd:
		if p.matchRaw(c) {
			return
		}
		if p.matched == len(p.rawName) && endsName(c) {
			if p.escape < 2 {
				p.state, p.end, p.selfEnd = tagName, true, false
				p.tag.clear()
				p.stepTag(c)
				return
			}
			p.escape = 1
		}
		if inScript {
			p.js.step(c)
		}
	}
	p.state = raw
	p.inRaw(c)
}

// matchRaw goes on with the name of the element.
func (p *Page) matchRaw(c byte) bool {
	if p.matched >= len(p.rawName) || lower(c) != p.rawName[p.matched] {
		return false
	}
	p.matched++
	return true
}

func (p *Page) inRaw(c byte) {
	switch {
	case c == '<':
		p.state, p.dashes = rawOpen, 0
	case p.escape == 0:
	case c == '-':
		p.dashes++
	case c == '>' && p.dashes >= 2:
		p.escape, p.dashes = 0, 0
	default:
		p.dashes = 0
	}
}

// script follows the lexical places of JavaScript: strings, templates, comments, regular
// expressions. It does not judge.
type script struct {
	quote   byte   // the string, template or regular expression that is open, 0 for none
	line    bool   // in a comment up to the end of the line
	block   bool   // in a comment up to "*/"
	escaped bool   // after a backslash
	class   bool   // in [...] of a regular expression
	slash   bool   // after a slash that divides nothing
	last    byte   // the last byte of the code that is no space
	before  byte   // the byte before, whatever it was
	name    word   // the identifier that last is the end of
	depth   uint32 // braces that are open
	holes   [8]uint32
	nested  int // templates around: their depth of braces is in holes
}

// step takes one byte.
func (j *script) step(c byte) {
	before := j.before
	j.before = c
	switch {
	case j.line:
		j.line = c != '\n' && c != '\r'
	case j.block:
		if c == '/' && before == '*' {
			j.block, j.before = false, ' '
		}
	case j.quote != 0:
		j.inQuotes(c, before)
	default:
		j.inCode(c, before)
	}
}

func (j *script) inQuotes(c, before byte) {
	switch {
	case j.escaped:
		j.escaped = false
		j.before = ' '
	case c == '\\':
		j.escaped = true
	case j.quote == '/' && (c == '[' || c == ']'):
		j.class = c == '['
	case c == j.quote && !j.class:
		j.quote, j.last = 0, c
		j.name.clear()
		if c == '/' {
			j.last, j.before = ')', ' ' // what follows is an operator
		}
	case (c == '\n' || c == '\r') && j.quote != '`':
		j.quote, j.class = 0, false // not well formed
	case c == '{' && before == '$' && j.quote == '`' && j.nested < len(j.holes):
		j.holes[j.nested] = j.depth
		j.nested++
		j.quote, j.depth, j.last = 0, 0, '{'
	}
}

func (j *script) inCode(c, before byte) {
	regexp := j.slash
	j.slash = false
	switch {
	case c == '/' && before == '/':
		j.line = true
	case c == '*' && before == '/':
		j.block, j.before = true, ' '
	case regexp:
		j.quote = '/'
		j.inQuotes(c, before)
	case c == '/':
		j.slash = !j.operand()
		return
	case c == '"' || c == '\'' || c == '`':
		j.quote = c
	case c == '{':
		j.depth++
	case c == '}' && j.depth == 0 && j.nested > 0:
		j.nested--
		j.depth, j.quote = j.holes[j.nested], '`'
	case c == '}' && j.depth > 0:
		j.depth--
	}
	if j.quote != 0 || j.line || j.block || c <= ' ' {
		return
	}
	if isWord(c) {
		if !isWord(before) {
			j.name.clear()
		}
		j.name.add(c)
	}
	j.last = c
}

func isWord(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// operand says whether the code so far ends in an operand, so that a slash would divide.
func (j *script) operand() bool {
	if isWord(j.last) {
		return !takesOperand(string(j.name.name()))
	}
	return j.last == ')' || j.last == ']' || j.last == '}' || j.last == '"' || j.last == '\'' || j.last == '`'
}

// takesOperand says whether an operand follows a word.
func takesOperand(name string) bool {
	switch name {
	case "return", "typeof", "void", "delete", "new", "throw", "in", "of", "instanceof", "case", "else", "do", "yield", "await":
		return true
	}
	return false
}
