package signs

import (
	"strings"

	libinjection "github.com/corazawaf/libinjection-go"
)

// sql reads the value as the app's statement might hold it: bare, where a number or a
// name is expected; behind an operand; and after the end of a string in each kind of quotes.
func (s *Score) sql(value string, sh *shape) {
	if sh.has&quotes != 0 {
		if quotedWords(value) {
			return
		}
		for _, quote := range [...]string{"'", `"`, "`"} {
			judgeBreakOut(value, quote, s)
		}
	}
	if sh.has&foreign != 0 {
		judgeWideBreakOut(value, s)
	}
	judgeBare(value, s)
	s.wholeSQL(value)
	if s.points[SQL] < Refuse {
		s.otherForm(value, sh)
	}
	if s.points[SQL] == Weak && !plainCall(value) && !proseBrackets(value) && s.why[SQL] != sqlWhole && len(value) <= 256 && proseWords(value) < 4 && !quotedArgument(value) && !formula(value) && !noted(value) && !wordsAndQuote(value, sh) {
		if found, _ := libinjection.IsSQLi(value); found {
			s.add(SQL, Refuse, s.why[SQL])
		}
	}
}

// judgeBreakOut reads what follows a quote that would end the string of the app: the first
// one at all, and the first that is neither doubled nor behind a backslash.
func judgeBreakOut(value, quote string, s *Score) {
	first := strings.Index(value, quote)
	if first < 0 {
		return
	}
	s.breakOut(value, first, 1, quote)
	for i := first; i < len(value) && i-first < 1<<16; i++ {
		switch {
		case value[i] == '\\':
			i++
		case value[i] != quote[0]:
		case i+1 < len(value) && value[i+1] == quote[0]:
			i++
		default:
			if i != first {
				s.breakOut(value, i, 1, quote)
			}
			if last := strings.LastIndex(value, quote); last > i && len(value) < 256 && last+1 < len(value) && strings.IndexByte(value, '\n') < 0 { // O'Brien' --
				s.breakOut(value, last, 1, quote)
			}
			return
		}
	}
}

// judgeWideBreakOut is judgeBreakOut for typographic quotes.
func judgeWideBreakOut(value string, s *Score) {
	for i := range len(value) {
		if n := quoteAt(value[i:]); n > 0 {
			s.breakOut(value, i, n, "'")
			return
		}
	}
}

func (s *Score) breakOut(value string, at, n int, quote string) {
	if quote == "`" && strings.ContainsAny(value[:at], " \n") {
		return // Markdown marks code with it; a name has no blanks
	}
	p := sqlParser{lex: sqlLexer{text: value, at: at + n}, state: sqlHas, quoted: true, backtick: quote == "`"}
	p.run()
	points, why := p.afterQuote(value[:at])
	if p.backtick && points < Refuse {
		return
	}
	s.add(SQL, points, why)
}

// judgeBare reads the value where no quote must be broken out of, and again behind a name
// and an equals sign: a value may hold a query string.
func judgeBare(value string, s *Score) {
	if s.bare(strings.TrimPrefix(value, "*/")) > 16<<10 {
		return // the query string was read as a comparison
	}
	name := 0
	for name < len(value) && name < 64 && (isWord(value[name]) || strings.IndexByte("?][", value[name]) >= 0) {
		name++
	}
	if name > 0 && name < len(value) && value[name] == '=' {
		s.bareParameters(value[name+1:])
		return
	}
	if query := strings.IndexByte(value[:min(len(value), 256)], '?'); query > 0 && !strings.ContainsAny(value[:query], " \n\"'(<") {
		if is := strings.IndexByte(value[query:], '='); is > 1 && oneWord(value[query+1:query+is]) {
			s.bareParameters(value[query+is+1:])
		}
	}
}

// bareParameters judges the values of a query string; rest begins with the first.
func (s *Score) bareParameters(rest string) {
	s.bare(rest)
	for n := 0; n < 16 && len(rest) < 4096; n++ {
		amp := strings.IndexByte(rest, '&')
		if amp < 0 {
			return
		}
		rest = rest[amp+1:]
		if is := strings.IndexByte(rest, '='); is > 0 && strings.IndexByte(rest[:is], ' ') < 0 {
			value, _, _ := strings.Cut(rest[is+1:], "&")
			s.bare(value)
		}
	}
}

