package python_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// dumper writes a tree as testdata/dump.py writes CPython's.
type dumper struct {
	f       *python.File
	b       strings.Builder
	pattern bool
}

func dump(f *python.File) string {
	d := &dumper{f: f}
	for _, s := range f.Body {
		d.stmt(s, 0)
	}
	return d.b.String()
}

func (d *dumper) put(parts ...string) {
	for _, s := range parts {
		d.b.WriteString(s)
	}
}

func quote(s string, bytes bool) string {
	var b strings.Builder
	b.WriteByte('"')
	put := func(r rune) {
		if r >= 32 && r < 127 && r != '\\' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\{%x}`, r)
		}
	}
	if bytes {
		for i := range len(s) {
			put(rune(s[i]))
		}
	} else {
		for _, r := range s {
			put(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (d *dumper) pos(s python.Span) {
	if d.pattern {
		return
	}
	d.put("@")
	line, column := d.f.Position(s.Start)
	d.put(strconv.Itoa(line), ":", strconv.Itoa(column), "-")
	line, column = d.f.Position(s.End)
	d.put(strconv.Itoa(line), ":", strconv.Itoa(column))
}

func (d *dumper) many(list []python.Expr) {
	d.put("[")
	for i, e := range list {
		if i > 0 {
			d.put(" ")
		}
		d.expr(e)
	}
	d.put("]")
}

// node writes (Name@pos part part...): a string as it is, an Expr and a list of them dumped.
func (d *dumper) node(at python.Span, name string, parts ...any) {
	d.put("(", name)
	d.pos(at)
	for _, part := range parts {
		d.put(" ")
		d.part(part)
	}
	d.put(")")
}

func (d *dumper) part(part any) {
	switch part := part.(type) {
	case string:
		d.put(part)
	case []python.Expr:
		d.many(part)
	case python.Expr:
		d.expr(part)
	case nil:
		d.put("-")
	case func():
		part()
	default:
		panic(fmt.Sprintf("%T", part))
	}
}

func (d *dumper) expr(e python.Expr) {
	switch e := e.(type) {
	case nil:
		d.put("-")
	case *python.Name:
		d.node(e.Span, "Name", e.ID)
	case *python.Attribute:
		d.node(e.Span, "Attribute", e.Value, e.Attr)
	case *python.Subscript:
		d.node(e.Span, "Subscript", e.Value, e.Index)
	case *python.Slice:
		d.node(e.Span, "Slice", e.Low, e.High, e.Step)
	case *python.Call:
		d.node(e.Span, "Call", e.Func, e.Args, func() { d.keywords(e.Keywords) })
	case *python.Str:
		d.node(e.Span, "Str", quote(e.Value, false))
	case *python.Bytes:
		d.node(e.Span, "Bytes", quote(e.Value, true))
	case *python.Number:
		d.node(e.Span, "Number", number(e))
	case *python.Constant:
		d.node(e.Span, "Constant", [...]string{"None", "True", "False", "Ellipsis"}[e.Kind])
	case *python.FString:
		d.node(e.Span, "FString", func() {
			if e.Template {
				d.put("t")
			}
			d.parts(e.Parts)
		})
	case *python.BinOp:
		d.node(e.Span, "BinOp", e.Op.String(), e.Left, e.Right)
	case *python.UnaryOp:
		d.node(e.Span, "UnaryOp", e.Op.String(), e.Operand)
	case *python.BoolOp:
		d.node(e.Span, "BoolOp", e.Op.String(), e.Values)
	case *python.Compare:
		ops := make([]string, len(e.Ops))
		for i, op := range e.Ops {
			ops[i] = op.String()
		}
		d.node(e.Span, "Compare", e.Left, strings.Join(ops, ","), e.Rights)
	case *python.IfExp:
		d.node(e.Span, "IfExp", e.Test, e.Body, e.Else)
	default:
		d.more(e)
	}
}

func (d *dumper) more(e python.Expr) {
	switch e := e.(type) {
	case *python.Lambda:
		d.node(e.Span, "Lambda", func() { d.params(e.Params) }, e.Body)
	case *python.Tuple:
		d.node(e.Span, "Tuple", e.Elts)
	case *python.List:
		d.node(e.Span, "List", e.Elts)
	case *python.Set:
		d.node(e.Span, "Set", e.Elts)
	case *python.Dict:
		d.node(e.Span, "Dict", e.Keys, e.Values)
	case *python.Comprehension:
		d.node(e.Span, "Comprehension", strconv.Itoa(int(e.Kind)), e.Key, e.Elt, func() { d.fors(e.Fors) })
	case *python.Await:
		d.node(e.Span, "Await", e.Value)
	case *python.Yield:
		d.node(e.Span, "Yield", strconv.FormatBool(e.From), e.Value)
	case *python.NamedExpr:
		d.node(e.Span, "NamedExpr", e.Target, e.Value)
	case *python.Starred:
		d.node(e.Span, "Starred", e.Value)
	case *python.PatternAs:
		d.node(e.Span, "PatternAs", e.Pattern, e.Name)
	case *python.BadExpr:
		d.node(e.Span, "BadExpr")
	default:
		panic(fmt.Sprintf("%T", e))
	}
}

func number(n *python.Number) string {
	if v, ok := n.Int(); ok {
		return strconv.FormatInt(v, 10)
	}
	text := strings.ToLower(strings.ReplaceAll(n.Text, "_", ""))
	if strings.HasPrefix(text, "0x") || strings.Trim(text, "0123456789") == "" || strings.HasPrefix(text, "0b") || strings.HasPrefix(text, "0o") {
		return "big"
	}
	bare, imaginary := strings.CutSuffix(text, "j")
	v, err := strconv.ParseFloat(bare, 64)
	if err != nil && !math.IsInf(v, 0) {
		return err.Error()
	}
	s := fmt.Sprintf("%016x", math.Float64bits(v))
	if imaginary {
		s += "j"
	}
	return s
}

func (d *dumper) keywords(list []python.Keyword) {
	d.put("{")
	for i, k := range list {
		if i > 0 {
			d.put(" ")
		}
		if k.Name == "" {
			k.Name = "**"
		}
		d.put(k.Name, "=")
		d.expr(k.Value)
	}
	d.put("}")
}

func (d *dumper) parts(list []python.Expr) {
	d.put("[")
	text, first := "", true
	space := func() {
		if !first {
			d.put(" ")
		}
		first = false
	}
	flush := func() {
		if text != "" {
			space()
			d.put(quote(text, false))
		}
		text = ""
	}
	for _, e := range list {
		s, ok := e.(*python.Str)
		if ok {
			text += s.Value
			continue
		}
		flush()
		space()
		n := e.(*python.Interpolation)
		d.put("<")
		d.expr(n.Value)
		d.put("!")
		if n.Conversion != 0 {
			d.put(string(rune(n.Conversion)))
		}
		d.put(" ")
		if n.Format == nil {
			d.put("-")
		} else {
			d.parts(n.Format)
		}
		d.put(">")
	}
	flush()
	d.put("]")
}

func (d *dumper) fors(list []python.CompFor) {
	for i, c := range list {
		if i > 0 {
			d.put(" ")
		}
		if c.Async {
			d.put("<async ")
		} else {
			d.put("<for ")
		}
		d.expr(c.Target)
		d.put(" ")
		d.expr(c.Iter)
		d.put(" ")
		d.many(c.Ifs)
		d.put(">")
	}
}

func (d *dumper) params(p python.Params) {
	d.put("(")
	for i, one := range p.List {
		if i > 0 {
			d.put(" ")
		}
		d.put(strconv.Itoa(int(one.Kind)), ":", one.Name, ":")
		d.expr(one.Annotation)
		d.put("=")
		d.expr(one.Default)
	}
	d.put(")")
}

func (d *dumper) typeParams(list []python.TypeParam) {
	d.put("<")
	for i, one := range list {
		if i > 0 {
			d.put(" ")
		}
		text := d.f.Source[one.Span.Start:]
		d.put(text[:len(text)-len(strings.TrimLeft(text, "*"))], one.Name, ":")
		d.expr(one.Bound)
		d.put("=")
		d.expr(one.Default)
	}
	d.put(">")
}
