package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// assign gives a target its value.
func (f *frame) assign(target python.Expr, v *Value) {
	switch t := target.(type) {
	case *python.Name:
		for i := len(f.extra) - 1; i >= 0; i-- {
			if f.extra[i].name == t.ID {
				f.extra[i].value = v
				return
			}
		}
		f.bind(t.ID, v)
	case *python.Attribute:
		f.assignAttr(t, v)
	case *python.Subscript:
		f.assignItem(t, v)
	case *python.Tuple:
		f.assignAll(t.Elts, v)
	case *python.List:
		f.assignAll(t.Elts, v)
	case *python.Starred:
		f.assign(t.Value, &Value{Obj: &Object{Rest: f.item(v), region: -1}})
	}
}

func (f *frame) assignAll(targets []python.Expr, v *Value) {
	for i, t := range targets {
		if _, star := t.(*python.Starred); star {
			f.assign(t, v)
			continue
		}
		f.assign(t, f.nth(v, i))
	}
}

func (f *frame) assignAttr(t *python.Attribute, v *Value) {
	if len(f.places) > 0 {
		f.forgetPlace(t)
	}
	to := f.eval(t.Value)
	if isTheApp(to, t.Value) {
		f.store(appPlace, t.Attr, v)
	}
	switch {
	case to.Of != nil && f.up != nil && f.calls(v, 0): // what another instance is given to call it never does
		f.store(to.Of, t.Attr, &Value{Marks: v.Marks})
	case to.Of != nil:
		f.store(to.Of, t.Attr, v)
	case to.Class != nil:
		f.store(to.Class, t.Attr, v)
		return
	case to.module() != nil:
		f.store(to.module(), t.Attr, v)
		return
	case to.API != nil && isGlobals(to.API.Path):
		f.store(globalsPlace, t.Attr, v)
		return
	case to.API != nil && strings.Contains(to.API.Path, "esponse"):
		f.used(f.e.models.attrs[t.Attr], v, t, to.API.Path+"."+t.Attr)
		if t.Attr == "mimetype" || t.Attr == "content_type" {
			f.retyped(t.Value, v)
		}
	}
	if to.Obj != nil {
		f.writeField(to.Obj, t.Attr, v)
	}
}

// assignItem is x[key] = v: into the session, into a header, or into what x holds.
func (f *frame) assignItem(t *python.Subscript, v *Value) {
	if f.fill(t.Value); len(f.places) > 0 {
		f.forgetPlace(t)
	}
	to, k := f.eval(t.Value), f.eval(t.Index)
	key, known := k.key()
	place := f.place(to, t.Value)
	if place != "" && known {
		f.store(place, key, v)
	}
	if to.API != nil {
		switch {
		case place == sessionPlace:
			f.used(Trust, v, t, "the session")
			f.used(Trust, k, t, "the session")
			return
		case lastName(to.API.Path) == "headers":
			f.header(key, v, t)
			if of, ok := t.Value.(*python.Attribute); ok && known && strings.EqualFold(key, "content-type") {
				f.retyped(of.Value, v)
			}
			return
		}
	}
	if f.page == nil && (to.Obj == nil || to.Obj.home == nil) && v.carries(2) {
		f.keepInside(t.Value, key, v)
	}
	if to.Obj == nil {
		f.fillParam(to, key, v)
		if n, ok := t.Value.(*python.Name); ok && len(v.deep()) > 0 {
			f.bind(n.ID, to.marked(merge(to.Marks, v.deep())))
		}
		return
	}
	if known && (!to.Obj.List || k.Const.Kind == ConstStr) {
		f.writeField(to.Obj, key, v)
		return
	}
	if i := int(k.Const.Int); known && k.Const.Kind == ConstInt && i >= 0 && i < len(to.Obj.Items) && to.Obj.region == f.region {
		to.Obj.Items[i] = v
		return
	}
	to.Obj.Rest = join(to.Obj.Rest, f.keepIn(to.Obj, "", v))
	to.Obj.addKeys(k.Marks)
}

// keepInside adds to a list or a dict that is an attribute of an object or a variable of a
// module, and that is made elsewhere.
func (f *frame) keepInside(in python.Expr, key string, v *Value) {
	key += "\x00"
	switch in := in.(type) {
	case *python.Attribute:
		switch of := f.eval(in.Value); {
		case of.Of != nil:
			f.keep(of.Of, in.Attr, key, v)
		case of.Class != nil:
			f.keep(of.Class, in.Attr, key, v)
		}
	case *python.Name:
		if sym, at := f.scope.Find(in.ID); sym != nil && at == at.Module.Scope && at != f.scope {
			f.keep(at.Module, in.ID, key, v)
		}
	}
}

// header puts a value into a header of the answer.
func (f *frame) header(name string, v *Value, at python.Node) {
	kind := Header
	if strings.EqualFold(name, "location") {
		kind = Redirect
	}
	if kind == Redirect && anchored(v) {
		return
	}
	f.used(kind, v, at, "a header")
}

// writeField stores into an object; what was made before a branch is only added to in it.
func (f *frame) writeField(o *Object, key string, v *Value) {
	if o.home != nil {
		v = f.keepIn(o, key, v)
	}
	if o.region != f.region {
		v = join(o.get(key), v)
	}
	o.set(key, v)
}

// used notes that a value is used in dangerous ways.
func (f *frame) used(kinds Kinds, v *Value, at python.Node, what string) {
	if kinds == 0 || v == nil {
		return
	}
	f.unproven(kinds, v, f.loc(at), what)
	marks := v.deep()
	if len(marks) == 0 {
		return
	}
	if kinds&(Address|URL) != 0 && anchored(v) {
		kinds &^= Address | URL
	}
	for kind := Kinds(1); kind != 0 && kind <= kinds; kind <<= 1 {
		if kinds&kind != 0 {
			f.give(kind, f.loc(at), what, moved(marks, f.loc(at), "given to "+what))
		}
	}
}

func lastName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[i+1:]
		}
	}
	return path
}

// mutated marks the variable whose object takes in what its method is given: a buffer that
// is written to.
func (f *frame) mutated(to *Value, name string, a *arguments, e *python.Call) {
	switch name {
	case "write", "writelines", "append", "add", "extend", "update", "put", "insert", "feed", "setdefault", "appendleft":
	default:
		return
	}
	attr, ok := e.Func.(*python.Attribute)
	if !ok || to != nil && to.Obj != nil {
		return
	}
	n, ok := attr.Value.(*python.Name)
	marks := a.marks()
	if !ok || len(marks) == 0 {
		return
	}
	old := f.eval(n)
	if old.API != nil && strings.HasPrefix(old.API.Path, "builtins.open") || old.Of != nil || old.Class != nil {
		return
	}
	f.bind(n.ID, old.marked(merge(old.Marks, marks)))
}
