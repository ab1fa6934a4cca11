package signs

import "strings"

// line judges a short value that is nothing but a line for a shell: the program is known, or
// what stands around it is nothing but a shell's.
func (s *Score) line(value string, sh *shape) {
	v := strings.TrimSpace(value)
	if sh.lines || sh.text || len(v) < 3 || len(v) > 400 || s.points[Command] >= Refuse {
		return
	}
	if sh.has&(dollars|percents) != 0 && variableOnly(v) {
		s.add(Command, Refuse, "a variable of the shell and nothing else")
	}
	if sh.has&semis != 0 && loop(v) {
		s.add(Command, Refuse, "a loop or a condition of the shell")
	}
	if sh.has&angles != 0 && descriptors(v) {
		s.add(Command, Refuse, "an output sent to where only a shell sends it")
	}
	if sh.has&pipes != 0 && pipeline(v) {
		s.add(Command, Refuse, "one program's output for another")
	}
	if sh.has&dashes != 0 && unknownProgram(v) {
		s.add(Command, Refuse, "a separator, a name and its options")
	}
	if sh.has&squares != 0 && v[0] == '[' && strings.Contains(v, "]::") && strings.HasSuffix(v, ")") {
		s.add(Command, Refuse, "a call of PowerShell")
	}
	if v[0] == '!' && v[1] == '-' && isDigit(v[2]) {
		s.add(Command, Refuse, "a line of the shell's history")
	}
	if strings.HasPrefix(v, "%x(") || strings.HasPrefix(v, "%x{") || v[0] == '<' && sensitive(strings.TrimLeft(v, "</ ")) ||
		v[0] == '.' && v[1] == ' ' && v[2] == '/' && strings.Count(v, " ") == 1 {
		s.add(Command, Refuse, "a command line")
	}
	if sh.has&parens != 0 && callWithFile(v) {
		s.add(Code, Refuse, "a call that is given a file of the system")
	}
	s.form(v)
	s.knownLine(v)
}

// knownLine judges a value that begins with the name of a program as one types it.
func (s *Score) knownLine(v string) {
	w := readWord(v, 0)
	kind := w.program()
	name := v[:w.end]
	if w.end < len(v) && cmdlet(name) && (v[w.end] == ' ' || v[w.end] == '(') {
		s.cmdletLine(v, w.end)
		return
	}
	if kind == notProgram || !lowerCase(name) {
		return
	}
	if rest := v[w.end:]; kind == rareWord || name == "id" || name == "dir" {
		if len(rest) > 1 && rest[0] == ';' && (isDigit(rest[1]) || isQuote(rest[1])) && !is(name, tool) { // whoami;0'0'
			s.add(Command, Refuse, "a program and a separator")
		}
		if rest == ";" || rest == "|" || rest == "||" || rest == "&&" || rest == ";;" || rest == " #" || rest == " --" {
			s.add(Command, Refuse, "a program and a separator")
		}
	}
	a := readArguments(v, w.end)
	if a.end < len(v) && strings.Trim(v[a.end:], ";&| ") != "" || a.words == 0 {
		return
	}
	switch {
	case kind == plainWord && is(name, shows) && a.words == 1 && len(a.first) > 3 && a.first[0] == '/' && letterWord(a.first[1:]): // cat /dog
	case v[w.end] == ':': // git://, which is an address
	case place(a.first) && a.words == 1 && is(name, goes), is(name, network) && a.prose <= a.shell+1 && hostIn(v[w.end:]),
		duration(name, a.first) && a.words == 1, is(name, shows) && a.words == 1 && sourceFile(a.first):
		s.add(Command, Refuse, "a program and what it is to work on")
	case ownArguments(name, v, &a):
		s.add(Command, Refuse, "a program and arguments that only it has")
	case name == "free" && shortFlag(a.first), name == "shutdown" && shortFlag(a.first), name == "kill" && len(a.first) > 1 && strings.TrimLeft(a.first, "'\"")[:1] == "-" && a.prose == 0,
		a.options > 0 && a.shell > a.prose && (a.shell > 1 || shortFlag(a.first)) && a.prose < 2,
		name == "echo" && a.words == 1 && len(a.first) > 2 && a.first[0] == '%' && a.first[len(a.first)-1] == '%', redirected(v):
		s.add(Command, Refuse, "a command line")
	case kind == rareWord && a.options > 0 && a.prose <= a.shell+1 && a.words < 12 && len(name) > 3:
		s.add(Command, Refuse, "a program and its options")
	case subcommand(name, a.first) && a.words < 6:
		s.add(Command, Refuse, "a program and what it is to do")
	}
}

