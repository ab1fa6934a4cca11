package jinja

import "github.com/fumehood/fumehood/audit/python"

// called notes the macros that an output calls, each with its place.
func (r *runner) called(e python.Expr, s State) {
	if r.calls == nil {
		return
	}
	if f := callee(e); f != nil {
		if c := r.calls[f.ID]; c != nil {
			c.note(s)
		}
		r.mentioned(e, f)
		return
	}
	r.mentioned(e, nil)
}

// callee returns the name of what an output calls, through filters.
func callee(e python.Expr) *python.Name {
	for {
		c, ok := e.(*python.Call)
		if !ok {
			return nil
		}
		f, ok := c.Func.(*python.Name)
		if !ok {
			return nil
		}
		if f.ID == "" || f.ID[0] != '|' {
			return f
		}
		if len(c.Args) == 0 {
			return nil
		}
		e = c.Args[0]
	}
}

// mentioned notes macros whose result goes who knows where: they start in text.
func (r *runner) mentioned(e python.Expr, except *python.Name) {
	python.Inspect(e, func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok && name != except {
			if c := r.calls[name.ID]; c != nil {
				c.note(State{})
			}
		}
		return true
	})
}

// note adds a place.
func (c *calls) note(s State) {
	if !c.any {
		c.any, c.state = true, s
		return
	}
	joined, same := join(c.state, s)
	if !same || joined.tag != s.tag || joined.attr != s.attr {
		c.differ = true
	}
	c.state = joined
}

// callers returns the macros in an order in which each comes after those that call it, as far
// as there is one.
func (t *Template) callers() []*Macro {
	if len(t.Macros) < 2 {
		return t.Macros
	}
	byName := make(map[string]int, len(t.Macros))
	for i, m := range t.Macros {
		byName[m.Name] = i
	}
	uses := make([][]int, len(t.Macros))
	for i, m := range t.Macros {
		Walk(m.Body, func(n Node) bool {
			Expressions(n, func(e python.Expr) {
				python.Inspect(e, func(n python.Node) bool {
					if name, ok := n.(*python.Name); ok {
						if j, ok := byName[name.ID]; ok && j != i {
							uses[i] = append(uses[i], j)
						}
					}
					return true
				})
			})
			_, inner := n.(*Macro)
			return !inner
		})
	}
	order := make([]*Macro, len(t.Macros))
	seen, at := make([]bool, len(t.Macros)), len(t.Macros)
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		for _, j := range uses[i] {
			visit(j)
		}
		at--
		order[at] = t.Macros[i]
	}
	for i := range t.Macros {
		visit(i)
	}
	return order
}
