package rules

import (
	"context"
	"strings"

	"github.com/fumehood/fumehood/audit/internal/words"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// walker visits every node of the program once and shows it to all rules that want it.
type walker struct {
	p      *program.Program
	passes []*Pass
	failed *crashes

	// Those of the rules that look at the module, by what they look at.
	module    *program.Module
	words     *words.Found
	functions []*Pass
	classes   []*Pass
	calls     []*Pass
	sets      []*Pass
	tests     []*Pass
	texts     []*Pass

	// What is shown to them, which is in use until the next node is.
	site       Site
	assignment Assignment
	comparison Comparison
	text       Text
}

// walk shows the program to the passes until ctx ends.
func walk(ctx context.Context, passes []*Pass, p *program.Program, failed *crashes) {
	w := &walker{p: p, passes: passes, failed: failed}
	for _, f := range p.Functions {
		if f.Module.Test || ctx.Err() != nil {
			continue
		}
		w.enter(f.Module)
		if f.Node != nil && len(w.functions) > 0 {
			whole := wholeOf(f.Node)
			here := w.words.Within(whole.Start, whole.End)
			if !f.Module.File.ASCII() { // names may be written in several ways
				here = ^uint64(0)
			}
			for i := 0; i < len(w.functions); {
				i = w.functionFrom(i, f, here)
			}
		}
		w.failed.whole(f, func() { w.function(f) })
	}
	for _, c := range p.Classes {
		if c.Module.Test || ctx.Err() != nil {
			continue
		}
		w.enter(c.Module)
		for _, pass := range w.classes {
			w.failed.guard(pass, c.Module.File, c.Node.Span, func() { pass.rule.Class(pass, c) })
		}
	}
}

// wantsFunction reports whether a function in which so many words stand is shown to a rule.
func (p *Pass) wantsFunction(f *program.Function, words uint64) bool {
	if p.rule.Inside && p.words != 0 && p.words&words == 0 {
		return false
	}
	return p.helpers == 0 || p.helpers&words != 0 || p.Facts.view(f) != nil
}

// wholeOf is where a function stands with its decorators.
func wholeOf(f *python.Function) python.Span {
	whole := f.Span
	for _, d := range f.Decorators {
		whole.Start = min(whole.Start, d.At().Start)
	}
	return whole
}

// enter finds the rules that look at a module.
func (w *walker) enter(m *program.Module) {
	if w.module == m || len(w.passes) == 0 {
		return
	}
	w.module = m
	w.words = w.passes[0].Facts.index.of(m)
	for _, list := range []struct {
		passes *[]*Pass
		wants  func(*Rule) bool
	}{
		{&w.functions, func(r *Rule) bool { return r.Function != nil }},
		{&w.classes, func(r *Rule) bool { return r.Class != nil }},
		{&w.calls, func(r *Rule) bool { return r.Call != nil }},
		{&w.sets, func(r *Rule) bool { return r.Assign != nil }},
		{&w.tests, func(r *Rule) bool { return r.Compare != nil }},
		{&w.texts, func(r *Rule) bool { return r.Text != nil }},
	} {
		*list.passes = (*list.passes)[:0]
		for _, pass := range w.passes {
			if list.wants(pass.rule) && (pass.words == 0 || pass.words&w.words.All[0] != 0 || !m.File.ASCII()) {
				*list.passes = append(*list.passes, pass)
			}
		}
	}
}

func (w *walker) function(f *program.Function) {
	if f.Node != nil {
		for _, d := range f.Node.Decorators {
			w.node(d, f, f.Scope.Parent)
		}
		for i := range f.Node.Params.List {
			if d := f.Node.Params.List[i].Default; d != nil {
				w.node(d, f, f.Scope.Parent)
			}
		}
	}
	for _, s := range f.Body {
		w.node(s, f, f.Scope)
	}
}

// node shows a node and what is in it; functions in it have their own turn.
func (w *walker) node(n python.Node, f *program.Function, scope *program.Scope) {
	python.Inspect(n, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Function:
			return false
		case *python.Class:
			inner := scope
			if sym := scope.Names.Get(n.Name); sym != nil && sym.Class != nil && sym.Class.Node == n {
				inner = sym.Class.Scope
			}
			for _, d := range n.Decorators {
				w.node(d, f, scope)
			}
			for _, s := range n.Body {
				w.node(s, f, inner)
			}
			return false
		case *python.Call:
			w.call(n, f, scope)
		case *python.Assign:
			for _, t := range n.Targets {
				w.set(Assignment{Target: t, Name: python.NameOrKey(t), Value: n.Value, Node: n, Func: f, Scope: scope})
			}
		case *python.AnnAssign:
			if n.Value != nil {
				w.set(Assignment{Target: n.Target, Name: python.NameOrKey(n.Target), Value: n.Value, Node: n, Func: f, Scope: scope})
			}
		case *python.Dict:
			for i, k := range n.Keys {
				if s, ok := k.(*python.Str); ok {
					w.set(Assignment{Name: s.Value, Value: n.Values[i], Node: n.Values[i], In: n, Func: f, Scope: scope})
				}
			}
		case *python.Compare:
			if len(w.tests) > 0 {
				w.compare(Comparison{Node: n, Func: f, Scope: scope})
			}
		case *python.ExprStmt:
			_, docstring := n.Value.(*python.Str)
			return !docstring
		case *python.Str:
			w.see(n.Value, n, f)
		case *python.Bytes:
			w.see(n.Value, n, f)
		case *python.FString:
			w.see(filled(n, "{}"), n, f)
			for _, part := range n.Parts {
				if i, ok := part.(*python.Interpolation); ok {
					w.node(i, f, scope)
				}
			}
			return false
		}
		return true
	})
}

