package signs

import "strings"

// operator reads a token where an operator is expected.
func (p *sqlParser) operator(t sqlToken) sqlState {
	switch t.kind {
	case sqlRight:
		if p.depth > 0 {
			p.depth--
		} else {
			p.closed++
		}
		p.left.constant = false
		return sqlHas
	case sqlCompare:
		p.comparing = true
		return sqlWants
	case sqlLogic:
		p.condition = true
		return sqlWants
	case sqlConcat:
		p.concats++
		return sqlWants
	case sqlMath, sqlStar:
		p.operators++
		return sqlWants
	case sqlComma:
		if p.pending&^sqlNested != 0 {
			p.prove()
		}
		return sqlWants
	case sqlText, sqlOpen: // 'a' 'b' is one string
		if p.prev.kind == sqlNumber || p.prev.kind == sqlText && p.prev.end == t.start && p.prev.end > 0 {
			return sqlStop
		}
		return p.operand(t)
	case sqlSemi:
		p.ended = true
		return p.semicolon()
	case sqlVariable:
		if p.lex.text[t.start] == '?' && (p.prev.kind == sqlText || p.prev.kind == sqlCast) { // the question marks of JSON in PostgreSQL
			p.comparing = true
			return sqlWants
		}
	case sqlCast:
		return p.cast()
	case sqlLeft:
		if p.opens() {
			p.depth++
			return sqlWants
		}
	case sqlNumber:
		if p.prev.kind == sqlNumber && p.lex.text[p.prev.end] == '/' { // 1/**/2, for a filter that drops comments
			return sqlHas
		}
	case sqlWord:
		return p.operatorWord(t)
	}
	return sqlStop
}

// opens says whether a parenthesis can stand where an operator is expected: 1.e(1) in MySQL, some(thing)
// where the name was read as an alias, and x' (select 1).
func (p *sqlParser) opens() bool {
	ahead := p.lex
	return p.inQuery || p.prev.kind == sqlNumber || p.prev.kind == sqlRight || p.quoted && p.prev.end == 0 && ahead.next().word == sqlSelect
}

func (p *sqlParser) operatorWord(t sqlToken) sqlState {
	switch t.word {
	case sqlAndOr:
		if p.between && t.end-t.start == 3 { // the AND of BETWEEN
			p.between = false
			return sqlWants
		}
		p.xor = p.xor || p.lex.text[t.start]|0x20 == 'x'
		p.condition = true
		return sqlWants
	case sqlWhere:
		p.condition = true
		return sqlWants
	case sqlLike:
		p.comparing, p.likes = true, true
		p.between = strings.EqualFold(p.lex.slice(t), "between")
		return sqlWants
	case sqlPostfix:
		p.facts |= sqlCompared
		return sqlHas
	case sqlNot, sqlAsc:
		return sqlHas
	case sqlMod:
		p.operators++
		return sqlWants
	case sqlUnion:
		return p.union()
	case sqlOrder:
		if by := p.lex.next(); by.word != sqlBy || by.kind != sqlWord {
			return sqlStop
		}
		p.facts |= sqlSorts
		return sqlWants
	case sqlLimit:
		p.limit()
		return sqlWants
	case sqlInto:
		return p.into()
	case sqlProcedure:
		p.procedure()
		return sqlStop
	case sqlFrom, sqlJoin:
		return p.from(t)
	case sqlAs:
		if alias := p.lex.next(); alias.kind == sqlWord || alias.kind == sqlText {
			p.aliased = true
			return sqlHas
		}
		return sqlStop
	case sqlWhen, sqlFinish:
		return p.inCase(t)
	case sqlSelect, sqlVerb:
		return p.statement(t, sqlAppended)
	case sqlActs, sqlTells:
		if next := p.lex.peek(0); next == '(' && (p.quoted && p.prev.end == 0 && t.word == sqlActs && isDigit(p.lex.peek(1)) || p.prev.kind == sqlRight && p.inQuery) {
			return p.call(t) // x' sleep(1); char(1) char(2), where a plus was taken for a blank
		}
	}
	return p.otherWord(t)
}

// otherWord reads a word that no clause begins with: an alias, an index of an array.
func (p *sqlParser) otherWord(t sqlToken) sqlState {
	if t.end-t.start == 5 && strings.EqualFold(p.lex.slice(t), "allow") && strings.EqualFold(p.lex.slice(p.lex.next()), "filtering") {
		p.strong = "ALLOW FILTERING"
	}
	if p.lex.text[t.start] == '[' && p.prev.end == t.start { // array[1]
		return sqlHas
	}
	if p.inQuery && !p.extended && t.word == sqlName {
		p.extended = true
		return sqlHas
	}
	return sqlStop
}

// limit notes a LIMIT with what can be one: a number, a variable, a query.
func (p *sqlParser) limit() {
	if c := p.next(); c != 0 && strings.IndexByte("0123456789(@:-", c) >= 0 {
		p.facts |= sqlLimits
	}
}
