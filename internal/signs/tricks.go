package signs

import "strings"

// tricks looks for what is written so that a filter of words does not know it: a name that is
// put together by a shell, named by a variable or by an option that runs it.
func (s *Score) tricks(value string, sh *shape) {
	v := strings.TrimSpace(value)
	if sh.text || sh.lines || len(v) < 3 || len(v) > 400 || s.points[Command] >= Refuse {
		return
	}
	if sh.has&percents != 0 && cutVariable(v) {
		s.add(Command, Refuse, "a variable of cmd.exe that is cut")
	}
	if sh.has&punctuation != 0 && careted(v) {
		s.add(Command, Refuse, "the name of a program, split by carets")
	}
	if sh.has&squares != 0 && sh.has&slashes != 0 && bracketed(v) {
		s.add(Command, Refuse, "a path with wildcards in the place of letters")
	}
	if sh.has&(dollars|quotes) != 0 {
		s.gluedSubstitution(v)
		s.quotedProgram(v)
	}
	if sh.has&dollars != 0 && namedByVariable(v) {
		s.add(Command, Refuse, "a program that a variable names")
	}
	if sh.has&(semis|pipes) != 0 && secondProgram(v) {
		s.add(Command, Refuse, "a separator, a name and its options")
	}
	if sh.has&angles != 0 && processSubstitution(v) {
		s.add(Command, Refuse, "a command that a shell reads as a file")
	}
	if sh.has&dashes != 0 && (v[0] == '-' && optionRuns(v) || parameters(strings.TrimLeft(v, ";|&")) || launches(v)) {
		s.add(Command, Refuse, "an option that runs a program, or a cmdlet and its options")
	}
	if v[0] == '$' && variableName(v) == len(v) {
		s.add(Command, Weak, "a variable and nothing else")
	}
}

// cutVariable finds %NAME:~10,-18%.
func cutVariable(v string) bool {
	for i := strings.IndexByte(v, '%'); i >= 0; {
		rest := v[i+1:]
		n := wordLength(rest)
		if cut, ok := strings.CutPrefix(rest[n:], ":~"); ok && n > 0 {
			digits := len(cut) - len(strings.TrimLeft(cut, "0123456789-,"))
			if digits > 0 && digits < len(cut) && cut[digits] == '%' {
				return true
			}
		}
		next := strings.IndexByte(rest[n:], '%')
		if next < 0 {
			return false
		}
		i += 1 + n + next
	}
	return false
}

// careted finds w^h^o^a^m^i: cmd.exe drops the carets.
func careted(v string) bool {
	var name [32]byte
	for at := 0; at < len(v); at++ {
		if at > 0 && strings.IndexByte(" ;|&(\"@", v[at-1]) < 0 {
			continue
		}
		size, carets, end := 0, 0, at
		for ; end < len(v) && size < len(name) && (isLetter(v[end]) || v[end] == '^'); end++ {
			if v[end] == '^' {
				carets++
				continue
			}
			name[size] = v[end]
			size++
		}
		if carets > 0 && size > 2 && (isLetter(v[at]) || carets > 2) && (carets > 1 || size > 3 || programOf(string(name[:size])) == rareWord) && (programOf(string(name[:size])) != notProgram || carets > 3 && carets == size-1) {
			return true
		}
		at = max(at, end-1)
	}
	return false
}

// bracketed finds /bi[n]/bash and /[e]tc: brackets around one letter of a folder of the system.
func bracketed(v string) bool {
	var plain [32]byte // no longer, so that its text needs no memory
	for i := 0; i < len(v); i++ {
		if v[i] != '/' || i > 0 && isWord(v[i-1]) {
			continue
		}
		size, groups, end := 0, 0, i+1
		for ; end < len(v) && size < len(plain)-1 && !isBlank(v[end]); end++ {
			if n := letterGroup(v[end:]); n > 0 {
				plain[size] = v[end+1]
				groups++
				end += n - 1
			} else {
				plain[size] = v[end]
			}
			size++
		}
		if size < len(plain) {
			plain[size] = '/'
			size++
		}
		if groups > 0 && systemFolder(string(plain[:size])) {
			return true
		}
		i = end - 1
	}
	return false
}

// letterGroup returns the length of brackets around one letter at the beginning of s, and slashes that
// make no difference: [e], [e//]; 0 for none.
func letterGroup(s string) int {
	if len(s) < 3 || s[0] != '[' || !isLetter(s[1]) {
		return 0
	}
	n := 2
	for n < len(s) && s[n] == '/' {
		n++
	}
	if n == len(s) || s[n] != ']' {
		return 0
	}
	return n + 1
}

