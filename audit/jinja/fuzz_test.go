package jinja_test

import (
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
)

// check says what is wrong with the spans of a tree: each must be inside of the one around it.
func check(t *testing.T, f *jinja.Template) {
	t.Helper()
	whole := jinja.Span{End: int32(len(f.Source))}
	inside := func(what any, s, outer jinja.Span) {
		if s.Start < outer.Start || s.End > outer.End || s.Start > s.End {
			t.Fatalf("%T at %v is not inside of %v", what, s, outer)
		}
	}
	var visit func(list []jinja.Node, outer jinja.Span)
	visit = func(list []jinja.Node, outer jinja.Span) {
		last := outer.Start
		for _, n := range list {
			inside(n, n.At(), outer)
			if n.At().Start < last {
				t.Fatalf("%T at %v comes before %d", n, n.At(), last)
			}
			last = n.At().End
			jinja.Expressions(n, func(e python.Expr) { nested(t, e, n.At()) })
			if n, ok := n.(*jinja.If); ok {
				for _, b := range n.Tests {
					inside(b, b.Span, n.Span)
				}
			}
			jinja.Bodies(n, func(body []jinja.Node) { visit(body, n.At()) })
		}
	}
	visit(f.Body, whole)
	for _, e := range f.Errors {
		inside(e, e.Span, whole)
		if e.Message == "" {
			t.Fatal("an error without a message")
		}
	}
	for _, s := range append(f.Mixed, f.Comments...) {
		inside(s, s, whole)
	}
}

func nested(t *testing.T, e python.Expr, outer jinja.Span) {
	t.Helper()
	stack := []jinja.Span{outer}
	var visit func(n python.Node)
	visit = func(n python.Node) {
		s, around := n.At(), stack[len(stack)-1]
		if s.Start < around.Start || s.End > around.End || s.Start > s.End {
			t.Fatalf("%T at %v is not inside of %v", n, s, around)
		}
		stack = append(stack, s)
		python.Inspect(n, func(child python.Node) bool {
			if child == n {
				return true
			}
			visit(child)
			return false
		})
		stack = stack[:len(stack)-1]
	}
	visit(e)
}

func FuzzParse(f *testing.F) {
	for _, p := range places {
		f.Add(p.template, false)
	}
	for _, name := range templates(f, "testdata") {
		source, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), strings.Contains(name, "lines"))
	}
	f.Fuzz(func(t *testing.T, source string, custom bool) {
		o := jinja.Options{Autoescape: true}
		if custom {
			o = lines
		}
		check(t, jinja.Parse("x.html", source, o))
	})
}
