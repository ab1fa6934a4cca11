package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// maxKin bounds of how many classes a value may be an instance, and how many methods a call
// of an abstract one may mean: where there are more, it is a framework of its own.
const maxKin = 8

// kin are the classes beside its first one of which a value may be an instance.
type kin struct{ classes []*program.Class }

func (k *kin) all() []*program.Class {
	if k == nil {
		return nil
	}
	return k.classes
}

// heirs are the classes of the project that inherit from each, by its ID.
func heirs(p *program.Program) [][]*program.Class {
	all := make([][]*program.Class, len(p.Classes))
	for _, c := range p.Classes {
		if c.Module.Test {
			continue
		}
		for _, k := range c.Line()[1:] {
			all[k.ID] = append(all[k.ID], c)
		}
	}
	return all
}

// covers reports whether whatever b may be an instance of a may be as well.
func (v *Value) covers(o *Value) bool {
	if o.Of == nil || v.Of == nil {
		return true
	}
	return v.isOf(o.Of) && !slices.ContainsFunc(o.kin().all(), func(c *program.Class) bool { return !v.isOf(c) })
}

func (v *Value) isOf(c *program.Class) bool { return v.Of == c || slices.Contains(v.kin().all(), c) }

// akin are the classes beside a's first that a value may be an instance of which is a or b.
func akin(a, b *Value) *kin {
	all := a.kin().all()
	add := func(c *program.Class) {
		if !a.isOf(c) && !slices.Contains(all, c) && len(all) < maxKin {
			all = append(all[:len(all):len(all)], c)
		}
	}
	add(b.Of)
	for _, c := range b.kin().all() {
		add(c)
	}
	if len(all) == len(a.kin().all()) {
		return a.kin()
	}
	return &kin{all}
}

// anyOfKin is an attribute of an instance of one of several classes.
func (f *frame) anyOfKin(v *Value, name string, n python.Node) *Value {
	one := *v
	one.setKin(nil)
	found := f.instanceAttr(&one, name, n)
	for _, c := range v.kin().all() {
		other := one
		other.Of = c
		found = join(found, f.instanceAttr(&other, name, n))
	}
	return found
}

// below are the methods of a name, one more than maxKin at most, that classes below c have.
func (e *Engine) below(c *program.Class, name string) []*program.Function {
	if len(e.heirs[c.ID]) == 0 {
		return nil
	}
	all := e.inherited[c.ID]
	if all == nil {
		all = map[string][]*program.Function{}
		for _, k := range e.heirs[c.ID] {
			for n, m := range k.Methods.All() {
				if len(all[n]) <= maxKin && !isAbstract(m) {
					all[n] = append(all[n], m)
				}
			}
		}
		e.inherited[c.ID] = all
	}
	return all[name]
}

// overrides are the methods of a name that the classes below v's have of their own; nil where
// there is none, or too many to tell anything.
func (f *frame) overrides(v *Value, name string) *Value {
	var found *Value
	all := f.e.below(v.Of, name)
	if len(all) > maxKin {
		return nil
	}
	for _, m := range all {
		self := *v
		self.Of = m.Class
		one := bound(m, &self)
		if isProperty(m) {
			one = f.apply(m, []*Value{&self}, f.at)
		}
		found = join(found, one)
	}
	return found
}

// isDeclared reports whether a method of a mixin only declares a column: rows hold a value
// under its name.
func isDeclared(m *program.Function) bool {
	return m.Node != nil && slices.ContainsFunc(m.Node.Decorators, func(d python.Expr) bool { return python.LastName(d) == "declared_attr" })
}

// isAbstract reports whether a method does nothing but say that another class has it.
func isAbstract(m *program.Function) bool {
	if m.Node == nil || len(m.Body) > 2 {
		return false
	}
	for _, s := range m.Body {
		switch s := s.(type) {
		case *python.Pass, *python.Raise:
		case *python.ExprStmt:
			switch x := s.Value.(type) {
			case *python.Str:
			case *python.Constant:
				if x.Kind != python.Ellipsis {
					return false
				}
			default:
				return false
			}
		default:
			return false
		}
	}
	return true
}

// announce tells of a new class whoever asked for that: its decorators, and the classes that
// it inherits from.
func (f *frame) announce(c *program.Class) {
	v, top := f.e.class(c), f.top()
	eager, spent, placed := f.eager, top.spent, top.placed
	f.eager = true
	f.tell(v, c)
	f.eager, top.spent, top.placed = eager, spent, placed
}

func (f *frame) tell(v *Value, c *program.Class) {
	for _, d := range slices.Backward(c.Node.Decorators) {
		if f.e.isOwn(d, f.scope) {
			f.decorated(v, d)
		} else {
			f.eval(d)
		}
	}
	for _, k := range c.Line()[1:] {
		told := k.Methods.Get("__init_subclass__")
		if told == nil || told.Node == nil {
			continue
		}
		a := &arguments{node: &python.Call{Span: c.Node.At()}}
		for _, w := range c.Node.Keywords {
			a.named = append(a.named, Field{w.Name, f.eval(w.Value)})
		}
		f.perform(f.e.function(told), f.e.bindArgs(told, v, a), f.loc(c.Node))
		return
	}
}

// subclasses is what c.__subclasses__() gives.
func (f *frame) subclasses(c *program.Class) *Value {
	o := &Object{region: -1}
	for i, k := range f.e.heirs[c.ID] {
		if i < maxKin {
			f.addRest(o, f.e.class(k))
		}
	}
	return &Value{Obj: o}
}

// asText is a value that may be a text or a list, where it is known to be a text.
func (v *Value) asText() *Value {
	if v.Obj == nil {
		return v
	}
	c := *v
	c.Obj = nil
	return &c
}

// ofReceiver makes an instance of the class that a method was written for one of the class that
// it was called on: what Note.create gives back is a Note, though a mixin has the method.
func ofReceiver(v *Value, fn *program.Function, self *Value) *Value {
	if self == nil || fn.Class == nil || v.Of != fn.Class {
		return v
	}
	of := self.Of
	if of == nil {
		of = self.Class
	}
	if of == nil || of == fn.Class {
		return v
	}
	c := *v
	c.Of = of
	return &c
}

// onlySlots are those refinements that are about local variables.
func onlySlots(all []refinement) []refinement {
	return slices.DeleteFunc(all, func(r refinement) bool { return r.slot == 0 })
}
