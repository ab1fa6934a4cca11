package active

import "strings"

// cutOff judges a tag that has no end in the value: the page goes on in it.
func (j *judge) cutOff(p *Page) {
	if p.state == tagName && !p.end && !j.strict {
		switch name := local(string(p.tag.name())); name {
		case "script", "iframe", "frameset", "embed", "applet", "form", "svg", "math", "xss", "dialog", "marquee", "isindex", "vmlframe":
			j.why = "the beginning of a " + name + " element"
		}
	}
	if p.state <= tagName || p.state > selfClosing {
		return
	}
	j.facts.cut = true
	name := p.attr.name()
	if p.state == attrName {
		j.named(name)
	}
	if j.element != "" && p.state != beforeAttr && p.state != selfClosing && !inAValue(p.state) && p.state != afterValue {
		j.note(string(name), "=")
		if p.state == beforeValue && isHandler(name) || isEvent(name) {
			j.why = "the beginning of an event handler"
		}
		if p.state == beforeValue && onlyForScript(name) {
			j.why = "the beginning of the attribute " + string(name)
		}
	}
	if j.brokeOut && j.quoted && isEvent(name) && (p.state == beforeValue || inAValue(p.state) && !p.begun) {
		j.why = "the beginning of an event handler"
	}
	j.finish()
}

// onlyForScript says whether an attribute has hardly another use than script.
func onlyForScript(name []byte) bool {
	switch string(name) {
	case "formaction", "srcdoc", "background", "lowsrc", "dynsrc", "xlink:href", "fscommand", "seeksegmenttime", "datasrc", "attributename", "http-equiv":
		return true
	}
	return false
}

// mutated judges the text behind a start tag where parsers disagree on whether it has character
// references: a style in SVG has, others have none. What one reads, the next one writes.
func (j *judge) mutated(p *Page, s string) {
	if p.end || s == "" {
		return
	}
	switch string(p.tag.name()) {
	case "style", "listing", "xmp", "plaintext", "noscript", "noembed", "noframes", "iframe":
	default:
		return
	}
	if end := strings.IndexByte(s, '<'); end >= 0 {
		s = s[:end]
	}
	if strings.IndexByte(s, '&') >= 0 {
		j.inside(Unescape(s))
	}
}

// endsValue says whether a URL goes on as an event handler behind a quote.
func endsValue(s string) bool {
	for _, start := range [...]state{doubleQuoted, singleQuoted} {
		j := judge{brokeOut: true, quoted: true, depth: maxInside}
		if j.markup(s, Page{state: start}) {
			return true
		}
	}
	return false
}

// openValue judges the value of an attribute that has no end in s.
func (j *judge) openValue(p *Page, s string) {
	switch {
	case s == "" && !j.brokeOut && p.kind == scriptValue && !j.skip:
		j.why = "the beginning of an event handler"
	case j.element != "" && !j.brokeOut && kindOf(p.attr.name()) == urlValue && startsScriptURL(s):
		j.why = "the beginning of a script URL"
	case j.dangles(p, s):
		j.why = "a URL that takes the rest of the page along"
	default:
		j.attribute(p, s)
	}
}

// startsScriptURL says whether a URL that is cut off is one of script.
func startsScriptURL(s string) bool {
	s = strings.TrimRight(strings.TrimSpace(s), ":,")
	return strings.EqualFold(s, "javascript") || strings.EqualFold(s, "vbscript") || strings.EqualFold(s, "data:text/html")
}

// dangles says whether a URL in a tag is open at the end of s, and ends so that a browser sends
// what follows in the page along with it.
func (j *judge) dangles(p *Page, s string) bool {
	if name := string(p.attr.name()); name == "href" || name == "cite" || name == "action" { // nothing is sent before a click
		return false
	}
	if j.element == "" || j.brokeOut || p.kind != urlValue || p.state != doubleQuoted && p.state != singleQuoted || !strings.Contains(s, "//") {
		return false
	}
	last := s[len(s)-1]
	return last == '?' || last == '=' || last == '&'
}

// holdsCode says whether an attribute that is no event handler holds code for a browser: some
// library or player reads it.
func (j *judge) holdsCode(name []byte, value string) bool {
	if !isDirective(name) && (isText(name) || j.brokeOut || string(name) == "value" || string(name) == "content" || kindOf(name) != plainValue) {
		return false
	}
	if !strings.ContainsAny(value, "(`=") || !isDirective(name) && (len(value) > 256 || strings.IndexByte(value, '\n') >= 0) {
		return false
	}
	c := runsFrom(value, 0)
	if isDirective(name) && strings.IndexByte(value, '(') >= 0 {
		c.effect = true // what is called may be named by a string
	}
	return !c.bad && !c.odd && c.effect && c.sink && (c.depth == 0 && c.open == 0 || isDirective(name))
}
