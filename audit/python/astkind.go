package python

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

// The constants that have a keyword, and ... .
const (
	None ConstantKind = iota
	True
	False
	Ellipsis
)

// What a comprehension makes.
const (
	ListComp CompKind = iota
	SetComp
	DictComp
	Generator
)

// How a parameter is passed.
const (
	Positional    ParamKind = iota // before /
	Ordinary                       // by position or by name
	VarPositional                  // *args
	KeywordOnly                    // after *
	VarKeyword                     // **kwargs
)

// The operators, as ast names them: binary ones first, then Not and Invert, And and Or, and
// those that compare. UnaryOp has Add and Sub too.
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
