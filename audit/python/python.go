// Package python reads Python source, from 3.8 to 3.14, into a syntax tree. It executes
// nothing. It is the audit's eyes: what it cannot read is reported, statement by statement,
// never passed over in silence.
//
// It takes what CPython's parser takes and refuses what that one refuses; what only
// CPython's compiler refuses, such as return outside of a function, it takes.
package python

import "github.com/fumehood/fumehood/audit/internal/lines"

// File is one module.
type File struct {
	Name string
	// Source is the text in UTF-8, without a byte order mark. All spans count its bytes.
	Source   string
	Body     []Stmt
	Errors   []Error
	Comments []Span // from # to the end of the line, in order

	lines lines.Index
}

// Error is what could not be read, and where.
type Error struct {
	Span    Span
	Message string
}

// Limits keep hostile files from costing more than their length.
const (
	maxErrors  = 200  // what comes after them is no news
	maxNest    = 200  // open brackets, as CPython has it
	maxIndent  = 100  // open blocks, as CPython has it
	maxDepth   = 1000 // expressions in expressions: a ** b ** c, lambda: lambda: 0
	maxHeight  = 3000 // of a tree that leans left, such as a + b + c, and of elif chains: as far as CPython 3.11 compiles
	maxFString = 150  // f-strings in f-strings, as CPython has it
	maxFormat  = 3    // interpolations in formats of interpolations, as CPython has it
)

// Parse reads one module, as Reader.Parse does.
func Parse(name, source string) *File { return new(Reader).Parse(name, source) }
