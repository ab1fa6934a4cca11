package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// answer looks at what a view gives back: a text is sent as a page.
func (f *frame) answer(n python.Node, v *Value) {
	if len(f.fn.Routes) == 0 && f.fn.Handles == nil || f.up != nil {
		return
	}
	if r, ok := n.(*python.Return); ok {
		if c, ok := r.Value.(*python.Call); ok { // another view's answer: that one is looked at
			if to := f.eval(c.Func); to.Func != nil && len(to.Func.Routes) > 0 {
				return
			}
		}
	}
	if f.isTyped(n) {
		f.used(Exposure, v, n, "the answer")
		return
	}
	api := false
	if v.Obj != nil && v.Obj.List && len(v.Obj.Items) > 0 { // body, status, headers
		for _, h := range v.Obj.Items[1:] {
			if h.Obj != nil && !h.Obj.List {
				f.headers(h, n)
			}
		}
		if len(v.Obj.Items) > 1 && jsonHeaders(v.Obj.Items[len(v.Obj.Items)-1]) {
			return
		}
		api = len(v.Obj.Items) > 1 && made(v.Obj.Items[1])
		v = v.Obj.Items[0]
	}
	if v.Obj != nil || v.Of != nil || v.isRows() || (api || v.isBody()) && v.parts() == nil || f.fn.Class != nil && f.fn.Class.IsResource() && !v.isResponse() { // it is sent as JSON
		f.used(Exposure, v, n, "the answer")
		return
	}
	kinds := HTML | Exposure
	if f.wrapping != nil {
		kinds &^= f.wrapping.tame
	}
	f.used(kinds, v, n, "the page")
}

// isTyped reports whether an answer is a variable that was given a content type of its own.
func (f *frame) isTyped(n python.Node) bool {
	r, ok := n.(*python.Return)
	if !ok || len(f.typed) == 0 {
		return false
	}
	name, ok := r.Value.(*python.Name)
	return ok && slices.Contains(f.typed, name.ID)
}

// made reports whether a status says that something was created or begun: APIs answer so, with
// what was made, and not with a page.
func made(status *Value) bool {
	return status.Const.Kind == ConstInt && (status.Const.Int == 201 || status.Const.Int == 202)
}

// isBody reports whether the value is what a visitor's JSON holds as a whole: no text.
func (v *Value) isBody() bool {
	return v.API != nil && (strings.HasSuffix(v.API.Path, "request.json") || strings.HasSuffix(v.API.Path, ".get_json()"))
}

// isResponse reports whether the value is an answer that the program made itself.
func (v *Value) isResponse() bool { return v.API != nil && strings.Contains(v.API.Path, "esponse") }

// jsonHeaders reports whether headers say that the answer is no page.
func jsonHeaders(v *Value) bool {
	for _, fd := range fieldsOf(v) {
		if strings.EqualFold(fd.Key, "content-type") {
			return otherType(fd.Value)
		}
	}
	return false
}

// isRows reports whether a value is what a database gives: rows, or one row, not a column of it.
// Flask makes JSON of lists and dicts, and fails at rows of other kinds.
func (v *Value) isRows() bool {
	if v.API == nil || v.parts() != nil {
		return false
	}
	switch path := lastName(v.API.Path); path {
	case "all()[]": // of one column
		return !strings.Contains(v.API.Path, "scalars(")
	case "fetchone()", "list()", "dict()", "sorted()":
		return true
	default:
		return areRows(path) || areRows(rowsOf(path))
	}
}

// areRows tells the methods that give a list of rows by the end of a path.
func areRows(name string) bool {
	switch name {
	case "fetchall()", "fetchmany()", "all()":
		return true
	}
	return false
}

// rowsOf is the path of what an element was taken out of; "" for all else.
func rowsOf(path string) string {
	if of, ok := strings.CutSuffix(path, "[]"); ok {
		return of
	}
	return ""
}
