package active

import "strings"

// A string that is put into a script runs when the script is still well formed with it: a
// syntax error anywhere, and no line of a script runs. So what comes after the end of the
// string literal, the comment or the template in which it stands is read as JavaScript, token
// by token, with the rule that operands and operators alternate. Prose breaks that rule
// after a word or two. What passes must also do something: call, assign, throw.

// maxNest is how deep brackets may nest; what is deeper is taken for well formed.
const maxNest = 64

// code is a reading of a part of a script.
type code struct {
	s string
	i int

	operand bool // an operand has ended here: an operator must follow, or a new line
	either  bool // after "}": both may follow
	target  bool // the operand can be assigned to
	binary  bool // an operator waits for its operand
	newline bool // since the last token
	member  bool // after "."
	control bool // after if, for, function: the "(" is no call
	spaced  bool // space since the last token
	word    string
	before  string // the word before
	assigns bool   // it assigns to a part of something
	part    bool   // the operand is a part of something
	reads   bool   // it names a part of the page, such as document.cookie
	stack   [maxNest]byte
	depth   int
	open    byte // what is open at the end: a quote, '/' for a comment, 0 for code
	bad     bool
	effect  bool // it calls, assigns or throws
	sink    bool // it names something of browsers that attacks use
	loose   bool // a string may have line ends, as in AngularJS
	odd     bool // well formed, but nobody writes it
	hidden  bool // behind a comment on the line
	reach   bool // in the brackets behind window, document and the like
	wordy   bool // a call with a space before its bracket, as in prose
	words   int
}

// runsFrom reads s from within quote: a string's or a template's quote, '*' for a block
// comment, '\n' for a line comment, 0 for code in which an operand comes next.
func runsFrom(s string, quote byte) code {
	c := code{s: s}
	c.read(quote)
	return c
}

func (c *code) read(quote byte) {
	if quote != 0 && !c.leave(quote) {
		c.bad = true // it stays inside
		return
	}
	for !c.bad && c.open == 0 && c.i < len(c.s) {
		c.token()
	}
}

// leave goes to the end of the literal in which s begins.
func (c *code) leave(quote byte) bool {
	switch quote {
	case '*':
		end := strings.Index(c.s, "*/")
		c.i = end + 2
		return end >= 0
	case '\n':
		end := strings.IndexAny(c.s, "\r\n")
		c.i = end + 1
		return end >= 0
	case '`':
		c.push('`')
		return c.template() && c.open == 0
	}
	end := literalEnd(c.s, quote)
	if end < 0 || strings.IndexByte(c.s[:end], '\n') >= 0 {
		return false
	}
	c.i, c.operand = end+1, true
	return true
}

// literalEnd returns where quote stands in s without a backslash before it, -1 for nowhere.
func literalEnd(s string, quote byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i
		}
	}
	return -1
}

func (c *code) peek(n int) byte {
	if c.i+n < len(c.s) {
		return c.s[c.i+n]
	}
	return 0
}

// token reads one token, space or comment.
func (c *code) token() {
	b := c.s[c.i]
	switch {
	case b == '\n' || b == '\r':
		c.newline, c.spaced = true, true
		c.i++
		return
	case b <= ' ':
		c.spaced = true
		c.i++
		return
	case b == 0xc2 && c.peek(1) == 0xa0, b == 0xe2 && c.peek(1) == 0x80 && c.peek(2) >= 0xa8 && c.peek(2) <= 0xa9: // spaces
		c.newline, c.spaced = true, true
		c.i += 2
		if b == 0xe2 {
			c.i++
		}
		return
	case b == '/' && (c.peek(1) == '/' || c.peek(1) == '*'), strings.HasPrefix(c.s[c.i:], "<!--"):
		c.comment()
		return
	case isWord(b) && !isDigit(b), b == '\\' && c.peek(1) == 'u', b == '#' && isLetter(c.peek(1)):
		c.identifier()
	case isDigit(b), b == '.' && isDigit(c.peek(1)) && !c.operand:
		c.number()
	case b == '"' || b == '\'':
		c.literal(b)
	case b == '`':
		c.tagged()
	case strings.IndexByte("()[]{}", b) >= 0:
		c.bracket(b)
	default:
		c.operator(b)
	}
	c.newline, c.spaced, c.hidden = false, false, false
}

func (c *code) comment() {
	if c.s[c.i+1] == '*' {
		end := strings.Index(c.s[c.i+2:], "*/")
		if end < 0 {
			c.open, c.i = '/', len(c.s)
			return
		}
		c.i += end + 4
		c.spaced, c.hidden = true, true
		return
	}
	end := strings.IndexAny(c.s[c.i:], "\r\n")
	if end < 0 {
		c.open, c.i = '/', len(c.s)
		return
	}
	c.i += end
}

// begin is called where an operand begins.
func (c *code) begin() {
	if c.operand && !c.newline && !c.either {
		c.bad = true
	}
	c.operand, c.either, c.binary, c.target = true, false, false, false
}

