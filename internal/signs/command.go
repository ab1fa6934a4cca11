package signs

import "strings"

// command looks for what a shell would run: a separator and a program in the place of
// a command, a substitution, and the tricks that hide the name of one.
func (s *Score) command(value string, sh *shape) {
	text := sh.text
	if !text {
		s.wholeCommand(value)
		s.batch(value)
		s.odd(value)
	}
	if sh.has&(pipes|semis|lines|percents) != 0 || strings.Contains(value, `\n`) {
		s.separated(value, sh)
	}
	if sh.has&dollars != 0 || strings.IndexByte(value, '`') >= 0 {
		s.substituted(value, sh)
	}
	if sh.has&(dollars|angles|parens|braces|slashes) != 0 {
		s.shellTricks(value, sh)
	}
	s.line(value, sh)
	s.tricks(value, sh)
}

// wholeCommand judges a value that is a command line from its first word.
func (s *Score) wholeCommand(value string) {
	at := len(value) - len(strings.TrimLeft(value, " \t\"'(`@!"))
	w := readWord(value, at-trickStart(value, at))
	kind := w.program()
	if kind == notProgram || !wordEnds(value, w.end) {
		return
	}
	a := readArguments(value, w.end)
	hidden := w.tricks > 1 || w.tricks == 1 && (value[at-trickStart(value, at)] == '\\' || kind == rareWord && w.size > 3 && strings.IndexByte(value[at:w.end], '\\') > 0 && lowerCase(value[at:w.end]))
	name := string(w.name[:w.size])
	switch {
	case hidden && !strings.HasPrefix(value, "${"): // ${name}cat, of a template
		s.add(Command, Refuse, "the name of a program, written so as not to be seen")
	case a.danger && a.prose <= a.shell:
		s.add(Command, Refuse, "a command that names a file of the system")
	case kind == rareWord && a.words > 0 && a.words == a.numbers && (w.size < 4 || !lowerCase(value[at:w.end])): // PS 5, RM 101
		s.add(Command, Weak, "reads like a command line")
	case kind == rareWord && a.words > 0 && a.prose <= a.shell && a.end == len(value):
		s.add(Command, Refuse, "a command line")
	case kind == rareWord && a.shell > 0 && a.prose < a.shell, kind != rareWord && flags(a.first) && (len(a.first) < 4 || a.shell > 1 || a.first[1] == '-') && a.prose <= a.shell, kind == runner && s.runs(value, w.end):
		s.add(Command, Refuse, "a command line")
	case binFolder(value[:w.end]), name == "echo" && a.words == 1 && (a.first[0] == '~' || a.first[0] == '$'):
		s.add(Command, Refuse, "a command line")
	case kind == plainWord && a.prose == 0 && strings.Count(a.first, "/") > 1 && a.first[0] == '/', name == "alias" && strings.IndexByte(value, '=') > 0,
		name == "which" && a.words == 1 && (is(a.first, tool) || programOf(a.first) == rareWord), name == "net" && windowsVerb(a.first):
		s.add(Command, Refuse, "a command line")
	case kind != rareWord && a.words > 0 && a.prose == 0:
		s.add(Command, Weak, "reads like a command line")
	}
}

// binFolder says whether a name of a program stands in the folder of programs.
func binFolder(name string) bool {
	name = strings.TrimLeft(name, "/\\. ")
	return strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "sbin/") || strings.HasPrefix(name, "usr/bin/") || strings.HasPrefix(name, "usr/local/bin/")
}

