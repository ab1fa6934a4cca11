package active

import "strings"

// Place is what a place in a page is, as far as it matters to making a value harmless there.
type Place uint8

// The places.
const (
	Text   Place = iota // between tags, also in a comment, a title, a textarea
	Tag                 // in a tag, outside quotes
	Quoted              // in a quoted attribute
	Link                // at the beginning of a quoted attribute that holds a URL
	Script              // in a script, an event handler or a page in an attribute (srcdoc)
	Style               // in a style element or attribute
)

// Place returns where the next byte of the page stands.
func (p *Page) Place() Place {
	switch s := p.state; {
	case s == doubleQuoted || s == singleQuoted:
		switch {
		case p.kind == scriptValue || p.kind == pageValue:
			return Script
		case p.kind == styleValue:
			return Style
		case p.kind == urlValue && !p.begun:
			return Link
		}
		return Quoted
	case s == unquoted && (p.kind == scriptValue || p.kind == pageValue), s == beforeValue && kindOf(p.attr.name()) >= scriptValue:
		return Script
	case s >= tagOpen && s <= selfClosing:
		return Tag
	case s >= raw && s < plainState && p.rawName == "script":
		return Script
	case s >= raw && s < plainState && p.rawName == "style":
		return Style
	}
	return Text
}

// String returns a place in words, for the log.
func (p Place) String() string {
	return [...]string{"a text", "a tag", "an attribute", "a link", "a script", "a style"}[p]
}

// Runs says whether s, as the next bytes of the page, would run script.
func (p *Page) Runs(s string) (why string, runs bool) {
	at := *p
	switch st := at.state; {
	case st == plainState:
		return "", false
	case st >= raw:
		return at.runsInRaw(s)
	case st >= markup:
		at.state = text // nothing is lost if it ends before s
	case inAValue(st):
		if why := at.runsInValue(s); why != "" {
			return why, true
		}
	}
	j := judge{known: true, element: string(at.tag.name())}
	if st := at.state; st == text || at.end {
		j.element = ""
	}
	return j.why, j.markup(s, at)
}

// runsInRaw is Runs in a script, a style, a title.
func (p *Page) runsInRaw(s string) (why string, runs bool) {
	rest := s
	if p.rawName == "script" || p.rawName == "style" {
		i := endTag(s, p.rawName)
		if rest = s[len(s):]; i >= 0 {
			s, rest = s[:i], s[i:]
		}
		switch {
		case p.rawName == "style" && activeCSS(s):
			return "a style that runs script", true
		case p.rawName == "script" && p.js.runs(s):
			return "code", true
		}
	}
	j := judge{known: true}
	return j.why, j.markup(rest, Page{})
}

// endTag returns where an end tag of the element begins in s, -1 for nowhere.
func endTag(s, name string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], "</")
		if i < 0 {
			return -1
		}
		if from += i; hasPrefixFold(s[from+2:], name) {
			return from
		}
		from += 2
	}
}

// runsInValue says why s runs as a part of the attribute in which it stands.
func (p *Page) runsInValue(s string) string {
	if p.state == doubleQuoted {
		s, _, _ = strings.Cut(s, `"`)
	} else if p.state == singleQuoted {
		s, _, _ = strings.Cut(s, "'")
	} else if i := strings.IndexAny(s, " \t\r\n\f>"); i >= 0 {
		s = s[:i]
	}
	value := Unescape(s)
	switch p.kind {
	case scriptValue:
		if p.js.runs(value) {
			return "code in an event handler"
		}
	case styleValue:
		if activeCSS(value) {
			return "a style that runs script"
		}
	case pageValue:
		if j := (judge{known: true}); j.markup(value, Page{}) {
			return j.why
		}
	case urlValue:
		if !p.begun && scriptURL(value, p.tag.is("img") || p.tag.is("image")) {
			return "a script URL"
		}
	}
	return ""
}

// runs says whether s, as the next bytes of the script, would do something of its own.
func (j *script) runs(s string) bool {
	c := code{s: s}
	quote := j.quote
	switch {
	case j.line:
		quote = '\n'
	case j.block:
		quote = '*'
	case quote == 0:
		c.operand = j.operand()
		c.either = c.operand
	}
	for i := range j.nested { // a "}" may lead back into a template
		c.push('`')
		c.push('$')
		for n := j.depth; i == j.nested-1 && n > 0 && n < maxNest; n-- {
			c.push('{')
		}
	}
	if j.escaped && s != "" {
		c.s = s[1:]
	}
	c.read(quote)
	return !c.bad && c.effect
}
