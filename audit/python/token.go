package python

// token is a kind of token. The order matters: all up to tError are not written in the
// source, and the binary operators stand in the order of Op.
type token uint8

const (
	tEOF token = iota
	tNewline
	tIndent
	tDedent
	tError

	tName
	tNumber
	tString  // a whole literal without interpolations
	tFString // the prefix of an f- or t-string; the lexer stands on its quote

	tLParen
	tRParen
	tLBracket
	tRBracket
	tLBrace
	tRBrace
	tComma
	tColon
	tSemicolon
	tDot
	tEllipsis
	tAssign
	tArrow
	tWalrus
	tBang

	tAdd
	tSub
	tMult
	tMatMult
	tDiv
	tMod
	tPow
	tLShift
	tRShift
	tBitOr
	tBitXor
	tBitAnd
	tFloorDiv

	tAddAssign
	tSubAssign
	tMultAssign
	tMatMultAssign
	tDivAssign
	tModAssign
	tPowAssign
	tLShiftAssign
	tRShiftAssign
	tBitOrAssign
	tBitXorAssign
	tBitAndAssign
	tFloorDivAssign

	tInvert
	tEq
	tNotEq
	tLt
	tLtE
	tGt
	tGtE

	tAnd
	tAs
	tAssert
	tAsync
	tAwait
	tBreak
	tClass
	tContinue
	tDef
	tDel
	tElif
	tElse
	tExcept
	tFalse
	tFinally
	tFor
	tFrom
	tGlobal
	tIf
	tImport
	tIn
	tIs
	tLambda
	tNone
	tNonlocal
	tNot
	tOr
	tPass
	tRaise
	tReturn
	tTrue
	tTry
	tWhile
	tWith
	tYield
)

// Precedences, weakest first. precNot and precUnary are those of prefix operators.
const (
	precNone uint8 = iota
	precOr
	precAnd
	precNot
	precCompare
	precBitOr
	precBitXor
	precBitAnd
	precShift
	precSum
	precTerm
	precUnary
)

// precedence holds the binary operators.
var precedence = [256]uint8{
	tOr: precOr, tAnd: precAnd,
	tEq: precCompare, tNotEq: precCompare, tLt: precCompare, tLtE: precCompare, tGt: precCompare,
	tGtE: precCompare, tIs: precCompare, tIn: precCompare, tNot: precCompare,
	tBitOr: precBitOr, tBitXor: precBitXor, tBitAnd: precBitAnd,
	tLShift: precShift, tRShift: precShift, tAdd: precSum, tSub: precSum,
	tMult: precTerm, tMatMult: precTerm, tDiv: precTerm, tMod: precTerm, tFloorDiv: precTerm,
}

// keyword tells a keyword from a name. Soft keywords are names here.
func keyword(s string) token {
	switch s {
	case "and":
		return tAnd
	case "as":
		return tAs
	case "assert":
		return tAssert
	case "async":
		return tAsync
	case "await":
		return tAwait
	case "break":
		return tBreak
	case "class":
		return tClass
	case "continue":
		return tContinue
	case "def":
		return tDef
	case "del":
		return tDel
	case "elif":
		return tElif
	case "else":
		return tElse
	case "except":
		return tExcept
	case "False":
		return tFalse
	case "finally":
		return tFinally
	case "for":
		return tFor
	case "from":
		return tFrom
	case "global":
		return tGlobal
	}
	return laterKeyword(s)
}

// laterKeyword is the second half of the alphabet.
func laterKeyword(s string) token {
	switch s {
	case "if":
		return tIf
	case "import":
		return tImport
	case "in":
		return tIn
	case "is":
		return tIs
	case "lambda":
		return tLambda
	case "None":
		return tNone
	case "nonlocal":
		return tNonlocal
	case "not":
		return tNot
	case "or":
		return tOr
	case "pass":
		return tPass
	case "raise":
		return tRaise
	case "return":
		return tReturn
	case "True":
		return tTrue
	case "try":
		return tTry
	case "while":
		return tWhile
	case "with":
		return tWith
	case "yield":
		return tYield
	}
	return tName
}

// String returns the operator as it is written.
func (o Op) String() string {
	if int(o) < len(opText) {
		return opText[o]
	}
	return "?"
}

var opText = [...]string{
	Add: "+", Sub: "-", Mult: "*", MatMult: "@", Div: "/", Mod: "%", Pow: "**", LShift: "<<", RShift: ">>",
	BitOr: "|", BitXor: "^", BitAnd: "&", FloorDiv: "//", Not: "not", Invert: "~", And: "and", Or: "or",
	Eq: "==", NotEq: "!=", Lt: "<", LtE: "<=", Gt: ">", GtE: ">=", Is: "is", IsNot: "is not", In: "in", NotIn: "not in",
}
