package signs

import "strings"

// wholeSQL judges a short value of which all is a piece of a statement, in forms that the
// parser cannot tell from prose by what stands beside what: there is no prose in them.
func (s *Score) wholeSQL(value string) {
	v := strings.Trim(value, " \t")
	switch {
	case stutters(v):
		s.add(SQL, Refuse, "goes on with the string of the app")
		return
	case len(value) < 256 && cutCondition(value):
		s.add(SQL, Refuse, "a condition behind a value, cut off")
		return
	case manyQuotes(v):
		s.add(SQL, Refuse, "quotes of several kinds and nothing else")
		return
	case len(v) < 256 && lexed(v, wordLength(v)) == '(' && castAtEnd(v): // in several lines, too
		s.add(SQL, Refuse, "a cast of PostgreSQL")
		return
	}
	if len(v) < 2 || len(v) > 512 || s.points[SQL] >= Refuse || strings.ContainsAny(v, "\n\r") {
		return
	}
	lex := sqlLexer{text: v}
	first := lex.next()
	named := first.kind == sqlWord && first.word == sqlName // then it begins with no number, text, key word or function
	switch {
	case quotesOnly(v):
		s.add(SQL, Refuse, "quotes of several kinds and nothing else")
	case closesOnly(v):
		s.add(SQL, Refuse, "ends a string and its brackets")
	case reopens(v):
		s.add(SQL, Refuse, "a condition between brackets that the app has opened")
	case !named && equation(v):
		s.add(SQL, Refuse, "a comparison of constants and nothing else")
	case strings.HasPrefix(v, "@@") && len(v) > 4 && dotted(v[2:]), catalogue(v):
		s.add(SQL, Refuse, "a variable or a table of the database itself")
	case versioned(v):
		s.add(SQL, Refuse, "a comment that only MySQL reads")
	case v[0] == ';' && startsActing(v):
		s.add(SQL, Refuse, "a function that waits behind a semicolon")
	case !named && asks(v):
		s.add(SQL, Refuse, "a condition with a function")
	case !named && slice(v):
		s.add(SQL, Refuse, "a clause of its own")
	default:
		why := fragment(v, named)
		if cut := strings.TrimRight(v, "-# "); why == "" && len(cut) > 2 && len(cut)+1 < len(v) { // a comment behind it
			why = fragment(cut, named)
		}
		if name := wordLength(v); why == "" && name > 0 && name+3 < len(v) && v[name] == '=' { // a query string
			why = fragment(strings.TrimLeft(v[name+1:], " \t"), false)
		}
		if why != "" {
			s.add(SQL, Refuse, why)
		}
	}
}

// quotesOnly says whether v is quotes of two kinds, perhaps with brackets, or a quote behind a
// backslash and another.
func quotesOnly(v string) bool {
	marks := 0
	for i := range len(v) {
		n := strings.IndexByte("'\"`\\", v[i])
		if n < 0 && i > 0 && (v[i] == '(' || v[i] == ')') {
			continue
		}
		if n < 0 {
			return false
		}
		marks |= 1 << n
	}
	return len(v) < 9 && marks&(marks-1) != 0 && (len(v) > 2 || marks&8 == 0)
}

// closesOnly says whether v is a quote, closing brackets and the end of a statement.
func closesOnly(v string) bool {
	rest := strings.TrimLeft(v, "%")
	if rest == "" || rest[0] != '\'' && rest[0] != '"' && rest[0] != '`' {
		return false
	}
	after := strings.TrimLeft(rest[1:], ")")
	closed := len(rest) - 1 - len(after)
	return closed > 0 && (after == "" && closed > 1 || after == ";")
}

// reopens finds ) or ( with quotes around the brackets, and nothing else of a sentence.
func reopens(v string) bool {
	rest := strings.TrimLeft(strings.TrimLeft(v, "'\""), ")")
	if rest == v || rest == "" || len(rest) == len(v)-1 && v[0] != ')' || !strings.Contains(v[:len(v)-len(rest)], ")") {
		return false
	}
	word, rest := cutWord(rest)
	var buf [32]byte
	switch string(lower(word, &buf)) {
	case "or", "and", "||", "&&", "xor":
		return rest != "" && rest[0] == '('
	}
	return false
}

