package signs

import "strings"

// delimiter is how a template language begins and ends an expression.
type delimiter struct {
	open, close string
	code        bool // what stands between is program text of a language
}

var delimiters = [...]delimiter{
	{"{{", "}}", false}, {"{%", "%}", false}, {"${", "}", false}, {"#{", "}", false}, {"*{", "}", false}, {"<%", "%>", true},
	{"@(", ")", false}, {"[[${", "}", false}, {"<#", ">", true}, {"[#", "]", true}, {"#set(", ")", true}, {"#set (", ")", true},
	{"{php", "}", true}, {"{$", "}", false}, {"~{", "}", false},
}

// template looks for expressions that a template engine would compute, and that do
// more than name a variable: {{ name }} is what templates are made of, and documentation too.
func (s *Score) template(value string, sh *shape) {
	if !sh.text && sh.has&(braces|hashes|dollars|ats|squares|angles) != 0 {
		s.probe(value, sh)
	}
	if sh.has&squares != 0 && sh.has&quotes != 0 {
		s.dunderIndex(value, sh)
	}
	if sh.has&(braces|ats) == 0 && (sh.has&angles == 0 || sh.has&(percents|hashes) == 0) && sh.has&hashes == 0 {
		return
	}
	for i := 0; i < len(value); i++ {
		if kinds[value[i]]&(braces|dollars|hashes|stars|angles|ats|squares) == 0 && value[i] != '~' {
			continue
		}
		if d := delimiterAt(value[i:]); d.open != "" {
			i += s.expression(value, i, d, sh) - 1
		}
		if i >= len(value) {
			break
		}
		if value[i] == '{' && i+2 < len(value) && isLetter(value[i+1]) {
			i += s.smarty(value, i, sh)
		}
		if value[i] == '{' {
			s.format(value[i:])
		}
	}
}

// delimiterAt returns the delimiter that s begins with, the zero one for none.
func delimiterAt(s string) delimiter {
	if len(s) < 2 || strings.IndexByte("{%$(<#[sp", s[1]) < 0 {
		return delimiter{}
	}
	for i := range delimiters {
		if open := delimiters[i].open; open[0] == s[0] && open[1] == s[1] && strings.HasPrefix(s, open) {
			return delimiters[i]
		}
	}
	return delimiter{}
}

// dunderIndex looks for an index that reaches the insides of an object: x["__class__"].
func (s *Score) dunderIndex(value string, sh *shape) {
	at := strings.Index(value, "[\"__")
	if at < 0 {
		at = strings.Index(value, "['__")
	}
	if at < 1 || !isWord(value[at-1]) && strings.IndexByte("])'\"", value[at-1]) < 0 {
		return
	}
	name := value[at+2:]
	n := wordLength(name)
	if n > 5 && name[n-2:n] == "__" && strings.HasPrefix(name[n:], value[at+1:at+2]+"]") {
		s.add(Template, points(!sh.text && sh.short(at), Refuse, Weak), "an index that reaches the insides of an object")
	}
}

// format looks for a field of Python's str.format that walks to the insides of an object:
// "{user.__init__.__globals__}".
func (s *Score) format(value string) {
	field := value[:min(len(value), 256)]
	end := strings.IndexByte(field, '}')
	if end < 0 {
		return
	}
	field = field[:end]
	if at := strings.Index(field, ".__"); at > 0 && strings.Contains(field[at+3:], "__") && !strings.ContainsAny(field, " \n'\"") {
		s.add(Template, points(named(field[at:]), Weak, Refuse), "a field of a format that reaches the insides of an object")
	}
}

// named says whether all that a field reaches is what a thing is called, as logs show it:
// {self.__class__.__name__}.
func named(field string) bool {
	for _, member := range [...]string{".__class__", ".__qualname__", ".__name__", ".__module__"} {
		field = strings.TrimPrefix(field, member)
	}
	return field == "" || field[0] == '!' || field[0] == ':'
}

