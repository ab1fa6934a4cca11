package flow

import "strings"

// suspicious are the uses that only a text which the program has written should have.
const suspicious = SQL | Template | Deserialise | Script

// unproven notes a dangerous use of a value that nothing is known of: neither that a visitor
// wrote it nor that the program did.
func (f *frame) unproven(kinds Kinds, v *Value, at Loc, what string) {
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
		if m.Safe&kinds == kinds || m.Safe&quoted != 0 && kinds == SQL || m.From.Source != Param && m.From.Source != Internal {
			return
		}
	}
	params := v.unknownParams(3)
	for kind := Kinds(1); kind != 0 && kind <= kinds; kind <<= 1 {
		if kinds&kind == 0 {
			continue
		}
		key := flowKey{kind, at}
		f.sum.doubts = append(f.sum.doubts, doubt{key, params})
		if f.e.weak[key] == nil {
			f.e.weak[key] = &Flow{
				Kind: kind, Use: key.use, What: what, Func: f.fn,
				Origin: Origin{Source: Unproven, Where: key.use, Note: "a value whose origin is not known"},
			}
		}
	}
}

// doubt is a use of which is unknown only what the function's parameters are.
type doubt struct {
	use    flowKey
	params uint64 // as bits; 0 where more is unknown
}

// unknownParams are the parameters that a text was put together of, as bits; 0 if it holds
// something else that the program's source does not. What stands in quotes is a value: that
// today's callers have written theirs says little of tomorrow's, other than of a table's name.
func (v *Value) unknownParams(depth int) uint64 {
	if v.parts() == nil || depth == 0 {
		return paramsOf(v.Marks)
	}
	var all uint64
	for i, p := range v.parts() {
		if p.Value == nil || p.Value.written(depth-1) {
			continue
		}
		one := p.Value.unknownParams(depth - 1)
		if one == 0 || i > 0 && strings.HasSuffix(v.parts()[i-1].Text, "'") {
			return 0
		}
		all |= one
	}
	return all
}

func paramsOf(marks []Mark) uint64 {
	var all uint64
	for _, m := range marks {
		if m.From.Source != Param || m.From.Param < 0 || m.From.Param > 63 {
			return 0
		}
		all |= 1 << m.From.Param
	}
	return all
}

// settle notes for each doubt of a function whether a call of it gives it what the program has
// written. Where all of them do, there is none.
func (f *frame) settle(s *summary, args []*Value) {
	for _, d := range s.doubts {
		if d.params == 0 {
			continue
		}
		written := true
		for i, v := range args {
			written = written && (d.params&(1<<i) == 0 || v == nil || v.written(3))
		}
		if written {
			f.e.passed[d.use] |= harmlessPassed
		} else {
			f.e.passed[d.use] |= unknownPassed
		}
	}
}

// unprovenIn notes that a statement of which not all is known is handed to a function that runs
// it as it is.
func (f *frame) unprovenIn(u *paramUse, args []*Value, where Loc) {
	if u.kind != SQL || u.text != (Loc{}) || u.safe&SQL != 0 || u.origin.Path != "" || u.origin.Param < 0 || u.origin.Param >= len(args) {
		return
	}
	if v := args[u.origin.Param]; v != nil {
		f.unproven(SQL, v, where, u.what)
	}
}

// written reports whether a text is made of what the program's source holds, and of numbers.
func (v *Value) written(depth int) bool {
	switch {
	case v.Const.Kind != NoConst || v.Checked:
		return true
	case v.query() != nil || v.Of != nil || v.Class != nil || v.Func != nil:
		return true
	case v.parts() != nil && depth > 0:
		for _, p := range v.parts() {
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
	for _, p := range v.parts() {
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
	return isSetting(path) || len(path) > 10 && (path[:10] == "sqlalchemy" || path[:7] == "alembic") || len(path) > 16 && path[:16] == "flask_sqlalchemy"
}
