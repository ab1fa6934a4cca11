package python

// Span is where a node stands: byte offsets into File.Source, End exclusive.
type Span struct{ Start, End int32 }

// At returns the span itself, so that every node that embeds one has a place.
func (s Span) At() Span { return s }

// Node is an expression or a statement.
type Node interface{ At() Span }

// Expr is an expression. Names and shapes follow CPython's ast module where nothing speaks
// against it, so that whoever knows that one can read this one.
type Expr interface {
	Node
	expr()
}

// Stmt is a statement.
type Stmt interface {
	Node
	stmt()
}

// Expressions.
type (
	// Name is an identifier, normalised to NFKC as Python does it.
	Name struct {
		Span
		ID string
	}

	// Attribute is Value.Attr.
	Attribute struct {
		Span
		Value Expr
		Attr  string
	}

	// Subscript is Value[Index]; several indices are a Tuple, a range is a Slice.
	Subscript struct {
		Span
		Value, Index Expr
	}

	// Slice is Low:High:Step inside a Subscript; each may be nil.
	Slice struct {
		Span
		Low, High, Step Expr
	}

	// Call is Func(Args, Keywords). *args is a Starred among Args, **kw a Keyword without a name.
	Call struct {
		Span
		Func     Expr
		Args     []Expr
		Keywords []Keyword
	}

	// Keyword is name=value in a call or a class statement; Name is "" for **value.
	Keyword struct {
		Span
		Name  string
		Value Expr
	}

	// Str is a string literal with its escapes decoded; neighbours are joined as Python joins
	// them. A lone surrogate is U+FFFD.
	Str struct {
		Span
		Value string
	}

	// Bytes is a bytes literal, decoded.
	Bytes struct {
		Span
		Value string
	}

	// Number is as written; Int tells its value.
	Number struct {
		Span
		Text string
	}

	// Constant is None, True, False or an ellipsis.
	Constant struct {
		Span
		Kind ConstantKind
	}

	// FString is an f-string, or a t-string: Parts are *Str and *Interpolation in order.
	// Plain literals joined to it are among its parts.
	FString struct {
		Span
		Parts    []Expr
		Template bool
	}

	// Interpolation is {Value!c:Format}. Conversion is 0, 'r', 's' or 'a'; Format is nil where
	// none is written; Debug is true for {value=}.
	Interpolation struct {
		Span
		Value      Expr
		Conversion byte
		Format     []Expr
		Debug      bool
	}

	// BinOp is Left Op Right; Op is one of Add to FloorDiv.
	BinOp struct {
		Span
		Op          Op
		Left, Right Expr
	}

	// UnaryOp is Op Operand: Not, Invert, Add or Sub.
	UnaryOp struct {
		Span
		Op      Op
		Operand Expr
	}

	// BoolOp is Values joined by And or Or.
	BoolOp struct {
		Span
		Op     Op
		Values []Expr
	}

	// Compare is Left Ops[0] Rights[0] Ops[1] Rights[1] ...
	Compare struct {
		Span
		Left   Expr
		Ops    []Op
		Rights []Expr
	}

	// IfExp is Body if Test else Else.
	IfExp struct {
		Span
		Test, Body, Else Expr
	}

	// Lambda is a function of one expression.
	Lambda struct {
		Span
		Params Params
		Body   Expr
	}

	// Tuple, List and Set are displays; Elts may hold Starred.
	Tuple struct {
		Span
		Elts []Expr
	}
	List struct {
		Span
		Elts []Expr
	}
	Set struct {
		Span
		Elts []Expr
	}

	// Dict is a display; a nil key is **value.
	Dict struct {
		Span
		Keys, Values []Expr
	}

	// Comprehension is a list, set, dict or generator; Key is nil but for a dict.
	Comprehension struct {
		Span
		Kind CompKind
		Key  Expr
		Elt  Expr
		Fors []CompFor
	}

	// CompFor is for Target in Iter if Ifs...
	CompFor struct {
		Span
		Target, Iter Expr
		Ifs          []Expr
		Async        bool
	}

	Await struct {
		Span
		Value Expr
	}

	// Yield is yield Value or yield from Value; Value may be nil without From.
	Yield struct {
		Span
		Value Expr
		From  bool
	}

	// NamedExpr is Target := Value.
	NamedExpr struct {
		Span
		Target *Name
		Value  Expr
	}

	// Starred is *Value.
	Starred struct {
		Span
		Value Expr
	}

	// BadExpr stands where an expression could not be read.
	BadExpr struct{ Span }
)

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

