package signs

import "strings"

// probe judges a short value that is nothing but one expression of a template engine: what is
// more than the name of a placeholder is there to see whether it is computed. In a text, or
// with a text around it, the same is what mails and documentation are made of.
func (s *Score) probe(value string, sh *shape) {
	v := strings.TrimSpace(value)
	if sh.lines || len(v) < 4 || len(v) > 256 || s.points[Template] >= Refuse {
		return
	}
	if polyglot(v) {
		s.add(Template, Refuse, "the delimiters of several template engines")
		return
	}
	switch v[0] {
	case '#':
		if directive(v[1:]) {
			s.add(Template, Refuse, "a directive of Velocity and nothing else")
			return
		}
	case '$':
		if reference(v[1:]) {
			s.add(Template, Refuse, "an expression of Velocity and nothing else")
			return
		}
	case '@':
		if razor(v[1:]) {
			s.add(Template, Refuse, "an expression of Razor and nothing else")
			return
		}
	}
	for i := range probes {
		d := probes[i]
		if len(v) < len(d.open)+len(d.close) || !strings.HasPrefix(v, d.open) || !strings.HasSuffix(v, d.close) {
			continue
		}
		if n, _ := closing(v[len(d.open):], d.close); !d.several && n >= 0 && n+len(d.open)+len(d.close) < len(v) {
			continue
		}
		body := strings.Trim(v[len(d.open):len(v)-len(d.close)], " \t-~=:")
		if body != "" && d.judge(body) {
			s.add(Template, Refuse, "an expression of a template and nothing else")
			return
		}
	}
}

// polyglot says whether v opens the expressions of several engines and has no expression: ${{<%['"}}.
func polyglot(v string) bool {
	if survey(v)&(letters|digits|spaces) != 0 {
		return false
	}
	opened := 0
	for _, open := range [...]string{"{{", "${", "<%", "#{", "{%", "[%", "@{", "*{"} {
		if strings.Contains(v, open) {
			opened++
		}
	}
	return opened > 1
}

// probes are the delimiters, the longest first, and what says whether more than the name of a
// placeholder stands in them. several: between the first and the last there may be others.
var probes = [...]struct {
	open, close string
	several     bool
	judge       func(body string) bool
}{
	{"{!!", "!!}", false, computes},
	{"{{", "}}", false, curly},
	{"{{", "}}", true, curlyBlock},
	{"{{", "%}", true, orphan},
	{"{%", "%}", true, tag},
	{"{%", "}}", true, tag},
	{"${{", "}}", false, computes},
	{"${", "}", false, dollar},
	{"#{", "}", false, dollar},
	{"*{", "}", false, computes},
	{"%{", "}", false, computes},
	{"@{", "}", false, computes},
	{"!{", "}", false, computes},
	{"~{", "}", false, linkPart},
	{"[[$", "]]", false, computes},
	{"[[", "]]", false, calculation},
	{"[=", "]", false, calculation},
	{"{=", "}", false, computes},
	{"{$", "}", false, smartyName},
	{"<#", ">", true, freemarker},
	{"[#", "]", true, freemarker},
	{"{", "}", true, smartyTag},
}

// curly judges {{body}}. Wikis have {{Name|argument}}, mails {{ name | default: "x" }}.
func curly(body string) bool {
	switch c := body[0]; {
	case body == ".", c == '>' && len(body) > 1, strings.HasPrefix(body, "@root"):
		return true
	case c == '$':
		return strings.Contains(body, ":=") || strings.IndexByte(body, '(') > 0
	case c == '#':
		return strings.HasPrefix(body, "#with ") || strings.Contains(body, "lookup ") || computes(strings.TrimLeft(body, "#"))
	}
	word, rest, _ := strings.Cut(body, " ")
	switch word {
	case "printf", "html", "js", "call", "index", "len", "define", "block", "lookup", "log", "urlquery", "range", "with", "template":
		return rest != "" && strings.IndexByte(".\"$'(@", rest[0]) >= 0 || word == "lookup" || word == "log"
	}
	return len(body) == 1 && isLetter(body[0]) || computes(body)
}

// curlyBlock judges {{...}}...{{...}}, the first and the last of which are body.
func curlyBlock(body string) bool {
	return strings.HasSuffix(body, "{{end") || strings.HasPrefix(body, "#with ")
}

