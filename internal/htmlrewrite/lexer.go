package htmlrewrite

import (
	"bytes"
	"slices"
)

// state is a state of the tokeniser. The names are near those of the standard, section
// 13.2.5; states that differ only in what they would emit are one.
type state uint8

const (
	text state = iota
	tagOpen
	endTagOpen
	tagName
	beforeAttr
	attrName
	afterAttrName
	beforeValue
	doubleQuoted
	singleQuoted
	unquoted
	afterValue
	selfClosing
	markup        // after "<!"
	markupDash    // after "<!-"
	cdataOpen     // in "<![CDATA["
	cdata         // in a CDATA section
	bogus         // a declaration or what is treated like one: up to ">"
	commentStart  // after "<!--"
	commentStart1 // after "<!---"
	comment
	commentDash // after "-" in a comment
	commentEnd  // after "--"
	commentBang // after "--!"
	rawText     // in style, textarea, title, ...: only their end tag is markup
	rawOpen     // after "<" in it
	rawEndName  // after "</"
	script
	scriptOpen     // after "<" in a script
	scriptEndName  // after "</"
	scriptBang     // after "<!"
	scriptBangDash // after "<!-"
	doubleStart    // after "<" and a letter in an escaped script
	doubleOpen     // after "<" in a double escaped script
	doubleEnd      // after "</"
	passing        // no more insertions
)

// maxName is the longest tag name that is told from another one; what is longer is none
// that matters.
const maxName = 24

// lexer is the tokeniser. It knows tags, not elements.
type lexer struct {
	state state

	nameBuf [maxName]byte
	nameLen int
	longer  bool // the name is longer than maxName
	end     bool // it is an end tag
	selfEnd bool // it ends in "/>"

	keep    bool // the bytes of the tag are kept
	tag     []byte
	tooLong bool

	raw     string // the element whose end tag ends the raw text
	matched int    // bytes of a name or a keyword that have matched
	differs bool   // the name that is matched is another one
	escape  int    // 0, 1 or 2: data, escaped, double escaped script
	dashes  int    // in a row, in an escaped script; brackets, in a CDATA section

	noscript bool // in a noscript element: two readings must agree
	endMatch int  // bytes of "</noscript" that have matched, in whatever state
	named    bool // the byte just read has ended the name of an end tag
}

func (lx *lexer) name() []byte { return lx.nameBuf[:lx.nameLen] }

