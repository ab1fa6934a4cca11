package python

// Statements.
type (
	// Function is def or async def.
	Function struct {
		Span
		Name       string
		NameAt     Span
		Decorators []Expr
		TypeParams []TypeParam
		Params     Params
		Returns    Expr
		Body       []Stmt
		Async      bool
	}

	// Class is class Name(Bases, Keywords).
	Class struct {
		Span
		Name       string
		NameAt     Span
		Decorators []Expr
		TypeParams []TypeParam
		Bases      []Expr
		Keywords   []Keyword
		Body       []Stmt
	}

	Return struct {
		Span
		Value Expr // nil without one
	}

	Delete struct {
		Span
		Targets []Expr
	}

	// Assign is Targets[0] = Targets[1] = Value.
	Assign struct {
		Span
		Targets []Expr
		Value   Expr
	}

	AugAssign struct {
		Span
		Target Expr
		Op     Op
		Value  Expr
	}

	// AnnAssign is Target: Annotation = Value; Value may be nil.
	AnnAssign struct {
		Span
		Target, Annotation, Value Expr
	}

	// TypeAlias is type Name[TypeParams] = Value.
	TypeAlias struct {
		Span
		Name       string
		TypeParams []TypeParam
		Value      Expr
	}

	For struct {
		Span
		Target, Iter Expr
		Body, Else   []Stmt
		Async        bool
	}

	While struct {
		Span
		Test       Expr
		Body, Else []Stmt
	}

	// If is one branch; elif is an If alone in Else.
	If struct {
		Span
		Test       Expr
		Body, Else []Stmt
	}

	With struct {
		Span
		Items []WithItem
		Body  []Stmt
		Async bool
	}

	// WithItem is Value as Target; Target may be nil.
	WithItem struct {
		Span
		Value, Target Expr
	}

	Match struct {
		Span
		Subject Expr
		Cases   []MatchCase
	}

	// MatchCase is case Pattern if Guard. Patterns are held as expressions: a capture is a
	// Name, _ a Name "_", a | b a BinOp, a class a Call, [a, *b] a List, {"k": v, **rest} a Dict,
	// p as n a PatternAs.
	MatchCase struct {
		Span
		Pattern, Guard Expr
		Body           []Stmt
	}

	Raise struct {
		Span
		Exc, Cause Expr
	}

	// Try is try, except, else, finally; Star is true for except*.
	Try struct {
		Span
		Body     []Stmt
		Handlers []Handler
		Else     []Stmt
		Finally  []Stmt
		Star     bool
	}

	// Handler is except Type as Name; Type may be nil and Name "".
	Handler struct {
		Span
		Type Expr
		Name string
		Body []Stmt
	}

	Assert struct {
		Span
		Test, Msg Expr
	}

	Import struct {
		Span
		Names []Alias
	}

	// ImportFrom is from Module import Names; Level counts the leading dots; * is an Alias.
	ImportFrom struct {
		Span
		Module string
		Level  int
		Names  []Alias
	}

	// Alias is Name as As; As is "" without one.
	Alias struct {
		Span
		Name, As string
	}

	Global struct {
		Span
		Names []string
	}

	Nonlocal struct {
		Span
		Names []string
	}

	ExprStmt struct {
		Span
		Value Expr
	}

	Pass     struct{ Span }
	Break    struct{ Span }
	Continue struct{ Span }

	// BadStmt stands where a statement could not be read; File.Errors says why.
	BadStmt struct{ Span }
)