// dollar judges ${body} and #{body}, where FreeMarker and Java have more.
func dollar(body string) bool {
	if i := strings.IndexByte(body, '?'); i >= 0 && i+1 < len(body) && isLetter(body[i+1]) || body[0] == '.' && len(body) > 2 {
		return true
	}
	root := body[:wordLength(body)]
	if len(body) == 1 && isLetter(body[0]) {
		return true
	}
	switch root {
	case "class", "this", "param", "header", "cookie", "pageContext", "application", "initParam", "sessionScope", "applicationScope", "requestScope", "pageScope",
		"facesContext", "view", "session", "context", "root":
		return len(root) < len(body) || len(root) > 6 && root != "context"
	}
	return computes(body)
}

// computes says whether an expression is more than a name with dots and filters.
func computes(body string) bool {
	if body == "" {
		return false
	}
	e := readExpression(body, true)
	if e.gadget || e.danger || e.numbers || e.literalMethod || e.bare {
		return true
	}
	root := body[:wordLength(body)]
	switch {
	case root == "":
		return strings.IndexByte("'\"([", body[0]) >= 0 && !strings.Contains(body, "[[")
	case len(root) == len(body):
		return internalRoot(root) && body[0] == '_'
	case root == "new" && body[len(root)] == ' ':
		return true
	case body[len(root)] == '.' && (internalRoot(root) || secretMember(body)), strings.IndexByte(body, '|') > 0 && internalRoot(root):
		return true
	case e.calls > 0:
		return !pageHelper(root)
	case body[len(root)] == '[':
		return true
	}
	if isDigit(body[0]) {
		return strings.ContainsAny(body, "*+%|")
	}
	return strings.Contains(body, "==") || strings.Contains(body, "!=") || strings.Contains(body, "&&") || strings.ContainsAny(body, "*+")
}

func wordLength(s string) int {
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	return n
}

// internalRoot says whether a name is an object of the app or of the engine itself.
func internalRoot(name string) bool {
	switch name {
	case "config", "settings", "request", "self", "process", "global", "globals", "runtime", "os", "sys", "env", "_self", "_context", "handler", "smarty", "beans",
		"pageContext", "facesContext", "application", "root", "java", "System", "Runtime":
		return true
	}
	return false
}

// secretMember says whether a name with dots ends in what no page shows.
func secretMember(body string) bool {
	var buf [32]byte
	last := body[strings.LastIndexByte(body, '.')+1:]
	switch string(lower(last, &buf)) {
	case "class", "password", "passwd", "secret", "secret_key", "secretkey", "constructor", "prototype", "protectiondomain", "classloader", "get_password":
		return true
	}
	return false
}

// pageHelper says whether a function is one that pages are full of.
func pageHelper(name string) bool {
	switch name {
	case "url_for", "url", "static", "asset", "path", "csrf_token", "super", "gettext", "_", "trans", "render_field", "form", "get_url", "loop", "caller", "route", "content", "wp_head", "block":
		return true
	}
	return false
}

// orphan says whether the last statement ends a block that the value did not begin.
func orphan(body string) bool {
	i := strings.LastIndex(body, "{%")
	if i < 0 {
		return false
	}
	word, ends := strings.CutPrefix(strings.TrimLeft(body[i+2:], " -"), "end")
	return ends && oneWord(word) && !strings.Contains(body, word+" ")
}

// tag judges {% body %}: statements that reach for other files or set something.
func tag(body string) bool {
	word, rest, _ := strings.Cut(body, " ")
	rest = strings.TrimLeft(rest, " ")
	if !strings.Contains(rest, "%}") { // one statement and nothing else
		switch word {
		case "include", "import", "extends", "block", "for", "if", "set", "elif", "macro":
			return rest != ""
		}
	}
	switch word {
	case "include", "import", "from", "extends", "embed", "use", "render", "load":
		return rest != "" && !strings.Contains(rest, ".html") && !strings.Contains(rest, ".j2")
	case "set":
		_, is, _ := strings.Cut(rest, "=")
		is = strings.TrimLeft(is, " ")
		return is != "" && strings.IndexByte("'\"([0123456789", is[0]) >= 0
	case "print", "ssi", "macro", "filter", "apply", "module", "assign", "capture", "with", "autoescape",
		"templatetag", "now", "raw", "do", "call", "sandbox":
		return rest != "" || strings.HasPrefix(body, "raw")
	case "debug", "csrf_token":
		return rest == "" || rest[0] == '%'
	case "if", "for", "For", "If":
		first, _, _ := strings.Cut(rest, "%")
		return strings.ContainsAny(first, "([0123456789'\"")
	}
	return secretMember(strings.TrimRight(body, "} %"))
}