// equation says whether v compares numbers for being equal or not, or joins the same one to
// itself: 1=1, 11!=1, not 1=2, 7 or 7.
func equation(v string) bool {
	if len(v) > 4 && strings.EqualFold(v[:4], "not ") {
		v = v[4:]
	}
	lex := sqlLexer{text: v}
	left, op, right := lex.next(), lex.next(), lex.next()
	if left.kind != sqlNumber || right.kind != sqlNumber || lex.trick {
		return false
	}
	if end := lex.next(); end.kind != sqlEnd && end.kind != sqlComment {
		return false
	}
	same := strings.EqualFold(v[left.start:left.end], v[right.start:right.end])
	switch op.kind {
	case sqlCompare:
		sign := v[op.start:op.end]
		return !strings.Contains(v, " ") && (sign == "=" || sign == "!=" || sign == "<>" || sign == "==" || sign == "<=>")
	case sqlLogic, sqlConcat:
		return true
	case sqlWord:
		return op.word == sqlAndOr && same || op.word == sqlLike && same && !strings.EqualFold(v[op.start:op.end], "is") ||
			strings.EqualFold(v[op.start:op.end], "xor") || strings.EqualFold(v[op.start:op.end], "rlike")
	}
	return false
}

// catalogue says whether v is the name of a table in which a database keeps its own.
func catalogue(v string) bool {
	lex := sqlLexer{text: v}
	first := lex.next()
	if first.kind != sqlWord && (first.kind != sqlText || v[0] != '`') {
		return false
	}
	schema, table, _ := strings.Cut(strings.Trim(v[first.start:first.end], "`"), ".")
	if table == "" { // the dot stands apart: `a`.`b`, a . b
		if lexed(v, lex.at) != '.' && !lex.trick && lex.at < len(v) && v[lex.at] != '/' {
			return catalogueOf(schema, "")
		}
		table = strings.Trim(v[lex.at:], "/*. `")
	} else if lex.at < len(v) {
		return false
	}
	return catalogueOf(schema, table)
}

func catalogueOf(schema, table string) bool {
	var buf, buf2 [32]byte
	name := string(lower(table, &buf2))
	switch low := string(lower(schema, &buf)); low {
	case "information_schema", "pg_catalog", "performance_schema", "sysibm", "syscat", "system_schema":
		return dotted(name)
	case "mysql":
		return name == "user" || name == "db" || strings.HasPrefix(name, "innodb_")
	case "sys":
		return name == "tables" || name == "databases" || name == "columns" || name == "objects" || strings.HasSuffix(name, "$") ||
			strings.HasPrefix(name, "x$") || strings.HasPrefix(name, "schema_") || strings.HasPrefix(name, "sql_")
	case "master":
		return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "sys.") || strings.HasPrefix(name, "dbo.")
	default:
		return table == "" && (strings.HasPrefix(low, "v$") || strings.HasPrefix(low, "gv$") || strings.HasPrefix(low, "rdb$"))
	}
}

// dotted says whether v is words with dots between them.
func dotted(v string) bool {
	for i := range len(v) {
		if !isWord(v[i]) && v[i] != '.' {
			return false
		}
	}
	return v != ""
}

// versioned says whether a comment of MySQL with the number of a version stands in v, or v is
// one with a key word in it.
func versioned(v string) bool {
	i := strings.Index(v, "/*!")
	if i < 0 {
		return false
	}
	lex := sqlLexer{text: v[i+3:]}
	n := 0
	for isDigit(lex.peek(n)) {
		n++
	}
	if n == 5 || n == 6 || n > 0 && lex.peek(n) == '*' {
		return true
	}
	t := lex.next()
	return t.kind == sqlWord && t.word != sqlName && strings.HasSuffix(v, "*/")
}

// startsActing says whether a function that does harm is called behind the semicolon.
func startsActing(v string) bool {
	lex := sqlLexer{text: v, at: 1}
	t := lex.next()
	return t.kind == sqlWord && t.word == sqlActs && lex.peek(0) == '('
}

// slice finds LIMIT with two numbers, perhaps behind a number.
func slice(v string) bool {
	lex := sqlLexer{text: strings.TrimLeft(v, "0123456789 ")}
	v = lex.text
	first, from, between, to := lex.next(), lex.next(), lex.next(), lex.next()
	return first.word == sqlLimit && from.kind == sqlNumber && to.kind == sqlNumber && (between.kind == sqlComma || between.word == sqlLimit) &&
		(lex.at == len(v) || lex.next().kind != sqlWord)
}

