package signs

import "strings"

// code looks for program text where a value should be: a call that runs programs, code
// of PHP, Perl or Java that breaks out of a string, lookups of Log4j, and objects in the
// formats whose readers build whatever they are told.
func (s *Score) code(value string, sh *shape) {
	text, strong := sh.text, sh.strong()
	s.serialised(value, strong)
	if sh.has&(quotes|dollars) != 0 {
		s.builders(value, strong)
	}
	if sh.has&parens != 0 {
		s.calls(value, sh)
	}
	if sh.has&dollars != 0 {
		s.lookups(value, strong)
		s.php(value, text)
	}
	if sh.has&angles != 0 {
		s.includes(value, sh)
	}
	if sh.has&ats != 0 && strings.Contains(value, "@{[") || sh.has&percents != 0 && (strings.Contains(value, "%{#") || strings.Contains(value, "%{(#")) {
		s.add(Code, strong, "an expression of Perl or OGNL")
	}
	if sh.has&slashes != 0 && (strings.Contains(value, `\write18`) || strings.Contains(value, `\input{/`) || strings.Contains(value, `\include{/`)) {
		s.add(Code, strong, "LaTeX that runs a program or reads a file")
	}
	if !text && len(value) < 256 && serverObject(value) || !text && strings.HasPrefix(value, "global.process.") || sh.has&dots != 0 && strings.HasPrefix(value, "process.mainModule") {
		s.add(Code, strong, "the program that runs the app")
	}
	if !text && (endless(value) || loopOnly(value)) {
		s.add(Code, Refuse, "a loop that does not end")
	}
	if !text && sh.has&colons != 0 && (strings.Contains(value, ":constructor:constructor") || strings.Contains(value, ":__proto__:") || strings.Contains(value, `"constructor":{"prototype"`)) {
		s.add(Code, Refuse, "the constructor of every function")
	}
	if strings.Contains(value, "__proto__") || sh.has&(squares|dots) != 0 && (strings.Contains(value, "constructor[prototype]") || strings.Contains(value, "constructor.prototype")) {
		s.add(Code, points(!text && !strings.Contains(value, " "), Refuse, Weak), "the prototype of every object")
	}
}

// callMark is a text that only program text has, and that needs no parsing.
var codeMarks = [...]string{
	"__import__(", "os.system(", "os.popen(", "subprocess.", "eval(compile(", "require('child_process'", `require("child_process"`, "process.mainModule",
	"process.binding(", ".constructor.constructor(", "java.lang.Runtime", "java.lang.ProcessBuilder", "Process.spawn(", "Runtime.getRuntime(", "#_memberAccess",
	"T(java.lang", "createObject(\"wscript", "String.fromCharCode(", ".__subclasses__(", "pg_read_file(", "child_process').exec", "IO.popen(", "Kernel.exec",
	"System.shell(", "System.cmd(", ":os.cmd(", "Kernel.system(", "Kernel.spawn(",
}

// calls finds program text by the functions in it.
func (s *Score) calls(value string, sh *shape) {
	open := strings.IndexByte(value, '(')
	for n := 0; open >= 0 && n < 4096; n++ {
		s.call(value, open, sh)
		next := strings.IndexByte(value[open+1:], '(')
		if next < 0 {
			break
		}
		open += next + 1
	}
	if sh.text || !strings.ContainsAny(value, "._") {
		return
	}
	for _, mark := range codeMarks {
		if strings.Contains(value, mark) {
			s.add(Code, points(sh.begins(strings.Index(value, mark)), Refuse, Weak), "program text that runs programs")
		}
	}
}

// call judges the function whose parenthesis opens at value[open].
func (s *Score) call(value string, open int, sh *shape) {
	start := open
	for start > 0 && (isWord(value[start-1]) || value[start-1] == '\\') && open-start < 32 {
		start--
	}
	name := value[start:open]
	if name == "" {
		return
	}
	var buf [32]byte
	argument := value[open+1:]
	quoted := argument != "" && (argument[0] == '\'' || argument[0] == '"' || argument[0] == '$' || argument[0] == '\\')
	before := byte(0)
	if start > 0 {
		before = value[start-1]
	}
	began := start == 0 || start == 1 && before == ':' || strings.IndexByte(";|&{@'\"( ./=!", before) >= 0
	joined := start > 1 && before == '.' && (value[start-2] == '\'' || value[start-2] == '"')
	kind := callKind(string(lower(name, &buf)))
	switch {
	case kind == 0 || !began || sh.text && !joined:
	case joined && strings.IndexByte(argument, ')') >= 0:
		s.add(Code, Refuse, "a call that is joined to the app's string")
	case kind == 2 && (quoted || strings.HasPrefix(argument, ")")) && sh.begins(start) && before != '.':
		s.add(Code, Refuse, "a call that runs programs")
	case kind == 1 && quoted && start < 3 && before != '.' && (len(value) < 300 || !sh.lines && len(value) < 2048):
		s.add(Code, Refuse, "a call that runs programs")
	case quoted && before != '.':
		s.add(Code, Weak, "what may be a call that runs programs")
	}
}

