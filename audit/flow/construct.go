package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// construct makes an instance of one of the project's classes.
func (f *frame) construct(c *program.Class, a *arguments, e *python.Call) *Value {
	v := &Value{Of: c, Obj: &Object{region: f.region}}
	if e != nil && len(e.Args) == 1 && isEnum(c) {
		f.refine(f.about(e.Args[0], Every))
		return v
	}
	if init := c.Method("__init__"); init != nil {
		f.perform(f.e.function(init), f.e.bindArgs(init, v, a), f.loc(e))
	} else {
		for _, n := range a.named {
			v.Obj.set(n.Key, n.Value)
			f.store(c, n.Key, n.Value)
		}
		f.positional(c, v, a)
		if a.rest != nil {
			v.Marks = a.rest.deep()
		}
	}
	if len(a.keys) > 0 && (isModel(c) || f.mixedIn(c)) {
		f.used(Attributes, &Value{Marks: a.keys}, e, c.Name)
	}
	if len(c.External) > 0 && !isModel(c) && !isForm(c) {
		f.external(c.External[0], f.e.api(c.External[0]), nil, a, e)
	}
	return v
}

// positional gives a dataclass its fields in the order in which they are declared.
func (f *frame) positional(c *program.Class, v *Value, a *arguments) {
	for i, name := range declared(c) {
		if i < len(a.list) {
			v.Obj.set(name, a.list[i])
			f.store(c, name, a.list[i])
		}
	}
}

// isEnum tells the classes whose instances are a few of the program's.
func isEnum(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		switch path {
		case "enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag":
			return true
		}
		return false
	})
}
