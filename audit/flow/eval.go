package flow

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// eval is the value of an expression.
func (f *frame) eval(e python.Expr) *Value {
	if f.steps++; f.steps > maxSteps {
		return f.e.unknown
	}
	switch e := e.(type) {
	case *python.Name:
		if len(f.places) > 0 {
			return f.refined(e, f.lookup(e.ID, e))
		}
		return f.lookup(e.ID, e)
	case *python.Attribute:
		if len(f.places) > 0 {
			return f.refined(e, f.attribute(f.eval(e.Value), e.Attr, e))
		}
		return f.attribute(f.eval(e.Value), e.Attr, e)
	case *python.Call:
		if len(f.places) > 0 {
			return f.refined(e, f.call(e))
		}
		return f.call(e)
	case *python.Str:
		f.e.pages.mention(e.Value)
		return f.e.literal(e.Value)
	case *python.Bytes:
		return text(e.Value)
	case *python.Number:
		if i, ok := e.Int(); ok {
			return integer(i)
		}
		return f.e.unknown
	case *python.Constant:
		return f.constant(e)
	case *python.FString:
		return f.fstring(e)
	case *python.BinOp:
		return f.binary(e.Op, f.eval(e.Left), f.eval(e.Right), e)
	case *python.Subscript:
		if len(f.places) > 0 {
			return f.refined(e, f.subscript(e))
		}
		return f.subscript(e)
	case nil:
		return f.e.unknown
	}
	return f.evalRare(e)
}

func (f *frame) evalRare(e python.Expr) *Value {
	switch e := e.(type) {
	case *python.BoolOp:
		return f.boolean(e)
	case *python.UnaryOp:
		return f.unary(e)
	case *python.Compare:
		return f.compare(e)
	case *python.IfExp:
		return f.ifExp(e)
	case *python.Tuple:
		return f.list(e.Elts)
	case *python.List:
		return f.list(e.Elts)
	case *python.Set:
		return f.list(e.Elts)
	case *python.Dict:
		return f.dict(e)
	case *python.Comprehension:
		return f.comprehension(e)
	case *python.Lambda:
		return f.lambda(e)
	case *python.Await:
		return f.eval(e.Value)
	case *python.Starred:
		return f.eval(e.Value)
	case *python.Yield:
		return f.yield(e)
	case *python.NamedExpr:
		v := f.eval(e.Value)
		f.assign(e.Target, v)
		return v
	case *python.Interpolation:
		return f.eval(e.Value)
	case *python.Slice:
		f.eval(e.Low)
		f.eval(e.High)
	}
	return f.e.unknown
}

func (f *frame) constant(e *python.Constant) *Value {
	switch e.Kind {
	case python.True:
		return boolean(true)
	case python.False:
		return boolean(false)
	case python.None:
		return none
	case python.Ellipsis:
	}
	return f.e.unknown
}

// boolean is a and b, a or b: the first that decides, or any of them.
func (f *frame) boolean(e *python.BoolOp) *Value {
	var v *Value
	before := f.save()
	type bound struct {
		expr  *python.NamedExpr
		value *Value
	}
	var named []bound
	for i, x := range e.Values {
		one := f.eval(x)
		if n, ok := x.(*python.NamedExpr); ok {
			named = append(named, bound{n, one})
		}
		is, known := one.truth()
		last := i == len(e.Values)-1
		if known && !last {
			if is == (e.Op == python.Or) {
				v = join(v, one)
				break
			}
			continue // it is skipped over: the result is a later one
		}
		v = join(v, one)
		if !last && e.Op == python.And { // the rest runs only if this is true
			f.refine(f.check(x).then)
		}
		if !last && e.Op == python.Or {
			f.refine(f.check(x).otherwise)
		}
	}
	f.load(state{before.env, f.ended, before.learned})
	for _, n := range named { // names bound by := in there stay bound
		f.assign(n.expr.Target, n.value)
	}
	return v
}

func (f *frame) unary(e *python.UnaryOp) *Value {
	v := f.eval(e.Operand)
	switch e.Op {
	case python.Not:
		if is, known := v.truth(); known {
			return boolean(!is)
		}
	case python.Sub:
		if v.Const.Kind == ConstInt {
			return integer(-v.Const.Int)
		}
	}
	return f.e.unknown
}

func (f *frame) compare(e *python.Compare) *Value {
	left := f.eval(e.Left)
	var result *Value
	for i, op := range e.Ops {
		right := f.eval(e.Rights[i])
		if e == f.tested.compare {
			f.tested.left, f.tested.right = left, right
		}
		is, known := compareConst(left.Const, op, right.Const)
		if !known {
			result = f.e.unknown
		} else if result == nil {
			if result = boolean(is); !is {
				return result
			}
		}
		left = right
	}
	return result
}

