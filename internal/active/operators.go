package active

import "strings"

func (c *code) bracket(b byte) {
	c.i++
	switch b {
	case '(':
		kind := byte('(')
		switch {
		case c.control:
			kind, c.control = 'c', false
		case c.operand && !c.either:
			if c.target || c.word == "" {
				c.effect = true
				c.callee()
			}
			c.wordy = c.wordy || c.spaced && c.word != ""
			kind = 'f'
		}
		c.push(kind)
		c.operand, c.either, c.binary = false, false, false
	case '[':
		if c.operand && !c.either {
			c.push('m')
			c.reach = c.word == "window" || c.word == "self" || c.word == "top" || c.word == "parent" || c.word == "frames" || c.word == "document" || c.word == "globalThis" ||
				c.word == "this" || c.afterGlobal()
		} else {
			c.push('[')
		}
		c.operand, c.either, c.binary = false, false, false
	case '{':
		if c.operand && !c.either && !c.newline && c.word != "" && !c.afterClass() {
			c.bad = true
		}
		c.push('{')
		c.operand, c.either, c.binary, c.control = false, false, false, false
	default:
		c.closing(b)
	}
	if b != ')' && b != ']' {
		c.word = ""
	}
}

// afterGlobal says whether "(document)" or the like stands before a "[".
func (c *code) afterGlobal() bool {
	before := c.s[max(0, c.i-64) : c.i-1]
	if open := strings.LastIndexByte(before, '('); open >= 0 && strings.HasSuffix(before, "*/)") { // (document/* x */)["cookie"]
		name, _, _ := strings.Cut(before[open:], "/*")
		before = strings.TrimRight(name, " ") + ")"
	}
	return strings.HasSuffix(before, "(document)") || strings.HasSuffix(before, "(window)") || strings.HasSuffix(before, "(self)") || strings.HasSuffix(before, "(top)")
}

// afterClass says whether the word before a "{" is the name of a class.
func (c *code) afterClass() bool {
	before := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.s[:c.i-1], " \t\r\n"), c.word), " \t\r\n")
	return strings.HasSuffix(before, "class") || strings.HasSuffix(before, "extends")
}

func (c *code) closing(b byte) {
	if c.binary {
		c.bad = true
		return
	}
	opened := c.pop()
	c.reach = false
	match := true
	switch b {
	case ')':
		match = opened == 0 || opened == '(' || opened == 'c' || opened == 'f'
	case ']':
		match = opened == 0 || opened == '[' || opened == 'm'
	case '}':
		match = opened == 0 || opened == '{' || opened == '$'
	}
	if !match {
		c.bad = true
		return
	}
	c.word = ""
	switch {
	case opened == '$':
		c.template()
		return
	case opened == 'c':
		c.operand, c.either, c.target = true, true, false
		return
	}
	c.part = opened == 'm'
	c.operand, c.either = true, b == '}' || opened == 0 && b == ')'
	c.target = opened == 'm' || opened == '[' || b == '}' || b == ')'
}

// operators from the longest on, so that the first that fits is the right one.
var operators = [...]string{
	">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??",
	"?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**",
}

func (c *code) operator(b byte) {
	op := c.s[c.i : c.i+1]
	for _, longer := range operators {
		if longer[0] == b && strings.HasPrefix(c.s[c.i:], longer) {
			op = longer
			break
		}
	}
	if (b == '/') && !c.operand || b == '/' && c.either && c.newline {
		c.regexp()
		return
	}
	c.i += len(op)
	c.control = false
	switch op {
	case ";":
		if c.binary {
			c.bad = true
		}
		c.operand, c.either, c.word = false, false, ""
		return
	case ",":
		if c.binary || !c.operand && c.depth == 0 {
			c.bad = true
		}
		c.operand, c.either, c.word = false, false, ""
		return
	case ".", "?.":
		c.dot(op)
		return
	case "...":
		if c.operand {
			c.bad = true
		}
		c.binary = true
		return
	case "++", "--":
		if c.operand && !c.target && !c.either {
			c.bad = true
		}
		return
	case "!", "~":
		if c.operand && !c.newline && !c.either {
			c.bad = true
		}
		c.operand, c.either, c.binary, c.word = false, false, true, ""
		return
	case "+", "-":
		c.operand, c.either, c.binary, c.word = false, false, true, ""
		return
	}
	c.infix(op)
}

// infix takes an operator that needs an operand before it.
func (c *code) infix(op string) {
	if !c.operand && !(op == "*" && (c.word == "function" || c.word == "yield" || c.word == "import")) {
		c.bad = true
		return
	}
	switch op {
	case "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "**=", "<<=", ">>=", ">>>=", "&&=", "||=", "??=":
		if !c.target {
			c.bad = true
			return
		}
		c.effect = true
		c.assigns = c.assigns || c.part
		c.assigned()
	case ":":
		if c.word == "valueOf" || c.word == "toString" || c.word == "toJSON" {
			c.effect = true
		}
		c.operand, c.either, c.word = false, false, ""
		return
	case "=>", "==", "===", "!=", "!==", "<", ">", "<=", ">=", "<<", ">>", ">>>", "*", "**", "/", "%", "&", "&&", "|", "||", "^", "?", "??":
	default: // "@", "#", "\": none of JavaScript's
		c.bad = true
		return
	}
	if op == "=>" {
		c.operand, c.either, c.binary, c.word = false, false, false, ""
		return
	}
	c.operand, c.either, c.binary, c.word = false, false, true, ""
}

func (c *code) dot(op string) {
	if !c.operand {
		c.bad = true
		return
	}
	global := c.word == "document" || c.word == "window" || c.word == "self"
	c.effect = c.effect || (c.hidden || c.spaced && global) && !c.newline // document/**/.cookie: nobody else writes that
	next := c.peek(0)
	if op == "?." && (next == '(' || next == '[') {
		return
	}
	for c.i < len(c.s) && c.s[c.i] <= ' ' {
		c.i++
	}
	if next = c.peek(0); !isWord(next) && next != '\\' && next != '#' && !(next == '/' && (c.peek(1) == '*' || c.peek(1) == '/')) || isDigit(next) {
		c.bad = true
	}
	c.member, c.either = true, false
}

func (c *code) regexp() {
	c.begin()
	class := false
	for c.i++; c.i < len(c.s); c.i++ {
		switch b := c.s[c.i]; {
		case b == '\\':
			c.i++
		case b == '\n':
			c.bad = true
			return
		case b == '[':
			class = true
		case b == ']':
			class = false
		case b == '/' && !class:
			for c.i++; c.i < len(c.s) && isLetter(c.s[c.i]); c.i++ {
			}
			c.word = ""
			return
		}
	}
	c.i, c.bad = len(c.s), true
}
