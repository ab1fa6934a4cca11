package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// view is a function that answers requests.
type view struct {
	fn    *program.Function
	words []string  // of its name, its patterns and the blueprint that it is on
	asks  authLevel // of whoever calls it
}

// authLevel is what code asks of whoever calls: nothing, who they are, or whether they may.
type authLevel uint8

const (
	asksNothing authLevel = iota
	asksLogin
	asksRole
)

// views are all functions that answer requests, outside of tests.
func (f *Facts) views() []*view {
	if f.viewOf != nil {
		return f.allViews
	}
	f.viewOf = map[*program.Function]*view{}
	for _, fn := range f.program.Functions {
		if fn.Node == nil || fn.Module.Test || len(fn.Routes) == 0 && !f.program.Operation(fn) {
			continue
		}
		v := &view{fn: fn, words: wordsOf(fn.Name), asks: max(f.requiredAuth(fn, 0), f.requiredBefore(fn))}
		for _, r := range fn.Routes {
			v.words = append(v.words, wordsOf(r.Pattern)...)
			if r.Receiver != nil {
				v.words = append(v.words, wordsOf(python.NameOrKey(r.Receiver))...)
			}
		}
		if fn.Class != nil {
			v.words = append(v.words, wordsOf(fn.Class.Name)...)
		}
		f.viewOf[fn] = v
		f.allViews = append(f.allViews, v)
	}
	return f.allViews
}

// view is what is known of a function that answers requests; nil for others.
func (f *Facts) view(fn *program.Function) *view {
	f.views()
	return f.viewOf[fn]
}

func (v *view) has(words ...string) bool {
	return slices.ContainsFunc(v.words, func(w string) bool { return slices.Contains(words, w) })
}

// node is where a view is reported: its first route, or itself.
func (v *view) node() python.Node { return placeOfRoute(v.fn) }

// takes reports whether a view answers one of the methods.
func (v *view) takes(methods ...string) bool {
	for _, r := range v.fn.Routes {
		if slices.ContainsFunc(r.Methods, func(m string) bool { return slices.Contains(methods, m) }) {
			return true
		}
	}
	return len(v.fn.Routes) == 0
}

// onlyGet reports whether a view answers nothing but GET and so should change nothing.
func (v *view) onlyGet() bool {
	return len(v.fn.Routes) > 0 && !v.takes("POST", "PUT", "PATCH", "DELETE")
}

// requiredAuth is what a function, its decorators and its class ask. Functions that it calls are
// looked at too, two calls deep.
func (f *Facts) requiredAuth(fn *program.Function, depth int) authLevel {
	if d, known := f.asked[fn]; known {
		return d
	}
	if f.asked == nil {
		f.asked = map[*program.Function]authLevel{}
	}
	f.asked[fn] = asksNothing // for functions that call each other
	q := inquiry{facts: f, fn: fn, depth: depth}
	if fn.Node != nil {
		for _, d := range fn.Node.Decorators {
			q.decorator(d, fn.Scope.Parent)
		}
		q.defaults(fn.Node.Params, fn.Scope.Parent)
	}
	if fn.Class != nil {
		q.class(fn.Class)
	}
	q.body(fn.Body)
	if depth > 0 && q.cut {
		delete(f.asked, fn) // seen from too deep to be the whole truth
	} else {
		f.asked[fn] = q.found
	}
	return q.found
}

// requiredBefore is what runs before a view of the whole app or of its blueprint asks.
func (f *Facts) requiredBefore(fn *program.Function) authLevel {
	most := asksNothing
	for _, b := range f.befores() {
		receiver := ""
		if len(fn.Routes) > 0 && fn.Routes[0].Receiver != nil {
			receiver = python.NameOrKey(fn.Routes[0].Receiver)
		}
		if b.all || b.module == fn.Module && (b.name == "" || receiver == "" || receiver == b.name) || receiver != "" && receiver == b.name && f.shares(b.module, fn.Module, receiver) {
			most = max(most, b.asks)
		}
	}
	return most
}

