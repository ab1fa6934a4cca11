package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// external calls an outside function: what it does is in the models, or it is taken to give
// back what it is given.
func (f *frame) external(api *program.API, callee, to *Value, a *arguments, e *python.Call) *Value {
	path := api.Path
	if kinds := proves(path); kinds != 0 && f.page == nil && e != nil && len(e.Args) > 0 {
		defer f.refine(f.about(e.Args[0], kinds))
	}
	if s, ok := f.e.models.calls[path]; ok {
		return f.modelled(s, api, to, a, e)
	}
	if special := f.e.models.special[path]; special != nil {
		return special(f, api, a, e)
	}
	marks := f.callbacks(path, a, e)
	if to == nil && f.e.models.inert(path) {
		if len(marks) > 0 {
			return &Value{API: api.Call(), Marks: marks}
		}
		return f.e.api(api.Call())
	}
	f.mutated(to, lastName(path), a, e)
	switch {
	case to != nil:
		marks = merge(marks, to.Marks)
	case callee != nil && len(callee.Marks) > 0: // request.get_json()
		marks = merge(marks, callee.Marks)
	case strings.HasPrefix(path, "builtins.") || !strings.Contains(path, "()"):
		marks = merge(marks, a.marks())
	}
	if renders(lastName(path)) {
		marks = safe(marks, Markup)
	}
	if len(marks) == 0 {
		return f.e.api(api.Call())
	}
	return &Value{API: api.Call(), Marks: marks}
}

// renders tells the outside functions that put values into a page of their own, such as those
// of themes: templates escape, and what one does with its variables is seen where it is read.
func renders(name string) bool {
	return strings.HasPrefix(strings.TrimLeft(name, "_"), "render")
}

// modelled applies what the models say of a call.
func (f *frame) modelled(s callSpec, api *program.API, to *Value, a *arguments, e *python.Call) *Value {
	if s.special != nil {
		return s.special(f, api, a, e)
	}
	for _, u := range s.uses {
		if u.pos < 0 {
			f.used(u.kinds, a.all(), e, api.Path)
			continue
		}
		if v := a.get(u.pos, u.name); v != nil {
			f.used(u.kinds, v, e, api.Path)
		}
	}
	if s.on != 0 && to != nil {
		f.used(s.on, to, e, api.Path)
	}
	if s.never {
		return never
	}
	var marks []Mark
	switch s.gives {
	case givesNothing:
	case givesAll:
		marks = a.marks()
		if to != nil {
			marks = merge(marks, to.deep())
		}
	case givesFirst:
		if v := a.get(0, ""); v != nil {
			marks = v.deep()
		}
	case givesStored:
		marks = []Mark{{From: f.e.origin(Stored, f.loc(e), "read from the database")}}
	case givesInternal:
		marks = []Mark{{From: f.e.origin(Internal, f.loc(e), "the text of an exception")}}
	case givesTraceback:
		marks = []Mark{{From: f.e.origin(Internal, f.loc(e), Traceback)}}
	case givesRequest:
		marks = []Mark{{From: f.e.origin(Request, f.loc(e), "what the visitor sent")}}
	}
	had := len(marks) > 0
	marks = safe(undone(marks, s.undo), s.safe)
	if len(marks) == 0 && (had || s.gives != givesNothing && a.written()) {
		return &Value{API: api.Call(), Checked: true}
	}
	if len(marks) == 0 {
		return f.e.api(api.Call())
	}
	return &Value{API: api.Call(), Marks: marks}
}

