package flow

import "github.com/fumehood/fumehood/audit/program"

// rare is what few values have. It is never changed once a value has it: copies of a value
// share it.
type rare struct {
	self   *Value // what a function is bound to
	parts  []Part
	kin    *kin
	query  *program.Class
	module *program.Module
	proven Kinds
	proof  *Origin
}

// parts are those of a text put together of parts, in order; nil where that is not known.
func (v *Value) parts() []Part {
	if v.rare == nil {
		return nil
	}
	return v.rare.parts
}

// self is what a function of the project is bound to; nil for all others.
func (v *Value) self() *Value {
	if v.rare == nil {
		return nil
	}
	return v.rare.self
}

// query is the model for rows of which the value is a query; nil for all others.
func (v *Value) query() *program.Class {
	if v.rare == nil {
		return nil
	}
	return v.rare.query
}

// module is the module of the project that the value is; nil for all others.
func (v *Value) module() *program.Module {
	if v.rare == nil {
		return nil
	}
	return v.rare.module
}

// kin are the classes of which the value may be an instance as well.
func (v *Value) kin() *kin {
	if v.rare == nil {
		return nil
	}
	return v.rare.kin
}

// proven are the uses for which checks have found the value harmless.
func (v *Value) proven() Kinds {
	if v.rare == nil {
		return 0
	}
	return v.rare.proven
}

// proof is the parameter that the value was, when no mark is left to tell.
func (v *Value) proof() *Origin {
	if v.rare == nil {
		return nil
	}
	return v.rare.proof
}

// setParts is for a value that nobody else has yet, as the next ones are.
func (v *Value) setParts(parts []Part) {
	if parts != nil || v.parts() != nil {
		v.own().parts = parts
	}
}

func (v *Value) setSelf(self *Value) {
	if self != v.self() {
		v.own().self = self
	}
}

func (v *Value) setKin(k *kin) {
	if k != v.kin() {
		v.own().kin = k
	}
}

// own makes what few values have the value's own.
func (v *Value) own() *rare {
	r := rare{}
	if v.rare != nil {
		r = *v.rare
	}
	v.rare = &r
	return v.rare
}

// bound is a method of an object.
func bound(m *program.Function, self *Value) *Value {
	return &Value{Func: m, rare: &rare{self: self}}
}

func queryOf(c *program.Class) *Value { return &Value{rare: &rare{query: c}} }

// joinRare is what few values have, of one that is a or b; of is the one of them that says what
// the value is.
func joinRare(a, b, of *Value) *rare {
	if a.rare == nil && b.rare == nil {
		return nil
	}
	r := rare{self: of.self(), kin: of.kin(), query: of.query(), module: of.module(), proven: a.proven() & b.proven()}
	if a.proof() == b.proof() {
		r.proof = a.proof()
	}
	if len(a.parts()) > 0 && len(b.parts()) == 0 && len(b.Marks) == 0 {
		r.parts = a.parts()
	} else if len(b.parts()) > 0 && len(a.parts()) == 0 && len(a.Marks) == 0 {
		r.parts = b.parts()
	}
	return &r
}
