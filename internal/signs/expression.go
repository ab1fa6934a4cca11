package signs

import "strings"

// expression is what stands in the delimiters of a template.
type expression struct {
	gadget        bool // reaches for the internals of the language: __class__, getClass, constructor
	danger        bool // calls what runs programs or reads files
	numbers       bool // an operation on constants and nothing else: 7*7
	root          bool // an object of the framework: config, request, self
	bare          bool // such an object and nothing else
	filtered      bool // a filter with an argument on a constant: 7|add:7
	literalMethod bool // an attribute of a constant: ''.x
	assigns       bool
	calls, empty  int // of these, methods without arguments
	words         int
}

// readExpression walks over the names, constants and operators of an expression. code says
// that it is program text, where a backtick runs a command.
func readExpression(body string, code bool) (e expression) {
	operators, constants, others, depth := 0, 0, 0, 0
	prevConstant := false
	for i := 0; i < len(body); {
		c := body[i]
		switch {
		case isBlank(c):
			i++
		case c == '\'' || c == '"':
			end := stringEnd(body, i)
			e.inString(body[i:end])
			prevConstant = true
			constants++
			i = end
		case isDigit(c):
			i = numberEnd(body, i)
			prevConstant = true
			constants++
		case isLetter(c) || c == '$':
			end := i + 1 + wordLength(body[i+1:])
			e.name(body, i, end)
			prevConstant = false
			others++
			i = end
		case c == '`' && code, c == '%' && strings.HasPrefix(body[i:], "%x"):
			e.danger = true
			i++
		case strings.IndexByte("+-*/%^", c) >= 0:
			operators++
			prevConstant = false
			i++
		case c == '=' && i+1 < len(body) && body[i+1] != '=' && (i == 0 || strings.IndexByte("=!<>", body[i-1]) < 0):
			e.assigns = e.assigns || depth == 0 && !prevConstant && strings.IndexByte(body[:i], '|') < 0 // else it names an argument
			i++
		case prevConstant && comparedBy(body[i:]) > 0:
			operators++
			prevConstant = false
			i += comparedBy(body[i:])
		case c == '.' && prevConstant && i+1 < len(body) && isLetter(body[i+1]), (c == ']' || c == ')') && strings.HasPrefix(body[i+1:], ".__"):
			e.literalMethod = true
			i++
		case c == '?' && strings.HasPrefix(body[i:], "?new("):
			e.gadget = true
			i += 4
		default:
			e.filtered = e.filtered || c == '|' && prevConstant && depth == 0 && filter(body[i+1:])
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
			prevConstant = prevConstant && c == ')'
			i++
		}
	}
	e.numbers = operators > 0 && constants > 1 && others == 0
	e.bare = e.words == 1 && e.root && others == 1
	return e
}

// comparedBy returns the length of the comparison at the beginning of s, 0 for none.
func comparedBy(s string) int {
	switch {
	case len(s) > 1 && s[1] == '=' && strings.IndexByte("=!<>", s[0]) >= 0:
		return 2
	case s[0] == '<' || s[0] == '>':
		return 1
	}
	return 0
}

// filter says whether a filter with an argument stands at the beginning of s: add:7, add(7).
func filter(s string) bool {
	n := wordLength(s)
	return n > 0 && isLetter(s[0]) && n < len(s) && (s[n] == ':' || s[n] == '(')
}

// numberEnd returns the offset behind the number that begins at body[i].
func numberEnd(body string, i int) int {
	for i < len(body) && (isDigit(body[i]) || body[i] == '.' && i+1 < len(body) && isDigit(body[i+1])) {
		i++
	}
	return i
}

// stringEnd returns the offset behind the string that begins at body[i].
func stringEnd(body string, i int) int {
	for end := i + 1; end < len(body); end++ {
		switch body[end] {
		case '\\':
			end++
		case body[i]:
			return end + 1
		}
	}
	return len(body)
}

// inString looks for names that were written as strings to hide them.
func (e *expression) inString(text string) {
	switch {
	case strings.Contains(text, "__"), strings.Contains(text, `\x5f`), strings.Contains(text, "\\u005f"), strings.Contains(text, "java.lang"),
		strings.Contains(text, "javax.script"), strings.Contains(text, "freemarker.template"), strings.Contains(text, "child_process"):
		e.gadget = true
	case len(text) < 40 && expressionWord(strings.Trim(text, `'"`)) >= callDanger:
		e.danger = true
	}
}

