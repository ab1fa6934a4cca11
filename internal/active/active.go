// Package active says whether a string could run script in a page into which an app puts it
// without care.
//
// It stops no attack by itself: guard/injection asks it about what comes in, guard/reflected
// about what goes out. It looks at structure, not at words: what is read as HTML, as the rest
// of an attribute, a URL, a style or a script, and does something there. Rich text with links,
// pictures and styles, Markdown, prose with quotes and brackets do nothing. What no browser of
// today runs counts where its structure has no other use: a tag whose name is spaced out,
// UTF-7, a link of Markdown with a script URL, the half of a tag that ends a place.
//
// Not covered: templates of libraries that run in the browser, such as {{ }} of AngularJS,
// beyond code that names what attacks need; forms, frames and pictures of other sites, which
// run nothing; text that only a script of the site makes dangerous. Forms of a value that an app may make
// of it (another layer of URL or base64 encoding, full-width letters) are the caller's.
//
// The tokeniser here is not the one of internal/htmlrewrite: each errs to its own safe side. This
// one takes for markup whatever some browser, filter or sanitiser might, and follows values and
// scripts byte by byte; that one must never see a tag that a browser does not.
//
// The time is linear in the length of the string.
package active

import (
	"slices"
	"strings"
)

// HTML says whether s could run script in a page, or is meant to, whatever the place it is put
// into: a text, an attribute with quotes of either kind or without, a URL, a style, a script. Where a place
// is only assumed, it takes more than a string that would be well formed there: a call of
// something that attacks use. why is a short reason.
func HTML(s string) (why string, runs bool) {
	if !hasMarks(s) {
		return "", false
	}
	return anywhere(s, false)
}

// Could is like HTML for one who knows the place and asks Page then: it says false only where
// s does nothing in any place.
func Could(s string) (runs bool) {
	if !hasMarks(s) {
		return false
	}
	_, runs = anywhere(s, true)
	return runs
}

// marks are the bytes without one of which nothing runs.
var marks = [256]bool{'<': true, '"': true, '\'': true, '`': true, '(': true, '=': true, ':': true, '$': true, '&': true, '*': true,
	'+': true, '!': true, 0xc2: true} // UTF-7, arrays that are negated, signs cut to seven bits

// hasMarks is the cheap look that spares most values the others.
func hasMarks(s string) bool {
	for i := 0; i < len(s); i++ {
		if marks[s[i]] {
			return true
		}
	}
	return false
}

func anywhere(s string, known bool) (string, bool) {
	if why := markupRuns(s, known); why != "" {
		return why, true
	}
	if strings.IndexByte(s, ':') >= 0 {
		if urlRuns(s, known) {
			return "a script URL", true
		}
		if strings.IndexByte(s, '(') >= 0 && activeCSS(s) { // what runs in a style does so in brackets
			return "a style that runs script", true
		}
	}
	if referencedURL(s) {
		return "a script URL", true
	}
	if why := scriptRuns(s, known); why != "" {
		return why, true
	}
	if templateRuns(s) {
		return "code in a template of the browser", true
	}
	if why := oddRuns(s); why != "" {
		return why, true
	}
	return "", false
}

// markupRuns says why s would run as markup, in a text or in an attribute that it breaks out
// of. Where the tag ends that it stands in then, it is a text, and has been read as one unless
// the reading as a text was in a tag there.
func markupRuns(s string, known bool) string {
	var texts [4]int // where the text begins after a way out, for each
	var from []int
	if strings.IndexByte(s, '=') >= 0 {
		for _, start := range [...]state{beforeAttr, doubleQuoted, singleQuoted, unquoted} {
			if start == doubleQuoted && strings.IndexByte(s, '"') < 0 || start == singleQuoted && strings.IndexByte(s, '\'') < 0 {
				continue
			}
			j := judge{known: known, brokeOut: true, quoted: start == doubleQuoted || start == singleQuoted}
			if j.markup(s, Page{state: start}) {
				return j.why
			}
			if j.text > 0 {
				texts[len(from)] = j.text
				from = texts[:len(from)+1]
			}
		}
	}
	if strings.IndexByte(s, '<') < 0 {
		return ""
	}
	slices.Sort(from)
	j := judge{known: known, texts: from}
	if j.markup(s, Page{}) {
		return j.why
	}
	for _, begin := range j.missed {
		if begin == 0 {
			continue
		}
		rest := judge{known: known}
		if rest.markup(s[begin:], Page{}) {
			return rest.why
		}
	}
	if strings.Contains(s, `\"`) || strings.Contains(s, `\'`) { // from within a string
		if j.markup(strings.NewReplacer(`\"`, `"`, `\'`, `'`).Replace(s), Page{}) {
			return j.why
		}
	}
	return ""
}

