package flow

import "github.com/fumehood/fumehood/audit/python"

// state is what can differ between two branches.
type state struct {
	env   []*Value
	ended bool
	learned
}

// exit is where a statement leaves a loop, or goes on to its next turn.
type exit struct {
	state
	out bool
}

func (f *frame) save() state { return state{f.copy(f.env), f.ended, f.learned} }

// now is the state as it is, which must not be read on.
func (f *frame) now() state { return state{f.env, f.ended, f.learned} }

// copy is a copy of what names are bound to. It counts as steps: branches in branches of a
// function with very many names would fill the memory.
func (f *frame) copy(env []*Value) []*Value {
	f.steps += len(env) / 32
	all := f.e.list(len(env))
	copy(all, env)
	return all
}

func (f *frame) load(s state) { f.env, f.ended, f.learned = s.env, s.ended, s.learned }

// meet makes the state what it is after either of two branches.
func (f *frame) meet(other state) {
	switch {
	case other.ended:
	case f.ended:
		f.load(other)
	default:
		f.learn(&other)
		for i, v := range other.env {
			if v != f.env[i] {
				f.env[i] = join(f.env[i], v)
			}
		}
	}
}

// inRegion reads something that may not run, or run often: what was made before it is only
// added to in there, never overwritten.
func (f *frame) inRegion(read func()) {
	old := f.region
	f.last++
	f.region = f.last
	read()
	f.region = old
}

// compound reads the statements that hold others.
func (f *frame) compound(s python.Stmt) {
	switch s := s.(type) {
	case *python.If:
		f.ifStmt(s)
	case *python.For:
		f.forStmt(s)
	case *python.While:
		f.while(s)
	case *python.With:
		f.with(s)
	case *python.Try:
		f.try(s)
	case *python.Match:
		f.match(s)
	}
}

func (f *frame) ifStmt(s *python.If) {
	c := f.condition(s.Test)
	if c.known {
		if c.is {
			f.block(s.Body)
		} else {
			f.block(s.Else)
		}
		return
	}
	before := f.save()
	f.refine(c.then)
	f.inRegion(func() { f.block(s.Body) })
	then := f.now()
	f.load(before)
	f.refine(c.otherwise)
	f.inRegion(func() { f.block(s.Else) })
	f.meet(then)
}

func (f *frame) forStmt(s *python.For) {
	over := f.eval(s.Iter)
	before := f.save()
	out := f.loop(func() {
		f.assign(s.Target, f.item(over))
		f.block(s.Body)
	})
	f.meet(before)
	f.block(s.Else)
	f.leave(out)
}

// loop reads a body twice, as what one turn stores the next one reads. Where continue leaves
// it, the state is one of those after it. It returns the states in which break does.
func (f *frame) loop(turn func()) []state {
	outer := f.exits
	turns := 2
	if f.loops++; f.loops > 4 {
		turns = 1
	}
	var out []state
	f.inRegion(func() {
		for range turns {
			if f.ended {
				break
			}
			f.exits = nil
			turn()
			for _, s := range f.exits {
				if s.out {
					out = append(out, s.state)
				} else {
					f.meet(s.state)
				}
			}
		}
	})
	f.exits = outer
	f.loops--
	return out
}

// leave goes on behind a loop, where break leads to as well.
func (f *frame) leave(out []state) {
	for _, s := range out {
		f.meet(s)
	}
}

func (f *frame) while(s *python.While) {
	c := f.condition(s.Test)
	if c.known && !c.is {
		f.block(s.Else)
		return
	}
	before := f.save()
	f.refine(c.then)
	out := f.loop(func() { f.block(s.Body) })
	f.meet(before)
	f.refine(c.otherwise)
	f.block(s.Else)
	f.leave(out)
}

func (f *frame) with(s *python.With) {
	for i := range s.Items {
		v := f.eval(s.Items[i].Value)
		if s.Items[i].Target != nil {
			f.assign(s.Items[i].Target, f.entered(v, s.Items[i].Value))
		}
	}
	f.block(s.Body)
}

// try reads a handler as if the body had stopped anywhere: what it changed may have been
// changed or not.
func (f *frame) try(s *python.Try) {
	before := f.save()
	caught := f.tryBody(s)
	f.block(s.Else)
	after := f.now()
	var ends []state
	for i := range s.Handlers {
		f.load(state{env: f.copy(before.env), learned: before.learned})
		f.meet(state{env: after.env, learned: after.learned})
		h := &s.Handlers[i]
		if h.Name != "" {
			f.bind(h.Name, join(f.exception(h), caught))
		}
		f.inRegion(func() { f.block(h.Body) })
		ends = append(ends, f.now())
	}
	f.load(after)
	for _, e := range ends {
		f.meet(e)
	}
	ended := f.ended
	f.ended = false
	f.block(s.Finally)
	f.ended = f.ended || ended
}

// tryBody reads the body and returns what its handlers may catch.
func (f *frame) tryBody(s *python.Try) *Value {
	if len(s.Handlers) == 0 {
		f.inRegion(func() { f.block(s.Body) })
		return nil
	}
	outer := f.caught
	f.caught = nil
	f.tries++
	f.inRegion(func() { f.block(s.Body) })
	f.tries--
	caught := f.caught
	f.caught = outer
	return caught
}

// match reads the cases; a constant subject has one that is right.
func (f *frame) match(s *python.Match) {
	v := f.eval(s.Subject)
	before := f.save()
	var ends []state
	whole := false
	for i := range s.Cases {
		c := &s.Cases[i]
		fits, sure := f.fits(v, c.Pattern)
		if !fits && sure {
			continue
		}
		f.load(state{env: f.copy(before.env), learned: before.learned})
		f.capture(c.Pattern, v)
		if constants(c.Pattern) {
			f.refine(f.fixed(s.Subject))
		}
		if c.Guard != nil {
			f.refine(f.condition(c.Guard).then)
			sure = false
		}
		if fits && sure && len(ends) == 0 {
			f.block(c.Body)
			return
		}
		f.inRegion(func() { f.block(c.Body) })
		ends = append(ends, f.now())
		if whole = fits && sure; whole {
			break
		}
	}
	if whole {
		f.load(ends[len(ends)-1])
	} else {
		f.load(before)
	}
	for _, e := range ends {
		f.meet(e)
	}
}

// constants reports whether a pattern is one of a few constants.
func constants(pattern python.Expr) bool {
	switch p := pattern.(type) {
	case *python.BinOp:
		return constants(p.Left) && constants(p.Right)
	case *python.PatternAs:
		return p.Pattern != nil && constants(p.Pattern)
	case *python.Str, *python.Number, *python.Constant, *python.Attribute:
		return true
	}
	return false
}

// fits tells whether a value matches a pattern; sure is false where that is not known.
func (f *frame) fits(v *Value, pattern python.Expr) (fits, sure bool) {
	switch p := pattern.(type) {
	case *python.Name: // a capture, or _
		return true, true
	case *python.PatternAs:
		if p.Pattern == nil {
			return true, true
		}
		return f.fits(v, p.Pattern)
	case *python.BinOp:
		a, sureA := f.fits(v, p.Left)
		b, sureB := f.fits(v, p.Right)
		return a || b, a && sureA || b && sureB || sureA && sureB
	case *python.Str, *python.Number, *python.Constant, *python.UnaryOp:
		c := f.eval(p)
		if v.Const.Kind == NoConst || c.Const.Kind == NoConst {
			return true, false
		}
		return v.Const == c.Const, true
	}
	return true, false
}
