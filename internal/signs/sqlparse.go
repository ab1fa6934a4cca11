package signs

import "strings"

// sqlState is what may come next in an expression.
type sqlState uint8

const (
	sqlWants sqlState = iota // an operand
	sqlHas                   // an operator, or the end
	sqlStop                  // no database would read on
)

// sqlFacts is what was found in the part of a value that a database would read.
type sqlFacts uint32

const (
	sqlCondition  sqlFacts = 1 << iota // AND, OR, WHERE, HAVING with something behind it
	sqlCompared                        // a comparison
	sqlConstants                       // a comparison of constants, or of a thing with itself
	sqlCalls                           // a function of which attacks are made
	sqlActing                          // a function that does harm by itself
	sqlSorts                           // ORDER BY, GROUP BY
	sqlLimits                          // LIMIT, OFFSET
	sqlAppended                        // a second statement without a semicolon
	sqlUnited                          // UNION SELECT
	sqlNested                          // (SELECT ...)
	sqlStacked                         // ; and a second statement
	sqlCases                           // CASE ... END
	sqlSystemRead                      // a table or variable of the system
	sqlCalled                          // a function of any name
	sqlCasts                           // ::type, of PostgreSQL
	sqlTexts                           // a comparison of two strings
	sqlEmptySemi                       // ; with nothing behind it
	sqlNames                           // a name as an operand
)

// operand is the last operand that was read.
type operand struct {
	constant bool
	text     string
}

// sqlParser follows a value as a database would after the app's own text, and notes what
// it does to the statement. It is no grammar: it knows what may stand beside what, which
// is enough to tell the continuation of a statement from prose.
type sqlParser struct {
	lex     sqlLexer
	state   sqlState
	prev    sqlToken // the token before
	last    sqlToken // the last one that was read
	facts   sqlFacts
	pending sqlFacts // facts once a SELECT turns out to be one
	left    operand
	strong  string // set: an attack whatever follows
	why     string // the last fact worth a reason

	depth, closed       int // parentheses open; closed that the value did not open
	cases               int
	operators, concats  int
	inQuery, comparing  bool
	condition, extended bool // a condition awaits its operand; an alias was read
	harms               bool // a function that can have no other purpose
	aliased, ended      bool // AS name was read; a semicolon was
	fromTable, likes    bool // FROM was read; LIKE, IN and their kin were
	done                bool // read to the end
	comment             bool // ends in a comment
	rest                string
	tail                bool // ends in a string that the app's quote closes
	tailText            string
	unfinished          bool // ends where an operand is missing
	backtick            bool // stands in a quoted name
	whole               bool // the value is a statement from its first word
	quoted              bool // stands behind a quote
	xor, between        bool // a XOR was read; a BETWEEN awaits its AND
	rows                bool // a row of values ends, and another begins
	nulls               int  // NULL as an operand
	branch              bool // begins as programs do: if (a < b)
}

// run reads text to its end, or to where it is no SQL.
func (p *sqlParser) run() {
	for p.state != sqlStop && p.strong == "" {
		t := p.lex.next()
		if t.kind == sqlEnd || t.kind == sqlComment {
			p.finish(t)
			return
		}
		p.last = t
		if p.state == sqlWants {
			p.state = p.operand(t)
		} else {
			p.state = p.operator(t)
		}
		p.prev = p.last
	}
}

func (p *sqlParser) finish(t sqlToken) {
	p.done = true
	p.comment = t.kind == sqlComment
	if p.comment {
		p.rest = strings.Trim(p.lex.slice(t), "-#/*+ \t\r\n\x00–;")
	}
	p.unfinished = p.state == sqlWants
	if p.unfinished && p.comparing { // cut off behind the operator
		p.facts |= sqlCompared
		if p.condition {
			p.facts |= sqlCondition
		}
	}
	if p.pending != 0 && (p.comment || p.unfinished && p.pending&sqlUnited != 0 || !p.unfinished && p.lex.trick) {
		p.prove()
	}
}

