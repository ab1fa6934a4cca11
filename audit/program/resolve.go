package program

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// Ref is what an expression stands for, as far as that can be told without following values.
// At most one field is set; none: it cannot be told.
type Ref struct {
	API      *API // something from outside of the project
	Module   *Module
	Function *Function
	Class    *Class
	Instance *Class // an instance of the class
}

// Known reports whether anything is known.
func (r Ref) Known() bool { return r != Ref{} }

// Path is the way to an outside thing, "" for all others.
func (r Ref) Path() string {
	if r.API == nil {
		return ""
	}
	return r.API.Path
}

// maxResolve bounds how far a name is followed through assignments and imports.
const maxResolve = 12

// maxChain bounds the links of a chain such as a.b().c(), all of which are followed for each
// of them.
const maxChain = 200

// Resolve tells what an expression of the scope stands for. A name that was assigned several
// values is the last one of them that is known.
func (p *Program) Resolve(e python.Expr, s *Scope) Ref {
	if endless(e) {
		return Ref{}
	}
	return p.resolve(e, s, maxResolve)
}

// endless reports whether an expression is a chain of more than maxChain links.
func endless(e python.Expr) bool {
	for range maxChain {
		switch n := e.(type) {
		case *python.Attribute:
			e = n.Value
		case *python.Call:
			e = n.Func
		default:
			return false
		}
	}
	return true
}

func (p *Program) resolve(e python.Expr, s *Scope, depth int) Ref {
	if depth == 0 {
		return Ref{}
	}
	switch e := e.(type) {
	case *python.Name:
		return p.name(e.ID, s, depth-1)
	case *python.Attribute:
		return p.attr(p.resolve(e.Value, s, depth), e.Attr, depth-1)
	case *python.Call:
		return p.result(p.resolve(e.Func, s, depth), e, s, depth-1)
	case *python.Subscript:
		if r := p.resolve(e.Value, s, depth-1); r.API != nil {
			return Ref{API: r.API.Item()}
		}
	case *python.Await:
		return p.resolve(e.Value, s, depth-1)
	case *python.NamedExpr:
		return p.resolve(e.Value, s, depth-1)
	case *python.BoolOp: // x or default
		for _, v := range e.Values {
			if r := p.resolve(v, s, depth-1); r.Known() {
				return r
			}
		}
	case *python.IfExp:
		if r := p.resolve(e.Body, s, depth-1); r.Known() {
			return r
		}
		return p.resolve(e.Else, s, depth-1)
	}
	return Ref{}
}

// Find is the symbol that a name means in the scope, and the scope that holds it.
func (s *Scope) Find(name string) (*Symbol, *Scope) {
	if sym := s.Names.Get(name); sym != nil {
		return sym, s
	}
	return s.FindAround(name)
}

// FindAround is Find for a name that the scope itself does not have.
func (s *Scope) FindAround(name string) (*Symbol, *Scope) {
	for at := s.Parent; at != nil; at = at.Parent {
		if at.class {
			continue
		}
		if sym := at.Names.Get(name); sym != nil {
			return sym, at
		}
	}
	return nil, nil
}

func (p *Program) name(name string, s *Scope, depth int) Ref {
	sym, at := s.Find(name)
	if sym == nil {
		return p.starred(name, s.Module, depth)
	}
	return p.symbol(sym, at, depth)
}

func (p *Program) symbol(sym *Symbol, at *Scope, depth int) Ref {
	switch {
	case sym.Function != nil:
		return Ref{Function: sym.Function}
	case sym.Class != nil:
		return Ref{Class: sym.Class}
	case sym.Import != nil:
		return p.Imported(sym.Import, at.Module, depth)
	}
	if len(sym.Values) == 0 {
		return Ref{}
	}
	memo := &p.known[at.Module.first+int(sym.id)]
	if *memo != nil {
		return **memo
	}
	*memo = p.nothing // while it is being resolved: x = x.strip() says nothing of x
	for _, v := range slices.Backward(sym.Values) {
		if endless(v) {
			continue
		}
		if r := p.resolve(v, at, depth); r.Known() {
			*memo = &r
			return r
		}
	}
	if depth < maxResolve/2 { // asked from nearer by, it may be found
		*memo = nil
	}
	return Ref{}
}

