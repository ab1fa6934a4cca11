package signs

import "strings"

// sqlKind is the kind of an SQL token, as far as all dialects agree.
type sqlKind uint8

const (
	sqlEnd sqlKind = iota
	sqlNumber
	sqlText     // 'a', "a", and its kin; not told apart, because the dialects do not agree
	sqlOpen     // a string that ends with the value: the app's own quote closes it
	sqlWord     // a name or a key word
	sqlVariable // @a, @@a, :a, $1, ?
	sqlMath     // + - / % ^ ~ ! | & << >>
	sqlCompare  // = < > != <> <=> == := ~*
	sqlLogic    // &&
	sqlConcat   // ||
	sqlCast     // ::
	sqlComma
	sqlSemi
	sqlLeft    // (
	sqlRight   // )
	sqlStar    // *
	sqlComment // -- or # or /* with nothing of the statement behind it
	sqlOther
)

type sqlToken struct {
	kind       sqlKind
	word       sqlWordKind
	start, end int
}

// sqlLexer splits text into the tokens that SQLite, PostgreSQL, MySQL and SQL Server
// would see. Where they differ it takes what serves an attacker.
type sqlLexer struct {
	text  string
	at    int
	trick bool // a comment stands where a blank would do, or a versioned comment
}

func (l *sqlLexer) slice(t sqlToken) string { return l.text[t.start:t.end] }

// peek returns the byte at offset n from here, 0 behind the end.
func (l *sqlLexer) peek(n int) byte {
	if l.at+n < len(l.text) {
		return l.text[l.at+n]
	}
	return 0
}

// blanks skips what separates tokens and says whether a comment ended the statement.
func (l *sqlLexer) blanks() (comment bool) {
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case isBlank(c), c == 0xA0, c == 0 && l.at+1 < len(l.text):
			l.at++
		case c == 0xC2 && l.peek(1) == 0xA0:
			l.at += 2
		case c == '/' && l.peek(1) == '*':
			if l.block() {
				return true
			}
		case c == '*' && l.peek(1) == '/' && l.trick: // the end of a versioned comment
			l.at += 2
		case c == '-' && l.peek(1) == '-', c == '#' && l.peek(1) != '>' && (l.peek(1) != '-' || l.peek(2) == '-'):
			if l.line() {
				return true
			}
		case c == 0, strings.HasPrefix(l.text[l.at:], "–") && strings.TrimSpace(l.text[l.at+3:]) == "":
			// A NUL ends the text for a C library; blogs turn -- into a dash.
			return true
		default:
			return false
		}
	}
	return false
}

// block skips a comment and says whether it goes on to the end.
func (l *sqlLexer) block() bool {
	if l.peek(2) == '!' {
		l.trick = true
		for l.at += 3; isDigit(l.peek(0)); l.at++ {
		}
		return false
	}
	end := strings.Index(l.text[l.at+2:], "*/")
	if end < 0 {
		return true
	}
	l.trick = true
	l.at += end + 4
	return false
}

// line skips a comment and says whether nothing of the statement follows.
func (l *sqlLexer) line() bool {
	end := strings.IndexByte(l.text[l.at:], '\n')
	if end < 0 || strings.TrimSpace(l.text[l.at+end:]) == "" {
		return true
	}
	l.at += end + 1
	return false
}

func (l *sqlLexer) next() sqlToken {
	comment := l.blanks()
	t := sqlToken{start: l.at, end: l.at}
	switch {
	case comment:
		t.kind, t.end = sqlComment, len(l.text)
	case l.at < len(l.text):
		t.kind = l.token()
		t.end = l.at
		if t.kind == sqlWord {
			t.word = sqlWordOf(l.slice(t))
		}
	}
	return t
}

// token reads one token that begins here.
func (l *sqlLexer) token() sqlKind {
	c := l.text[l.at]
	switch {
	case isDigit(c), c == '.' && isDigit(l.peek(1)):
		return l.number()
	case c == '\'', c == '"', c == '`':
		return l.quoted(1, l.text[l.at:l.at+1])
	case c >= 0x80:
		if n := quoteAt(l.text[l.at:]); n > 0 {
			return l.quotedWide(n)
		}
		return l.name()
	case isLetter(c):
		return l.name()
	case c == '@' && l.peek(1) == '>':
		l.at += 2
		return sqlCompare
	case c == '?' && (l.peek(1) == '&' || l.peek(1) == '|'):
		l.at += 2
		return sqlCompare
	case c == '@', c == '?':
		for l.at++; isWord(l.peek(0)) || l.peek(0) == '@' || c == '@' && l.peek(0) == '.'; l.at++ {
		}
		return sqlVariable
	case c == '[':
		return l.bracket()
	case c == '\\' && l.peek(1) == 'N': // NULL, in MySQL
		l.at += 2
		return sqlNumber
	}
	return l.symbol(c)
}

