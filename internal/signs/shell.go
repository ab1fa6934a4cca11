package signs

import "strings"

// shellWord is one word of a command line, without the tricks.
type shellWord struct {
	end    int // offset behind it
	tricks int // quotes, backslashes and empty expansions inside the name
	name   [32]byte
	size   int // length of name, 0 where it does not fit or is no name
}

func (w *shellWord) program() program {
	if w.size == 0 {
		return notProgram
	}
	return programOf(string(w.name[:w.size]))
}

// readWord reads the name of a command that begins at s[at], undoing what shells undo:
// w'h'o"am"i, w\ho, who$@ami, wh“oami, /usr/bin/id.
func readWord(s string, at int) (w shellWord) {
	i, closed := at, -1
	quote := byte(0)
scan:
	for ; i < len(s) && i-at < 96; i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
			w.tricks++
			closed = i
		case c == '\'' || c == '"':
			if quote != 0 {
				break scan
			}
			quote = c
			w.tricks++
		case c == '\\' && i+1 < len(s) && s[i+1] == 'n' && (i+2 == len(s) || !isWord(s[i+2])): // a line break as in C
			break scan
		case c == '\\' && i+1 < len(s) && isWord(s[i+1]):
			w.tricks++
		case c == '`' && strings.HasPrefix(s[i:], "``"):
			w.tricks += 2
			i++
		case c == '$' && w.size > 0 && variableName(s[i:]) > 2 && s[i+1] == '{':
			w.tricks += 2
			i += variableName(s[i:]) - 1
		case (c == '<' || c == '>') && w.size > 0 && strings.HasPrefix(s[i+1:], "()") && i+3 < len(s) && isLetter(s[i+3]): // pi<()ng
			w.tricks += 2
			i += 2
		case c == '$' && w.size == 0 && unsetVariable(s[i:]) > 0: // ${x7.4}gcc
			w.tricks += 2
			i += unsetVariable(s[i:]) - 1
		case c == '$' && emptyExpansion(s[i:]) > 0:
			w.tricks += 2
			i += emptyExpansion(s[i:]) - 1
		case c == '/' && w.size > 4 && w.program() == rareWord && !strings.Contains(s[at:i], "/"): // bcdboot/r
			break scan
		case c == '/' || c == '\\': // a folder: begin anew
			w.size = 0
		case isWord(c) || c == '.' || c == '-' || c == '+':
			if w.size < len(w.name) {
				w.name[w.size] = c
				w.size++
			} else {
				return shellWord{end: i}
			}
		default:
			break scan
		}
	}
	if quote != 0 {
		w.tricks--
	}
	if closed == i-1 && w.tricks == 2 && (s[at] == '\'' || s[at] == '"') { // quotes around it all
		w.tricks = 0
	}
	w.end = i
	return w
}

// program is readWord for one of many places in a value, see spent.
func (sh *shape) program(s string, at int) shellWord {
	if sh.spent() {
		s = s[:min(len(s), at+16)]
	}
	w := readWord(s, at)
	sh.read += w.end - at
	return w
}

// emptyExpansion returns the length of a $ expansion at the beginning of s that expands to
// nothing in most shells: $@, $*, $1, $(), $?, ${x}.
func emptyExpansion(s string) int {
	if len(s) < 2 {
		return 0
	}
	switch c := s[1]; {
	case c == '@' || c == '*' || c == '!' || isDigit(c) || c == '?' || c == '$' || c == '-' || c == '_':
		return 2
	case c == '(' && len(s) > 2 && s[2] == ')':
		return 3
	}
	return 0
}

// unsetVariable returns the length of ${x} at the beginning of s where a letter follows, 0 for none: a
// variable that nobody has set.
func unsetVariable(s string) int {
	if !strings.HasPrefix(s, "${") || len(s) < 5 || !isLetter(s[2]) {
		return 0
	}
	n := 2
	for n < len(s) && n < 24 && (isWord(s[n]) || s[n] == '.') {
		n++
	}
	if n+1 >= len(s) || s[n] != '}' || !isLetter(s[n+1]) || s[n+1] >= 0x80 {
		return 0
	}
	return n + 1
}

// arguments is what stands behind the name of a program, up to the next separator.
type arguments struct {
	words, shell, prose int
	options, numbers    int
	urls, files         int
	danger              bool // a path or a form that no harmless value has
	comment, quote      bool // a comment ends it, or a quote that is not closed
	first               string
	end                 int
}

// arguments is readArguments for one of many places in a value: it counts what it reads, and past
// the allowance it reads the first few words only.
func (sh *shape) arguments(s string, at int) arguments {
	a := readWords(s, at, points(sh.spent(), 2, mostWords))
	sh.read += 16 * a.words
	return a
}

// mostWords is how many words of a command line are looked at: a sentence has more.
const mostWords = 24

// readArguments judges the words behind a program's name, up to the end of the command.
func readArguments(s string, at int) arguments { return readWords(s, at, mostWords) }

