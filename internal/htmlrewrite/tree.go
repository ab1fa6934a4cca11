package htmlrewrite

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// space is the namespace of an element.
type space uint8

const (
	inHTML space = iota
	inSVG
	inMath
)

// element is an open element of a part in SVG or MathML.
type element struct {
	name  [maxName]byte
	space space
	joint bool // what is in it is HTML again (an integration point)
}

// maxDepth is how deep SVG and MathML may nest.
const maxDepth = 256

// tree is what must be known of the elements that are open. The standard's rules for
// documents that are not well formed depend on all of them; where that would matter, the
// Rewriter gives up instead.
type tree struct {
	stack []element // from the outermost svg or math element on

	forms

	inSelect  bool // browsers differ in what they take from a select element
	templates int  // template elements that are open

	foreignBase bool // relative URLs may lead to another site

	atNoscript []int // the marks at the noscript element's start
}

// marks are what must be the same before and after a noscript element.
func (rw *Rewriter) marks() []int {
	return []int{
		len(rw.stack), btoi(rw.inSelect), rw.templates, btoi(rw.foreignBase), btoi(rw.formOpen), btoi(rw.formBad),
		btoi(rw.inTemplate), len(rw.within), btoi(rw.untidy), btoi(rw.around), rw.tables,
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// foreign says whether the innermost open element is not of HTML.
func (t *tree) foreign() bool {
	return len(t.stack) > 0 && t.stack[len(t.stack)-1].space != inHTML
}

// tagEnd is called when a tag is complete.
func (rw *Rewriter) tagEnd() {
	rw.state = text
	name := string(rw.name())
	switch {
	case rw.longer && len(rw.stack) > 0:
		rw.giveUp()
	case rw.end:
		rw.endTag(name)
	case rw.foreign() && !rw.stack[len(rw.stack)-1].joint:
		rw.foreignTag(name)
	default:
		rw.htmlTag(name)
	}
	rw.keep = false
}

// endTag takes an end tag.
func (rw *Rewriter) endTag(name string) {
	if n := len(rw.stack); n == 0 && rw.templates == 0 {
		rw.left(name)
	} else if n > 0 {
		if top := rw.stack[n-1]; string(bytes.TrimRight(top.name[:], "\x00")) != name {
			rw.giveUp() // not well formed: it closes something else, or nothing
			return
		} else if rw.stack = rw.stack[:n-1]; top.space != inHTML {
			return
		}
	}
	switch name {
	case "form":
		if rw.inSelect {
			rw.giveUp() // only some browsers take it for the form's end
		} else if rw.templates == 0 {
			rw.formEnd()
		}
	case "select":
		rw.inSelect = false
	case "template":
		if rw.templates = max(rw.templates-1, 0); rw.templates == 0 {
			rw.inTemplate = false
		}
	}
}

// foreignTag takes a start tag in SVG or MathML.
func (rw *Rewriter) foreignTag(name string) {
	space := rw.stack[len(rw.stack)-1].space
	joint := false
	switch name {
	case "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed",
		"h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr",
		"ol", "p", "pre", "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u",
		"ul", "var", "font": // they end it, in ways that have changed
		rw.giveUp()
		return
	case "annotation-xml": // HTML or not, as an attribute says
		rw.giveUp()
		return
	case "foreignobject", "desc", "title":
		joint = space == inSVG
	case "mi", "mo", "mn", "ms", "mtext":
		joint = space == inMath
	}
	if !rw.selfEnd {
		rw.push(name, space, joint)
	}
}

func (rw *Rewriter) push(name string, space space, joint bool) {
	if len(rw.stack) == maxDepth {
		rw.giveUp()
		return
	}
	e := element{space: space, joint: joint}
	copy(e.name[:], name)
	rw.stack = append(rw.stack, e)
}

// htmlTag takes a start tag in HTML.
func (rw *Rewriter) htmlTag(name string) {
	switch name {
	case "svg":
		if !rw.selfEnd {
			rw.push(name, inSVG, false)
		}
		return
	case "math":
		if !rw.selfEnd {
			rw.push(name, inMath, false)
		}
		return
	case "caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr":
		if len(rw.stack) > 0 && !rw.inTable() {
			rw.giveUp() // they may end the svg element for a table around it
			return
		}
	}
	if len(rw.stack) > 0 && !isVoid(name) {
		rw.push(name, inHTML, false)
	}
	if rw.state != passing {
		rw.meaningOf(name)
	}
	if len(rw.stack) == 0 && rw.templates == 0 {
		rw.entered(name)
	}
}

// isVoid says whether an element is never open.
func isVoid(name string) bool {
	switch name {
	case "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input",
		"keygen", "link", "meta", "param", "source", "track", "wbr":
		return true
	}
	return false
}

// inTable says whether a table is open inside the SVG or MathML.
func (t *tree) inTable() bool {
	for _, e := range t.stack {
		if e.space == inHTML && strings.HasPrefix(string(e.name[:]), "table\x00") {
			return true
		}
	}
	return false
}

// meaningOf does what a start tag of HTML means to the reader or to the insertions.
func (rw *Rewriter) meaningOf(name string) {
	switch name {
	case "head":
		if rw.headOpen {
			rw.headOpen, rw.insert = false, rw.o.Head
		}
	case "script":
		rw.state, rw.raw, rw.escape, rw.dashes = script, "script", 0, 0
	case "textarea":
		rw.state, rw.raw = rawText, "textarea"
	case "style", "title", "xmp", "iframe", "noembed", "noframes":
		if rw.inSelect { // some browsers drop the tag there, and read on
			rw.giveUp()
			return
		}
		rw.state, rw.raw = rawText, rawName(name)
	case "plaintext", "frameset": // there is no markup after it; there are no forms in it
		rw.giveUp()
	case "noscript":
		switch {
		case rw.inSelect:
			rw.giveUp()
		case !rw.noscript:
			rw.noscript, rw.endMatch, rw.atNoscript = true, 0, rw.marks()
		}
	case "template":
		if rw.templates++; rw.inSelect {
			rw.giveUp()
		}
	case "col", "mglyph", "malignmark":
		if rw.templates > 0 || len(rw.stack) > 0 {
			rw.giveUp() // start tags after it may be dropped, or belong to MathML
		}
	case "table", "object", "applet", "marquee":
		if rw.inSelect { // some browsers drop the tag; in others it hides the select from its end tag
			rw.giveUp()
		}
	case "select":
		rw.inSelect = true
	case "form":
		rw.form()
	case "base":
		rw.base()
	case "meta":
		rw.meta()
	}
}

// rawName returns name as a constant, which costs no memory.
func rawName(name string) string {
	for _, known := range [...]string{"style", "title", "xmp", "iframe", "noembed", "noframes"} {
		if known == name {
			return known
		}
	}
	return ""
}

// base notes a base that leads to another site. What is the first one and what is real is
// not looked into: any may count.
func (rw *Rewriter) base() {
	attrs, ok := rw.attributes()
	if !ok {
		rw.foreignBase = true
	}
	for _, a := range attrs {
		if a.Key == "href" && !rw.o.leadsHere(a.Val, false) {
			rw.foreignBase = true
		}
	}
}

// meta gives up where the document names a charset in which bytes mean something else.
func (rw *Rewriter) meta() {
	if rw.o.Charset {
		return
	}
	attrs, ok := rw.attributes()
	if !ok {
		rw.giveUp()
		return
	}
	for _, a := range attrs {
		label := ""
		switch a.Key {
		case "charset":
			label = a.Val
		case "content":
			_, after, found := strings.Cut(strings.ToLower(a.Val), "charset")
			if !found {
				continue
			}
			label = strings.TrimLeft(after, "= \t\r\n\f")
			label = strings.Trim(label, `"'`)
			label, _, _ = strings.Cut(label, ";")
		default:
			continue
		}
		if !asciiCompatible(label) {
			rw.giveUp()
		}
	}
}

// attributes returns the attributes of the tag that was kept. It reports false where the
// tag was too long, or where x/net/html finds another end of it than this tokeniser.
func (rw *Rewriter) attributes() ([]html.Attribute, bool) {
	if rw.tooLong {
		return nil, false
	}
	z := html.NewTokenizer(bytes.NewReader(rw.tag))
	kind := z.Next()
	if kind != html.StartTagToken && kind != html.SelfClosingTagToken || len(z.Raw()) != len(rw.tag) {
		rw.giveUp()
		return nil, false
	}
	return z.Token().Attr, true
}
