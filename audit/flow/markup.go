package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// markup is Markup(text): the text goes into pages as it is. In str(Markup(x)) that is lost at
// once: what comes out is a text like any other, which a template escapes.
func markup(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "object")
	if v == nil {
		v = a.get(0, "base")
	}
	if v == nil {
		return f.e.api(api.Call())
	}
	if f.unmarked == e {
		return makeText(f, api, a, e)
	}
	f.used(HTML, v, e, api.Path)
	if !v.escaped() {
		f.unproven(Script, v, f.loc(e), api.Path)
	}
	return &Value{API: api.Call(), Marks: safe(v.deep(), Markup), Checked: true}
}

// escaped reports whether all that is not written in the program was escaped before.
func (v *Value) escaped() bool {
	for _, p := range v.asParts() {
		if p.Value == nil || p.Value.written(3) || p.Value.API != nil && makesMarkup(p.Value.API.Path) {
			continue
		}
		marks := p.Value.deep()
		for _, m := range marks {
			if m.Safe&HTML == 0 {
				return false
			}
		}
		if len(marks) == 0 {
			return false
		}
	}
	return true
}

// makesMarkup tells the outside functions whose results are safe in pages.
func makesMarkup(path string) bool {
	switch path {
	case "markupsafe.Markup()", "flask.Markup()", "jinja2.Markup()", "markupsafe.escape()", "flask.escape()", "html.escape()", "bleach.clean()", "nh3.clean()",
		"markupsafe.Markup.escape()", "jinja2.escape()", "wtforms.widgets.html_params()", "wtforms.widgets.core.html_params()":
		return true
	}
	return strings.HasPrefix(path, "markupsafe.Markup().")
}

// isMarkup reports whether a value is a Markup object, which escapes what it is joined with.
func (v *Value) isMarkup() bool {
	return v.raw && v.fn == nil || v.API != nil && (strings.HasPrefix(v.API.Path, "markupsafe.") || strings.HasSuffix(v.API.Path, ".Markup()")) && makesMarkup(v.API.Path)
}

// withMarkup is a Markup object together with another value, which it escapes.
func (f *frame) withMarkup(a, b *Value) *Value {
	if !a.isMarkup() {
		a, b = b, a
	}
	more := b.deep()
	if !b.isMarkup() {
		more = safe(more, HTML|Header|Log)
	}
	return &Value{API: a.API, Marks: merge(a.Marks, more), Checked: true, raw: a.raw}
}

// markupMethod is a method of a Markup object: what it puts in is escaped. It is nil for
// those that put in nothing.
func (f *frame) markupMethod(to *Value, name string, a *arguments) *Value {
	switch name {
	case "format", "join", "replace", "format_map":
		return f.withMarkup(to, &Value{Marks: a.marks()})
	case "unescape", "striptags":
		return &Value{Marks: to.Marks}
	}
	return nil
}
