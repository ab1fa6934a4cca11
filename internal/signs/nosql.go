package signs

import "strings"

// nosql looks for operators of document stores, conditions in JavaScript that break out
// of a string, and filters of LDAP and paths of XPath that do not end where they should.
func (s *Score) nosql(value string, sh *shape) {
	text, strong := sh.text, sh.strong()
	if sh.has&dollars != 0 {
		s.operators(value, strong)
	}
	if sh.has&quotes != 0 && sh.has&(semis|pipes|dots) != 0 && !text {
		s.javascript(value)
	}
	if sh.has&parens != 0 && !text {
		s.ldap(value)
		if sh.has&(dots|semis) != 0 {
			s.statements(value)
		}
	}
	if sh.has&slashes != 0 && sh.has&(parens|squares) != 0 && !text {
		s.xpath(value)
	}
}

// JudgeName judges the name of a field, such as "user[$ne]" or "filter.$where": frameworks
// make objects of such names, and the object then asks the database something else.
func JudgeName(name string) Score {
	var s Score
	for i := 0; i < len(name); i++ {
		if name[i] != '$' || i > 0 && strings.IndexByte("[.", name[i-1]) < 0 {
			continue
		}
		if end := operatorEnd(name, i); end > 0 && (end == len(name) || strings.IndexByte("].[", name[end]) >= 0) {
			s.add(NoSQL, Refuse, "an operator of a document store as a name")
		}
	}
	if strings.HasPrefix(name, "class.") && strings.Contains(name, "lassLoader") {
		s.add(Code, Refuse, "the loader of a program's classes as a name")
	}
	if strings.Contains(name, "__proto__") || strings.Contains(name, "constructor[prototype]") || strings.Contains(name, "constructor.prototype") {
		s.add(Code, Refuse, "the prototype of every object as a name")
	}
	return s
}

// operators finds $ne and its kin where a key stands: {"$ne": 1}, $where: '...', [$gt]=.
func (s *Score) operators(value string, strong uint8) {
	for i := strings.IndexByte(value, '$'); i >= 0; {
		if end := operatorEnd(value, i); end > 0 {
			before := byte(0)
			if i > 0 {
				before = value[i-1]
			}
			after := strings.TrimLeft(value[end:], "'\" \t")
			switch {
			case i == 0 && end == len(value), before == '[' && strings.HasPrefix(after, "]"):
				s.add(NoSQL, strong, "an operator of a document store")
			case strings.HasPrefix(after, ":") && strings.IndexByte("'\"{, \x00", before) >= 0:
				s.add(NoSQL, strong, "an operator of a document store")
			}
		}
		next := strings.IndexByte(value[i+1:], '$')
		if next < 0 {
			return
		}
		i += next + 1
	}
}

// operatorEnd returns the offset behind the operator that begins at s[at] with $, 0 for none.
func operatorEnd(s string, at int) int {
	end := at + 1
	for end < len(s) && isLetter(s[end]) {
		end++
	}
	switch s[at+1 : end] {
	case "ne", "eq", "gt", "gte", "lt", "lte", "in", "nin", "and", "or", "nor", "not", "exists", "mod", "regex", "where",
		"expr", "elemMatch", "comment", "jsonSchema", "function", "accumulator", "lookup":
		return end
	}
	return 0
}

// javascript finds what ends a string and goes on with a statement or a condition.
func (s *Score) javascript(value string) {
	quote := strings.IndexAny(value, `'"`)
	if quote < 0 || strings.ContainsAny(value[:quote], " (=[{") {
		return
	}
	rest := strings.TrimLeft(value[quote+1:], " \t+%")
	switch {
	case strings.HasPrefix(rest, ";"):
		rest = strings.TrimLeft(rest, "; \t")
		for _, word := range [...]string{"return", "sleep(", "while(", "var ", "it=new", "throw ", "do{", "this.", "let "} {
			if strings.HasPrefix(rest, word) {
				s.add(NoSQL, Refuse, "a statement of JavaScript behind the string")
			}
		}
	case strings.HasPrefix(rest, "(function("):
		s.add(NoSQL, Refuse, "a function of JavaScript behind the string")
	case strings.HasPrefix(rest, "||"), strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, "}"):
		if strings.Contains(rest, "this.") || strings.Contains(rest, "==") || strings.Contains(rest, ".match(") {
			s.add(NoSQL, Refuse, "a condition of JavaScript behind the string")
		}
	}
}

