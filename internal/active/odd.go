package active

import "strings"

// What no browser of today runs, or not as it stands, but what has no other use: filters,
// old browsers and software behind the app make script of it, or it is the first half of an
// attack. What these find is not asked of a page that goes out.

// oddRuns says why s is meant to run, by what is no HTML or script as it stands.
func oddRuns(s string) string {
	angle := strings.IndexByte(s, '<')
	switch {
	case angle >= 0 && spacedTag(s[angle:]):
		return "a tag with its name spaced out"
	case angle >= 0 && endsItsPlace(s):
		return "the end of the place it stands in, and a tag"
	case angle >= 0 && endsScript(s):
		return "the rest of a script"
	case handlerFollows(s):
		return "an event handler"
	case linkRuns(s), urlInside(s):
		return "a link with a script URL"
	case symbolCode(s):
		return "code of signs alone"
	case importsStyle(s):
		return "a style sheet of somebody else"
	case importsCode(s):
		return "code of somebody else"
	case angle >= 0 && startsEndless(s):
		return "a comment that takes the rest of the page along"
	}
	if why := rereadRuns(s); why != "" {
		return why
	}
	if plain := folded(s); plain != "" && (readsAsMarkup(plain) || quartersAsTag(s)) {
		return "markup in characters that become other ones"
	}
	if inUTF7(s) {
		return "markup in UTF-7"
	}
	return ""
}

func readsAsMarkup(s string) bool {
	var j judge
	return j.markup(s, Page{})
}

// spelled are the elements that attacks need.
const spelled = " script style iframe frame frameset object embed applet form dialog base meta link image img svg math video audio input button body html details marquee template layer isindex " +
	"animate set param bindings select textarea keygen "

// spacedTag finds "<f o r m" and "< x: script".
func spacedTag(s string) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return false
		}
		s = s[i+1:]
		near := s[:min(len(s), 64)]
		if spaced(near) || aloneScript(near) {
			return true
		}
	}
}

// spaced says whether s begins with single letters that spell an element.
func spaced(s string) bool {
	var w word
	w.add(' ')
	for i := 0; i < len(s); {
		if !isLetter(s[i]) || i+1 < len(s) && isWord(s[i+1]) {
			return false
		}
		w.add(s[i])
		if n := len(w.name()); n > 3 && strings.Contains(spelled, string(w.name())) && strings.Contains(spelled, string(w.name())+" ") {
			return true
		}
		for i++; i < len(s) && !isWord(s[i]) && s[i] != '<' && s[i] != '>'; i++ {
		}
	}
	return false
}

// aloneScript says whether s is " script>" or " x: script", behind a "<".
func aloneScript(s string) bool {
	blank := len(s)
	if blank == 0 {
		return false
	}
	hidden := strings.IndexByte(":;!.%?\\*#@|`~^,=", s[0]) >= 0
	s = strings.TrimLeft(s, " \t\r\n\f\v\x00\"'+:;!.%?\\*#@|`~^,=")
	blank -= len(s)
	prefixed := false
	if colon := strings.IndexByte(s, ':'); colon > 0 && colon < 16 && strings.IndexFunc(s[:colon], func(r rune) bool { return !isWord(byte(min(r, 0x80))) }) < 0 {
		s, prefixed = strings.TrimLeft(s[colon+1:], " \t\r\n"), true
	}
	if blank == 0 && !prefixed || !hasPrefixFold(s, "script") {
		return false
	}
	rest := strings.TrimLeft(s[len("script"):], " \t\r\n")
	if prefixed || hidden {
		return rest == "" || !isWord(rest[0]) || len(rest) < len(s)-len("script")
	}
	return strings.HasPrefix(rest, ">") || hasPrefixFold(rest, "src") && len(rest) < len(s)-len("script")
}

// endsItsPlace says whether s begins with the end of an attribute and its tag, of a comment or
// of a text without markup, and goes on with markup.
func endsItsPlace(s string) bool {
	i := 0
	for i < len(s) && i < 64 && (isWord(s[i]) || s[i] == '-' && !strings.HasPrefix(s[i:], "-->")) {
		i++
	}
	s = s[i:]
	if rest, ok := strings.CutPrefix(s, "-->"); ok {
		return tagFollows(rest)
	}
	rest := strings.TrimLeft(s, "\"'`);} ")
	if len(rest) == len(s) {
		return i == 0 && endsRawText(rest)
	}
	if strings.ContainsAny(s[:len(s)-len(rest)], "\"'") {
		if after := strings.TrimLeft(rest, "\"'/>"); len(after) < len(rest) && strings.HasSuffix(rest[:len(rest)-len(after)], ">") {
			return tagFollows(after)
		}
	}
	return endsRawText(rest)
}

// tagFollows says whether s is a tag or the beginning of one.
func tagFollows(s string) bool {
	return s != "" && s[0] == '<' && (len(s) == 1 || isLetter(s[1]) || s[1] == '/' || s[1] == '!')
}