func readWords(s string, at int, most uint8) (a arguments) {
	for i := at; i < len(s); {
		c := s[i]
		if isBlank(c) && c != '\n' && c != '\r' {
			i++
			continue
		}
		if c == '\\' && i+1 < len(s) && s[i+1] == 'n' && (i+2 == len(s) || !isWord(s[i+2])) {
			a.end = len(s) // a line break as in C
			return a
		}
		if c == ';' || c == '|' || c == '&' || c == '\n' || c == '\r' || c == '`' || c == ')' {
			a.end = i
			return a
		}
		end := i
		for end < len(s) && !isBlank(s[end]) && strings.IndexByte(";|&\n\r`)", s[end]) < 0 {
			if s[end] == '\'' || s[end] == '"' {
				if n := strings.IndexByte(s[end+1:], s[end]); n >= 0 {
					end += n + 1
				}
			}
			end++
		}
		w := a.ending(s[i:end])
		if a.comment {
			a.end = len(s)
			return a
		}
		if w != "" {
			a.word(w)
		}
		i = end
		if a.words > int(most) {
			break
		}
	}
	a.end = len(s)
	return a
}

// ending takes off w what ends a command line and is no argument: # or -- as a comment, a NUL that
// was left encoded, a quote that is not closed.
func (a *arguments) ending(w string) string {
	if w[0] == '#' || w == "--" {
		a.comment = true
		return ""
	}
	w = strings.TrimSuffix(w, "%00")
	for n := len(w); n > 0; n = len(w) {
		c := w[n-1]
		if c == '#' {
			a.comment = true
		} else if c != '\'' && c != '"' || strings.IndexByte(w[:n-1], c) >= 0 {
			break
		} else {
			a.quote = true
		}
		w = w[:n-1]
	}
	return w
}

// word counts one argument as what a shell has, or as prose.
func (a *arguments) word(w string) {
	a.words++
	if a.words == 1 {
		a.first = w
	}
	if flags(w) {
		a.options++
	}
	if len(w) > 2 && w[1] == ':' && w[2] == '\\' && isLetter(w[0]) || sensitive(strings.TrimLeft(w, "/'\"<>")) || strings.Contains(w, "/dev/tcp") || strings.HasPrefix(w, "%SYSTEMROOT%") {
		a.danger = true
		a.shell++
		return
	}
	switch c := w[0]; {
	case c == '-' && len(w) > 1 && len(w) < 24, c == '/' && len(w) > 1, c == '$', c == '~' && len(w) > 1, c == '>', c == '<',
		c == '*', c == '%' && len(w) > 2, c == '.' && len(w) > 1 && (w[1] == '/' || w[1] == '.'), c == '{' && len(w) > 3:
		a.shell++
	case (c == '\'' || c == '"') && len(w) > 2 && strings.IndexByte(w[1:], c) > 0:
		a.shell++
	case strings.Contains(w, "://"):
		a.shell++
		a.urls++
	case strings.Contains(w, ":\\"), strings.Contains(w, "/") && !strings.Contains(w, "/ "), strings.Contains(w, "${"),
		strings.IndexByte(w, '*') >= 0, address(w), strings.Contains(w, "=") && isLetter(c):
		a.shell++
	case number(w):
		a.shell++
		a.numbers++
	case fileName(w):
		a.shell++
		a.files++
	case w == "/" || w == "." || w == "..", programOf(w) == rareWord, mixed(w):
		a.shell++
	case len(w) == 1 && isWord(c): // neither
	case escapes(w):
		a.shell += 3
	default:
		a.prose++
	}
}

// escapes says whether w is how editors run a program: !id, :!id, \!id.
func escapes(w string) bool {
	name, found := strings.CutPrefix(strings.TrimLeft(w, ":\\"), "!")
	return found && (programOf(name) == rareWord || name == "id")
}

// mixed says whether w is made of a word and of what no word has: user@host, a_b, host:path.
func mixed(w string) bool {
	i := strings.IndexAny(w, "@_:\\^")
	return i > 0 && i < len(w)-1 && isLetter(w[0]) || w[0] == '+' && len(w) > 1 || strings.IndexByte(w, ',') > strings.IndexByte(w, '.') && strings.IndexByte(w, '.') > 0 && isLetter(w[len(w)-1])
}

// address says whether w is an IP address, with or without a port.
func address(w string) bool {
	dots := 0
	for i := range len(w) {
		switch c := w[i]; {
		case c == '.':
			dots++
		case !isDigit(c) && c != ':' && c != '/':
			return false
		}
	}
	return dots == 3
}

func number(w string) bool {
	for i := range len(w) {
		if !isDigit(w[i]) && w[i] != '.' {
			return false
		}
	}
	return true
}

// fileName says whether w is a name with an extension of one to four letters.
func fileName(w string) bool {
	dot := strings.LastIndexByte(w, '.')
	if dot < 1 || len(w)-dot < 2 || len(w)-dot > 5 {
		return false
	}
	return oneWord(w[dot+1:]) && !number(w[dot+1:])
}

// windowsVerb says whether w is what NET of Windows can do.
func windowsVerb(w string) bool {
	var buf [32]byte
	switch string(lower(w, &buf)) {
	case "view", "user", "users", "localgroup", "share", "use", "accounts", "session", "group":
		return true
	}
	return false
}
