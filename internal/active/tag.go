package active

import (
	"bytes"
	"strings"
)

// judge reads a value as markup from some place of a page on and says whether it would run.
// Nothing hides markup from it: not a comment, a <title>, a <noscript> or an attribute, since
// browsers, sanitisers and the page around may see their ends elsewhere.
type judge struct {
	why      string
	brokeOut bool // what comes first is prose unless it does something: see attribute
	known    bool // the place in the page is known: no need to be sure that it is an attack
	quoted   bool // brokeOut of a quoted attribute
	depth    int

	texts  []int  // positions of which is asked: is it in a text there?
	missed [4]int // those that are not
	text   int    // where the first text begins, for one who broke out

	element string // facts about the tag that is being read
	facts   facts
	styled  int  // the style sheets before here have been judged
	strict  bool // the name of an element means nothing
	skip    bool // the attribute that is open began in the page
}

// maxInside is how deep markup in attributes is looked into.
const maxInside = 3

// markup reads s from p on. It reports whether it found something; why is set then.
func (j *judge) markup(s string, p Page) bool {
	p.judging = true
	start, open, tag := 0, inAValue(p.state), 0
	j.skip = open
	for i := 0; i < len(s) && j.why == ""; i++ {
		if stop := p.stop(); stop != 0 {
			n := strings.IndexByte(s[i:], stop)
			if n < 0 {
				break
			}
			i += n
		}
		j.asked(i, p.state)
		was := p.state
		p.step(s[i])
		if p.state == was {
			continue
		}
		if was == tagName {
			j.begin(&p)
			if j.why == "" && !p.end {
				j.why = oddTag(s[min(tag, i):i])
			}
		} else if p.state == tagName {
			tag = i
		}
		if inAValue(was) {
			j.attribute(&p, s[start:i])
			open = false
		}
		if was == attrName {
			j.named(p.attr.name())
		}
		switch p.state {
		case doubleQuoted, singleQuoted:
			start, open = i+1, true
		case unquoted:
			start, open = i, true
		case text:
			if j.brokeOut {
				j.finish()
				j.text = i + 1
				return j.why != ""
			}
			j.end(&p, was, s, i)
		}
	}
	if j.why == "" && open && inAValue(p.state) {
		j.openValue(&p, s[min(start, len(s)):])
	}
	if j.why == "" && p.state == tagName && !p.end {
		j.why = oddTag(s[min(tag, len(s)):])
	}
	if j.why == "" {
		j.cutOff(&p)
	}
	return j.why != ""
}

// asked notes the positions up to i of which is asked and which are in no text.
func (j *judge) asked(i int, s state) {
	for len(j.texts) > 0 && j.texts[0] <= i {
		if s != text {
			j.missed[len(j.texts)-1] = j.texts[0]
		}
		j.texts = j.texts[1:]
	}
}

// end is called where a text begins at s[i+1:].
func (j *judge) end(p *Page, was state, s string, i int) {
	if was >= tagName && was <= selfClosing {
		j.finish()
		if p.tag.is("style") && !p.end && j.why == "" && i >= j.styled {
			j.styled = i + 1 + j.style(s[i+1:])
		}
		if j.why == "" && j.depth < maxInside {
			j.mutated(p, s[i+1:])
		}
	}
	j.element = ""
}

func inAValue(s state) bool { return s == doubleQuoted || s == singleQuoted || s == unquoted }

// begin notes the name of a tag.
func (j *judge) begin(p *Page) {
	j.facts, j.skip = facts{}, false
	if p.end {
		j.element = ""
		return
	}
	j.brokeOut = false // a tag of its own
	j.element = string(p.tag.name())
	switch element := local(j.element); element {
	case "script", "applet", "scriptlet", "xss", "plaintext":
		if !j.strict {
			j.why = "a " + element + " element"
		}
	default:
		// Some filters on the way turn "<script+src=" or "<script\x0b>" into a script element.
		if rest, ok := strings.CutPrefix(string(p.tag.buf[:p.tag.n]), "script"); ok && !j.strict && rest != "" && !isWord(rest[0]) && rest[0] != '-' {
			j.why = "a script element"
		}
	}
}

// unquotedName returns the name of an attribute without a quote that ended the one before in some
// browser or in Markdown.
func unquotedName(name []byte) []byte {
	if short := bytes.TrimLeft(name, "`'\""); len(short) > 1 {
		return short
	}
	return name
}

