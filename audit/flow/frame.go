package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// frame is the reading of one function.
type frame struct {
	e     *Engine
	fn    *program.Function
	root  *program.Function // for whom it is read: fn, or who calls it where it is read in place
	sum   *summary
	env   []*Value  // the local variables by slot
	extra []binding // names of comprehensions and lambdas, innermost last
	scope *program.Scope
	learned
	region int32 // the stretch of straight code that is being read
	last   int32 // the last region that was made
	class  *program.Class

	steps  int // expressions evaluated so far
	loops  int // in how many loops we are
	checks int // in how many conditions

	page    *page // the template that is read, nil for a function
	inlined Loc   // where a template in the program stands
	depth   int   // of templates in templates
	ended   bool  // what follows is not reached

	up     *frame // of the function in whose place this one is read; nil for one that is read for itself
	site   Loc    // where it is called there
	level  int    // how many are read so
	spent  int    // expressions evaluated in such functions
	placed int    // functions that were read where they are called
	eager  bool   // decorators are called: all that is given a function is read so
	inner  *python.Lambda
	free   []captured // variables of functions around it

	tested tested

	wrapping *wrapping // of a view: its own decorators

	unmarked *python.Call // the argument of str() that is being read
	tries    int          // in how many bodies of try with handlers
	caught   *Value       // what was raised in the one that is being read
	at       Loc          // the call whose summary is being applied
	typed    []string     // answers that are given another content type, on some way at least
	exits    []exit       // where break and continue leave the loop that is being read
}

type binding struct {
	name  string
	value *Value
}

// maxSteps bounds the expressions that are evaluated for one function, most of which are
// evaluated once: code that is nested deep enough is read again and again.
const maxSteps = 200_000

func newFrame(e *Engine, fn *program.Function, s *summary) *frame {
	f := e.spare.frames.take()
	f.e, f.fn, f.root, f.sum, f.scope, f.env = e, fn, fn, s, fn.Scope, e.list(fn.Scope.Names.Len())
	if fn.Node == nil {
		return f
	}
	if len(fn.Routes) > 0 {
		f.wrapping = e.wrap(fn)
	}
	for i := range fn.Node.Params.List {
		f.param(i, &fn.Node.Params.List[i])
	}
	return f
}

// param gives a parameter its value: the object itself for self, what the URL holds for a
// route, and an unknown that callers will name for all others.
func (f *frame) param(i int, p *python.Param) {
	sym := f.scope.Names.Get(p.Name)
	var v *Value
	switch {
	case i == 0 && f.fn.Class != nil && !f.fn.Static && p.Kind != python.KeywordOnly:
		v = f.unknownParam(i, p)
	default:
		if f.wrapping == nil { // else the decorators pass it on
			v = f.urlParam(i, p)
		}
		if v == nil && i == 0 && f.fn.Class == nil {
			v = f.handled(p)
		}
		if v == nil {
			v = f.unknownParam(i, p)
		}
		if p.Kind == python.VarPositional || p.Kind == python.VarKeyword {
			o := &Object{Rest: v, region: -1}
			o.addKeys(partsOf(v.Marks, step{open: anyKey}))
			v = &Value{Obj: o}
		}
	}
	f.env[sym.Slot] = v
	if f.fn.Inner {
		f.e.writeCell(f.fn, p.Name, v)
	}
}

// handled is the exception that an error handler is given; nil for all others, and where the
// text of the exception is written for visitors.
func (f *frame) handled(p *python.Param) *Value {
	for _, e := range f.fn.Handles {
		r := f.e.program.Resolve(e, f.fn.Scope.Parent)
		if name := lastName(r.Path()); !strings.HasSuffix(name, "Error") && !strings.HasSuffix(name, "Exception") || f.spoken(e) || !fromInside(r.Path()) {
			continue
		}
		return &Value{Marks: []Mark{{From: f.e.origin(Internal, loc(f.fn, p), "the text of an exception")}}}
	}
	return nil
}

