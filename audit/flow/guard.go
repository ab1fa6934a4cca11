package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// condition is what a test says: its value where that is known, and for which uses its being
// true or false makes variables safe.
type condition struct {
	is, known       bool
	then, otherwise []refinement
}

func (f *frame) condition(e python.Expr) condition {
	outer := f.tested
	f.tested = testOf(e)
	v := f.eval(e)
	c := f.check(e)
	f.tested = outer
	c.is, c.known = v.truth()
	return c
}

// tested is the test that is being read, and what the parts of it are that its check asks for
// again: to read them twice would find the same.
type tested struct {
	compare     *python.Compare
	left, right *Value
	call        *python.Call
	to          *Value // what is called, or whose method
}

// testOf is a test that is one comparison or one call.
func testOf(e python.Expr) tested {
	for {
		switch x := e.(type) {
		case *python.UnaryOp:
			if x.Op != python.Not {
				return tested{}
			}
			e = x.Operand
		case *python.Compare:
			if len(x.Ops) == 1 {
				return tested{compare: x}
			}
			return tested{}
		case *python.Call:
			return tested{call: x}
		default:
			return tested{}
		}
	}
}

// again is eval for a part of a test.
func (f *frame) again(e python.Expr) *Value {
	t := &f.tested
	switch {
	case t.compare != nil && t.left != nil && t.compare.Left == e:
		return t.left
	case t.compare != nil && t.right != nil && t.compare.Rights[0] == e:
		return t.right
	case t.call == nil || t.to == nil || t.call.Func != e:
		return f.eval(e)
	}
	a, ok := e.(*python.Attribute)
	if !ok {
		return t.to
	}
	if len(f.places) > 0 {
		return f.refined(a, f.attribute(t.to, a.Attr, a))
	}
	return f.attribute(t.to, a.Attr, a)
}

// check finds what a test says of variables.
func (f *frame) check(e python.Expr) condition {
	if f.checks++; f.checks > 6 {
		f.checks--
		return condition{}
	}
	defer func() { f.checks-- }()
	switch e := e.(type) {
	case *python.Name:
		return f.checkName(e)
	case *python.UnaryOp:
		if e.Op == python.Not {
			return f.check(e.Operand).not()
		}
	case *python.BoolOp:
		return f.checkAll(e.Op, e.Values)
	case *python.Compare:
		if len(e.Ops) == 1 {
			return f.checkCompare(e.Left, e.Ops[0], e.Rights[0])
		}
	case *python.Call:
		return f.checkCall(e)
	case *python.NamedExpr:
		return f.check(e.Value)
	case *python.IfExp:
		return f.checkChoice(e)
	case *python.Attribute:
		return f.checkAttribute(e)
	}
	return condition{}
}

// not is what the opposite of a test says.
func (c condition) not() condition { return condition{then: c.otherwise, otherwise: c.then} }

// checkName is a variable as a test: one that is empty does no harm, and its truth may tell
// of others.
func (f *frame) checkName(n *python.Name) condition {
	slot := f.slot(n.ID)
	if slot == 0 {
		return condition{}
	}
	var c condition
	if v := f.env[slot-1]; v != nil && len(v.Marks) > 0 {
		c.otherwise = []refinement{{slot: slot, kinds: Every}}
	}
	if len(f.facts) > 0 {
		c.then = f.implied(slot, true)
		c.otherwise = append(c.otherwise, f.implied(slot, false)...)
	}
	return c
}

// checkAll is a and b, a or b. Where a or b is true, what both say holds.
func (f *frame) checkAll(op python.Op, values []python.Expr) condition {
	var sum condition // of and; or is the opposite of the opposites
	var before []refinement
	for i, v := range values {
		c := f.check(v)
		if op == python.Or {
			c = c.not()
		}
		one := append(slices.Clone(before), c.otherwise...)
		if i == 0 {
			sum.otherwise = one
		} else {
			sum.otherwise = meetRefinements(sum.otherwise, one)
		}
		before = append(before, c.then...)
	}
	sum.then = before
	if op == python.Or {
		return sum.not()
	}
	return sum
}

// checkChoice is a if test else b: where a is False, the whole is true only by b.
func (f *frame) checkChoice(e *python.IfExp) condition {
	test, a, b := f.check(e.Test), f.check(e.Body), f.check(e.Else)
	way := func(is bool) []refinement {
		one, other := append(slices.Clone(test.then), a.then...), append(slices.Clone(test.otherwise), b.then...)
		if !is {
			one, other = append(slices.Clone(test.then), a.otherwise...), append(slices.Clone(test.otherwise), b.otherwise...)
		}
		switch {
		case neverIs(e.Body, is):
			return other
		case neverIs(e.Else, is):
			return one
		}
		return meetRefinements(one, other)
	}
	return condition{then: way(true), otherwise: way(false)}
}

// neverIs reports whether an expression is written to be of the other truth.
func neverIs(e python.Expr, is bool) bool {
	to := written(e)
	return to == isTrue && !is || to == isNot && is
}

func (f *frame) checkCompare(left python.Expr, op python.Op, right python.Expr) condition {
	if e, is, ok := truthOf(left, op, right); ok {
		c := f.check(e)
		if _, name := e.(*python.Name); !name && isEmpty(right) {
			c.otherwise = append(append(c.otherwise, f.about(e, Every)...), f.hostless(e)...)
		}
		if is {
			return c
		}
		return c.not()
	}
	switch op {
	case python.In:
		return f.checkIn(left, right)
	case python.NotIn:
		return f.checkIn(left, right).not()
	case python.Eq, python.Is:
		return condition{then: append(f.checkEqual(left, right), f.checkEqual(right, left)...)}
	case python.NotEq, python.IsNot:
		return condition{otherwise: append(f.checkEqual(left, right), f.checkEqual(right, left)...)}
	case python.LtE: // set(x) <= ALLOWED
		if c, ok := left.(*python.Call); ok && len(c.Args) == 1 && python.LastName(c.Func) == "set" {
			return condition{then: f.ofCharacters(c.Args[0], right)}
		}
	}
	return condition{}
}

