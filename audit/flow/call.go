package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// never is the value of a call that does not come back.
var never = &Value{}

// arguments are those of one call, evaluated.
type arguments struct {
	list  []*Value
	named []Field
	rest  *Value // what *args and **kwargs hold, together; nil without
	keys  []Mark // what the keys of **kwargs carry
	node  *python.Call
}

// arguments are those of a call. Whoever has no more use for them may free them.
func (f *frame) arguments(e *python.Call) *arguments {
	a := f.e.spare.arguments.take()
	a.node = e
	if n := len(e.Args); n > 0 {
		a.list = f.e.list(n)[:0]
	}
	for _, x := range e.Args {
		v := f.eval(x)
		if _, star := x.(*python.Starred); !star {
			a.list = append(a.list, v)
			continue
		}
		if v.Obj != nil && v.Obj.List {
			a.list = append(a.list, v.Obj.Items...)
			continue
		}
		a.rest = join(a.rest, f.item(v))
	}
	for i := range e.Keywords {
		v := f.eval(e.Keywords[i].Value)
		if e.Keywords[i].Name != "" {
			a.named = append(a.named, Field{e.Keywords[i].Name, v})
			continue
		}
		a.named = append(a.named, fieldsOf(v)...)
		a.rest = join(a.rest, v.rest())
		a.keys = merge(a.keys, keysOf(v))
	}
	return a
}

// get is the i-th argument, or the one of that name; nil without either.
func (a *arguments) get(i int, name string) *Value {
	if name != "" {
		for _, n := range a.named {
			if n.Key == name {
				return n.Value
			}
		}
	}
	if i >= 0 && i < len(a.list) {
		return a.list[i]
	}
	return nil
}

// all is everything that is passed, as one value.
func (a *arguments) all() *Value {
	v := a.rest
	for _, x := range a.list {
		v = join(v, x)
	}
	for _, n := range a.named {
		v = join(v, n.Value)
	}
	return v
}

// marks is all that is carried into the call.
func (a *arguments) marks() []Mark {
	var m []Mark
	for _, x := range a.list {
		m = merge(m, x.deep())
	}
	for _, n := range a.named {
		m = merge(m, n.Value.deep())
	}
	return merge(m, a.rest.deep())
}

// after are the arguments of a call together with those that were given before.
func (a *arguments) after(bound *arguments) *arguments {
	if bound == nil {
		return a
	}
	return &arguments{
		list: append(slices.Clone(bound.list), a.list...), named: append(slices.Clone(bound.named), a.named...),
		rest: join(bound.rest, a.rest), keys: merge(bound.keys, a.keys), node: a.node,
	}
}

// from is all that is carried into the call from the i-th argument on.
func (a *arguments) from(i int) []Mark {
	b := arguments{named: a.named, rest: a.rest}
	if i < len(a.list) {
		b.list = a.list[i:]
	}
	return b.marks()
}

// call is the value of a call.
func (f *frame) call(e *python.Call) *Value {
	v := f.called(e)
	if v != never && quotes(python.LastName(e.Func)) {
		return v.asQuoted()
	}
	return v
}

func (f *frame) called(e *python.Call) *Value {
	a, isAttr := e.Func.(*python.Attribute)
	if f.page != nil {
		if v := f.pageCall(e); v != nil {
			return v
		}
	}
	if !isAttr {
		f.reflected(e)
		callee := f.eval(e.Func)
		if e == f.tested.call {
			f.tested.to = callee
		}
		if callee.API != nil && callee.API.Path == "builtins.str" && len(e.Args) == 1 {
			f.unmarked, _ = e.Args[0].(*python.Call)
		}
		args := f.arguments(e)
		v := f.invoke(callee, args, e)
		f.e.spare.arguments.free(args)
		return v
	}
	if a.Attr == "unescape" || a.Attr == "striptags" { // Markup(x).unescape() is a text again
		f.unmarked, _ = a.Value.(*python.Call)
	}
	to := f.eval(a.Value)
	if e == f.tested.call {
		f.tested.to = to
	}
	own := f.e.unknown // what the attribute is, where that is known without the arguments
	if to.query() == nil && to.isThing() && (to.API == nil || to.module() != nil) {
		own = f.attribute(to, a.Attr, a)
	}
	args := f.arguments(e)
	v := f.calledOf(to, own, a.Attr, args, e)
	f.e.spare.arguments.free(args)
	return v
}

// calledOf is the value of a call of an attribute, which is own.
func (f *frame) calledOf(to, own *Value, name string, a *arguments, e *python.Call) *Value {
	switch {
	case to.query() != nil:
		return f.query(to, name, a, e)
	case own.isThing() && (own.API == nil || f.e.models.knows(own.API.Path)):
		return f.invoke(own, a, e)
	case own.API != nil && parsing(name):
		if v := f.parsed(to, name, a); v != nil {
			return v
		}
	}
	return f.method(to, name, a, e)
}

// reflected is getattr(x, name)(...) and globals()[name](...): whoever sends the name says what
// is called. Where the program writes a part of the name, it is one of a few of its own.
func (f *frame) reflected(e *python.Call) {
	var name python.Expr
	switch to := e.Func.(type) {
	case *python.Call:
		if n, ok := to.Func.(*python.Name); ok && n.ID == "getattr" && len(to.Args) > 1 {
			name = to.Args[1]
		}
	case *python.Subscript:
		if c, ok := to.Value.(*python.Call); ok && len(c.Args) == 0 {
			if n, ok := c.Func.(*python.Name); ok && (n.ID == "globals" || n.ID == "locals") {
				name = to.Index
			}
		}
	}
	if name == nil {
		return
	}
	v := f.eval(name)
	if v.built() {
		return
	}
	var marks []Mark
	for _, m := range v.Marks {
		if m.built() == (Loc{}) {
			marks = append(marks, m)
		}
	}
	f.used(Code, &Value{Marks: marks}, e, "a call")
}

