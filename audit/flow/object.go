package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// maxPath bounds how deep into a parameter its parts are told apart.
const maxPath = 28

// partsOf is the marks of a part of a marked value: of a parameter's mark, the path grows.
func partsOf(marks []Mark, s step) []Mark {
	params := false
	for _, m := range marks {
		params = params || m.From.Source == Param
	}
	if !params {
		return marks
	}
	out := make([]Mark, len(marks))
	for i, m := range marks {
		if m.From.Source == Param && len(m.From.Path) < maxPath {
			m.From = m.From.part(s)
		}
		out[i] = m
	}
	return out
}

// attribute is v.name. n is the expression, nil where a path is followed.
func (f *frame) attribute(v *Value, name string, n python.Node) *Value {
	switch {
	case v.module() != nil:
		return f.moduleAttr(v.module(), name)
	case v.Of != nil:
		return f.instanceAttr(v, name, n)
	case v.Class != nil:
		return f.classAttr(v.Class, name)
	case v.query() != nil:
		return v
	}
	var own *Value
	if v.Obj != nil {
		own = v.Obj.get(name)
	}
	if v.API != nil {
		return join(own, f.apiAttr(v, name, n))
	}
	if a, ok := n.(*python.Attribute); ok && named(v, a.Value, "app") {
		if kept := f.keptOnApp(name); kept != nil {
			return kept
		}
	}
	if len(v.Marks) == 0 || harmlessAttr(name) {
		if own == nil { // a text has no such attribute, a member of an enum that is one does
			return f.ifFixed(v.Const.Kind == ConstStr && (name == "value" || name == "name"))
		}
		return own
	}
	if o := v.aloneOf(); o != nil && name != "filename" {
		return o.part(attributeStep(name)).value()
	}
	marks := partsOf(v.Marks, attributeStep(name))
	if name == "filename" {
		marks = undone(marks, Path|Address)
	}
	return join(own, f.e.value(Value{Marks: marks}))
}

// harmlessAttr tells the attributes that are numbers or chosen by the program.
func harmlessAttr(name string) bool {
	switch name {
	case "id", "pk", "content_length", "status_code", "count", "size", "__class__", "__name__", "port", "errors", "is_authenticated":
		return true
	}
	return false
}

// apiAttr is an attribute of an outside thing; some of them are what a visitor sends.
func (f *frame) apiAttr(v *Value, name string, n python.Node) *Value {
	a := v.API.Attr(name)
	if isGlobals(v.API.Path) {
		return f.shared(globalsPlace, name)
	}
	if isApp(v.API.Path) {
		if kept := f.keptOnApp(name); kept != nil {
			return kept
		}
	}
	if s := f.e.models.source(a.Path); s != nil && !(name == "path" && f.fixedPath()) {
		return &Value{API: a, Marks: []Mark{{From: f.e.origin(s.source, f.where(n), s.note), Safe: s.safe}}}
	}
	if len(v.Marks) == 0 || harmlessAttr(name) {
		return f.e.api(a)
	}
	marks := partsOf(v.Marks, attributeStep(name))
	if name == "filename" { // the name of an uploaded file
		marks = undone(marks, Path|Address)
	}
	return f.e.value(Value{API: a, Marks: marks})
}

// fixedPath reports whether the function answers only URLs that its routes write out whole.
func (f *frame) fixedPath() bool {
	for _, r := range f.fn.Routes {
		if r.Unknown || len(r.Params) > 0 {
			return false
		}
	}
	return len(f.fn.Routes) > 0
}

// shared is what a place that all requests or functions share may hold.
func (f *frame) shared(owner, name string) *Value {
	if v := f.e.readCell(f.root, owner, name); v != nil {
		return v
	}
	return f.e.unknown
}

func (f *frame) moduleAttr(m *program.Module, name string) *Value {
	if sym := m.Scope.Names.Get(name); sym != nil {
		return f.outer(name, sym, m.Scope)
	}
	if sub := f.e.program.Lookup(m.Name+"."+name, m); sub != nil {
		return f.e.module(sub)
	}
	return f.e.unknown
}

// instanceAttr is an attribute of an instance of one of the project's classes: what any
// function has stored there, in this instance or in another.
func (f *frame) instanceAttr(v *Value, name string, n python.Node) *Value {
	if v.kin() != nil {
		return f.anyOfKin(v, name, n)
	}
	c := v.Of
	if m := c.Method(name); m != nil && !isDeclared(m) {
		if isProperty(m) {
			return f.apply(m, []*Value{v}, f.where(n))
		}
		if below := f.overrides(v, name); below != nil && isAbstract(m) {
			return below
		}
		return bound(m, v)
	}
	if isForm(c) {
		return f.formField(c, name, n)
	}
	var own *Value
	if v.Obj != nil {
		own = v.Obj.get(name)
	}
	if own != nil && f.calls(own, 0) { // this one's own, not what another instance calls
		return own
	}
	if !harmlessAttr(name) {
		for _, k := range c.Line() {
			own = join(own, f.e.readCell(f.root, k, name))
		}
		if len(v.Marks) > 0 && !f.harmlessAnnotation(c, name) {
			own = join(own, &Value{Marks: partsOf(v.Marks, attributeStep(name))})
		}
	}
	if own != nil {
		return f.filled(c, name, own).replaceable()
	}
	if own = f.ofClass(c, name); own != nil {
		return own
	}
	for _, k := range c.Line() {
		if len(k.External) > 0 {
			return f.e.api(k.External[0].Call().Attr(name))
		}
	}
	if below := f.overrides(v, name); below != nil {
		return below
	}
	return f.e.unknown
}

// where is the place of a node, or of the call whose function reads it.
func (f *frame) where(n python.Node) Loc {
	if n == nil {
		return f.at
	}
	return f.loc(n)
}

func isProperty(m *program.Function) bool {
	if m.Node == nil {
		return false
	}
	for _, d := range m.Node.Decorators {
		switch d := d.(type) {
		case *python.Name:
			if d.ID == "property" || d.ID == "cached_property" || d.ID == "hybrid_property" {
				return true
			}
		case *python.Attribute:
			if d.Attr == "cached_property" {
				return true
			}
		}
	}
	return false
}

func (f *frame) classAttr(c *program.Class, name string) *Value {
	if m := c.Method(name); m != nil {
		if m.ByType {
			return bound(m, f.e.class(c))
		}
		return f.e.function(m)
	}
	if name == "__name__" {
		return f.ifFixed(true)
	}
	if (name == "query" || name == "objects") && isModel(c) {
		return queryOf(c)
	}
	var own *Value
	for _, k := range c.Line() {
		own = join(own, f.e.readCell(f.root, k, name))
	}
	if own != nil && (len(own.Marks) == 0 || !isModel(c)) { // a model's own attribute is a column, not what rows hold
		return f.filled(c, name, own)
	}
	for _, k := range c.Line() {
		if len(k.External) > 0 {
			return f.e.api(k.External[0].Attr(name))
		}
	}
	return f.e.unknown
}

// replaceable is the value of an attribute for which only None, True or False was seen. Who
// sets it may be out of sight, so no branch is dead by it.
func (v *Value) replaceable() *Value {
	if v.Const.Kind != ConstNone && v.Const.Kind != ConstBool {
		return v
	}
	w := *v
	w.Const = Const{}
	return &w
}
