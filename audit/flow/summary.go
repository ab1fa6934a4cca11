package flow

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
)

// summary is what calling a function does, in terms of its parameters.
type summary struct {
	reading bool
	result  *Value
	raised  *Value // the exceptions that leave it
	uses    []paramUse
	effects []effect
	callers []*program.Function
	says    []said    // what its results say of the parameters
	proven  []guarded // what is known of the parameters when it comes back at all
	returns bool      // it comes back, as far as can be seen
	doubts  []doubt
	host    hostCheck
}

// paramUse is a dangerous use of a parameter inside the function or deeper.
type paramUse struct {
	origin *Origin
	kind   Kinds
	use    Loc
	what   string
	way    *Way
	safe   Kinds
	text   Loc // where it became part of a text last; nothing if it never did
}

// effect is that a parameter is stored in a place that others read.
type effect struct {
	origin *Origin
	owner  any
	name   string
	way    *Way
	safe   Kinds
	whole  bool   // what is stored is the parameter itself
	keys   string // under which it is put into what is kept there
}

// guarded says that the parameter is safe for kinds where the function's result is true.
type guarded struct {
	param int
	kinds Kinds
}

// maxUses bounds the uses of one summary.
const maxUses = 64

func (s *summary) use(u paramUse) {
	if s.lacks(u.kind, u.use, u.origin) {
		s.uses = append(s.uses, u)
	}
}

// hands reports whether the same text is handed to such a use elsewhere in the function.
func (s *summary) hands(kind Kinds, use Loc, origin *Origin, text Loc) bool {
	return slices.ContainsFunc(s.uses, func(o paramUse) bool {
		return o.text == text && o.kind == kind && o.use != use && !checksExistence(kind, o.what) && o.origin.Param == origin.Param && o.origin.Path == origin.Path
	})
}

// lacks reports whether a use is to be noted.
func (s *summary) lacks(kind Kinds, use Loc, origin *Origin) bool {
	if len(s.uses) >= maxUses {
		return false
	}
	for i := range s.uses {
		o := &s.uses[i]
		if o.kind == kind && o.origin.Param == origin.Param && o.use == use && o.origin.Path == origin.Path {
			return false
		}
	}
	return true
}

func (s *summary) effect(f effect) {
	if s.wants(f) {
		s.effects = append(s.effects, f)
	}
}

// wants reports whether an effect is to be noted.
func (s *summary) wants(f effect) bool {
	for i := range s.effects {
		o := &s.effects[i]
		if o.name == f.name && o.keys == f.keys && o.owner == f.owner && o.origin.Param == f.origin.Param && o.origin.Path == f.origin.Path {
			return false
		}
	}
	return len(s.effects) < maxUses
}

// differs reports whether callers must be read again.
func (s *summary) differs(old *summary) bool {
	if len(s.uses) != len(old.uses) || len(s.effects) != len(old.effects) || (s.result == nil) != (old.result == nil) {
		return true
	}
	return s.result != nil && grew(old.result, s.result, 3) || s.raised != nil && grew(old.raised, s.raised, 3)
}

// grew reports whether b says more than a.
func grew(a, b *Value, depth int) bool {
	if a == b || b == nil {
		return false
	}
	if a == nil || depth == 0 {
		return a == nil && !b.empty()
	}
	if a.API != b.API || a.Func != b.Func || a.Class != b.Class || a.Of != b.Of || a.query() != b.query() || a.module() != b.module() {
		return true
	}
	if len(b.kin().all()) > len(a.kin().all()) || a.fn.grew(b.fn, depth) {
		return true
	}
	for _, m := range b.Marks {
		i := slices.IndexFunc(a.Marks, func(o Mark) bool { return o.From.same(m.From) })
		if i < 0 || a.Marks[i].Safe&^m.Safe != 0 {
			return true
		}
	}
	if b.Obj == nil {
		return false
	}
	if a.Obj == nil {
		return true
	}
	for _, f := range b.Obj.Fields {
		if grew(a.Obj.get(f.Key), f.Value, depth-1) {
			return true
		}
	}
	return grew(a.Obj.everything(3), b.Obj.everything(3), depth-1)
}

// withoutParams is the value without marks of parameters.
func (v *Value) withoutParams(depth int) *Value {
	return v.mapped(depth, mapper{marks: func(into []Mark, m Mark) []Mark {
		if m.From.Source == Param {
			return into
		}
		return merged(into, m)
	}})
}

// mapper replaces marks, and the values that are nothing but a parameter.
type mapper struct {
	marks func(into []Mark, m Mark) []Mark // adds what stands for m
	whole func(*Origin) *Value             // nil: those have their marks replaced like others
}

