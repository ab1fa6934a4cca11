package program

import (
	"github.com/fumehood/fumehood/audit/internal/table"
	"github.com/fumehood/fumehood/audit/python"
)

// Scope holds the names that a module, a class or a function defines.
type Scope struct {
	Names  table.Of[*Symbol]
	Parent *Scope // the scope around it in which names are looked up next; nil for a module
	Module *Module
	class  bool // names of a class are not seen from its methods
}

// Symbol is what one name of a scope stands for: whatever was last bound to it, and all the
// values that were ever assigned to it.
type Symbol struct {
	Function *Function
	Class    *Class
	Import   *Import
	Values   []python.Expr // the right sides of plain assignments, in order
	Slot     int           // counts the names of a scope
	Other    bool          // it is also bound in a way that has no one value: loop, with, except, parameter

	id int32 // its number among those of the module; 0 without values
}

// Import is what an import statement binds to a name: a module, or a name in a module.
type Import struct {
	Module string // dotted and absolute within the project for relative imports
	Name   string // "" for the module itself

	own     *Module // the project's own module that is meant; nil for others
	outside bool    // nothing of the project is of that name, nor inside of it
	id      int32   // its number among those of the module
}

// Function is a def, a lambda with a name, or the top-level code of a module.
type Function struct {
	ID     int // the index in Program.Functions
	Name   string
	Module *Module
	Class  *Class    // the class whose method it is; nil for others
	Parent *Function // the function that it stands in; nil at the top level
	Node   *python.Function
	Body   []python.Stmt
	Scope  *Scope
	Routes []*Route
	Inner  bool // other functions stand in it
	Static bool // a staticmethod: no self
	ByType bool // a classmethod: its first parameter is the class

	operation operation
	Handles   []python.Expr // the exceptions or codes for which it is an error handler
}

// node is where the function stands; nil for the top-level code of a module.
func (f *Function) node() python.Node {
	if f.Node == nil {
		return nil
	}
	return f.Node
}

// Class is a class statement.
type Class struct {
	ID       int // the index in Program.Classes
	Name     string
	Module   *Module
	Node     *python.Class
	Scope    *Scope
	Methods  table.Of[*Function]
	Own      []*Class // its bases in this project
	External []*API   // its other bases
	Outer    *Scope   // where it stands

	line []*Class // Line, once all bases are known
}

// collector walks the statements of one scope.
type collector struct {
	*gathered
	m     *Module
	scope *Scope
	fn    *Function
	class *Class
	outer map[string]*Scope // names declared global or nonlocal here, and where they live
}

func (c *collector) symbol(name string) *Symbol {
	names := &c.scope.Names
	if s := c.outer[name]; s != nil {
		names = &s.Names
	}
	s := names.Get(name)
	if s == nil {
		s = c.newSymbols.One()
		s.Slot = names.Len()
		names.Set(name, s)
	}
	return s
}

func (c *collector) block(body []python.Stmt) {
	for _, s := range body {
		c.statement(s)
	}
}

func (c *collector) statement(s python.Stmt) {
	switch s := s.(type) {
	case *python.Function:
		c.function(s)
	case *python.Class:
		c.classStmt(s)
	case *python.Import, *python.ImportFrom:
		c.imports(s)
	case *python.Assign:
		for _, t := range s.Targets {
			c.assign(t, s.Value)
		}
	case *python.AnnAssign:
		if s.Value != nil {
			c.assign(s.Target, s.Value)
		}
	case *python.AugAssign:
		c.assign(s.Target, nil)
	case *python.Global:
		c.declare(s.Names, c.m.Scope)
	case *python.Nonlocal:
		for _, name := range s.Names {
			if at := c.around(name); at != nil {
				c.declare([]string{name}, at)
			}
		}
	default:
		c.compound(s)
	}
}

// around is the scope of the function around this one that has the name, or of the nearest one
// if it is bound later.
func (c *collector) around(name string) *Scope {
	if c.fn.Parent == nil {
		return nil
	}
	for f := c.fn.Parent; f != nil; f = f.Parent {
		if f.Scope.Names.Get(name) != nil {
			return f.Scope
		}
	}
	return c.fn.Parent.Scope
}

func (c *collector) declare(names []string, where *Scope) {
	if c.outer == nil {
		c.outer = map[string]*Scope{}
	}
	for _, n := range names {
		c.outer[n] = where
	}
}

// compound walks into the statements that hold others.
func (c *collector) compound(s python.Stmt) {
	switch s := s.(type) {
	case *python.If:
		c.block(s.Body)
		c.block(s.Else)
	case *python.For:
		c.assign(s.Target, nil)
		c.block(s.Body)
		c.block(s.Else)
	case *python.While:
		c.block(s.Body)
		c.block(s.Else)
	case *python.With:
		for i := range s.Items {
			c.assign(s.Items[i].Target, nil)
		}
		c.block(s.Body)
	case *python.Try:
		c.block(s.Body)
		for i := range s.Handlers {
			if s.Handlers[i].Name != "" {
				c.symbol(s.Handlers[i].Name).Other = true
			}
			c.block(s.Handlers[i].Body)
		}
		c.block(s.Else)
		c.block(s.Finally)
	case *python.Match:
		for i := range s.Cases {
			c.pattern(s.Cases[i].Pattern)
			c.block(s.Cases[i].Body)
		}
	}
}

