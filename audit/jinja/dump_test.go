package jinja_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
)

// dumper writes a template in a normal form, that of testdata/dump.py.
type dumper struct{ lines []string }

func dump(t *jinja.Template) string {
	d := &dumper{}
	d.body(t.Body)
	return strings.Join(d.lines, "\n")
}

func (d *dumper) line(parts ...string) {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	d.lines = append(d.lines, strings.Join(parts, " "))
}

func (d *dumper) body(list []jinja.Node, end ...string) {
	for _, n := range list {
		d.node(n)
	}
	d.lines = append(d.lines, end...)
}

func when(ok bool, word string) string {
	if ok {
		return word
	}
	return ""
}

func (d *dumper) node(n jinja.Node) {
	switch n := n.(type) {
	case *jinja.Text:
		value := strings.ReplaceAll(n.Value, "\r\n", "\n")
		d.line("text", fmt.Sprint(utf8.RuneCountInString(value)))
	case *jinja.Output:
		d.line("output", expr(n.Expr))
	case *jinja.If:
		d.branches(n)
	case *jinja.For:
		test := ""
		if n.Test != nil {
			test = "if " + expr(n.Test)
		}
		d.line("for", expr(n.Target), "in", expr(n.Iter), test, when(n.Recursive, "recursive"))
		d.body(n.Body)
		if len(n.Else) > 0 {
			d.body(n.Else[:0], "else")
			d.body(n.Else)
		}
		d.line("endfor")
	case *jinja.Set:
		switch {
		case n.Value != nil:
			d.line("set", expr(n.Targets[0]), "=", expr(n.Value))
		case n.Filter != nil:
			d.line("set", expr(n.Targets[0]), expr(n.Filter))
			d.body(n.Body, "endset")
		default:
			d.line("set", expr(n.Targets[0]))
			d.body(n.Body, "endset")
		}
	case *jinja.Block:
		d.line("block", n.Name, when(n.Scoped, "scoped"), when(n.Required, "required"))
		d.body(n.Body, "endblock")
	case *jinja.Trans:
		d.trans(n)
	default:
		d.more(n)
	}
}

func (d *dumper) more(n jinja.Node) {
	switch n := n.(type) {
	case *jinja.Extends:
		d.line("extends", expr(n.Template))
	case *jinja.Include:
		d.line("include", expr(n.Template), when(n.IgnoreMissing, "ignore"), when(n.WithoutContext, "without"))
	case *jinja.Import:
		d.line("import", expr(n.Template), "as", n.As, when(n.WithContext, "with"))
	case *jinja.FromImport:
		var names []string
		for _, a := range n.Names {
			if a.As != "" {
				a.Name += ":" + a.As
			}
			names = append(names, a.Name)
		}
		d.line("from", expr(n.Template), strings.Join(names, " "), when(n.WithContext, "with"))
	case *jinja.Macro:
		d.line("macro", n.Name, signature(n.Params))
		d.body(n.Body, "endmacro")
	case *jinja.CallBlock:
		d.line("call", signature(n.Params), expr(n.Call))
		d.body(n.Body, "endcall")
	case *jinja.FilterBlock:
		d.line("filter", expr(n.Filter))
		d.body(n.Body, "endfilter")
	case *jinja.With:
		parts := []string{"with"}
		for i := range n.Targets {
			parts = append(parts, expr(n.Targets[i])+"="+expr(n.Values[i]))
		}
		d.line(parts...)
		d.body(n.Body, "endwith")
	case *jinja.Autoescape:
		d.line("autoescape", expr(n.Value))
		d.body(n.Body, "endautoescape")
	case *jinja.Do:
		d.line("do", expr(n.Expr))
	case *jinja.Unknown:
		d.line("unknown", n.Name, n.Args)
		if len(n.Body) > 0 {
			d.body(n.Body, "end")
		}
	}
}

func (d *dumper) branches(n *jinja.If) {
	for i, b := range n.Tests {
		switch {
		case i == 0:
			d.line("if", expr(b.Test))
		case b.Test != nil:
			d.line("elif", expr(b.Test))
		case len(b.Body) > 0:
			d.line("else")
		}
		d.body(b.Body)
	}
	d.line("endif")
}

