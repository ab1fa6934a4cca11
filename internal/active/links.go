package active

import "strings"

// linkRuns says whether a link of Markdown leads to a script: [a](javascript:...), or
// "[a]: javascript:..." on a line.
func linkRuns(s string) bool {
	for {
		i := strings.IndexByte(s, ']')
		if i < 0 || i+2 >= len(s) {
			return false
		}
		s = s[i+1:]
		switch s[0] {
		case '(':
			if linksToScript(s[1:min(len(s), 256)]) {
				return true
			}
		case ':':
			line, _, _ := strings.Cut(s[1:min(len(s), 256)], "\n")
			if urlRuns(strings.TrimLeft(line, " \t<"), false) {
				return true
			}
		}
	}
}

// urlInside says whether a script URL stands behind no more than a word, as in a query, or a
// page in a URL anywhere.
func urlInside(s string) bool {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], ':')
		if i < 0 {
			return false
		}
		from += i + 1
		begin := from - 1
		for begin > 0 && from-begin < 16 && isLetter(s[begin-1]) {
			begin--
		}
		if begin > 0 && isWord(s[begin-1]) {
			continue
		}
		switch name, rest := scheme(s[begin:min(len(s), from+256)]); {
		case name == "":
		case name == "data":
			if (hasPrefixFold(rest, "text/html,") || hasPrefixFold(rest, "text/html;")) && len(rest) > 12 && rest[10] > ' ' {
				return true
			}
		case len(strings.Fields(s[:min(begin, 64)])) < 2 && begin < 64 || strings.IndexByte(s[:begin], ' ') < 0:
			c := runsFrom(unpercent(s[from:]), 0)
			return !c.bad && !c.odd && c.effect && c.sink
		}
	}
}

// linksToScript says whether s, the target of a link and what follows, is a URL that runs.
func linksToScript(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n<")
	if len(s) > 3 && s[1] == ' ' && s[3] == ' ' { // j a v a s c r i p t
		head, tail, found := strings.Cut(s, ":")
		if !found {
			return false
		}
		s = strings.ReplaceAll(head, " ", "") + ":" + tail
	}
	name, rest := scheme(s)
	if name == "" {
		return false
	}
	depth, end := 0, 0
	for ; end < len(rest) && rest[end] != '\n' && (rest[end] != ')' || depth > 0); end++ {
		if rest[end] == '(' {
			depth++
		} else if rest[end] == ')' {
			depth--
		}
	}
	rest = rest[:end]
	if name == "data" {
		return activeData(rest, false)
	}
	return rest != "" && !isSpace(rest[0]) && !harmless(rest)
}

// events are the beginnings of the names of events, without "on".
var events = [...]string{
	"abort", "activate", "after", "animation", "auxclick", "before", "begin", "blur", "bounce", "cancel", "canplay", "change", "click", "close", "context", "copy",
	"cut", "dblclick", "deactivate", "drag", "drop", "end", "error", "finish", "focus", "fullscreen", "hashchange", "input", "invalid", "key", "load", "message", "mouse", "move",
	"page", "paste", "play", "pointer", "popstate", "progress", "property", "ready", "repeat", "reset", "resize", "scroll", "search", "select", "show", "start", "storage",
	"submit", "toggle", "touch", "transition", "unload", "wheel", "webkit",
}

// isEvent is isHandler for where less than an attribute with a value is seen.
func isEvent(name []byte) bool {
	if !isHandler(name) {
		return false
	}
	for _, event := range events {
		if strings.HasPrefix(string(name[2:]), event) {
			return true
		}
	}
	return false
}

// isDirective says whether an attribute is one in which libraries look for code.
func isDirective(name []byte) bool {
	for _, prefix := range [...]string{"ng-", "data-ng-", "v-", "x-", "hx-", "@", ":", "on:", "("} {
		if strings.HasPrefix(string(name), prefix) {
			return true
		}
	}
	return false
}

// oddTag says why the name of a tag, as it stands in the page, is one that runs: some reader
// ends it earlier.
func oddTag(raw string) string {
	if colon := strings.IndexByte(raw, ':'); colon > 0 && urlRuns(raw, false) { // <javascript:...> of Markdown
		return "a link with a script URL"
	}
	if strings.Contains(raw, "&#") && referencedName(raw) {
		return "an element whose name has references"
	}
	if mixedCase(raw) {
		return "an element with a name in mixed case"
	}
	if name, _, glued := strings.Cut(raw, "="); glued && len(name) < 64 {
		for _, end := range [...]string{"implementation", "formaction", "srcdoc", "xlink:href"} {
			if len(name) > len(end) && hasPrefixFold(name[len(name)-len(end):], end) {
				return "the attribute " + end
			}
		}
	}
	for i := 1; i+5 < len(raw); i++ {
		switch c := raw[i]; {
		case c == '<' && hasPrefixFold(raw[i+1:], "script"):
			return "a script element" // to filters that take out what they know
		case c|0x20 == 'o' && raw[i+1]|0x20 == 'n' && !isWord(raw[i-1]) && raw[i-1] != '-':
			n := i
			for n < len(raw) && isLetter(raw[n]) {
				n++
			}
			if n < len(raw) && raw[n] == '=' && n-i < 40 && isHandler([]byte(strings.ToLower(raw[i:n]))) {
				return "an event handler"
			}
			i = n - 1
		}
	}
	return ""
}

// referencedName says whether references to letters or to what is dropped stand in the name of an
// element that attacks need: <scr&#9;ipt>.
func referencedName(raw string) bool {
	name := strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, Unescape(raw[:min(len(raw), 64)]))
	for _, element := range [...]string{"script", "iframe", "object", "embed", "svg", "img"} {
		if hasPrefixFold(name, element) && !hasPrefixFold(raw, element) {
			return true
		}
	}
	return false
}

// mixedCase says whether the name of an element that attacks need is written in large and small
// letters as nobody does who is not hiding it.
func mixedCase(raw string) bool {
	n, capitals := 0, 0
	for ; n < len(raw) && isLetter(raw[n]); n++ {
		if raw[n] < 'a' {
			capitals++
		}
	}
	if n < 3 || n > 10 || n < len(raw) && !endsName(raw[n]) || capitals == 0 || capitals == n || capitals == 1 && raw[0] < 'a' {
		return false
	}
	switch name := strings.ToLower(raw[:n]); name {
	case "textarea", "frameset", "keygen": // TextArea and so on are elements of libraries
		return false
	case "iframe":
		return raw[:n] != "iFrame" && raw[:n] != "IFrame"
	default:
		return strings.Contains(spelled, " "+name+" ")
	}
}

// clobbers says whether an element of that name hides what the scripts of the page look for:
// document.cookie, form.attributes.
func clobbers(name string) bool {
	switch name {
	case "document", "cookie", "attributes", "body", "head", "forms", "scripts", "domain", "referrer", "defaultView", "parentNode", "ownerDocument", "nodeName", "innerHTML",
		"childNodes", "currentScript", "documentElement", "getElementById", "getElementsByTagName", "querySelector", "querySelectorAll", "createElement", "implementation", "__proto__":
		return true
	}
	return false
}