func (l *sqlLexer) number() sqlKind {
	if l.peek(0) == '0' && l.peek(1)|0x20 == 'x' {
		for l.at += 2; isWord(l.peek(0)); l.at++ {
		}
		return sqlNumber
	}
	for isDigit(l.peek(0)) || l.peek(0) == '.' {
		l.at++
	}
	// 1e5; MySQL also takes 1.e for a number, with anything behind it.
	if l.peek(0)|0x20 == 'e' && !isLetter(l.peek(1)) {
		l.at++
		if (l.peek(0) == '+' || l.peek(0) == '-') && isDigit(l.peek(1)) {
			l.at++
		}
		for isDigit(l.peek(0)) {
			l.at++
		}
	}
	return sqlNumber
}

// name reads a word with its dots. x'41', n'a', e'a' and _utf8'a' are strings.
func (l *sqlLexer) name() sqlKind {
	start := l.at
	for l.at < len(l.text) {
		c := l.text[l.at]
		if c >= 0x80 && (quoteAt(l.text[l.at:]) > 0 || c == 0xC2 && l.peek(1) == 0xA0 || strings.HasPrefix(l.text[l.at:], "–")) {
			break
		}
		if !isWord(c) && c != '.' && c != '$' || c == '.' && isDigit(l.peek(1)) && sqlWordOf(l.text[start:l.at]) == sqlSelect {
			break
		}
		l.at++
	}
	if l.at == start { // a byte of a dash or blank that is none here
		l.at++
		return sqlOther
	}
	if c := l.peek(0); c == '\'' && (l.at-start == 1 && strings.IndexByte("xXnNbBeE", l.text[start]) >= 0 || l.text[start] == '_') {
		return l.quoted(1, "'")
	}
	return sqlWord
}

// quoted reads a string whose opening mark has n bytes. A backslash escapes (MySQL), a
// doubled mark too.
func (l *sqlLexer) quoted(n int, mark string) sqlKind {
	for l.at += n; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == 0xE2 && strings.HasPrefix(l.text[l.at:], "′"): // what blogs make of a quote
			l.at += len("′")
			return sqlText
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
		case c == mark[0]:
			if l.peek(1) != mark[0] {
				l.at++
				return sqlText
			}
			l.at++
		}
	}
	l.at = len(l.text)
	return sqlOpen
}

// quotedWide reads a string in typographic quotes, which some databases take for plain ones.
func (l *sqlLexer) quotedWide(n int) sqlKind {
	for l.at += n; l.at < len(l.text); l.at++ {
		if m := quoteAt(l.text[l.at:]); m > 0 {
			l.at += m
			return sqlText
		}
	}
	return sqlOpen
}

// quoteAt returns the length of the typographic quote that s begins with, 0 for none.
func quoteAt(s string) int {
	if len(s) >= 3 && s[0] == 0xE2 && s[1] == 0x80 {
		switch s[2] {
		case 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0xB2, 0xB3:
			return 3
		}
	}
	if len(s) >= 3 && s[0] == 0xEF && s[1] == 0xBC && (s[2] == 0x87 || s[2] == 0x82) {
		return 3
	}
	if len(s) >= 2 && (s[0] == 0xC2 && s[1] == 0xB4 || s[0] == 0xCA && s[1] == 0xBC) {
		return 2
	}
	return 0
}

// bracket reads [a name]; an opening bracket alone is no SQL.
func (l *sqlLexer) bracket() sqlKind {
	end := strings.IndexByte(l.text[l.at:min(len(l.text), l.at+64)], ']')
	if end < 2 {
		l.at++
		return sqlOther
	}
	l.at += end + 1
	return sqlWord
}

func (l *sqlLexer) symbol(c byte) sqlKind {
	l.at++
	d := l.peek(0)
	two := func(k sqlKind) sqlKind { l.at++; return k }
	switch c {
	case '(':
		return sqlLeft
	case ')':
		return sqlRight
	case ',':
		return sqlComma
	case ';':
		return sqlSemi
	case '*':
		return sqlStar
	case '&':
		if d == '&' {
			return two(sqlLogic)
		}
		return sqlMath
	case '|':
		if d == '|' {
			return two(sqlConcat)
		}
		return sqlMath
	case '=', '<', '>', '!':
		return l.comparison(c)
	case ':':
		if d == ':' {
			return two(sqlCast)
		}
		if d == '=' {
			return two(sqlCompare)
		}
		return sqlOther
	case '#': // #> and #- of JSON
		return two(sqlMath)
	case '}': // of an ODBC escape
		return sqlRight
	case '+', '-', '/', '%', '^', '~':
		if c == '-' && d == '>' { // the arrows of JSON
			l.at++
			if l.peek(0) == '>' {
				l.at++
			}
		}
		return sqlMath
	}
	return sqlOther
}

// comparison reads the rest of an operator that begins with c.
func (l *sqlLexer) comparison(c byte) sqlKind {
	d := l.peek(0)
	if c == '!' && d != '=' && d != '<' && d != '>' {
		return sqlMath
	}
	if (c == '<' || c == '>') && d == c {
		l.at++
		return sqlMath
	}
	for d == '=' || d == '>' || d == '<' && c != '<' || d == '@' && c == '<' {
		l.at++
		d = l.peek(0)
	}
	return sqlCompare
}
