package jinja

import (
	"html"

	"github.com/fumehood/fumehood/audit/python"
)

// State tells where a block of the template stands, or one that it inherits.
func (t *Template) State(blockName string) (s State, ok bool) {
	for _, b := range t.Blocks {
		if b.Name == blockName {
			return b.State, true
		}
	}
	s, ok = t.inherited[blockName]
	return s, ok
}

// Inherit runs the contexts again with the blocks of the template where its parent has them.
// A parent that is a child itself must have inherited before. The templates must not be in use
// elsewhere meanwhile.
func (t *Template) Inherit(parent *Template) {
	t.inherited = make(map[string]State, len(parent.inherited)+len(parent.Blocks))
	for name, s := range parent.inherited {
		t.inherited[name] = s
	}
	for i := len(parent.Blocks) - 1; i >= 0; i-- {
		t.inherited[parent.Blocks[i].Name] = parent.Blocks[i].State
	}
	t.contexts()
}

// Enter runs the contexts again from a place in another template, as where that one includes
// this one.
func (t *Template) Enter(s State) {
	t.start = s
	t.contexts()
}

// EnterMacro runs the contexts of a macro again from a place, as where another template that
// imports the macro calls it.
func (t *Template) EnterMacro(m *Macro, s State) {
	r := &runner{t: t, blocks: 1}
	r.nodes(m.Body, s)
}

// States calls f for each Output and CallBlock with the place where it stands. What an imported
// macro puts out goes on from there.
func (t *Template) States(f func(Node, State)) {
	t.run(f)
}

// runner moves through a template, and notes contexts.
type runner struct {
	t      *Template
	blocks int // open ones
	calls  map[string]*calls
	told   func(Node, State) // of each output; nil if nobody asks
}

// calls is where a macro is called.
type calls struct {
	state  State
	any    bool
	differ bool
}

// contexts tells all outputs where they stand.
func (t *Template) contexts() { t.run(nil) }

func (t *Template) run(told func(Node, State)) {
	t.Mixed = nil
	r := &runner{t: t, told: told}
	if len(t.Macros) > 0 {
		r.calls = make(map[string]*calls, len(t.Macros))
		for _, m := range t.Macros {
			r.calls[m.Name] = &calls{}
		}
	}
	r.nodes(t.Body, t.start)
	for _, m := range t.callers() {
		c, s := r.calls[m.Name], State{}
		if t.start.mode == inNothing {
			s = t.start
		} else if c.any && !c.differ {
			s = c.state
		}
		r.blocks = 1
		r.nodes(m.Body, s)
	}
}

// nodes moves through a body. ended is true if a break or a continue cuts it short.
func (r *runner) nodes(list []Node, s State) (after State, ended bool) {
	for _, n := range list {
		switch n := n.(type) {
		case *Text:
			s.text(n.Value)
		case *Output:
			n.Context = s.Context()
			r.tell(n, s)
			r.called(n.Expr, s)
			s.pass(n.Expr, n.Escaped)
		case *Unknown:
			s, _ = r.nodes(n.Body, s)
			ended = ended || n.Name == "break" || n.Name == "continue"
		default:
			s = r.node(n, s)
		}
	}
	return s, ended
}

func (r *runner) tell(n Node, s State) {
	if r.told != nil {
		r.told(n, s)
	}
}

// node moves through a tag.
func (r *runner) node(n Node, s State) State {
	if r.calls != nil {
		Expressions(n, func(e python.Expr) {
			if c, ok := n.(*CallBlock); !ok || e != c.Call {
				r.mentioned(e, nil)
			}
		})
	}
	switch n := n.(type) {
	case *If:
		return r.branches(n, s)
	case *For:
		after, ended := r.nodes(n.Body, s)
		if ended {
			after = s
		}
		return r.join(n.Span, after, r.body(n.Else, s))
	case *Set:
		r.body(n.Body, State{})
	case *Block:
		return r.block(n, s)
	case *Include:
		n.State = s
	case *CallBlock:
		n.Context = s.Context()
		r.tell(n, s)
		r.called(n.Call, s)
		r.body(n.Body, s) // most macros put what they get where they are called
		s.output()
	case *FilterBlock:
		return r.body(n.Body, s)
	case *With:
		return r.body(n.Body, s)
	case *Trans:
		after := r.body(n.Body, s)
		if len(n.Plural) > 0 {
			return r.join(n.Span, after, r.body(n.Plural, s))
		}
		return after
	case *Autoescape:
		return r.body(n.Body, s)
	}
	return s
}

func (r *runner) body(list []Node, s State) State {
	s, _ = r.nodes(list, s)
	return s
}

// branches moves through all ways of an If, each from the same place.
func (r *runner) branches(n *If, s State) State {
	after, have, total := s, false, false
	for i := range n.Tests {
		b := &n.Tests[i]
		total = total || b.Test == nil
		end, ended := r.nodes(b.Body, s)
		switch {
		case ended:
		case have:
			after = r.join(n.Span, after, end)
		default:
			after, have = end, true
		}
	}
	if !total && have {
		after = r.join(n.Span, after, s)
	}
	return after
}

// join is where two ways meet.
func (r *runner) join(at Span, a, b State) State {
	s, same := join(a, b)
	if n := len(r.t.Mixed); !same && (n == 0 || r.t.Mixed[n-1] != at) {
		r.t.Mixed = append(r.t.Mixed, at)
	}
	return s
}

// block moves through a block. In a child, what stands around its blocks is not put out.
func (r *runner) block(n *Block, s State) State {
	outer := r.blocks == 0 && r.t.Extends != nil
	n.State = s
	if outer {
		n.State = State{}
		if r.t.start.mode == inNothing {
			n.State = r.t.start
		}
		if place, ok := r.t.inherited[n.Name]; ok {
			n.State = place
		}
	}
	r.blocks++
	after := r.body(n.Body, n.State)
	r.blocks--
	if outer {
		return s
	}
	return after
}

// pass moves past what an expression puts out. A string in the template is text.
func (s *State) pass(e python.Expr, escaped bool) {
	if x, ok := e.(*python.IfExp); ok {
		if _, ok := x.Body.(*python.Str); ok {
			e = x.Body
		}
	}
	if c, ok := e.(*python.Call); ok && len(c.Args) == 1 {
		if f, ok := c.Func.(*python.Name); ok && f.ID == "|safe" {
			e, escaped = c.Args[0], false
		}
	}
	literal, ok := e.(*python.Str)
	switch {
	case !ok:
		s.output()
	case escaped:
		s.text(html.EscapeString(literal.Value))
	default:
		s.text(literal.Value)
	}
}