// gluedSubstitution finds a command whose output is put into the middle of the only word of a
// value, and one that is what a program gets: a`echo b`c, a$(b)c, cat `echo x`.
func (s *Score) gluedSubstitution(v string) {
	open, skip, last := strings.IndexByte(v, '`'), 1, byte('`')
	if open < 0 {
		open, skip, last = strings.Index(v, "$("), 2, ')'
	}
	if open < 1 {
		return
	}
	body := v[open+skip:]
	end := strings.IndexByte(body, last)
	if end < 1 {
		return
	}
	tail, head := body[end+1:], v[:open]
	body = body[:end]
	if isWord(v[open-1]) && tail != "" && isWord(tail[0]) && !strings.Contains(head, " ") && !strings.Contains(tail, " ") && (isLetter(body[0]) || body[0] == ':') {
		s.add(Command, points(last == '`' || lowerCase(body), Refuse, Weak), "a command whose output is put into a word")
	}
	if last == '`' && tail == "" && strings.HasSuffix(head, " ") && fed(strings.TrimRight(head, " ")) {
		if w := readWord(body, 0); w.program() != notProgram && w.end < len(body) && body[w.end] == ' ' {
			s.add(Command, Refuse, "a command whose output is what a program gets")
		}
	}
}

// fed says whether a program is one that is told what to work on, and no word of an instruction.
func fed(name string) bool {
	return is(name, feeds) || programOf(name) == rareWord && lowerCase(name)
}

// quotedProgram judges a quote, a blank and a program, and nothing else: it ends a string of the
// app's own command.
func (s *Score) quotedProgram(v string) {
	if v[0] != '\'' && v[0] != '"' || v[1] != ' ' && v[1] != ';' {
		return
	}
	name := strings.Trim(v[1:], " '\";#")
	if lowerCase(name) && oneWord(name) && (programOf(name) == rareWord || name == "id") {
		s.add(Command, Refuse, "a quote and a program")
	}
}

// variableName returns the length of $name or ${name} at the beginning of v, 0 for none.
func variableName(v string) int {
	if len(v) < 2 || v[0] != '$' {
		return 0
	}
	braced := v[1] == '{'
	start := 1
	if braced {
		start = 2
	}
	n := wordLength(v[start:])
	if n == 0 || !isLetter(v[start]) || v[start] >= 0x80 {
		return 0
	}
	if !braced {
		return start + n
	}
	if start+n < len(v) && v[start+n] == '}' {
		return start + n + 1
	}
	return 0
}

// namedByVariable finds ${SHELL} -c x at the beginning, and ; $u wget x behind a separator.
func namedByVariable(v string) bool {
	for i := 0; i < len(v); i++ {
		behind := i > 0
		if behind {
			if strings.IndexByte(";|&", v[i]) < 0 {
				continue
			}
			i++
		}
		at := i + len(v[i:]) - len(strings.TrimLeft(v[i:], " ;|&"))
		n := variableName(v[at:])
		if n == 0 {
			i = max(i, at-1)
			continue
		}
		own := shellVariable(strings.Trim(v[at:at+n], "${}"))
		word, _ := cutWord(v[at+n:])
		behind = behind || at > 0
		switch {
		case own && behind && word == "":
			return true
		case word == "" || v[at+n] != ' ':
		case own && len(word) > 1 && word[0] == '-' && isLetter(word[1]):
			return true
		case behind && (option(word) || strings.Contains(word, "://") || programOf(word) == rareWord || sensitive(strings.TrimLeft(word, "/"))),
			at == 1 && programOf(word) != notProgram && lowerCase(word): // ;$x cat y
			return true
		}
		i = at + n - 1
	}
	return false
}

// option says whether w is -x or --long and nothing else.
func option(w string) bool {
	if name, ok := strings.CutPrefix(w, "--"); ok {
		name, _, _ = strings.Cut(name, "=")
		return len(name) > 1 && isLetter(name[0]) && isWord(name[len(name)-1])
	}
	return len(w) == 2 && w[0] == '-' && isLetter(w[1]) && w[1] < 0x80
}