// param is the parameter that a value is, unchanged; nil for all else.
func (v *Value) param() *Origin {
	if v.isThing() {
		return nil
	}
	return v.ofClass()
}

// ofClass is param for a value of which the parameter's annotation may have told the class.
func (v *Value) ofClass() *Origin {
	if len(v.Marks) != 1 || v.Obj != nil || v.API != nil || v.callable() || v.parts() != nil || v.Const.Kind != NoConst {
		return nil
	}
	if m := v.Marks[0]; m.From.Source == Param && m.Way == nil && m.Safe == 0 {
		return m.From
	}
	return nil
}

// mapped is the value with each mark replaced, down to a depth.
func (v *Value) mapped(depth int, f mapper) *Value {
	if v == nil || (len(v.Marks) == 0 && v.Obj == nil && v.parts() == nil && v.fn == nil) {
		return v
	}
	if v.fixed(depth) {
		return v
	}
	if f.whole != nil {
		if o := v.param(); o != nil {
			if w := f.whole(o); w != nil {
				return w
			}
		}
	}
	c := *v
	c.Marks = nil
	for _, m := range v.Marks {
		c.Marks = f.marks(c.Marks, m)
	}
	c.fn = v.fn.mapped(depth, f)
	c.setParts(nil)
	if depth > 0 && len(v.parts()) > 0 {
		parts := slices.Clone(v.parts())
		for i, p := range parts {
			if p.Value != nil {
				parts[i].Value = p.Value.mapped(depth-1, f)
			}
		}
		c.setParts(parts)
	}
	if v.Obj == nil || depth == 0 {
		c.Obj = nil
		return &c
	}
	o := &Object{List: v.Obj.List, home: v.Obj.home, region: -1}
	var keys []Mark
	for _, m := range v.Obj.keys() {
		keys = f.marks(keys, m)
	}
	o.addKeys(keys)
	if v.Obj.open() {
		o.leaveOpen()
	}
	for _, fd := range v.Obj.Fields {
		o.Fields = append(o.Fields, Field{fd.Key, fd.Value.mapped(depth-1, f)})
	}
	for _, i := range v.Obj.Items {
		o.Items = append(o.Items, i.mapped(depth-1, f))
	}
	o.Rest = v.Obj.Rest.mapped(depth-1, f)
	c.Obj = o
	return &c
}

// fixed reports whether a value is the same whatever the parameters are, and holds nothing
// that can be changed in place.
func (v *Value) fixed(depth int) bool {
	if v.Obj != nil || v.fn != nil || depth == 0 && v.parts() != nil || slices.ContainsFunc(v.Marks, func(m Mark) bool { return m.From.Source == Param }) {
		return false
	}
	for _, p := range v.parts() {
		if p.Value != nil && !p.Value.fixed(depth-1) {
			return false
		}
	}
	return true
}

// part is the piece of a value that a path names, such as ".name" or "[].body".
func (f *frame) part(v *Value, path string) *Value {
	for path != "" && v != nil {
		switch {
		case strings.HasPrefix(path, anyKey):
			v, path = &Value{Marks: keysOf(v)}, path[len(anyKey):]
		case strings.HasPrefix(path, "[]"):
			v, path = f.item(v), path[2:]
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return v
			}
			v, path = f.keyed(v, path[1:end]), path[end+1:]
		default:
			end := 1
			for end < len(path) && path[end] != '.' && path[end] != '[' && path[end] != '{' {
				end++
			}
			v, path = f.attribute(v, path[1:end], nil), path[end:]
		}
	}
	return v
}

// raise notes an exception that holds something from outside; who catches it reads that.
func (f *frame) raise(v *Value) {
	if v == nil || len(v.Marks) == 0 {
		return
	}
	v = &Value{Marks: v.Marks}
	if f.tries > 0 {
		f.caught = join(f.caught, v)
	} else {
		f.sum.raised = join(f.sum.raised, v)
	}
}

// store writes a value into a place that functions share: what is marked by a parameter
// becomes an effect of this function.
func (f *frame) store(owner any, name string, v *Value) { f.keep(owner, name, "", v) }

// keep is store into a list or a dict that is kept there, under the keys.
func (f *frame) keep(owner any, name, keys string, v *Value) {
	whole := v.ofClass() != nil
	for _, m := range v.deep() {
		if m.From.Source == Param {
			f.sum.effect(effect{origin: m.From, owner: owner, name: name, way: m.Way, safe: m.Safe, whole: whole, keys: keys})
		}
	}
	if keys != "" {
		if v = v.withoutParams(3); !v.carries(2) && !v.isThing() {
			return
		}
	}
	f.e.writeCell(owner, name, v.in(keys))
}
