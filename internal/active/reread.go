package active

import "strings"

// Filters, and the software between a visitor and a page, take things out of a value or turn
// them into others: a blank for a plus sign, nothing for a comment. What is markup or code only
// then is read here, each way once.

// rereadRuns says why s runs as somebody else may read it.
func rereadRuns(s string) string {
	if plain := withoutPluses(s); plain != "" && readsAsMarkup(plain) {
		return "markup with plus signs for blanks"
	}
	if plain := withoutFiller(s); plain != "" && readsAsMarkup(plain) {
		return "markup with something in it that filters take out"
	}
	if plain := withoutGaps(s); plain != "" {
		j := judge{strict: true}
		if j.markup(plain, Page{}) {
			return j.why
		}
	}
	if plain := despaced(s); plain != "" {
		if urlRuns(plain, false) || readsAsMarkup(plain) || activeCSS(plain) {
			return "script with its letters spaced out"
		}
	}
	return ""
}

// withoutPluses returns s with blanks for plus signs, "" where none stands behind the name of a tag.
func withoutPluses(s string) string {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			return ""
		}
		from += i + 1
		n := from
		for n < len(s) && (isLetter(s[n]) || s[n] == '?' && n == from) {
			n++
		}
		if n > from && n+1 < len(s) && s[n] == '+' && isLetter(s[n+1]) {
			return strings.ReplaceAll(s, "+", " ")
		}
	}
}

// withoutFiller returns s without the comments of HTML and C and the marks of CDATA, "" where
// none of them is behind a letter or a "<".
func withoutFiller(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return ""
	}
	var out []byte
	last := 0
	for i := 1; i+1 < len(s); i++ {
		if s[i] != '<' && s[i] != '/' && s[i] != ']' || !isLetter(s[i-1]) && s[i-1] != '<' && s[i-1] != ']' {
			continue
		}
		n := filler(s[i:])
		if n == 0 {
			continue
		}
		out = append(out, s[last:i]...)
		i += n - 1
		last = i + 1
	}
	if out == nil {
		return ""
	}
	return string(append(out, s[last:]...))
}

// filler returns how long what filters take out is, at the beginning of s, 0 for nothing.
func filler(s string) int {
	for _, marks := range [...][2]string{{"<!--", "-->"}, {"/*", "*/"}, {"<![CDATA[", ""}, {"]]>", ""}} {
		rest, found := strings.CutPrefix(s, marks[0])
		if !found {
			continue
		}
		near := rest[:min(len(rest), 64)]
		if end := strings.Index(near, marks[1]); end >= 0 && strings.IndexByte(near[:end], '<') < 0 {
			return len(marks[0]) + end + len(marks[1])
		}
	}
	return 0
}

// withoutGaps returns s without what stands between a "<" and the name of a tag, "" for nothing.
func withoutGaps(s string) string {
	var out []byte
	last := 0
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			break
		}
		from += i + 1
		n := from
		for n < len(s) && n < from+8 && (s[n] <= ' ' || s[n] == '\\' || s[n] == '%' || s[n] == ';' || s[n] == '+') {
			n++
		}
		if n == from || n >= len(s) || !isLetter(s[n]) {
			continue
		}
		out = append(out, s[last:from]...)
		last, from = n, n
	}
	if out == nil {
		return ""
	}
	return string(append(out, s[last:]...))
}

// spacedLetters is how many letters are spaced out where it matters.
const spacedLetters = 8

// maybeSpaced is the cheap look: a run is so long that three blanks of it are where this looks.
func maybeSpaced(s string) bool {
	for i := 0; i+5 < len(s); i += spacedLetters {
		if s[i] == ' ' && s[i+2] == ' ' && s[i+4] == ' ' || s[i+1] == ' ' && s[i+3] == ' ' && s[i+5] == ' ' {
			return true
		}
	}
	return false
}

// despaced returns s with its runs of spaced out signs closed: "j a v a s c r i p t : x". It is
// "" where there is no long one.
func despaced(s string) string {
	if !maybeSpaced(s) {
		return ""
	}
	alone := func(i int) bool { // a sign with blanks around it
		return s[i] > ' ' && (i == 0 || s[i-1] == ' ' || s[i-1] == '"' || s[i-1] == '\'' || s[i-1] == '=') && i+1 < len(s) && s[i+1] == ' '
	}
	var out []byte
	last := 0
	for i := 0; i < len(s); i++ {
		if !alone(i) {
			continue
		}
		end, letters := i, 0
		for end < len(s) && s[end] > ' ' && (end+1 == len(s) || s[end+1] == ' ') {
			if isLetter(s[end]) {
				letters++
			}
			end += 2
		}
		if letters >= spacedLetters {
			out = append(out, s[last:i]...)
			for ; i < min(end, len(s)); i += 2 {
				out = append(out, s[i])
			}
			last = min(i, len(s))
		}
		i = max(i, end-1)
	}
	if out == nil {
		return ""
	}
	return string(append(out, s[last:]...))
}

// endlessRest is how much may stand behind the beginning of a comment that has no end (bytes). What
// has more is a page that was cut off.
const endlessRest = 64

// startsEndless says whether a comment or a CDATA section begins near the end of s and does not
// end there: it takes away the page that follows.
func startsEndless(s string) bool {
	s = s[max(0, len(s)-endlessRest):]
	for _, marks := range [...][2]string{{"<!--", "--"}, {"<![CDATA[", "]]"}, {"<![cdata[", "]]"}} {
		if i := strings.LastIndex(s, marks[0]); i >= 0 && !strings.Contains(s[i+len(marks[0]):], marks[1]) {
			return true
		}
	}
	return false
}

// importsCode says whether s is a statement that imports a module from elsewhere.
func importsCode(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n;}'\"`")
	if !strings.HasPrefix(s, "import") || len(s) < 12 || isWord(s[6]) {
		return false
	}
	line, _, _ := strings.Cut(s[6:min(len(s), 512)], "\n")
	for _, quote := range [...]string{`"`, "'", "`"} {
		if names, from, found := strings.Cut(line, quote); found {
			return !strings.ContainsAny(names, ";()=") && (strings.HasPrefix(from, "//") || hasPrefixFold(from, "http:") || hasPrefixFold(from, "https:") || hasPrefixFold(from, "data:") || hasPrefixFold(from, "blob:"))
		}
	}
	return false
}
