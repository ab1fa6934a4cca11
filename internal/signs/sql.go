package signs

import (
	"strings"

	libinjection "github.com/corazawaf/libinjection-go"
)

// judgeSQL reads the value as the app's statement might hold it: bare, where a number or a
// name is expected; behind an operand; and after the end of a string in each kind of quotes.
func judgeSQL(value string, has bytesSeen, s *Score) {
	if has&quotes != 0 {
		for _, quote := range [...]string{"'", `"`, "`"} {
			judgeBreakOut(value, quote, s)
		}
	}
	if has&foreign != 0 {
		judgeWideBreakOut(value, s)
	}
	judgeBare(value, s)
	if s.points[SQL] >= Weak && s.points[SQL] < Refuse && len(value) <= 256 && proseWords(value) < 4 {
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
	p := sqlParser{lex: sqlLexer{text: value, at: at + n}, state: sqlHas}
	p.run()
	points, why := p.afterQuote(value[:at])
	if quote == "`" && points < Refuse {
		return // Markdown marks code with it
	}
	s.add(SQL, points, why)
}

// judgeBare reads the value where no quote must be broken out of.
func judgeBare(value string, s *Score) {
	p := sqlParser{lex: sqlLexer{text: value}, state: sqlWants}
	if first := p.lex; true {
		t := first.next()
		if t.kind == sqlWord && (t.word == sqlSelect || t.word == sqlVerb || t.word == sqlFrom) {
			s.statement(value)
			return
		}
	}
	p.run()
	points, why := p.bare()
	s.add(SQL, points, why)
	p = sqlParser{lex: sqlLexer{text: value}, state: sqlHas}
	p.run()
	points, why = p.behindOperand()
	s.add(SQL, points, why)
}

// statement judges a value that is a whole statement: who sends one may be writing about
// SQL, unless it reads the database's own tables or does harm by itself.
func (s *Score) statement(value string) {
	p := sqlParser{lex: sqlLexer{text: value}}
	t := p.lex.next()
	p.state = p.statement(t, sqlAppended)
	p.strong = ""
	p.run()
	switch {
	case p.facts&(sqlActing|sqlSystemRead) != 0 || p.why == sqlRuns || p.why == sqlWaits:
		s.add(SQL, Refuse, "a statement that reads the system or does harm by itself")
	case p.facts&sqlStacked != 0:
		s.add(SQL, Refuse, "several statements")
	case p.facts&(sqlAppended|sqlNested|sqlUnited) != 0:
		s.add(SQL, Weak, "a statement")
	}
}

// always gives the points for what is an attack in any context.
func (p *sqlParser) always() (uint8, string) {
	switch {
	case p.strong != "":
		return Refuse, p.strong
	case p.facts&sqlCases != 0 && p.facts&(sqlCompared|sqlConstants) != 0:
		return Refuse, "CASE decides what the statement does"
	case p.facts&sqlSystemRead != 0 && p.facts&(sqlCondition|sqlCompared|sqlCalls) != 0:
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
	bare := !strings.ContainsAny(prefix, " \t\n")
	swallows := p.comment && p.rest == ""
	closes := p.tail && p.tailText == ""
	condition, compared := p.facts&sqlCondition != 0, p.facts&sqlCompared != 0
	switch {
	case p.facts&sqlActing != 0:
		return Refuse, p.why
	case condition && p.facts&sqlConstants != 0:
		return Refuse, "a condition that is always true or false"
	case condition && compared && p.done:
		return Refuse, "a condition of its own"
	case condition && p.facts&sqlCalls != 0:
		return Refuse, "a condition with a function"
	case condition && p.facts&sqlNames == 0 && (swallows || closes):
		return Refuse, "a condition that is always true or false"
	case condition && swallows && bare:
		return Refuse, "a condition, and a comment that swallows the rest"
	case p.facts&(sqlSorts|sqlLimits|sqlCalls) != 0 && p.done && (bare || swallows):
		return Refuse, "a clause of its own"
	case (p.closed > 0 || p.facts&sqlEmptySemi != 0) && swallows:
		return Refuse, "ends the statement and swallows the rest"
	case swallows && bare:
		return Refuse, "ends the string and swallows the rest of the statement"
	case p.facts&sqlAppended != 0 && (swallows || prefix == ""):
		return Refuse, "a second statement"
	case p.concats > 0 && closes && (p.concats > 1 || p.facts&sqlCalls != 0):
		return Refuse, "joins something into the string"
	case p.operators+p.concats > 0 && closes && bare && p.facts&sqlNames == 0, compared && closes && bare:
		return Refuse, "calculates with the string"
	}
	return p.weakAfterQuote(prefix, bare)
}

func (p *sqlParser) weakAfterQuote(prefix string, bare bool) (uint8, string) {
	found := p.facts&^(sqlNames|sqlEmptySemi) != 0 || p.comment
	switch {
	case found:
		return Weak, "continues as SQL after a quote"
	case p.operators+p.concats+p.closed > 0 && p.done && bare:
		return Weak, "continues as SQL after a quote"
	case bare && len(prefix) <= 32 && (prefix == "" || p.done):
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
	case p.facts&sqlActing != 0 && (condition || compared || work > 0 || swallows || p.facts&sqlSorts != 0):
		return Refuse, p.why
	case condition && p.facts&sqlConstants != 0 && p.done:
		return Refuse, "a condition that is always true or false"
	case condition && compared && swallows, condition && p.facts&sqlNames == 0 && swallows:
		return Refuse, "a condition, and a comment that swallows the rest"
	case condition && p.facts&sqlCalls != 0 && p.done && (compared || swallows):
		return Refuse, "a condition with a function"
	case p.closed > 0 && swallows:
		return Refuse, "ends the statement and swallows the rest"
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
	case condition && compared && p.done:
		return Refuse, "a condition of its own"
	case condition && p.facts&sqlCalls != 0 && p.done:
		return Refuse, "a condition with a function"
	case condition && p.facts&sqlNames == 0 && swallows:
		return Refuse, "a condition, and a comment that swallows the rest"
	case p.facts&sqlSorts != 0 && p.done && (swallows || p.facts&sqlNames == 0):
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
