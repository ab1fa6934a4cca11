package signs

import "strings"

// piece is fragment for pieces that are shorter still: of which a condition, a statement or a string
// of the app is left, and no sentence.
func piece(v string, named bool) string {
	switch {
	case tightCondition(v):
		return "a condition between two quotes"
	case named:
		return ""
	case v[0] == ';' && beginsStatement(v):
		return "a statement begins behind a semicolon"
	case isQuote(v[len(v)-1]) && conditionOnly(v[:len(v)-1]):
		return "a condition that is always true or false"
	case aliasOnly(v):
		return "an alias and FROM behind it"
	case quotedTable(v):
		return "a clause of its own"
	case rowOnly(v):
		return "a row of values"
	case openCondition(v):
		return "ends the string, and begins a condition"
	case quoteInComment(v):
		return "a comment with a quote in it behind a number"
	case v[0] == ')' && halfCase(v):
		return "ends the brackets, and goes on inside of CASE"
	case len(v) > 3 && isQuote(v[0]) && v[1] == ';' && v[len(v)-1] == v[0] && oneWord(v[2:len(v)-1]):
		return "ends the string and the statement"
	}
	return ""
}

// cutCondition says whether v is a parameter of a query string whose value is one word, with AND or
// OR behind it and nothing more.
func cutCondition(v string) bool {
	name := wordLength(v)
	if name == 0 || name >= len(v) || v[name] != '=' {
		return false
	}
	whole := strings.TrimRight(v[name+1:], " (")
	value, op, found := strings.Cut(whole, " ")
	return found && len(whole) < len(v)-name-1 && value != "" && (strings.EqualFold(op, "and") || strings.EqualFold(op, "or"))
}

// beginsStatement says whether v is a semicolon, a verb that no instruction begins with in that
// place, and one name or nothing.
func beginsStatement(v string) bool {
	lex := sqlLexer{text: v, at: 1}
	t := lex.next()
	if t.word != sqlSelect && t.word != sqlVerb && t.word != sqlUnion {
		return false
	}
	var buf [32]byte
	switch string(lower(lex.slice(t), &buf)) {
	case "select", "union", "insert", "update", "delete", "drop", "create", "alter", "truncate", "exec", "execute", "declare", "shutdown", "grant":
	default:
		return false
	}
	name := lex.next()
	return name.kind == sqlEnd || name.kind == sqlWord && name.word == sqlName && lex.next().kind == sqlEnd
}

// conditionOnly says whether v is AND or OR and a comparison of constants.
func conditionOnly(v string) bool {
	p := sqlParser{lex: sqlLexer{text: v}, state: sqlHas}
	if first := p.lex; first.next().word != sqlAndOr {
		return false
	}
	p.run()
	return p.done && !p.tail && p.facts&sqlConstants != 0 && p.facts&sqlNames == 0
}

// aliasOnly finds 1 AS "a" FROM, and ; AS a FROM, where nothing could be given another name.
func aliasOnly(v string) bool {
	rest := strings.TrimLeft(v, "!;0123456789")
	marked := v[0] == '!' || v[0] == ';'
	as := trimBlanks(rest)
	if len(rest) == len(v) || len(as) < 8 || !foldPrefix(as, "as") {
		return false
	}
	alias := trimBlanks(as[2:])
	switch {
	case alias == "":
		return false
	case isQuote(alias[0]):
		mark := alias[0]
		alias = alias[1:]
		if end := strings.IndexByte(alias, mark); end >= 0 {
			alias = alias[end+1:]
		}
	case marked && len(alias) < len(as)-2:
		alias = alias[wordLength(alias):]
	default:
		return false
	}
	from := trimBlanks(alias)
	return foldPrefix(from, "from") && wordLength(from) == 4
}

// quotedTable says whether v is FROM, a name of two parts in the quotes of MySQL, and a clause.
func quotedTable(v string) bool {
	if !foldPrefix(v, "from `") || !strings.Contains(v, "`.`") {
		return false
	}
	lex := sqlLexer{text: v, at: 4}
	for range 24 {
		switch t := lex.next(); {
		case t.kind == sqlEnd || t.kind == sqlComment:
			return false
		case t.kind == sqlWord && (t.word == sqlWhere || t.word == sqlLimit || t.word == sqlOrder):
			return true
		}
	}
	return false
}