// expression judges what stands in delimiters at value[at:] and returns the length of it.
func (s *Score) expression(value string, at int, d delimiter, sh *shape) int {
	start := at + len(d.open)
	limit := min(len(value), start+2048)
	length := sh.closing(value[start:limit], d.close)
	if length < 0 {
		length = min(limit-start, 256)
	}
	body := value[start : start+length]
	text := sh.text
	alone := !text && sh.short(at) && len(value)-start-length < 80
	e := readExpression(body, d.code)
	if d.open == "{php" && alone {
		e.danger = true
	}
	if at > 0 && value[at-1] == '`' { // Markdown marks code with it
		e.numbers, alone, text = false, false, true
	}
	s.judgeExpression(&e, d, alone, text)
	return len(d.open) + length
}

// closing returns where an expression ends, past strings and braces inside it, -1 for nowhere. Past
// the allowance, an expression ends where its delimiter stands.
func (sh *shape) closing(s, end string) int {
	if sh.spent() {
		return strings.Index(s[:min(len(s), 256)], end)
	}
	at, read := closing(s, end)
	sh.read += read
	return at
}

// closing returns where an expression ends, -1 for nowhere, and how many bytes were read to know.
func closing(s, end string) (at, read int) {
	plain := strings.Index(s, end)
	if plain < 0 {
		return -1, len(s) / 16 // the search for a string is that much faster
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		if depth == 0 && s[i] == end[0] && strings.HasPrefix(s[i:], end) {
			return i, i
		}
		switch s[i] {
		case '{', '(', '[':
			depth++
		case '}', ')', ']':
			depth = max(0, depth-1)
		case '\'', '"':
			if n := strings.IndexByte(s[i+1:], s[i]); n >= 0 {
				i += n + 1
			}
		}
	}
	return plain, len(s)
}

func (s *Score) judgeExpression(e *expression, d delimiter, alone, text bool) {
	switch {
	case e.gadget:
		s.add(Template, Refuse, "an expression that reaches for the internals of the language")
	case (e.numbers || e.filtered) && !text:
		s.add(Template, Refuse, "an expression that computes, to see whether it is computed")
	case e.danger && (alone || !text), e.danger && d.code:
		s.add(Template, points(alone || !text, Refuse, Weak), "an expression that calls what runs programs or reads files")
	case e.root && (e.calls > 0 || e.bare) && alone:
		s.add(Template, Refuse, "an expression that reads the app's own objects")
	case e.literalMethod && alone:
		s.add(Template, Refuse, "an expression that calls a method of a constant")
	case d.code && alone && e.words > 0 && d.open == "<%", e.assigns && alone && (d.open == "{{" || d.open == "${"), e.calls > 0 && e.calls == e.empty && alone && d.open == "{{":
		s.add(Template, Refuse, "an expression with program text in it")
	case e.numbers || e.danger || e.root || e.calls > 0 || e.literalMethod:
		s.add(Template, Weak, "an expression of a template")
	}
}

// smarty judges {name(...)} and {$x.y}, which Smarty and Latte compute, and returns how much of the
// value need not be judged again.
func (s *Score) smarty(value string, at int, sh *shape) (past int) {
	end, text := at+1, sh.text
	for end < len(value) && (isWord(value[end]) || value[end] == ':' || value[end] == '.') {
		end++
	}
	if end >= len(value) || value[end] != '(' && !strings.HasPrefix(value[at:], "{var $") && !strings.HasPrefix(value[at:], "{if ") {
		return 0
	}
	spent := sh.spent()
	length := sh.closing(value[at+1:min(len(value), at+256)], "}")
	if length < 0 {
		return 0
	}
	sh.read += length
	e := readExpression(value[at+1:at+1+length], true)
	switch {
	case (e.danger || e.gadget) && !text, strings.HasPrefix(value[at:], "{var $") && !text, strings.Contains(value[at:end], "::") && !text:
		s.add(Template, Refuse, "an expression that calls what runs programs or reads files")
	case e.danger:
		s.add(Template, Weak, "an expression of a template")
	}
	if spent {
		return length
	}
	return 0
}