// have notes an operand.
func (p *sqlParser) have(cur operand) sqlState {
	if p.condition {
		p.facts |= sqlCondition
		p.condition = false
	}
	if p.comparing {
		p.comparing = false
		p.facts |= sqlCompared
		if cur.constant && p.left.constant && quotedText(cur.text) && quotedText(p.left.text) {
			p.facts |= sqlTexts
		}
		if cur.constant && p.left.constant || cur.text != "" && strings.EqualFold(cur.text, p.left.text) {
			p.facts |= sqlConstants
		}
	}
	if cur.constant {
		p.prove()
	} else {
		p.facts |= sqlNames
	}
	p.left = cur
	p.extended = false
	return sqlHas
}

// prove settles that the SELECT before this was one: prose has no list of columns there.
func (p *sqlParser) prove() {
	p.facts |= p.pending
	switch {
	case p.whole:
	case p.pending&sqlUnited != 0:
		p.strong = "UNION SELECT joins another query"
	case p.pending&sqlStacked != 0:
		p.strong = "a second statement follows a semicolon"
	case p.pending&sqlNested != 0:
		p.strong = "a query inside the value"
	}
	p.pending = 0
}

// operand reads a token where an operand is expected.
func (p *sqlParser) operand(t sqlToken) sqlState {
	switch t.kind {
	case sqlNumber:
		if p.lex.text[t.end-1]|0x20 == 'e' && p.next() == '(' {
			p.strong = "a number that only MySQL takes for one"
		}
		return p.have(operand{true, p.lex.slice(t)})
	case sqlText:
		if text := p.lex.slice(t); text[0] == '`' {
			return p.operandWord(sqlToken{kind: sqlWord, word: sqlWordOf(text[1 : len(text)-1]), start: t.start, end: t.end})
		}
		return p.have(operand{true, p.lex.slice(t)})
	case sqlOpen:
		p.tail, p.tailText = true, p.lex.text[t.start+1:]
		return p.have(operand{constant: true})
	case sqlVariable:
		if strings.HasPrefix(p.lex.slice(t), "@@") {
			p.system()
		}
		return p.have(operand{true, p.lex.slice(t)})
	case sqlLeft:
		p.rows = p.rows || p.prev.kind == sqlComma && p.closed > 0 && p.depth == 0
		p.depth++
		return sqlWants
	case sqlRight:
		if p.prev.kind != sqlLeft {
			return sqlStop
		}
		p.depth--
		return sqlHas
	case sqlStar:
		if p.prev.word == sqlSelect || p.prev.word == sqlAll || p.prev.kind == sqlLeft || p.prev.kind == sqlComma {
			p.prove()
			return sqlHas
		}
	case sqlMath:
		if strings.IndexByte("+-~!", p.lex.text[t.start]) >= 0 {
			return sqlWants
		}
	case sqlOther:
		if p.lex.text[t.start] == '{' && p.lex.next().kind == sqlWord { // {if x}, an ODBC escape of MySQL
			return sqlWants
		}
	case sqlWord:
		return p.operandWord(t)
	}
	return sqlStop
}

func (p *sqlParser) operandWord(t sqlToken) sqlState {
	switch t.word {
	case sqlConstant:
		if p.next() == '(' {
			return p.call(t)
		}
		if t.end-t.start > 8 { // CURRENT_USER and its kin
			p.system()
		}
		p.nulls++
		return p.have(operand{constant: true, text: p.lex.slice(t)})
	case sqlNot, sqlPrefix, sqlAll:
		return sqlWants
	case sqlCase:
		p.cases++
		return sqlWants
	case sqlWhen:
		if p.cases > 0 {
			return sqlWants
		}
		return sqlStop
	case sqlSelect, sqlFrom, sqlJoin, sqlAndOr, sqlUnion, sqlOrder, sqlWhere, sqlLike, sqlLimit:
		return p.clauseWord(t)
	}
	return p.nameWord(t)
}

