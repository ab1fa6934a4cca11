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
	skip    bool // the attribute that is open began in the page
}

// facts are what the attributes of a tag say together.
type facts struct {
	refresh, link, scriptTo, animates bool
	bound, identified, cut, imports   bool
	clobbers, typed, set              bool
	content, href, to                 string
	bare                              word // the attribute before, which has no value
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
	case "script", "applet", "scriptlet", "xss":
		j.why = "a " + element + " element"
	default:
		// Some filters on the way turn "<script+src=" or "<script\x0b>" into a script element.
		if rest, ok := strings.CutPrefix(string(p.tag.buf[:p.tag.n]), "script"); ok && rest != "" && !isWord(rest[0]) && rest[0] != '-' {
			j.why = "a script element"
		}
	}
}

// named judges the name of an attribute, whatever its value.
func (j *judge) named(name []byte) {
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
	name := p.attr.name()
	if j.skip {
		j.skip = false
		return
	}
	if p.end && j.element == "" && !j.brokeOut {
		return // attributes of end tags are dropped
	}
	j.facts.bare.clear()
	value := unescape(raw)
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
	case strings.ContainsAny(value, "\"'") && j.depth < maxInside && kindOf(name) == urlValue && endsValue(value): // to who writes the page anew
		return true
	case j.brokeOut && !j.known && kindOf(name) != urlValue: // it may be a query: rules=javascript:S1234&a=1
		return strings.IndexByte(value, ':') >= 0 && urlInside(value)
	}
	return scriptURL(value, j.element == "img" || j.element == "image" || j.element == "" && !j.known)
}

// inside judges markup in an attribute.
func (j *judge) inside(value string) {
	inner := judge{depth: j.depth + 1}
	if inner.markup(value, Page{}) {
		j.why = inner.why
	}
}

// note keeps what matters together with other attributes.
func (j *judge) note(name, value string) {
	switch name {
	case "http-equiv":
		j.facts.refresh = j.facts.refresh || strings.EqualFold(strings.TrimSpace(value), "refresh")
		j.facts.link = j.facts.link || strings.EqualFold(strings.TrimSpace(value), "link")
		j.facts.set = j.facts.set || strings.EqualFold(strings.TrimSpace(value), "set-cookie")
	case "content":
		j.facts.content = value
	case "rel":
		lowered := strings.ToLower(value)
		j.facts.link = j.facts.link || strings.Contains(lowered, "stylesheet")
		j.facts.imports = strings.Contains(lowered, "import")
	case "href", "xlink:href", "src", "data", "code", "classid", "archive":
		j.facts.href = value
	case "charset":
		j.facts.content = "charset=" + value
	case "dataformatas", "datasrc", "implementation", "ev:event", "handler":
		j.facts.bound = true // to a script or to markup, by old browsers
	case "id", "name":
		j.facts.identified = j.facts.identified || name == "id"
		j.facts.clobbers = j.facts.clobbers || clobbers(value)
	case "formaction":
		if strings.Contains(value, "//") {
			j.why = "a button that sends a form elsewhere"
		}
	case "codetype":
		j.facts.typed = true
	case "type":
		j.facts.typed = true
		j.facts.scriptTo = strings.Contains(strings.ToLower(value), "script")
	case "attributename":
		lowered := strings.ToLower(value)
		j.facts.animates = strings.HasSuffix(lowered, "href") || strings.HasPrefix(lowered, "on")
	case "to", "values", "from", "by":
		j.facts.to += value
	}
}

// local returns the name of an element without a prefix of XML.
func local(element string) string { return element[strings.LastIndexByte(element, ':')+1:] }

// finish judges the tag as a whole.
func (j *judge) finish() {
	f := &j.facts
	element := local(j.element)
	switch element {
	case "object", "embed":
		if f.href != "" || f.typed {
			j.why = "an " + element + " element"
		}
	case "base":
		if f.href != "" {
			j.why = "a base element"
		}
	case "meta":
		if (f.refresh || f.link) && (f.content != "" || f.cut) || f.set {
			j.why = "a meta element that leads on"
		}
		if foreignCharset(f.content) {
			j.why = "a charset in which text may be markup"
		}
	case "link":
		if (f.imports || f.cut) && f.href != "" || f.link && strings.Contains(f.href, "//") { // a style sheet or page of somebody else
			j.why = "a link element that loads"
		}
	case "style":
		if f.scriptTo {
			j.why = "a style of script"
		}
	case "iframe", "frame", "layer", "ilayer", "vmlframe":
		if f.cut || strings.IndexByte(f.href, '<') >= 0 || element[0] != 'i' && element[0] != 'f' || oddScheme(f.href) {
			if f.href != "" {
				j.why = "a frame"
			}
		}
	case "xml":
		if f.href != "" || f.identified {
			j.why = "a data island"
		}
	case "form", "img", "image":
		if f.clobbers {
			j.why = "an element in the place of what scripts look for"
		}
	}
	if f.bound && j.element != "" {
		j.why = "data that is bound as markup or script"
	}
	if f.animates && f.to != "" {
		j.why = "an animated link"
	}
}

// style judges what follows a style tag, up to an end tag. It returns where that is.
func (j *judge) style(s string) int {
	if i := strings.Index(s, "</"); i >= 0 {
		s = s[:i]
	}
	if activeCSS(s) {
		j.why = "a style that runs script"
	}
	return len(s)
}

// foreignCharset says whether the content of a meta element names a charset in which bytes
// mean something else than in ASCII.
func foreignCharset(content string) bool {
	_, label, found := strings.Cut(strings.ToLower(content), "charset")
	if !found {
		return false
	}
	label = strings.Trim(label, "= \t\r\n\f\"'")
	for _, usual := range [...]string{"utf-8", "utf8", "iso-8859", "iso8859", "latin", "windows-125", "cp125", "us-ascii", "ascii", "koi8", "gb", "big5",
		"euc", "shift", "sjis"} {
		if strings.HasPrefix(label, usual) {
			return false
		}
	}
	return label != ""
}

// oddScheme says whether the source of a frame is neither a page of the web nor of this site.
func oddScheme(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	colon := strings.IndexByte(s, ':')
	if colon < 0 || strings.ContainsAny(s[:colon], "/?#") {
		return false
	}
	return s[:colon] != "https" && s[:colon] != "http" && s[:colon] != "about" && s[:colon] != "blob"
}
