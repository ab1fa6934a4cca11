package signs

import "strings"

// fragment says what piece of a statement v is that was cut off, or that stands between two pieces
// of the app's own; "" if it is none. Nothing but the piece may stand in v. named says that v begins
// with a name.
func fragment(v string, named bool) string {
	switch {
	case cutOff(v):
		return "cut off inside a query or a call"
	case castAtEnd(v):
		return "a cast of PostgreSQL"
	case splitWord(v):
		return "a key word with a comment inside"
	case hidden(v):
		return "a key word inside of itself, for a filter that cuts it out"
	case symbolsOnly(v):
		return "ends the string and swallows the rest of the statement"
	case dense(v):
		return "an operator and more of a statement behind a quote"
	case goesOn(v):
		return "goes on with the string of the app"
	case calculatesOn(v):
		return "calculates with the string"
	case (!named || strings.IndexByte(v, ',') > 0) && listsOn(v):
		return "goes on with a list of the app's values"
	case !named && fromTable(v):
		return "a clause of its own"
	case setsVariable(v):
		return "sets a variable of the session"
	case !named && oneCondition(v):
		return "a condition that is always true or false"
	case halfCondition(v):
		return "ends the string or the brackets, and begins a condition"
	}
	return piece(v, named)
}

// isQuote says whether c is a quote of SQL.
func isQuote(c byte) bool { return c == '\'' || c == '"' || c == '`' }

// cutOff says whether v ends where a query begins inside of an expression, =(SELECT, or behind
// the bracket of a function that asks the database.
func cutOff(v string) bool {
	if word, ok := strings.CutSuffix(v, "("); ok && strings.Count(v, " ") < 4 && len(word) > 0 && isWord(word[len(word)-1]) {
		start := len(word)
		for start > 0 && (isWord(word[start-1]) || word[start-1] == '.') {
			start--
		}
		kind := sqlWordOf(word[start:])
		return kind == sqlActs && !sqlHarmless(word[start:]) || kind == sqlTells && !calculates(word[start:]) && start > 0
	}
	if len(v) < 8 || !strings.EqualFold(v[len(v)-6:], "select") {
		return false
	}
	before, ok := strings.CutSuffix(strings.TrimRight(v[:len(v)-6], " \t"), "(")
	before = strings.TrimRight(before, " \t")
	if !ok || before == "" {
		return false
	}
	if strings.IndexByte("=(,<>+*/|&", before[len(before)-1]) >= 0 {
		return true
	}
	switch sqlWordOf(before[strings.LastIndexByte(before, ' ')+1:]) {
	case sqlAndOr, sqlLike, sqlNot, sqlPrefix, sqlUnion, sqlFrom, sqlWhere:
		return true
	}
	return false
}

// castAtEnd says whether v ends in )::type, whatever stands in the brackets.
func castAtEnd(v string) bool {
	v = strings.TrimSuffix(v, " precision")
	i := strings.LastIndex(v, "::")
	return i > 2 && v[i-1] == ')' && (lowerCase(v[i+2:]) || v[i+2:] == strings.ToUpper(v[i+2:])) && sqlType(v[i+2:])
}

// splitWord finds SEL/**/ECT: MySQL reads it as one word where it drops comments, and so do some
// filters. Of a pattern for files, a/**/b, no key word is made.
func splitWord(v string) bool {
	for at := 0; ; {
		i := strings.Index(v[at:], "/**/")
		if i < 0 {
			return false
		}
		at += i
		start, end := at, at+4
		for start > 0 && isLetter(v[start-1]) {
			start--
		}
		for end < len(v) && isLetter(v[end]) {
			end++
		}
		if left, right := v[start:at], v[at+4:end]; left != "" && right != "" && len(left)+len(right) > 3 && len(left)+len(right) < 17 {
			if sqlWordOf(left+right) != sqlName && sqlWordOf(left) == sqlName && sqlWordOf(right) == sqlName {
				return true
			}
		}
		at += 4
	}
}

// hidden finds SELSELECTECT.
func hidden(v string) bool {
	for start := 0; start < len(v); start++ {
		end, odd := start, byte(0)
		for end < len(v) && isLetter(v[end]) {
			odd ^= v[end] | 0x20
			end++
		}
		if odd == 0 && end-start >= 8 {
			var buf [32]byte
			if low := lower(v[start:end], &buf); leftOver(low) != sqlName {
				return true
			}
		}
		start = end
	}
	return false
}

