package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// fill notes that something was put into a variable: errors.append(...), errors[k] = ....
func (f *frame) fill(e python.Expr) {
	n, ok := e.(*python.Name)
	if !ok || f.page != nil {
		return
	}
	if slot := f.slot(n.ID); slot > 0 && !slices.Contains(f.full, slot) {
		f.full = append(f.full[:len(f.full):len(f.full)], slot)
	}
}

// filling looks for statements that put something into a list or a dict.
func (f *frame) filling(e python.Expr) {
	c, ok := e.(*python.Call)
	if !ok {
		return
	}
	a, ok := c.Func.(*python.Attribute)
	if !ok {
		return
	}
	switch a.Attr {
	case "append", "add", "insert", "appendleft", "setdefault":
		f.fill(container(a.Value))
	case "extend", "update":
		if n, ok := a.Value.(*python.Name); ok && len(c.Args) == 1 {
			f.imply(n, python.Or, c.Args[0])
		}
	}
}

// container is the list or dict in errors[k].append(x) and errors.setdefault(k, []).append(x).
func container(e python.Expr) python.Expr {
	switch x := e.(type) {
	case *python.Subscript:
		return x.Value
	case *python.Call:
		if a, ok := x.Func.(*python.Attribute); ok && a.Attr == "setdefault" {
			return a.Value
		}
	}
	return e
}

// imply adds what a flag says of others that takes in the truth of an expression: ok and e, or
// errors and e.
func (f *frame) imply(n *python.Name, op python.Op, e python.Expr) {
	slot := f.slot(n.ID)
	if slot == 0 || !f.worth(e) {
		return
	}
	c := f.check(e)
	if op == python.Or {
		f.say(slot, false, c.otherwise)
	} else {
		f.say(slot, true, c.then)
	}
}

// say adds what a flag says of others.
func (f *frame) say(flag int, is bool, then []refinement) {
	f.facts = flagged{slot: flag}.imply(f.facts[:len(f.facts):len(f.facts)], is, then)
}

// augmented is flag |= e, flag += e, flag &= e: what it said before is as true as it was.
func (f *frame) augmented(s *python.AugAssign, assign func()) {
	n, ok := s.Target.(*python.Name)
	slot := 0
	if ok {
		slot = f.slot(n.ID)
	}
	var op python.Op
	switch s.Op {
	case python.Add, python.BitOr:
		op = python.Or
	case python.BitAnd:
		op = python.And
	default:
		slot = 0
	}
	if slot == 0 || f.page != nil {
		assign()
		return
	}
	kept := without(f.facts, func(t fact) bool { return t.flag != slot || t.is == (op == python.Or) })
	full := slices.Contains(f.full, slot) || written(s.Value) == isTrue || sure(f.eval(s.Value)) == isTrue
	assign()
	f.facts = append(f.facts[:len(f.facts):len(f.facts)], kept...)
	if full && op == python.Or {
		f.fill(n)
	}
	f.imply(n, op, s.Value)
}

// assigned is target = e: from then on the target's truth says what that of e does.
func (f *frame) assigned(target python.Expr, e python.Expr, assign func()) {
	n, ok := target.(*python.Name)
	if !ok || f.page != nil || !f.worth(e) {
		assign()
		if ok && written(e) == isTrue {
			f.fill(n)
		}
		f.several(target, e)
		return
	}
	c := f.check(e)
	assign()
	if slot := f.slot(n.ID); slot > 0 {
		f.say(slot, true, c.then)
		f.say(slot, false, c.otherwise)
	}
}

// several is ok, message = check(x).
func (f *frame) several(target python.Expr, e python.Expr) {
	t, ok := target.(*python.Tuple)
	c, isCall := e.(*python.Call)
	if !ok || !isCall || f.page != nil || !f.worth(e) {
		return
	}
	callee := f.eval(c.Func)
	if callee.Func == nil || callee.Func.Node == nil {
		return
	}
	for i, x := range t.Elts {
		if n, ok := x.(*python.Name); ok && f.slot(n.ID) > 0 {
			f.say(f.slot(n.ID), true, f.told(callee, c, i, true))
			f.say(f.slot(n.ID), false, f.told(callee, c, i, false))
		}
	}
}

// worth reports whether an expression may be a check of something from outside. It takes a
// look only, as most are not.
func (f *frame) worth(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Compare:
		return len(e.Ops) == 1 && (f.marked(e.Left) || f.marked(e.Rights[0]))
	case *python.UnaryOp:
		return e.Op == python.Not && f.worth(e.Operand)
	case *python.BoolOp:
		return slices.ContainsFunc(e.Values, f.worth)
	case *python.IfExp:
		return f.worth(e.Test) || f.worth(e.Body) || f.worth(e.Else)
	case *python.Call:
		if rootOf(e.Func) == "" {
			return false
		}
		if a, ok := e.Func.(*python.Attribute); ok && f.marked(a.Value) {
			return true
		}
		return slices.ContainsFunc(e.Args, f.marked) || slices.ContainsFunc(e.Keywords, func(k python.Keyword) bool { return f.marked(k.Value) })
	}
	return false
}

// marked reports whether an expression is of a local variable that carries something, or one
// of which a fact is known.
func (f *frame) marked(e python.Expr) bool {
	if c, ok := e.(*python.Call); ok {
		if len(c.Args) == 0 {
			e = c.Func
		} else {
			e = c.Args[0]
		}
	}
	root := rootOf(e)
	if root == "" {
		return false
	}
	slot := f.slot(root)
	if slot == 0 {
		return false
	}
	v := f.env[slot-1]
	return v != nil && (len(v.Marks) > 0 || v.Obj != nil) || slices.ContainsFunc(f.facts, func(t fact) bool { return t.flag == slot })
}
