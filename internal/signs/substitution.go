package signs

import "strings"

// substituted looks at commands whose output a shell would put in: $(id), `id`.
func (s *Score) substituted(value string, sh *shape) {
	for i := 0; i < len(value) && s.points[Command] < Refuse; i++ {
		switch {
		case value[i] == '$' && i+1 < len(value) && value[i+1] == '(':
			s.inside(value, i, i+2, sh)
			i++
		case value[i] == '`':
			end := strings.IndexByte(value[i+1:], '`')
			if end < 0 {
				return
			}
			if strings.HasPrefix(value[i:], "```") {
				return // a block of Markdown
			}
			s.ticks(value, i, i+1+end, sh.text)
			i += end + 1
		}
	}
}

// inside judges $( ... at value[open:].
func (s *Score) inside(value string, open, at int, sh *shape) {
	if strings.HasPrefix(value[at:], "(") || strings.HasPrefix(value[at:], ")") { // $((1+1)), $()
		if !sh.text && sh.short(open) {
			s.add(Command, Refuse, "an expansion of the shell")
		}
		return
	}
	for at < len(value) && (isBlank(value[at]) || value[at] == '`' || value[at] == '(' || value[at] == '<') {
		at++
	}
	w := readWord(value, at)
	if kind := w.program(); kind == notProgram || !wordEnds(value, w.end) {
		return
	}
	if sh.text {
		s.add(Command, Weak, "a command whose output is put in")
		return
	}
	if a := sh.arguments(value, w.end); sh.short(open) || a.prose <= a.shell {
		s.add(Command, Refuse, "a command whose output is put in")
		return
	}
	s.add(Command, Weak, "a command whose output is put in")
}

// ticks judges `...`, which is also how Markdown marks code.
func (s *Score) ticks(value string, open, end int, text bool) {
	at := open + 1
	for at < end && isBlank(value[at]) {
		at++
	}
	w := readWord(value[:end], at)
	kind := w.program()
	if kind == notProgram || w.end < end && !wordEnds(value, w.end) {
		return
	}
	a := readArguments(value[:end], w.end)
	glued := end+1 < len(value) && value[end+1] == '`' || open > 0 && (isWord(value[open-1]) || strings.IndexByte("=|;&$/", value[open-1]) >= 0)
	alone := open < 32 && len(value)-end < 64 && strings.Trim(value[:open], " '\"") == "" && strings.Trim(value[end+1:], " '\";#") == ""
	switch {
	case text:
	case strings.HasPrefix(value[end+1:], "`") && lowerCase(value[at:w.end]) && known(value[min(end+2, len(value)):]): // `a b``c d`
		s.add(Command, Refuse, "a command whose output is put in")
	case glued && (kind == rareWord || a.shell > 0 || a.words == 0 && targetName(value[:open])), alone && (a.prose <= a.shell):
		s.add(Command, Refuse, "a command whose output is put in")
	case glued, alone, a.danger:
		s.add(Command, Weak, "what may be a command whose output is put in")
	}
}

// shellTricks looks for what nobody writes but to get past a filter.
func (s *Score) shellTricks(value string, sh *shape) {
	text := sh.text
	if sh.has&dollars != 0 {
		if i := strings.Index(value, "IFS"); i > 0 && (value[i-1] == '$' || value[i-1] == '{' && i > 1 && value[i-2] == '$') {
			s.add(Command, points(!text || isWord(value[max(0, i-3)]), Refuse, Weak), "blanks that only a shell makes")
		}
		s.expansions(value, text)
	}
	if i := strings.Index(value, "/dev/tcp/"); i >= 0 || strings.Contains(value, "/dev/udp/") {
		s.add(Command, points(!text || strings.Contains(value, "&1"), Refuse, Weak), "a connection that only a shell opens")
	}
	if strings.HasPrefix(value, "() {") || strings.HasPrefix(value, "(){") {
		s.add(Command, Refuse, "a function definition as in Shellshock")
	}
	if !text && sh.has&slashes != 0 {
		s.wildcards(value)
	}
	if !text && sh.has&braces != 0 && !strings.HasPrefix(value, `{"`) && !strings.HasPrefix(value, "[") {
		s.braces(value)
	}
	if !text && sh.has&angles != 0 {
		s.hereString(value)
	}
	if !text && sh.has&pipes != 0 && forkBomb(value) {
		s.add(Command, Refuse, "a function that calls itself twice")
	}
}

// expansions looks for ${x:0:1}, ${x//a/b}, ${x#y}, $[1+1] and $'\x41' in a short value.
func (s *Score) expansions(value string, text bool) {
	if text {
		return
	}
	for i := 0; i+2 < len(value); i++ {
		if value[i] != '$' {
			continue
		}
		switch value[i+1] {
		case '{':
			end := i + 2
			for end < len(value) && (isWord(value[end]) || end == i+2 && value[end] == '!') {
				end++
			}
			if end+1 < len(value) && (value[end] == ':' && isDigit(value[end+1]) || strings.HasPrefix(value[end:], "//") ||
				strings.HasPrefix(value[end:], "#") && end > i+2 || strings.HasPrefix(value[end:], "^^") || strings.HasPrefix(value[end:], ":-") && end == i+2) {
				s.add(Command, Refuse, "an expansion of the shell that cuts a variable")
			}
		case '[':
			if end := strings.IndexByte(value[i:min(len(value), i+256)], ']'); end > 0 && (end < 3 || isDigit(value[i+2]) || value[i+2] == '$') {
				s.add(Command, Refuse, "an expansion of the shell")
			}
		case '\'':
			if i+3 < len(value) && value[i+2] == '\\' && (value[i+3] == 'x' || isDigit(value[i+3])) {
				s.add(Command, Refuse, "text written in codes for a shell")
			}
		}
	}
	s.splitName(value)
	if assigned(value) {
		s.add(Command, Refuse, "a variable of the shell, set and used")
	}
}

