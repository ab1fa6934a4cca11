package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// fixedText reports whether a text is made of what the program has written.
func (v *Value) fixedText() bool {
	return v.Checked || v.Const.Kind != NoConst || v.parts() != nil && len(v.Marks) == 0 && v.written(2)
}

// fixedSet reports whether the elements of a list or a set are such texts.
func (v *Value) fixedSet() bool {
	return v.Checked || v.Obj != nil && len(v.Marks) == 0 && !v.isThing() && !v.Obj.open() && v.written(2)
}

// ifFixed is a text that the program has written, or an unknown value.
func (f *frame) ifFixed(fixed bool) *Value {
	if fixed {
		return &Value{Checked: true}
	}
	return f.e.unknown
}

// ofClass is what an instance has by its class alone; nil for all else.
func (f *frame) ofClass(c *program.Class, name string) *Value {
	switch {
	case name == "__class__":
		return f.e.class(c)
	case (name == "value" || name == "name") && isEnum(c):
		return f.ifFixed(true)
	}
	return nil
}

// typeOf is type(x).
func typeOf(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	if len(a.list) == 1 && a.list[0].Of != nil && a.list[0].kin() == nil {
		return f.e.class(a.list[0].Of)
	}
	return f.e.api(api.Call())
}

// choice is random.choice(list).
func choice(f *frame, api *program.API, a *arguments, _ *python.Call) *Value {
	if v := a.get(0, "seq"); v != nil && v.fixedSet() {
		return f.ifFixed(true)
	}
	return f.e.api(api.Call())
}

// any is an element under a key that is not known. Of a dict that the program has written whole,
// that is one of its values, whoever writes the key.
func (f *frame) any(v *Value) *Value {
	own := f.item(v)
	if v.Obj == nil || len(v.Obj.Fields) == 0 {
		return own
	}
	if v.isWhole() {
		own = nil
	}
	unknown := false
	for _, fd := range v.Obj.Fields {
		own = join(own, fd.Value)
		unknown = unknown || fd.Value.empty()
	}
	if unknown && own.Checked && len(own.Marks) == 0 {
		w := *own
		w.Checked = false
		return &w
	}
	return own
}

// isWhole reports whether all keys of a dict are known.
func (v *Value) isWhole() bool {
	return v.Obj != nil && len(v.Obj.Fields) > 0 && len(v.Obj.Items) == 0 && v.Obj.Rest == nil && !v.Obj.open() && len(v.Marks) == 0 && !v.isThing()
}

// nameOf is a key of a dict of whose elements nothing else is known.
func (f *frame) nameOf(v *Value) *Value {
	if v.isWhole() {
		return &Value{Checked: true}
	}
	return f.e.unknown
}

// anyKey is one of the keys of a dict.
func (f *frame) anyKey(v *Value) *Value {
	if marks := keysOf(v); len(marks) > 0 {
		return &Value{Marks: marks}
	}
	return f.nameOf(v)
}

// unset reports whether an attribute of a class only says that classes below have one.
func (v *Value) unset() bool {
	switch {
	case v.Const.Kind == ConstNone || v.Const.Kind == ConstStr && v.Const.Str == "":
		return true
	case v.Const.Kind != NoConst || v.Obj == nil || len(v.Marks) > 0 || v.isThing():
		return false
	}
	return len(v.Obj.Items)+len(v.Obj.Fields) == 0 && v.Obj.Rest == nil
}

// maxBelow bounds the classes of which an attribute is looked up.
const maxBelow = 64

// filled is an attribute of a class that may leave it to the classes below.
func (f *frame) filled(c *program.Class, name string, own *Value) *Value {
	if !own.unset() {
		return own
	}
	switch b := f.inHeirs(c, name); {
	case b == nil:
		return own
	case own.Const.Kind != NoConst:
		return b
	default:
		return join(own, b)
	}
}

// inHeirs is what an attribute is in the classes that inherit from c; nil where none has it.
func (f *frame) inHeirs(c *program.Class, name string) *Value {
	var v *Value
	for i, k := range f.e.heirs[c.ID] {
		if i < maxBelow {
			v = join(v, f.e.readCell(f.root, k, name))
		}
	}
	return v
}

// isSetting tells what the outside functions give that whoever runs the program has set.
func isSetting(path string) bool {
	for _, start := range []string{"os.environ", "os.getenv", "configparser.", "decouple.config", "settings.", "config."} {
		if strings.HasPrefix(path, start) {
			return true
		}
	}
	before, _, found := strings.Cut(path, ".config")
	return found && isApp(before)
}
