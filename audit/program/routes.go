package program

import (
	"iter"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// Route is one URL pattern and the function that answers it.
type Route struct {
	Function *Function
	Pattern  string            // as written, "" if it is no literal
	Methods  []string          // upper case; GET alone where none is written
	Params   map[string]string // name of a URL parameter -> its converter, "string" where none is written
	Node     python.Node       // the decorator or the call that makes the route
	Receiver python.Expr       // app, bp, api: on what the route was made; nil for classes of views
	Unknown  bool              // the pattern is no literal: any parameter may come from the URL

	on python.Expr // the app or the blueprint, for classes of views too
	at *Scope      // where that is written
}

// findRoutes looks at decorators, at calls that add URL rules, and at classes of views.
func (p *Program) findRoutes() {
	for _, f := range p.Functions {
		if f.Node == nil {
			continue
		}
		p.guard(f.Module, f.Node, func() {
			for _, d := range f.Node.Decorators {
				if r := p.decorated(f, d); r != nil {
					p.addRoute(r)
				}
				if call, ok := d.(*python.Call); ok && (python.LastName(call.Func) == "errorhandler" || python.LastName(call.Func) == "app_errorhandler") && len(call.Args) > 0 {
					f.Handles = append(f.Handles, call.Args[0])
				}
			}
		})
	}
	for _, c := range p.Classes {
		p.guard(c.Module, c.Node, func() { p.classRoutes(c) })
	}
	for f := range p.naming("add_url_rule", "add_resource", "register_error_handler", "route") {
		if !f.Module.Test {
			p.guard(f.Module, f.node(), func() { p.addedRules(f) })
		}
	}
	p.findPrefixes()
}

// wanted are the words that New looks for in the source of modules before it walks them.
func wanted() []string {
	return []string{"add_url_rule", "add_resource", "register_error_handler", "route", "url_prefix", "filters"}
}

// naming are the functions of modules in which one of the words may be a name.
func (p *Program) naming(words ...string) iter.Seq[*Function] {
	return func(yield func(*Function) bool) {
		of := uint64(0)
		for i, w := range wanted() {
			if slices.Contains(words, w) {
				of |= 1 << i
			}
		}
		for _, f := range p.Functions {
			if f.Module.speaks&of != 0 && !yield(f) {
				return
			}
		}
	}
}

func (p *Program) addRoute(r *Route) {
	r.Params = urlParams(r.Pattern)
	p.Routes = append(p.Routes, r)
	r.Function.Routes = append(r.Function.Routes, r)
}

// decorated reads @x.route(...), @x.get(...) and their kin; nil if d is none.
func (p *Program) decorated(f *Function, d python.Expr) *Route {
	call, ok := d.(*python.Call)
	if !ok {
		return nil
	}
	attr, ok := call.Func.(*python.Attribute)
	if !ok {
		if n, isName := call.Func.(*python.Name); isName && (n.ID == "expose" || n.ID == "route") && len(call.Args) > 0 {
			r := &Route{Function: f, Node: d, Methods: methodsOf(call, []string{"GET"})}
			r.pattern(call)
			return r
		}
		return nil
	}
	methods, ok := routeMethods()[attr.Attr]
	if !ok || !p.routes(attr, call, f.Scope.Parent) {
		return nil
	}
	r := &Route{Function: f, Node: d, Receiver: attr.Value, Methods: methodsOf(call, methods), on: attr.Value, at: f.Scope.Parent}
	r.pattern(call)
	return r
}

// routeMethods are the names of route decorators and the methods that each stands for.
func routeMethods() map[string][]string {
	return map[string][]string{
		"route": {"GET"}, "get": {"GET"}, "post": {"POST"}, "put": {"PUT"}, "patch": {"PATCH"}, "delete": {"DELETE"},
		"expose": {"GET"}, "endpoint": {"GET"}, "errorhandler": nil,
	}
}

// routes tells a route decorator from others of that name, such as a mock's @x.get: its
// first argument is a path, or its receiver is an app or a blueprint.
func (p *Program) routes(attr *python.Attribute, call *python.Call, s *Scope) bool {
	if attr.Attr == "errorhandler" || attr.Attr == "endpoint" {
		return false
	}
	if len(call.Args) > 0 {
		if first, ok := call.Args[0].(*python.Str); ok {
			return strings.HasPrefix(first.Value, "/") || first.Value == "" || attr.Attr == "route"
		}
	}
	path := p.Resolve(attr.Value, s).Path()
	return attr.Attr == "route" || strings.HasPrefix(path, "flask.") || len(call.Args) > 0 && partOfPath(call.Args[0])
}

// partOfPath reports whether an expression puts a path together: PREFIX + "/a", f"{PREFIX}/a".
func partOfPath(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Str:
		return strings.HasPrefix(e.Value, "/")
	case *python.BinOp:
		return e.Op == python.Add && (partOfPath(e.Left) || partOfPath(e.Right))
	case *python.FString:
		return slices.ContainsFunc(e.Parts, partOfPath)
	}
	return false
}

func (r *Route) pattern(call *python.Call) {
	for _, k := range call.Keywords {
		if k.Name == "rule" || k.Name == "url" {
			if s, ok := k.Value.(*python.Str); ok {
				r.Pattern = s.Value
				return
			}
		}
	}
	if len(call.Args) > 0 {
		if s, ok := call.Args[0].(*python.Str); ok {
			r.Pattern = s.Value
			return
		}
	}
	r.Unknown = true
}

// methodsOf reads methods=[...] of a route call.
func methodsOf(call *python.Call, otherwise []string) []string {
	if all := upper(argument(call, -1, "methods")); len(all) > 0 {
		return all
	}
	return otherwise
}

// upper are the texts of a list that is written out, in upper case.
func upper(list python.Expr) (all []string) {
	for _, e := range elements(list) {
		if s, ok := e.(*python.Str); ok {
			all = append(all, strings.ToUpper(s.Value))
		}
	}
	return all
}

// elements are the members of a list, tuple or set that is written out.
func elements(e python.Expr) []python.Expr {
	switch e := e.(type) {
	case *python.List:
		return e.Elts
	case *python.Tuple:
		return e.Elts
	case *python.Set:
		return e.Elts
	}
	return nil
}

// urlParams reads <converter(args):name> of a URL pattern, as Werkzeug's rules write them.
func urlParams(pattern string) map[string]string {
	params := map[string]string{}
	for {
		_, rest, ok := strings.Cut(pattern, "<")
		if !ok {
			return params
		}
		inner, after, ok := strings.Cut(rest, ">")
		if !ok {
			return params
		}
		converter, name := "string", inner
		if i := strings.LastIndexByte(inner, ':'); i >= 0 {
			converter, name = inner[:i], inner[i+1:]
			if j := strings.IndexByte(converter, '('); j >= 0 {
				converter = converter[:j]
			}
		}
		params[strings.TrimSpace(name)] = strings.TrimSpace(converter)
		pattern = after
	}
}

// argument is the i-th argument of a call, or the one of that name; nil without either.
func argument(call *python.Call, i int, name string) python.Expr {
	for _, k := range call.Keywords {
		if k.Name == name {
			return k.Value
		}
	}
	if i >= 0 && i < len(call.Args) {
		if _, star := call.Args[i].(*python.Starred); !star {
			return call.Args[i]
		}
	}
	return nil
}