// rowOnly says whether v is VALUES and one row of constants, one of which is a string.
func rowOnly(v string) bool {
	lex := sqlLexer{text: v}
	values, open := lex.next(), lex.next()
	if values.word != sqlFrom || !strings.EqualFold(lex.slice(values), "values") || open.kind != sqlLeft {
		return false
	}
	texts := 0
	for range 64 {
		value, next := lex.next(), lex.next()
		switch {
		case value.kind == sqlText:
			texts++
		case value.kind != sqlNumber && value.word != sqlConstant:
			return false
		}
		switch next.kind {
		case sqlComma:
		case sqlRight:
			return texts > 0
		default:
			return false
		}
	}
	return false
}

// openCondition says whether v is a quote that nothing closes, AND, OR or an operator that only a
// database has, and too little behind it for a sentence.
func openCondition(v string) bool {
	quote := strings.TrimLeft(v, `\`)
	escaped := len(quote) < len(v)
	if len(quote) < 3 || len(quote) > 32 || !isQuote(quote[0]) {
		return false
	}
	lex := sqlLexer{text: quote, at: 1}
	op := lex.next()
	after := lex.peek(0)
	next := lex.next()
	end := next.kind == sqlEnd || next.kind == sqlComment
	switch {
	case op.kind == sqlCompare:
		return next.kind == sqlComment
	case op.word == sqlLike && !asksOnly(lex.slice(op)):
		return false
	case op.word == sqlLike:
		last := lex.next()
		return end && quote[0] == '`' || (next.kind == sqlNumber || next.kind == sqlText) && (last.kind == sqlEnd || last.kind == sqlSemi || last.kind == sqlComment)
	case op.word != sqlAndOr || op.kind != sqlWord:
		return false
	case end:
		return escaped && next.kind == sqlEnd
	case after == '(':
		return true
	case quote[1] != ' ':
		return false
	}
	return fewAndSigns(&lex, next)
}

// fewAndSigns says whether t and what follows is at most one name, and ends with a number or a sign.
func fewAndSigns(lex *sqlLexer, t sqlToken) bool {
	names := 0
	last := t
	for ; t.kind != sqlEnd; t = lex.next() {
		switch t.kind {
		case sqlWord:
			if names++; names > 1 || t.word != sqlName {
				return false
			}
		case sqlNumber, sqlMath, sqlComma, sqlOther, sqlVariable, sqlStar:
			if lex.text[t.start] == '?' {
				return false
			}
		default:
			return false
		}
		last = t
	}
	return last.kind != sqlWord
}

// tightCondition finds x\”or'y: a quote that is doubled or escaped, and a condition between it and
// another, without blanks.
func tightCondition(v string) bool {
	for i := max(1, strings.IndexAny(v, "'\"`")); i+4 < len(v); i++ {
		if !isQuote(v[i]) || v[i-1] != '\\' && v[i-1] != v[i] {
			continue
		}
		n := wordLength(v[i+1:])
		end := i + 1 + n
		if n > 1 && n < 4 && end+1 < len(v) && v[end] == v[i] && isWord(v[end+1]) && sqlWordOf(v[i+1:end]) == sqlAndOr {
			return true
		}
	}
	return false
}

// quoteInComment says whether v is a number and a comment in which a quote stands: 1/*'*/
func quoteInComment(v string) bool {
	number := strings.TrimLeft(v, "0123456789")
	body, found := strings.CutPrefix(number, "/*")
	body, closed := strings.CutSuffix(body, "*/")
	return found && closed && len(number) < len(v) && len(body) < 16 && strings.ContainsAny(body, "'\"`")
}

// halfCase says whether v is a bracket and what stands inside of CASE.
func halfCase(v string) bool {
	lex := sqlLexer{text: v, at: 1}
	when, value, then := lex.next(), lex.next(), lex.next()
	return when.word == sqlWhen && then.word == sqlWhen && (value.kind == sqlNumber || value.kind == sqlText) && lex.next().kind == sqlEnd
}

// manyQuotes says whether v is signs with hardly a letter, among them quotes of all three kinds, many
// times: somebody tries which of them ends a string.
func manyQuotes(v string) bool {
	if len(v) < 24 || len(v) > 4096 || survey(v)&(digits|spaces|foreign) != 0 {
		return false
	}
	letters := 0
	for i := range len(v) {
		if isLetter(v[i]) {
			letters++
		}
	}
	return letters*32 < len(v) && strings.Count(v, "'") > 3 && strings.Count(v, `"`) > 3 && strings.Count(v, "`") > 3
}
