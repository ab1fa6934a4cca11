package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// refinement makes something safe for some uses: the local variable of a slot, all that is
// written like an expression such as form.name.data, or all variables of the same origin.
type refinement struct {
	slot  int         // of a local variable, and one more; 0 for none
	on    python.Expr // an expression that names a place and calls nothing but get
	kinds Kinds
	marks []Mark // those of one origin

	changed bool // no check, but another value makes it safe
}

// maxKnown bounds what is known of expressions at once.
const maxKnown = 16

// about says something of an expression: of x for x.lower() and str(x) as well. It says
// nothing of one that may have another value where it is written again.
func (f *frame) about(e python.Expr, kinds Kinds) []refinement {
	switch x := e.(type) {
	case *python.Name:
		if slot := f.slot(x.ID); slot > 0 {
			return []refinement{{slot: slot, kinds: kinds}}
		}
		return []refinement{{on: e, kinds: kinds}}
	case *python.NamedExpr:
		return f.about(x.Target, kinds)
	case *python.BoolOp: // x or ""
		if len(x.Values) == 2 && x.Op == python.Or && isLiteral(x.Values[1]) {
			return f.about(x.Values[0], kinds)
		}
		return nil
	case *python.Call:
		if inner := spelled(x); inner != nil {
			return f.about(inner, kinds)
		}
	}
	if rootOf(e) == "" {
		return nil
	}
	return []refinement{{on: e, kinds: kinds}}
}

// slot is one more than the slot of a local variable, 0 for other names.
func (f *frame) slot(name string) int {
	if f.page != nil {
		return 0
	}
	for i := range f.extra {
		if f.extra[i].name == name {
			return 0
		}
	}
	if sym := f.scope.Names.Get(name); sym != nil && sym.Slot < len(f.env) {
		return sym.Slot + 1
	}
	return 0
}

// spelled is x of x.lower(), str(x) and the like, which hold no more than x does.
func spelled(c *python.Call) python.Expr {
	switch to := c.Func.(type) {
	case *python.Attribute:
		switch to.Attr {
		case "lower", "upper", "strip", "casefold":
			if len(c.Args) == 0 {
				return to.Value
			}
		}
	case *python.Name:
		if len(c.Args) == 1 && len(c.Keywords) == 0 && (to.ID == "str" || to.ID == "|lower" || to.ID == "|upper" || to.ID == "|trim" || to.ID == "|string") {
			return c.Args[0]
		}
	}
	return nil
}

func isLiteral(e python.Expr) bool {
	switch e.(type) {
	case *python.Str, *python.Number, *python.Constant:
		return true
	}
	return false
}

// rootOf is the name at the root of an expression that names a place: a.b, a["b"],
// a.get("b"). It is empty for all others.
func rootOf(e python.Expr) string {
	for range maxPath {
		switch x := e.(type) {
		case *python.Name:
			return x.ID
		case *python.Attribute:
			e = x.Value
		case *python.Subscript:
			if _, name := x.Index.(*python.Name); !name && !isLiteral(x.Index) {
				return ""
			}
			e = x.Value
		case *python.Call:
			to, ok := x.Func.(*python.Attribute)
			if !ok || to.Attr != "get" || len(x.Args) == 0 || len(x.Keywords) > 0 {
				return ""
			}
			for _, a := range x.Args {
				if _, name := a.(*python.Name); !name && !isLiteral(a) {
					return ""
				}
			}
			e = to.Value
		default:
			return ""
		}
	}
	return ""
}