func compareConst(a Const, op python.Op, b Const) (is, known bool) {
	if a.Kind == NoConst || b.Kind == NoConst {
		return false, false
	}
	if a.Kind == ConstStr && b.Kind == ConstStr {
		switch op {
		case python.In:
			return strings.Contains(b.Str, a.Str), true
		case python.NotIn:
			return !strings.Contains(b.Str, a.Str), true
		}
	}
	switch op {
	case python.Eq:
		return a == b, true
	case python.NotEq:
		return a != b, true
	case python.Is:
		return a == b, a.Kind == ConstNone || b.Kind == ConstNone
	case python.IsNot:
		return a != b, a.Kind == ConstNone || b.Kind == ConstNone
	}
	if a.Kind == ConstStr || b.Kind == ConstStr || a.Kind == ConstNone || b.Kind == ConstNone {
		return false, false
	}
	switch op {
	case python.Lt:
		return a.Int < b.Int, true
	case python.LtE:
		return a.Int <= b.Int, true
	case python.Gt:
		return a.Int > b.Int, true
	case python.GtE:
		return a.Int >= b.Int, true
	}
	return false, false
}

func (f *frame) ifExp(e *python.IfExp) *Value {
	c := f.condition(e.Test)
	if c.known {
		if c.is {
			return f.eval(e.Body)
		}
		return f.eval(e.Else)
	}
	before := f.save()
	f.refine(c.then)
	a := f.eval(e.Body)
	f.load(before)
	before = f.save()
	f.refine(c.otherwise)
	b := f.eval(e.Else)
	f.load(before)
	return join(a, b)
}

// maxItems bounds the elements of a display that are told apart.
const maxItems = 64

func (f *frame) list(elts []python.Expr) *Value {
	o := &Object{List: true, region: f.region}
	for _, x := range elts {
		v := f.eval(x)
		if _, star := x.(*python.Starred); star {
			o.List = false
			v = f.item(v)
		}
		if len(o.Items) < maxItems {
			o.Items = append(o.Items, v)
			continue
		}
		o.List = false
		o.Rest = join(o.Rest, v)
	}
	return f.e.value(Value{Obj: o})
}

func (f *frame) dict(e *python.Dict) *Value {
	o := &Object{region: f.region}
	for i, k := range e.Keys {
		v := f.eval(e.Values[i])
		if k == nil { // **other
			for _, fd := range fieldsOf(v) {
				o.set(fd.Key, fd.Value)
			}
			o.Rest = join(o.Rest, v.rest())
			o.addKeys(keysOf(v))
			o.takesIn(v)
			continue
		}
		if key, ok := f.eval(k).key(); ok {
			o.set(key, v)
			continue
		}
		o.Rest = join(o.Rest, v)
	}
	return f.e.value(Value{Obj: o})
}

func fieldsOf(v *Value) []Field {
	if v.Obj == nil {
		return nil
	}
	return v.Obj.Fields
}

// rest is the elements without a known key; for a value without parts, what it carries.
func (v *Value) rest() *Value {
	var r *Value
	if v.Obj != nil {
		r = v.Obj.everything(3)
	}
	if len(v.Marks) > 0 {
		r = join(r, &Value{Marks: v.Marks})
	}
	return r
}

// key is the name under which an element of a constant key is kept.
func (v *Value) key() (string, bool) {
	switch v.Const.Kind {
	case ConstStr:
		return v.Const.Str, true
	case ConstInt, ConstBool:
		return "#" + itoa(v.Const.Int), true
	case ConstNone, NoConst:
	}
	return "", false
}

func (f *frame) comprehension(e *python.Comprehension) *Value {
	mark, known := len(f.extra), f.places
	for i := range e.Fors {
		f.bindTarget(e.Fors[i].Target, f.item(f.eval(e.Fors[i].Iter)))
		for _, test := range e.Fors[i].Ifs {
			f.refine(f.condition(test).then)
		}
	}
	v := f.eval(e.Elt)
	var keys []Mark
	if e.Key != nil {
		keys = f.eval(e.Key).Marks
		v = join(v, &Value{Marks: keys})
	}
	f.extra, f.places = f.extra[:mark], known
	o := &Object{Rest: v, region: -1}
	o.addKeys(keys)
	return &Value{Obj: o}
}

// bindTarget binds names that live only in a comprehension or a lambda.
func (f *frame) bindTarget(t python.Expr, v *Value) {
	switch t := t.(type) {
	case *python.Name:
		f.extra = append(f.extra, binding{t.ID, v})
		if len(f.places) > 0 {
			f.places = without(f.places, func(r refinement) bool { return rootOf(r.on) == t.ID })
		}
	case *python.Starred:
		f.bindTarget(t.Value, v)
	case *python.Tuple:
		for i, x := range t.Elts {
			f.bindTarget(x, f.nth(v, i))
		}
	case *python.List:
		for i, x := range t.Elts {
			f.bindTarget(x, f.nth(v, i))
		}
	}
}

// yield gives the generator's result its elements.
func (f *frame) yield(e *python.Yield) *Value {
	if e.Value == nil {
		return f.e.unknown
	}
	v := f.eval(e.Value)
	if e.From {
		v = f.item(v)
	}
	f.sum.result = join(f.sum.result, &Value{Obj: &Object{Rest: v, region: -1}})
	if len(f.fn.Routes) > 0 {
		f.answer(e, v)
	}
	return f.e.unknown
}
