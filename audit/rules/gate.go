package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// gate is what a method that runs before every view of a class asks, where classes say by an
// attribute who may come in: access = "staff". The same method asks something else for each.
type gate struct {
	facts *Facts
	class *program.Class // of the views
	depth int
	byOwn bool // a condition speaks of such an attribute
}

// passage is what a method asks, and whether it can send anybody away at all.
type passage struct {
	asks    authLevel
	refuses bool
}

// maxGate bounds how deep a gate is followed into other methods of the class.
const maxGate = 3

// gateOf is what a method asks of whoever calls the views of a class; ok is false where no
// attribute of the class decides about that.
func (f *Facts) gateOf(c *program.Class, m *program.Function) (asks authLevel, ok bool) {
	g := gate{facts: f, class: c}
	way := g.through(m)
	if !g.byOwn {
		return asksNothing, false
	}
	if !way.refuses {
		return asksNothing, true
	}
	return max(way.asks, asksLogin), true
}

func (g *gate) through(m *program.Function) passage {
	if m == nil || g.depth >= maxGate {
		return passage{asksLogin, true} // what cannot be seen is believed
	}
	g.depth++
	defer func() { g.depth-- }()
	w := gateWalk{gate: g, q: inquiry{facts: g.facts, fn: m, bindings: g.facts.bindings(m), depth: maxInquiry}, results: map[string]passage{}}
	w.block(m.Body)
	w.way.asks = max(w.way.asks, w.q.found)
	return w.way
}

// gateWalk goes through the statements of one method that run for one class.
type gateWalk struct {
	gate    *gate
	q       inquiry
	way     passage
	results map[string]passage // of the names that hold what other methods gave
}

// block goes through statements; it reports whether what follows them is never reached.
func (w *gateWalk) block(body []python.Stmt) (ends bool) {
	for _, s := range body {
		switch s := s.(type) {
		case *python.If:
			yes, known := w.gate.holds(s.Test)
			if !known {
				w.look(s.Test)
				w.q.condition(s.Test)
				w.block(s.Body)
				w.block(s.Else)
				continue
			}
			live := s.Body
			if !yes {
				live = s.Else
			}
			if w.block(live) {
				return true
			}
		case *python.Return:
			if s.Value != nil {
				w.look(s.Value)
				w.way.refuses = w.way.refuses || w.answers(s.Value)
			}
			return true
		case *python.Raise:
			w.way.refuses = true
			return true
		case *python.Assign:
			w.look(s.Value)
			if name, ok := s.Targets[0].(*python.Name); ok {
				if way, ok := w.called(s.Value); ok {
					w.results[name.ID] = way
				}
			}
		default:
			w.look(s)
		}
	}
	return false
}

// look sees what a node asks, and follows calls of other methods of the class.
func (w *gateWalk) look(n python.Node) {
	python.Inspect(n, func(n python.Node) bool {
		if c, ok := n.(*python.Call); ok {
			if way, own := w.called(c); own {
				if way.refuses {
					w.way.asks = max(w.way.asks, way.asks)
				}
				if !returnsOnly(w.gate.class.Method(python.LastName(c.Func))) {
					w.way.refuses = w.way.refuses || way.refuses
				}
				return false
			}
			switch name := python.NameOrKey(c.Func); name {
			case "abort", "unauthorized", "forbidden":
				w.way.refuses = true
			default:
				w.way.refuses = w.way.refuses || isQuestion(name) && (isLoginQuestion(name) || isRoleQuestion(name))
			}
		}
		return w.q.see(n)
	})
}

// returnsOnly reports whether a method refuses by what it gives back, not by an exception.
func returnsOnly(m *program.Function) bool { return m != nil && !aborts(m) }

// called is what self.check() of the class does.
func (w *gateWalk) called(e python.Expr) (way passage, ok bool) {
	c, isCall := e.(*python.Call)
	if !isCall {
		return way, false
	}
	a, isAttr := c.Func.(*python.Attribute)
	if !isAttr || rootName(a.Value) != "self" {
		return way, false
	}
	m := w.gate.class.Method(a.Attr)
	if m == nil || m == w.q.fn {
		return way, false
	}
	return w.gate.through(m), true
}

