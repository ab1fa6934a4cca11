package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// suspicious are the uses that only a text which the program has written should have.
const suspicious = SQL | Template | Deserialise | Script

// unproven notes a dangerous use of a value that nothing is known of: neither that a visitor
// wrote it nor that the program did.
func (f *frame) unproven(kinds Kinds, v *Value, at python.Node, what string) {
	kinds &= suspicious
	if kinds == 0 || f.up != nil || v.written(3) {
		return
	}
	if !v.built() {
		kinds &^= SQL
	}
	if v.API != nil && (strings.HasPrefix(v.API.Path, "builtins.open()") || strings.HasPrefix(v.API.Path, "pathlib.Path()")) { // a file beside the program
		kinds &^= Template
	}
	for _, m := range v.deep() {
		if m.Safe&kinds == kinds || m.From.Source != Param && m.From.Source != Internal {
			return
		}
	}
	for kind := Kinds(1); kind != 0 && kind <= kinds; kind <<= 1 {
		if kinds&kind == 0 {
			continue
		}
		key := flowKey{kind, f.loc(at)}
		if f.e.weak[key] == nil {
			f.e.weak[key] = &Flow{
				Kind: kind, Use: key.use, What: what, Func: f.fn,
				Origin: Origin{Source: Unproven, Where: key.use, Note: "a value whose origin is not known"},
			}
		}
	}
}

// written reports whether a text is made of what the program's source holds, and of numbers.
func (v *Value) written(depth int) bool {
	switch {
	case v.Const.Kind != NoConst || v.Checked:
		return true
	case v.Query != nil || v.Of != nil || v.Class != nil || v.Func != nil:
		return true
	case v.Parts != nil && depth > 0:
		for _, p := range v.Parts {
			if p.Value != nil && !p.Value.written(depth-1) {
				return false
			}
		}
		return true
	case v.Obj != nil && depth > 0:
		for _, i := range v.Obj.Items {
			if !i.written(depth - 1) {
				return false
			}
		}
		for _, fd := range v.Obj.Fields {
			if !fd.Value.written(depth - 1) {
				return false
			}
		}
		return v.Obj.Rest == nil || v.Obj.Rest.written(depth-1)
	}
	return v.API != nil && len(v.Marks) == 0 && harmlessResult(v.API.Path)
}

// written reports whether there are arguments and the program has written them all.
func (a *arguments) written() bool {
	for _, v := range a.list {
		if !v.written(1) {
			return false
		}
	}
	return len(a.list) > 0 && a.rest == nil
}

// built reports whether a text was put together of literals and values.
func (v *Value) built() bool {
	for _, p := range v.Parts {
		if p.Value == nil && p.Text != "" {
			return true
		}
	}
	return false
}

// harmlessResult tells outside functions whose results are numbers or texts of the program's
// own, such as builders of statements.
func harmlessResult(path string) bool {
	switch path {
	case "flask.url_for()", "gettext.gettext()", "flask_babel.gettext()", "flask_babel.lazy_gettext()", "flask_wtf.csrf.generate_csrf()", "builtins.int()", "builtins.len()", "builtins.float()", "datetime.datetime.now()", "time.time()", "uuid.uuid4()", "builtins.range()[]":
		return true
	}
	switch lastName(path) { // translations of what is written
	case "_()", "__()", "gettext()", "lazy_gettext()", "ngettext()", "pgettext()", "_l()", "N_()":
		return true
	}
	return len(path) > 10 && (path[:10] == "sqlalchemy" || path[:7] == "alembic") || len(path) > 16 && path[:16] == "flask_sqlalchemy"
}