// urlRuns says whether s as a whole is a URL that runs. A title such as "JavaScript: The Good
// Parts" is none: it is no script.
func urlRuns(s string, known bool) bool {
	name, after := scheme(s)
	switch name {
	case "":
		return false
	case "data":
		return activeData(after, false)
	}
	if harmless(after) {
		return false
	}
	rest := strings.TrimSpace(unpercent(after))
	if name == "vbscript" || known || rest == "name" || hidesScheme(s) && rest != "" {
		return true
	}
	c := runsFrom(rest, 0)
	if title := isSpace(after[0]) && c.wordy && !c.sink; !c.bad && c.effect && !title || strings.ContainsAny(rest, "<\\") { // a string becomes a page
		return true
	}
	return !strings.ContainsAny(rest, " \t\r\n") && (strings.ContainsAny(rest, "=(`'\"") || !c.bad && c.sink) // no title, no name such as "javascript:S1234"
}

// referencedURL says whether s is a script URL with a letter or the colon of its scheme written as
// a character reference.
func referencedURL(s string) bool {
	near := s[:min(len(s), 128)]
	if strings.IndexByte(near, '&') < 0 || strings.IndexByte(near, ';') < 0 && strings.IndexByte(near, '#') < 0 {
		return false
	}
	name, _ := scheme(near)
	if name != "" {
		return false
	}
	name, rest := scheme(Unescape(near))
	return name != "" && name != "data" && rest != "" && !isSpace(rest[0]) && !harmless(rest)
}

// hidesScheme says whether the scheme that s begins with is broken by blanks, written with
// character references or in mixed case: no title is.
func hidesScheme(s string) bool {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || strings.TrimSpace(s[:colon]) == "" || colon+1 < len(s) && isSpace(s[colon+1]) {
		return false
	}
	name := strings.TrimSpace(s[:colon])
	if strings.ContainsAny(name, "\t\r\n&") {
		return true
	}
	return name != strings.ToLower(name) && name != strings.ToUpper(name) && name != "JavaScript" && name != "Javascript" && name != "javaScript" && isLetter(name[0])
}

// scriptRuns says why s would run in a script.
func scriptRuns(s string, known bool) string {
	for _, quote := range [...]byte{'"', '\'', '`'} {
		i := strings.IndexByte(s, quote)
		if i < 0 {
			continue
		}
		if breaksOut(s, quote, known) {
			return "code after the end of a string"
		}
		if i > 0 && s[i-1] == '\\' && breaksOut(s[i:], quote, known) { // where the app doubles quotes' backslashes
			return "code after the end of a string"
		}
	}
	if strings.Contains(s, "${") && breaksOut(s, '`', known) {
		return "code in a template"
	}
	if strings.Contains(s, "*/") && breaksOut(s, '*', known) {
		return "code after a comment"
	}
	if runsCode(s, known) {
		return "code"
	}
	return ""
}

// templateRuns says whether s has a {{ }} that leaves the sandbox of AngularJS, or code in a
// &{ } of Netscape's or a #{ }. Other templates, such as Jinja's, name other things.
func templateRuns(s string) bool {
	return codeInside(s, "{{", "}}") || codeInside(s, "&{", "}") || codeInside(s, "#{", "}")
}

func codeInside(s, open, end string) bool {
	for {
		_, after, found := strings.Cut(s, open)
		if !found {
			return false
		}
		var inside string
		inside, s, _ = strings.Cut(after, end)
		c := code{s: inside, loose: true}
		c.read(0)
		if !c.bad && c.effect && c.sink {
			return true
		}
	}
}

// shortCode is how long a line of code is that nobody shows to others (bytes).
const shortCode = 200

// breaksOut says whether s ends the literal or comment in which it stands, and then runs.
// The script around must stay well formed: an attack leaves a comment or the same kind of
// literal open at its end. Where it does not, more than a call must show what it is.
func breaksOut(s string, quote byte, known bool) bool {
	c := runsFrom(s, quote)
	if c.bad || !c.effect {
		return false
	}
	if c.assigns && !c.odd && s[0] == quote { // no text begins with the end of a quotation
		return true
	}
	return known || !c.odd && c.sink || !c.odd && quote != '`' && quote != '*' && (c.open == '/' || c.open == quote)
}

// runsCode says whether s as a whole is code that does something. Where nobody knows that it
// stands in a script, only a short line counts: sites where people show each other code are
// full of longer ones.
func runsCode(s string, known bool) bool {
	if line := strings.TrimSpace(s); !known && (len(line) > shortCode || strings.IndexByte(line, '\n') >= 0) {
		return false
	}
	if len(s) > 1 && s[len(s)-1] == '.' && runsCode(strings.Trim(s, "."), false) { // a part of a longer line
		return true
	}
	c := runsFrom(s, 0)
	if c.bad {
		return false
	}
	if !c.effect {
		return c.reads && !c.odd && c.alone()
	}
	return known || !c.odd && (c.sink || c.words == 0)
}

// alone says whether the code is one word to a reader of prose, but with brackets or signs.
func (c *code) alone() bool {
	return !strings.ContainsAny(c.s, " \t\n") && strings.ContainsAny(strings.TrimRight(c.s, ".,;:!?"), "()[]{}'\"+;")
}
