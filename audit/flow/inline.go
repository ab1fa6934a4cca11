package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// maxInline bounds how deep functions are read in the place where they are called, and
// maxSpent the expressions that are evaluated so while one function is read, and maxPlaced
// how many functions.
const (
	maxInline = 3
	maxSpent  = 100
	maxPlaced = 30
)

// perform calls a function of the project: by its summary, or, where it is given something to
// call or holds variables of the function that made it, by reading it with what it is given.
func (f *frame) perform(callee *Value, args []*Value, where Loc) *Value {
	if f.exact(callee, args) && f.mayInline(callee.Func) {
		return f.inline(callee, args, where)
	}
	return f.apply(callee.Func, args, where)
}

// exact reports whether a summary would miss what a call does.
func (f *frame) exact(callee *Value, args []*Value) bool {
	if s := f.e.summary(callee.Func); s.result != nil && s.result.fn != nil && len(s.result.fn.free) > 0 {
		return true // it makes a function
	}
	given, carried := false, false
	if callee.fn != nil {
		for _, c := range callee.fn.free {
			if c.value.carries(2) || f.calls(c.value, 1) {
				return true
			}
		}
		given = len(callee.fn.free) > 0
	}
	for _, v := range args {
		if v != nil {
			given = given || f.calls(v, 1) || f.eager && v.Class != nil
			carried = carried || v.carries(2) || f.yields(v)
		}
	}
	return given && (carried || f.eager)
}

// yields reports whether calling a value gives something from outside.
func (f *frame) yields(v *Value) bool {
	if v.lambda() != nil {
		return v.fn.lambda.yields
	}
	if v.Func == nil || v.fn != nil && v.fn.plain {
		return false
	}
	r := f.e.summary(v.Func).result
	return r != nil && slices.ContainsFunc(r.deep(), func(m Mark) bool { return m.From.Source != Param })
}

// carries reports whether a value or what it holds is marked.
func (v *Value) carries(depth int) bool {
	if v == nil || len(v.Marks) > 0 {
		return v != nil
	}
	if v.Obj == nil || depth == 0 {
		return false
	}
	for i := range v.Obj.Fields {
		if v.Obj.Fields[i].Value.carries(depth - 1) {
			return true
		}
	}
	return slices.ContainsFunc(v.Obj.Items, func(i *Value) bool { return i.carries(depth - 1) }) || v.Obj.Rest.carries(depth-1)
}

// calls reports whether a value, or what it holds, may be called with an effect.
func (f *frame) calls(v *Value, depth int) bool {
	if v.Func != nil || v.fn != nil || v.API != nil && f.known(v.API.Path) {
		return true
	}
	if v.Of != nil && v.Of.Method("__call__") != nil {
		return true
	}
	if v.Obj == nil || depth == 0 {
		return false
	}
	for i := range v.Obj.Fields {
		if f.calls(v.Obj.Fields[i].Value, depth-1) {
			return true
		}
	}
	for _, i := range v.Obj.Items {
		if f.calls(i, depth-1) {
			return true
		}
	}
	return v.Obj.Rest != nil && f.calls(v.Obj.Rest, depth-1)
}

// known reports whether it is known what calling an outside thing does.
func (f *frame) known(path string) bool {
	return f.e.models.knows(path) || strings.HasPrefix(path, "builtins.") && !strings.Contains(path, "(")
}

// mayInline keeps reading in place from going round in circles and from taking long.
func (f *frame) mayInline(fn *program.Function) bool {
	if f.level >= maxInline || f.top().spent > maxSpent || f.top().placed >= maxPlaced {
		return false
	}
	for at := f; at.up != nil; at = at.up {
		if at.fn == fn && at.inner == nil {
			return false
		}
	}
	return f.fn != fn
}

// top is the frame of the function that is read for itself.
func (f *frame) top() *frame {
	for f.up != nil {
		f = f.up
	}
	return f
}