// identifier reads a name or a word of the language.
func (c *code) identifier() {
	name := c.name()
	before := c.word
	c.before, c.word = before, name
	c.words++
	c.noteName(name)
	c.part = c.member
	if c.member {
		c.member = false
		c.operand, c.target = true, true
		return
	}
	switch name {
	case "in", "of", "instanceof", "as":
		if c.operand {
			c.operand, c.binary, c.either = false, true, false
			return
		}
	case "if", "for", "while", "with", "switch", "catch", "function":
		c.begin()
		c.control, c.operand = true, false
		return
	case "else", "finally", "extends": // after an operand, too
		c.operand, c.binary, c.either = false, name == "extends", false
		return
	case "import":
		if c.peek(0) == '(' {
			c.effect, c.sink = true, true
		}
		c.prefix(name)
		return
	case "throw", "new":
		c.effect = true
		c.prefix(name)
		return
	case "var", "let", "const", "return", "typeof", "void", "delete", "case", "do", "try", "yield", "await", "async", "export", "default",
		"static", "class":
		c.prefix(name)
		return
	}
	c.begin()
	c.target = true
	c.control = before == "function" || c.control && before == "await"
}

// prefix takes a word that an operand follows.
func (c *code) prefix(name string) {
	c.begin()
	c.operand = false
	c.binary = name == "typeof" || name == "delete"
}

// name returns the identifier that begins here, with its escapes.
func (c *code) name() string {
	start := c.i
	for c.i < len(c.s) {
		b := c.s[c.i]
		if b == '\\' && c.peek(1) == 'u' {
			c.i++
		} else if b == '{' && c.i > start+1 && c.s[c.i-1] == 'u' && c.s[c.i-2] == '\\' {
			end := strings.IndexByte(c.s[c.i:min(c.i+10, len(c.s))], '}')
			if end < 0 {
				break
			}
			c.i += end
		} else if !isWord(b) && !(b == '#' && c.i == start) {
			break
		}
		c.i++
	}
	return c.s[start:c.i]
}

func (c *code) number() {
	c.begin()
	c.word = ""
	digits, exponent := isDigit, byte('e')
	if c.s[c.i] == '0' && strings.IndexByte("xXoObB", c.peek(1)) >= 0 && c.peek(1) != 0 {
		digits, exponent = isHex, 0
		c.i += 2
	}
	for ; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; {
		case b == '.' && exponent != 0:
			if exponent = 0; c.peek(1) == '.' || !isDigit(c.peek(1)) && isWord(c.peek(1)) {
				c.i++
				return // 1..toString()
			}
			exponent = 'e'
		case digits(b) || b == '_':
		case exponent != 0 && b|0x20 == exponent:
			exponent = 0
			if next := c.peek(1); next == '+' || next == '-' {
				c.i++
			}
		default:
			if b == 'n' {
				c.i++
			}
			c.bad = c.bad || isWord(c.peek(0)) // "12th" is no number
			return
		}
	}
}

func isHex(c byte) bool { return hexDigit(c) < 16 }

func (c *code) literal(quote byte) {
	c.begin()
	rest := c.s[c.i+1:]
	end := literalEnd(rest, quote)
	text := rest
	if end >= 0 {
		text = rest[:end]
	}
	if !c.loose && strings.IndexByte(text, '\n') >= 0 && !strings.Contains(text, "\\\n") && !strings.Contains(text, "\\\r\n") {
		c.bad = true
		return
	}
	c.word = ""
	c.noteText(text)
	if end < 0 {
		c.open, c.i = quote, len(c.s)
		return
	}
	c.i += end + 2
}

// tagged reads a template; after an operand it is a call.
func (c *code) tagged() {
	if c.operand && !c.newline {
		if c.target || c.word != "" {
			c.effect = true
			c.callee()
		} else {
			c.odd = true // a literal is called: quotes of prose or of Markdown
		}
	} else {
		c.begin()
	}
	c.i++
	c.push('`')
	c.template()
}

// template goes on in a template, to its end or to the next hole in it.
func (c *code) template() bool {
	for start := c.i; c.i < len(c.s); c.i++ {
		switch {
		case c.s[c.i] == '\\':
			c.i++
		case c.s[c.i] == '`':
			c.noteText(c.s[start:c.i])
			c.i++
			c.pop()
			c.operand, c.either, c.target, c.binary = true, false, false, false
			return true
		case c.s[c.i] == '$' && c.peek(1) == '{':
			c.noteText(c.s[start:c.i])
			c.i += 2
			c.push('$')
			c.operand, c.either, c.target, c.binary = false, false, false, false
			return true
		}
	}
	c.i, c.open = len(c.s), '`'
	return false
}

func (c *code) push(b byte) {
	if c.depth < maxNest {
		c.stack[c.depth] = b
	}
	c.depth++
}

// pop returns the bracket that is closed, 0 where it is one of the page's.
func (c *code) pop() byte {
	if c.depth == 0 {
		return 0
	}
	c.depth--
	if c.depth < maxNest {
		return c.stack[c.depth]
	}
	return 0
}