// cmdletLine judges a cmdlet of PowerShell, or one of its short names, at the beginning of v.
func (s *Score) cmdletLine(v string, at int) {
	rest := strings.TrimLeft(v[at:], " ")
	if rest == "" {
		return
	}
	if rest[0] == '(' && len(rest) > 3 || rest[0] == '-' && len(rest) > 3 || strings.ContainsAny(rest, `\:$|`) || fileName(rest) || oneWord(rest) && v[at] == ' ' && strings.IndexByte(v[:at], '-') > 0 {
		s.add(Command, Refuse, "a cmdlet of PowerShell and its arguments")
	}
}

// cmdlet says whether name is made as the cmdlets of PowerShell are: a verb, a dash and a name
// of several capitals or none, or is the short name of one that runs things.
func cmdlet(name string) bool {
	var buf [32]byte
	dash := strings.IndexByte(name, '-')
	if dash < 0 {
		low := string(lower(name, &buf))
		return low == "iex" || low == "iwr" || low == "irm" || low == "gci"
	}
	if len(name)-dash < 5 || !oneWord(name[dash+1:]) {
		return false
	}
	switch string(lower(name[:dash], &buf)) {
	case "get", "set", "new", "remove", "invoke", "start", "stop", "add", "write", "read", "import", "export", "convertto", "convertfrom", "test", "copy", "move",
		"select", "enable", "disable", "register", "enter", "restart", "clear", "rename", "expand", "compress", "format", "measure", "wait", "unblock", "out":
		return true
	}
	return false
}

// lowerCase says whether a name is written as programs are called, not as a sentence begins.
func lowerCase(name string) bool {
	for i := range len(name) {
		if name[i]-'A' < 26 {
			return false
		}
	}
	return name != ""
}

// place says whether w is a folder or a drive.
func place(w string) bool {
	return w == "/" || w == ".." || w == "~" || w == "." || len(w) > 1 && (w[0] == '/' || strings.HasPrefix(w, "../") || strings.HasPrefix(w, "..\\") || strings.HasPrefix(w, "~/") ||
		w[1] == ':' && len(w) > 2 && w[2] == '\\') || len(w) > 2 && w[0] == '%' && w[len(w)-1] == '%' || w == "*"
}

// hostIn says whether one of the arguments is an address, the name of a host or a URL.
func hostIn(arguments string) bool {
	for arguments = strings.TrimLeft(arguments, " \t"); arguments != ""; arguments = strings.TrimLeft(arguments, " \t") {
		end := strings.IndexAny(arguments, " \t;|&")
		if end < 0 {
			end = len(arguments)
		}
		if end == 0 {
			return false
		}
		w := arguments[:end]
		if i := strings.IndexByte(w, '@'); i >= 0 {
			w = w[i+1:]
		}
		if dot := strings.IndexByte(w, '.'); strings.Contains(w, "://") || address(w) || dot > 0 && dot+2 < len(w) && isWord(w[0]) && isLetter(w[len(w)-1]) {
			return true
		}
		arguments = arguments[end:]
	}
	return false
}

// duration says whether a program waits that long: sleep 5, timeout 5s.
func duration(name, w string) bool {
	if name != "sleep" && name != "usleep" {
		return false
	}
	return isDigit(w[0]) && number(strings.TrimRight(w, "smh"))
}

// sourceFile says whether w names program text, a configuration or a list, not a picture.
func sourceFile(w string) bool {
	dot := strings.LastIndexByte(w, '.')
	if dot < 0 {
		return false
	}
	var buf [32]byte
	switch string(lower(w[dot+1:], &buf)) {
	case "php", "py", "pl", "rb", "js", "sh", "txt", "log", "conf", "cfg", "ini", "env", "key", "pem", "sql", "db", "json", "xml", "yml", "yaml", "bak", "bat", "ps1",
		"htaccess", "htpasswd", "inc", "jsp", "asp", "aspx", "java", "c", "sqlite", "toml":
		return true
	}
	return false
}

func shortFlag(w string) bool {
	return len(w) > 1 && (w[0] == '-' && (len(w) < 4 || w[1] == '-') || w[0] == '/')
}

// subcommand says whether a program of many parts is told which.
func subcommand(name, w string) bool {
	switch name {
	case "ip":
		return w == "addr" || w == "route" || w == "link" || w == "neigh" || w == "a"
	case "systemctl":
		return w == "status" || w == "list-units" || w == "stop" || w == "start" || w == "restart"
	case "reg":
		return w == "query" || w == "add" || w == "delete" || w == "save" || w == "export"
	case "sc":
		return w == "query" || w == "create" || w == "config" || w == "qc"
	case "wmic":
		return w == "process" || w == "os" || w == "useraccount" || w == "qfe" || w == "product" || w == "service"
	case "netsh":
		return w == "advfirewall" || w == "firewall" || w == "wlan" || w == "interface"
	case "ps":
		return w == "aux" || w == "auxw" || w == "ax" || w == "auxf"
	case "route":
		return w == "print"
	case "query":
		return w == "user"
	case "nohup", "setsid", "xargs", "sudo", "doas", "strace", "stdbuf":
		return programOf(w) == rareWord || w == "id" || w == "cat"
	}
	return false
}
