package signs

import "strings"

// form finds lines that a shell runs, whatever the program gets: a program behind one that runs
// another, behind a variable that is set, in braces, or sent to the background.
func (s *Score) form(v string) {
	switch {
	case runsOther(v):
		s.add(Command, Refuse, "a program that runs another")
	case v[0] == '{' && v[1] == ' ' && strings.HasSuffix(v, "}") && strings.IndexByte(v, ';') > 0 && clearName(v[2:]):
		s.add(Command, Refuse, "commands in braces")
	case v[len(v)-1] == '&' && clearName(v) && oneWord(strings.TrimRight(v, "& ")):
		s.add(Command, Refuse, "a program and a separator")
	case v[0] == '>' && (strings.HasPrefix(strings.TrimLeft(v, "> "), "/tmp/") || strings.HasPrefix(strings.TrimLeft(v, "> "), "/var/") || strings.HasPrefix(strings.TrimLeft(v, "> "), "/dev/")):
		s.add(Command, Refuse, "an output sent to where only a shell sends it")
	case objectOfPowerShell(v):
		s.add(Command, Refuse, "an object of PowerShell")
	}
}

// clearName says whether v begins with the name of a program that is no word.
func clearName(v string) bool {
	w := readWord(v, 0)
	return clearProgram(string(w.name[:w.size])) && lowerCase(v[:w.end])
}

func clearProgram(name string) bool {
	return name == "id" || name == "sh" || name == "dir" || programOf(name) == rareWord && !is(name, tool) || is(name, shows) && is(name, tool)
}

// runsOther finds time id, sudo -u a ls, FOO=1 ls: what may stand before a program, and a program
// with nothing but options.
func runsOther(v string) bool {
	before := false
	for range 6 {
		word, rest := cutWord(v)
		switch {
		case word == "":
			return false
		case programOf(word) == runner || word == "busybox" || word == "watch" || word == "nohup" || word == "eval" || word == "xargs" || word == "ltrace" || word == "strace":
			before = before || lowerCase(word)
			if !lowerCase(word) {
				return false
			}
		case before && (word[0] == '-' || number(word)):
		case setForProgram(word):
			before = true
		case before && clearProgram(word) && lowerCase(word):
			return rest == "" || (rest[0] == '-' || rest[0] == '/') && !is(word, tool) || strings.HasSuffix(rest, "&")
		default:
			return before && programOf(word) == notProgram && len(word) < 16 && oneWord(word) && rest != "" && takes(v)
		}
		v = rest
	}
	return false
}

// takes says whether the second word of v, behind the argument of an option, is a program and the last.
func takes(v string) bool {
	_, rest := cutWord(v)
	return clearProgram(rest) && lowerCase(rest)
}

// setForProgram says whether w is NAME=value, as before a command.
func setForProgram(w string) bool {
	n := wordLength(w)
	if n == 0 || n+1 >= len(w) || w[n] != '=' || isDigit(w[0]) || w[n+1] == '=' {
		return false
	}
	for i := range n {
		if c := w[i]; c|0x20 >= 'a' && c >= 'a' || c >= 0x80 {
			return false
		}
	}
	return true
}

// objectOfPowerShell finds (New-Object x), $x=New-Object y, and & 'C:\x'.
func objectOfPowerShell(v string) bool {
	if v[0] == '&' && len(v) > 5 && v[1] == ' ' && (v[2] == '\'' || v[2] == '"') {
		return v[4] == ':' && v[5] == '\\'
	}
	if v[0] != '$' && v[0] != '(' {
		return false
	}
	at := strings.Index(v, "New-Object ")
	if at < 0 {
		at = strings.Index(v, "Get-")
	}
	return at > 0 && at < 32 && (v[at-1] == '(' || v[at-1] == '=' || v[at-1] == ' ' && v[at-2] == '=')
}

// ownArguments says whether a program gets what nothing else does: tar xf a, date +%s, cp a.txt b.txt.
func ownArguments(name string, v string, a *arguments) bool {
	w := a.first
	switch {
	case name == "tar":
		return a.words > 1 && strings.Trim(w, "cxtzjJvfprkwm") == "" && strings.IndexByte(w, 'f') >= 0
	case name == "ps":
		return a.words == 1 && len(w) > 1 && len(w) < 6 && strings.Trim(w, "auxwfej") == ""
	case name == "date" || name == "chmod":
		return len(w) > 1 && (strings.HasPrefix(w, "+%") || name == "chmod" && w[0] == '+' || name == "chmod" && strings.IndexByte(w, '+') > 0)
	case is(name, shows) && w[0] == '-' && len(w) > 1 && isDigit(w[1]), is(name, shows|goes|feeds) && strings.HasPrefix(w, "./"):
		return a.prose == 0
	case (len(name) == 2 || is(name, tool)) && w[0] == '-' && len(w) > 2 && isWord(w[len(w)-1]) && isLetter(w[1]):
		return a.prose == 0 && lowerCase(w)
	}
	switch name {
	case "cp", "mv", "copy", "move", "ren", "del", "erase", "touch", "rm", "source":
		return a.words == a.files && a.words > 0 && (a.words > 1 || name == "touch" || name == "rm" || name == "del")
	case "echo", "printf", "cat", "type", "id", "ls", "dir":
		i := strings.LastIndexByte(v, '>')
		return i > len(name) && fileName(strings.Trim(v[i+1:], " ")) && oneFile(strings.Trim(v[i+1:], " "))
	}
	return false
}

// oneFile says whether s is a name without blanks.
func oneFile(s string) bool { return strings.IndexByte(s, ' ') < 0 }
