package active

import "strings"

// state is a state of the tokeniser. The names are near those of the HTML standard, section
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
	markup     // after "<!"
	markupDash // after "<!-"
	bogus      // a declaration or what is treated like one: up to ">"
	cdata      // a CDATA section of SVG or MathML: up to "]]>"
	comment
	raw        // in script, style, textarea, title, ...: only their end tag is markup
	rawOpen    // after "<" in it
	rawEnd     // after "</"
	rawStart   // after "<" and a letter in an escaped script
	rawBang    // after "<!" in a script
	plainState // after <plaintext>: no markup any more
)

// kind is what the value of an attribute is to a browser.
type kind uint8

const (
	plainValue kind = iota
	urlValue
	scriptValue // an event handler
	styleValue
	pageValue // srcdoc
)

// word is a name, in lower case. What is longer is no name that matters.
type word struct {
	buf  [20]byte
	n    uint8
	long bool
}

func (w *word) clear() { w.n, w.long = 0, false }

func (w *word) add(c byte) {
	if int(w.n) == len(w.buf) {
		w.long = true
		return
	}
	w.buf[w.n] = lower(c)
	w.n++
}

// name returns the bytes of the name, or their beginning when it is too long to matter.
func (w *word) name() []byte { return w.buf[:w.n] }

func (w *word) is(name string) bool { return !w.long && string(w.buf[:w.n]) == name }

// Page follows an HTML page as it streams and knows at each byte what a browser makes of the
// next one. The zero Page is at the beginning of one. A copy goes on from the same place.
type Page struct {
	state   state
	end     bool // the tag is an end tag
	selfEnd bool // it ends in "/>"
	judging bool // see judge: nothing hides markup
	tag     word
	attr    word
	kind    kind // of the attribute
	begun   bool // its value has more than spaces

	rawName string // the element whose end tag ends the raw text
	matched int    // bytes of its name that have matched, dashes after "<!"
	dashes  int    // in a row; brackets in a CDATA section
	escape  int    // 0, 1 or 2: data, escaped, double escaped script

	foreign int // open svg and math elements
	js      script
	entity  word // a character reference in an event handler
}

