package python_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// line writes the line of a statement, without its blocks.
func (d *dumper) line(depth int, at python.Span, name string, parts ...any) {
	d.put(strings.Repeat("  ", depth), name)
	d.pos(at)
	for _, part := range parts {
		d.put(" ")
		d.part(part)
	}
	d.put("\n")
}

func (d *dumper) body(depth int, word string, list []python.Stmt) {
	if len(list) == 0 {
		return
	}
	d.put(strings.Repeat("  ", depth), word, "\n")
	for _, s := range list {
		d.stmt(s, depth+1)
	}
}

// async puts Async before a name.
func async(yes bool, name string) string {
	if yes {
		return "Async" + name
	}
	return name
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// below is a span without the decorators above it, as CPython has it.
func (d *dumper) below(at, name python.Span, word string, async bool) python.Span {
	at.Start = int32(strings.LastIndex(d.f.Source[:name.Start], word))
	if async {
		at.Start = int32(strings.LastIndex(d.f.Source[:at.Start], "async"))
	}
	return at
}

func (d *dumper) stmt(s python.Stmt, depth int) {
	switch s := s.(type) {
	case *python.Function:
		d.line(depth, d.below(s.Span, s.NameAt, "def", s.Async), async(s.Async, "FunctionDef"), s.Name,
			func() { d.typeParams(s.TypeParams) }, func() { d.params(s.Params) }, s.Returns, s.Decorators)
		d.body(depth, "body", s.Body)
	case *python.Class:
		d.line(depth, d.below(s.Span, s.NameAt, "class", false), "ClassDef", s.Name,
			func() { d.typeParams(s.TypeParams) }, s.Bases, func() { d.keywords(s.Keywords) }, s.Decorators)
		d.body(depth, "body", s.Body)
	case *python.For:
		d.line(depth, s.Span, async(s.Async, "For"), s.Target, s.Iter)
		d.body(depth, "body", s.Body)
		d.body(depth, "else", s.Else)
	case *python.While:
		d.line(depth, s.Span, "While", s.Test)
		d.body(depth, "body", s.Body)
		d.body(depth, "else", s.Else)
	case *python.If:
		d.line(depth, s.Span, "If", s.Test)
		d.body(depth, "body", s.Body)
		d.body(depth, "else", s.Else)
	case *python.With:
		items := make([]any, len(s.Items))
		for i, item := range s.Items {
			items[i] = func() {
				d.expr(item.Value)
				d.put(" as ")
				d.expr(item.Target)
			}
		}
		d.line(depth, s.Span, async(s.Async, "With"), items...)
		d.body(depth, "body", s.Body)
	case *python.Match:
		d.line(depth, s.Span, "Match", s.Subject)
		for _, c := range s.Cases {
			d.body(depth, d.head(c), c.Body)
		}
	case *python.Try:
		d.try(s, depth)
	default:
		d.simple(s, depth)
	}
}

func (d *dumper) head(c python.MatchCase) string {
	own := &dumper{f: d.f, pattern: true}
	own.put("case ")
	own.expr(c.Pattern)
	own.pattern = d.pattern
	own.put(" ")
	own.expr(c.Guard)
	return own.b.String()
}

func (d *dumper) try(s *python.Try, depth int) {
	name := "Try"
	if s.Star {
		name = "TryStar"
	}
	d.line(depth, s.Span, name)
	d.body(depth, "body", s.Body)
	for _, h := range s.Handlers {
		own := &dumper{f: d.f, pattern: d.pattern}
		own.put("except")
		own.pos(h.Span)
		own.put(" ")
		own.expr(h.Type)
		own.put(" ", dash(h.Name))
		d.body(depth, own.b.String(), h.Body)
	}
	d.body(depth, "else", s.Else)
	d.body(depth, "finally", s.Finally)
}

func (d *dumper) simple(s python.Stmt, depth int) {
	switch s := s.(type) {
	case *python.Return:
		d.line(depth, s.Span, "Return", s.Value)
	case *python.ExprStmt:
		d.line(depth, s.Span, "Expr", s.Value)
	case *python.Delete:
		d.line(depth, s.Span, "Delete", s.Targets)
	case *python.Assign:
		d.line(depth, s.Span, "Assign", s.Targets, s.Value)
	case *python.AugAssign:
		d.line(depth, s.Span, "AugAssign", s.Target, s.Op.String(), s.Value)
	case *python.AnnAssign:
		d.line(depth, s.Span, "AnnAssign", s.Target, s.Annotation, s.Value)
	case *python.TypeAlias:
		d.line(depth, s.Span, "TypeAlias", s.Name, func() { d.typeParams(s.TypeParams) }, s.Value)
	case *python.Raise:
		d.line(depth, s.Span, "Raise", s.Exc, s.Cause)
	case *python.Assert:
		d.line(depth, s.Span, "Assert", s.Test, s.Msg)
	case *python.Import:
		d.line(depth, s.Span, "Import", func() { d.aliases(s.Names) })
	case *python.ImportFrom:
		d.line(depth, s.Span, "ImportFrom", strconv.Itoa(s.Level), dash(s.Module), func() { d.aliases(s.Names) })
	case *python.Global:
		d.line(depth, s.Span, "Global", strings.Join(s.Names, ","))
	case *python.Nonlocal:
		d.line(depth, s.Span, "Nonlocal", strings.Join(s.Names, ","))
	case *python.Pass:
		d.line(depth, s.Span, "Pass")
	case *python.Break:
		d.line(depth, s.Span, "Break")
	case *python.Continue:
		d.line(depth, s.Span, "Continue")
	case *python.BadStmt:
		d.line(depth, s.Span, "BadStmt")
	default:
		panic(fmt.Sprintf("%T", s))
	}
}

func (d *dumper) aliases(list []python.Alias) {
	for i, a := range list {
		if i > 0 {
			d.put(",")
		}
		d.put(a.Name)
		d.pos(a.Span)
		d.put(" as ", dash(a.As))
	}
}