// below is a frame for a function that is read where f calls it. Its marks are f's.
func (f *frame) below(fn *program.Function, scope *program.Scope, free []captured, where Loc) *frame {
	return &frame{
		e: f.e, fn: fn, root: f.root, sum: &summary{}, scope: scope, free: free,
		up: f, site: where, level: f.level + 1, region: f.region, last: f.last,
	}
}

// takeIn keeps what a function did that was read in place.
func (f *frame) takeIn(c *frame) {
	for _, u := range c.sum.uses {
		f.sum.use(u)
	}
	for _, ef := range c.sum.effects {
		f.sum.effect(ef)
	}
	f.raise(c.sum.raised)
	f.last = c.last
	f.top().spent += c.steps
}

// inline reads a function with the arguments of a call.
func (f *frame) inline(callee *Value, args []*Value, where Loc) *Value {
	fn := callee.Func
	var free []captured
	if callee.fn != nil {
		free = callee.fn.free
	}
	f.top().placed++
	f.settle(f.e.summary(fn), args)
	c := f.below(fn, fn.Scope, free, where)
	c.env = make([]*Value, fn.Scope.Names.Len())
	for i := range fn.Node.Params.List {
		p := &fn.Node.Params.List[i]
		if v := args[i]; v != nil {
			c.env[fn.Scope.Names.Get(p.Name).Slot] = v.passed(where, fn.Name)
		} else if p.Default != nil {
			c.scope = fn.Scope.Parent
			v = c.eval(p.Default)
			c.scope = fn.Scope
			c.env[fn.Scope.Names.Get(p.Name).Slot] = v
		}
	}
	c.block(fn.Body)
	f.takeIn(c)
	if c.sum.result == nil {
		return f.e.unknown
	}
	return c.sum.result.mapped(3, mapper{marks: merged}) // no deeper than a summary's
}

// passed is a value as the function sees it that it is passed to.
func (v *Value) passed(where Loc, to string) *Value {
	if len(v.Marks) == 0 {
		return v
	}
	c := *v
	c.Marks = moved(v.Marks, where, "passed to "+to)
	return &c
}

// lambda is read where it stands, with unknown arguments, and again wherever it is called.
func (f *frame) lambda(e *python.Lambda) *Value {
	l := &lambda{node: e, fn: f.fn, scope: f.scope}
	mark := len(f.extra)
	for i := range e.Params.List {
		v := f.e.unknown
		if d := e.Params.List[i].Default; d != nil {
			v = f.eval(d)
		}
		l.defaults = append(l.defaults, v)
	}
	var free []captured
	if f.page == nil {
		free = f.closure(namesIn(nil, e.Body, f.scope))
		for _, b := range f.extra {
			free = append(free, captured{freeName{name: b.name}, b.value})
		}
	}
	for i := range e.Params.List {
		f.extra = append(f.extra, binding{e.Params.List[i].Name, l.defaults[i]})
	}
	l.yields = f.eval(e.Body).carries(2)
	f.extra = f.extra[:mark]
	if f.page != nil {
		return f.e.unknown
	}
	return &Value{API: f.e.lambda, fn: &callable{lambda: l, free: free}}
}

// callLambda is the value of a lambda's body with the arguments of a call.
func (f *frame) callLambda(callee *Value, a *arguments, e *python.Call) *Value {
	l := callee.fn.lambda
	if f.level >= maxInline || f.top().spent > maxSpent || f.top().placed >= maxPlaced {
		return f.e.unknown
	}
	c := f.below(l.fn, l.scope, callee.fn.free, f.loc(e))
	c.inner = l.node
	for _, b := range callee.fn.free {
		if b.at == nil {
			c.extra = append(c.extra, binding{b.name, b.value})
		}
	}
	args := f.e.bindParams(l.node.Params.List, a.list, a)
	for i := range l.node.Params.List {
		v := args[i]
		if v == nil {
			v = l.defaults[i]
		}
		c.extra = append(c.extra, binding{l.node.Params.List[i].Name, v.passed(c.site, "a lambda")})
	}
	v := c.eval(l.node.Body)
	f.takeIn(c)
	return v
}
