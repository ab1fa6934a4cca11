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
				if call, ok := d.(*python.Call); ok && (lastOf(call.Func) == "errorhandler" || lastOf(call.Func) == "app_errorhandler") && len(call.Args) > 0 {
					f.Handles = append(f.Handles, call.Args[0])
				}
			}
		})
	}
	for _, c := range p.Classes {
		p.guard(c.Module, c.Node, func() { p.classRoutes(c) })
	}
	for f := range p.naming("add_url_rule", "add_resource") {
		if !f.Module.Test {
			p.guard(f.Module, f.node(), func() { p.addedRules(f) })
		}
	}
}

// naming are the functions of modules in which one of the words may be a name.
func (p *Program) naming(words ...string) iter.Seq[*Function] {
	return func(yield func(*Function) bool) {
		var m *Module
		may := false
		for _, f := range p.Functions {
			if f.Module != m {
				m = f.Module
				may = slices.ContainsFunc(words, m.File.MayName)
			}
			if may && !yield(f) {
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
	if !ok || !p.routes(attr, call, f) {
		return nil
	}
	r := &Route{Function: f, Node: d, Receiver: attr.Value, Methods: methodsOf(call, methods)}
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
func (p *Program) routes(attr *python.Attribute, call *python.Call, f *Function) bool {
	if attr.Attr == "errorhandler" || attr.Attr == "endpoint" {
		return false
	}
	if len(call.Args) > 0 {
		if s, ok := call.Args[0].(*python.Str); ok {
			return strings.HasPrefix(s.Value, "/") || s.Value == "" || attr.Attr == "route"
		}
	}
	path := p.Resolve(attr.Value, f.Scope.Parent).Path()
	return attr.Attr == "route" || strings.HasPrefix(path, "flask.")
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
	for _, k := range call.Keywords {
		if k.Name != "methods" {
			continue
		}
		var all []string
		for _, e := range elements(k.Value) {
			if s, ok := e.(*python.Str); ok {
				all = append(all, strings.ToUpper(s.Value))
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return otherwise
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

// httpMethods are the names of the methods of a view class that answer requests.
func httpMethods() []string {
	return []string{"get", "post", "put", "patch", "delete", "head", "options"}
}

// IsView reports whether the class answers requests by methods named get, post and so on:
// Flask's MethodView and the resources of Flask-RESTful, Flask-RESTX and Flask-Smorest.
func (c *Class) IsView() bool {
	return c.Inherits(func(path string) bool {
		return strings.HasSuffix(path, ".MethodView") || strings.HasSuffix(path, ".Resource") ||
			strings.HasSuffix(path, "flask.views.View") || strings.HasSuffix(path, ".MethodResource")
	})
}

// IsResource reports whether the class is a view whose results are sent as JSON: a resource of
// Flask-RESTful and its kin.
func (c *Class) IsResource() bool {
	return c.Inherits(func(path string) bool { return strings.HasSuffix(path, ".Resource") })
}

// classRoutes makes the methods of view classes routes. Their pattern comes from a decorator
// on the class (RESTX, Smorest) or from addedRules.
func (p *Program) classRoutes(c *Class) {
	if !c.IsView() {
		return
	}
	pattern := ""
	for _, d := range c.Node.Decorators {
		if call, ok := d.(*python.Call); ok && len(call.Args) > 0 {
			if a, ok := call.Func.(*python.Attribute); ok && a.Attr == "route" {
				if s, ok := call.Args[0].(*python.Str); ok {
					pattern = s.Value
				}
			}
		}
	}
	for _, name := range append(httpMethods(), "dispatch_request") {
		f := c.Methods[name]
		if f == nil || len(f.Routes) > 0 {
			continue
		}
		method := strings.ToUpper(name)
		if name == "dispatch_request" {
			method = "GET"
		}
		p.addRoute(&Route{Function: f, Pattern: pattern, Methods: []string{method}, Node: f.Node, Unknown: pattern == ""})
	}
}

// addedRules finds app.add_url_rule(...) and api.add_resource(...) in the function's body.
func (p *Program) addedRules(f *Function) {
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Lambda:
				return false
			case *python.Call:
				if a, ok := n.Func.(*python.Attribute); ok {
					p.addedRule(a, n, f)
				}
			}
			return true
		})
	}
}

func (p *Program) addedRule(a *python.Attribute, call *python.Call, f *Function) {
	switch a.Attr {
	case "register_error_handler":
		if len(call.Args) == 2 {
			if target := p.Resolve(call.Args[1], f.Scope).Function; target != nil {
				target.Handles = append(target.Handles, call.Args[0])
			}
		}
	case "add_url_rule":
		view := argument(call, 2, "view_func")
		if view == nil {
			return
		}
		p.addView(view, call, f, a)
	case "add_resource":
		if len(call.Args) < 2 {
			return
		}
		if c := p.Resolve(call.Args[0], f.Scope).Class; c != nil {
			s, _ := call.Args[1].(*python.Str)
			setPatterns(c, s)
		}
	}
}

func (p *Program) addView(view python.Expr, call *python.Call, f *Function, a *python.Attribute) {
	if made, ok := view.(*python.Call); ok { // X.as_view("name")
		if at, ok := made.Func.(*python.Attribute); ok && at.Attr == "as_view" {
			if c := p.Resolve(at.Value, f.Scope).Class; c != nil {
				s, _ := argument(call, 0, "rule").(*python.Str)
				setPatterns(c, s)
			}
			return
		}
	}
	target := p.Resolve(view, f.Scope).Function
	if target == nil || slices.ContainsFunc(target.Routes, func(r *Route) bool { return r.Node == call }) {
		return
	}
	r := &Route{Function: target, Node: call, Receiver: a.Value, Methods: methodsOf(call, []string{"GET"})}
	if s, ok := argument(call, 0, "rule").(*python.Str); ok {
		r.Pattern = s.Value
	} else {
		r.Unknown = true
	}
	p.addRoute(r)
}

// setPatterns gives the routes of a view class the pattern that a rule names.
func setPatterns(c *Class, pattern *python.Str) {
	if pattern == nil {
		return
	}
	for _, f := range c.Methods {
		for _, r := range f.Routes {
			if r.Pattern == "" {
				r.Pattern, r.Unknown = pattern.Value, false
				r.Params = urlParams(pattern.Value)
			}
		}
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

// lastOf is the name at the end of a.b.c.
func lastOf(e python.Expr) string {
	switch e := e.(type) {
	case *python.Name:
		return e.ID
	case *python.Attribute:
		return e.Attr
	}
	return ""
}
