package flow

import (
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

func itoa(i int64) string { return strconv.FormatInt(i, 10) }

// maxText bounds the constants that are put together, and maxLiterals those among the parts of
// a text.
const maxText, maxLiterals = 4096, 1 << 16

// maxParts bounds the parts of a text that are told apart.
const maxParts = 24

// concat is a + b, where either is a text.
func (f *frame) concat(a, b *Value, at python.Node) *Value {
	v := settled(append(append(make([]Part, 0, 4), a.asParts()...), b.asParts()...))
	if len(v.Marks) > 0 {
		v.Marks = moved(v.Marks, f.loc(at), becomes)
	}
	if a.Obj != nil || b.Obj != nil {
		v.Obj = joinObjects(a.Obj, b.Obj, 3)
		v.setParts(nil)
	}
	return v
}

func (f *frame) fstring(e *python.FString) *Value {
	parts := make([]Part, 0, len(e.Parts))
	for _, p := range e.Parts {
		switch p := p.(type) {
		case *python.Str:
			parts = append(parts, Part{Text: p.Value})
		case *python.Interpolation:
			v := f.eval(p.Value)
			for _, x := range p.Format {
				f.eval(x)
			}
			if spec, ok := numberFormat(p.Format); ok && spec {
				v = f.e.number
			}
			if p.Conversion == 'r' || p.Conversion == 'a' {
				v = &Value{Marks: safe(v.deep(), Header|Log)}
			}
			parts = append(parts, v.asParts()...)
		}
	}
	v := settled(parts)
	if len(v.Marks) > 0 {
		v.Marks = moved(v.Marks, f.loc(e), becomes)
	}
	if e.Template { // a t-string is not a text yet
		v.setParts(nil)
	}
	return v
}

// numberFormat reports whether a format lets only numbers through, such as {x:d} or {x:.2f}.
func numberFormat(format []python.Expr) (number, known bool) {
	if len(format) != 1 {
		return false, false
	}
	s, ok := format[0].(*python.Str)
	if !ok || s.Value == "" {
		return false, false
	}
	return strings.IndexByte("dfFeEgGnxXob", s.Value[len(s.Value)-1]) >= 0, true
}

// binary is an operation on two values.
func (f *frame) binary(op python.Op, a, b *Value, at python.Node) *Value {
	if (op == python.Add || op == python.Mod) && (a.isMarkup() || b.isMarkup() && op == python.Add) {
		return f.withMarkup(a, b)
	}
	if a.Const.Kind == ConstInt && b.Const.Kind == ConstInt {
		if i, ok := arithmetic(op, a.Const.Int, b.Const.Int); ok {
			return integer(i)
		}
		return f.e.number
	}
	if op == python.Mult && (a.Const.Kind == ConstStr || b.Const.Kind == ConstStr) {
		return &Value{Checked: true} // "?, " * n
	}
	if op == python.Mult && (a.Obj != nil || b.Obj != nil) { // ["?"] * n
		list := a
		if list.Obj == nil {
			list = b
		}
		return &Value{Marks: list.Marks, Obj: &Object{List: true, Rest: f.item(list), region: -1}}
	}
	if op != python.Add && op != python.Mod && (a.isNumber() || b.isNumber()) {
		return f.e.number
	}
	switch op {
	case python.Add:
		return f.concat(a, b, at)
	case python.Mod:
		if a.Const.Kind == ConstStr || a.parts() != nil {
			return f.percent(a, b, at)
		}
		if len(a.Marks)+len(b.deep()) == 0 {
			return f.e.unknown
		}
		return &Value{Marks: merge(a.Marks, b.deep())}
	case python.Div: // pathlib: folder / name
		v := f.concat(a, b, at)
		if a.API != nil {
			c := *v
			c.API = a.API
			c.setParts(nil)
			return &c
		}
		return v
	case python.BitAnd:
		return f.ifFixed(a.fixedSet() || b.fixedSet())
	case python.Sub:
		return f.ifFixed(a.fixedSet())
	case python.BitOr, python.Mult:
		if len(a.Marks)+len(b.Marks) == 0 && a.Obj == nil && b.Obj == nil {
			return f.e.unknown
		}
		return join(&Value{Marks: a.Marks, Obj: a.Obj}, &Value{Marks: b.Marks, Obj: b.Obj})
	}
	return f.e.unknown
}

// isNumber reports whether a value is a number for sure.
func (v *Value) isNumber() bool {
	if v.Const.Kind == ConstInt {
		return true
	}
	if v.API == nil || len(v.Marks) > 0 {
		return false
	}
	switch v.API.Path {
	case "builtins.int()", "builtins.float()", "builtins.len()", "builtins.round()":
		return true
	}
	return false
}

func arithmetic(op python.Op, a, b int64) (int64, bool) {
	const big = 1 << 31
	if a > big || b > big || a < -big || b < -big {
		return 0, false
	}
	switch op {
	case python.Add:
		return a + b, true
	case python.Sub:
		return a - b, true
	case python.Mult:
		return a * b, true
	case python.FloorDiv, python.Div:
		if b != 0 && (op == python.FloorDiv && a >= 0 && b > 0 || a%b == 0) {
			return a / b, true
		}
	case python.Mod:
		if b > 0 && a >= 0 {
			return a % b, true
		}
	}
	return 0, false
}

// slice is text[low:high] where the limits are constants: what lies outside is cut off, so
// that a marked part which is cut off does no harm.
func sliceText(v *Value, low, high *Value) (*Value, bool) {
	if v.Const.Kind != ConstStr && v.parts() == nil {
		return nil, false
	}
	if low.Const.Kind == NoConst || high.Const.Kind == NoConst {
		return nil, false
	}
	parts := v.asParts()
	first, lastPart := parts[0], parts[len(parts)-1]
	if len(parts) == 1 && first.Value == nil {
		s := first.Text
		from, to := limit(low, 0, len(s)), limit(high, len(s), len(s))
		if from > to {
			from = to
		}
		return text(s[from:to]), true
	}
	if low.Const.Kind == ConstInt && high.Const.Kind == ConstInt && first.Value == nil &&
		low.Const.Int >= 0 && high.Const.Int >= 0 && int(high.Const.Int) <= len(first.Text) {
		return text(first.Text[min(low.Const.Int, high.Const.Int):high.Const.Int]), true
	}
	if low.Const.Kind != ConstInt && high.Const.Kind == ConstInt && high.Const.Int >= 0 && first.Value == nil && int(high.Const.Int) <= len(first.Text) {
		return text(first.Text[:high.Const.Int]), true
	}
	if high.Const.Kind == ConstNone && low.Const.Kind == ConstInt && low.Const.Int < 0 && lastPart.Value == nil && int(-low.Const.Int) <= len(lastPart.Text) {
		return text(lastPart.Text[len(lastPart.Text)+int(low.Const.Int):]), true
	}
	return nil, false
}

func limit(v *Value, otherwise, size int) int {
	if v.Const.Kind != ConstInt {
		return otherwise
	}
	i := int(v.Const.Int)
	if i < 0 {
		i += size
	}
	return max(0, min(i, size))
}