// PatternAs is Pattern as Name in a case; Pattern is nil for a lone capture of it.
type PatternAs struct {
	Span
	Pattern Expr
	Name    string
}

// Params are the parameters of a function in the order in which they are written.
type Params struct{ List []Param }

// Param is one parameter.
type Param struct {
	Span
	Name                string
	Kind                ParamKind
	Annotation, Default Expr // nil without one
}

// TypeParam is one of [T: Bound = Default, *Ts, **P].
type TypeParam struct {
	Span
	Name           string
	Bound, Default Expr
}

type (
	// ConstantKind tells the constants apart.
	ConstantKind uint8
	// CompKind tells the comprehensions apart.
	CompKind uint8
	// ParamKind tells how a parameter is passed.
	ParamKind uint8
	// Op is an operator.
	Op uint8
)

const (
	None ConstantKind = iota
	True
	False
	Ellipsis
)

const (
	ListComp CompKind = iota
	SetComp
	DictComp
	Generator
)

const (
	Positional    ParamKind = iota // before /
	Ordinary                       // by position or by name
	VarPositional                  // *args
	KeywordOnly                    // after *
	VarKeyword                     // **kwargs
)

const (
	Add Op = iota
	Sub
	Mult
	MatMult
	Div
	Mod
	Pow
	LShift
	RShift
	BitOr
	BitXor
	BitAnd
	FloorDiv
	Not
	Invert
	And
	Or
	Eq
	NotEq
	Lt
	LtE
	Gt
	GtE
	Is
	IsNot
	In
	NotIn
)

func (*Name) expr()          {}
func (*Attribute) expr()     {}
func (*Subscript) expr()     {}
func (*Slice) expr()         {}
func (*Call) expr()          {}
func (*Str) expr()           {}
func (*Bytes) expr()         {}
func (*Number) expr()        {}
func (*Constant) expr()      {}
func (*FString) expr()       {}
func (*Interpolation) expr() {}
func (*BinOp) expr()         {}
func (*UnaryOp) expr()       {}
func (*BoolOp) expr()        {}
func (*Compare) expr()       {}
func (*IfExp) expr()         {}
func (*Lambda) expr()        {}
func (*Tuple) expr()         {}
func (*List) expr()          {}
func (*Set) expr()           {}
func (*Dict) expr()          {}
func (*Comprehension) expr() {}
func (*Await) expr()         {}
func (*Yield) expr()         {}
func (*NamedExpr) expr()     {}
func (*Starred) expr()       {}
func (*BadExpr) expr()       {}
func (*PatternAs) expr()     {}

func (*Function) stmt()   {}
func (*Class) stmt()      {}
func (*Return) stmt()     {}
func (*Delete) stmt()     {}
func (*Assign) stmt()     {}
func (*AugAssign) stmt()  {}
func (*AnnAssign) stmt()  {}
func (*TypeAlias) stmt()  {}
func (*For) stmt()        {}
func (*While) stmt()      {}
func (*If) stmt()         {}
func (*With) stmt()       {}
func (*Match) stmt()      {}
func (*Raise) stmt()      {}
func (*Try) stmt()        {}
func (*Assert) stmt()     {}
func (*Import) stmt()     {}
func (*ImportFrom) stmt() {}
func (*Global) stmt()     {}
func (*Nonlocal) stmt()   {}
func (*ExprStmt) stmt()   {}
func (*Pass) stmt()       {}
func (*Break) stmt()      {}
func (*Continue) stmt()   {}
func (*BadStmt) stmt()    {}