// symbolsOnly says whether v is a quote that nothing closes, signs, and the beginning of a comment
// or a quote of another kind that nothing closes.
func symbolsOnly(v string) bool {
	if len(v) < 4 || !isQuote(v[0]) || survey(v)&(letters|foreign|braces|angles) != 0 || isDigit(v[1]) {
		return false
	}
	unclosed := 0
	for _, quote := range [...]string{"'", `"`, "`"} {
		unclosed += strings.Count(v, quote) % 2
	}
	if unclosed > 1 {
		return true
	}
	if survey(v)&digits != 0 || !strings.HasSuffix(v, "--") && !strings.HasSuffix(v, "#") {
		return false
	}
	return strings.Count(v, v[:1])%2 == 1 || strings.IndexByte(v, ';') > 0
}

// dense says whether an operator follows a quote at the beginning of v, and behind it there is
// nearly nothing but more operators, numbers and key words, though no database would read it.
func dense(v string) bool {
	if !isQuote(v[0]) || len(v) > 64 {
		return false
	}
	lex := sqlLexer{text: v, at: 1}
	operators, known, names := 0, 0, 0
	for i := 0; ; i++ {
		t := lex.next()
		switch t.kind {
		case sqlEnd, sqlComment, sqlOpen:
			return operators > 1 && known > 1 && names < 2
		case sqlMath, sqlStar, sqlCompare, sqlConcat, sqlLogic:
			operators++
		case sqlNumber, sqlText:
			known++
		case sqlWord:
			if t.word == sqlName {
				names++
			} else {
				known++
			}
		default:
			return false
		}
		if i == 0 && operators == 0 || names > 1 {
			return false
		}
	}
}

// goesOn says whether v is a word, a quote, blanks or a sign that joins, a quote and a word: the
// app's quotes make two strings of it, which every database joins.
func goesOn(v string) bool {
	first := strings.IndexAny(v, "'\"`")
	if first < 0 || first > 0 && !oneWord(v[:first]) {
		return false
	}
	quote := v[first]
	second := strings.IndexByte(v[first+1:], quote)
	if second < 1 {
		return false
	}
	second += first + 1
	between, rest := v[first+1:second], v[second+1:]
	if strings.Trim(between, " \t\v\f.+|") != "" && between != "/**/" {
		return false
	}
	return oneWord(strings.TrimLeft(rest, " "))
}

// stutters says whether v is many quotes with one sign between each two, and perhaps a word behind
// them: '.'.'.'.'or
func stutters(v string) bool {
	if len(v) < 8 || !isQuote(v[0]) || v[1] != '.' && v[1] != '+' && v[1] != '|' {
		return false
	}
	i := 2
	for i < len(v) && v[i] == v[i%2] {
		i++
	}
	return i >= 8 && (i == len(v) || oneWord(v[i:]))
}

// calculatesOn says whether v is a quote that nothing closes, an operator and a constant, perhaps
// with a number before the operator. '5 is a number in a spreadsheet, '16/17 a season.
func calculatesOn(v string) bool {
	if !isQuote(v[0]) || len(v) > 40 || strings.Count(v, v[:1])%2 == 0 {
		return false
	}
	lex := sqlLexer{text: v, at: 1}
	op := lex.next()
	if op.kind == sqlNumber {
		op = lex.next()
	}
	switch op.kind {
	case sqlMath, sqlStar:
		if strings.IndexByte("+-/", v[op.start]) >= 0 {
			return false
		}
	case sqlCompare, sqlConcat, sqlLogic:
	default:
		return false
	}
	if v[0] == '`' {
		return lex.at < len(v) && isDigit(v[lex.at]) && oneWord(v[lex.at:])
	}
	constant := lex.next()
	end := lex.next()
	return (constant.kind == sqlNumber || constant.word == sqlConstant) && (end.kind == sqlEnd || end.kind == sqlComment)
}

