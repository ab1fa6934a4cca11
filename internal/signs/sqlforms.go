package signs

import "strings"

// otherForm judges a short value once more with blanks for the pluses that nobody decoded, or with
// plain quotes for typographic ones.
func (s *Score) otherForm(value string, sh *shape) {
	if len(value) > 256 {
		return
	}
	form := strings.TrimSpace(value)
	switch {
	case sh.has&foreign != 0 && len(value) < 128 && (quoteAt(form) > 0 || sh.has&(equals|pipes|semis|stars|hashes|angles) != 0 || strings.Contains(form, "--")):
		if form = plainQuotes(form); form == "" {
			return
		}
	case sh.has&punctuation != 0 && strings.IndexByte(form, '+') >= 0 && !strings.ContainsAny(form, " \n") && plusBlanks(form):
		form = strings.TrimSpace(strings.ReplaceAll(form, "+", " "))
	default:
		return
	}
	plain := Score{}
	for _, quote := range [...]string{"'", `"`} {
		judgeBreakOut(form, quote, &plain)
	}
	judgeBare(form, &plain)
	plain.wholeSQL(form)
	if plain.points[SQL] == Refuse {
		s.add(SQL, Refuse, plain.why[SQL])
	}
}

// plainQuotes returns v with plain quotes for typographic ones, "" if it has none.
func plainQuotes(v string) string {
	var b strings.Builder
	found := false
	for i := 0; i < len(v); {
		if n := quoteAt(v[i:]); n > 0 {
			b.WriteByte('\'')
			i += n
			found = true
			continue
		}
		b.WriteByte(v[i])
		i++
	}
	if !found {
		return ""
	}
	return b.String()
}

// plusBlanks says whether a key word stands beside a plus in v.
func plusBlanks(v string) bool {
	for v != "" {
		i := strings.IndexByte(v, '+')
		part := v
		if i < 0 {
			v = ""
		} else {
			part, v = v[:i], v[i+1:]
		}
		end := len(part)
		for end > 0 && isWord(part[end-1]) {
			end--
		}
		if keyWord(part[:wordLength(part)]) || keyWord(part[end:]) {
			return true
		}
	}
	return false
}

// keyWord says whether word is a key word of SQL, and no name of a function.
func keyWord(word string) bool {
	kind := sqlWordOf(word)
	return len(word) > 1 && kind != sqlName && kind != sqlTells
}
