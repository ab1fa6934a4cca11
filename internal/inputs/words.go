package inputs

// sqlWords says whether the words that v joins with "_", "-" or other signs could change a
// statement when an app puts blanks between them: id_or_id, 0-union-select-s-from-secret. One
// word that stands between two others is enough if it joins or compares, and two of the others
// are: not-null, order-by-x-limit-1. The names of articles often have "and" or "is" in them; that
// costs the sinks a look.
func sqlWords[T string | []byte](v T) bool {
	first, weak, infix := true, 0, false
	for i := 0; i < len(v); i++ {
		start := i
		for i < len(v) && isWordByte(v[i]) {
			i++
		}
		word := v[start:i]
		if len(word) == 0 {
			continue
		}
		if infix { // something stands behind it
			return true
		}
		if n := numberEnd(word); n > 0 && n < len(word) { // 0or
			word, first = word[n:], false
		}
		switch kindOfWord(word) {
		case sqlInfix:
			infix = !first
		case sqlPrefix:
			infix = true
		case sqlPostfix:
			if !first {
				return true
			}
		case sqlWeak:
			if weak++; weak > 1 {
				return true
			}
		}
		first = false
	}
	return false
}

func isWordByte(c byte) bool { return classes[c]&(letter|digit) != 0 || c >= 0x80 }

// numberEnd is the length of the number that word begins with, also of one such as 1e5.
func numberEnd[T string | []byte](word T) int {
	n := digitsEnd(word, 0)
	if n > 0 && n+1 < len(word) && word[n]|0x20 == 'e' {
		if end := digitsEnd(word, n+1); end > n+1 {
			return end
		}
	}
	return n
}

func digitsEnd[T string | []byte](word T, n int) int {
	for n < len(word) && classes[word[n]] == digit {
		n++
	}
	return n
}

// What a word of SQL does.
const (
	sqlNone    = iota
	sqlInfix   // stands between two terms
	sqlPrefix  // before one
	sqlPostfix // behind one
	sqlWeak    // does something with others of its kind
)

// longestSQL is the length of the longest word of kindOfWord.
const longestSQL = len("returning")

// firstLetters has the letters that words of SQL begin with, by their length.
var firstLetters = [longestSQL + 1]uint32{
	2: 1<<('i'-'a') | 1<<('o'-'a'),
	3: 1 | 1<<('d'-'a') | 1<<('e'-'a') | 1<<('m'-'a') | 1<<('n'-'a') | 1<<('s'-'a') | 1<<('x'-'a'),
	4: 1<<('c'-'a') | 1<<('d'-'a') | 1<<('e'-'a') | 1<<('f'-'a') | 1<<('g'-'a') | 1<<('i'-'a') | 1<<('j'-'a') | 1<<('l'-'a') | 1<<('n'-'a') | 1<<('t'-'a') | 1<<('w'-'a'),
	5: 1 | 1<<('c'-'a') | 1<<('f'-'a') | 1<<('g'-'a') | 1<<('l'-'a') | 1<<('m'-'a') | 1<<('o'-'a') | 1<<('r'-'a') | 1<<('t'-'a') | 1<<('u'-'a') | 1<<('w'-'a'),
	6: 1<<('c'-'a') | 1<<('d'-'a') | 1<<('e'-'a') | 1<<('h'-'a') | 1<<('i'-'a') | 1<<('o'-'a') | 1<<('r'-'a') | 1<<('s'-'a') | 1<<('u'-'a') | 1<<('v'-'a'),
	7: 1<<('b'-'a') | 1<<('c'-'a') | 1<<('n'-'a') | 1<<('s'-'a'),
	8: 1 << ('d' - 'a'),
	9: 1<<('i'-'a') | 1<<('r'-'a'),
}

func kindOfWord[T string | []byte](word T) int {
	if len(word) > longestSQL || firstLetters[len(word)]>>(word[0]&0x1f-1)&1 == 0 {
		return sqlNone
	}
	var low [longestSQL]byte
	for i := 0; i < len(word); i++ {
		low[i] = word[i] | 0x20 // of letters; nothing else becomes one
	}
	switch string(low[:len(word)]) {
	case "or", "and", "xor", "is", "like", "glob", "rlike", "regexp", "similar", "union", "intersect", "except", "having", "collate",
		"div", "mod", "sounds":
		return sqlInfix
	case "select":
		return sqlPrefix
	case "isnull", "notnull":
		return sqlPostfix
	case "from", "where", "limit", "offset", "order", "group", "join", "natural", "cross", "case", "when", "then", "else", "end", "null",
		"not", "exists", "in", "into", "values", "table", "insert", "update", "delete", "drop", "create", "alter", "set", "desc", "asc",
		"distinct", "true", "false", "returning", "between", "escape", "match":
		return sqlWeak
	}
	return sqlNone
}
