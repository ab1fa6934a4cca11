package program

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

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

// classRoutes makes the methods of view classes routes. Their patterns come from a decorator
// on the class (RESTful, RESTX, Smorest) or from addedRules.
func (p *Program) classRoutes(c *Class) {
	if !c.IsView() {
		return
	}
	for _, name := range append(httpMethods(), "dispatch_request") {
		f := c.Methods.Get(name)
		if f == nil || len(f.Routes) > 0 {
			continue
		}
		methods := []string{strings.ToUpper(name)}
		if name == "dispatch_request" {
			methods = c.methods()
		}
		p.addRoute(&Route{Function: f, Methods: methods, Node: f.Node, Unknown: true})
	}
	for _, d := range c.Node.Decorators {
		call, ok := d.(*python.Call)
		if !ok {
			continue
		}
		if a, ok := call.Func.(*python.Attribute); ok && (a.Attr == "route" || a.Attr == "resource") {
			for _, e := range call.Args {
				p.classPattern(c, e, &Route{on: a.Value, at: c.Outer})
			}
		}
	}
}

// methods are those that a class of views lists: methods = ["GET", "POST"].
func (c *Class) methods() []string {
	for _, k := range c.Line() {
		if sym := k.Scope.Names.Get("methods"); sym != nil {
			for _, v := range sym.Values {
				if all := upper(v); len(all) > 0 {
					return all
				}
			}
		}
	}
	return []string{"GET"}
}

// classPattern gives the routes of a view class the pattern that a rule names, for the methods
// of like, or for all where it has none. A class may answer several patterns.
func (p *Program) classPattern(c *Class, e python.Expr, like *Route) {
	pattern, ok := e.(*python.Str)
	if !ok {
		return
	}
	for _, name := range append(httpMethods(), "dispatch_request") {
		f := c.Method(name)
		if f == nil || len(f.Routes) == 0 || name != "dispatch_request" && len(like.Methods) > 0 && !slices.Contains(like.Methods, strings.ToUpper(name)) {
			continue
		}
		first := f.Routes[0]
		if first.Unknown {
			first.Pattern, first.Unknown, first.Params = pattern.Value, false, urlParams(pattern.Value)
			first.on, first.at = like.on, like.at
			continue
		}
		if !slices.ContainsFunc(f.Routes, func(r *Route) bool { return r.Pattern == pattern.Value }) {
			p.addRoute(&Route{Function: f, Pattern: pattern.Value, Methods: first.Methods, Node: first.Node, on: like.on, at: like.at})
		}
	}
}

// addedRules finds app.add_url_rule(...) and api.add_resource(...) in the function's body.
func (p *Program) addedRules(f *Function) {
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Call:
				switch to := n.Func.(type) {
				case *python.Attribute:
					p.addedRule(to, n, f)
				case *python.Call:
					p.appliedRoute(to, n, f)
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
		target, c := p.viewOf(argument(call, 2, "view_func"), f.Scope, 4)
		if c != nil {
			p.classPattern(c, argument(call, 0, "rule"), &Route{Methods: methodsOf(call, nil), on: a.Value, at: f.Scope})
			return
		}
		r := &Route{Node: call, Receiver: a.Value, Methods: methodsOf(call, []string{"GET"}), on: a.Value, at: f.Scope}
		p.addView(target, r, argument(call, 0, "rule"))
	case "add_resource":
		if len(call.Args) < 2 {
			return
		}
		if c := p.Resolve(call.Args[0], f.Scope).Class; c != nil {
			for _, e := range call.Args[1:] {
				p.classPattern(c, e, &Route{on: a.Value, at: f.Scope})
			}
		}
	}
}

// appliedRoute reads app.route("/a")(view), a decorator that is called.
func (p *Program) appliedRoute(made, call *python.Call, f *Function) {
	a, ok := made.Func.(*python.Attribute)
	if !ok || len(call.Args) != 1 {
		return
	}
	if methods, ok := routeMethods()[a.Attr]; ok && p.routes(a, made, f.Scope) {
		target, _ := p.viewOf(call.Args[0], f.Scope, 4)
		r := &Route{Node: call, Receiver: a.Value, Methods: methodsOf(made, methods), on: a.Value, at: f.Scope}
		p.addView(target, r, argument(made, 0, "rule"))
	}
}

