package jinja

import "github.com/fumehood/fumehood/audit/python"

// Span is where a node stands: byte offsets into Template.Source, End exclusive.
type Span = python.Span

// Node is a part of a template.
type Node interface {
	At() Span
	node()
}

type (
	// Text is what goes out as it is written. Raw is true between raw and endraw. Blanks that
	// a - at a tag takes away are not part of it.
	Text struct {
		Span
		Value string
		Raw   bool
	}

	// Output is {{ Expr }}, or one of the expressions of a print tag.
	Output struct {
		Span
		Expr    python.Expr
		Context Context
		Escaped bool // autoescape is on at this place
	}

	// If is if, elif, else.
	If struct {
		Span
		Tests []Branch
	}

	// Branch is one part of an If; Test is nil for else.
	Branch struct {
		Span
		Test python.Expr
		Body []Node
	}

	// For is for Target in Iter if Test; Test is nil without one.
	For struct {
		Span
		Target, Iter, Test python.Expr
		Body, Else         []Node
		Recursive          bool
	}

	// Set is set Targets[0] = Value. Without a value it takes what its Body makes, after Filter:
	// a chain of filters around a Name Captured, nil without one.
	Set struct {
		Span
		Targets []python.Expr
		Value   python.Expr
		Filter  python.Expr
		Body    []Node
		Escaped bool // autoescape is on, so that what the body makes is markup
	}

	// Block is a part that children of the template may replace. State is where it stands.
	Block struct {
		Span
		Name             string
		Body             []Node
		Scoped, Required bool
		State            State
	}

	// Extends names the parent.
	Extends struct {
		Span
		Template python.Expr
	}

	// Include puts other templates here; Template may be a list of names to try. State is
	// where they start.
	Include struct {
		Span
		Template       python.Expr
		IgnoreMissing  bool
		WithoutContext bool
		State          State
	}

	// Import is import Template as As.
	Import struct {
		Span
		Template    python.Expr
		As          string
		WithContext bool
	}

	// FromImport is from Template import Names.
	FromImport struct {
		Span
		Template    python.Expr
		Names       []python.Alias
		WithContext bool
	}

	// Macro is a function that returns markup.
	Macro struct {
		Span
		Name   string
		Params python.Params
		Body   []Node
	}

	// CallBlock puts out Call, which gets the Body as caller(Params).
	CallBlock struct {
		Span
		Params  python.Params
		Call    python.Expr
		Body    []Node
		Context Context
		Escaped bool
	}

	// FilterBlock puts out its Body after Filter: a chain of filters around a Name Captured.
	FilterBlock struct {
		Span
		Filter python.Expr
		Body   []Node
	}

	// With is with Targets[i] = Values[i].
	With struct {
		Span
		Targets, Values []python.Expr
		Body            []Node
	}

	// Trans is a text to translate. Count is the name that chooses between Body and Plural, ""
	// if none is told.
	Trans struct {
		Span
		Vars         []python.Keyword
		Count        string
		Body, Plural []Node
	}

	// Autoescape sets the escaping of its Body.
	Autoescape struct {
		Span
		Value python.Expr
		Body  []Node
	}

	// Do evaluates Expr and puts nothing out.
	Do struct {
		Span
		Expr python.Expr
	}

	// Unknown is a tag that Jinja does not have by itself, or one that stands where it means
	// nothing. It has a Body if there is an end tag of its name.
	Unknown struct {
		Span
		Name, Args string
		Body       []Node
	}
)

// Captured is the ID of the Name that stands for what a body makes, in the filters of a
// FilterBlock and of a Set.
const Captured = "|"

func (*Text) node()        {}
func (*Output) node()      {}
func (*If) node()          {}
func (*For) node()         {}
func (*Set) node()         {}
func (*Block) node()       {}
func (*Extends) node()     {}
func (*Include) node()     {}
func (*Import) node()      {}
func (*FromImport) node()  {}
func (*Macro) node()       {}
func (*CallBlock) node()   {}
func (*FilterBlock) node() {}
func (*With) node()        {}
func (*Trans) node()       {}
func (*Autoescape) node()  {}
func (*Do) node()          {}
func (*Unknown) node()     {}
