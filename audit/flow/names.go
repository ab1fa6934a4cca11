package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// lookup is the value of a name.
func (f *frame) lookup(name string, n python.Node) *Value {
	for i := len(f.extra) - 1; i >= 0; i-- {
		if f.extra[i].name == name {
			return f.extra[i].value
		}
	}
	sym, at := f.scope.Names.Get(name), f.scope
	if sym != nil && sym.Slot < len(f.env) && f.env[sym.Slot] != nil {
		return f.env[sym.Slot]
	}
	if f.page != nil {
		return f.variable(name, n)
	}
	if sym == nil {
		sym, at = f.scope.FindAround(name)
	}
	if sym == nil {
		return f.builtin(name)
	}
	return f.outer(name, sym, at)
}

// outer is the value of a name that is bound in an enclosing scope or not assigned yet.
func (f *frame) outer(name string, sym *program.Symbol, at *program.Scope) *Value {
	if v := f.held(freeName{at, name}); v != nil {
		return v
	}
	switch {
	case sym.Function != nil && len(sym.Values) == 0:
		return f.function(sym.Function)
	case sym.Class != nil:
		return f.e.class(sym.Class)
	case sym.Import != nil:
		return f.imported(sym.Import, at.Module)
	}
	if at == at.Module.Scope {
		return f.global(at.Module, name)
	}
	if fn := f.enclosing(at); fn != nil {
		if v := f.e.readCell(f.root, fn, name); v != nil {
			return v
		}
	}
	return f.e.unknown
}

// enclosing is the function whose scope at is, among those around this one.
func (f *frame) enclosing(at *program.Scope) *program.Function {
	for fn := f.fn; fn != nil; fn = fn.Parent {
		if fn.Scope == at {
			return fn
		}
	}
	return nil
}

// global is the value of a module's variable; its top-level code is read first.
func (f *frame) global(m *program.Module, name string) *Value {
	if m.Main != f.root {
		f.e.summary(m.Main)
	}
	if v := f.e.readCell(f.root, m, name); v != nil {
		return v
	}
	return f.e.unknown
}

// importDepth is how far an import is followed.
const importDepth = 8

// imported is the value of an imported name. Most stay what they are, and are found once.
func (f *frame) imported(i *program.Import, from *program.Module) *Value {
	kept := &f.e.imports[f.e.program.Number(i, from)]
	if *kept != nil {
		return *kept
	}
	r := f.e.program.Imported(i, from, importDepth)
	own := f.e.program.Lookup(i.Module, from)
	if i.Name == "" {
		own = nil
	}
	switch {
	case r.API != nil && own != nil: // a variable whose value is an outside thing
		return join(f.global(own, i.Name), f.e.api(r.API))
	case r.API != nil:
		*kept = f.e.api(r.API)
	case r.Function != nil && r.Function.Parent == nil:
		*kept = f.e.function(r.Function)
	case r.Class != nil:
		*kept = f.e.class(r.Class)
	case r.Module != nil:
		*kept = f.e.module(r.Module)
	}
	if *kept != nil {
		return *kept
	}
	if own != nil {
		v := f.global(own, i.Name)
		if r.Instance != nil && !v.isThing() {
			v = join(v, f.e.instance(r.Instance))
		}
		if r.Function != nil && !v.isThing() { // what another function has made
			v = join(v, f.e.function(r.Function))
		}
		return v
	}
	return f.e.unknown
}

// builtin is one of Python's own names, or one of a module that was imported with *.
func (f *frame) builtin(name string) *Value {
	r := f.e.program.Resolve(&python.Name{ID: name}, f.fn.Module.Scope)
	switch {
	case r.API != nil:
		return f.e.api(r.API)
	case r.Function != nil:
		return f.e.function(r.Function)
	case r.Class != nil:
		return f.e.class(r.Class)
	}
	return f.e.unknown
}

// api is the value of an outside thing.
func (e *Engine) api(a *program.API) *Value {
	v := e.apis[a]
	if v == nil {
		v = &Value{API: a}
		e.apis[a] = v
	}
	return v
}

// bind gives a name its value.
func (f *frame) bind(name string, v *Value) {
	sym := f.scope.Names.Get(name)
	if sym == nil || sym.Slot >= len(f.env) {
		f.bindOuter(name, v)
		return
	}
	f.env[sym.Slot] = v
	if len(f.places)+len(f.facts)+len(f.full) > 0 {
		f.forget(name, sym.Slot+1)
	}
	if v == nil {
		return
	}
	switch {
	case f.class != nil:
	case f.fn.Node == nil:
		f.store(f.fn.Module, name, v)
	case f.fn.Inner && f.up == nil:
		f.store(f.fn, name, v)
	}
}

// bindOuter assigns to a global or nonlocal name, or to one of a comprehension.
func (f *frame) bindOuter(name string, v *Value) {
	if v == nil {
		return
	}
	if sym, at := f.scope.Find(name); sym != nil {
		if at == at.Module.Scope {
			f.store(at.Module, name, v)
			return
		}
		if fn := f.enclosing(at); fn != nil {
			f.store(fn, name, v)
			return
		}
	}
	f.extra = append(f.extra, binding{name, v})
}
