package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// home is where a list or a dict is kept that functions share: in a cell, or in something that
// is kept there, under each of the keys in turn; "" is an element of which the place is not known.
type home struct {
	owner any
	name  string
	keys  string // each ends in a zero byte
}

// handed is the owner of what a function does to a list or a dict that it is given: which
// parameter that is.
type handed int

// settle says of a cell's lists and dicts where they are kept.
func (c *cell) settle(owner any, name string) {
	if c.value.Obj == nil || c.value.isThing() {
		return
	}
	if c.home == nil {
		c.home = &home{owner: owner, name: name}
	}
	c.value.settleIn(c.home, 3)
}

// settleIn passes by instances: what is stored in those has a cell of its class.
func (v *Value) settleIn(h *home, depth int) {
	if depth == 0 || v.isThing() {
		return
	}
	o := v.Obj
	o.home = h
	for _, fd := range o.Fields {
		fd.Value.settleUnder(h, fd.Key, depth-1)
	}
	for _, i := range o.Items {
		i.settleUnder(h, "", depth-1)
	}
	o.Rest.settleUnder(h, "", depth-1)
}

func (v *Value) settleUnder(h *home, key string, depth int) {
	if v == nil || v.Obj == nil {
		return
	}
	own := v.Obj.home
	if own == nil || !own.under(h, key) {
		own = &home{h.owner, h.name, h.keys + key + "\x00"}
	}
	v.settleIn(own, depth)
}

// under reports whether it is the home of what the other holds under a key.
func (h *home) under(other *home, key string) bool {
	n := len(other.keys)
	return len(h.keys) == n+len(key)+1 && h.keys[:n] == other.keys && h.keys[n:len(h.keys)-1] == key && h.name == other.name && h.owner == other.owner
}

// in is a dict in a dict and so on that holds the value under the keys.
func (v *Value) in(keys string) *Value {
	end := len(keys)
	for end > 0 {
		start := end - 1
		for start > 0 && keys[start-1] != 0 {
			start--
		}
		key := keys[start : end-1]
		o := &Object{region: -1}
		if key == "" {
			o.Rest = v
		} else {
			o.Fields = []Field{{key, v}}
		}
		v, end = &Value{Obj: o}, start
	}
	return v
}

// at is what is held under the keys; nil where there is nothing.
func (v *Value) at(keys string) *Value {
	for keys != "" && v != nil {
		if v.Obj == nil {
			return nil
		}
		key, rest, _ := strings.Cut(keys, "\x00")
		if keys = rest; key == "" {
			v = v.Obj.Rest
		} else {
			v = v.Obj.get(key)
		}
	}
	return v
}

// keepIn notes what is put into a list or a dict that functions share, and is what the one who
// puts it there can tell of it himself: marks of parameters are left to who passes them.
func (f *frame) keepIn(o *Object, key string, v *Value) *Value {
	if o.home == nil || !v.carries(2) {
		return v
	}
	f.keep(o.home.owner, o.home.name, o.home.keys+key+"\x00", v)
	return v.withoutParams(3)
}

// fillParam notes that a function puts something into a list or a dict that it is given.
func (f *frame) fillParam(to *Value, key string, v *Value) {
	o := to.param()
	if o == nil || o.Param < 0 || o.Path != "" || f.page != nil {
		return
	}
	for _, m := range v.deep() {
		f.sum.effect(effect{origin: m.From, owner: handed(o.Param), keys: key + "\x00", way: m.Way, safe: m.Safe})
	}
}

// fill does to an argument what the function does to the parameter.
func (c *call) fill(to handed, ef effect) {
	if int(to) >= len(c.args) || c.args[to] == nil || c.args[to].Obj == nil {
		return
	}
	v := &Value{Marks: c.replace(nil, Mark{From: ef.origin, Safe: ef.safe, Way: ef.way})}
	switch key := ef.keys[:len(ef.keys)-1]; {
	case len(v.Marks) == 0:
		return
	case key == "":
		c.f.addRest(c.args[to].Obj, v)
	default:
		c.f.writeField(c.args[to].Obj, key, v)
	}
	c.f.e.changes++
}

// fillsParam is a method that puts something into a list or a dict that the function is given.
func (f *frame) fillsParam(to *Value, name string, a *arguments) {
	switch name {
	case "append", "add", "appendleft", "extend", "update", "insert", "put", "put_nowait":
	case "setdefault":
		if key, ok := a.get(0, "").keyOf(); ok && len(a.list) > 1 {
			f.fillParam(to, key, a.list[1])
		}
		return
	default:
		return
	}
	for _, n := range a.named {
		f.fillParam(to, n.Key, n.Value)
	}
	for _, v := range a.list {
		if fields := fieldsOf(v); name == "update" && len(fields) > 0 {
			for _, fd := range fields {
				f.fillParam(to, fd.Key, fd.Value)
			}
			continue
		}
		f.fillParam(to, "", v)
	}
}

// elements reports whether a call adds elements to a list, a set or a dict that is in another,
// or takes them out, as its name says: no method of the project does that.
func elements(name string, e *python.Call) bool {
	switch name {
	case "append", "add", "remove", "discard", "extend", "update", "insert":
		if a, ok := e.Func.(*python.Attribute); ok {
			_, ok = a.Value.(*python.Subscript)
			return ok
		}
	}
	return false
}