func isSpace(c byte) bool  { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func endsName(c byte) bool { return isSpace(c) || c == '/' || c == '>' }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Read goes on to the end of b.
func (p *Page) Read(b []byte) {
	for i := 0; i < len(b); {
		if stop := p.stop(); stop != 0 {
			n := indexByte(b[i:], stop)
			if i += n; n > 0 {
				p.begun = true
				continue
			}
		}
		p.step(b[i])
		i++
	}
}

// stop returns the only byte that changes anything in the present state, 0 if there are more.
func (p *Page) stop() byte {
	switch p.state {
	case text:
		return '<'
	case raw:
		if p.rawName != "script" {
			return '<'
		}
	case bogus:
		return '>'
	case doubleQuoted:
		if p.kind == plainValue {
			return '"'
		}
	case singleQuoted:
		if p.kind == plainValue {
			return '\''
		}
	}
	return 0
}

// step takes one byte.
func (p *Page) step(c byte) {
	switch {
	case p.state <= endTagOpen:
		p.stepOpen(c)
	case p.state <= selfClosing:
		p.stepTag(c)
	case p.state <= comment:
		p.stepMarkup(c)
	case p.state < plainState:
		p.stepRaw(c)
	}
}

func (p *Page) stepOpen(c byte) {
	switch {
	case p.state == text:
		if c == '<' {
			p.state = tagOpen
		}
	case isLetter(c):
		p.end = p.state == endTagOpen
		p.state, p.selfEnd = tagName, false
		p.tag.clear()
		p.tag.add(c)
	case p.state == endTagOpen:
		p.state = bogus
		if c == '>' || p.judging {
			p.state = text
		}
	case c == '/':
		p.state = endTagOpen
	case p.judging && c == '?':
		p.state, p.end = tagName, false // <?import ...>: old browsers read attributes in it
		p.tag.clear()
	case p.judging && c != '<':
		p.state = text
	case c == '!':
		p.state, p.dashes = markup, 0
	case c == '?':
		p.state = bogus
	case c != '<':
		p.state = text
	}
}

func (p *Page) stepTag(c byte) {
	switch p.state {
	case tagName:
		if !endsName(c) && !(p.judging && c < ' ') {
			p.tag.add(c)
			return
		}
		p.state = beforeAttr
	case doubleQuoted, singleQuoted:
		if p.state == doubleQuoted && c == '"' || p.state == singleQuoted && c == '\'' {
			p.endEntity()
			p.state = afterValue
			return
		}
		p.inValue(c)
		return
	case selfClosing:
		p.selfEnd = c == '>'
	}
	switch {
	case c == '>':
		p.endEntity()
		p.tagEnd()
	case isSpace(c), p.judging && c < ' ' && c != 0:
		p.endEntity()
		switch p.state {
		case attrName:
			p.state = afterAttrName
		case afterAttrName, beforeValue:
		default:
			p.state = beforeAttr
		}
	case p.state == beforeValue:
		p.beginValue(c)
	case p.state == unquoted:
		p.inValue(c)
	case c == '/':
		p.state = selfClosing
	case c == '=' && (p.state == attrName || p.state == afterAttrName):
		p.state = beforeValue
	case p.state == attrName:
		p.attr.add(c)
	default:
		p.state = attrName
		p.attr.clear()
		p.attr.add(c)
	}
}

// beginValue takes the first byte of an attribute's value.
func (p *Page) beginValue(c byte) {
	p.kind, p.begun = kindOf(p.attr.name()), false
	if p.kind == scriptValue {
		p.js = script{}
		p.entity.clear()
	}
	switch c {
	case '"':
		p.state = doubleQuoted
	case '\'':
		p.state = singleQuoted
	default:
		p.state = unquoted
		p.inValue(c)
	}
}

// inValue takes a byte of an attribute's value.
func (p *Page) inValue(c byte) {
	p.begun = p.begun || c > ' '
	if p.kind == scriptValue && !p.judging {
		p.toHandler(c)
	}
}

func (p *Page) stepMarkup(c byte) {
	switch p.state {
	case markup:
		switch {
		case c == '-':
			p.state = markupDash
		case c == '>':
			p.state = text
		case c == '[' && p.foreign > 0:
			p.state, p.dashes = cdata, 0
		default:
			p.state = bogus
		}
	case markupDash:
		switch c {
		case '-':
			p.state, p.dashes = comment, 2 // "<!-->" ends it at once
		case '>':
			p.state = text
		default:
			p.state = bogus
		}
	case bogus:
		if c == '>' {
			p.state = text
		}
	case cdata:
		if c == '>' && p.dashes >= 2 {
			p.state = text
		}
		if p.dashes++; c != ']' {
			p.dashes = 0
		}
	case comment:
		switch {
		case c == '-':
			p.dashes++
		case c == '>' && p.dashes >= 2:
			p.state = text
		case c == '!' && p.dashes >= 2: // "--!>" ends it, too
		default:
			p.dashes = 0
		}
	}
}

// tagEnd is called when a tag is complete.
func (p *Page) tagEnd() {
	p.state = text
	if p.judging {
		return
	}
	name := p.tag.name()
	switch string(name) {
	case "svg", "math":
		if p.end {
			p.foreign = max(p.foreign-1, 0)
		} else if !p.selfEnd {
			p.foreign++
		}
		return
	}
	if p.end || p.selfEnd && p.foreign > 0 || p.foreign > 0 && string(name) != "script" {
		return
	}
	switch string(name) {
	case "plaintext":
		p.state = plainState
	case "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes":
		p.state, p.escape, p.dashes = raw, 0, 0
		p.rawName = rawNames[strings.Index(rawNames, string(name)):][:len(name)]
		p.js = script{}
	}
}

// rawNames are the elements of raw text; a part of it costs no memory.
const rawNames = "script style textarea title xmp iframe noembed noframes"

// toHandler gives a byte of an event handler to the reader of scripts, with character
// references undone.
func (p *Page) toHandler(c byte) {
	switch {
	case c == '&':
		p.endEntity()
		p.entity.add(c)
	case p.entity.n == 0:
		p.js.step(c)
	case c == ';':
		p.entity.add(c)
		p.endEntity()
	case isLetter(c) || isDigit(c) || c == '#':
		p.entity.add(c)
	default:
		p.endEntity()
		p.js.step(c)
	}
}

// endEntity ends a character reference.
func (p *Page) endEntity() {
	if p.entity.n == 0 {
		return
	}
	for _, c := range []byte(Unescape(string(p.entity.buf[:p.entity.n]))) {
		p.js.step(c)
	}
	p.entity.clear()
}
