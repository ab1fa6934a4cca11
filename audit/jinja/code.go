package jinja

import "strings"

// code is a place in a script or a style, as far as strings and comments go.
type code struct {
	in     codeMode
	value  bool // the last token was a value, so that a / divides
	escape bool // the last character was a backslash
	class  bool // in the brackets of a regular expression
	blank  bool // the string, or the url(), has only blanks so far
	url    bool // in url()
	// Of the template literals that are open: how many braces are in their ${.
	depth  uint8
	braces [4]uint8
}

type codeMode uint8

const (
	plain codeMode = iota
	single
	double
	backtick
	regexp
	lineNotes  // a comment up to the end of the line
	blockNotes // a comment up to */
	bareURL    // url( without a quote
)

func (c *code) inString() bool { return c.in >= single && c.in <= regexp }
func (c *code) inNote() bool   { return c.in == lineNotes || c.in == blockNotes }

func (c *code) quote() byte {
	switch c.in {
	case single:
		return '\''
	case double:
		return '"'
	case backtick:
		return '`'
	case regexp:
		return '/'
	}
	return 0
}

// output moves past a value that only the run of the template knows.
func (c *code) output() {
	c.escape = false
	if c.in == plain {
		c.value = true
	} else {
		c.blank = false
	}
}

// script moves through a piece of JavaScript.
func (c *code) script(t string) {
	for i := 0; i < len(t); {
		switch c.in {
		case plain:
			i = c.token(t, i)
		case lineNotes:
			i = c.skipLine(t, i)
		case blockNotes:
			i = c.skipBlock(t, i)
		default:
			i = c.quoted(t, i)
		}
	}
}

func (c *code) skipLine(t string, i int) int {
	j := strings.IndexAny(t[i:], "\r\n")
	if j < 0 {
		return len(t)
	}
	c.in = plain
	return i + j
}

func (c *code) skipBlock(t string, i int) int {
	j := strings.Index(t[i:], "*/")
	if j < 0 {
		return len(t)
	}
	c.in = plain
	return i + j + 2
}

// begin starts a string.
func (c *code) begin(in codeMode, i int) int {
	c.in, c.blank, c.escape, c.class = in, true, false, false
	return i + 1
}

// token reads one token outside of strings.
func (c *code) token(t string, i int) int {
	b := t[i]
	switch {
	case b == '"':
		return c.begin(double, i)
	case b == '\'':
		return c.begin(single, i)
	case b == '`':
		return c.begin(backtick, i)
	case b == '/':
		return c.slash(t, i)
	case letter(b) || digit(b) || b == '$' || b >= 0x80:
		end := i + 1
		for end < len(t) && (letter(t[end]) || digit(t[end]) || t[end] == '$' || t[end] >= 0x80) {
			end++
		}
		c.value = !operatorWord(t[i:end])
		return end
	case space(b):
		return i + 1
	case b == ')' || b == ']':
		c.value = true
	case b == '{' && c.depth > 0:
		c.braces[c.depth-1]++
		c.value = false
	case b == '}' && c.depth > 0:
		c.value = false
		if c.braces[c.depth-1] == 0 {
			c.depth--
			c.in, c.blank = backtick, false
		} else {
			c.braces[c.depth-1]--
		}
	case b == '<' && strings.HasPrefix(t[i:], "<!--"):
		c.in = lineNotes
		return i + 4
	default:
		c.value = false
	}
	return i + 1
}

// slash tells comments, regular expressions and divisions apart.
func (c *code) slash(t string, i int) int {
	switch {
	case strings.HasPrefix(t[i:], "//"):
		c.in = lineNotes
		return i + 2
	case strings.HasPrefix(t[i:], "/*"):
		c.in = blockNotes
		return i + 2
	case c.value:
		c.value = false
		return i + 1
	}
	return c.begin(regexp, i)
}

// operatorWord tells the words after which a value comes, and so no division.
func operatorWord(w string) bool {
	switch w {
	case "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "instanceof", "yield", "await":
		return true
	}
	return false
}

// quoted reads on in a string. A line end closes one that cannot have it: it is broken, and
// the next line must not be taken for a part of it.
func (c *code) quoted(t string, i int) int {
	quote := c.quote()
	for ; i < len(t); i++ {
		b := t[i]
		if c.escape {
			c.escape = b == '\r' // the line end that it hides may be two characters
			continue
		}
		switch {
		case b == '\\':
			c.escape, c.blank = true, false
		case b == quote && !c.class, b == '\n' && c.in != backtick:
			c.in, c.value, c.class = plain, true, false
			return i + 1
		case b == '$' && c.in == backtick && i+1 < len(t) && t[i+1] == '{' && int(c.depth) < len(c.braces):
			c.braces[c.depth] = 0
			c.depth++
			c.in, c.value = plain, false
			return i + 2
		case c.in == regexp && b == '[':
			c.class, c.blank = true, false
		case c.in == regexp && b == ']':
			c.class = false
		case !space(b):
			c.blank = false
		}
	}
	return i
}

// css moves through a piece of a style sheet.
func (c *code) css(t string) {
	for i := 0; i < len(t); {
		switch c.in {
		case plain:
			i = c.cssToken(t, i)
		case blockNotes:
			i = c.skipBlock(t, i)
		case bareURL:
			i = c.bare(t, i)
		default:
			i = c.quoted(t, i)
		}
	}
}

func (c *code) cssToken(t string, i int) int {
	j := strings.IndexAny(t[i:], "\"'/()")
	if j < 0 {
		return len(t)
	}
	i += j
	switch t[i] {
	case '"':
		return c.begin(double, i)
	case '\'':
		return c.begin(single, i)
	case '/':
		if strings.HasPrefix(t[i:], "/*") {
			c.in = blockNotes
			return i + 2
		}
	case '(':
		if i >= 3 && strings.EqualFold(t[i-3:i], "url") {
			c.in, c.url, c.blank = bareURL, true, true
		}
	case ')':
		c.url = false
	}
	return i + 1
}

// bare reads on in url( until its end, or the quote it starts with.
func (c *code) bare(t string, i int) int {
	switch b := t[i]; {
	case b == ')':
		c.in, c.url = plain, false
	case c.blank && b == '"':
		return c.begin(double, i)
	case c.blank && b == '\'':
		return c.begin(single, i)
	case !space(b):
		c.blank = false
	}
	return i + 1
}