// answers reports whether what is given back is an answer instead of that of the view.
func (w *gateWalk) answers(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Constant:
		return e.Kind == python.False
	case *python.Name:
		if way, ok := w.results[e.ID]; ok {
			return way.refuses
		}
	case *python.Call:
		if way, ok := w.called(e); ok {
			return way.refuses
		}
		name := python.NameOrKey(e.Func)
		return name != "dispatch_request" && !httpMethod(name) && name != "super"
	}
	return true
}

func httpMethod(name string) bool {
	return slices.Contains([]string{"get", "post", "put", "patch", "delete", "head", "options"}, name)
}

// holds is the value of a condition on an attribute of the class; known is false for others.
func (g *gate) holds(test python.Expr) (yes, known bool) {
	switch t := test.(type) {
	case *python.UnaryOp:
		yes, known = g.holds(t.Operand)
		return !yes, known && t.Op == python.Not
	case *python.BoolOp:
		for _, v := range t.Values {
			if yes, known = g.holds(v); known && yes == (t.Op == python.Or) {
				return yes, true // it decides alone
			}
		}
		return false, false
	case *python.Compare:
		value := g.own(t.Left)
		if value == nil || len(t.Ops) != 1 {
			return false, false
		}
		same, known := sameConstant(value, t.Rights[0])
		switch t.Ops[0] {
		case python.Eq, python.Is:
			return same, known
		case python.NotEq, python.IsNot:
			return !same, known
		}
		return false, false
	case *python.Attribute:
		switch v := g.own(t).(type) {
		case *python.Constant:
			return v.Kind == python.True, true
		case *python.Str:
			return v.Value != "", true
		case *python.Tuple:
			return len(v.Elts) > 0, true
		case *python.List:
			return len(v.Elts) > 0, true
		}
	}
	return false, false
}

// own is what self.access is written as in the nearest class; nil where it is no such thing.
func (g *gate) own(e python.Expr) python.Expr {
	a, ok := e.(*python.Attribute)
	if !ok || python.LastName(a.Value) != "self" {
		return nil
	}
	for _, k := range g.class.Line() {
		if sym := k.Scope.Names.Get(a.Attr); sym != nil && len(sym.Values) == 1 && sym.Function == nil {
			switch v := sym.Values[0].(type) {
			case *python.Constant, *python.Str, *python.Tuple, *python.List, *python.Number:
				g.byOwn = true
				return v
			}
			return nil
		}
	}
	return nil
}

// sameConstant reports whether two written values are the same; known is false where that
// cannot be told.
func sameConstant(a, b python.Expr) (same, known bool) {
	switch b := b.(type) {
	case *python.Constant:
		c, ok := a.(*python.Constant)
		return ok && c.Kind == b.Kind, true
	case *python.Str:
		s, ok := a.(*python.Str)
		return ok && s.Value == b.Value, true
	}
	return false, false
}

// mayAsk reports whether a list of decorators may ask who is calling: one of them cannot be seen
// and is not known for something else.
func (q *inquiry) mayAsk(list python.Expr, scope *program.Scope) bool {
	var all []python.Expr
	switch l := list.(type) {
	case *python.List:
		all = l.Elts
	case *python.Tuple:
		all = l.Elts
	default:
		return true
	}
	return slices.ContainsFunc(all, func(d python.Expr) bool {
		if hasWord(decoratorName(d), "limit", "cache", "cached", "nocache", "exempt", "cors", "origin", "compress", "gzip", "timed", "log", "logged", "json", "headers", "templated", "etag") && !isAuthCheck(d) {
			return false
		}
		e := d
		if c, ok := d.(*python.Call); ok {
			e = c.Func
		}
		return isAuthCheck(d) || q.facts.program.Resolve(e, scope).Function == nil
	})
}