func isSpace(c byte) bool  { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func endsName(c byte) bool { return isSpace(c) || c == '/' || c == '>' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// skip returns how many of the bytes at the beginning of p change nothing.
func (rw *Rewriter) skip(p []byte) int {
	if rw.noscript || rw.seen < 4 {
		return 0
	}
	var stop byte
	switch rw.state {
	case text:
		if rw.headOpen {
			return 0
		}
		stop = '<'
	case rawText:
		stop = '<'
	case script:
		if rw.escape != 0 {
			return 0
		}
		stop = '<'
	case comment:
		stop = '-'
	case bogus:
		stop = '>'
	case doubleQuoted:
		stop = '"'
	case singleQuoted:
		stop = '\''
	case attrName, unquoted:
		n := 0
		for n < len(p) && p[n] > ' ' && p[n] != '>' && p[n] != '/' && p[n] != '=' {
			n++
		}
		rw.keepBytes(p[:n])
		return n
	default:
		return 0
	}
	n := bytes.IndexByte(p, stop)
	if n < 0 {
		n = len(p)
	}
	rw.keepBytes(p[:n])
	return n
}

// keepBytes adds p to the tag that is kept.
func (lx *lexer) keepBytes(p []byte) {
	if !lx.keep || lx.tooLong {
		return
	}
	if len(lx.tag)+len(p) > maxTag {
		lx.tooLong, lx.tag = true, nil
		return
	}
	lx.tag = append(lx.tag, p...)
}

// step takes one byte.
func (rw *Rewriter) step(c byte) {
	rw.named = false
	switch s := rw.state; {
	case s <= endTagOpen:
		rw.stepOpen(c)
	case s <= selfClosing:
		if rw.keep {
			rw.keepBytes([]byte{c})
		}
		rw.stepTag(c)
	case s <= bogus:
		rw.stepMarkup(c)
	case s <= commentBang:
		rw.stepComment(c)
	case s <= rawEndName:
		rw.stepRaw(c)
	default:
		rw.stepScript(c)
	}
}

func (rw *Rewriter) stepOpen(c byte) {
	switch {
	case rw.state == text:
		if c == '<' {
			rw.state = tagOpen
		}
	case isLetter(c):
		rw.end = rw.state == endTagOpen
		rw.state, rw.nameLen, rw.longer, rw.selfEnd, rw.keep, rw.tooLong = tagName, 0, false, false, false, false
		rw.addName(c)
	case rw.state == endTagOpen:
		rw.state = bogus
		if c == '>' {
			rw.state = text
		}
	case c == '/':
		rw.state = endTagOpen
	case c == '!':
		rw.state = markup
	case c == '?':
		rw.state = bogus
	case c == '<':
		rw.headOpen = false // a "<" as text came before it
	default:
		rw.state = text
		rw.headOpen = false
	}
}

func (lx *lexer) addName(c byte) {
	if lx.nameLen == maxName {
		lx.longer = true
		return
	}
	lx.nameBuf[lx.nameLen] = lower(c)
	lx.nameLen++
}

// endName is called when the name of a tag is complete.
func (rw *Rewriter) endName(c byte) {
	if rw.longer {
		rw.nameLen = 0 // no name at all: it equals none
	}
	rw.named = rw.end
	if rw.end {
		return
	}
	switch string(rw.name()) {
	case "form", "base", "meta":
		rw.keep = true
		rw.tag = append(append(append(rw.tag[:0], '<'), rw.name()...), c)
	}
}

func (rw *Rewriter) stepTag(c byte) {
	if rw.state == tagName {
		if !endsName(c) {
			rw.addName(c)
			return
		}
		rw.endName(c)
		rw.state = beforeAttr
	}
	switch rw.state {
	case doubleQuoted:
		if c == '"' {
			rw.state = afterValue
		}
		return
	case singleQuoted:
		if c == '\'' {
			rw.state = afterValue
		}
		return
	case selfClosing:
		rw.selfEnd = c == '>'
	}
	switch {
	case c == '>':
		rw.tagEnd()
	case isSpace(c):
		switch rw.state {
		case attrName:
			rw.state = afterAttrName
		case afterAttrName, beforeValue:
		default:
			rw.state = beforeAttr
		}
	case rw.state == beforeValue && c == '"':
		rw.state = doubleQuoted
	case rw.state == beforeValue && c == '\'':
		rw.state = singleQuoted
	case rw.state == beforeValue || rw.state == unquoted:
		rw.state = unquoted
	case c == '/':
		rw.state = selfClosing
	case c == '=' && (rw.state == attrName || rw.state == afterAttrName):
		rw.state = beforeValue
	default:
		rw.state = attrName
	}
}

func (rw *Rewriter) stepMarkup(c byte) {
	const keyword = "[CDATA["
	switch rw.state {
	case markup, markupDash, cdataOpen:
		switch {
		case rw.state == markup && c == '-':
			rw.state = markupDash
		case rw.state == markupDash && c == '-':
			rw.state = commentStart
		case rw.state == markup && c == '[' && rw.foreign():
			rw.state, rw.matched = cdataOpen, 1
		case rw.state == cdataOpen && c == keyword[rw.matched]:
			if rw.matched++; rw.matched < len(keyword) {
				return
			}
			rw.state, rw.dashes = cdata, 0
			if rw.inSelect { // some browsers have dropped the svg that it is in
				rw.giveUp()
			}
		case c == '>':
			rw.state = text
		default:
			rw.state = bogus
		}
	case cdata:
		switch {
		case c == ']':
			rw.dashes++
			return
		case c == '>' && rw.dashes >= 2:
			rw.state = text
		}
		rw.dashes = 0
	case bogus:
		if c == '>' {
			rw.state = text
		}
	}
}

func (rw *Rewriter) stepComment(c byte) {
	s := rw.state
	switch {
	case c == '>' && s != comment && s != commentDash:
		rw.state = text
	case c == '!' && s == commentEnd:
		rw.state = commentBang
	case c != '-':
		rw.state = comment
	case s == commentStart:
		rw.state = commentStart1
	case s == comment || s == commentBang:
		rw.state = commentDash
	default:
		rw.state = commentEnd
	}
}

func (rw *Rewriter) stepRaw(c byte) {
	switch {
	case rw.state == rawOpen && c == '/':
		rw.state, rw.matched = rawEndName, 0
	case rw.state == rawEndName && rw.matched < len(rw.raw) && lower(c) == rw.raw[rw.matched]:
		rw.matched++
	case rw.state == rawEndName && rw.matched == len(rw.raw) && endsName(c):
		rw.rawEnd(c)
	case c == '<':
		rw.state = rawOpen
	default:
		rw.state = rawText
	}
}

// rawEnd goes on as in an end tag whose name c has ended.
func (rw *Rewriter) rawEnd(c byte) {
	rw.state, rw.end, rw.longer, rw.selfEnd, rw.keep = tagName, true, false, false, false
	rw.nameLen = copy(rw.nameBuf[:], rw.raw)
	rw.stepTag(c)
}

// second is the other reading of a noscript element: where scripts run, its content is
// text up to "</noscript". Both readings must find the same end.
func (rw *Rewriter) second(c byte) {
	const end = "</noscript"
	if rw.endMatch == len(end) && endsName(c) {
		rw.noscript = false
		if !rw.named || string(rw.name()) != end[2:] || !slices.Equal(rw.marks(), rw.atNoscript) {
			rw.giveUp()
		}
		return
	}
	switch {
	case rw.endMatch < len(end) && lower(c) == end[rw.endMatch]:
		rw.endMatch++
	case c == '<':
		rw.endMatch = 1
	default:
		rw.endMatch = 0
	}
}