// shares reports whether two modules mean the same app or blueprint by a name: they are
// neighbours, or one of them imports it from the other.
func (f *Facts) shares(a, b *program.Module, name string) bool {
	return a.Path[:strings.LastIndexByte(a.Path, '/')+1] == b.Path[:strings.LastIndexByte(b.Path, '/')+1] || f.imports(a, b, name) || f.imports(b, a, name)
}

func (f *Facts) imports(by, from *program.Module, name string) bool {
	is := func(s *program.Scope) bool {
		sym := s.Names.Get(name)
		return sym != nil && sym.Import != nil && sym.Import.Name == name && f.program.Lookup(sym.Import.Module, by) == from
	}
	return is(by.Scope) || slices.ContainsFunc(f.program.Functions, func(fn *program.Function) bool { return fn.Module == by && fn.Node != nil && is(fn.Scope) })
}

// before is a function that runs before views, and may refuse.
type before struct {
	module *program.Module
	name   string // of the app or the blueprint
	all    bool   // it runs before every view of the app
	asks   authLevel
}

func (f *Facts) befores() []before {
	if f.before != nil {
		return f.before
	}
	f.before = []before{}
	for _, fn := range f.program.Functions {
		if fn.Module.Test {
			continue
		}
		if fn.Node != nil {
			for _, d := range fn.Node.Decorators {
				if runsBefore(decoratorName(d)) && (refuses(fn) || slices.ContainsFunc(fn.Node.Decorators, isAuthCheck)) {
					f.addBefore(d, fn, f.requiredAuth(fn, 0))
				}
			}
		}
		if f.modulesWith("before_")[fn.Module] {
			f.registered(fn)
		}
	}
	return f.before
}

// runsBefore tells what makes a function run before a view, where it may refuse.
func runsBefore(name string) bool {
	switch name {
	case "before_request", "before_app_request", "url_value_preprocessor", "app_url_value_preprocessor":
		return true
	}
	return false
}

func isParam(fn *program.Function, name string) bool {
	return fn.Node != nil && slices.ContainsFunc(fn.Node.Params.List, func(p python.Param) bool { return p.Name == name })
}

// registered finds app.before_request(check).
func (f *Facts) registered(fn *program.Function) {
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Call:
				if runsBefore(python.NameOrKey(n.Func)) && len(n.Args) == 1 {
					asks := asksLogin // what cannot be seen is believed
					if to := f.program.Resolve(n.Args[0], fn.Scope).Function; to != nil {
						asks = f.requiredAuth(to, 0)
					}
					f.addBefore(n.Func, fn, asks)
				}
			}
			return true
		})
	}
}

func (f *Facts) addBefore(d python.Expr, fn *program.Function, asks authLevel) {
	if c, ok := d.(*python.Call); ok {
		d = c.Func
	}
	b := before{module: fn.Module, asks: asks, all: python.NameOrKey(d) == "before_app_request" || python.NameOrKey(d) == "app_url_value_preprocessor"}
	if a, ok := d.(*python.Attribute); ok {
		b.name = python.NameOrKey(a.Value)
		b.all = b.all || receiverIsApp(a) || isParam(fn, b.name)                                        // of whatever blueprint a helper is given
		if sym, at := fn.Scope.Find(b.name); sym != nil && sym.Import != nil && sym.Import.Name != "" { // imported as another name
			if m := f.program.Lookup(sym.Import.Module, at.Module); m != nil {
				b.module, b.name = m, sym.Import.Name
			}
		}
	}
	if asks != asksNothing {
		f.before = append(f.before, b)
	}
}

// refuses reports whether a function can end a request: it answers, aborts or raises.
func refuses(fn *program.Function) bool {
	found := false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Return:
				found = found || n.Value != nil && !isConstant(n.Value, python.None)
			case *python.Raise:
				found = true
			case *python.Call:
				name := python.NameOrKey(n.Func)
				found = found || isQuestion(name) || name == "unauthorized"
			}
			return !found
		})
	}
	return found
}

// aborts reports whether a function can end a request without an answer of its own.
func aborts(fn *program.Function) bool {
	found := false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Raise:
				found = true
			case *python.Call:
				name := python.NameOrKey(n.Func)
				found = found || name == "abort" || name == "unauthorized" || name == "forbidden"
			}
			return !found
		})
	}
	return found
}