// freemarker judges <#body> and [#body].
func freemarker(body string) bool {
	switch body[:wordLength(body)] {
	case "assign", "list", "include", "import", "macro", "function", "setting", "global", "local", "ftl", "attempt":
		return strings.Contains(body, " ")
	case "if":
		return strings.Contains(body, "</#if") || strings.Contains(body, "[/#if")
	}
	return false
}

// directive judges what stands behind # in Velocity.
func directive(v string) bool {
	word := v[:wordLength(v)]
	rest := strings.TrimLeft(v[len(word):], " ")
	if rest == "" || rest[0] != '(' || strings.IndexByte(rest, ')') < 0 {
		return false
	}
	switch word {
	case "set", "foreach", "evaluate", "parse", "define", "macro":
		return strings.ContainsAny(rest, "$\"'")
	case "include":
		return strings.ContainsAny(rest[1:min(2, len(rest))], "$\"'")
	case "if":
		return strings.HasSuffix(v, "#end")
	}
	return false
}

// reference judges what stands behind $ in Velocity, where it reaches for a class or the request.
func reference(v string) bool {
	word := v[:wordLength(v)]
	rest := v[len(word):]
	return (word == "class" || word == "request" || word == "session") && len(rest) > 2 && rest[0] == '.' && isLetter(rest[1]) ||
		rest == ".class" || strings.HasPrefix(rest, ".class.") || strings.HasPrefix(rest, ".getClass()")
}

// razor judges what stands behind @ in Razor and Blade.
func razor(v string) bool {
	word := v[:wordLength(v)]
	rest := v[len(word):]
	switch word {
	case "Html", "System", "Model", "ViewBag", "ViewData", "DateTime", "Context", "Request", "Environment", "Url":
		return strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "[")
	case "if", "for", "foreach", "while", "switch":
		return strings.HasPrefix(strings.TrimLeft(rest, " "), "(") && strings.Contains(rest, "{")
	case "functions", "code":
		return strings.HasPrefix(strings.TrimLeft(rest, " "), "{")
	case "java":
		return strings.HasPrefix(rest, ".lang.") && strings.Contains(rest, "@")
	case "php":
		return strings.Contains(rest, "@endphp")
	}
	return strings.HasSuffix(rest, ".GetType()")
}

// linkPart judges ~{template :: part} of Thymeleaf.
func linkPart(body string) bool { return strings.Contains(body, "::") || computes(body) }

// calculation judges [[body]], which wikis use for links.
func calculation(body string) bool {
	e := readExpression(body, false)
	return e.numbers || e.gadget
}

// smartyName judges {$body}.
func smartyName(body string) bool {
	return strings.HasPrefix(body, "smarty.") || strings.Contains(body, "->") || internal(body)
}

func internal(body string) bool {
	e := readExpression(body, false)
	return e.gadget || e.danger
}

// smartyTag judges {body}: tags of Smarty and Latte, and a product of numbers.
func smartyTag(body string) bool {
	word := body[:wordLength(body)]
	rest := body[len(word):]
	switch word {
	case "include", "fetch", "eval", "math", "insert", "include_php", "extends", "assign", "capture":
		return strings.HasPrefix(rest, " ") && strings.ContainsAny(rest, "='\"")
	case "literal", "if", "foreach", "function", "php", "section":
		return strings.Contains(rest, "{/"+word)
	}
	switch {
	case word == "" && (body[0] == '\'' || body[0] == '"'):
		i := strings.IndexByte(body, '|')
		return i > 1 && body[i-1] == body[0] && !strings.Contains(body, ":")
	case word != "" && len(word) < len(body) && isDigit(word[0]):
		return rest[0] == '*' && number(word) && number(rest[1:]) && len(rest) > 1
	}
	return false
}