// invoke calls a value, or any of those that it may be.
func (f *frame) invoke(callee *Value, a *arguments, e *python.Call) *Value {
	if callee.fn == nil {
		return f.invokeOne(callee, a, e)
	}
	v := f.invokeOne(callee, a.after(callee.fn.bound), e)
	for _, o := range callee.fn.others {
		one := f.invoke(o, a, e)
		if one == never {
			one = f.e.unknown
		}
		if v == never {
			v = f.e.unknown
		}
		v = join(v, one)
	}
	return v
}

func (f *frame) invokeOne(callee *Value, a *arguments, e *python.Call) *Value {
	switch {
	case callee.lambda() != nil:
		return f.callLambda(callee, a, e)
	case callee.Func != nil:
		return f.own(callee, a, e)
	case callee.Class != nil:
		return f.construct(callee.Class, a, e)
	case callee.API != nil:
		return f.external(callee.API, callee, nil, a, e)
	case callee.Of != nil:
		if m := callee.Of.Method("__call__"); m != nil {
			return f.own(bound(m, callee), a, e)
		}
	case callee.query() != nil: // Model.objects(__raw__=...)
		f.used(NoSQL, a.get(-1, "__raw__"), e, "a query's __raw__")
		return callee
	}
	return f.e.unknown
}

// own calls a function of the project.
func (f *frame) own(callee *Value, a *arguments, e *python.Call) *Value {
	fn := callee.Func
	if fn.Node == nil {
		return f.e.unknown
	}
	plain := callee.fn != nil && callee.fn.plain
	if w := f.e.wrap(fn); w != nil && (callee.fn == nil || !plain && len(callee.fn.free) == 0) {
		return f.through(w, callee, a, e)
	}
	self := callee.self()
	if self == nil && boundTask(fn) {
		self = f.e.unknown
	}
	args := f.e.bindArgs(fn, self, a)
	if plain {
		if p := f.e.probe; p != nil && p.fn == fn {
			p.got, p.reached = args, true
			return p.result
		}
	}
	v := ofReceiver(f.perform(callee, args, f.loc(e)), fn, callee.self())
	if s := f.e.summary(fn); !s.reading && !s.returns {
		return never
	}
	f.provenBy(callee, e)
	kinds := namedSanitizer(fn.Name)
	switch {
	case kinds != 0 && len(v.Marks) > 0:
		v = v.marked(safe(v.Marks, kinds))
		v.setParts(nil)
		return v
	case kinds != 0 && v.empty():
		return &Value{Checked: true}
	}
	return v
}

// bindArgs lays arguments out by the function's parameters.
func (e *Engine) bindArgs(fn *program.Function, self *Value, a *arguments) []*Value {
	list := a.list
	if self != nil && !fn.Static {
		list = append(append(e.list(len(list) + 1)[:0], self), list...)
	}
	return e.bindParams(fn.Node.Params.List, list, a)
}

// bindParams lays them out by parameters; list is those without a name.
func (e *Engine) bindParams(params []python.Param, list []*Value, a *arguments) []*Value {
	out := e.list(len(params))
	next := 0
	for i := range params {
		switch params[i].Kind {
		case python.Positional, python.Ordinary:
			if next < len(list) {
				out[i] = list[next]
				next++
			}
		case python.VarPositional:
			more := list[min(next, len(list)):]
			next = len(list)
			out[i] = &Value{Obj: &Object{List: a.rest == nil, Items: more[:len(more):len(more)], Rest: a.rest, region: -1}}
		case python.KeywordOnly, python.VarKeyword:
		}
	}
	var extra []Field
	for _, n := range a.named {
		found := false
		for i := range params {
			if params[i].Name == n.Key && params[i].Kind != python.VarKeyword && params[i].Kind != python.VarPositional {
				out[i], found = n.Value, true
			}
		}
		if !found {
			extra = append(extra, n)
		}
	}
	for i := range params {
		switch {
		case params[i].Kind == python.VarKeyword:
			o := &Object{Fields: extra, Rest: a.rest, region: -1}
			o.addKeys(a.keys)
			out[i] = &Value{Obj: o}
		case out[i] == nil && a.rest != nil:
			out[i] = a.rest
		}
	}
	return out
}

// pageCall is a filter, a test or a macro of a template; nil for all other calls.
func (f *frame) pageCall(e *python.Call) *Value {
	switch to := e.Func.(type) {
	case *python.Name:
		switch {
		case strings.HasPrefix(to.ID, "|"):
			return f.filter(to.ID[1:], f.arguments(e), e)
		case strings.HasPrefix(to.ID, "?"):
			f.arguments(e)
			return f.e.unknown
		}
		if of, m := f.lookup(to.ID, to).macro(); m != nil {
			return f.callMacro(of, m, f.arguments(e))
		}
	case *python.Attribute:
		if name, ok := to.Value.(*python.Name); ok {
			if of, one := f.lookup(name.ID, name).macro(); of != nil && one == nil {
				if m := of.macros[to.Attr]; m != nil {
					return f.callMacro(of, m, f.arguments(e))
				}
			}
		}
	}
	return nil
}