// fromInside tells the packages whose exceptions speak of the program's inside; those of others
// may be written for visitors.
func fromInside(path string) bool {
	switch path[:max(0, strings.IndexByte(path, '.'))] {
	case "builtins", "sqlalchemy", "psycopg2", "psycopg", "sqlite3", "pymysql", "MySQLdb", "peewee", "pymongo", "redis", "requests", "jinja2", "subprocess", "os", "json", "socket", "ssl":
		return true
	}
	return false
}

// annotated takes what a parameter's annotation says of its class.
func (f *frame) annotated(v *Value, p *python.Param) {
	if p.Annotation == nil {
		return
	}
	r := f.e.program.Resolve(p.Annotation, f.scope)
	switch {
	case r.Class != nil:
		v.Of = r.Class
	case r.API != nil && harmlessType(r.API.Path):
		v.Marks = nil
	case r.API != nil && !strings.HasPrefix(r.API.Path, "builtins."):
		v.API = r.API.Call()
	}
}

// harmlessType tells the types whose values can carry no text of a visitor.
func harmlessType(path string) bool {
	switch path {
	case "builtins.int", "builtins.float", "builtins.bool", "uuid.UUID", "datetime.date", "datetime.datetime", "decimal.Decimal":
		return true
	}
	return false
}

// urlParam is the value of a route's parameter: what the visitor wrote there, unless its
// converter lets only numbers and the like through. It is nil where p is no such parameter.
func (f *frame) urlParam(i int, p *python.Param) *Value {
	if f.e.program.Operation(f.fn) {
		if !f.fn.Sent(i) || p.Annotation != nil && harmlessType(f.e.program.Resolve(p.Annotation, f.scope).Path()) {
			return f.given(p)
		}
		return &Value{Marks: []Mark{{From: f.e.origin(Request, loc(f.fn, p), "a parameter of the request: "+p.Name)}}}
	}
	if f.fn.Parsed(i) {
		return f.handedOver(p)
	}
	for _, r := range f.fn.Routes {
		converter, ok := r.Params[p.Name]
		if !ok && !r.Unknown {
			continue
		}
		if ok && harmlessConverter(converter) {
			return &Value{Checked: true}
		}
		if !ok && (p.Default != nil || p.Name == "cls") {
			continue
		}
		o := f.e.origin(Request, loc(f.fn, p), "part of the URL: "+p.Name)
		var s Kinds
		if converter != "path" {
			s = Redirect | noSlash // so no other host either
		}
		return &Value{Marks: []Mark{{From: o, Safe: s}}}
	}
	return nil
}

// given is a parameter of an operation that the framework hands over: the context of a
// resolver is the request.
func (f *frame) given(p *python.Param) *Value {
	if p.Name != "info" && p.Name != "_info" {
		return f.e.unknown
	}
	request := f.e.api(f.e.program.APIs.Module("flask").Attr("request"))
	return &Value{Obj: &Object{Fields: []Field{{"context", request}}, region: -1}}
}

// harmlessConverter tells the converters of URLs that let only numbers, ids and the like
// through; those of a project by their names.
func harmlessConverter(name string) bool {
	for _, w := range []string{"int", "float", "uuid", "any", "date", "hex", "slug", "num", "enum"} {
		if strings.Contains(strings.ToLower(name), w) {
			return true
		}
	}
	return false
}

func (f *frame) run() {
	f.block(f.fn.Body)
	if !f.ended {
		f.comesBack()
		f.guards(nil, none)
	}
}

func (f *frame) loc(n python.Node) Loc { return loc(f.fn, n) }

// block reads statements until one ends the flow.
func (f *frame) block(body []python.Stmt) {
	for _, s := range body {
		if f.ended || f.steps > maxSteps {
			return
		}
		f.statement(s)
	}
}