// sameExpr reports whether two expressions of places are written alike.
func sameExpr(a, b python.Expr) bool {
	switch a := a.(type) {
	case *python.Name:
		b, ok := b.(*python.Name)
		return ok && a.ID == b.ID
	case *python.Attribute:
		b, ok := b.(*python.Attribute)
		return ok && a.Attr == b.Attr && sameExpr(a.Value, b.Value)
	case *python.Subscript:
		b, ok := b.(*python.Subscript)
		return ok && sameExpr(a.Index, b.Index) && sameExpr(a.Value, b.Value)
	case *python.Call:
		b, ok := b.(*python.Call)
		if !ok || len(a.Args) != len(b.Args) || len(b.Keywords) > 0 || !sameExpr(a.Func, b.Func) {
			return false
		}
		for i := range a.Args {
			if !sameExpr(a.Args[i], b.Args[i]) {
				return false
			}
		}
		return true
	case *python.Str:
		b, ok := b.(*python.Str)
		return ok && a.Value == b.Value
	case *python.Number:
		b, ok := b.(*python.Number)
		return ok && a.Text == b.Text
	case *python.Constant:
		b, ok := b.(*python.Constant)
		return ok && a.Kind == b.Kind
	}
	return false
}

// refine applies what a test said.
func (f *frame) refine(all []refinement) {
	for _, r := range all {
		switch {
		case r.marks != nil:
			f.refineWide(r)
		case r.on != nil:
			if len(f.places) < maxKnown {
				f.places = append(f.places[:len(f.places):len(f.places)], r)
			}
		default:
			f.refineSlot(r.slot-1, r.kinds, r.changed)
		}
	}
}

func (f *frame) refineSlot(slot int, kinds Kinds, changed bool) {
	v := f.env[slot]
	if v != nil && kinds == isText {
		f.env[slot] = v.asText()
		return
	}
	if v == nil || len(v.Marks) == 0 {
		return
	}
	if kinds&contained != 0 && normalised(v) {
		kinds |= Path
	}
	c := v.marked(safe(v.Marks, kinds))
	if changed {
		if c.proof() != nil {
			c.own().proof = nil
		}
	} else {
		own := c.own()
		own.proven |= kinds
		if len(c.Marks) == 0 {
			own.proof = v.proofOf()
		}
	}
	f.env[slot] = c
}

func (f *frame) refineWide(r refinement) {
	for i, v := range f.env {
		if v != nil && len(v.Marks) > 0 && ofOrigin(v.Marks, r.marks) {
			f.refineSlot(i, r.kinds, false)
		}
	}
}

// ofOrigin reports whether two sets of marks share an origin.
func ofOrigin(a, b []Mark) bool {
	return slices.ContainsFunc(a, func(m Mark) bool {
		return slices.ContainsFunc(b, func(o Mark) bool { return m.From == o.From || m.From.same(o.From) })
	})
}

// refined is the value of an expression with what checks have said of it before.
func (f *frame) refined(e python.Expr, v *Value) *Value {
	if len(v.Marks) == 0 {
		return v
	}
	for _, r := range f.places {
		if sameExpr(r.on, e) {
			v = v.marked(safe(v.Marks, r.kinds))
		}
	}
	return v
}

// forget drops what was known of a name that gets another value.
func (f *frame) forget(name string, slot int) {
	f.places = without(f.places, func(r refinement) bool { return rootOf(r.on) == name })
	f.facts = without(f.facts, func(t fact) bool {
		return t.flag == slot || t.then.slot == slot || t.then.on != nil && rootOf(t.then.on) == name
	})
	f.full = without(f.full, func(s int) bool { return s == slot })
}

// forgetPlace drops what was known of an attribute or an element that gets another value.
func (f *frame) forgetPlace(target python.Expr) {
	if s, ok := target.(*python.Subscript); ok && rootOf(s) == "" {
		target = s.Value
	}
	f.places = without(f.places, func(r refinement) bool {
		for e := r.on; e != nil; {
			if sameExpr(e, target) {
				return true
			}
			switch x := e.(type) {
			case *python.Attribute:
				e = x.Value
			case *python.Subscript:
				e = x.Value
			default:
				e = nil
			}
		}
		return false
	})
}

// without is a list without some of its elements: states share lists, so none is changed.
func without[T any](list []T, drop func(T) bool) []T {
	if !slices.ContainsFunc(list, drop) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), drop)
}
