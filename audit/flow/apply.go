package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
)

// call is one call of a function by its summary.
type call struct {
	f     *frame
	fn    *program.Function
	args  []*Value
	where Loc
	note  string
	first int // of its pieces in the engine's
}

// piece is what a parameter of the function that is called, or a part of one, is in a call. A
// summary asks for the same one for each use and each mark.
type piece struct {
	of    *Origin
	value *Value
	marks []Mark
	deep  bool // marks is known
	at    int  // Engine.changes when it was found
}

// apply calls a function by its summary.
func (f *frame) apply(fn *program.Function, args []*Value, where Loc) *Value {
	s := f.e.summary(fn)
	if f.page == nil {
		s.callers = noted(s.callers, f.root)
	}
	return f.applied(s, fn, args, where)
}

// applied is what a summary says of a call with these arguments.
func (f *frame) applied(s *summary, fn *program.Function, args []*Value, where Loc) *Value {
	f.at = where
	c := &call{f: f, fn: fn, args: args, where: where, first: len(f.e.pieces)}
	f.settle(s, args)
	for i := range s.uses {
		u := &s.uses[i]
		for _, m := range c.marks(u.origin) {
			if m, harmful := m.safer(u.safe); harmful {
				c.giveOn(u, m)
			}
		}
		f.unprovenIn(u, args, where)
	}
	for _, ef := range s.effects {
		c.affect(ef)
	}
	own := mapper{marks: c.replace, whole: c.whole}
	f.raise(s.raised.mapped(3, own))
	result := f.e.unknown
	if s.result != nil {
		result = s.result.mapped(3, own)
	}
	f.e.pieces = f.e.pieces[:c.first]
	return result
}

// piece is what a parameter or a part of one is; nil where nothing was passed.
func (c *call) piece(o *Origin) *piece {
	if o.Param < 0 || o.Param >= len(c.args) || c.args[o.Param] == nil {
		return nil
	}
	e := c.f.e
	at := len(e.pieces)
	for i := c.first; i < at; i++ {
		if e.pieces[i].of == o {
			if e.pieces[i].at == e.changes {
				return &e.pieces[i]
			}
			at = i
		}
	}
	v := c.value(o)
	p := piece{of: o, value: v, at: e.changes}
	if at < len(e.pieces) && e.pieces[at].of == o {
		e.pieces[at] = p
		return &e.pieces[at]
	}
	e.pieces = append(e.pieces, p)
	return &e.pieces[len(e.pieces)-1]
}

// value finds out what a piece is.
func (c *call) value(o *Origin) *Value {
	if o.whole == nil {
		return c.f.part(c.args[o.Param], o.Path)
	}
	return c.f.part(c.piece(o.whole).value, o.Path[len(o.whole.Path):])
}

// marks are those of what was passed.
func (c *call) marks(o *Origin) []Mark {
	p := c.piece(o)
	if p == nil {
		return nil
	}
	if !p.deep {
		p.marks, p.deep = p.value.deep(), true
	}
	return p.marks
}

// way is that of what is passed.
func (c *call) way(m Mark) *Way {
	if c.note == "" {
		c.note = "passed to " + c.fn.Name
	}
	return m.Way.step(c.where, c.note)
}

// replace adds the marks of what was passed, in place of one of a parameter.
func (c *call) replace(into []Mark, m Mark) []Mark {
	if m.From.Source != Param {
		return merged(into, m)
	}
	return c.replaceBy(into, m, c.marks(m.From))
}

func (c *call) replaceBy(into []Mark, m Mark, passed []Mark) []Mark {
	if len(passed) == 0 {
		return into
	}
	first := len(into) == 0
	if first {
		into = make([]Mark, 0, len(passed))
	}
	for _, p := range passed {
		p, harmful := p.safer(m.Safe)
		if !harmful || !first && !gain(into, p) { // before the way is written down
			continue
		}
		p.Way = c.way(p).append(m.Way)
		if first {
			into = append(into, p)
		} else {
			into = merged(into, p)
		}
	}
	return into
}

// whole is what was passed, in place of a value that is a parameter and nothing else.
func (c *call) whole(o *Origin) *Value {
	p := c.piece(o)
	if p == nil {
		return nil
	}
	return p.value.passed(c.where, c.fn.Name)
}

// affect does what the function does to a place that others read. A constructor does it to its
// instance as well, which is told from others where what is stored is something to call.
func (c *call) affect(ef effect) {
	f, fn := c.f, c.fn
	if h, ok := ef.owner.(handed); ok {
		c.fill(h, ef)
		return
	}
	made := ef.keys == "" && fn.Name == "__init__" && ef.owner == any(fn.Class) && len(c.args) > 0 && c.args[0] != nil && c.args[0].Obj != nil
	object := c.object(ef)
	if !made && object == nil && f.knows(ef.owner, ef.name, ef.keys, c.marks(ef.origin), ef.safe) { // before ways are written down
		return
	}
	marks, m := []Mark(nil), Mark{From: ef.origin, Safe: ef.safe, Way: ef.way}
	if object != nil && object.Of != nil { // what its attributes hold is known of its class
		marks = c.replaceBy(nil, m, object.Marks)
	} else {
		marks = c.replace(nil, m)
	}
	v := &Value{Marks: marks}
	kept := v
	if object != nil {
		kept = &Value{Marks: v.Marks, Of: object.Of, Class: object.Class}
		kept.setKin(object.kin())
		if object.Of == nil && object.Class == nil {
			kept.API = object.API
		}
	}
	f.keep(ef.owner, ef.name, ef.keys, kept)
	if !made {
		return
	}
	if object != nil && object.Of != nil {
		v = kept
	}
	if p := c.piece(ef.origin); ef.whole && p != nil && f.calls(p.value, 0) {
		of, w := p.value, *v
		w.API, w.Func, w.fn, w.Of = of.API, of.Func, of.fn, of.Of
		w.setSelf(of.self())
		v = &w
	}
	f.writeField(c.args[0].Obj, ef.name, v)
	f.e.changes++
}

// object is what an effect stores as it is given, if that is an object of the project: it keeps
// its class.
func (c *call) object(ef effect) *Value {
	p := c.piece(ef.origin)
	if !ef.whole || p == nil {
		return nil
	}
	of := p.value
	if of.API != nil && of.Of == nil && (c.f.e.models.source(of.API.Path+".args") != nil || strings.HasSuffix(of.API.Path, "()")) {
		return of // the request, or a client
	}
	if of.Of == nil && of.Class == nil || of.fn != nil || of.Of != nil && of.Of.Method("__call__") != nil {
		return nil
	}
	return of
}

// knows reports whether to store the marks, made safe for more kinds, in a place that functions
// share would change nothing.
func (f *frame) knows(owner any, name, keys string, marks []Mark, kinds Kinds) bool {
	held := f.e.cell(owner, name).value.at(keys)
	if held == nil {
		return false
	}
	for _, m := range marks {
		m, harmful := m.safer(kinds)
		switch {
		case !harmful:
		case m.From.Source == Param:
			if f.sum.wants(effect{origin: m.From, owner: owner, name: name, keys: keys}) {
				return false
			}
		case gain(held.Marks, m):
			return false
		}
	}
	return true
}
