package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// Value is what is known of an expression's value. It is never changed once made; what can
// change in Python, a list or an object, is an Object that values share.
type Value struct {
	Marks   []Mark       // what it carries from outside, as a whole
	API     *program.API // it is this outside thing
	Func    *program.Function
	fn      *callable      // more of what is called
	Class   *program.Class // it is this class
	Of      *program.Class // it is an instance of this class
	Const   Const
	Checked bool // it was from outside, and was found or made harmless
	raw     bool // in a template: it is put out as it is
	Obj     *Object
	rare    *rare
}

// Part is a piece of a text: a literal, or a value.
type Part struct {
	Text  string
	Value *Value // nil for a literal
}

// Const is a constant, where one is known.
type Const struct {
	Kind ConstKind
	Str  string
	Int  int64
}

// ConstKind tells the constants apart.
type ConstKind uint8

// The kinds; NoConst says that the value is not known.
const (
	NoConst ConstKind = iota
	ConstStr
	ConstInt
	ConstBool // Int is 0 or 1
	ConstNone
)

// Object is a list, a dict or an instance: what can be changed in place.
type Object struct {
	Fields []Field  // by constant key or attribute, in the order of their making
	Items  []*Value // a list whose elements are known one by one
	Rest   *Value   // all other elements, together
	more   *more    // of the elements that have no known key
	home   *home    // where it is kept, if functions share it
	region int32    // the stretch of straight code in which it was made
	List   bool     // Items is all there is
}

// more is what few lists and dicts have.
type more struct {
	texts []string // constants among Rest
	keys  []Mark   // what the keys carry that are not known
	open  bool     // nothing is known of some elements
}

// Field is one element with a known key.
type Field struct {
	Key   string
	Value *Value
}

// Mark says that a value carries something from an origin. Safe holds the uses for which it
// was made harmless on its way.
type Mark struct {
	From *Origin
	Safe Kinds
	Way  *Way
}

// Origin is where a marked value came into the program.
type Origin struct {
	Source Source
	Where  Loc
	Note   string
	// For Source == Param: which parameter, and which part of it, such as ".name" or "[]".
	Param int
	Path  string

	whole *Origin   // what it is a part of, with one step less in its Path; nil for all others
	parts []*Origin // its parts that were met, each with one more step in its Path
	alone *Value    // see value
}

// Source is a kind of origin.
type Source uint8

// The kinds of origin. A Param is no outside source: it stands for whatever callers pass.
const (
	Param    Source = iota
	Request         // what a visitor sends
	Stored          // what was stored earlier and a visitor may have sent
	Internal        // what only the owner should see, such as the text of an exception
	Unproven        // a value of which nothing is known, in a use that no unknown value should have
)

// Loc is a stretch of a Python file or of a template.
type Loc struct {
	File string
	Span python.Span
}

// marked returns the value with other marks.
func (v *Value) marked(marks []Mark) *Value {
	c := *v
	c.Marks = marks
	c.Checked = len(marks) == 0 && (v.Checked || len(v.Marks) > 0)
	return &c
}

// moved returns the marks with one more step of their way.
func moved(marks []Mark, where Loc, note string) []Mark {
	if len(marks) == 0 {
		return nil
	}
	out := make([]Mark, len(marks))
	for i, m := range marks {
		out[i] = Mark{m.From, m.Safe, m.Way.step(where, note)}
	}
	return out
}

// safe returns the marks made harmless for more kinds of use; those that are harmless for
// all kinds are dropped.
func safe(marks []Mark, kinds Kinds) []Mark {
	if len(marks) == 0 || kinds == 0 {
		return marks
	}
	out := make([]Mark, 0, len(marks))
	for _, m := range marks {
		if m, harmful := m.safer(kinds); harmful {
			out = append(out, m)
		}
	}
	return out
}

// safer is the mark made harmless for more kinds of use; harmful is false if it is harmless for
// all kinds by that.
func (m Mark) safer(kinds Kinds) (_ Mark, harmful bool) {
	if kinds == 0 {
		return m, true
	}
	if kinds&contained != 0 && m.Safe&normal != 0 {
		m.Safe |= Path
	}
	m.Safe = (m.Safe | kinds).local()
	return m, m.Safe&Every != Every
}

// undone returns the marks with some kinds not safe any more: the text was decoded.
func undone(marks []Mark, kinds Kinds) []Mark {
	if kinds == 0 || len(marks) == 0 {
		return marks
	}
	out := slices.Clone(marks)
	for i := range out {
		out[i].Safe &^= kinds | noSlash
	}
	return out
}

// maxMarks bounds the marks of one value.
const maxMarks = 12

// gain reports whether one more mark would change the marks.
func gain(marks []Mark, m Mark) bool {
	i := slices.IndexFunc(marks, func(o Mark) bool { return o.From.same(m.From) })
	if i < 0 {
		return len(marks) < maxMarks
	}
	return marks[i].Safe&^m.Safe != 0
}