func (w *walker) call(n *python.Call, f *program.Function, scope *program.Scope) {
	if len(w.calls) > 0 {
		callee := w.p.Resolve(n.Func, scope)
		w.site = Site{Call: n, Func: f, Scope: scope, Callee: callee, Path: callee.Path(), Method: python.NameOrKey(n.Func)}
		for i := 0; i < len(w.calls); {
			i = w.callFrom(i, &w.site)
		}
	}
	for i := range n.Keywords {
		if k := &n.Keywords[i]; k.Name != "" {
			w.set(Assignment{Name: k.Name, Value: k.Value, Node: k.Value, In: n, Func: f, Scope: scope})
		}
	}
}

func (w *walker) set(a Assignment) {
	if a.Name == "" {
		return
	}
	w.assignment = a
	for i := 0; i < len(w.sets); {
		i = w.setFrom(i, &w.assignment)
	}
}

func (w *walker) compare(c Comparison) {
	w.comparison = c
	for i := 0; i < len(w.tests); {
		i = w.compareFrom(i, &w.comparison)
	}
}

// shortestText is what a string must have to be of interest: a password in an address.
const shortestText = 10

func (w *walker) see(text string, n python.Node, f *program.Function) {
	if len(text) < shortestText || len(w.texts) == 0 {
		return
	}
	w.text = Text{Value: text, Node: n, Func: f}
	for i := 0; i < len(w.texts); {
		i = w.textFrom(i, &w.text)
	}
}

// filled is the text of an f-string with hole for what is filled in.
func filled(f *python.FString, hole string) string {
	var b strings.Builder
	for _, part := range f.Parts {
		if s, ok := part.(*python.Str); ok {
			b.WriteString(s.Value)
		} else {
			b.WriteString(hole)
		}
	}
	return b.String()
}

// Arg is the i-th argument of a call, or the one of that name; nil without either.
func (s *Site) Arg(i int, name string) python.Expr {
	for k := range s.Call.Keywords {
		if s.Call.Keywords[k].Name == name && name != "" {
			return s.Call.Keywords[k].Value
		}
	}
	if i >= 0 && i < len(s.Call.Args) {
		if _, star := s.Call.Args[i].(*python.Starred); !star {
			return s.Call.Args[i]
		}
	}
	return nil
}

// literal is the text of a string that is written out.
func literal(e python.Expr) (string, bool) {
	switch e := e.(type) {
	case *python.Str:
		return e.Value, true
	case *python.Bytes:
		return e.Value, true
	}
	return "", false
}

// isConstant reports whether an expression is the constant.
func isConstant(e python.Expr, kind python.ConstantKind) bool {
	c, ok := e.(*python.Constant)
	return ok && c.Kind == kind
}

// rootOf is a of a.b and a["b"].
func rootOf(e python.Expr) string { return root(e, false) }

// rootName is rootOf also through calls: a of a.b["c"].d().
func rootName(e python.Expr) string { return root(e, true) }

func root(e python.Expr, throughCalls bool) string {
	for {
		switch n := e.(type) {
		case *python.Name:
			return n.ID
		case *python.Attribute:
			e = n.Value
		case *python.Subscript:
			e = n.Value
		case *python.Call:
			if !throughCalls {
				return ""
			}
			e = n.Func
		default:
			return ""
		}
	}
}
