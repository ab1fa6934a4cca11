package python_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// place is a node by its kind and bytes, in the words of testdata/treesitter.py.
type place struct {
	kind       string
	start, end int32
}

// places lists the nodes of the kinds that tree-sitter has too.
func places(f *python.File) string {
	l := lister{source: f.Source}
	for _, s := range f.Body {
		python.Inspect(s, l.node)
	}
	slices.SortFunc(l.all, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.start, b.start), -cmp.Compare(a.end, b.end), cmp.Compare(a.kind, b.kind))
	})
	var b strings.Builder
	for _, p := range l.all {
		fmt.Fprintf(&b, "%s %d %d\n", p.kind, p.start, p.end)
	}
	return b.String()
}

type lister struct {
	source string
	all    []place
}

func (l *lister) add(kind string, at python.Span) {
	if kind != "" {
		l.all = append(l.all, place{kind, at.Start, at.End})
	}
}

func (l *lister) node(n python.Node) bool {
	switch n := n.(type) {
	case *python.If:
		l.branch(n)
		return true
	case *python.Try:
		for _, h := range n.Handlers {
			l.add("except", h.Span)
		}
	case *python.With:
		for _, i := range n.Items {
			l.add("item", i.Span)
		}
	case *python.Match:
		l.match(n)
		return false
	case *python.Call:
		l.keywords(n.Keywords)
	case *python.Class:
		l.keywords(n.Keywords)
	case *python.FString:
		if n.Template {
			l.add("template", n.Span)
		} else {
			l.add("string", n.Span)
		}
		l.parts(n.Parts)
		return false
	}
	l.add(kind(n), n.At())
	return true
}

// branch lists an if, or an elif without the branches after it.
func (l *lister) branch(n *python.If) {
	if !strings.HasPrefix(l.source[n.Start:], "el") {
		l.add("if", n.Span)
		return
	}
	l.add("elif", python.Span{Start: n.Start, End: n.Body[len(n.Body)-1].At().End})
}

func (l *lister) keywords(list []python.Keyword) {
	for _, k := range list {
		if k.Name != "" {
			l.add("keyword", k.Span)
		}
	}
}

// parts are those of an f-string: of its text tree-sitter has other pieces.
func (l *lister) parts(list []python.Expr) {
	for _, e := range list {
		if i, ok := e.(*python.Interpolation); ok {
			l.add("interpolation", i.Span)
			python.Inspect(i.Value, l.node)
			l.parts(i.Format)
		}
	}
}

func (l *lister) match(n *python.Match) {
	l.add("match", n.Span)
	python.Inspect(n.Subject, l.node)
	for _, c := range n.Cases {
		l.add("case", c.Span)
		python.Inspect(c.Pattern, l.pattern)
		if c.Guard != nil {
			python.Inspect(c.Guard, l.node)
		}
		for _, s := range c.Body {
			python.Inspect(s, l.node)
		}
	}
}

// pattern lists what both trees have of a pattern.
func (l *lister) pattern(n python.Node) bool {
	switch n := n.(type) {
	case *python.Call:
		l.add("call", n.Span)
		l.keywords(n.Keywords)
	case *python.Str, *python.Bytes:
		l.add("string", n.At())
	case *python.Dict:
		l.add("dict", n.Span)
	}
	return true
}

// kind is the word for a node, "" where tree-sitter has no such node or another span.
func kind(n python.Node) string {
	switch n := n.(type) {
	case *python.Function:
		return "def"
	case *python.Class:
		return "class"
	case *python.ExprStmt, *python.Assign, *python.AugAssign, *python.AnnAssign:
		return "line"
	case *python.Return:
		return "return"
	case *python.Delete:
		return "del"
	case *python.Raise:
		return "raise"
	case *python.Pass:
		return "pass"
	case *python.Break:
		return "break"
	case *python.Continue:
		return "continue"
	case *python.Global:
		return "global"
	case *python.Nonlocal:
		return "nonlocal"
	case *python.Assert:
		return "assert"
	case *python.Import:
		return "import"
	case *python.ImportFrom:
		return "from"
	case *python.TypeAlias:
		return "type"
	case *python.For:
		return "for"
	case *python.While:
		return "while"
	case *python.Try:
		return "try"
	case *python.With:
		return "with"
	case python.Expr:
		return kindOfExpr(n)
	}
	return ""
}

func kindOfExpr(e python.Expr) string {
	switch e := e.(type) {
	case *python.Call:
		return "call"
	case *python.Attribute:
		return "attribute"
	case *python.Subscript:
		return "subscript"
	case *python.BinOp:
		if e.Op != python.BitOr {
			return "binary"
		}
	case *python.BoolOp:
		return "bool"
	case *python.Compare:
		return "compare"
	case *python.UnaryOp:
		return "unary"
	case *python.IfExp:
		return "ifelse"
	case *python.Lambda:
		return "lambda"
	case *python.List:
		return "list"
	case *python.Set:
		return "set"
	case *python.Dict:
		return "dict"
	case *python.Comprehension:
		return "comprehension"
	case *python.Await:
		return "await"
	case *python.Yield:
		return "yield"
	case *python.NamedExpr:
		return "walrus"
	case *python.Str, *python.Bytes:
		return "string"
	}
	return ""
}