// odd finds what a terminal or a shell takes for a command of its own.
func (s *Score) odd(value string) {
	if i := strings.Index(value, "\x1b["); i >= 0 || strings.Contains(value, `\033[`) || strings.Contains(value, `\x1b[`) {
		s.add(Command, points(i >= 0 || strings.HasPrefix(value, `\`), Refuse, Weak), "a sequence that controls a terminal")
	}
	if i := strings.Index(value, "|'"); i > 1 && strings.IndexByte("=+-@", value[0]) >= 0 && isLetter(value[i-1]) && strings.Contains(value[i:], "'!") {
		s.add(Command, Refuse, "a formula that starts a program")
	}
	if len(value) > 1 && len(value) < 5 && value[0] == '~' && (value[1] == '+' || value[1] == '-') && number(value[2:]) {
		s.add(Command, Refuse, "an expansion of the shell")
	}
}

// trickStart is 1 where a quote that was trimmed belongs to the name: "wh"oami.
func trickStart(value string, at int) int {
	if at > 0 && (value[at-1] == '\'' || value[at-1] == '"' || value[at-1] == '`') {
		return 1
	}
	return 0
}

// flags says whether an argument is an option: -l, --all, /all, or a quoted script.
func flags(w string) bool {
	return len(w) > 1 && (w[0] == '-' && (isLetter(w[1]) || w[1] == '-') || w[0] == '/' && len(w) < 6 && isLetter(w[1]) || w[0] == '>' || w[0] == '<')
}

// runs says whether another program follows one that runs what follows.
func (s *Score) runs(value string, at int) bool {
	for range 4 {
		for at < len(value) && isBlank(value[at]) {
			at++
		}
		w := readWord(value, at)
		switch w.program() {
		case rareWord:
			return true
		case notProgram:
			if w.size > 0 && value[at] != '-' {
				return false
			}
		}
		at = max(w.end, at+1)
	}
	return false
}

// wordEnds says whether the name of a program ends at value[at].
func wordEnds(value string, at int) bool {
	return at >= len(value) || strings.IndexByte(" \t\r\n;|&<>)`'\"$\\{%/#\x00", value[at]) >= 0
}

// separated looks at what stands behind each separator.
func (s *Score) separated(value string, sh *shape) {
	for i := 0; i < len(value) && s.points[Command] < Refuse; i++ {
		n := separator(value[i:])
		if n == 0 {
			continue
		}
		if c := value[i]; c == '&' && entity(value, i) || c == ';' && endsEntity(value, i) {
			continue // a=1&b=2, &amp;
		}
		at := i + n
		for at < len(value) && (isBlank(value[at]) && sh.has&lines == 0 || value[at] == ' ' || value[at] == '\t' || strings.IndexByte("(!@{", value[at]) >= 0 || value[at] == '.' && at+1 < len(value) && value[at+1] == ' ') {
			at++
		}
		if strings.HasPrefix(value[at:], "$0") && !sh.text {
			s.add(Command, Refuse, "a separator and a shell")
		}
		s.afterSeparator(value, i, at, sh)
		i += n - 1
	}
}

// separator returns the length of what separates commands at the beginning of s: ; | &,
// a line break, and line breaks that were not decoded.
func separator(s string) int {
	switch s[0] {
	case ';', '|', '&', '\n':
		n := 1
		for n < len(s) && (s[n] == ';' || s[n] == '|' || s[n] == '&' || s[n] == '\n') {
			n++
		}
		return n
	case '\r':
		n := 1
		for n < len(s) && (s[n] == '\r' || s[n] == '\n') {
			n++
		}
		return n
	case '%':
		if len(s) > 2 && s[1] == '0' && (s[2]|0x20 == 'a' || s[2]|0x20 == 'd') {
			return 3
		}
	case '\\':
		if len(s) > 1 && s[1] == 'n' {
			return 2
		}
	}
	return 0
}

// entity says whether the & or ; at i belongs to an HTML entity or a query string.
func entity(value string, i int) bool {
	end := i + 1
	for end < len(value) && end-i < 10 && (isWord(value[end]) || value[end] == '#') {
		end++
	}
	return end > i+1 && end < len(value) && (value[end] == ';' && end-i > 2 || value[end] == '=')
}

// endsEntity says whether the semicolon at i ends an HTML entity.
func endsEntity(value string, i int) bool {
	for start := i - 1; start >= 0 && i-start < 10; start-- {
		switch c := value[start]; {
		case c == '&':
			return i-start > 2
		case !isWord(c) && c != '#':
			return false
		}
	}
	return false
}

// targetName says whether what stands before a separator is an address, a number or the name of a
// host or a file, which no sentence ends with.
func targetName(head string) bool {
	if len(head) > 80 {
		return false
	}
	head = strings.TrimRight(head, " ")
	if head == "" || strings.IndexByte(head, ' ') >= 0 {
		return false
	}
	return address(head) || number(head) || fileName(head) || strings.Contains(head, "://")
}

// list says whether the value is a row of a table in Markdown, or a list of words, some of
// which may be names of programs.
func (sh *shape) list(value string) bool {
	if len(value) > 256 {
		return true
	}
	if strings.HasPrefix(value, "| ") && strings.HasSuffix(value, " |") {
		return true
	}
	if !isLetter(value[0]) || !isWord(value[len(value)-1]) || strings.ContainsAny(value, ")'\"") {
		return false
	}
	marks := 0
	for i := 1; i < len(value); i++ {
		if separates(value[i]) && !separates(value[i-1]) && !separates(value[i+1]) {
			marks++
		}
	}
	return marks > 1
}

func separates(c byte) bool { return c == ';' || c == '|' || c == '&' }
