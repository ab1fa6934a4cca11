package signs

import "strings"

// joint is a separator of commands and what stands around it.
type joint struct {
	value   string
	sep, at int // where the separator begins, and the name behind it
	w       shellWord
	a       arguments
	rest    string // what follows the command
	list    bool   // the value is a list or a row of a table
}

// enough is the points from which on a joint is no list and no sentence. Each thing that only a
// command line has gives points, what lists and sentences have takes some: see program, given,
// mark, before and behind.
const enough = 5

// mostHead is how long a text before a separator is looked at (bytes); behind more stands a text.
const mostHead = 200

// afterSeparator judges the command at value[at:]; the separator stands at value[sep].
func (s *Score) afterSeparator(value string, sep, at int, sh *shape) {
	if sh.read += 16; sh.spent() && strange(value[at:]) {
		return
	}
	j := joint{value: value, sep: sep, at: at, w: sh.program(value, at)}
	kind := j.kind()
	s.placed(&j, sh)
	if kind == notProgram || !wordEnds(value, j.w.end) {
		s.unknownName(&j, sh)
		return
	}
	j.a = sh.arguments(value, j.w.end)
	j.rest = value[j.a.end:]
	newline := value[sep] == '\n' || value[sep] == '\r' || value[sep] == '\\'
	if sh.text || newline && !sh.short(sep) && s.points[Command] < Weak {
		if j.a.danger && j.a.prose == 0 {
			s.add(Command, sh.strong(), "a separator, a program and a file of the system")
		}
		return
	}
	j.list = sh.list(value)
	points := j.program(kind) + j.given(kind) + j.mark(kind) + j.before(kind, sh) + j.behind()
	if s.points[Command] == Weak && j.a.words > 0 && j.a.shell > 0 && sep > 0 && value[sep] != '&' {
		points += 2 // one command after another
	}
	switch {
	case points >= enough:
		s.add(Command, Refuse, "a separator and a program")
	case points == enough-1 && j.a.prose == 0:
		s.add(Command, Weak, "a separator and what may be a program")
	}
}

// strange says whether s begins with a plain word that names no program, or with nothing.
func strange(s string) bool {
	n := 0
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	if n == len(s) || isBlank(s[n]) || separates(s[n]) || n > 0 && s[n] == '\\' && n+1 < len(s) && s[n+1] == 'n' {
		return !programShapes.may(s[:n])
	}
	return false
}

// dotCommand says whether s begins with a command of the shell of SQLite that reads, writes or runs
// something.
func dotCommand(s string) bool {
	switch s[:wordLength(s)] {
	case "shell", "sh", "sys", "system", "import", "load", "open", "output", "once", "read", "backup", "restore", "save", "clone", "archive", "databases", "tables", "schema",
		"dump", "excel", "log", "indexes":
		return true
	}
	return false
}

// commandFile says whether name is that of a file.
func commandFile(name string) bool {
	return name != "" && survey(name)&^(letters|digits|dots|slashes|dashes) == 0
}

// kind says which kind of program a name is. PS and NC are none, in capitals.
func (j *joint) kind() program {
	kind := j.w.program()
	if kind == rareWord && j.w.size < 4 && !lowerCase(j.value[j.at:j.w.end]) {
		return plainWord
	}
	return kind
}

// unknownName judges a separator and a name that is no program that one knows: a path, a file that
// is read as commands, a loop, or what is given a file of the system.
func (s *Score) unknownName(j *joint, sh *shape) {
	w, rest := &j.w, j.value[j.at:]
	if sh.text || j.sep > mostHead || !sh.short(j.sep) && s.points[Command] < Weak {
		return
	}
	file, _ := cutWord(rest[:min(len(rest), 64)])
	switch {
	case strings.HasPrefix(rest, "./") && len(rest) > 2 && isWord(rest[2]) && j.at-j.sep < 3 && !sh.lines, strings.HasPrefix(j.value[j.at-min(j.at, 2):], ". ") && commandFile(strings.TrimRight(file, ";|&#'\"`")):
		s.add(Command, Refuse, "a separator and a program")
	case strings.HasPrefix(rest, ".") && dotCommand(strings.TrimLeft(rest[1:], `\'"`)) && j.value[j.at-1] != ' ':
		s.add(Command, Refuse, "a separator and a command of the shell of SQLite")
	case strings.HasPrefix(rest, "[ -") && strings.Contains(rest, " ]"), loop(rest):
		s.add(Command, Refuse, "a separator and a condition or a loop of the shell")
	}
	if w.size < 2 || w.end >= len(j.value) || j.value[w.end] != ' ' || !lowerCase(j.value[j.at:w.end]) {
		return
	}
	if a := sh.arguments(j.value, w.end); a.danger && a.prose == 0 {
		s.add(Command, Refuse, "a separator, a name and a file of the system")
	}
}

// program gives points for how much a name is a program's and nothing else.
func (j *joint) program(kind program) int {
	written := j.value[j.at:j.w.end]
	name := string(j.w.name[:j.w.size])
	points := 2
	if kind == rareWord {
		points = 4
	}
	switch {
	case name == "id" || name == "dir" || name == "echo" || name == "eval" || name == "exec":
		points++
	case !lowerCase(name) && kind != rareWord:
		points--
	}
	if j.w.tricks > 0 {
		points += j.w.tricks
	}
	if binFolder(written) {
		points += 4
	}
	return points
}