// secondProgram judges a known program or nothing, a separator, and behind it any name with what
// only a program gets: time; other -x 192.0.2.1.
func secondProgram(v string) bool {
	sep := strings.IndexAny(v, ";|")
	if sep < 0 {
		return false
	}
	head := strings.TrimRight(v[:sep], " ")
	kind := programOf(head)
	if head != "" && (kind == notProgram && !keyword(head) && !targetName(head) || !lowerCase(head)) {
		return false
	}
	rest := strings.TrimLeft(v[sep:], ";| ")
	tight := len(v)-sep-len(rest) == 1
	n := 0
	for n < len(rest) && (isWord(rest[n]) || rest[n] == '-' || rest[n] == '.' || rest[n] == '/') {
		n++
	}
	if n < 2 || n >= len(rest) || rest[n] != ' ' || !lowerCase(rest[:n]) || rest[0] >= 0x80 || rest[0] == '-' {
		return false
	}
	first, more := cutWord(rest[n:])
	switch {
	case option(first):
		return true
	case len(first) > 3 && first[0] == '-' && isLetter(first[1]) && isWord(first[len(first)-1]):
		next, _ := cutWord(more)
		return strings.ContainsAny(next, "/.,=$:") && strings.TrimRight(next, ".,:") == next
	case strings.IndexByte(rest[:n], '-') > 0 && strings.Count(more, " ") < 2 && sourceFile(more):
		return true
	case first == "dump" || first == "exec" || first == "run" || first == "eval":
		return (head == "" && tight || kind == rareWord || strings.IndexByte(rest[:n], '-') > 0) && strings.Count(more, " ") < 2
	}
	return false
}

// keyword says whether a word is a shell's own, which does nothing by itself.
func keyword(w string) bool {
	switch w {
	case "true", "false", ":", "done", "fi", "then", "do", "else", "esac":
		return true
	}
	return false
}

// processSubstitution finds <(tool -v) and >(tee x).
func processSubstitution(v string) bool {
	for i := strings.IndexByte(v, '('); i > 0; {
		rest := v[i+1:]
		if v[i-1] == '<' || v[i-1] == '>' {
			n := wordLength(rest)
			end := strings.IndexByte(rest, ')')
			if n > 1 && end >= n && lowerCase(rest[:n]) {
				first, _ := cutWord(rest[n:end])
				if programOf(rest[:n]) != notProgram && (end == n || rest[n] == ' ') || option(first) || i == 1 && end == n && end == len(rest)-1 {
					return true
				}
			}
		}
		next := strings.IndexByte(rest, '(')
		if next < 0 {
			return false
		}
		i += next + 1
	}
	return false
}

// optionRuns says whether v is an option that names a program to run.
func optionRuns(v string) bool {
	end := strings.IndexAny(v, "= ")
	if end < 3 || end > 32 || strings.Trim(v[end+1:], " \"'") == "" {
		return false
	}
	var buf [32]byte
	name := strings.TrimLeft(string(lower(v[:end], &buf)), "-")
	switch name {
	case "wrapper", "use-compress-program", "to-command", "checkpoint-action", "oproxycommand", "olocalcommand", "proxy-command", "rsh-command", "upload-pack",
		"receive-pack", "use-askpass", "pre-command", "post-command", "ssh-command", "renderer-cmd-prefix", "browser-subprocess-path", "utility-cmd-prefix":
		return true
	}
	return strings.HasSuffix(name, "-launcher") || strings.HasSuffix(name, "-cmd-prefix")
}

// launches says whether an option that names a program to run stands in v: x --y-launcher=z.
func launches(v string) bool {
	for _, end := range [...]string{"-launcher=", "-cmd-prefix="} {
		i := strings.Index(v, end)
		start := i
		for start > 0 && (isWord(v[start-1]) || v[start-1] == '-') {
			start--
		}
		if i > 0 && strings.HasPrefix(v[start:], "--") && i+len(end) < len(v) {
			return true
		}
	}
	return false
}

// parameters says whether v is a cmdlet of PowerShell or its short name with two parameters that
// have names: Verb-Noun -Name x -Other y.
func parameters(v string) bool {
	name, rest := cutWord(v)
	dash := strings.IndexByte(name, '-')
	short := false
	switch name {
	case "gwmi", "gci", "gcim", "iwr", "irm", "icm", "saps", "sajb", "gsv", "gps", "gal", "ipmo", "icim", "sls", "spps", "iwmi", "rwmi", "swmi":
		short = true
	}
	if !short && (dash < 2 || dash+3 >= len(name) || name[0]-'A' >= 26 || name[dash+1]-'A' >= 26 || !oneWord(name[:dash]) || !oneWord(name[dash+1:])) {
		return false
	}
	named := 0
	for rest != "" && named < 2 {
		var word string
		word, rest = cutWord(rest)
		if len(word) > 2 && word[0] == '-' && (word[1]-'A' < 26 || short && isLetter(word[1])) && oneWord(word[1:]) {
			named++
		}
	}
	return named > 1
}