// splitName finds a word with expansions of nothing in it: c$@at, pas$?swd.
func (s *Score) splitName(value string) {
	found := 0
	for i := 1; i+2 < len(value); i++ {
		if n := emptyExpansion(value[i:]); value[i] == '$' && n > 0 && !isDigit(value[i+1]) && i+n < len(value) && isLetter(value[i-1]) && (isLetter(value[i+n]) || value[i+n] == '+') {
			found++
			i += n
		}
	}
	if found > 0 {
		s.add(Command, points(found > 1, Refuse, Weak), "words with expansions of nothing in them")
	}
}

// wildcards finds paths in which signs stand for letters: /???/c?t, /etc/[p]asswd.
func (s *Score) wildcards(value string) {
	for i := 0; i < len(value); i++ {
		if value[i] != '/' || i > 0 && !isBlank(value[i-1]) && strings.IndexByte(";|&`(<='\"", value[i-1]) < 0 {
			continue
		}
		end, marks, parts := i, 0, 0
		for end < len(value) && !isBlank(value[end]) && strings.IndexByte("=&;|`)", value[end]) < 0 {
			switch value[end] {
			case '?', '[':
				marks++
			case '/':
				parts++
			}
			end++
		}
		path := value[i:end]
		switch {
		case marks == 0 || parts < 2 || end < len(value) && value[end] == '=':
		case strings.HasPrefix(path, "/???/"), strings.Contains(path, "]") && (systemFolder(path[1:]) || s.points[Command] >= Weak), marks > 2,
			systemFolder(path[1:]) && strings.LastIndexByte(path, '?') < len(path)-1:
			s.add(Command, Refuse, "a path with wildcards in the place of letters")
		}
		i = end
	}
}

// braces finds {cat,/etc/passwd} and c{a,ou}t.
func (s *Score) braces(value string) {
	open := strings.IndexByte(value, '{')
	for n := 0; open >= 0 && n < 8; n++ {
		length := strings.IndexByte(value[open:], '}')
		if length < 0 {
			return
		}
		body := value[open+1 : open+length]
		glued := open > 0 && isLetter(value[open-1]) || open+length+1 < len(value) && isLetter(value[open+length+1])
		if hiddenInBraces(body) {
			s.add(Command, Refuse, "braces that a shell expands to a command")
		}
		if strings.IndexByte(body, ',') >= 0 && !strings.ContainsAny(body, " \n\\") && (strings.IndexByte(body, ':') < 0 || strings.Contains(body, "://")) {
			s.bracedList(body, glued || open == 0 || strings.IndexByte(";|&", value[open-1]) >= 0, glued)
		}
		next := strings.IndexByte(value[open+1:], '{')
		if next < 0 {
			return
		}
		open += next + 1
	}
}

// hiddenInBraces finds {n$u\c$u,-l}: a program whose name has variables that nobody has set, and
// backslashes in it.
func hiddenInBraces(body string) bool {
	name, _, found := strings.Cut(body, ",")
	if !found || len(name) > 31 || strings.IndexByte(name, '$') < 0 {
		return false
	}
	var plain [32]byte
	size, tricks := 0, 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '$' && i+1 < len(name) && isLetter(name[i+1]):
			tricks++
			i++
		case c == '\\':
			tricks++
		default:
			plain[size] = c
			size++
		}
	}
	return tricks > 1 && size > 1 && programOf(string(plain[:size])) != notProgram
}

func (s *Score) bracedList(body string, placed, glued bool) {
	for part := range strings.SplitSeq(body, ",") {
		part = strings.Trim(part, `$'"`)
		if part == "" {
			continue
		}
		if programOf(part) != notProgram || part[0] == '-' && len(part) > 1 && isLetter(part[1]) || placed && strings.HasPrefix(part, "/") || placed && len(part) < 4 && oneWord(part) && glued && body[0] != '$' {
			s.add(Command, points(placed, Refuse, Weak), "braces that a shell expands to a command")
		}
		return
	}
}

// hereString finds cat<<<text and <(command).
func (s *Score) hereString(value string) {
	if i := strings.Index(value, "<<<"); i > 0 && value[i-1] != '<' && i+3 < len(value) && value[i+3] != '<' {
		s.add(Command, Refuse, "text that a shell feeds to a program")
	}
	if i := strings.Index(value, "<("); i >= 0 {
		if w := readWord(value, i+2); w.program() != notProgram {
			s.add(Command, Refuse, "a command that a shell reads as a file")
		}
	}
	if w := readWord(value, 0); w.program() != notProgram && w.end < len(value) && (value[w.end] == '<' || value[w.end] == '>') {
		s.add(Command, Refuse, "a program with its input redirected")
	}
}

// forkBomb finds f(){ f|f& };f.
func forkBomb(value string) bool {
	i := strings.Index(value, "()")
	for i > 0 && value[0] == ' ' || i > 0 && value[0] == ';' {
		value, i = value[1:], i-1
	}
	if i < 1 || i > 16 || len(value) > 100 || !strings.HasPrefix(strings.TrimLeft(value[i+2:], " "), "{") {
		return false
	}
	return strings.Count(value, value[:i]) > 3 && strings.Contains(value, "}")
}

// assigned finds v=u;cu$v: a variable that is set to be used in the same value.
func assigned(value string) bool {
	i := 0
	for i < len(value) && isWord(value[i]) && i < 24 {
		i++
	}
	if i == 0 || i >= len(value) || value[i] != '=' {
		return false
	}
	end := strings.IndexAny(value, ";&\n")
	return end > i && strings.Contains(value[end:], "$"+value[:i])
}
