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