// named judges the name of an attribute, whatever its value.
func (j *judge) named(name []byte) {
	name = unquotedName(name)
	if string(name) == "<script" {
		j.why = "a script element" // to old browsers, and to filters that take tags out
	}
	bare := j.facts.bare
	j.facts.bare.clear()
	for _, c := range name {
		j.facts.bare.add(c)
	}
	if j.element == "" || j.brokeOut {
		return
	}
	if name[0] == '=' { // some take what follows for the value of the attribute before
		j.note(string(bare.name()), "=")
	}
	if (name[0] == '=' || bytes.ContainsAny(name, "\"'`")) && isHandler(bare.name()) {
		j.why = "an event handler"
	}
	if bracket := bytes.IndexByte(name, '['); bracket > 0 && isDirective(name) && bytes.ContainsAny(name[bracket:], "(`") { // Vue.js computes names of events
		j.why = "code in the name of an attribute"
	}
	if !isHandler(name) {
		return
	}
	for _, c := range name {
		if strings.IndexByte("!#$%&()*~", c) >= 0 { // old browsers ended the name there
			j.why = "an event handler"
		}
	}
}

// attribute judges one attribute, its value as it stands in the page.
func (j *judge) attribute(p *Page, raw string) {
	name := unquotedName(p.attr.name())
	if j.skip {
		j.skip = false
		return
	}
	if p.end && j.element == "" && !j.brokeOut {
		return // attributes of end tags are dropped
	}
	j.facts.bare.clear()
	value := Unescape(raw)
	if len(value) > 2 && value[0] == '`' && p.state != afterValue && j.depth < maxInside { // a quote to old browsers
		if end := strings.IndexByte(value[1:], '`'); end >= 0 {
			inner := judge{depth: maxInside, element: j.element}
			if inner.markup(value[end+2:], Page{state: beforeAttr}) {
				j.why = inner.why
				return
			}
		}
	}
	switch kindOf(name) {
	case scriptValue:
		if strings.TrimSpace(value) != "" && (!j.brokeOut || j.known || runsCode(value, true)) {
			j.why = "the event handler " + string(name)
		}
		return
	case styleValue:
		if activeCSS(value) {
			j.why = "a style that runs script"
		}
		return
	case pageValue:
		if strings.IndexByte(value, '<') >= 0 && j.depth < maxInside {
			j.inside(value)
		}
		return
	}
	if j.leadsToScript(name, value) {
		j.why = "a script URL"
		return
	}
	j.note(string(name), value)
	if j.holdsCode(name, value) {
		j.why = "code in the attribute " + string(name)
		return
	}
	if strings.IndexByte(value, '<') >= 0 && j.depth < maxInside {
		j.inside(value)
	}
}

// leadsToScript says whether an attribute holds a URL that runs.
func (j *judge) leadsToScript(name []byte, value string) bool {
	switch {
	case isText(name):
		return urlRuns(value, false)
	case kindOf(name) == urlValue && handlerInside(value): // src= onerror="x()"
		return true
	case strings.Contains(value, "&#") && kindOf(name) == urlValue && scriptURL(Unescape(value), false): // encoded twice
		return true
	case strings.ContainsAny(value, "\"'") && j.depth < maxInside && kindOf(name) == urlValue && endsValue(value): // to who writes the page anew
		return true
	case j.brokeOut && !j.known && kindOf(name) != urlValue: // it may be a query: rules=javascript:S1234&a=1
		return strings.IndexByte(value, ':') >= 0 && urlInside(value)
	}
	return scriptURL(value, j.element == "img" || j.element == "image" || j.element == "" && !j.known)
}

// handlerInside says whether the value of an attribute is an event handler, which to some readers it
// is where a blank stands behind the equals sign.
func handlerInside(value string) bool {
	name, code, found := strings.Cut(value[:min(len(value), 512)], "=")
	if !found || len(name) > 32 || !isHandler([]byte(strings.ToLower(name))) {
		return false
	}
	return runsCode(strings.Trim(code, "'\""), true)
}

// inside judges markup in an attribute.
func (j *judge) inside(value string) {
	inner := judge{depth: j.depth + 1}
	if inner.markup(value, Page{}) {
		j.why = inner.why
	}
}
