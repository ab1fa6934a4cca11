package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// wrapping is what the project's own decorators make of a function.
type wrapping struct {
	value *Value // what its name stands for
	tame  Kinds  // uses for which what it gives back is made harmless
	sum   *summary
}

// unwrapped stands for a function that its decorators leave as it is.
var unwrapped = &wrapping{}

// probe finds out what decorators do with what goes into a function and what comes out.
type probe struct {
	fn      *program.Function
	params  []*Value // what goes in
	result  *Value   // what comes out
	got     []*Value // what came in in fact
	reached bool
}

// wrap is what the project's own decorators make of a function; nil where there are none,
// where they hand everything on as it is, and where they are not understood.
func (e *Engine) wrap(fn *program.Function) *wrapping {
	if fn.Node == nil || len(fn.Node.Decorators) == 0 {
		return nil
	}
	w := e.wraps[fn.ID]
	if w == nil {
		w = unwrapped // while it is being made, the function is called itself
		e.wraps[fn.ID] = w
		if e.ownDecorators(fn) {
			w = e.wrapped(fn)
			e.wraps[fn.ID] = w
		}
	}
	if w == unwrapped {
		return nil
	}
	return w
}

// wrapped finds out what wrap says.
func (e *Engine) wrapped(fn *program.Function) *wrapping {
	e.summary(fn.Module.Main)
	f := &frame{e: e, fn: fn.Module.Main, root: fn.Module.Main, sum: &summary{}, scope: fn.Scope.Parent, eager: true}
	plain := &Value{Func: fn, fn: &callable{plain: true}}
	v := plain
	for _, d := range slices.Backward(fn.Node.Decorators) {
		v = f.decorated(v, d)
	}
	if v == plain || v.Func == fn {
		return unwrapped
	}
	w := &wrapping{value: v}
	if f.passes(fn, w) {
		return unwrapped
	}
	if e.sums[fn.ID] != nil {
		e.enqueue(fn)
	}
	return w
}

// decorated is what a decorator makes of a value; those of others are taken to give it back.
func (f *frame) decorated(v *Value, d python.Expr) *Value {
	if !f.e.isOwn(d, f.scope) {
		return v
	}
	by := f.eval(d)
	if !by.callable() && (by.Of == nil || by.Of.Method("__call__") == nil) {
		return v
	}
	call := &python.Call{Span: d.At(), Func: d}
	made := f.invoke(by, &arguments{list: []*Value{v}, node: call}, call)
	if made.callable() || made.Of != nil && made.Of.Method("__call__") != nil {
		return made
	}
	return v
}

func (e *Engine) ownDecorators(fn *program.Function) bool {
	return slices.ContainsFunc(fn.Node.Decorators, func(d python.Expr) bool { return e.isOwn(d, fn.Scope.Parent) })
}

// isOwn reports whether a decorator may be the project's.
func (e *Engine) isOwn(d python.Expr, scope *program.Scope) bool {
	if call, ok := d.(*python.Call); ok {
		d = call.Func
	}
	r := e.program.Resolve(d, scope)
	return r.API == nil && (r.Function != nil || r.Class != nil || r.Instance != nil)
}

// passes reports whether a wrapped function is called with what the wrapper is called with,
// and what it gives back comes back: then the wrapper is of no interest here. One that never
// calls the function is not understood.
func (f *frame) passes(fn *program.Function, w *wrapping) bool {
	p := &probe{fn: fn, result: marker(-1)}
	call := &python.Call{Span: fn.Node.At()}
	args := &arguments{node: call}
	for i := range fn.Node.Params.List {
		v := marker(-2 - i)
		p.params = append(p.params, v)
		view := len(fn.Routes) > 0 && (i > 0 || fn.Class == nil)
		switch kind := fn.Node.Params.List[i].Kind; {
		case kind == python.VarPositional || kind == python.VarKeyword:
		case view && !fromURL(fn, &fn.Node.Params.List[i]):
			p.params[i] = nil
		case view || kind == python.KeywordOnly:
			args.named = append(args.named, Field{fn.Node.Params.List[i].Name, v})
		default:
			args.list = append(args.list, v)
		}
	}
	old := f.e.probe
	f.e.probe = p
	r := f.invoke(w.value, args, call)
	f.e.probe = old
	if !p.reached {
		return true
	}
	out, all := p.tamed(r)
	w.tame = out
	return all && p.unchanged(fn)
}

// fromURL reports whether the parameter of a view may be a part of its URL.
func fromURL(fn *program.Function, p *python.Param) bool {
	return slices.ContainsFunc(fn.Routes, func(r *program.Route) bool {
		_, ok := r.Params[p.Name]
		return ok || r.Unknown && p.Default == nil
	})
}

// marker is a value that is told from all others.
func marker(i int) *Value {
	return &Value{Marks: []Mark{{From: &Origin{Source: Param, Param: i}}}}
}

