package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// learned is what is known beside the values of variables.
type learned struct {
	places []refinement // of expressions that are no local variables
	facts []fact
	full  []int // slots of variables that are true for sure, as something was put into them
}

// fact is what a variable's being true or false says of another: where no error was put into
// a list, every check has passed that puts one there.
type fact struct {
	flag int // the slot, and one more
	is   bool
	then refinement
}

// maxFacts bounds what variables say of others.
const maxFacts = 24

// implied is what a variable's being true or false says of others.
func (f *frame) implied(slot int, is bool) []refinement {
	var all []refinement
	for _, t := range f.facts {
		if t.flag == slot && t.is == is {
			all = append(all, t.then)
		}
	}
	return all
}

// truth is whether a value is true, where that is known.
type truth uint8

const (
	maybe truth = iota
	isTrue
	isNot
)

// sure tells of which truth a value is, as far as that is known.
func sure(v *Value) truth {
	if v == nil {
		return maybe
	}
	if is, known := v.truth(); known {
		if is {
			return isTrue
		}
		return isNot
	}
	switch {
	case v.built(), v.Obj != nil && v.Obj.List && len(v.Obj.Items) > 0:
		return isTrue
	case v.API != nil:
		switch lastName(v.API.Path) {
		case "_()", "gettext()", "lazy_gettext()", "_l()", "jsonify()", "make_response()", "redirect()":
			return isTrue
		}
	}
	return maybe
}

// divergence is where two branches that meet differ.
type divergence struct {
	flags       []flagged
	here, there []refinement // what holds in one of them only
}

// flagged is a variable of whose truth more is known in one of the branches.
type flagged struct {
	slot        int
	here, there truth
}

// learn keeps what is known after two branches have met: the state is one of them, other the
// other. It is called before their values are joined.
func (f *frame) learn(other *state) {
	if f.page == nil {
		var s divergence
		for i, there := range other.env {
			if here := f.env[i]; here != there && here != nil && there != nil {
				s.values(i+1, here, there)
			}
		}
		s.filled(f.full, other.full)
		s.expressions(f.places, other.places)
		f.facts = met(&state{env: f.env, learned: f.learned}, other, s.facts())
		f.full = without(f.full, func(slot int) bool { return !slices.Contains(other.full, slot) })
	}
	f.places = both(f.places, other.places)
}

// values compares what a variable is in the two branches.
func (s *divergence) values(slot int, here, there *Value) {
	if a, b := sure(here), sure(there); a != b {
		s.flags = append(s.flags, flagged{slot, a, b})
	}
	if len(here.Marks)+len(there.Marks) == 0 {
		return
	}
	a, b := harmlessFor(here), harmlessFor(there)
	changed := here.proofOf() != there.proofOf() // it is no check that made the difference
	if a&^b != 0 {
		s.here = append(s.here, refinement{slot: slot, kinds: a, changed: changed})
	}
	if b&^a != 0 {
		s.there = append(s.there, refinement{slot: slot, kinds: b, changed: changed})
	}
}

// harmlessFor is the uses for which all that a value carries is safe.
func harmlessFor(v *Value) Kinds {
	kinds := Every
	for _, m := range v.Marks {
		kinds &= m.Safe
	}
	return kinds
}

// filled compares into which variables something was put.
func (s *divergence) filled(here, there []int) {
	for _, slot := range here {
		if !slices.Contains(there, slot) {
			s.flags = append(s.flags, flagged{slot, isTrue, maybe})
		}
	}
	for _, slot := range there {
		if !slices.Contains(here, slot) {
			s.flags = append(s.flags, flagged{slot, maybe, isTrue})
		}
	}
}

// expressions compares what is known of expressions.
func (s *divergence) expressions(here, there []refinement) {
	if len(here)+len(there) == 0 {
		return
	}
	for _, r := range here {
		if !slices.ContainsFunc(there, r.covers) {
			s.here = append(s.here, r)
		}
	}
	for _, r := range there {
		if !slices.ContainsFunc(here, r.covers) {
			s.there = append(s.there, r)
		}
	}
}

// covers reports whether two refinements are of the same thing, and the other says as much.
func (r refinement) covers(o refinement) bool { return r.same(o) && r.kinds&^o.kinds == 0 }

// same reports whether two refinements are of the same thing.
func (r refinement) same(o refinement) bool {
	switch {
	case r.slot != 0 || o.slot != 0:
		return r.slot == o.slot
	case r.on != nil:
		return o.on != nil && sameExpr(r.on, o.on)
	}
	return o.on == nil && ofOrigin(r.marks, o.marks)
}

// facts are what the variables say of which truth more is known in one branch: if it is of the
// other truth, the other branch was taken.
func (s *divergence) facts() []fact {
	if len(s.here)+len(s.there) == 0 {
		return nil
	}
	var all []fact
	for _, g := range s.flags {
		if g.there != maybe {
			all = g.imply(all, g.there != isTrue, s.here)
		}
		if g.here != maybe {
			all = g.imply(all, g.here != isTrue, s.there)
		}
	}
	return all
}

func (g flagged) imply(all []fact, is bool, then []refinement) []fact {
	for _, r := range then {
		if r.slot != g.slot && len(all) < maxFacts {
			all = append(all, fact{g.slot, is, r})
		}
	}
	return all
}

// met are the facts that hold in both of two states, and more.
func met(a, b *state, more []fact) []fact {
	if len(a.facts)+len(b.facts) == 0 {
		return more
	}
	for _, t := range a.facts {
		if b.allows(t) && len(more) < maxFacts {
			more = append(more, t)
		}
	}
	for _, t := range b.facts {
		if a.allows(t) && len(more) < maxFacts && !slices.ContainsFunc(more, t.same) {
			more = append(more, t)
		}
	}
	return more
}

func (t fact) same(o fact) bool { return t.flag == o.flag && t.is == o.is && t.then.covers(o.then) }

// allows reports whether a fact of another state holds in this one as well.
func (s *state) allows(t fact) bool {
	if slices.ContainsFunc(s.facts, t.same) {
		return true
	}
	is := maybe
	if t.flag <= len(s.env) {
		is = sure(s.env[t.flag-1])
	}
	if slices.Contains(s.full, t.flag) {
		is = isTrue
	}
	switch {
	case is == isTrue && !t.is || is == isNot && t.is: // it is never of that truth here
		return true
	case t.then.slot > 0:
		v := s.env[t.then.slot-1]
		return v != nil && harmlessFor(v)&t.then.kinds == t.then.kinds
	}
	return t.then.on != nil && slices.ContainsFunc(s.places, t.then.covers)
}

// both is what is known of expressions in both of two states.
func both(a, b []refinement) []refinement {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	return meetRefinements(a, b)
}

// meetRefinements is what two lists say alike.
func meetRefinements(a, b []refinement) []refinement {
	var all []refinement
	for _, r := range a {
		for _, o := range b {
			if r.same(o) && r.kinds&o.kinds != 0 {
				r.kinds &= o.kinds
				all = append(all, r)
				break
			}
		}
	}
	return all
}

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
	full := slices.Contains(f.full, slot) || sure(f.eval(s.Value)) == isTrue
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
