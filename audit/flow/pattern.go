package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// capture binds the names of a pattern to the value, or to the part of it that stands there.
func (f *frame) capture(pattern python.Expr, v *Value) {
	switch p := pattern.(type) {
	case *python.Name:
		if p.ID != "_" {
			f.bind(p.ID, v)
		}
	case *python.PatternAs:
		if p.Pattern != nil {
			f.capture(p.Pattern, v)
			v = f.narrowed(p.Pattern, v)
		}
		f.bind(p.Name, v)
	case *python.List:
		f.captureAll(p.Elts, v)
	case *python.Tuple:
		f.captureAll(p.Elts, v)
	case *python.Starred:
		f.capture(p.Value, v)
	case *python.BinOp:
		f.capture(p.Left, v)
		f.capture(p.Right, v)
	case *python.Dict:
		f.captureKeys(p, v)
	case *python.Call:
		f.captureClass(p, v)
	}
}

// captureAll binds the elements of a sequence, one to one as far as no star stands before.
func (f *frame) captureAll(patterns []python.Expr, v *Value) {
	starred := false
	for i, p := range patterns {
		star, ok := p.(*python.Starred)
		switch {
		case ok:
			starred = true
			f.capture(star.Value, &Value{Obj: &Object{Rest: f.item(v), region: -1}})
		case starred:
			f.capture(p, f.item(v))
		default:
			f.capture(p, f.nth(v, i))
		}
	}
}

// captureKeys binds the values of a mapping; **rest is what no key of the pattern names.
func (f *frame) captureKeys(p *python.Dict, v *Value) {
	var keys []string
	for i, k := range p.Keys {
		if k == nil {
			f.capture(p.Values[i], v.without(keys))
			continue
		}
		key, ok := f.eval(k).key()
		if !ok {
			f.capture(p.Values[i], f.any(v))
			continue
		}
		keys = append(keys, key)
		f.capture(p.Values[i], f.keyed(v, key))
	}
}

// without is a dict without some keys.
func (v *Value) without(keys []string) *Value {
	if v.Obj == nil {
		return v
	}
	c := *v
	c.Obj = &Object{Rest: v.Obj.Rest, region: -1}
	for _, fd := range v.Obj.Fields {
		gone := false
		for _, k := range keys {
			gone = gone || k == fd.Key
		}
		if !gone {
			c.Obj.Fields = append(c.Obj.Fields, fd)
		}
	}
	return &c
}

// captureClass binds the attributes that a pattern of a class names, by name or by place.
func (f *frame) captureClass(p *python.Call, v *Value) {
	of := f.eval(p.Func)
	var names []string
	if of.Class != nil {
		names = declared(of.Class)
	}
	for i, a := range p.Args {
		switch {
		case of.API != nil: // str(x) is the value itself
			f.capture(a, f.narrowed(p, v))
		case i < len(names):
			f.capture(a, f.attribute(v, names[i], nil))
		default:
			f.capture(a, f.item(v))
		}
	}
	for _, k := range p.Keywords {
		f.capture(k.Value, f.attribute(v, k.Name, nil))
	}
}

// declared are the fields of a dataclass in the order in which they are declared.
func declared(c *program.Class) []string {
	var names []string
	for _, s := range c.Node.Body {
		if a, ok := s.(*python.AnnAssign); ok {
			if n, ok := a.Target.(*python.Name); ok {
				names = append(names, n.ID)
			}
		}
	}
	return names
}

// narrowed is a value that matches a pattern: one of the texts that the program writes there,
// or a number, can do no harm.
func (f *frame) narrowed(pattern python.Expr, v *Value) *Value {
	if !f.literal(pattern) {
		return v
	}
	return v.marked(nil)
}

// literal reports whether a pattern lets only through what the program has written, or numbers.
func (f *frame) literal(pattern python.Expr) bool {
	switch p := pattern.(type) {
	case *python.Str, *python.Bytes, *python.Number, *python.Constant, *python.UnaryOp:
		return true
	case *python.BinOp:
		return f.literal(p.Left) && f.literal(p.Right)
	case *python.Call:
		of := f.eval(p.Func)
		return of.API != nil && harmlessType(of.API.Path)
	}
	return false
}
