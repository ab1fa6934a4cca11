package signs

import "strings"

// placed judges what stands in the place of a command, behind a separator, and is no name: what
// only a shell turns into one.
func (s *Score) placed(j *joint, sh *shape) {
	v := j.value[j.at:min(len(j.value), j.at+256)]
	if sh.text || len(v) < 3 || s.points[Command] >= Refuse || j.sep > mostHead || sh.list(j.value) {
		return
	}
	if first := v[0] | 0x20; first == 'i' || first == 'f' {
		s.batch(v)
	}
	if v[0] == '`' && (j.value[j.sep] == '\n' || j.value[j.sep] == '\r') { // Markdown
		return
	}
	if (v[0] == '$' || v[0] == '`' || v[0] == '{' || v[0] == '/' || v[0] == '%' || isLetter(v[0])) && j.before(rareWord, sh) > 0 && computed(v) {
		s.add(Command, Refuse, "a separator, and what a shell turns into a command")
	}
}

// computed says whether v begins with what a shell turns into the name of a program.
func computed(v string) bool {
	switch v[0] {
	case '$':
		return computedByDollar(v)
	case '`':
		n := strings.IndexByte(v[1:], '`')
		return n > 1 && programOf(v[1:1+wordLength(v[1:])]) != notProgram
	case '{':
		n := wordLength(v[1:])
		return n > 1 && n+1 < len(v) && v[n+1] == ',' && programOf(v[1:n+1]) != notProgram
	case '/':
		word, _ := cutWord(v)
		word = strings.TrimRight(word, ";|&#'\"`")
		mark := strings.IndexAny(word, "*?[")
		return mark > 0 && strings.Count(word, "/") > 1 && mark < len(word) && strings.IndexByte(word, '=') < 0
	case '%': // %COMSPEC%, %x:~1,2%
		n := wordLength(v[1:])
		return n > 2 && n+1 < len(v) && (v[n+1] == '%' && (shellVariable(v[1:n+1]) || strings.EqualFold(v[1:n+1], "comspec")) || strings.HasPrefix(v[n+1:], ":~"))
	}
	return assigned(v)
}

// computedByDollar judges $(id), ${x:-id}, $'id' and ${x}id.
func computedByDollar(v string) bool {
	switch v[1] {
	case '(':
		n := wordLength(v[2:])
		return n > 1 && lowerCase(v[2:2+n]) && programOf(v[2:2+n]) != notProgram && n+2 < len(v) && (v[n+2] == ' ' || v[n+2] == ')')
	case '{':
		end := strings.IndexByte(v, '}')
		return end > 2 && expands(v[2:end])
	case '\'':
		end := strings.IndexByte(v[2:], '\'')
		return end > 1 && (v[2] == '\\' || programOf(v[2:2+end]) != notProgram)
	}
	return false
}