// bare judges a value from its beginning, as an operand and as what follows one, and returns how
// much of it reads as SQL.
func (s *Score) bare(value string) int {
	p := sqlParser{lex: sqlLexer{text: value}, state: sqlWants}
	first := p.lex
	if t := first.next(); t.kind == sqlWord && (t.word == sqlSelect || t.word == sqlVerb) && first.peek(0) != '(' {
		s.statement(value)
		return 0
	}
	p.run()
	points, why := p.bare()
	s.add(SQL, points, why)
	read := p.lex.at
	p = sqlParser{lex: sqlLexer{text: value}, state: sqlHas}
	p.run()
	points, why = p.behindOperand()
	s.add(SQL, points, why)
	return read
}

// sqlWhole is the reason for a statement that continues nothing.
const sqlWhole = "a statement"

// statement judges a value that is a whole statement: who sends one may be writing about
// SQL, unless it reads the database's own tables or does harm by itself.
func (s *Score) statement(value string) {
	p := sqlParser{lex: sqlLexer{text: value}, whole: true}
	t := p.lex.next()
	p.state = p.statement(t, sqlAppended)
	p.prev, p.strong = t, ""
	p.run()
	switch {
	case p.facts&(sqlActing|sqlSystemRead) != 0 || p.strong != "" || p.why == sqlRuns || p.why == sqlWaits:
		s.add(SQL, Refuse, "a statement that reads the system or does harm by itself")
	case p.facts&sqlStacked != 0:
		s.add(SQL, Refuse, "several statements")
	case t.word == sqlSelect && p.done && p.last.word == sqlActs && p.last.start == len(value)-(p.last.end-p.last.start) && !sqlHarmless(p.lex.slice(p.last)):
		s.add(SQL, Refuse, "a statement cut off before a call")
	case p.facts&sqlAppended != 0 && (p.lex.trick && !strings.Contains(value, "\n") || p.comment && p.rest == ""):
		s.add(SQL, Refuse, "a statement with comments as an attack has them")
	case p.done && p.facts&sqlCalls != 0 && p.facts&sqlNames != 0 && !p.fromTable && t.word == sqlSelect && !strings.Contains(value, "\n"):
		s.add(SQL, Refuse, "a statement that asks the database about itself")
	case p.facts&sqlAppended != 0 && (p.why == sqlDefines || p.why == sqlManages) && strings.HasSuffix(strings.TrimSpace(value), ";") && !strings.Contains(value, "\n"):
		s.add(SQL, Refuse, p.why)
	case p.done && p.unfinished && p.depth > 0 && (p.cases > 0 || p.facts&sqlCalls != 0):
		s.add(SQL, Refuse, "a statement cut off inside a call")
	case p.done && !p.unfinished && !p.tail && p.rest == "" && p.depth == 0 && p.facts&(sqlAppended|sqlNested|sqlUnited) != 0 && len(value) <= 160 && lineOfSQL(value, t):
		s.add(SQL, Refuse, "a whole statement and nothing else")
	case p.facts&(sqlAppended|sqlNested|sqlUnited) != 0:
		s.add(SQL, Weak, sqlWhole)
	}
}

// always gives the points for what is an attack in any context.
func (p *sqlParser) always() (uint8, string) {
	switch {
	case p.strong != "":
		return Refuse, p.strong
	case p.facts&sqlCases != 0 && p.facts&(sqlCompared|sqlConstants) != 0:
		return Refuse, "CASE decides what the statement does"
	case p.facts&sqlSystemRead != 0 && (p.facts&(sqlCondition|sqlCalls) != 0 || p.facts&sqlCompared != 0 && (p.done || strings.ContainsAny(p.lex.text, "=<>"))):
		return Refuse, "reads the database's own tables or variables"
	}
	return 0, ""
}

