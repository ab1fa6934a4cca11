package audit

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

// blind reports whether there is Python source and nothing of it could be read, so that what
// was not found says nothing. Files that are empty hide nothing.
func (r *run) blind() bool {
	trouble := slices.ContainsFunc(r.folder.python, func(name string) bool { return r.partly[name] })
	return trouble && !slices.ContainsFunc(r.files, func(f *python.File) bool { return slices.ContainsFunc(f.Body, doesSomething) })
}

// doesSomething tells statements that a rule could find something in from what is left of a
// file that is no Python: single words are names to the parser, and imports are found in prose.
func doesSomething(s python.Stmt) bool {
	switch s := s.(type) {
	case *python.BadStmt, *python.Import, *python.ImportFrom:
		return false
	case *python.ExprStmt:
		_, call := s.Value.(*python.Call)
		return call
	}
	return true
}
