package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// callable is what is known of a value that can be called, beside which function or class it
// is.
type callable struct {
	lambda *lambda    // it is this one
	free   []captured // what it reads of the functions around it
	bound  *arguments // what functools.partial was given for it
	plain  bool       // it is the function itself, without its decorators
	others []*Value   // what it may be as well

	macros *page        // in a template: the macros of this one
	macro  *jinja.Macro // in a template: this macro
}

// lambda is one that was made: where it stands and what its parameters are without arguments.
type lambda struct {
	node     *python.Lambda
	fn       *program.Function
	scope    *program.Scope
	defaults []*Value
	yields   bool // its body holds something from outside, whatever it is given
}

// captured is a variable of a function around another one, or, without a scope, of a
// comprehension or a lambda.
type captured struct {
	freeName
	value *Value
}

type freeName struct {
	at   *program.Scope
	name string
}

// maxOthers bounds what a value may be that is called: more is a register of all there is.
const maxOthers = 8

// callable reports whether calling the value means something to the engine.
func (v *Value) callable() bool {
	return v.Func != nil || v.Class != nil || v.fn != nil
}

// same reports whether two values are the same function, class or lambda.
func (v *Value) same(o *Value) bool {
	return v.Func == o.Func && v.Class == o.Class && v.API == o.API && v.lambda() == o.lambda()
}

func (v *Value) lambda() *python.Lambda {
	if v.fn == nil || v.fn.lambda == nil {
		return nil
	}
	return v.fn.lambda.node
}

// either is what is known of calling a value that may be a or b; a's function is kept.
func either(a, b *Value, depth int) *callable {
	if a.fn == b.fn && a.same(b) || !b.callable() {
		return a.fn
	}
	c := &callable{}
	if a.fn != nil {
		*c = *a.fn
	}
	c.others = slices.Clone(c.others)
	add := func(v *Value) {
		if a.same(v) {
			if v.fn != nil {
				c.free = joinFree(c.free, v.fn.free, depth)
			}
			return
		}
		known := slices.ContainsFunc(c.others, v.same)
		if !known && len(c.others) < maxOthers {
			c.others = append(c.others, v)
		}
	}
	add(b)
	if b.fn != nil {
		for _, o := range b.fn.others {
			add(o)
		}
	}
	return c
}

func joinFree(a, b []captured, depth int) []captured {
	if depth <= 0 || len(b) == 0 {
		return a
	}
	out := slices.Clone(a)
	for _, y := range b {
		i := slices.IndexFunc(out, func(x captured) bool { return x.freeName == y.freeName })
		if i < 0 {
			out = append(out, y)
			continue
		}
		out[i].value = joinTo(out[i].value, y.value, depth-1)
	}
	return out
}

// grew reports whether b says more than a.
func (a *callable) grew(b *callable, depth int) bool {
	switch {
	case a == b || b == nil || depth <= 0:
		return false
	case a == nil || len(b.others) > len(a.others) || len(b.free) > len(a.free):
		return true
	}
	for i, x := range b.free {
		if a.free[i].freeName != x.freeName || grew(a.free[i].value, x.value, depth-1) {
			return true
		}
	}
	return false
}

// mapped is the same with the marks of what it holds replaced.
func (a *callable) mapped(depth int, f mapper) *callable {
	if a == nil || len(a.free) == 0 && a.bound == nil && len(a.others) == 0 {
		return a
	}
	c := *a
	if depth <= 0 {
		c.free, c.bound, c.others = nil, nil, nil
		return &c
	}
	c.free = slices.Clone(a.free)
	for i := range c.free {
		c.free[i].value = c.free[i].value.mapped(depth-1, f)
	}
	c.others = slices.Clone(a.others)
	for i, o := range c.others {
		c.others[i] = o.mapped(depth-1, f)
	}
	if a.bound != nil {
		c.bound = &arguments{node: a.bound.node, rest: a.bound.rest.mapped(depth-1, f)}
		for _, v := range a.bound.list {
			c.bound.list = append(c.bound.list, v.mapped(depth-1, f))
		}
		for _, n := range a.bound.named {
			c.bound.named = append(c.bound.named, Field{n.Key, n.Value.mapped(depth-1, f)})
		}
	}
	return &c
}

// function is the value of a function's name: one that stands in another takes with it what
// it reads of that.
func (f *frame) function(fn *program.Function) *Value {
	if fn.Parent != nil {
		if free := f.closure(f.e.freeNames(fn)); free != nil {
			return &Value{Func: fn, fn: &callable{free: free}}
		}
	}
	return f.e.function(fn)
}

// macro is the macro that a name of a template stands for, or the macros of another template.
func (v *Value) macro() (of *page, one *jinja.Macro) {
	if v.fn == nil {
		return nil, nil
	}
	return v.fn.macros, v.fn.macro
}

// closure is what the names stand for now.
func (f *frame) closure(names []freeName) []captured {
	var free []captured
	for _, n := range names {
		if v := f.visible(n); v != nil {
			free = append(free, captured{n, v})
		}
	}
	return free
}

func (f *frame) visible(n freeName) *Value {
	if f.scope == n.at && f.class == nil {
		if sym := n.at.Names.Get(n.name); sym != nil && sym.Slot < len(f.env) && f.env[sym.Slot] != nil {
			return f.env[sym.Slot]
		}
	}
	return f.held(n)
}

// held is what a name stood for when the function that is read was made.
func (f *frame) held(n freeName) *Value {
	for i := range f.free {
		if f.free[i].freeName == n {
			return f.free[i].value
		}
	}
	return nil
}

// freeNames are the names that a function reads of those around it.
func (e *Engine) freeNames(fn *program.Function) []freeName {
	if names, known := e.free[fn]; known {
		return names
	}
	var names []freeName
	for _, s := range fn.Body {
		names = namesIn(names, s, fn.Scope)
	}
	for i := range fn.Node.Params.List {
		if d := fn.Node.Params.List[i].Default; d != nil {
			names = namesIn(names, d, fn.Scope.Parent)
		}
	}
	names = slices.DeleteFunc(names, func(n freeName) bool { return n.at == fn.Scope })
	e.free[fn] = names
	return names
}

// namesIn adds the names in a piece of code that are bound in a function's scope.
func namesIn(names []freeName, code python.Node, from *program.Scope) []freeName {
	python.Inspect(code, func(n python.Node) bool {
		name, ok := n.(*python.Name)
		if !ok {
			return true
		}
		sym, at := from.Find(name.ID)
		if sym == nil || at.Parent == nil {
			return true
		}
		if one := (freeName{at, name.ID}); !slices.Contains(names, one) {
			names = append(names, one)
		}
		return true
	})
	return names
}