// method calls an attribute of a value that is no instance of the project's classes.
func (f *frame) method(to *Value, name string, a *arguments, e *python.Call) *Value {
	if to.Obj == nil && len(to.Marks) == 1 {
		f.fillsParam(to, name, a)
	}
	if key, ok := a.get(0, "").strOf(); ok && name == "get" && to.isReferrer(key) {
		return to.referrer()
	} else if ok && name == "get" && to.ofServer(key) {
		return f.e.unknown
	}
	if v := f.ownMethod(to, name, a, e); v != nil {
		return v
	}
	if v := f.orm(to, name, a, e); v != nil {
		return v
	}
	if to.API != nil {
		callee := f.apiAttr(to, name, e.Func)
		if callee.Func != nil || callee.Class != nil || callee.lambda() != nil { // put there by the program
			return f.invoke(callee, a, e)
		}
		path := to.API.Path + "." + name
		_, exact := f.e.models.calls[path]
		if exact || f.e.models.special[path] != nil {
			return f.external(callee.API, callee, to, a, e)
		}
		if s, ok := f.e.models.ofPackage(to.API.Path, name); ok {
			return f.modelled(s, to.API.Attr(name), to, a, e)
		}
		if v := f.builtinMethod(to, name, a, e); v != nil {
			return v
		}
		if s, ok := f.e.models.methods[name]; ok {
			return f.modelled(s, to.API.Attr(name), to, a, e)
		}
		return f.external(to.API.Attr(name), callee, f.receiver(to, callee), a, e)
	}
	if v := f.builtinMethod(to, name, a, e); v != nil {
		return v
	}
	if s, ok := f.e.models.methods[name]; ok {
		return f.modelled(s, f.e.program.APIs.Module("?").Attr(name), to, a, e)
	}
	if to.Func != nil {
		if v := f.task(to, name, a, e); v != nil {
			return v
		}
	}
	v := f.byName(to, name, a, e)
	if marks := f.callbacks(name, a, e); len(marks) > 0 {
		v = join(v, &Value{Marks: marks})
	}
	if len(to.Marks) == 0 {
		return v
	}
	return join(v, &Value{Marks: partsOf(to.Marks, attributeStep(name))})
}

// ofServer reports whether a key of the environ is what the server writes there.
func (v *Value) ofServer(key string) bool {
	if v.API == nil || len(v.Marks) == 0 || lastName(v.API.Path) != "environ" {
		return false
	}
	switch key {
	case "QUERY_STRING", "PATH_INFO", "REQUEST_URI", "RAW_URI", "CONTENT_TYPE", "wsgi.input":
		return false
	}
	return !strings.HasPrefix(key, "HTTP_")
}

// ofPackage is a method of something that a package gives.
func (m *models) ofPackage(path, name string) (callSpec, bool) {
	i := strings.IndexByte(path, '.')
	if i < 0 {
		return callSpec{}, false
	}
	s, ok := m.within[path[:i]][name]
	return s, ok && strings.Contains(path, "()")
}

// maxByName bounds the methods of one name that a call of an unknown object may mean.
const maxByName = 4

// byName takes a method of an unknown object to be any of the project's methods of that name
// if these are few.
func (f *frame) byName(to *Value, name string, a *arguments, e *python.Call) *Value {
	v := f.e.unknown
	all := f.e.byName[name]
	if len(all) > maxByName || strings.HasPrefix(name, "__") || elements(name, e) || len(a.marks()) == 0 {
		return v
	}
	for _, m := range all {
		v = join(v, f.own(bound(m, f.e.instance(m.Class)), a, e))
	}
	return v
}

// receiver is what the method was called on: an outside module carries nothing.
func (f *frame) receiver(to, callee *Value) *Value {
	if len(callee.Marks) > 0 {
		return callee
	}
	if len(to.Marks) == 0 && !strings.Contains(to.API.Path, "()") {
		return nil
	}
	return to
}

// orm knows the ways to ask an object mapper for rows of a model.
func (f *frame) orm(to *Value, name string, a *arguments, e *python.Call) *Value {
	if len(a.list) == 0 {
		return nil
	}
	first := a.list[0]
	model := first.Class
	if model == nil {
		model = first.query()
	}
	if model == nil || !isModel(model) {
		return nil
	}
	switch name {
	case "bulk_insert_mappings", "bulk_update_mappings":
		for _, v := range a.list[1:] {
			f.fillDict(model, v)
		}
	case "query", "select", "scalars", "execute", "paginate", "exec", "stream", "stream_scalars":
		return queryOf(model)
	case "get", "get_or_404", "one_or_404", "first_or_404", "scalar":
		return f.row(model)
	}
	return nil
}

// row is one row of a model, as the database gives it back.
func (f *frame) row(c *program.Class) *Value { return f.e.instance(c) }

// query calls a method of a query.
func (f *frame) query(to *Value, name string, a *arguments, e *python.Call) *Value {
	switch name {
	case "prefix_with", "suffix_with", "with_hint":
		for _, v := range a.list {
			f.used(SQL, v, e, "a query's "+name)
		}
	case "filter", "order_by", "group_by", "having", "where", "from_statement":
		for i, v := range a.list {
			if v.API == nil && (i >= len(e.Args) || mayBeText(e.Args[i])) {
				f.used(SQL, v, e, "a query's "+name)
			}
		}
	case "values", "create", "get_or_create", "update_or_create", "insert", "bulk_create":
		f.fillRow(to.query(), a, e)
		if name != "values" {
			return f.modelMethod(to.query(), name, &arguments{node: e}, e)
		}
	case "first", "last", "get", "one", "first_or_404", "get_or_404", "one_or_none", "one_or_404", "scalar", "scalar_one", "scalar_one_or_none", "get_or_none":
		return f.row(to.query())
	case "all", "fetchall":
		return &Value{Obj: &Object{Rest: f.row(to.query()), region: -1}}
	case "count", "delete", "exists":
		return f.e.unknown
	case "update":
		if v := a.get(0, "values"); v != nil {
			for _, fd := range fieldsOf(v) {
				f.store(to.query(), fd.Key, fd.Value)
			}
		}
		for _, n := range a.named {
			f.store(to.query(), n.Key, n.Value)
		}
		return f.e.unknown
	}
	return to
}