// statements finds a statement of a document store's shell among others, and one of JavaScript
// behind a number or a name: 1;sleep(9), x;db.users.drop().
func (s *Score) statements(value string) {
	i := strings.Index(value, "db.")
	if i == 0 || i > 0 && !isWord(value[i-1]) && value[i-1] != '.' {
		n := wordLength(value[i+3:])
		if rest := value[i+3+n:]; n > 0 && strings.HasPrefix(rest, ".") && storeMethod(rest[1:1+wordLength(rest[1:])]) {
			other := strings.IndexByte(value[:i], ';') >= 0 || strings.IndexByte(rest, ';') >= 0 && strings.IndexByte(rest, ';') < len(rest)-1
			s.add(NoSQL, points(other, Refuse, Weak), "a statement of a document store")
		}
	}
	if i := strings.IndexByte(value, ';'); i > 0 && i < 24 && oneWord(value[:i]) {
		rest := strings.TrimLeft(value[i+1:], " ")
		if wait, ok := strings.CutPrefix(rest, "sleep("); ok && strings.IndexByte(wait, ')') > 0 && number(wait[:strings.IndexByte(wait, ')')]) ||
			endless(rest) || strings.HasPrefix(rest, "while(true)") {
			s.add(NoSQL, Refuse, "a statement of JavaScript behind a value")
		}
	}
}

// storeMethod says whether a collection of MongoDB has such a method.
func storeMethod(name string) bool {
	switch name {
	case "find", "findOne", "insert", "insertOne", "insertMany", "update", "updateOne", "updateMany", "remove", "drop", "deleteOne", "deleteMany", "aggregate",
		"mapReduce", "count", "distinct", "save", "group", "replaceOne", "findAndModify":
		return true
	}
	return false
}

// ldap finds a parenthesis that closes the app's filter (RFC 4515), and another filter or the end
// behind it, and a filter that stands behind a value.
func (s *Score) ldap(value string) {
	depth := 0
	for i := range len(value) {
		switch value[i] {
		case '(':
			if depth++; depth == 1 && i > 0 && strings.IndexByte("*|&!)", value[i-1]) >= 0 && filterOf(value[i:]) {
				s.add(NoSQL, Refuse, "a filter of LDAP behind a value")
				return
			}
		case ')':
			depth--
			if depth >= 0 {
				continue
			}
			s.closesFilter(value, i)
			return
		}
	}
}

// closesFilter judges the parenthesis at i that nothing opened.
func (s *Score) closesFilter(value string, i int) {
	rest := strings.TrimLeft(value[i+1:], " \t)")
	if inner := strings.TrimLeft(rest, "|&! "); len(inner) < len(rest) && strings.HasPrefix(inner, "(") { // x)|(uid=*
		rest = inner
	}
	if !strings.HasPrefix(rest, "(") {
		if i > 0 && value[i-1] == '*' && (rest == "" || rest == "%00" || rest == "\x00") && strings.Count(value, ")") > 1 {
			s.add(NoSQL, Refuse, "a filter of LDAP that ends early")
		}
		return
	}
	if inner := strings.TrimLeft(rest, "( \t"); inner != "" && strings.IndexByte("|&!", inner[0]) >= 0 || comparison(inner) {
		s.add(NoSQL, Refuse, "a second filter of LDAP")
	}
}

// filterOf says whether s begins with a filter: (name=x), (|(name=x).
func filterOf(s string) bool {
	inner := strings.TrimLeft(s, "(|&! \t")
	return comparison(inner) && strings.IndexByte(inner[:min(len(inner), 128)], ')') > 0
}

// comparison says whether s begins with an attribute and a comparison: uid=, cn:dn:=, sn>=.
func comparison(s string) bool {
	end := 0
	for end < len(s) && end < 64 && (isWord(s[end]) || s[end] == '-') {
		end++
	}
	return end > 0 && end < len(s) && strings.IndexByte("=<>~", s[end]) >= 0 && !strings.HasPrefix(s[end:], "==") && !strings.HasPrefix(s[end:], "=>")
}

// xpath finds the functions and axes of XPath in a value.
func (s *Score) xpath(value string) {
	if strings.Contains(value, "']") && strings.Contains(value, "/") && strings.Contains(value, "|") {
		s.add(NoSQL, Refuse, "a second path of XPath")
	}
	for _, mark := range [...]string{"count(/", "name(/", "string-length(/", "substring(/", "doc(concat(", "/text()", "child::node()", "parent::*"} {
		if strings.Contains(value, mark) {
			s.add(NoSQL, Refuse, "a path of XPath")
		}
	}
}
