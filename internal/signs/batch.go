package signs

import "strings"

// batch finds the conditions and loops of the Windows command processor, which no other
// language writes this way: IF "%x%"=="" ..., FOR /F %x IN (...) DO.
func (s *Score) batch(value string) {
	at := len(value) - len(strings.TrimLeft(value, " &|;@(\""))
	word, rest := cutWord(value[at:])
	if i := strings.IndexByte(word, '/'); i > 1 && i < 4 { // if/i
		word, rest = word[:i], value[at+i:]
	}
	var buf [32]byte
	switch string(lower(word, &buf)) {
	case "if":
		s.batchIf(rest)
	case "for":
		s.batchFor(rest)
	}
}

// cutWord splits the first word off.
func cutWord(s string) (word, rest string) {
	s = trimBlanks(s)
	for end := range len(s) {
		if s[end] == ' ' || s[end] == '\t' {
			return s[:end], trimBlanks(s[end:])
		}
	}
	return s, ""
}

// trimBlanks returns s without the blanks at its beginning.
func trimBlanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

func (s *Score) batchFor(rest string) {
	var buf [32]byte
	for range 6 {
		word, next := cutWord(rest)
		switch {
		case word == "":
			return
		case word[0] == '/' && len(word) == 2, word[0] == '"', strings.HasSuffix(word, `"`), strings.Contains(word, `:\`), word == ".", word == `\`:
			rest = next
			continue
		case word[0] != '%':
			if strings.ContainsAny(word, `=*,`) { // inside the options of /F
				rest = next
				continue
			}
			return
		}
		if in, list := cutWord(next); string(lower(in, &buf)) == "in" && strings.HasPrefix(list, "(") {
			s.add(Command, Refuse, "a loop of the Windows command processor")
		}
		return
	}
}

func (s *Score) batchIf(rest string) {
	var buf [32]byte
	slash := false
	for range 3 {
		word, next := cutWord(rest)
		switch low := string(lower(word, &buf)); low {
		case "/i":
			slash = true
		case "not":
		case "exist", "defined", "errorlevel":
			name, command := cutWord(next)
			if command != "" && (low == "errorlevel" && number(name) || word == "EXIST" && known(command) || word == "DEFINED" && known(command) ||
				clearName(command) && !strings.Contains(command, " ") || strings.ContainsAny(name, `.\%"*`) || strings.HasPrefix(command, "(") || batchCommand(command)) {
				s.add(Command, Refuse, "a condition of the Windows command processor")
			}
			return
		default:
			s.batchCompare(rest, slash)
			return
		}
		rest = next
	}
}

// known says whether s begins with the name of a program.
func known(s string) bool {
	w := readWord(s, 0)
	return w.program() != notProgram
}

// batchCompare judges a == b command and a EQU b command.
func (s *Score) batchCompare(rest string, slash bool) {
	var buf [32]byte
	left := rest
	if i := strings.Index(rest, "=="); i > 0 {
		_, command := operandOf(rest[i+2:])
		if slash || strings.IndexByte(rest[:i], '%') >= 0 || strings.IndexByte("\"[(!", left[0]) >= 0 && balanced(rest[:i]) || batchCommand(command) || oneWord(rest[:i]) && oneWord(command) {
			s.add(Command, Refuse, "a condition of the Windows command processor")
		}
		return
	}
	_, rest = operandOf(strings.TrimPrefix(rest, "("))
	op, _ := cutWord(rest)
	switch string(lower(op, &buf)) {
	case "equ", "neq", "lss", "leq", "gtr", "geq":
		s.add(Command, Refuse, "a condition of the Windows command processor")
	}
}

// balanced says whether a quote or bracket at the beginning of s closes before its end.
func balanced(s string) bool {
	s = strings.TrimSpace(s)
	closing := map[byte]byte{'"': '"', '[': ']', '(': ')', '!': '!'}[s[0]]
	return len(s) > 1 && s[len(s)-1] == closing
}

// operandOf splits an operand off, which may stand in quotes or parentheses.
func operandOf(s string) (operand, rest string) {
	s = strings.TrimLeft(s, " \t")
	if s == "" {
		return "", ""
	}
	if i := strings.IndexByte("\"(", s[0]); i >= 0 {
		if end := strings.IndexByte(s[1:], "\")"[i]); end >= 0 {
			return s[:end+2], strings.TrimLeft(s[end+2:], " \t")
		}
	}
	return cutWord(s)
}

// batchCommand says whether s begins with a command of the Windows command processor.
func batchCommand(s string) bool {
	word, _ := cutWord(strings.TrimLeft(s, "(@ "))
	var buf [32]byte
	switch string(lower(word, &buf)) {
	case "echo", "goto", "call", "set", "del", "cmd", "copy", "move", "cd", "md", "rd", "start", "exit", "type", "do", "pause", "rem", "shutdown":
		return true
	}
	return false
}
