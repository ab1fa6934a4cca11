package active

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
	if s, n = rest, 0; !hasPrefixFold(s, "on") {
		return false
	}
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	if n < 5 || n > 40 || !isHandler([]byte(strings.ToLower(s[:n]))) {
		return false
	}
	rest = strings.TrimLeft(s[n:], " \t\r\n\f(,;")
	return len(rest) > 1 && rest[0] == '=' && strings.TrimSpace(rest[1:]) != ""
}

// symbolCode says whether there is code without a letter or a digit in s: arrays that are
// negated and added up to the letters of a name.
func symbolCode(s string) bool {
	if strings.IndexByte(s, '[') < 0 && strings.IndexByte(s, '{') < 0 || strings.IndexByte(s, '!') < 0 && strings.IndexByte(s, '+') < 0 {
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

// folded returns s with the characters that software which cuts them to seven or eight bits, or
// which looks for the nearest in another code page, turns into ASCII's signs; also where UTF-8
// was read as Latin-1. It is "" where no tag comes of it.
func folded(s string) string {
	for i := 0; ; {
		for i+8 <= len(s) && s[i]|s[i+1]|s[i+2]|s[i+3]|s[i+4]|s[i+5]|s[i+6]|s[i+7] < utf8.RuneSelf {
			i += 8
		}
		for i < len(s) && s[i] < utf8.RuneSelf {
			i++
		}
		if i == len(s) {
			return ""
		}
		r, n := decodeRune(s[i:])
		i += n
		sign := asciiOf(r)
		if sign == '<' && i < len(s) && (isLetter(s[i]) || s[i] == '/') || sign == '>' && i > n && isLetter(s[i-n-1]) {
			break
		}
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, n := decodeRune(s[i:])
		next, _ := decodeRune(s[i+n:])
		switch c := asciiOf(r); {
		case r >= 0xc2 && r <= 0xf4 && next >= 0x80 && next <= 0xbf: // the first byte of a character
		case c != 0:
			out = append(out, c)
		default:
			out = append(out, s[i:i+n]...)
		}
		i += n
	}
	return string(out)
}

// decodeRune is utf8.DecodeRuneInString, with Latin-1 for what is no UTF-8.
func decodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return rune(s[0]), 1
	}
	return r, n
}

// quartersAsTag says whether s has the signs for a quarter and three quarters where a start tag
// and an end tag have their brackets: they are those of ASCII with the eighth bit set.
func quartersAsTag(s string) bool {
	for _, signs := range [...][2]string{{"\u00bc", "\u00be"}, {"\xbc", "\xbe"}} {
		_, after, found := strings.Cut(s, signs[0]+"/")
		if !found {
			continue
		}
		n := 0
		for n < len(after) && isLetter(after[n]) {
			n++
		}
		if n > 0 && strings.HasPrefix(after[n:], signs[1]) {
			return true
		}
	}
	return false
}

// asciiOf returns the sign of markup or script that a character may become, 0 for none.
func asciiOf(r rune) byte {
	switch r {
	case 0x2039, 0x2329, 0x27e8, 0x3008:
		return '<'
	case 0x203a, 0x232a, 0x27e9, 0x3009:
		return '>'
	}
	if r < utf8.RuneSelf {
		return 0
	}
	switch c := byte(r & 0x7f); c {
	case '<', '>', '"', '\'', '=', '(', ')', '/', ';', ':':
		return c
	}
	return 0
}

// inUTF7 says whether s has a tag of which a part is written in UTF-7: nobody else does that.
func inUTF7(s string) bool {
	open, angle := strings.Index(s, "+ADw"), strings.IndexByte(s, '<')
	if open < 0 && (angle < 0 || !strings.Contains(s[angle:], "+AD4")) {
		return false
	}
	plain := plainUTF7(s)
	if readsAsMarkup(plain) {
		return true
	}
	_, tag, found := strings.Cut(plain, "<")
	return found && tag != "" && (isLetter(tag[0]) || tag[0] == '/') && strings.IndexByte(tag, '>') > 0 &&
		(open >= 0 && strings.HasPrefix(s[open+4:], "-") || strings.Contains(s, "+AD4-"))
}

// plainUTF7 decodes UTF-7 (RFC 2152); what is none stays.
func plainUTF7(s string) string {
	out := make([]byte, 0, len(s))
	for {
		text, rest, found := strings.Cut(s, "+")
		out = append(out, text...)
		if !found {
			return string(out)
		}
		n := 0
		for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n]) || rest[n] == '/') {
			n++
		}
		units, err := base64.RawStdEncoding.DecodeString(rest[:n])
		if err != nil || len(units) < 2 {
			out, s = append(out, '+'), rest
			continue
		}
		wide := make([]uint16, len(units)/2)
		for i := range wide {
			wide[i] = uint16(units[2*i])<<8 | uint16(units[2*i+1])
		}
		out = append(out, string(utf16.Decode(wide))...)
		s = strings.TrimPrefix(rest[n:], "-")
	}
}