// unchanged reports whether the function got what the wrapper was given.
func (p *probe) unchanged(fn *program.Function) bool {
	for i, want := range p.params {
		if kind := fn.Node.Params.List[i].Kind; kind == python.VarPositional || kind == python.VarKeyword {
			continue
		}
		got := p.got[i]
		if want == nil && got == nil {
			continue
		}
		if want == nil || got == nil || len(got.Marks) != 1 || got.Marks[0].From != want.Marks[0].From || got.Marks[0].Safe != 0 {
			return false
		}
	}
	return true
}

// tamed tells for which uses the wrapper makes the function's result harmless, and whether it
// comes out as it was.
func (p *probe) tamed(r *Value) (Kinds, bool) {
	whole := true
	if r.Obj != nil && r.Obj.List && len(r.Obj.Items) > 0 { // body, status
		r, whole = r.Obj.Items[0], false
	}
	for _, m := range r.Marks {
		if m.From == p.result.Marks[0].From {
			foreign := slices.ContainsFunc(r.Marks, func(o Mark) bool { return o.From.Source != Param })
			return m.Safe, whole && m.Safe == 0 && r.Obj == nil && !foreign
		}
	}
	if r.Obj != nil || r.isResponse() || r.API != nil && lastName(r.API.Path) == "jsonify()" {
		return Markup, false
	}
	return 0, false
}

// through calls a function of the project through its decorators.
func (f *frame) through(w *wrapping, callee *Value, a *arguments, e *python.Call) *Value {
	fn := callee.Func
	args := f.e.bindArgs(fn, callee.self(), a)
	if !f.eager && !f.exact(f.e.function(fn), args) {
		s := f.e.summary(fn)
		if f.page == nil && !slices.Contains(s.callers, f.root) {
			s.callers = append(s.callers, f.root)
		}
		return f.applied(f.e.whole(fn, w), fn, args, f.loc(e))
	}
	if self := callee.self(); self != nil && !fn.Static {
		a = &arguments{list: append([]*Value{self}, a.list...), named: a.named, rest: a.rest, node: a.node}
	}
	return f.invoke(w.value, a, e)
}

// whole is the summary of a function together with its decorators. Its parameters are those of
// the function: what is passed to one of these is passed to the wrapper in its place.
func (e *Engine) whole(fn *program.Function, w *wrapping) *summary {
	if w.sum != nil {
		return w.sum
	}
	w.sum = &summary{reading: true}
	f := &frame{e: e, fn: fn, root: fn, sum: &summary{}, scope: fn.Scope.Parent, eager: true}
	call := &python.Call{Span: fn.Node.At()}
	args := &arguments{node: call}
	for i := range fn.Node.Params.List {
		p := &fn.Node.Params.List[i]
		v := f.unknownParam(i, p)
		switch p.Kind {
		case python.VarPositional, python.VarKeyword:
			args.rest = join(args.rest, v)
		case python.KeywordOnly:
			args.named = append(args.named, Field{p.Name, v})
		default:
			args.list = append(args.list, v)
		}
	}
	f.sum.result = f.invoke(w.value, args, call)
	w.sum = f.sum
	return w.sum
}

// unknownParam is what a parameter is of which only the function itself is known.
func (f *frame) unknownParam(i int, p *python.Param) *Value {
	if i == 0 && f.fn.Class != nil && !f.fn.Static && p.Kind != python.KeywordOnly {
		if f.fn.ByType {
			return f.e.class(f.fn.Class)
		}
		return f.e.instance(f.fn.Class)
	}
	v := (&Origin{Source: Param, Param: i, Where: loc(f.fn, p)}).value()
	if p.Annotation == nil {
		return v
	}
	known := *v
	f.annotated(&known, p)
	return &known
}

// anew has the decorators of a function called again that was read again, and reports whether
// that changed anything.
func (e *Engine) anew(fn *program.Function) bool {
	w := e.wraps[fn.ID]
	if w == nil || w.sum == nil || w.sum.reading {
		return false
	}
	old := w.sum
	w.sum = nil
	return e.whole(fn, w).differs(old)
}

// enter calls a view as its decorators do for a request.
func (f *frame) enter() {
	if f.wrapping == nil {
		return
	}
	call := &python.Call{Span: f.fn.Node.Decorators[0].At()}
	args := &arguments{node: call}
	callee := &Value{Func: f.fn}
	for i := range f.fn.Node.Params.List {
		p := &f.fn.Node.Params.List[i]
		if i == 0 && f.fn.Class != nil && !f.fn.Static {
			callee.setSelf(f.e.instance(f.fn.Class))
			continue
		}
		if v := f.urlParam(i, p); v != nil {
			args.named = append(args.named, Field{p.Name, v})
		}
	}
	g := &frame{e: f.e, fn: f.fn, root: f.fn, sum: &summary{}, scope: f.fn.Scope.Parent, eager: true}
	g.own(callee, args, call)
}