// listsOn says whether v is constants of a list behind the end of the app's string, ', 2, 1, or a
// list that no one writes but for a database: of a blank and numbers, of a string and a number in
// hexadecimal digits, of a comparison of a number with itself.
func listsOn(v string) bool {
	lex := sqlLexer{text: v}
	if isQuote(v[0]) && lexed(v, 1) == ',' {
		lex.at = 1
		numbers, texts, _ := lex.constants()
		return numbers+texts > 0
	}
	first := lex.next()
	if first.kind != sqlText && first.kind != sqlNumber && first.kind != sqlWord {
		return false
	}
	if ahead := lex; first.kind != sqlText {
		comma, left, op, right, end := ahead.next(), ahead.next(), ahead.next(), ahead.next(), ahead.next()
		return comma.kind == sqlComma && left.kind == sqlNumber && op.kind == sqlCompare && right.kind == sqlNumber &&
			v[left.start:left.end] == v[right.start:right.end] && (end.kind == sqlEnd || end.kind == sqlComment)
	}
	numbers, _, hex := lex.constants()
	return hex || numbers > 0 && strings.TrimSpace(v[first.start+1:first.end-1]) == ""
}

// constants reads constants with commas before them to the end, and says how many of them are
// numbers and strings, 0 if something else is there, and whether a number begins with 0x.
func (l *sqlLexer) constants() (numbers, texts int, hex bool) {
	for range 64 {
		comma := l.next()
		if comma.kind == sqlEnd || comma.kind == sqlComment {
			return numbers, texts, hex
		}
		value := l.next()
		switch {
		case comma.kind != sqlComma:
			return 0, 0, false
		case value.kind == sqlNumber:
			numbers++
			hex = hex || value.end-value.start > 2 && l.text[value.start+1]|0x20 == 'x'
		case value.kind == sqlText:
			texts++
		case value.word == sqlConstant:
			numbers++
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// lexed returns the first byte of v from at on that is no blank.
func lexed(v string, at int) byte {
	for at < len(v) && isBlank(v[at]) {
		at++
	}
	if at < len(v) {
		return v[at]
	}
	return 0
}

// fromTable says whether v is FROM a table with one clause behind it, and the end.
func fromTable(v string) bool {
	lex := sqlLexer{text: v}
	from, table, clause := lex.next(), lex.next(), lex.next()
	if from.word != sqlFrom || !strings.EqualFold(v[from.start:from.end], "from") || table.kind != sqlWord || table.word != sqlName {
		return false
	}
	sure := v[from.start] == 'F' && v[from.end-1] == 'M'
	switch clause.word {
	case sqlWhere:
		name, op, value := lex.next(), lex.next(), lex.next()
		if name.kind != sqlWord || op.kind != sqlCompare || value.kind != sqlText && value.kind != sqlNumber && value.kind != sqlVariable {
			return false
		}
		sure = true
	case sqlOrder:
		by, name := lex.next(), lex.next()
		if by.word != sqlBy || name.kind != sqlWord && name.kind != sqlNumber {
			return false
		}
	default:
		return false
	}
	end := lex.next()
	return sure && end.kind == sqlEnd || end.kind == sqlComment || end.kind == sqlSemi || end.kind == sqlMath && v[end.start] == '&'
}

// setsVariable says whether v is SET @NAME and nothing else, as dumps of MySQL have it.
func setsVariable(v string) bool {
	v = strings.TrimLeft(v, " ;>&")
	if !foldPrefix(v, "set @") {
		return false
	}
	name := v[5:]
	return len(name) > 1 && dotted(strings.TrimLeft(name, "@")) && (v[1] == 'E' || strings.IndexByte(name, '_') > 0)
}

// oneCondition says whether v is AND or OR with a truth value behind it.
func oneCondition(v string) bool {
	lex := sqlLexer{text: v}
	op, value := lex.next(), lex.next()
	if op.word != sqlAndOr || value.kind != sqlNumber || value.end-value.start != 1 || v[value.start] > '1' {
		return false
	}
	end := lex.next()
	return end.kind == sqlEnd || end.kind == sqlComment && strings.Trim(v[end.start:], "-#/* ") == ""
}

// halfCondition says whether v ends the string or the brackets of the app and has nothing but an AND
// or OR behind them, where what follows was cut off: ') or
func halfCondition(v string) bool {
	word := wordLength(v)
	rest := v[word:]
	quote := rest != "" && isQuote(rest[0])
	if quote {
		rest = rest[1:]
	}
	after := strings.TrimLeft(rest, ")")
	closed := len(rest) - len(after)
	switch {
	case quote && word > 0 && closed == 0, !quote && closed == 0, !quote && closed == 1 && word > 0 && !isDigit(v[0]):
		return false
	}
	lex := sqlLexer{text: after}
	t := lex.next()
	return t.word == sqlAndOr && t.kind == sqlWord && lex.at == len(after) && (after[0] == ' ' || closed > 0)
}