// clauseWord reads a word that begins a clause, where an operand is expected.
func (p *sqlParser) clauseWord(t sqlToken) sqlState {
	call := p.next() == '('
	switch t.word {
	case sqlSelect:
		if p.prev.kind == sqlLeft || p.prev.kind == sqlMath || p.prev.kind == sqlCompare || p.condition {
			p.pending |= sqlNested
			p.inQuery = true
			return sqlWants
		}
		return sqlStop
	case sqlFrom, sqlJoin:
		if p.prev.word == sqlFrom || p.prev.word == sqlJoin || p.prev.word == sqlSelect && t.word == sqlFrom {
			p.prove()
			return sqlWants
		}
		if call { // LEFT('a', 1)
			return p.call(t)
		}
		return p.have(operand{text: p.lex.slice(t)})
	case sqlLike:
		if p.prev.word == sqlLike && p.prev.kind == sqlWord { // SOUNDS LIKE
			return sqlWants
		}
		if call { // LIKE('a', 'b') is a function of SQLite
			return p.call(t)
		}
	}
	// A plus is a blank that nobody decoded; 1 AND AND is nothing.
	if p.prev.kind == sqlMath && p.lex.text[p.prev.start] == '+' {
		return p.operator(t)
	}
	return sqlStop
}

// nameWord reads the name of a function, a column or a table.
func (p *sqlParser) nameWord(t sqlToken) sqlState {
	if p.next() == '(' {
		return p.call(t)
	}
	switch t.word {
	case sqlSystem:
		p.system()
	case sqlActs:
		if c := p.next(); c == '\'' || c == '"' {
			p.strong = sqlRuns
		}
	case sqlTells:
		if t.end-t.start == 2 && p.prev.end == 0 { // IF condition, of SQL Server
			return sqlWants
		}
	case sqlVerb, sqlInto, sqlFinish, sqlAs, sqlAsc, sqlProcedure, sqlBy:
		return sqlStop
	}
	return p.have(operand{text: p.lex.slice(t)})
}

// next returns the byte of the next token.
func (p *sqlParser) next() byte {
	ahead := p.lex
	if ahead.blanks() {
		return 0
	}
	return ahead.peek(0)
}

// call reads the opening parenthesis of a function.
func (p *sqlParser) call(t sqlToken) sqlState {
	p.last = p.lex.next()
	p.depth++
	p.facts |= sqlCalled
	switch t.word {
	case sqlActs:
		p.facts |= sqlActing
		p.harms = p.harms || !sqlHarmless(p.lex.slice(t))
		p.why = "calls a function that waits, reads a file or fails on purpose"
	case sqlTells, sqlLike, sqlConstant, sqlVerb, sqlJoin:
		p.facts |= sqlCalls
		if t.start == 0 && p.lex.text[t.end] == ' ' && strings.EqualFold(p.lex.slice(t), "if") && strings.IndexByte(p.lex.text, ',') < 0 {
			p.facts &^= sqlCalls
			p.branch = true
		}
	}
	p.have(operand{})
	if p.pending != 0 && p.facts&(sqlActing|sqlCalls) != 0 {
		p.prove()
	}
	return sqlWants
}

// sqlHarmless says whether programs and drawings have functions of the name too.
func sqlHarmless(name string) bool {
	var buf [32]byte
	switch string(lower(name, &buf)) {
	case "sleep", "benchmark", "polygon", "multipoint", "multipolygon", "linestring", "multilinestring", "geometrycollection":
		return true
	}
	return false
}

func (p *sqlParser) system() { p.facts |= sqlSystemRead }

// quotedText says whether an operand is a string.
func quotedText(text string) bool { return text != "" && (text[0] == '\'' || text[0] == '"') }
