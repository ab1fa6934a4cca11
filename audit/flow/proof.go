package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// comesBack notes that the function ends here without an exception, and what its own checks
// have proven of its parameters by then: a helper that raises where a path leaves its folder
// says of every path after it that it does not.
func (f *frame) comesBack() {
	s := f.sum
	if f.fn.Node == nil || f.class != nil {
		return
	}
	var now []guarded
	for _, v := range f.env {
		if v == nil || v.proven() == 0 {
			continue
		}
		if o := v.proofOf(); o != nil {
			now = append(now, guarded{o.Param, v.proven()})
		} else if v.proven()&Path != 0 { // a path, made of parameters
			for _, m := range v.Marks {
				if m.From.Source == Param && m.From.Path == "" {
					now = append(now, guarded{m.From.Param, Path})
				}
			}
		}
	}
	s.proven = meetGuards(s.proven, now, s.returns)
	s.returns = true
}

// said is what one kind of result of a function says of its parameters: of the whole result, or
// of the n-th of several, being true or false.
type said struct {
	at  int
	is  bool
	all []guarded
}

// whole is the result itself, none of several.
const whole = -1

// guards notes what a result of this function says of its parameters.
func (f *frame) guards(e python.Expr, v *Value) {
	if f.fn.Node == nil || len(f.fn.Node.Params.List) == 0 {
		return
	}
	if t, ok := e.(*python.Tuple); ok && v.Obj != nil && len(v.Obj.Items) == len(t.Elts) {
		for i, x := range t.Elts {
			f.outcome(i, x, v.Obj.Items[i])
		}
	}
	f.outcome(whole, e, v)
}

// outcome notes it for one of several results, or for the whole.
func (f *frame) outcome(at int, e python.Expr, v *Value) {
	is := sure(v)
	if e != nil && is == maybe {
		is = written(e)
	}
	var c condition
	if is == maybe {
		c = f.check(e)
	}
	if is != isNot {
		f.sum.says = f.says(f.sum.says, said{at, true, f.guarded(c.then)})
	}
	if is != isTrue {
		f.sum.says = f.says(f.sum.says, said{at, false, f.guarded(c.otherwise)})
	}
}

// says keeps what all results of one kind say.
func (f *frame) says(all []said, now said) []said {
	for i := range all {
		if all[i].at == now.at && all[i].is == now.is {
			all[i].all = meetGuards(all[i].all, now.all, true)
			return all
		}
	}
	return append(all, now)
}

// guarded is what is known of the parameters here, where a test has said more.
func (f *frame) guarded(more []refinement) []guarded {
	var now []guarded
	for i := range f.fn.Node.Params.List {
		slot := f.scope.Names.Get(f.fn.Node.Params.List[i].Name).Slot
		v := f.env[slot]
		if v == nil {
			continue
		}
		o := v.proofOf()
		if o == nil || o.Param != i {
			o = nil
		}
		kinds := Kinds(0)
		if o != nil {
			kinds = v.proven()
		}
		for _, r := range more {
			switch {
			case r.slot == slot+1 && o != nil && !r.changed:
				kinds |= r.kinds
			case r.marks != nil && ofParam(r.marks, i):
				kinds |= r.kinds
			case r.slot > 0 && r.slot != slot+1 && f.env[r.slot-1] != nil && ofParam(f.env[r.slot-1].Marks, i): // a path, made of it
				kinds |= r.kinds & Path
			}
		}
		if kinds = kinds.local(); kinds != 0 {
			now = append(now, guarded{i, kinds})
		}
	}
	return now
}

// ofParam reports whether one of the marks is a parameter's, as a whole.
func ofParam(marks []Mark, i int) bool {
	return slices.ContainsFunc(marks, func(m Mark) bool { return m.From.Source == Param && m.From.Param == i && m.From.Path == "" })
}

// told is what a result of a call, being true or false, says of what was passed.
func (f *frame) told(callee *Value, c *python.Call, at int, is bool) []refinement {
	s := f.e.summary(callee.Func)
	if s.reading {
		return nil
	}
	var all []refinement
	for _, t := range s.says {
		if t.at != at || t.is != is {
			continue
		}
		for _, g := range t.all {
			all = append(all, f.aboutPassed(passedAs(callee, c, g.param), g.kinds)...)
		}
	}
	return all
}

// aboutPassed says something of an argument; of a path or an address that is put together in
// the call, it says so of what that is made of.
func (f *frame) aboutPassed(e python.Expr, kinds Kinds) []refinement {
	if e == nil {
		return nil
	}
	all := f.about(e, kinds)
	if len(all) == 0 {
		if marks := f.eval(e).deep(); len(marks) > 0 {
			all = append(all, refinement{kinds: kinds & (Path | Address | Redirect | URL), marks: marks})
		}
	}
	return all
}

// passedAs is the argument of a call that a parameter stands for; nil without one.
func passedAs(callee *Value, e *python.Call, param int) python.Expr {
	name := callee.Func.Node.Params.List[param].Name
	for k := range e.Keywords {
		if e.Keywords[k].Name == name {
			return e.Keywords[k].Value
		}
	}
	if callee.self() != nil && !callee.Func.Static {
		param--
	}
	if param >= 0 && param < len(e.Args) {
		return e.Args[param]
	}
	return nil
}

// meetGuards keeps what all true results say.
func meetGuards(old, now []guarded, checked bool) []guarded {
	if !checked {
		return now
	}
	var both []guarded
	for _, o := range old {
		for _, n := range now {
			if o.param == n.param && o.kinds&n.kinds != 0 {
				both = append(both, guarded{o.param, o.kinds & n.kinds})
			}
		}
	}
	return both
}

// proofOf is the parameter that a value stands for by itself, whole and not made harmless in
// another way than by checks; nil for all others.
func (v *Value) proofOf() *Origin {
	if v.proof() != nil {
		return v.proof()
	}
	if len(v.Marks) != 1 || v.parts() != nil {
		return nil
	}
	m := v.Marks[0]
	if m.From.Source != Param || m.From.Path != "" || m.Safe&^(v.proven()|normal) != 0 {
		return nil
	}
	return m.From
}

// unwritten notes that what is not implemented here is implemented by others, and comes back.
func (f *frame) unwritten(e python.Expr) {
	if c, ok := e.(*python.Call); ok {
		e = c.Func
	}
	if n, ok := e.(*python.Name); ok && n.ID == "NotImplementedError" {
		f.sum.proven, f.sum.returns = nil, true
	}
}

// provenBy refines what was passed to a function that has come back.
func (f *frame) provenBy(callee *Value, e *python.Call) {
	if e == nil || f.page != nil {
		return
	}
	for _, g := range f.e.summary(callee.Func).proven {
		f.refine(f.aboutPassed(passedAs(callee, e, g.param), g.kinds))
	}
	f.hostProven(callee, e)
}