// endsRawText says whether s begins with the end tag of an element in which nothing is markup,
// and with another tag behind it.
func endsRawText(s string) bool {
	if !strings.HasPrefix(s, "</") {
		return false
	}
	for name := range strings.FieldsSeq(rawNames + " template noscript") {
		if hasPrefixFold(s[2:], name) {
			rest := strings.TrimLeft(s[2+len(name):], " \t\r\n/")
			return strings.HasPrefix(rest, ">") && tagFollows(rest[1:])
		}
	}
	return false
}

// endsScript says whether code stands before the end tag of a script that s does not begin.
func endsScript(s string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], "</")
		if i < 0 {
			return false
		}
		if hasPrefixFold(s[from+i+2:], "script") {
			before := s[from : from+i]
			c := runsFrom(before[strings.LastIndexByte(before, '>')+1:], 0)
			if !c.bad && !c.odd && c.effect && c.sink {
				return true
			}
		}
		from += i + 2
	}
}

// handlerFollows says whether s goes on in a tag, with an event handler: behind a blank, or
// behind the end of an attribute that is one word.
func handlerFollows(s string) bool {
	n := 0
	for n < len(s) && n < 64 && isWord(s[n]) {
		n++
	}
	rest := strings.TrimLeft(s[n:], " \t\r\n\f\v/;,\"'`")
	if len(rest) == len(s)-n || n > 0 && s[n] != '"' && s[n] != '\'' {
		return false
	}
	quoted := n == 0 && (s[0] == '"' || s[0] == '\'') // the value was empty
	if quoted && strings.IndexByte(rest, '"')+strings.IndexByte(rest, '\'') > -2 {
		if word, after, _ := strings.Cut(rest, s[:1]); word != "" && len(word) < 64 && strings.IndexFunc(word, notWord) < 0 { // or one word
			rest = strings.TrimLeft(after, " \t\r\n\f/")
		}
	}
	for n = 0; n < len(rest) && (isLetter(rest[n]) || rest[n] == ':'); n++ {
	}
	name := []byte(strings.ToLower(rest[:min(n, 41)]))
	if n < 5 || n > 40 || !isHandler(name) && !(quoted && onlyForScript(name)) {
		return false
	}
	rest = strings.TrimLeft(rest[n:], " \t\r\n\f(,;")
	return rest != "" && rest[0] == '=' && (quoted || strings.TrimSpace(rest[1:]) != "")
}

func notWord(r rune) bool { return r < 0x80 && !isWord(byte(r)) }

// symbolCode says whether there is code without a letter or a digit in s: arrays that are
// negated and added up to the letters of a name.
func symbolCode(s string) bool {
	if strings.IndexByte(s, '[') < 0 && strings.IndexByte(s, '{') < 0 || !strings.ContainsAny(s, "!+~|") {
		return false
	}
	if coerced(s) {
		return true
	}
	made, size, last := 0, 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' {
			continue
		}
		if size++; made >= 2 && size >= 6 {
			return true
		}
		switch {
		case c > '}' || isWord(c) || strings.IndexByte("[](){}!+;,", c) < 0:
			made, size = 0, 0
		case (c == '[' || c == '{' || c == '+') && last == '!', (c == '[' || c == '{' || c == '!') && last == '+':
			made++
		}
		last = c
	}
	return made >= 2 && size >= 6
}

// coerced says whether an empty array or object stands in s where only its text or its number
// is wanted: an operator is on one side, a bracket or an operator on the other. Code without
// letters begins so.
func coerced(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		if s[i] != '[' && s[i] != '{' || s[i+1] != s[i]+2 {
			continue
		}
		before, after := s[i-1], byte(0)
		if i+2 < len(s) {
			after = s[i+2]
		}
		near := i >= 2 && strings.IndexByte("!+~([=", s[i-2]) >= 0
		switch {
		case (before == '!' || before == '+') && near && strings.IndexByte(")]+,;", after) >= 0:
			return true
		case (before == '!' || before == '+') && near && after == 0:
			return true
		case (before == '(' || before == '=') && after == '+':
			return true
		case before == '=' && near && s[i-2] == '=' && after == '+':
			return true
		}
	}
	return strings.Contains(s, "=~[];") || strings.Contains(s, "={}+") || strings.Contains(s, "=[]|[]")
}

// importsStyle says whether s is a style sheet that begins with another one.
func importsStyle(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n;}")
	if s == "" || s[0] != '@' {
		return false
	}
	if !hasPrefixFold(s, "@import") { // nobody else hides the word
		near := s[:min(len(s), 128)]
		return strings.ContainsAny(near[:min(len(near), 8)], `\/`) && strings.HasPrefix(plainCSS(near, false), "@import")
	}
	s = strings.TrimLeft(s[len("@import"):], " \t\r\n")
	return s != "" && (s[0] == '"' || s[0] == '\'' || hasPrefixFold(s, "url(")) && strings.Contains(s, "//")
}