// addView adds a route to a function, if there is one.
func (p *Program) addView(target *Function, r *Route, pattern python.Expr) {
	if target == nil || slices.ContainsFunc(target.Routes, func(o *Route) bool { return o.Node == r.Node }) {
		return
	}
	r.Function = target
	if s, ok := pattern.(*python.Str); ok {
		r.Pattern = s.Value
	} else {
		r.Unknown = true
	}
	p.addRoute(r)
}

// viewOf is the function that an expression stands for, or the class of X.as_view("name").
// Either may be the argument of a decorator, or the value of a variable.
func (p *Program) viewOf(e python.Expr, s *Scope, depth int) (*Function, *Class) {
	if e == nil || depth == 0 {
		return nil, nil
	}
	if call, ok := e.(*python.Call); ok {
		if at, ok := call.Func.(*python.Attribute); ok && at.Attr == "as_view" {
			return nil, p.Resolve(at.Value, s).Class
		}
		if len(call.Args) == 0 {
			return nil, nil
		}
		return p.viewOf(call.Args[len(call.Args)-1], s, depth-1)
	}
	if f := p.Resolve(e, s).Function; f != nil {
		return f, nil
	}
	if sym, at := p.definition(e, s); sym != nil && len(sym.Values) > 0 {
		return p.viewOf(sym.Values[len(sym.Values)-1], at, depth-1)
	}
	return nil, nil
}

// definition is the symbol that a name stands for in the module that assigns it, over imports.
func (p *Program) definition(e python.Expr, s *Scope) (*Symbol, *Scope) {
	var sym *Symbol
	at := s
	switch e := e.(type) {
	case *python.Name:
		sym, at = s.Find(e.ID)
	case *python.Attribute:
		if m := p.Resolve(e.Value, s).Module; m != nil {
			sym, at = m.Scope.Names.Get(e.Attr), m.Scope
		}
	}
	for range maxResolve {
		if sym == nil || sym.Import == nil {
			return sym, at
		}
		m := p.Lookup(sym.Import.Module, at.Module)
		if m == nil || sym.Import.Name == "" {
			return nil, nil
		}
		sym, at = m.Scope.Names.Get(sym.Import.Name), m.Scope
	}
	return nil, nil
}

// findPrefixes adds the parameters of blueprints' prefixes to their routes': of
// Blueprint(..., url_prefix="/<tenant>") and of register_blueprint(bp, url_prefix="/<tenant>").
func (p *Program) findPrefixes() {
	prefixes := map[*Symbol][]string{}
	for f := range p.naming("url_prefix") {
		if f.Module.Test {
			continue
		}
		p.guard(f.Module, f.node(), func() { p.registered(f, prefixes) })
	}
	for _, r := range p.Routes {
		if r.on == nil {
			continue
		}
		sym, _ := p.definition(r.on, r.at)
		if sym == nil {
			continue
		}
		for _, v := range sym.Values {
			if call, ok := v.(*python.Call); ok {
				r.prefixed(argument(call, -1, "url_prefix"))
			}
		}
		for _, prefix := range prefixes[sym] {
			r.prefixed(&python.Str{Value: prefix})
		}
	}
}

// registered finds the prefixes under which blueprints are registered in a function.
func (p *Program) registered(f *Function, prefixes map[*Symbol][]string) {
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Call:
				prefix, ok := argument(n, -1, "url_prefix").(*python.Str)
				if !ok || python.LastName(n.Func) != "register_blueprint" || len(n.Args) == 0 || !strings.Contains(prefix.Value, "<") {
					return true
				}
				if sym, _ := p.definition(n.Args[0], f.Scope); sym != nil {
					prefixes[sym] = append(prefixes[sym], prefix.Value)
				}
			}
			return true
		})
	}
}

// prefixed adds the parameters of a prefix.
func (r *Route) prefixed(prefix python.Expr) {
	s, ok := prefix.(*python.Str)
	if !ok {
		return
	}
	for name, converter := range urlParams(s.Value) {
		if _, known := r.Params[name]; !known {
			r.Params[name] = converter
		}
	}
}
