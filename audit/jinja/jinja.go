// Package jinja reads Jinja templates into a tree, and tells for every output where in the
// HTML it stands: whether escaping is enough depends on that. It executes nothing.
//
// It takes what Jinja takes, and more: a tag that cannot be read costs that tag and an Error,
// a tag that nobody knows none. Expressions are those of package python, so that what follows
// values through Python follows them through templates; a filter x|f(a) is a Call of a Name
// "|f" with x and a, a test x is f(a) a Call of "?f".
//
// The HTML is read as its standard says, as far as contexts need it. Left out are the double
// escaped states of scripts (a script in a comment in a script), elements that open and close
// others by themselves, and entities except in event attributes. Scripts and styles are read
// for their strings, comments and regular expressions only.
package jinja

import (
	"math"

	"github.com/fumehood/fumehood/audit/internal/lines"
	"github.com/fumehood/fumehood/audit/python"
)

// Options say how the application sets up Jinja. A zero field is Jinja's default.
type Options struct {
	BlockStart, BlockEnd       string
	VariableStart, VariableEnd string
	CommentStart, CommentEnd   string
	LineStatement, LineComment string // prefixes; none by default
	Autoescape                 bool   // for this template; Flask goes by the extension
}

// Template is one template.
type Template struct {
	Name, Source string
	Body         []Node
	Errors       []Error
	Escapes      bool        // as Options.Autoescape said
	Extends      python.Expr // nil without a parent; the first one if there are several
	Blocks       []*Block    // all of them, nested ones too, in order
	Macros       []*Macro    // likewise
	Comments     []Span      // from {# to #}, in order
	// Mixed are the tags after which the place in the HTML depends on the way taken, as where
	// only one branch closes a quote. Contexts after them follow the first branch.
	Mixed []Span

	inherited map[string]State // where the parent has the blocks
	start     State
	lines     lines.Index
}

// Error is what could not be read, and where.
type Error struct {
	Span    Span
	Message string
}

// Limits keep hostile templates from costing more than their length.
const (
	maxErrors = 200    // what comes after them is no news
	maxNest   = 200    // open brackets in a tag
	maxBlocks = 200    // open blocks
	maxDepth  = 500    // expressions in expressions
	maxHeight = 20_000 // steps of chains such as a.b.c and a|b|c in one tag
)

// Parse reads a template. It does not panic and takes time in proportion to the length of the
// source, whatever that holds.
func Parse(name, source string, o Options) *Template {
	t := &Template{Name: name, Source: source, Escapes: o.Autoescape, start: startState(name)}
	if len(source) > math.MaxInt32-8 {
		t.Source = ""
		t.Errors = []Error{{Message: "the template is larger than 2 GB"}}
		return t
	}
	t.lines = lines.New(t.Source)
	p := &parser{t: t, source: source, syntax: newSyntax(o), autoescape: o.Autoescape}
	p.template()
	if t.start == (State{}) && t.isText() {
		t.start.mode = inNothing
	}
	t.contexts()
	return t
}

// Position returns the line and the column of a byte of the source. Both count from 1; a
// column is a character.
func (t *Template) Position(offset int32) (line, column int) { return t.lines.Position(offset) }

// Text returns the source of a node or of an expression.
func (t *Template) Text(n interface{ At() Span }) string {
	s := n.At()
	if s.Start < 0 || s.End < s.Start || int(s.End) > len(t.Source) {
		return ""
	}
	return t.Source[s.Start:s.End]
}
