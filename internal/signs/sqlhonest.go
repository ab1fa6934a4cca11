package signs

import "strings"

// quotedWords says whether all quotes of value are pairs around single words, with nothing but
// words between them: 'or' is a word, press "Insert" or "Delete". Inside the app's quotes the
// words between them would be strings, and a statement has nothing to do with these. One word alone
// compares two empty strings: 'like'.
func quotedWords(value string) bool {
	if len(value) > 256 {
		return false
	}
	quote := byte(0)
	words, quoted := 0, 0
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c == '\'' || c == '"':
			if quote != 0 && c != quote || i > 0 && value[i-1] != ' ' {
				return false
			}
			quote = c
			n := quotedWord(value[i:])
			if n == 0 {
				return false
			}
			i += n
			quoted++
		case isLetter(c) && c != '_':
			start := i
			for i < len(value) && isLetter(value[i]) {
				i++
			}
			if asksOnly(value[start:i]) {
				return false
			}
			words++
		case c == ' ' || c == ',' || c == '.' || c == '?' && i+1 == len(value) || c == '!' && i+1 == len(value),
			c == '-' && quoted > 0 && i+1 < len(value):
			i++
		default:
			return false
		}
	}
	return quoted > 0 && (words > 0 || quoted == 1 && !matches(value[1:len(value)-1]) && len(value) > 3)
}

// matches says whether a word compares two strings that stand on both sides of it.
func matches(word string) bool {
	return sqlWordOf(word) == sqlLike && !strings.EqualFold(word, "in") && !strings.EqualFold(word, "between")
}

// wordsAndQuote says whether value is words with one quote behind the first of them or in it, and
// neither a sign nor an AND or OR: 12" limit pipe.
func wordsAndQuote(value string, sh *shape) bool {
	if sh.has&^(letters|digits|spaces|quotes) != 0 {
		return false
	}
	at := strings.IndexAny(value, "'\"`")
	if at < 1 || strings.ContainsAny(value[at+1:], "'\"`") {
		return false
	}
	lex := sqlLexer{text: value, at: at + 1}
	first, second, end := lex.next(), lex.next(), lex.next()
	return first.kind == sqlWord && first.word != sqlAndOr && second.kind == sqlWord && second.word == sqlName && end.kind == sqlEnd
}

// asksOnly says whether a word stands in statements only.
func asksOnly(word string) bool {
	var buf [32]byte
	switch string(lower(word, &buf)) {
	case "waitfor", "declare", "exec", "execute", "rlike", "regexp", "glob", "having", "collate", "concat", "ilike", "xor", "outfile", "dumpfile":
		return true
	}
	return strings.IndexByte(word, '_') >= 0
}

// quotedWord returns the length of a word or a mark in quotes at the beginning of v, 0 for none. The
// closing quote stands before a blank, the end, or the end of a sentence.
func quotedWord(v string) int {
	n := 1
	for n < len(v) && (isLetter(v[n]) || v[n] == '-' || v[n] == '?' || v[n] == '!' || v[n] == '.' || v[n] == ',') {
		n++
	}
	if n == 1 || n >= len(v) || v[n] != v[0] {
		return 0
	}
	if n++; n < len(v) && strings.IndexByte(" .,?!", v[n]) < 0 {
		return 0
	}
	return n
}

// formula says whether v is one of a spreadsheet: =IF(A1>1,"a","b").
func formula(v string) bool {
	return len(v) > 3 && v[0] == '=' && calculates(v[1:1+wordLength(v[1:])])
}

// noted says whether the comment at the end of value is a remark in words, and not the rest of the
// app's statement: 1 or 2 -- pick one.
func noted(value string) bool {
	i := strings.Index(value, "-- ")
	if i < 0 {
		i = strings.Index(value, "# ")
	}
	if i < 1 || value[i-1] != ' ' {
		return false
	}
	rest := strings.Fields(value[i+2:])
	if len(rest) < 2 || len(rest) > 12 {
		return false
	}
	for _, w := range rest {
		if !oneWord(strings.TrimRight(w, ".,!?")) {
			return false
		}
	}
	return true
}

// told says whether the table that FROM names is a word of prose, from dual to mono: what follows
// is no more of a statement.
func (p *sqlParser) told() bool {
	ahead := p.lex
	table := ahead.next()
	if !strings.EqualFold(ahead.slice(table), "dual") {
		return false
	}
	t := ahead.next()
	return t.kind == sqlWord && (t.word == sqlName || t.word == sqlPrefix || t.word == sqlVerb)
}

// dated says whether what is ordered by is a day: order by 12/24.
func (p *sqlParser) dated() bool {
	return p.operators == 1 && strings.IndexByte(p.lex.text, '/') > 0 && p.facts&sqlCalled == 0 && !p.comment
}