// merged is merge of marks that nobody else has with one more.
func merged(into []Mark, m Mark) []Mark {
	i := slices.IndexFunc(into, func(o Mark) bool { return o.From.same(m.From) })
	switch {
	case i < 0 && len(into) >= maxMarks:
	case i < 0:
		return append(into, m)
	case into[i].Safe&^m.Safe != 0:
		into[i] = into[i].or(m)
	}
	return into
}

// or is a mark that may be either of two of the same origin.
func (m Mark) or(o Mark) Mark {
	way := o.Way
	if m.Safe&o.Safe == m.Safe {
		way = m.Way
	}
	return Mark{m.From, m.Safe & o.Safe, way}
}

// merge joins two sets of marks: of the same origin, what is unsafe in either stays unsafe.
func merge(a, b []Mark) []Mark {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	out := a
	own := false
	for _, m := range b {
		i := slices.IndexFunc(out, func(o Mark) bool { return o.From.same(m.From) })
		if i >= 0 && out[i].Safe&^m.Safe == 0 {
			continue
		}
		if i < 0 && len(out) >= maxMarks {
			continue
		}
		if !own {
			out, own = slices.Clone(out), true
		}
		if i < 0 {
			out = append(out, m)
			continue
		}
		out[i] = out[i].or(m)
	}
	return out
}

// join is a value that may be either.
func join(a, b *Value) *Value { return joinTo(a, b, 4) }

// joinTo is join down to a depth: objects may hold themselves.
func joinTo(a, b *Value, depth int) *Value {
	switch {
	case a == b || b == nil:
		return a
	case a == nil:
		return b
	}
	if a.isThing() && a.Const.Kind == NoConst && !a.Checked && b.bare() && (!b.callable() || b.same(a)) && a.covers(b) {
		return a
	}
	if a.empty() && b.Const.Kind == NoConst {
		return b
	}
	if b.empty() && a.Const.Kind == NoConst {
		return a
	}
	v := &Value{Marks: merge(a.Marks, b.Marks)}
	of := a
	if !a.isThing() || a.Of == nil && a.API != nil && b.Of != nil { // what is known of the project's own says more
		of = b
	}
	v.API, v.Func, v.Class, v.Of = of.API, of.Func, of.Class, of.Of
	v.raw = a.raw || b.raw
	v.rare = joinRare(a, b, of)
	if of == b {
		v.fn = b.fn
	} else {
		v.fn = either(a, b, depth)
		if a.Of != nil && b.Of != nil {
			v.setKin(akin(a, b))
		} else if a.API != nil && b.API != nil && a.API != b.API && a.API.Path == rowsOf(b.API.Path) { // rows, or one of them
			v.API = b.API
		}
	}
	if a.Const == b.Const {
		v.Const = a.Const
	}
	v.Checked = a.fixedText() && b.fixedText()
	if depth > 0 {
		v.Obj = joinObjects(a.Obj, b.Obj, depth-1)
	} else if a.Obj != b.Obj {
		v.Marks = merge(v.Marks, merge(a.deeper(1), b.deeper(1)))
	}
	return v
}

// isThing reports whether it is known what the value is.
func (v *Value) isThing() bool {
	return v.API != nil || v.Func != nil || v.Class != nil || v.Of != nil || v.query() != nil || v.module() != nil
}

// empty reports whether nothing at all is known.
func (v *Value) empty() bool {
	return len(v.Marks) == 0 && v.Obj == nil && v.Const.Kind == NoConst && v.parts() == nil && !v.isThing() && !v.Checked
}

// bare reports whether all that is known of a value is what it is.
func (v *Value) bare() bool {
	return len(v.Marks) == 0 && v.Obj == nil && v.Const.Kind == NoConst && v.parts() == nil && !v.Checked && !v.raw && v.fn == nil
}

// deep is all marks of the value and of what it holds.
func (v *Value) deep() []Mark { return v.deeper(4) }

func (v *Value) deeper(depth int) []Mark {
	if v == nil {
		return nil
	}
	if v.Obj == nil || depth == 0 {
		return v.Marks
	}
	marks := v.Marks
	for _, f := range v.Obj.Fields {
		marks = merge(marks, f.Value.deeper(depth-1))
	}
	for _, i := range v.Obj.Items {
		marks = merge(marks, i.deeper(depth-1))
	}
	if v.Obj.Rest != nil {
		marks = merge(marks, v.Obj.Rest.deeper(depth-1))
	}
	return marks
}

// str is the text of a constant.
func (v *Value) str() (string, bool) { return v.Const.Str, v.Const.Kind == ConstStr }

// truth tells whether a constant is true; known is false for all else.
func (v *Value) truth() (is, known bool) {
	switch v.Const.Kind {
	case ConstStr:
		return v.Const.Str != "", true
	case ConstInt, ConstBool:
		return v.Const.Int != 0, true
	case ConstNone:
		return false, true
	case NoConst:
	}
	return false, false
}

func text(s string) *Value { return &Value{Const: Const{Kind: ConstStr, Str: s}} }
