package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// builtinMethod knows the methods of texts, lists and dicts; nil for all others.
func (f *frame) builtinMethod(to *Value, name string, a *arguments, e *python.Call) *Value {
	if to.Obj != nil {
		if v := f.containerMethod(to, name, a); v != nil {
			return v
		}
	}
	if name == "get" || name == "getlist" { // request.args.get("page", 1, type=int)
		if t := a.get(2, "type"); t != nil && t.API != nil && harmlessType(t.API.Path) {
			return f.e.number
		}
	}
	if to.isMarkup() {
		if v := f.markupMethod(to, name, a); v != nil {
			return v
		}
	}
	switch name {
	case "format":
		if to.Const.Kind == ConstStr || to.parts() != nil {
			if to.Const.Kind != ConstStr {
				f.used(Format, to, e, "a format string")
			}
			return f.format(to, a.list, a.named, a.rest, e)
		}
		if len(to.Marks) > 0 {
			f.used(Format, to, e, "a format string")
			return &Value{Marks: merge(to.Marks, a.marks())}
		}
	case "join":
		if to.Const.Kind == ConstStr || to.parts() != nil {
			return f.joined(to, a, e)
		}
	case "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "swapcase":
		return f.plainText(to, name, a)
	case "encode", "decode", "expandtabs", "removeprefix", "removesuffix", "zfill", "ljust", "rjust", "center":
		if to.API == nil || len(to.Marks) > 0 {
			v := &Value{Marks: to.Marks, Const: to.Const, Checked: to.Checked}
			v.setParts(to.parts())
			return v
		}
	case "replace", "translate", "partition", "rpartition":
		if to.API == nil || len(to.Marks) > 0 {
			return f.replacedIn(to, name, a)
		}
	case "split", "rsplit", "splitlines":
		if len(to.Marks) > 0 {
			return split(to, name, a)
		}
		if to.fixedText() {
			return &Value{Obj: &Object{Rest: f.ifFixed(true), region: -1}}
		}
	case "isdigit", "isalnum", "isnumeric", "startswith", "endswith", "find", "index", "count", "isdecimal", "isalpha", "__len__":
		return f.e.unknown
	}
	return nil
}

// replacedIn is text.replace(old, new) and its kin.
func (f *frame) replacedIn(to *Value, name string, a *arguments) *Value {
	var marks []Mark
	if len(a.list) > 1 {
		marks = a.list[1].deep()
	}
	kept := to.Marks
	if old, ok := a.get(0, "").strOf(); ok && name == "replace" {
		by, _ := a.get(1, "").strOf()
		kept = safe(kept, replaced(old, by))
	}
	if len(kept)+len(marks) == 0 {
		return f.ifFixed(to.fixedText() && a.written())
	}
	return &Value{Marks: merge(kept, marks)}
}

// plainText is a method that keeps what a text carries; constants are computed where that is
// simple.
func (f *frame) plainText(to *Value, name string, a *arguments) *Value {
	if s, ok := to.str(); ok && len(a.list) == 0 {
		switch name {
		case "strip":
			return text(strings.TrimSpace(s))
		case "lower", "casefold":
			return text(strings.ToLower(s))
		case "upper":
			return text(strings.ToUpper(s))
		}
	}
	if len(to.Marks) == 0 {
		return f.ifFixed(to.fixedText())
	}
	if cut, ok := a.get(0, "").strOf(); ok && (name == "lstrip" || name == "strip") && strings.Contains(cut, "/") {
		return &Value{Marks: safe(to.Marks, bare)}
	}
	v := &Value{Marks: to.Marks}
	v.setParts(to.parts())
	return v
}

// joined is separator.join(list).
func (f *frame) joined(to *Value, a *arguments, e *python.Call) *Value {
	if len(a.list) == 0 {
		return f.e.unknown
	}
	over := a.list[0]
	if over.Obj == nil || !over.Obj.List || len(over.Obj.Items) == 0 {
		v := f.any(over)
		return f.formatted([]Part{{Value: v}, {Value: to}}, e)
	}
	var parts []Part
	for i, x := range over.Obj.Items {
		if i > 0 {
			parts = append(parts, to.asParts()...)
		}
		parts = append(parts, x.asParts()...)
	}
	return f.formatted(parts, e)
}