// starred looks for a name in the modules that were imported with *. What is in none of the
// project's own is Python's, or that of an outside module which was imported so.
func (p *Program) starred(name string, m *Module, depth int) Ref {
	for _, own := range m.stars {
		if sym := own.Scope.Names.Get(name); sym != nil && depth > 0 {
			if r := p.symbol(sym, own.Scope, depth-1); r.Known() {
				return r
			}
		}
	}
	if m.outside != "" && !isBuiltin(name) {
		return Ref{API: p.APIs.Module(m.outside).Attr(name)}
	}
	return Ref{API: p.APIs.Module("builtins").Attr(name)}
}

// maxStars bounds the modules that one may import with *.
const maxStars = 256

// followStars finds the modules that m imports with *, over any number of steps.
func (p *Program) followStars(m *Module) {
	seen := map[*Module]bool{m: true}
	var visit func(at *Module)
	visit = func(at *Module) {
		for _, name := range at.starNames() {
			own := p.Lookup(name, at)
			switch {
			case own == nil:
				if m.outside == "" || name == "flask" {
					m.outside = name
				}
			case !seen[own] && len(m.stars) < maxStars:
				seen[own] = true
				m.stars = append(m.stars, own)
				visit(own)
			}
		}
	}
	visit(m)
}

// starNames are the modules that a module imports with *, as it writes them.
func (m *Module) starNames() []string {
	star := m.Scope.Names.Get("*")
	if star == nil || star.Import == nil {
		return nil
	}
	all := []string{star.Import.Module}
	for _, v := range star.Values {
		all = append(all, v.(*python.Str).Value)
	}
	return all
}

// isBuiltin tells the names of Python's module builtins that apps use.
func isBuiltin(name string) bool {
	switch name {
	case "abs", "all", "any", "bool", "bytes", "bytearray", "callable", "chr", "compile", "dict", "dir", "divmod", "enumerate", "eval", "exec", "filter", "float", "format", "frozenset",
		"getattr", "globals", "hasattr", "hash", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "list", "locals", "map", "max", "min", "next", "object", "open", "ord",
		"pow", "print", "property", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "str", "sum", "super", "tuple", "type", "vars", "zip", "staticmethod", "classmethod",
		"exit", "quit", "__import__", "__name__", "__file__":
		return true
	}
	return len(name) > 5 && (name[len(name)-5:] == "Error" || name == "Exception" || name == "BaseException")
}

// Imported is what an import of the module from binds. It is looked up once, from where there
// is depth enough left to find it. Two modules that import one name from each other bind
// nothing.
func (p *Program) Imported(i *Import, from *Module, depth int) Ref {
	memo := &p.known[from.first+int(i.id)]
	if *memo != nil {
		return **memo
	}
	*memo = p.nothing
	r := p.bound(i, from, depth)
	*memo = nil
	if depth >= maxResolve/2 {
		*memo = &r
	}
	return r
}

// Number is the number of an import of the module, under which whoever asks about all of them
// may keep what it found: from 0 up to Numbers.
func (p *Program) Number(i *Import, from *Module) int { return from.first + int(i.id) }

// Numbers is how many numbers there are.
func (p *Program) Numbers() int { return p.numbers }

