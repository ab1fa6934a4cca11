package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// learned is what is known beside the values of variables.
type learned struct {
	places []refinement // of expressions that are no local variables
	facts  []fact
	full   []int // slots of variables that are true for sure, as something was put into them
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

// sure tells of which truth a value is, where it is a constant. All else may be of either, as
// it may stand for one of several.
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
	return maybe
}

// written tells of which truth an expression is by the way it is written: a text with
// something in it, a list that is not empty, an answer.
func written(e python.Expr) truth {
	if isEmpty(e) {
		return isNot
	}
	switch e := e.(type) {
	case *python.Constant:
		if e.Kind == python.True {
			return isTrue
		}
	case *python.Str, *python.List, *python.Tuple, *python.Dict:
		return isTrue
	case *python.FString:
		if slices.ContainsFunc(e.Parts, func(p python.Expr) bool { s, ok := p.(*python.Str); return ok && s.Value != "" }) {
			return isTrue
		}
	case *python.BinOp:
		if s, ok := e.Left.(*python.Str); ok && s.Value != "" && (e.Op == python.Mod || e.Op == python.Add) {
			return isTrue
		}
	case *python.Call:
		switch python.LastName(e.Func) {
		case "_", "gettext", "lazy_gettext", "_l", "jsonify", "make_response", "redirect":
			return isTrue
		case "format":
			if a, ok := e.Func.(*python.Attribute); ok {
				return written(a.Value)
			}
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
