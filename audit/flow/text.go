package flow

import (
	"slices"
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

// parts are the pieces of a value that is used as a text.
func (v *Value) parts() []Part {
	switch {
	case v == nil:
		return nil
	case v.Const.Kind == ConstStr:
		return []Part{{Text: v.Const.Str}}
	case v.Const.Kind == ConstInt:
		return []Part{{Text: itoa(v.Const.Int)}}
	case v.Parts != nil:
		return v.Parts
	}
	return []Part{{Value: v}}
}

// textOf is the value of a text that is put together of the parts.
func textOf(parts []Part) *Value {
	v := &Value{}
	all, size := true, 0
	for i, p := range parts {
		size += len(p.Text)
		if p.Value != nil {
			all = false
			marks := p.Value.deep()
			if i > 0 && stuck(parts[i-1].Text, true) || i+1 < len(parts) && stuck(parts[i+1].Text, false) {
				marks = affixed(marks)
			}
			v.Marks = merge(v.Marks, marks)
		}
	}
	switch {
	case all && size <= maxText:
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(p.Text)
		}
		return text(b.String())
	case all && size > maxLiterals:
		v.Checked = true
	case len(parts) <= maxParts && size <= maxLiterals:
		v.Parts = joinLiterals(parts)
	}
	return v
}

// stuck reports whether a literal before or behind a value is part of the same file's name.
func stuck(s string, before bool) bool {
	if s == "" {
		return false
	}
	c := s[0]
	if before {
		c = s[len(s)-1]
	}
	return c != '/' && c != '\\'
}

// affixed are the marks of a text that stands beside a literal: one without a slash is only
// part of a file's name.
func affixed(marks []Mark) []Mark {
	out := slices.Clone(marks)
	for i := range out {
		out[i].Safe |= beside
	}
	return out
}

// joinLiterals puts neighbouring literals together.
func joinLiterals(parts []Part) []Part {
	out := make([]Part, 0, len(parts))
	for _, p := range parts {
		if n := len(out); p.Value == nil && n > 0 && out[n-1].Value == nil {
			out[n-1].Text += p.Text
			continue
		}
		out = append(out, p)
	}
	return out
}

// concat is a + b, where either is a text.
func (f *frame) concat(a, b *Value, at python.Node) *Value {
	v := textOf(append(append(make([]Part, 0, 4), a.parts()...), b.parts()...))
	if len(v.Marks) > 0 {
		v.Marks = moved(v.Marks, f.loc(at), becomes)
	}
	if a.Obj != nil || b.Obj != nil {
		v.Obj = joinObjects(a.Obj, b.Obj, 3)
		v.Parts = nil
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
			parts = append(parts, v.parts()...)
		}
	}
	v := textOf(parts)
	if len(v.Marks) > 0 {
		v.Marks = moved(v.Marks, f.loc(e), becomes)
	}
	if e.Template { // a t-string is not a text yet
		v.Parts = nil
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
	if op != python.Add && op != python.Mod && (a.isNumber() || b.isNumber()) {
		return f.e.number
	}
	switch op {
	case python.Add:
		return f.concat(a, b, at)
	case python.Mod:
		if a.Const.Kind == ConstStr || a.Parts != nil {
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
			c.API, c.Parts = a.API, nil
			return &c
		}
		return v
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
	if v.Const.Kind != ConstStr && v.Parts == nil {
		return nil, false
	}
	if low.Const.Kind == NoConst || high.Const.Kind == NoConst {
		return nil, false
	}
	parts := v.parts()
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