// mayBeText tells a text among a query's conditions from what compares columns: User.id == 1,
// ~User.gone, User.name.in_(names), (User.id == 1) | (User.id == 2).
func mayBeText(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Compare, *python.UnaryOp, *python.BoolOp:
		return false
	case *python.BinOp:
		return e.Op != python.BitOr && e.Op != python.BitAnd || mayBeText(e.Left) || mayBeText(e.Right)
	case *python.Call:
		switch python.LastName(e.Func) {
		case "format", "join", "text", "str", "strip", "lower", "upper", "replace", "get", "pop":
			return true
		}
		_, method := e.Func.(*python.Attribute)
		return !method
	}
	return true
}

// isModel tells the classes whose instances are rows of a database.
func isModel(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		switch lastName(path) {
		case "Model", "Document", "SQLModel", "DeclarativeBase", "declarative_base()", "EmbeddedDocument", "DynamicDocument", "Base":
			return true
		}
		return strings.HasSuffix(path, "declarative_base()") || isEntity(path)
	})
}

// isForm tells the classes that read what a visitor has filled in.
func isForm(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		switch lastName(path) {
		case "FlaskForm", "Form", "BaseForm", "SecureForm", "ModelForm":
			return true
		}
		return false
	})
}

// formField is a field of a form: what the visitor has filled in, unless it is a number, a
// date or a choice.
func (f *frame) formField(c *program.Class, name string, n python.Node) *Value {
	var field *Value
	for _, k := range c.Line() {
		field = join(field, f.e.readCell(f.root, k, name))
	}
	switch {
	case field == nil && name != "data":
		for _, k := range c.Line() {
			if len(k.External) > 0 {
				return f.e.api(k.External[0].Call().Attr(name))
			}
		}
		return f.e.unknown
	case field != nil && field.API != nil && harmlessField(lastName(field.API.Path)):
		return f.e.unknown
	}
	s := NoSQL          // a text, or several
	if name == "data" { // all fields, under the names that the form has for them
		s |= Attributes
	}
	return &Value{
		API:   f.e.program.APIs.Module("wtforms").Attr("Field").Call(),
		Marks: []Mark{{From: f.e.origin(Request, f.where(n), "a form's field: "+name), Safe: s}},
	}
}

func harmlessField(class string) bool {
	switch strings.TrimSuffix(class, "()") {
	case "IntegerField", "FloatField", "DecimalField", "BooleanField", "DateField", "DateTimeField", "TimeField",
		"SubmitField", "SelectField", "RadioField", "SelectMultipleField", "IntegerRangeField", "DateTimeLocalField", "MonthField":
		return true
	}
	return false
}

// exception is the value of a caught exception: its text tells of the program's inside, unless
// whoever raises it writes the text for others.
func (f *frame) exception(h *python.Handler) *Value {
	made := f.e.program.APIs.Module("builtins").Attr("Exception").Call()
	if h.Type != nil {
		f.eval(h.Type)
		if f.spoken(h.Type) {
			return f.e.api(made)
		}
	}
	o := f.e.origin(Internal, Loc{f.fn.Module.Path, h.Span}, "the text of an exception")
	return &Value{API: made, Marks: []Mark{{From: o}}}
}

// spoken reports whether exceptions of a type are the project's own, or say what is wrong with
// a request.
func (f *frame) spoken(e python.Expr) bool {
	if t, ok := e.(*python.Tuple); ok {
		for _, x := range t.Elts {
			if !f.spoken(x) {
				return false
			}
		}
		return len(t.Elts) > 0
	}
	r := f.e.program.Resolve(e, f.scope)
	if r.Class != nil {
		return true
	}
	if strings.HasPrefix(r.Path(), "werkzeug.exceptions.") {
		return true
	}
	return r.API != nil && lastName(r.Path()) == "ValidationError"
}