// name judges one name of an expression.
func (e *expression) name(body string, start, end int) {
	e.words++
	word := body[start:end]
	called := end < len(body) && (body[end] == '(' || body[end] == '[')
	for next := end; !called && next < len(body) && body[next] == ' '; next++ {
		called = next+1 < len(body) && (body[next+1] == '(' || body[next+1] == '\'' || body[next+1] == '"')
	}
	if end < len(body) && body[end] == '(' {
		e.calls++
		if method := start > 0 && body[start-1] == '.'; method && strings.HasPrefix(body[end:], "()") {
			e.empty++
		}
	}
	if len(word) > 5 && word[:2] == "__" && strings.HasSuffix(word, "__") || word == "__" {
		e.gadget = true
		return
	}
	if end < len(body) && body[end] == '(' && (word == "include" || word == "dump") || word == "_context" {
		e.danger = true
		return
	}
	method := start > 0 && (body[start-1] == '.' || body[start-1] == '|')
	switch expressionWord(word) {
	case alwaysGadget:
		e.gadget = true
	case memberGadget:
		e.gadget = e.gadget || method || called
	case alwaysDanger:
		e.danger = true
	case callDanger:
		e.danger = e.danger || called
	case frameworkRoot:
		e.root = e.root || !method
	case javaPackage:
		e.gadget = e.gadget || !method && end < len(body) && body[end] == '.' && start > 0 && body[start-1] == '('
	}
}

// expressionKind says what a name in an expression is good for.
type expressionKind uint8

const (
	anyName expressionKind = iota
	javaPackage
	frameworkRoot
	memberGadget
	callDanger
	alwaysDanger
	alwaysGadget
)

func expressionWord(word string) expressionKind {
	if !expressionShapes.may(word) {
		return anyName
	}
	var buf [32]byte
	return expressionWords[string(lower(word, &buf))]
}

var expressionWords = map[string]expressionKind{
	"getclass": alwaysGadget, "forname": alwaysGadget, "getruntime": alwaysGadget, "processbuilder": alwaysGadget, "scriptenginemanager": alwaysGadget,
	"getclassloader": alwaysGadget, "getdeclaredconstructors": alwaysGadget, "getprotectiondomain": alwaysGadget, "methodclosure": alwaysGadget,
	"_templatereference__context": alwaysGadget, "registerundefinedfiltercallback": alwaysGadget, "_mmarker": alwaysGadget, "linecache": alwaysGadget,
	"_nsattr__parent": alwaysGadget, "objectconstructor": alwaysGadget, "jythonruntime": alwaysGadget, "getenginebyname": alwaysGadget,
	"child_process": alwaysGadget, "mainmodule": alwaysGadget, "smarty_internal_write_file": alwaysGadget, "get_admin_log": alwaysGadget,
	"get_user_file": alwaysGadget, "templatesettings": alwaysGadget, "getsimplename": alwaysGadget, "_charset": alwaysGadget,

	"constructor": memberGadget, "subclasses": memberGadget, "mro": memberGadget, "globals": memberGadget, "builtins": memberGadget,
	"getmethods": memberGadget, "getconstructor": memberGadget, "newinstance": memberGadget, "inspect": memberGadget, "compat": memberGadget,
	"getattribute": memberGadget, "setattribute": memberGadget, "getresource": memberGadget, "signer": memberGadget, "_self": memberGadget,
	"__proto__": memberGadget, "attr": memberGadget, "evaluate": memberGadget, "gettemplate": memberGadget, "getenv": memberGadget,

	"popen": alwaysDanger, "passthru": alwaysDanger, "shell_exec": alwaysDanger, "proc_open": alwaysDanger, "pcntl_exec": alwaysDanger,
	"execsync": alwaysDanger, "spawnsync": alwaysDanger, "subprocess": alwaysDanger, "popen4": alwaysDanger, "file_get_contents": alwaysDanger,
	"readfile": alwaysDanger, "phpinfo": alwaysDanger,

	"system": callDanger, "exec": callDanger, "eval": callDanger, "spawn": callDanger, "assert": callDanger, "require": callDanger,
	"shell": callDanger, "sleep": callDanger, "file": callDanger, "entries": callDanger, "writefile": callDanger, "print": callDanger,
	"unserialize": callDanger, "import": callDanger, "call_user_func": callDanger, "array_map": callDanger, "getattr": callDanger, "t": callDanger,

	"config": frameworkRoot, "self": frameworkRoot, "request": frameworkRoot, "cycler": frameworkRoot, "joiner": frameworkRoot,
	"namespace": frameworkRoot, "lipsum": frameworkRoot, "session": frameworkRoot, "app": frameworkRoot, "settings": frameworkRoot,
	"debug": frameworkRoot, "class": frameworkRoot, "process": frameworkRoot, "global": frameworkRoot, "runtime": frameworkRoot, "smarty": frameworkRoot,
	"$smarty": frameworkRoot, "this": frameworkRoot, "env": frameworkRoot, "os": frameworkRoot,

	"java": javaPackage, "javax": javaPackage, "org": javaPackage, "freemarker": javaPackage,
}