// given gives points for the arguments.
func (j *joint) given(kind program) int {
	a, name := &j.a, string(j.w.name[:j.w.size])
	spaced := j.value[j.at-1] == ' '
	switch {
	case a.words == 0 && a.end < len(j.value) && strings.IndexByte(";|&`\n\r)", j.value[a.end]) < 0:
		return 0
	case a.words == 0 && spaced && is(name, tool): // perl; awk
		return -2
	case a.words == 0:
		return 1
	case a.danger && a.prose <= a.shell:
		return 5
	case is(name, network) && a.words < 8 && hostIn(j.value[j.w.end:a.end]):
		return 3
	case kind == runner && (programOf(a.first) != notProgram || flags(a.first)), told2(name, a.first):
		return 4
	case kind == plainWord && a.shell == a.numbers && !duration(name, a.first) && !(name == "kill" && a.first[0] == '-'):
		return min(0, a.options) - min(a.prose, 3) // top 10
	case kind == plainWord && a.shell == a.urls && !is(name, network) && !is(name, shows):
		return 0 // watch https://example.org/
	case a.options > 0 && a.prose <= a.shell:
		return 4
	case a.options > 0 && is(name, tool):
		return 3
	case a.shell > a.prose && (kind == rareWord || is(name, shows|goes|network|feeds)):
		return 4
	case a.shell > a.prose:
		return 2
	case a.shell == a.prose:
		return 1
	case kind == rareWord && a.prose < 3:
		return 0
	}
	return -min(a.prose, 3)
}

// told2 says whether a program of many parts is told which.
func told2(name, first string) bool {
	return subcommand(name, first) || name == "net" && windowsVerb(first)
}

// mark gives points for the separator itself.
func (j *joint) mark(kind program) int {
	c := j.value[j.sep]
	double := j.sep+1 < len(j.value) && strings.IndexByte(";|&", j.value[j.sep+1]) >= 0 && c != '\n'
	tight := j.at == j.sep+1 || double && j.at == j.sep+2
	switch {
	case c == '%' || c == '\\': // a line break that was left encoded
		return 2
	case c == '\n' || c == '\r':
		return 0
	case c == '&' && j.at == j.sep+1 && j.sep > 0 && isWord(j.value[j.sep-1]): // AT&T
		if kind == rareWord && j.w.size > 4 || j.a.shell > 0 {
			return -2
		}
		return -3
	case double && tight:
		return 2
	case tight && kind == plainWord && j.a.words == 0 && j.sep > 1 && j.sep < 32 && letterWord(j.value[:j.sep]): // dog;cat
		return 0
	case double || tight:
		return 1
	}
	return 0
}

// letterWord says whether s is one word of letters.
func letterWord(s string) bool { return survey(s)&^letters == 0 && strings.IndexByte(s, '_') < 0 }

// before gives points for what stands before the separator.
func (j *joint) before(kind program, sh *shape) int {
	if j.sep > mostHead {
		return -2
	}
	head := strings.TrimRight(j.value[:j.sep], " ")
	c := j.value[j.sep]
	points := 0
	switch {
	case strings.TrimLeft(head, " ") == "" && c == '&' && j.at > j.sep+1 && j.value[j.sep+1] == ' ', head == "" && (c == '\n' || c == '\r'):
		points = 1
	case head == "" && c == ';' && isLetter(j.value[j.at]) && j.at == j.sep+1: // no sentence begins so
		points = 5
	case strings.TrimLeft(head, " ") == "":
		points = 3
	case open(head):
		points = 3
	case number(strings.TrimRight(head, "%+$")) && kind == plainWord && j.a.words == 0 && j.at > j.sep+1: // 10; time
		points = 1
	case targetName(head):
		points = 2
	case c == ';' && j.at > j.sep+1 && len(head) < 4 && len(head) > 1 && letterWord(head) && j.w.size == 2 && j.a.words == 0: // ls; ps
		points = -1
	case sh.short(j.sep):
		points = 1
		if last := head[len(head)-1]; len(head) == 1 && j.at == j.sep+1 || len(head) > 1 && !isLetter(last) || strings.IndexByte(head, '_') >= 0 {
			points = 2
		}
	case len(head) > 60 || strings.Count(head, " ") > 5:
		points = -2
	}
	if j.list && j.a.shell == 0 {
		points -= 3
	}
	return points
}

// open says whether head ends with a quote or a bracket that closes what the app has opened.
func open(head string) bool {
	c := head[len(head)-1]
	switch c {
	case '\'', '"', '`':
		return strings.Count(head, string(c))&1 == 1 && !isDigit(head[max(0, len(head)-2)])
	case ')':
		return strings.Count(head, "(") < strings.Count(head, ")")
	case '}':
		return strings.Count(head, "{") < strings.Count(head, "}")
	}
	return false
}

// behind gives points for what follows the command: another separator and nothing, a comment, a
// quote that nothing opened.
func (j *joint) behind() int {
	if len(j.rest) > 64 {
		return 0
	}
	switch rest := strings.Trim(j.rest, " \r\n"); {
	case j.a.comment, j.a.quote, rest == "`", rest == "``", rest == ")" && strings.IndexByte(j.value, '(') < 0:
		return 1
	case rest != "" && strings.Trim(rest, ";|&") == "" && !(rest == "|" && j.value[0] == '|') && rest != ";":
		return 1
	}
	return 0
}