// trans writes the names only: the words are the translator's.
func (d *dumper) trans(n *jinja.Trans) {
	var all []string
	for _, v := range n.Vars {
		all = append(all, v.Name)
	}
	names := func(body []jinja.Node) (list []string) {
		for _, n := range body {
			if o, ok := n.(*jinja.Output); ok {
				list = append(list, expr(o.Expr))
			}
		}
		return list
	}
	singular, plural := names(n.Body), names(n.Plural)
	all = append(append(all, singular...), plural...)
	slices.Sort(all)
	all = slices.Compact(all)
	d.lines = append(d.lines, "trans "+strings.Join(all, " ")+" | "+strings.Join(singular, " ")+" | "+strings.Join(plural, " "))
}

func signature(params python.Params) string {
	var list []string
	for _, p := range params.List {
		s := p.Name
		if p.Default != nil {
			s += "=" + expr(p.Default)
		}
		list = append(list, s)
	}
	return "(" + strings.Join(list, ",") + ")"
}

func quote(s string) string {
	var out strings.Builder
	for _, c := range s {
		if c >= 32 && c < 127 && c != '\\' && c != '"' {
			out.WriteRune(c)
		} else {
			fmt.Fprintf(&out, "\\{%x}", c)
		}
	}
	return `"` + out.String() + `"`
}

func many(mark string, parts ...string) string {
	return "(" + strings.Join(append([]string{mark}, parts...), " ") + ")"
}

func each(list []python.Expr) (out []string) {
	for _, e := range list {
		out = append(out, expr(e))
	}
	return out
}

var ops = [...]string{python.Add: "+", python.Sub: "-", python.Mult: "*", python.Div: "/", python.FloorDiv: "//", python.Mod: "%",
	python.Pow: "**", python.And: "and", python.Or: "or", python.Not: "not", python.Eq: "==", python.NotEq: "!=", python.Lt: "<",
	python.LtE: "<=", python.Gt: ">", python.GtE: ">=", python.In: "in", python.NotIn: "notin"}

func expr(e python.Expr) string {
	switch e := e.(type) {
	case nil:
		return "none"
	case *python.Name:
		if e.ID == jinja.Captured {
			return "_"
		}
		return e.ID
	case *python.Constant:
		return [...]string{python.None: "none", python.True: "true", python.False: "false"}[e.Kind]
	case *python.Str:
		return quote(e.Value)
	case *python.Number:
		if n, err := strconv.ParseInt(strings.ReplaceAll(e.Text, "_", ""), 0, 64); err == nil {
			return fmt.Sprintf("#%d", n)
		}
		return "#float"
	case *python.Attribute:
		return many(".", expr(e.Value), e.Attr)
	case *python.Subscript:
		return many("[]", expr(e.Value), expr(e.Index))
	case *python.Slice:
		return many(":", expr(e.Low), expr(e.High), expr(e.Step))
	case *python.UnaryOp:
		return many(ops[e.Op], expr(e.Operand))
	case *python.BinOp:
		return many(ops[e.Op], expr(e.Left), expr(e.Right))
	case *python.BoolOp:
		return many(ops[e.Op], flat(e)...)
	case *python.Compare:
		parts := []string{expr(e.Left)}
		for i, op := range e.Ops {
			parts = append(parts, ops[op], expr(e.Rights[i]))
		}
		return many("cmp", parts...)
	case *python.IfExp:
		return many("if", expr(e.Test), expr(e.Body), expr(e.Else))
	case *python.Tuple:
		return many("tuple", each(e.Elts)...)
	case *python.List:
		return many("list", each(e.Elts)...)
	case *python.Dict:
		var parts []string
		for i := range e.Keys {
			parts = append(parts, expr(e.Keys[i])+":"+expr(e.Values[i]))
		}
		return many("dict", parts...)
	case *python.Call:
		return call(e)
	}
	return fmt.Sprintf("%T", e)
}

// flat writes (a or b) or c like a or b or c: Jinja's tree does not tell them apart.
func flat(e *python.BoolOp) []string {
	if first, ok := e.Values[0].(*python.BoolOp); ok && first.Op == e.Op {
		return append(flat(first), each(e.Values[1:])...)
	}
	return each(e.Values)
}

func call(c *python.Call) string {
	var parts, stars []string
	for _, a := range c.Args {
		if s, ok := a.(*python.Starred); ok {
			stars = append(stars, "*"+expr(s.Value))
		} else {
			parts = append(parts, expr(a))
		}
	}
	for _, k := range c.Keywords {
		if k.Name == "" {
			stars = append(stars, "**"+expr(k.Value))
		} else {
			parts = append(parts, k.Name+"="+expr(k.Value))
		}
	}
	f := expr(c.Func)
	if f[0] == '|' || f[0] == '?' {
		return many(f, append(parts, stars...)...)
	}
	return many("call", append(append([]string{f}, parts...), stars...)...)
}
