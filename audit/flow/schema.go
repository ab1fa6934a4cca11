package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// parsing are the methods by which packages that validate make their results of what a
// visitor sends: Marshmallow, Pydantic, attrs and their kin.
func parsing(name string) bool {
	switch name {
	case "load", "loads", "validate", "model_validate", "model_validate_json", "model_construct", "parse_obj", "parse_raw", "from_dict", "from_json", "deserialize", "structure":
		return true
	}
	return false
}

// parsed is the result of a method that a class of the project has from an outside one, where
// that parses what it is given; nil for all other methods.
func (f *frame) parsed(to *Value, name string, a *arguments) *Value {
	if !parsing(name) || to.Of == nil && to.Class == nil {
		return nil
	}
	marks := a.marks()
	if len(marks) == 0 {
		return nil
	}
	if to.Class != nil {
		return &Value{Of: to.Class, Marks: marks}
	}
	if o := f.classSchema(to.Of, marks); o != nil {
		return &Value{Obj: o}
	}
	return &Value{Marks: marks}
}

// classSchema is what a Marshmallow schema makes of a visitor's object: one field for each
// that it declares. It is nil where none is declared.
func (f *frame) classSchema(c *program.Class, marks []Mark) *Object {
	o := &Object{region: -1}
	for _, k := range c.Line() {
		for _, s := range k.Node.Body {
			if a, ok := s.(*python.Assign); ok && len(a.Targets) == 1 {
				if n, ok := a.Targets[0].(*python.Name); ok {
					schemaField(o, n.ID, a.Value, marks)
				}
			}
		}
	}
	if len(o.Fields) == 0 {
		return nil
	}
	return o
}

// schemaField adds one declared field: a visitor's text, or something harmless.
func schemaField(o *Object, name string, e python.Expr, marks []Mark) {
	c, ok := e.(*python.Call)
	if !ok {
		return
	}
	of := python.LastName(c.Func)
	if of == "" || of[0] < 'A' || of[0] > 'Z' {
		return
	}
	v := &Value{Marks: partsOf(marks, keyStep(name))}
	if harmlessSchema(of) || oneOf(c) {
		v = &Value{Checked: true}
	}
	o.set(name, v)
}

func harmlessSchema(field string) bool {
	switch field {
	case "Int", "Integer", "Float", "Number", "Decimal", "Boolean", "Bool", "Date", "DateTime", "Time", "TimeDelta", "UUID", "Enum", "AwareDateTime", "NaiveDateTime", "IP", "IPv4", "IPv6":
		return true
	}
	return false
}

// oneOf reports whether a field takes only what a list has.
func oneOf(c *python.Call) bool {
	for i := range c.Keywords {
		found := false
		if c.Keywords[i].Name == "validate" {
			python.Inspect(c.Keywords[i].Value, func(n python.Node) bool {
				if one, ok := n.(*python.Call); ok && python.LastName(one.Func) == "OneOf" {
					found = true
				}
				return !found
			})
		}
		if found {
			return true
		}
	}
	return false
}

// handedOver is a parameter that a decorator fills with what it has parsed of the request:
// all of it (use_args), or the field of the parameter's name (use_kwargs).
func (f *frame) handedOver(p *python.Param) *Value {
	marks := []Mark{{From: f.e.origin(Request, loc(f.fn, p), "what a decorator parsed of the request: "+p.Name)}}
	for _, d := range f.fn.Node.Decorators {
		c, ok := d.(*python.Call)
		if !ok || len(c.Args) == 0 {
			continue
		}
		o := f.schema(c.Args[0], marks)
		if o == nil {
			continue
		}
		if v := o.get(p.Name); v != nil && strings.HasSuffix(python.LastName(c.Func), "kwargs") {
			return v
		}
		return &Value{Obj: o}
	}
	return &Value{Marks: marks}
}

// schema is the object that a schema describes: {"q": fields.Str()}, S or S(...).
func (f *frame) schema(e python.Expr, marks []Mark) *Object {
	if d, ok := e.(*python.Dict); ok {
		o := &Object{region: -1}
		for i, k := range d.Keys {
			if s, ok := k.(*python.Str); ok {
				schemaField(o, s.Value, d.Values[i], marks)
			}
		}
		if len(o.Fields) > 0 {
			return o
		}
		return nil
	}
	if c, ok := e.(*python.Call); ok {
		e = c.Func
	}
	if c := f.e.program.Resolve(e, f.fn.Module.Scope).Class; c != nil {
		return f.classSchema(c, marks)
	}
	return nil
}

// harmlessAnnotation reports whether a class declares an attribute to be a number or the
// like, which Pydantic and its kin enforce: limit: int = 10.
func (f *frame) harmlessAnnotation(c *program.Class, name string) bool {
	if !c.Inherits(func(path string) bool {
		return strings.HasPrefix(path, "pydantic") || strings.HasPrefix(path, "sqlmodel") || strings.HasPrefix(path, "msgspec")
	}) {
		return false
	}
	for _, k := range c.Line() {
		for _, s := range k.Node.Body {
			a, ok := s.(*python.AnnAssign)
			if !ok || python.LastName(a.Target) != name {
				continue
			}
			if r := f.e.program.Resolve(a.Annotation, k.Scope); r.Class != nil {
				return r.Class.Inherits(func(path string) bool { return strings.HasSuffix(path, "Enum") })
			} else if harmlessType(r.Path()) {
				return true
			}
			if sub, ok := a.Annotation.(*python.Subscript); ok {
				return python.LastName(sub.Value) == "Literal"
			}
		}
	}
	return false
}