// truthOf tells the comparisons that ask for the truth of an expression: x is None, len(x) > 0,
// x == []. It says which truth they ask for.
func truthOf(left python.Expr, op python.Op, right python.Expr) (e python.Expr, is, ok bool) {
	if c, ok := left.(*python.Call); ok && len(c.Args) == 1 {
		if n, ok := c.Func.(*python.Name); ok && n.ID == "len" {
			left = c.Args[0]
		}
	}
	if c, ok := right.(*python.Constant); ok && c.Kind == python.True {
		return left, op == python.Eq || op == python.Is, op == python.Eq || op == python.Is || op == python.NotEq || op == python.IsNot
	}
	n, isNumber := right.(*python.Number)
	switch {
	case isNumber && n.Text == "1":
		return left, op == python.GtE, op == python.GtE || op == python.Lt
	case isNumber && n.Text == "0" && (op == python.Gt || op == python.LtE):
		return left, op == python.Gt, true
	case isNumber && n.Text == "0", isEmpty(right):
		return left, op == python.NotEq || op == python.IsNot, op == python.Eq || op == python.Is || op == python.NotEq || op == python.IsNot
	}
	return nil, false, false
}

// isEmpty reports whether an expression is None, False, "", [] or the like.
func isEmpty(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Constant:
		return e.Kind == python.None || e.Kind == python.False
	case *python.Str:
		return e.Value == ""
	case *python.List:
		return len(e.Elts) == 0
	case *python.Tuple:
		return len(e.Elts) == 0
	case *python.Dict:
		return len(e.Keys) == 0
	}
	return false
}

// absent is what a text cannot be used for that does not hold s.
func absent(s string) Kinds {
	switch s {
	case "..", "../", "/", "\\", "..\\":
		return Path
	case "'", "\"":
		return SQL | XPath | Code
	case "<", "<script", "<script>", ">":
		return HTML
	case ";", "|", "&":
		return Command
	case "//", "://":
		return single
	case "\n", "\r":
		return Header | Log
	}
	return 0
}

// checkIn believes membership of a collection that holds nothing of a visitor, and the
// absence of a dangerous text.
func (f *frame) checkIn(left, right python.Expr) condition {
	var c condition
	if s, ok := left.(*python.Str); ok { // "../" in x, "'" in x[1:-1], ".." in x.split("/")
		of := right
		switch r := right.(type) {
		case *python.Subscript:
			if _, cut := r.Index.(*python.Slice); cut {
				of = r.Value
			}
		case *python.Attribute:
			if r.Attr == "parts" {
				of = r.Value
			}
		case *python.Call:
			if a, ok := r.Func.(*python.Attribute); ok && a.Attr == "split" {
				of = a.Value
			}
		}
		if kinds := absent(s.Value); kinds != 0 {
			c.otherwise = f.about(pathOf(of), kinds)
		}
	}
	if a, ok := right.(*python.Attribute); ok && a.Attr == "parents" { // folder in path.parents
		c.then = f.inFolder(a.Value)
		return c
	}
	among := f.again(right)
	if ofThisSite(among) {
		c.then = f.sameSite(left, Redirect)
		if among.Obj != nil && slices.Contains(among.Obj.constants(), "") {
			c.then = f.sameSite(left, weakRedirect)
		}
		return c
	}
	if s, isText := among.str(); isText {
		c.then = f.about(left, allows(s)) // it is a part of s
	} else if s, ok := characters(among); ok {
		c.then = f.about(left, allows(s))
	} else if len(among.deep()) == 0 {
		c.then = f.fixed(left)
	}
	return c
}

// characters are those of a list of single ones. What is one of them may be part of a text that
// is made of many.
func characters(v *Value) (string, bool) {
	if v.Obj == nil || !v.Obj.List || len(v.Obj.Items) == 0 {
		return "", false
	}
	var all []byte
	for _, i := range v.Obj.Items {
		s, ok := i.str()
		if !ok || len(s) > 1 {
			return "", false
		}
		all = append(all, s...)
	}
	return string(all), true
}

func (f *frame) checkEqual(left, right python.Expr) []refinement {
	if c, ok := left.(*python.Call); ok {
		if all := f.common(c); all != nil {
			return all
		}
	}
	v := f.again(right)
	if ofThisSite(v) {
		return f.sameSite(left, Redirect)
	}
	if len(v.deep()) > 0 || v.Const.Kind == ConstNone || v.Const.Kind == ConstBool {
		return nil
	}
	if s, ok := v.str(); ok && len(s) == 1 { // it may be one character of many
		return f.about(left, allows(s))
	}
	return f.fixed(left)
}

// fixed says that the expression is one of a few values that the program knows.
func (f *frame) fixed(e python.Expr) []refinement {
	all := f.about(e, Every)
	if c, ok := e.(*python.Call); ok {
		if inner := spelled(c); inner != nil {
			return f.fixed(inner)
		}
	}
	switch e.(type) {
	case *python.Name, *python.Attribute, *python.Subscript, *python.Call:
		return append(all, f.hostFixed(e)...)
	}
	return all
}
