package htmlrewrite

import "strings"

// forms is what must be known of forms: a field belongs to the form that the browser has
// open, or to one around it, which need not be the one whose start tag came last.
type forms struct {
	formOpen   bool // the standard's form element pointer is not null
	formBad    bool // that form must not get a token
	inTemplate bool // such a form was in the template that is open

	// A form whose end tag comes while other elements in it are open stays around what
	// follows. A form in a table is empty, and fields after it may then go to the one
	// around. So the elements in a form that must not get a token are followed.
	within [][maxName]byte // those that are open
	untidy bool            // they are not well formed
	around bool            // such a form may be around what follows
	tables int             // table elements that are open
}

// form inserts after the start tag of a form that posts to this site.
func (rw *Rewriter) form() {
	good := rw.postsHere()
	switch {
	case rw.state == passing:
	case rw.inSelect:
		rw.giveUp() // only some browsers take it for a form
	case rw.templates > 0:
		if good && !rw.inTemplate {
			rw.insert = rw.o.Form
		}
		rw.inTemplate = rw.inTemplate || !good
	case rw.formOpen: // ignored by browsers: fields after it belong to the form that is open
	default:
		rw.formOpen, rw.formBad, rw.untidy, rw.within = true, !good, false, rw.within[:0]
		if good && !(rw.around && (rw.tables > 0 || len(rw.stack) > 0)) {
			rw.insert = rw.o.Form
		}
	}
	if len(rw.insert) == 0 {
		rw.insert = nil
	}
}

// postsHere says whether the form tag just read has method POST and an action on this site.
func (rw *Rewriter) postsHere() bool {
	attrs, ok := rw.attributes()
	if !ok {
		return false
	}
	post, action := false, ""
	for _, a := range attrs {
		switch a.Key {
		case "method":
			post = len(a.Val) == 4 && strings.EqualFold(a.Val, "post")
		case "action":
			action = a.Val
		}
	}
	return post && rw.o.leadsHere(action, rw.foreignBase)
}

// formEnd takes the end tag of a form.
func (rw *Rewriter) formEnd() {
	if rw.formOpen && rw.formBad {
		for n := len(rw.within); n > 0 && isImplied(rw.within[n-1]); n-- {
			rw.within = rw.within[:n-1]
		}
		rw.around = rw.around || rw.untidy || len(rw.within) > 0
	}
	rw.formOpen = false
}

// entered notes an element that a start tag has opened.
func (rw *Rewriter) entered(name string) {
	if name == "table" {
		rw.tables++
	}
	if !rw.formOpen || !rw.formBad || isVoid(name) {
		return
	}
	switch name {
	case "form", "template", "svg", "math", "html", "head", "body":
		return // not opened, or followed elsewhere
	}
	if rw.longer || len(rw.within) == maxDepth {
		rw.untidy = true
		return
	}
	var e [maxName]byte
	copy(e[:], name)
	rw.within = append(rw.within, e)
}

// left notes the end of an element.
func (rw *Rewriter) left(name string) {
	if name == "table" {
		rw.tables = max(rw.tables-1, 0)
	}
	if !rw.formOpen || !rw.formBad || rw.untidy || name == "form" {
		return
	}
	var e [maxName]byte
	copy(e[:], name)
	for n := len(rw.within); n > 0; n-- {
		if rw.within[n-1] == e {
			rw.within = rw.within[:n-1]
			return
		}
		if !isImplied(rw.within[n-1]) {
			break
		}
	}
	rw.untidy = rw.longer || contains(rw.within, e) || isFormatting(name)
}

func contains(all [][maxName]byte, e [maxName]byte) bool {
	for _, other := range all {
		if other == e {
			return true
		}
	}
	return false
}

// isImplied says whether the end of an element may be left out.
func isImplied(e [maxName]byte) bool {
	switch strings.TrimRight(string(e[:]), "\x00") {
	case "p", "li", "dd", "dt", "option", "optgroup", "rb", "rp", "rt", "rtc",
		"td", "th", "tr", "tbody", "thead", "tfoot", "caption", "colgroup":
		return true
	}
	return false
}

// isFormatting says whether the end tag of an element moves others around.
func isFormatting(name string) bool {
	switch name {
	case "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u":
		return true
	}
	return false
}
