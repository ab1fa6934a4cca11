package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// modelMethod is what an object mapper does in a method of a model, or of its manager: what is
// put into a row under a column's name is what others read of the model's rows. It is nil for
// methods that no mapper has.
func (f *frame) modelMethod(c *program.Class, name string, a *arguments, e *python.Call) *Value {
	switch name {
	case "create", "acreate", "get_or_create", "update_or_create", "create_or_get", "aget_or_create", "aupdate_or_create", "insert", "replace", "insert_many", "replace_many", "bulk_create", "update":
		f.fillRow(c, a, e)
	case "select", "filter", "exclude", "all", "where", "find", "find_all", "select_by_sql", "filter_by":
		return queryOf(c)
	case "get", "get_by_id", "get_or_none", "get_or_404", "first", "last", "earliest", "latest", "find_one", "aget", "afirst":
		return f.row(c)
	default:
		return nil
	}
	switch {
	case strings.Contains(name, "_or_"):
		return &Value{Obj: &Object{List: true, Items: []*Value{f.row(c), f.e.unknown}, region: -1}}
	case strings.HasSuffix(name, "create") && name != "bulk_create":
		return f.row(c)
	}
	return queryOf(c)
}

// ownMethod is a method that means something by what the project has defined: of a class, of a
// row, or of a place that all share. It is nil for all others.
func (f *frame) ownMethod(to *Value, name string, a *arguments, e *python.Call) *Value {
	switch {
	case to.Class != nil && name == "__subclasses__":
		return f.subclasses(to.Class)
	case to.Class != nil && isModel(to.Class):
		if v := f.modelMethod(to.Class, name, a, e); v != nil {
			return v
		}
	case to.Of != nil && fills(name) && isModel(to.Of):
		f.fillRow(to.Of, a, e)
	case name == "update":
		f.setsAll(a, e)
	}
	return f.keptMethod(to, name, a, e)
}

// fillRow puts what a call is given into rows of a model, by the names of its columns.
func (f *frame) fillRow(c *program.Class, a *arguments, e *python.Call) {
	for _, n := range a.named {
		if n.Key == "defaults" || n.Key == "_defaults" {
			f.fillDict(c, n.Value)
			continue
		}
		f.store(c, n.Key, n.Value)
	}
	for _, v := range a.list {
		f.fillDict(c, v)
	}
	f.used(Attributes, &Value{Marks: a.keys}, e, c.Name)
}

// fills tells the methods by which a row is given several columns at once.
func fills(name string) bool {
	switch name {
	case "set", "update_from_dict", "modify", "set_attributes":
		return true
	}
	return false
}

// fillDict is fillRow for a dict, or a list of them.
func (f *frame) fillDict(c *program.Class, v *Value) {
	if v.Obj == nil {
		return
	}
	for _, fd := range v.Obj.Fields {
		f.store(c, fd.Key, fd.Value)
	}
	for _, one := range v.Obj.Items {
		for _, fd := range fieldsOf(one) {
			f.store(c, fd.Key, fd.Value)
		}
	}
	if v.Obj.Rest != nil {
		for _, fd := range fieldsOf(v.Obj.Rest) {
			f.store(c, fd.Key, fd.Value)
		}
	}
}

// statements are the functions that make a statement of a model: insert(User), select(User).
func statements(s map[string]special) {
	for _, n := range []string{"sqlalchemy.insert", "sqlalchemy.update", "sqlalchemy.select", "sqlalchemy.sql.select", "sqlalchemy.sql.expression.select", "sqlalchemy.future.select",
		"sqlalchemy.sql.insert", "sqlalchemy.sql.update", "sqlalchemy.sql.expression.insert", "sqlalchemy.sql.expression.update", "sqlalchemy.dialects.postgresql.insert",
		"sqlalchemy.dialects.mysql.insert", "sqlalchemy.dialects.sqlite.insert", "sqlmodel.select", "flask_sqlalchemy.SQLAlchemy().insert", "flask_sqlalchemy.SQLAlchemy().update"} {
		s[n] = ofModel
	}
	s["pony.orm.select"], s["pony.orm.core.select"] = lastGiven, lastGiven
}

func ofModel(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	if v := a.get(0, ""); v != nil && v.Class != nil && isModel(v.Class) {
		return queryOf(v.Class)
	}
	marks := a.marks()
	if len(marks) == 0 {
		return f.e.api(api.Call())
	}
	return &Value{API: api.Call(), Marks: marks}
}

// isEntity reports whether an outside class is the one of Pony's rows.
func isEntity(path string) bool { return strings.HasSuffix(path, "Database().Entity") }

// keysOf is what the keys of a dict carry: those that are not the program's own.
func keysOf(v *Value) []Mark {
	if v == nil {
		return nil
	}
	keys := partsOf(v.Marks, step{open: anyKey})
	if v.Obj != nil {
		keys = merge(keys, v.Obj.keys())
	}
	return keys
}

// anyKey is the step of a path that means the keys of a dict.
const anyKey = "{}"

// setsAll notes that all that a dict holds is laid on an object: x.__dict__.update(d), and
// vars(x).update(d).
func (f *frame) setsAll(a *arguments, e *python.Call) {
	at, ok := e.Func.(*python.Attribute)
	if !ok || at.Attr != "update" {
		return
	}
	switch of := at.Value.(type) {
	case *python.Attribute:
		ok = of.Attr == "__dict__"
	case *python.Call:
		n, name := of.Func.(*python.Name)
		ok = name && n.ID == "vars" && len(of.Args) == 1
	default:
		ok = false
	}
	if !ok {
		return
	}
	keys := a.keys
	for _, v := range a.list {
		keys = merge(keys, keysOf(v))
	}
	f.used(Attributes, &Value{Marks: keys}, e, "all attributes")
}

// mixedIn reports whether a class of the project is mixed into models.
func (f *frame) mixedIn(c *program.Class) bool {
	for i, k := range f.e.heirs[c.ID] {
		if i < maxKin && isModel(k) {
			return true
		}
	}
	return false
}
