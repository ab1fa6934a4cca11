package flow

import "github.com/fumehood/fumehood/audit/program"

// things are the values of what the program defines, made once each.
type things struct {
	modules, classes, functions, instances []*Value // by ID
}

func newThings(p *program.Program) things {
	return things{make([]*Value, len(p.Modules)), make([]*Value, len(p.Classes)), make([]*Value, len(p.Functions)), make([]*Value, len(p.Classes))}
}

// instance is one of a class, of which no more is known.
func (e *Engine) instance(c *program.Class) *Value {
	v := &e.things.instances[c.ID]
	if *v == nil {
		*v = &Value{Of: c}
	}
	return *v
}

func (e *Engine) module(m *program.Module) *Value {
	v := &e.things.modules[m.ID]
	if *v == nil {
		*v = &Value{rare: &rare{module: m}}
	}
	return *v
}

func (e *Engine) class(c *program.Class) *Value {
	v := &e.things.classes[c.ID]
	if *v == nil {
		*v = &Value{Class: c}
	}
	return *v
}

func (e *Engine) function(f *program.Function) *Value {
	v := &e.things.functions[f.ID]
	if *v == nil {
		*v = &Value{Func: f}
	}
	return *v
}

// same reports whether two origins are one.
func (o *Origin) same(p *Origin) bool {
	return o == p || o.Param == p.Param && o.Where == p.Where && o.Path == p.Path && o.Source == p.Source && o.Note == p.Note
}

// part is a part of a parameter: an attribute, or an element.
func (o *Origin) part(s step) *Origin {
	for _, p := range o.parts {
		if s.is(p.Path[len(o.Path):]) {
			return p
		}
	}
	p := *o
	p.Path, p.whole, p.parts, p.alone = o.Path+s.open+s.name+s.close, o, nil, nil
	o.parts = append(o.parts, &p)
	return &p
}

// step is one step of the path to a part, which is looked for more often than it is written.
type step struct{ open, name, close string }

func attributeStep(name string) step { return step{".", name, ""} }
func keyStep(key string) step        { return step{"[", key, "]"} }

func (s step) is(path string) bool {
	n := len(path) - len(s.close)
	return n == len(s.open)+len(s.name) && path[len(s.open):n] == s.name && path[:len(s.open)] == s.open && path[n:] == s.close
}

// value is that of a parameter, or of a part of one, of which no more is known.
func (o *Origin) value() *Value {
	if o.alone == nil {
		o.alone = &Value{Marks: []Mark{{From: o}}}
	}
	return o.alone
}

// aloneOf is the parameter, or the part of one, that a value is, unchanged and nothing else; nil
// for all others.
func (v *Value) aloneOf() *Origin {
	if len(v.Marks) == 1 && v == v.Marks[0].From.alone && len(v.Marks[0].From.Path) < maxPath {
		return v.Marks[0].From
	}
	return nil
}

// chunk is how many values are made at a time: one by one they cost more.
const chunk = 16

// value is a value of its own that holds what v does.
func (e *Engine) value(v Value) *Value {
	if len(e.fresh) == 0 {
		e.fresh = make([]Value, chunk)
	}
	own := &e.fresh[0]
	e.fresh = e.fresh[1:]
	*own = v
	return own
}

// literal is the value of a string that is written out. Most are written often.
func (e *Engine) literal(s string) *Value {
	kept := &e.literals[literalSlot(s)]
	if *kept == nil || (*kept).Const.Str != s {
		*kept = e.value(Value{Const: Const{Kind: ConstStr, Str: s}})
	}
	return *kept
}

// literalSlots is how many strings are kept, a power of two.
const literalSlots = 4096

func literalSlot(s string) uint {
	n := uint(len(s))
	if n == 0 {
		return 0
	}
	return (n*131 + uint(s[0])*1031 + uint(s[n-1])*37 + uint(s[n/2])*257 + uint(s[n/3])*73) % literalSlots
}

// list is a list of n values that are not known yet.
func (e *Engine) list(n int) []*Value {
	if n > len(e.lists) {
		if n > listChunk/8 {
			return make([]*Value, n)
		}
		e.lists = make([]*Value, listChunk)
	}
	all := e.lists[:n:n]
	e.lists = e.lists[n:]
	return all
}

// listChunk is how many values' places are made at a time.
const listChunk = 256

// spare are things that were made and are needed no more: memory that is used again is there
// already.
type spare struct {
	arguments pool[arguments]
	frames    pool[frame]
}

type pool[T any] struct{ all []*T }

func (p *pool[T]) take() *T {
	n := len(p.all) - 1
	if n < 0 {
		return new(T)
	}
	v := p.all[n]
	p.all = p.all[:n]
	return v
}

// free empties a thing that nobody has any more, for whoever takes it next.
func (p *pool[T]) free(v *T) {
	var none T
	*v = none
	p.all = append(p.all, v)
}

// The constants that need no text and no number.
var (
	yes  = &Value{Const: Const{Kind: ConstBool, Int: 1}}
	no   = &Value{Const: Const{Kind: ConstBool}}
	none = &Value{Const: Const{Kind: ConstNone}}
)

func boolean(b bool) *Value {
	if b {
		return yes
	}
	return no
}

func integer(i int64) *Value {
	return &Value{Const: Const{Kind: ConstInt, Int: i}}
}