// afterQuote gives the points for what follows the end of the app's string; prefix is what
// stands before it.
func (p *sqlParser) afterQuote(prefix string) (uint8, string) {
	if points, why := p.always(); points > 0 {
		return points, why
	}
	bare := !strings.ContainsAny(prefix, " \t\n([{<")
	swallows := p.comment && p.rest == ""
	closes := p.tail && p.tailText == ""
	condition, compared := p.facts&sqlCondition != 0, p.facts&sqlCompared != 0
	switch {
	case p.facts&sqlActing != 0:
		return Refuse, p.why
	case condition && p.facts&sqlConstants != 0:
		return Refuse, "a condition that is always true or false"
	case condition && compared && p.done && !(!bare && p.tail && p.fromTable && p.facts&sqlAppended != 0): // a statement between quotes
		return Refuse, "a condition of its own"
	case condition && p.facts&sqlCalls != 0:
		return Refuse, "a condition with a function"
	case condition && p.facts&sqlNames == 0 && (swallows || closes):
		return Refuse, "a condition that is always true or false"
	case condition && p.facts&sqlNames == 0 && (p.ended || p.tail && bare && oneWord(p.tailText)):
		return Refuse, "a condition that is always true or false"
	case condition && bare && p.done && p.facts&sqlCalled != 0 && (p.ended || swallows):
		return Refuse, "a condition with a function"
	case condition && bare && (swallows || p.xor):
		return Refuse, "a condition of its own"
	case prefix == "" && p.likes && p.done && p.tail && (closes || strings.ContainsAny(p.tailText, "%*_^")), prefix == "" && p.likes && p.depth > 0 && p.done:
		return Refuse, "a comparison that the quote of the app completes"
	case bare && (p.rows || p.nulls > 0 && p.closed > 0 && p.facts&sqlNames == 0):
		return Refuse, "adds values to a list"
	case p.facts&(sqlSorts|sqlLimits|sqlCalls) != 0 && p.done && (bare || swallows):
		return Refuse, "a clause of its own"
	case (p.closed > 0 || p.facts&sqlEmptySemi != 0) && swallows:
		return Refuse, "ends the statement and swallows the rest"
	case swallows && bare:
		return Refuse, "ends the string and swallows the rest of the statement"
	case p.facts&sqlEmptySemi != 0 && p.done && bare && prefix != "" && p.facts&^sqlEmptySemi == 0:
		return Refuse, "ends the string and the statement"
	case p.facts&sqlAppended != 0 && (swallows || prefix == ""):
		return Refuse, "a second statement"
	case p.concats > 0 && p.unfinished && bare, condition && p.unfinished && p.operators > 0 && prefix == "" && p.facts&sqlNames == 0:
		return Refuse, "cut off behind an operator"
	case bare && p.begun(prefix != ""):
		return Refuse, "a statement begins behind the quote"
	case p.concats > 0 && bare && p.done && p.facts&sqlCalled != 0, p.facts&sqlCasts != 0 && p.done && swallows:
		return Refuse, "joins what a function returns"
	case p.concats > 0 && closes && (p.concats > 1 || p.facts&sqlCalls != 0):
		return Refuse, "joins something into the string"
	case p.operators+p.concats > 0 && closes && bare && p.facts&sqlNames == 0, compared && closes && bare:
		return Refuse, "calculates with the string"
	}
	return p.weakAfterQuote(prefix, bare)
}

func (p *sqlParser) weakAfterQuote(prefix string, bare bool) (uint8, string) {
	found := p.facts&^(sqlNames|sqlEmptySemi|sqlCondition) != 0 || p.comment || p.facts&sqlCondition != 0 && (p.done || p.facts&sqlNames == 0)
	switch {
	case found:
		return Weak, "continues as SQL after a quote"
	case p.operators+p.concats+p.closed > 0 && p.done && bare:
		return Weak, "continues as SQL after a quote"
	case bare && len(p.lex.text) <= 32 && (prefix == "" || p.done) && strings.Count(p.lex.text, p.lex.text[len(prefix):len(prefix)+1])%2 == 1:
		return Weak, "an open quote"
	}
	return 0, ""
}

// bare gives the points for a value that begins with an operand.
func (p *sqlParser) bare() (uint8, string) {
	if points, why := p.always(); points > 0 {
		return points, why
	}
	swallows := p.comment && p.rest == ""
	condition, compared := p.facts&sqlCondition != 0, p.facts&sqlCompared != 0
	work := p.operators + p.concats + p.closed
	switch {
	case p.branch && p.facts&^(sqlCondition|sqlCompared|sqlNames|sqlCalled) == 0 && !p.comment && !p.unfinished:
		return 0, ""
	case p.harms, p.facts&sqlActing != 0 && (p.unfinished || p.done && p.depth > 0 || condition || compared || work > 0 || swallows || p.facts&sqlSorts != 0):
		return Refuse, p.why
	case condition && p.facts&sqlConstants != 0 && p.done:
		return Refuse, "a condition that is always true or false"
	case condition && compared && swallows, condition && p.facts&sqlNames == 0 && swallows:
		return Refuse, "a condition, and a comment that swallows the rest"
	case condition && p.facts&sqlCalls != 0 && p.done && (compared || swallows):
		return Refuse, "a condition with a function"
	case condition && p.done && p.facts&sqlNames == 0 && isDigit(p.lex.text[0]) && (strings.EqualFold(p.left.text, "true") || strings.EqualFold(p.left.text, "false")):
		return Refuse, "a condition that is always true or false"
	case p.facts&sqlCasts != 0 && p.done && (p.facts&(sqlCalled|sqlSystemRead) != 0 || p.operators+p.nulls > 0):
		return Refuse, "a cast of PostgreSQL"
	case compared && p.tail && p.tailText == "" && p.done && p.facts&sqlNames != 0:
		return Refuse, "a comparison that the quote of the app completes"
	case p.facts&sqlTexts != 0 && p.done, p.facts&sqlConstants != 0 && p.tail && p.done:
		return Refuse, "a comparison that the quote of the app completes"
	case (p.facts&sqlCalls != 0 && !condition || p.cases > 0 && p.inQuery) && p.unfinished && p.depth > 0:
		return Refuse, "cut off inside a call"
	case (p.closed > 0 || p.ended && p.facts&^sqlEmptySemi == 0) && swallows:
		return Refuse, "ends the statement and swallows the rest"
	case p.facts&sqlActing != 0 && p.facts&sqlCalls != 0 && p.done:
		return Refuse, p.why
	case p.facts&sqlSorts != 0 && p.done && p.facts&sqlNames == 0:
		return Refuse, "a clause of its own"
	case p.facts&(sqlActing|sqlCalls|sqlAppended|sqlConstants|sqlSorts|sqlSystemRead) != 0, condition && p.done, swallows:
		return Weak, "reads like SQL"
	}
	return 0, ""
}

