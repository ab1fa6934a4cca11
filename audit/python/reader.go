package python

import (
	"math"
	"strings"

	"github.com/fumehood/fumehood/audit/internal/lines"
	"github.com/fumehood/fumehood/audit/internal/slab"
)

// Reader reads modules one after the other. What it took from memory and did not need for one
// is there for the next: most files are small. The zero Reader is ready; it is for one
// goroutine.
type Reader struct {
	exprs    []Expr
	stmts    []Stmt
	keywords []Keyword
	gathered []Param
	decoded  strings.Builder // of literals whose value is not in the source

	names      slab.Of[Name]
	attributes slab.Of[Attribute]
	calls      slab.Of[Call]
	strs       slab.Of[Str]
	numbers    slab.Of[Number]
	constants  slab.Of[Constant]
	subscripts slab.Of[Subscript]
	binaries   slab.Of[BinOp]
	compares   slab.Of[Compare]
	tuples     slab.Of[Tuple]
	assigns    slab.Of[Assign]
	exprStmts  slab.Of[ExprStmt]
	returns    slab.Of[Return]
	ifs        slab.Of[If]
	loops      slab.Of[For]
	withs      slab.Of[With]
	tries      slab.Of[Try]
	lists      slab.Of[List]
	dicts      slab.Of[Dict]
	unaries    slab.Of[UnaryOp]
	byteses    slab.Of[Bytes]
	raises     slab.Of[Raise]
	functions  slab.Of[Function]
	exprList   slab.Of[Expr]
	stmtList   slab.Of[Stmt]
	keyList    slab.Of[Keyword]
	paramList  slab.Of[Param]
	aliasList  slab.Of[Alias]
	opList     slab.Of[Op]
	itemList   slab.Of[WithItem]
	handlers   slab.Of[Handler]
}

// Parse reads a module. It does not panic and takes time in proportion to the length of the
// source, whatever that holds. A statement with an error in it becomes a BadStmt.
func (r *Reader) Parse(name, source string) *File {
	f := &File{Name: name}
	if len(source) > math.MaxInt32-8 {
		f.Errors = []Error{{Message: "the file is larger than 2 GB"}}
		return f
	}
	text, problem := decode(source)
	f.Source = text
	f.lines = lines.New(text)
	if problem.Message != "" {
		f.Errors = append(f.Errors, problem)
	}
	if at := indexNUL(text); at >= 0 {
		f.Errors = append(f.Errors, Error{Span{int32(at), int32(at) + 1}, "the file holds a NUL byte: it is binary, not Python"})
		return f
	}
	p := newParser(r, text, f.Errors)
	f.Body = p.module()
	f.Errors, f.Comments = p.errors, p.comments
	return f
}