// plainCall says whether v is one call of a function that mathematics and spreadsheets have too,
// with plain arguments.
func plainCall(v string) bool {
	n := wordLength(v)
	if n == 0 || n == len(v) || v[n] != '(' || v[len(v)-1] != ')' || strings.ContainsAny(v[n+1:len(v)-1], "()'\"=@") {
		return false
	}
	return calculates(v[:n])
}

// calculates says whether mathematics and spreadsheets have a function of the name.
func calculates(name string) bool {
	var buf [32]byte
	switch string(lower(name, &buf)) {
	case "sin", "cos", "log", "exp", "abs", "sqrt", "pow", "max", "min", "sum", "avg", "round", "floor", "ceil", "length", "count", "format", "trim", "reverse", "if",
		"date", "time", "year", "month", "day", "hour", "minute", "second", "week", "pi", "lower", "upper", "replace", "left", "right", "quote", "decode", "encode":
		return true
	}
	return false
}

// proseBrackets says whether v is a list or an alternative in prose: (1) or (2), a) or b).
func proseBrackets(v string) bool {
	if v == "" {
		return false
	}
	letters, signs := 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case c == '(' && i > 0 && isWord(v[i-1]): // a call
			return false
		case isLetter(c):
			letters++
		case c == '\'' || c == '"' || c == '=' || c == '<' || c == '>' || c == '-' || c == '#' || c == '|' || c == '&' || c == '/' || c == '*' || c == '`':
			signs++
		}
	}
	return letters > 0 && signs == 0 && v[0] != ')' && isWord(v[0]) || v[0] == '(' && signs == 0 && strings.Count(v, "(") == strings.Count(v, ")")
}

// lineOfSQL says whether a statement is one line as one types it into a field, with something in
// it that prose has not: who writes about SQL has capitals, ends it with a semicolon, or has it
// in a text.
func lineOfSQL(value string, verb sqlToken) bool {
	v := strings.TrimSpace(value)
	if strings.ContainsAny(v, "\n\r;") || !strings.ContainsAny(value[verb.start:verb.end], "abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	if strings.ContainsAny(v, "*(='\"@") || isDigit(v[len(v)-1]) {
		return true
	}
	lex := sqlLexer{text: v}
	lex.next()
	object := lex.next()
	var buf [32]byte
	name := string(lower(lex.slice(object), &buf))
	return verb.word == sqlVerb && (name == "table" || name == "database") && lex.next().kind == sqlWord && lex.at == len(v)
}

// asks says whether v begins with a function of the database that no one calculates with, or with
// a constant and its type, and goes on as a condition or with strings.
func asks(v string) bool {
	lex := sqlLexer{text: v}
	t, after := lex.next(), lex.next()
	switch t.kind {
	case sqlNumber, sqlText:
		kind := lex.next()
		return after.kind == sqlCast && sqlType(v[kind.start:kind.end])
	case sqlWord:
		return t.word == sqlTells && after.kind == sqlLeft && t.end == after.start && !calculates(v[:t.end]) && strings.Count(v, "(") == strings.Count(v, ")") &&
			(comparesCall(v) || v[len(v)-1] == ')' && asksAlone(v, v[:t.end]))
	}
	return foldPrefix(v, "set @") && strings.IndexByte(v, '=') > 5
}

// comparesCall says whether a call is compared with something, or reads strings.
func comparesCall(v string) bool {
	return v[len(v)-1] != '.' && strings.ContainsAny(v, "=<>") && (strings.IndexByte(v, '\'') > 0 || strings.Contains(v, "()"))
}

// asksAlone says whether a call of the function name is one that only a database answers.
func asksAlone(v, name string) bool {
	if strings.IndexByte(name, '_') > 0 && !strings.HasPrefix(name, "json_") {
		return true
	}
	lex := sqlLexer{text: v, at: len(name)}
	for range 24 {
		switch t := lex.next(); {
		case t.kind == sqlEnd:
			return false
		case t.kind == sqlNumber && t.end-t.start > 3 && v[t.start+1]|0x20 == 'x', t.word == sqlAs && sqlType(strings.Trim(v[lex.at:], " )")):
			return true
		case t.kind == sqlWord && t.word == sqlTells && strings.HasPrefix(v[t.end:], "()") && !calculates(v[t.start:t.end]):
			return true
		}
	}
	return false
}