// behindOperand gives the points for a value that begins with an operator or a clause.
func (p *sqlParser) behindOperand() (uint8, string) {
	if points, why := p.always(); points > 0 {
		return points, why
	}
	swallows := p.comment && p.rest == ""
	condition, compared := p.facts&sqlCondition != 0, p.facts&sqlCompared != 0
	switch {
	case p.facts&sqlActing != 0:
		return Refuse, p.why
	case (condition || p.concats > 0) && compared && p.done, p.likes && p.done && p.depth == 0 && p.facts&sqlNames == 0 && !p.unfinished && strings.ContainsAny(p.lex.text, "%_#(+^$"):
		return Refuse, "a condition of its own"
	case condition && p.done && p.depth == 0 && p.facts&sqlNames == 0 && (strings.EqualFold(p.left.text, "true") || strings.EqualFold(p.left.text, "false")):
		return Refuse, "a condition that is always true or false"
	case (condition || p.concats+p.operators == 0) && p.facts&sqlCalls != 0 && p.done && !formula(p.lex.text):
		return Refuse, "a clause with a function"
	case condition && p.facts&sqlNames == 0 && swallows:
		return Refuse, "a condition, and a comment that swallows the rest"
	case p.facts&sqlSorts != 0 && p.done && (swallows || p.facts&(sqlNames|sqlCalls) != sqlNames && !p.dated()),
		compared && swallows && p.facts&sqlNames == 0:
		return Refuse, "a clause of its own"
	case p.closed > 0 && swallows && p.facts&^sqlNames != 0:
		return Refuse, "ends the statement and swallows the rest"
	case p.facts&(sqlCalls|sqlAppended|sqlSorts|sqlLimits) != 0, condition && p.done:
		return Weak, "reads like a clause of a statement"
	}
	return 0, ""
}

// proseWords counts words that are no key words of SQL, up to 4.
func proseWords(value string) (n int) {
	lex := sqlLexer{text: value}
	for n < 4 {
		t := lex.next()
		if t.kind == sqlEnd || t.kind == sqlComment {
			break
		}
		if t.kind == sqlWord && t.word == sqlName && t.end-t.start > 2 {
			n++
		}
	}
	return n
}

// oneWord says whether text is a single word.
func oneWord(text string) bool {
	for i := range len(text) {
		if !isWord(text[i]) {
			return false
		}
	}
	return text != ""
}

// begun says whether a short value has nothing but the beginning of a statement behind the
// one quote in it. Behind a word, a semicolon must end the statement of the app.
func (p *sqlParser) begun(word bool) bool {
	text := p.lex.text
	at := strings.IndexAny(text, "'\"`")
	if len(text) > 32 || at < 0 || strings.Count(text, text[at:at+1]) > 1 {
		return false
	}
	lex := sqlLexer{text: text, at: at + 1}
	t := lex.next()
	if t.kind == sqlSemi {
		word = false
		t = lex.next()
	}
	if word {
		return false
	}
	var buf [32]byte
	switch string(lower(lex.slice(t), &buf)) {
	case "select", "union", "alter", "insert", "having", "truncate", "waitfor":
		return lex.at < len(text)
	}
	return false
}

// quotedArgument says whether the first quote stands behind an opening bracket, as in the
// calls and lists of programs.
func quotedArgument(value string) bool {
	i := strings.IndexAny(value, "'\"`")
	return i > 0 && strings.IndexByte("([{,=:<", value[i-1]) >= 0
}
