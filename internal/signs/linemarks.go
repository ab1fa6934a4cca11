package signs

import "strings"

// variableOnly says whether v is one variable that shells set themselves, or an expansion of
// one that only a shell computes.
func variableOnly(v string) bool {
	last := v[len(v)-1]
	switch {
	case v[0] == '%' && strings.IndexByte(v[1:], '%') > 2 && last != '%': // %COMSPEC% /c dir
		name, rest, _ := strings.Cut(v[1:], "%")
		return (shellVariable(name) || strings.EqualFold(name, "comspec")) && rest != "" && (rest[0] == '\\' || strings.HasPrefix(rest, " /"))
	case v[0] == '$' && strings.IndexByte(v, ' ') > 2:
		name, rest, _ := strings.Cut(v[1:], " ")
		return shellVariable(name) && rest != "" && rest[0] == '-'
	case v[0] == '%' && last == '%':
		return shellVariable(v[1:len(v)-1]) || strings.EqualFold(v, "%comspec%")
	case v[0] != '$':
	case len(v) > 5 && strings.EqualFold(v[:5], "$env:"):
		return oneWord(v[5:])
	case v[1] == '{' && last == '}':
		return expands(v[2 : len(v)-1])
	default:
		return shellVariable(v[1:]) || v == "$PSVersionTable"
	}
	return false
}

// expands judges the inside of ${...}.
func expands(body string) bool {
	n := wordLength(body)
	switch {
	case n == 0:
		return len(body) > 1 && (body[0] == '#' || body[0] == '!') && oneWord(strings.TrimRight(body[1:], "@*"))
	case n == len(body):
		return shellVariable(body)
	}
	switch rest := body[n:]; rest[0] {
	case ':':
		return len(rest) > 1 && strings.IndexByte("-=?+", rest[1]) >= 0
	case '/':
		return strings.Count(rest, "/") > 1 && !strings.Contains(rest, " ")
	case '%', '#':
		return len(rest) > 1 && rest[1] != ' '
	case '^', ',':
		return len(rest) == 1 || len(rest) == 2 && rest[1] == rest[0]
	case '@':
		return len(rest) == 2
	}
	return false
}

// shellVariable says whether a variable is one of the shell's own, whose name is no one's
// placeholder.
func shellVariable(name string) bool {
	switch name {
	case "IFS", "SHELL", "BASH", "BASH_VERSION", "BASHPID", "PWD", "OLDPWD", "UID", "EUID", "PPID", "HOSTNAME", "LD_PRELOAD", "LD_LIBRARY_PATH", "LS_COLORS", "PS1",
		"PATH", "RANDOM", "HISTFILE", "SHLVL", "COMSPEC", "SYSTEMROOT", "SystemRoot", "WINDIR", "windir", "USERPROFILE", "APPDATA", "PROGRAMFILES", "ProgramFiles",
		"PATHEXT", "ERRORLEVEL", "COMPUTERNAME", "SYSTEMDRIVE", "SystemDrive":
		return true
	}
	return false
}

// loop says whether v is a loop or a condition of a Unix shell on one line.
func loop(v string) bool {
	n := wordLength(v)
	if n < 2 || n > 6 || n == len(v) || v[n] != ' ' {
		return false
	}
	rest, end := v[n:], strings.TrimRight(v, "; &")
	switch v[:n] {
	case "for", "while", "until", "select":
		return (strings.Contains(rest, ";do ") || strings.Contains(rest, "; do ")) && strings.HasSuffix(end, "done")
	case "if":
		return (strings.Contains(rest, ";then ") || strings.Contains(rest, "; then ")) && strings.HasSuffix(end, "fi")
	case "case":
		return strings.Contains(rest, " in ") && strings.Contains(rest, ";;") && strings.HasSuffix(end, "esac")
	}
	return false
}

// descriptors finds 2>&1, >&2 and 2>/dev/null.
func descriptors(v string) bool {
	for i := strings.IndexByte(v, '>'); i >= 0; {
		rest := v[i+1:]
		numbered := i > 0 && isDigit(v[i-1]) && (i == 1 || isBlank(v[i-2]))
		if len(rest) > 1 && rest[0] == '&' && isDigit(rest[1]) && (len(rest) == 2 || !isWord(rest[2])) ||
			numbered && strings.HasPrefix(strings.TrimLeft(rest, " "), "/dev/null") || strings.HasPrefix(strings.TrimLeft(rest, "> "), "/dev/null") {
			return true
		}
		next := strings.IndexByte(rest, '>')
		if next < 0 {
			return false
		}
		i += next + 1
	}
	return false
}

// redirected says whether the output of v goes to a file in a folder.
func redirected(v string) bool {
	i := strings.IndexByte(v, '>')
	if i < 1 {
		return false
	}
	w := strings.TrimLeft(v[i:], "> ")
	return w != "" && !strings.Contains(w, " ") && (w[0] == '/' || w[0] == '~' || w[0] == '.' || len(w) > 2 && w[1] == ':')
}

// pipeline says whether v is a program, and behind each bar another, one of which is no word of
// any language.
func pipeline(v string) bool {
	rare := false
	for n := 0; ; n++ {
		if n > 8 {
			return false
		}
		v = strings.TrimLeft(v, " ")
		w := readWord(v, 0)
		kind := w.program()
		if kind == notProgram || !wordEnds(v, w.end) || !lowerCase(v[:w.end]) {
			return false
		}
		name := string(w.name[:w.size])
		plain := strings.TrimRight(v[w.end:], " ") == "" || v[w.end] == ' ' && strings.HasPrefix(strings.TrimLeft(v[w.end:], " "), "|")
		if plain && is(name, tool) { // vim | emacs
			kind = plainWord
		}
		rare = rare || n > 0 && (kind == rareWord || name == "sh" || name == "at" || name == "sudo") || n == 0 && (kind == rareWord || name == "echo")
		bar := strings.IndexByte(v, '|')
		if bar < 0 {
			return n > 0 && rare
		}
		if bar+1 < len(v) && v[bar+1] == '|' {
			return false
		}
		v = v[bar+1:]
	}
}

// unknownProgram says whether v begins with a separator, directly behind it a name as programs
// have, and an option: ;tool --version, |tool -x.
func unknownProgram(v string) bool {
	if strings.IndexByte(";|&", v[0]) < 0 {
		return false
	}
	rest := strings.TrimLeft(v, ";|& ")
	n := 0
	for n < len(rest) && (isWord(rest[n]) || strings.IndexByte("./-", rest[n]) >= 0) {
		n++
	}
	if n < 2 || n > 32 || n+2 >= len(rest) || rest[n] != ' ' || rest[n+1] != '-' || !lowerCase(rest[:n]) || rest[0] >= 0x80 || !isLetter(rest[0]) && rest[0] != '/' && rest[0] != '.' {
		return false
	}
	option := rest[n+1:]
	if end := strings.IndexByte(option, ' '); end >= 0 {
		option = option[:end]
	}
	return len(option) == 2 && isLetter(option[1]) || len(option) > 4 && option[1] == '-' && isLetter(option[2])
}

// callWithFile says whether the first string behind a parenthesis is a file of the system.
func callWithFile(v string) bool {
	i := strings.IndexAny(v, "'\"")
	return i > 1 && v[i-1] == '(' && isWord(v[i-2]) && sensitive(strings.TrimLeft(v[i+1:], "/"))
}