func (f *frame) statement(s python.Stmt) {
	switch s := s.(type) {
	case *python.ExprStmt:
		v := f.eval(s.Value)
		f.ended = f.ended || v == never
		f.filling(s.Value)
	case *python.Assign:
		v := f.eval(s.Value)
		if len(s.Targets) == 1 {
			f.assigned(s.Targets[0], s.Value, func() { f.assign(s.Targets[0], v) })
			return
		}
		for _, t := range s.Targets {
			f.assign(t, v)
		}
	case *python.AnnAssign:
		if s.Value != nil {
			f.assign(s.Target, f.eval(s.Value))
		}
	case *python.AugAssign:
		old := f.eval(s.Target)
		v := f.binary(s.Op, old, f.eval(s.Value), s)
		f.augmented(s, func() { f.assign(s.Target, v) })
	case *python.Return:
		f.result(s)
	case *python.Raise:
		if s.Exc != nil {
			f.raise(&Value{Marks: f.eval(s.Exc).deep()})
			f.unwritten(s.Exc)
		}
		f.ended = true
	case *python.Break, *python.Continue:
		_, out := s.(*python.Break)
		f.exits = append(f.exits, exit{state{env: f.copy(f.env), learned: f.learned}, out})
		f.ended = true
	case *python.Function:
		f.define(s)
	case *python.Class:
		f.classBody(s)
	case *python.Assert:
		f.assert(s)
	case *python.Delete:
		for _, t := range s.Targets {
			if n, ok := t.(*python.Name); ok {
				f.bind(n.ID, nil)
			}
		}
	case *python.Import, *python.ImportFrom:
		f.imports(s)
	default:
		f.compound(s)
	}
}

// imports reads the modules that are imported, so that their global variables are known. The
// names themselves are found by the scope.
func (f *frame) imports(s python.Stmt) {
	if from, ok := s.(*python.ImportFrom); ok {
		for _, a := range from.Names {
			name := a.As
			if name == "" {
				name = a.Name
			}
			if sym, _ := f.scope.Find(name); sym != nil && sym.Import != nil {
				f.bind(name, nil)
			}
		}
	}
}

// define evaluates what runs where a function is defined: decorators and defaults.
func (f *frame) define(s *python.Function) {
	for _, d := range s.Decorators {
		made := f.eval(d)
		if sym := f.scope.Names.Get(s.Name); made.API != nil && sym != nil && sym.Function != nil && sym.Function.Node == s {
			f.handOver(made.API.Path, d, sym.Function)
		}
	}
	if sym := f.scope.Names.Get(s.Name); len(s.Decorators) > 0 && sym != nil && sym.Function != nil && sym.Function.Node == s && f.up == nil {
		f.e.wrap(sym.Function) // it may be put into a register
	}
	for i := range s.Params.List {
		if d := s.Params.List[i].Default; d != nil {
			f.eval(d)
		}
	}
}

// classBody reads the statements of a class; its variables become attributes of it.
func (f *frame) classBody(s *python.Class) {
	sym, _ := f.scope.Find(s.Name)
	if sym == nil || sym.Class == nil {
		return
	}
	c := sym.Class
	oldEnv, oldScope, oldClass, known := f.env, f.scope, f.class, f.learned
	f.env, f.scope, f.class, f.learned = make([]*Value, c.Scope.Names.Len()), c.Scope, c, learned{}
	f.block(s.Body)
	for name, sym := range c.Scope.Names.All() {
		if v := f.env[sym.Slot]; v != nil && sym.Function == nil && sym.Class == nil {
			f.store(c, name, v)
		}
	}
	f.env, f.scope, f.class, f.learned = oldEnv, oldScope, oldClass, known
	f.announce(c)
}

func (f *frame) assert(s *python.Assert) {
	c := f.condition(s.Test)
	f.refine(c.then)
}

// result keeps what the function returns; a view's answer is a page.
func (f *frame) result(s *python.Return) {
	if s.Value == nil {
		f.comesBack()
		if f.up == nil && f.class == nil {
			f.guards(nil, none)
		}
		f.ended = true
		return
	}
	v := f.eval(s.Value)
	f.ended = true
	if f.class == nil && v != never {
		f.comesBack()
		f.sum.result = join(f.sum.result, v)
		f.answer(s, v)
		if f.up == nil {
			f.guards(s.Value, v)
		}
	}
}