// callKind is 2 for functions that run programs or show the server, 1 for those of which
// harmless code is full too, 0 for others.
func callKind(name string) int {
	switch name {
	case "system", "passthru", "shell_exec", "phpinfo", "proc_open", "pcntl_exec", "popen", "file_get_contents", "file_put_contents", "call_user_func", "readfile", "phpversion",
		"base64_decode", "str_rot13", "create_function", "preg_replace", "unserialize", "spawnsync", "execsync":
		return 2
	case "exec", "eval", "assert", "sleep", "spawn", "require", "include", "usleep", "md5", "compile":
		return 1
	}
	return 0
}

// php finds the variables of a request and complex expressions in strings of PHP.
func (s *Score) php(value string, text bool) {
	strong := points(!text, Refuse, Weak)
	if strings.Contains(value, "${@") || strings.Contains(value, "{${") {
		s.add(Code, strong, "an expression in a string of PHP")
	}
	if i := strings.Index(value, "$_"); i >= 0 && strings.IndexByte(value[i:], '[') > 0 && !text {
		for _, name := range [...]string{"$_GET[", "$_POST[", "$_REQUEST[", "$_COOKIE[", "$_SERVER["} {
			if strings.HasPrefix(value[i:], name) {
				s.add(Code, points(strings.ContainsAny(value[:i], "{(`"), Refuse, Weak), "a variable of PHP")
			}
		}
	}
}

// lookups finds ${jndi:...} and what is written to hide it: ${${lower:j}ndi:, ${::-j}.
func (s *Score) lookups(value string, strong uint8) {
	for i := strings.Index(value, "${"); i >= 0; {
		rest := value[i+2 : min(len(value), i+2+24)]
		colon := strings.IndexByte(rest, ':')
		var buf [32]byte
		switch name := string(lower(rest[:max(colon, 0)], &buf)); {
		case colon < 0:
		case name == "jndi", name == "lower", name == "upper", name == "date" && strings.Contains(rest, "'"), strings.HasPrefix(rest, "::-"),
			strings.HasPrefix(rest, ":") && strings.Contains(rest, ":-") && i+2 < len(value):
			s.add(Code, strong, "a lookup of Log4j")
		case name == "env" || name == "sys" || name == "java" || name == "ctx":
			s.add(Code, points(strings.Contains(rest, ":-"), strong, Weak), "a lookup of Log4j")
		}
		next := strings.Index(value[i+2:], "${")
		if next < 0 {
			return
		}
		i += next + 2
	}
	if i := strings.Index(value, "jndi:"); i > 0 && strings.Contains(value, "{") && strings.Contains(value[i:], "//") {
		s.add(Code, strong, "a lookup of Log4j")
	}
}

// includes finds program text in marks: <?php, <!--#exec, <esi:include.
func (s *Score) includes(value string, sh *shape) {
	for i := strings.IndexByte(value, '<'); i >= 0; {
		rest := value[i:]
		switch {
		case len(rest) < 3 || strings.IndexByte("?!eE", rest[1]) < 0:
		case foldPrefix(rest, "<?php") || strings.HasPrefix(rest, "<?="):
			s.add(Code, points(!sh.text && sh.begins(i), Refuse, Weak), "program text of PHP")
		case foldPrefix(rest, "<!--#exec"), foldPrefix(rest, "<!--#include"), foldPrefix(rest, "<!--#echo"), foldPrefix(rest, "<!--#printenv"), foldPrefix(rest, "<!--#set"):
			s.add(Code, sh.strong(), "a server-side include")
		case foldPrefix(rest, "<esi:"):
			s.add(Code, sh.strong(), "an edge-side include")
		}
		next := strings.IndexByte(value[i+1:], '<')
		if next < 0 {
			return
		}
		i += next + 1
	}
}

// endless says whether value begins with a loop whose condition is a constant: while(!0), for(;;).
func endless(value string) bool {
	if strings.HasPrefix(value, "for(;;)") {
		return true
	}
	body, found := strings.CutPrefix(value, "while(")
	end := strings.IndexByte(body[:min(len(body), 16)], ')')
	if !found || end < 1 {
		return false
	}
	switch body = strings.TrimLeft(body[:end], "!+-~ "); body {
	case "NaN", "Infinity", "null", "undefined", "''", `""`, "``", "[]", "{}":
		return true
	}
	return number(body) && body != ""
}

// loopOnly says whether value is a loop with nothing in it: while(true);
func loopOnly(value string) bool {
	body, found := strings.CutPrefix(value, "while(")
	condition := strings.TrimRight(body, ";){} ")
	if !found || len(condition) == len(body) || len(condition) > 32 {
		return false
	}
	name := strings.TrimPrefix(strings.TrimLeft(condition, "(!+-~ "), "new ")
	not := strings.Count(condition, "!")%2 == 1
	return dotted(name) && not == (name == "false" || number(name) && strings.Trim(name, "0.") == "")
}

// serverObject says whether value begins with an object of Node that shows or runs something, in the way
// that gets by a filter of names with dots: process["env"].
func serverObject(value string) bool {
	n := wordLength(value)
	if n == len(value) || value[n] != '[' || len(value) < n+3 {
		return strings.HasPrefix(value, "module.exports=")
	}
	switch value[:n] {
	case "process", "require", "console", "module":
		return isQuote(value[n+1]) || isLetter(value[n+1]) && strings.IndexByte(value, ']') < 0
	}
	return false
}

// foldPrefix says whether s begins with prefix, which is in lower case, without regard to case.
func foldPrefix(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := s[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}