// containerMethod knows the methods of lists, sets and dicts; nil for all others.
func (f *frame) containerMethod(to *Value, name string, a *arguments) *Value {
	o := to.Obj
	first := a.get(0, "")
	switch name {
	case "append", "add", "appendleft":
		f.appendItem(o, first)
	case "insert":
		f.addRest(o, a.get(1, ""))
	case "extend", "update":
		f.extend(o, a)
		if first != nil && name == "update" {
			o.takesIn(first)
		}
	case "pop", "popleft":
		return f.pop(to, a, name)
	case "get", "setdefault":
		var v *Value
		if key, ok := first.keyOf(); ok {
			v = join(f.keyed(to, key), nil)
		} else {
			v = f.any(to)
		}
		if d := a.get(1, "default"); d != nil {
			v = join(v, d)
			if key, ok := first.keyOf(); ok && name == "setdefault" {
				f.writeField(o, key, v)
			}
		}
		if _, ok := first.keyOf(); !ok && name == "setdefault" {
			o.leaveOpen()
		}
		return v
	case "items":
		pair := &Object{List: true, Items: []*Value{f.anyKey(to), f.any(to)}, region: -1}
		return &Value{Obj: &Object{Rest: &Value{Obj: pair}, region: -1}}
	case "values":
		return &Value{Obj: &Object{Rest: f.any(to), region: -1}}
	case "keys":
		keys := merge(to.Marks, o.keys())
		if len(keys) == 0 {
			return &Value{Obj: &Object{Rest: f.anyKey(to), region: -1}}
		}
		return &Value{Marks: keys, Obj: &Object{Rest: &Value{Marks: keys}, region: -1}}
	case "copy":
		return to
	case "remove", "sort", "reverse", "clear", "discard":
		if o.region == f.region && name == "clear" {
			o.Items, o.Fields, o.Rest = nil, nil, nil
		}
		if name == "remove" || name == "reverse" || name == "sort" {
			o.List = false
			o.Rest, o.Items = o.everything(3), nil
		}
	default:
		return nil
	}
	return f.e.unknown
}

func (v *Value) keyOf() (string, bool) {
	if v == nil {
		return "", false
	}
	return v.key()
}

func (f *frame) appendItem(o *Object, v *Value) {
	if v == nil {
		return
	}
	if o.List && o.region == f.region && len(o.Items) < maxItems {
		o.Items = append(o.Items, v)
		return
	}
	f.addRest(o, v)
}

func (f *frame) extend(o *Object, a *arguments) {
	o.addKeys(a.keys)
	for _, v := range a.list {
		o.addKeys(keysOf(v))
		if v.Obj != nil && v.Obj.List && o.List && o.region == f.region {
			for _, i := range v.Obj.Items {
				f.appendItem(o, i)
			}
			continue
		}
		for _, fd := range fieldsOf(v) {
			f.writeField(o, fd.Key, fd.Value)
		}
		if r := v.rest(); r != nil {
			o.List = false
			o.Rest = join(o.Rest, f.keepIn(o, "", r))
		}
	}
	for _, n := range a.named {
		f.writeField(o, n.Key, n.Value)
	}
}

// pop takes an element out of a list whose elements are known.
func (f *frame) pop(to *Value, a *arguments, name string) *Value {
	o := to.Obj
	first := a.get(0, "")
	if key, ok := first.keyOf(); ok && first.Const.Kind == ConstStr {
		return f.keyed(to, key)
	}
	i := len(o.Items) - 1
	if name == "popleft" {
		i = 0
	}
	if first != nil && first.Const.Kind == ConstInt {
		if i = int(first.Const.Int); i < 0 {
			i += len(o.Items)
		}
	}
	if !o.List || o.region != f.region || i < 0 || i >= len(o.Items) {
		o.List = false
		return f.any(to)
	}
	v := o.Items[i]
	o.Items = append(o.Items[:i:i], o.Items[i+1:]...)
	return v
}

func (v *Value) strOf() (string, bool) {
	if v == nil {
		return "", false
	}
	return v.str()
}

// replaced is what a text can no longer be used for in which s was replaced everywhere.
func replaced(s, by string) Kinds {
	switch {
	case s == "'" && by == "''" || s == `"` && by == `""`:
		return quoted
	case strings.Contains(by, s):
		return 0
	}
	switch s {
	case "/":
		return Path
	case "'":
		return XPath
	case "\n", "\r", "\r\n":
		return Log | Header
	case "<":
		return HTML
	}
	return 0
}