func (p *Program) bound(i *Import, from *Module, depth int) Ref {
	own := i.own
	if i.Name == "" {
		if own != nil && !p.inner(own, i.Module) {
			return Ref{Module: own}
		}
		return Ref{API: p.APIs.Module(i.Module)}
	}
	if i.outside {
		return Ref{API: p.APIs.Module(i.Module).Attr(i.Name)}
	}
	if own == nil || own.Scope.Names.Get(i.Name) == nil {
		if m := p.Lookup(i.Module+"."+i.Name, from); m != nil {
			return Ref{Module: m}
		}
		if own != nil && p.inner(own, i.Module) {
			own = nil
		}
	}
	if m := own; m != nil {
		if depth <= 0 {
			return Ref{}
		}
		return p.member(m, i.Name, depth)
	}
	return Ref{API: p.APIs.Module(i.Module).Attr(i.Name)}
}

// inner reports whether a package inside another one was found by its last name alone. That
// holds where the outer one's folder is where the app is run; shop/web/flask is not what all
// others in shop/web mean by flask.
func (p *Program) inner(m *Module, name string) bool {
	return m.Package && len(p.byName[name]) == 0
}

// member is a global name of a module of the project, or a module inside it.
func (p *Program) member(m *Module, name string, depth int) Ref {
	if sym := m.Scope.Names.Get(name); sym != nil {
		return p.symbol(sym, m.Scope, depth)
	}
	if sub := p.Lookup(m.Name+"."+name, m); sub != nil {
		return Ref{Module: sub}
	}
	if r := p.starred(name, m, depth); r.API == nil || r.API.Parent() != p.APIs.Module("builtins") {
		return r
	}
	return Ref{}
}

// attr is the attribute of something.
func (p *Program) attr(of Ref, name string, depth int) Ref {
	switch {
	case of.API != nil:
		return Ref{API: of.API.Attr(name)}
	case depth <= 0:
		return Ref{}
	case of.Module != nil:
		return p.member(of.Module, name, depth)
	case of.Class != nil:
		return p.classAttr(of.Class, name, depth)
	case of.Instance != nil:
		return p.classAttr(of.Instance, name, depth)
	}
	return Ref{}
}

// classAttr is a method or a class variable, the class's own or inherited.
func (p *Program) classAttr(c *Class, name string, depth int) Ref {
	if m := c.Method(name); m != nil {
		return Ref{Function: m}
	}
	for _, k := range c.Line() {
		if sym := k.Scope.Names.Get(name); sym != nil {
			return p.symbol(sym, k.Scope, depth)
		}
	}
	for _, k := range c.Line() {
		if len(k.External) > 0 {
			return Ref{API: p.own(k.External[0]).Call().Attr(name)}
		}
	}
	return Ref{}
}

// result is what a call gives.
func (p *Program) result(of Ref, call *python.Call, s *Scope, depth int) Ref {
	switch {
	case of.API != nil:
		return Ref{API: of.API.Call()}
	case of.Class != nil:
		return Ref{Instance: of.Class}
	case of.Function != nil && depth > 0:
		return p.returned(of.Function, depth-1)
	}
	return Ref{}
}

// returned is what a function's last return statement gives, for factories.
func (p *Program) returned(f *Function, depth int) Ref {
	if f.Node == nil || depth <= 0 {
		return Ref{}
	}
	if r := lastReturn(f.Body); r != nil {
		return p.resolve(r.Value, f.Scope, depth)
	}
	return Ref{}
}

// lastReturn is the last return of a value in a block, or in the blocks in it.
func lastReturn(body []python.Stmt) *python.Return {
	for _, s := range slices.Backward(body) {
		var inner [][]python.Stmt
		switch s := s.(type) {
		case *python.Return:
			if s.Value != nil {
				return s
			}
		case *python.With:
			inner = [][]python.Stmt{s.Body}
		case *python.If:
			inner = [][]python.Stmt{s.Body, s.Else}
		case *python.Try:
			inner = [][]python.Stmt{s.Body, s.Else, s.Finally}
		}
		for _, b := range slices.Backward(inner) {
			if r := lastReturn(b); r != nil {
				return r
			}
		}
	}
	return nil
}
