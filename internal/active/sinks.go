package active

import "strings"

// noteName notes a name that means something in a browser. These are no key words of a
// filter: they only tell code for a browser from other code in places where the string as
// such would be well formed.
func (c *code) noteName(name string) {
	switch plainName(name) {
	case "eval", "Function", "execScript", "setTimeout", "setInterval", "setImmediate", "XMLHttpRequest", "atob", "btoa", "fromCharCode",
		"__defineGetter__", "__defineSetter__", "insertAdjacentHTML", "sendBeacon", "defineProperty", "decodeURIComponent",
		"createElement", "appendChild", "globalThis", "localStorage", "$eval", "$apply", "$root",
		"getScript", "globalEval", "parseHTML", "parentNode", "replaceState", "pushState", "setAttribute", "msgbox", "MsgBox", "importScripts", "serviceWorker",
		"DOMParser", "WebSocket", "EventSource", "SharedWorker", "indexedDB", "trustedTypes", "customElements", "execCommand",
		"__proto__", "getOwnPropertyDescriptor", "fromCodePoint", "sessionStorage", "innerHTML", "outerHTML", "onerror", "jQuery":
		c.sink = true
	case "hasInstance", "toPrimitive":
		c.sink, c.effect = true, true // operators call what has that name
	case "console":
		c.sink = c.sink || c.peek(0) == '.' && !c.member
	case "call", "apply", "bind":
		switch c.before {
		case "alert", "prompt", "confirm", "eval", "fetch", "Function", "Reflect":
			c.sink = c.sink || c.member
		}
	case "domain", "location", "URL", "referrer", "write", "writeln", "documentURI":
		c.reads = c.reads || c.member && (c.before == "document" || c.before == "window")
		if name == "location" {
			c.noteGlobal(name)
		}
	case "constructor", "document", "cookie", "Reflect", "valueOf", "srcdoc":
		c.sink = c.sink || c.peek(0) != '(' || c.member
		c.reads = c.reads || c.member && c.before == "document"
	case "window", "top", "parent", "frames", "this", "self":
		c.noteGlobal(name)
	case "print":
		c.sink = c.sink || c.peek(0) == '`' || c.peek(0) == '(' && c.peek(1) == ')'
	case "alert", "prompt", "confirm", "fetch":
		n := 0
		for c.peek(n) == ' ' {
			n++
		}
		if c.wordy {
			break
		}
		switch next := c.peek(n); next {
		case '(', '`', ')', ']', '}', ',', ';', '.', '?', '-', '/', 0:
			c.sink = c.sink || next != '(' && (c.words > 1 || c.depth > 0) || n == 0 && (next == '(' || next == '`' || next == '?')
		}
	}
}

// noteGlobal notes the name of an object that has all others.
func (c *code) noteGlobal(name string) {
	switch c.ahead() {
	case '[', '=':
		c.sink = true
	case '.':
		c.sink = c.sink || name != "self" && name != "this" // which Python has, too
	}
}

// ahead returns the next byte that is in no comment.
func (c *code) ahead() byte {
	rest := c.s[c.i:]
	for strings.HasPrefix(rest, "/*") {
		_, after, _ := strings.Cut(rest[2:], "*/")
		rest = after
	}
	if rest == "" {
		return 0
	}
	return rest[0]
}

// plainName undoes the escapes in a name.
func plainName(name string) string {
	if strings.IndexByte(name, '\\') < 0 {
		return name
	}
	return unescapeJS(name)
}

// callee notes what is called, where it can tell.
func (c *code) callee() {
	if c.spaced {
		return
	}
	switch c.word {
	case "alert", "prompt", "confirm", "fetch", "$":
		c.sink = true
	}
}

// assigned notes what is assigned to.
func (c *code) assigned() {
	switch c.word {
	case "location", "name", "onerror", "href", "src", "innerHTML", "cookie":
		c.sink = c.sink || c.word != "name" && c.word != "href" && c.word != "src"
	}
}

// noteText notes a text that names a sink: window["al" + "ert"].
func (c *code) noteText(text string) {
	if len(text) < 2 || len(text) > 4096 {
		return
	}
	for _, name := range [...]string{"hasInstance", "constructor", "javascript:", "alert", "eval", "cookie", "fromCharCode", "document", "script"} {
		if strings.Contains(text, name) {
			c.sink = true
			c.effect = c.effect || c.reach || name == "hasInstance" // nobody else says window["alert"]
			return
		}
	}
}

// unescapeJS undoes \x41, \u0041 and \u{41}; other escapes stay.
func unescapeJS(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		n, size := escapeAt(s[i:])
		if size == 0 {
			out.WriteByte(s[i])
			continue
		}
		out.WriteRune(n)
		i += size - 1
	}
	return out.String()
}

// escapeAt reads the escape at the beginning of s; size is 0 where there is none.
func escapeAt(s string) (r rune, size int) {
	if len(s) < 4 || s[0] != '\\' {
		return 0, 0
	}
	start, digits := 2, 2
	switch {
	case s[1] == 'x':
	case s[1] == 'u' && s[2] == '{':
		end := strings.IndexByte(s, '}')
		if end < 4 || end > 9 {
			return 0, 0
		}
		start, digits = 3, end-3
	case s[1] == 'u':
		digits = 4
	default:
		return 0, 0
	}
	if len(s) < start+digits {
		return 0, 0
	}
	for _, c := range []byte(s[start : start+digits]) {
		d := hexDigit(c)
		if d > 15 {
			return 0, 0
		}
		r = r<<4 | rune(d)
	}
	if start == 3 {
		digits++
	}
	return r, start + digits
}

func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}