// pattern binds the names that a case captures.
func (c *collector) pattern(e python.Expr) {
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			if n.ID != "_" {
				c.symbol(n.ID).Other = true
			}
		case *python.PatternAs:
			c.symbol(n.Name).Other = true
		case *python.Attribute:
			return false
		case *python.Call: // the class is no capture
			for _, a := range n.Args {
				c.pattern(a)
			}
			for i := range n.Keywords {
				c.pattern(n.Keywords[i].Value)
			}
			return false
		}
		return true
	})
}

func (c *collector) assign(target, value python.Expr) {
	switch t := target.(type) {
	case *python.Name:
		s := c.symbol(t.ID)
		if value != nil {
			if s.id == 0 {
				s.id = c.number()
			}
			s.Values = append(s.Values, value)
		} else {
			s.Other = true
		}
	case *python.Tuple:
		c.assignAll(t.Elts, value)
	case *python.List:
		c.assignAll(t.Elts, value)
	case *python.Starred:
		c.assign(t.Value, nil)
	}
}

// assignAll binds the parts of an unpacking, one to one where both sides are written out.
func (c *collector) assignAll(targets []python.Expr, value python.Expr) {
	if tuple, ok := value.(*python.Tuple); ok && len(tuple.Elts) == len(targets) {
		for i, t := range targets {
			c.assign(t, tuple.Elts[i])
		}
		return
	}
	for _, t := range targets {
		c.assign(t, nil)
	}
}

func (c *collector) imports(s python.Stmt) {
	switch s := s.(type) {
	case *python.Import:
		for _, a := range s.Names {
			c.decorates = c.decorates || makesResolvers(a.Name)
			if a.As != "" {
				c.symbol(a.As).Import = c.imported(c.m, Import{Module: a.Name})
				continue
			}
			first := a.Name
			for i := range first {
				if first[i] == '.' {
					first = first[:i]
					break
				}
			}
			c.symbol(first).Import = c.imported(c.m, Import{Module: first})
		}
	case *python.ImportFrom:
		module := s.Module
		if s.Level > 0 {
			module = c.m.relative(s.Level, s.Module)
		}
		c.decorates = c.decorates || makesResolvers(module)
		for _, a := range s.Names {
			if a.Name == "*" {
				c.star(module)
				continue
			}
			as := a.As
			if as == "" {
				as = a.Name
			}
			c.symbol(as).Import = c.imported(c.m, Import{Module: module, Name: a.Name})
		}
	}
}

// star binds * to the module, so that a name which nobody else defines is looked for in it.
func (c *collector) star(module string) {
	s := c.symbol("*")
	if s.Import == nil {
		s.Import = c.imported(c.m, Import{Module: module})
		return
	}
	s.Values = append(s.Values, &python.Str{Value: module}) // further ones
}

func (c *collector) function(s *python.Function) {
	f := c.newFunctions.One()
	*f = Function{Name: s.Name, Module: c.m, Class: c.class, Node: s, Body: s.Body}
	if c.fn != c.m.Main {
		f.Parent = c.fn
		c.fn.Inner = true
	}
	for _, d := range s.Decorators {
		if n, ok := d.(*python.Name); ok {
			f.Static = f.Static || n.ID == "staticmethod"
			f.ByType = f.ByType || n.ID == "classmethod"
		}
	}
	c.functions = append(c.functions, f)
	around := c.scope
	for around.class {
		around = around.Parent
	}
	f.Scope = c.newScopes.One()
	f.Scope.Parent, f.Scope.Module = around, c.m
	sym := c.symbol(s.Name)
	sym.Function = f
	if c.class != nil {
		if old := c.class.Methods.Get(s.Name); old == nil || !isAccessor(s) {
			c.class.Methods.Set(s.Name, f)
		}
	}
	for i := range s.Params.List {
		param := c.newSymbols.One()
		param.Other, param.Slot = true, f.Scope.Names.Len()
		f.Scope.Names.Set(s.Params.List[i].Name, param)
	}
	inner := collector{gathered: c.gathered, m: c.m, scope: f.Scope, fn: f}
	inner.block(s.Body)
}

// isAccessor is @name.setter or @name.deleter: the getter is what a read of name means.
func isAccessor(s *python.Function) bool {
	for _, d := range s.Decorators {
		if a, ok := d.(*python.Attribute); ok && (a.Attr == "setter" || a.Attr == "deleter") {
			return true
		}
	}
	return false
}

func (c *collector) classStmt(s *python.Class) {
	cls := &Class{Name: s.Name, Module: c.m, Node: s, Outer: c.scope}
	cls.Scope = &Scope{Parent: c.scope, Module: c.m, class: true}
	c.classes = append(c.classes, cls)
	c.symbol(s.Name).Class = cls
	inner := collector{gathered: c.gathered, m: c.m, scope: cls.Scope, fn: c.fn, class: cls}
	inner.block(s.Body)
}
