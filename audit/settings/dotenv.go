package settings

import (
	"path"
	"strings"
)

// dotenv reads KEY=value lines as python-dotenv and the shell take them: with export before,
// in quotes that may span lines, with comments behind.
func (f *File) dotenv() {
	script := path.Base(f.Name) == ".envrc" // has other commands too
	rows := f.rows()
	for i := 0; i < len(rows); i++ {
		r := rows[i]
		text := strings.TrimSpace(r.text)
		if text == "" || text[0] == '#' {
			continue
		}
		start := strings.Index(r.text, text)
		rest := text
		if after, ok := strings.CutPrefix(rest, "export"); ok && after != "" && (after[0] == ' ' || after[0] == '\t') {
			rest = strings.TrimLeft(after, " \t")
		}
		key, value, ok := strings.Cut(rest, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" || strings.ContainsAny(key, " \t$(){}\"'`;&|<>") {
			if !script && !justName(rest) && len(f.Errors) < mostErrors {
				f.fail(r.trimmed(), "no KEY=value")
			}
			continue
		}
		at := start + len(text) - len(value)
		read, end, last, closed := f.quoted(rows, i, at)
		if !closed {
			f.fail(r.trimmed(), "a quote that is not closed")
		}
		f.add(Setting{Span: Span{Start: int32(r.start + start), End: int32(end)}, Key: key, Value: read, Env: true})
		i = last
	}
}

// justName is a variable that is exported and set elsewhere.
func justName(text string) bool {
	name, _, _ := strings.Cut(text, "#")
	return envName(strings.ToUpper(strings.TrimSpace(name)))
}

// quoted reads the value that starts at a byte of the i-th row. It returns where it ends, in
// which row, and whether its quotes were closed; without the closing one the row is all.
func (f *File) quoted(rows []row, i, at int) (value string, end, last int, closed bool) {
	r := rows[i]
	text := strings.TrimLeft(r.text[at:], " \t")
	from := r.start + len(r.text) - len(text)
	if text == "" || text[0] != '"' && text[0] != '\'' && text[0] != '`' {
		value = bare(text)
		return value, from + len(value), i, true
	}
	quote := text[0]
	var b strings.Builder
	for n := i; n < len(rows) && n < i+mostQuoted; n++ {
		line, start := rows[n].text, rows[n].start
		if n == i {
			line, start = text[1:], from+1
		} else {
			b.WriteByte('\n')
		}
		for k := 0; k < len(line); k++ {
			switch c := line[k]; {
			case c == quote:
				return b.String(), start + k + 1, n, true
			case c == '\\' && quote == '"' && k+1 < len(line):
				k++
				b.WriteByte(unescaped(line[k]))
			default:
				b.WriteByte(c)
			}
		}
	}
	value = bare(text)
	return value, from + len(value), i, false
}

// mostQuoted is how many lines a value may have: a private key has some fifty.
const mostQuoted = 200

func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// bare is a value without quotes, as far as a comment behind it.
func bare(text string) string {
	if strings.HasPrefix(text, "#") {
		return ""
	}
	for _, mark := range []string{" #", "\t#"} {
		if at := strings.Index(text, mark); at >= 0 {
			text = text[:at]
		}
	}
	return strings.TrimRight(text, " \t")
}

// script reads the lines of a script that set variables, and those that start the development
// server. What a script computes is not known.
func (f *File) script() {
	end := "" // of a text in the script
	for _, r := range f.rows() {
		text := strings.TrimSpace(r.text)
		switch {
		case end != "":
			if text == end {
				end = ""
			}
			continue
		case text == "" || text[0] == '#':
			continue
		}
		if at := strings.Index(text, "<<"); at >= 0 {
			end = unquote(strings.TrimLeft(text[at+2:], "- \t"))
			if strings.ContainsAny(end, " \t<$(") {
				end = ""
			}
		}
		words := splitWords(text)
		if len(words) > 0 && (words[0] == "export" || words[0] == "declare" || words[0] == "readonly" || words[0] == "set") {
			words = words[1:]
		}
		set := len(words) > 0
		for _, w := range words {
			_, _, ok := pair(w)
			set = set && ok
		}
		switch {
		case set:
			for _, w := range words {
				key, value, _ := pair(w)
				f.add(Setting{Span: r.trimmed(), Key: key, Value: value, Env: envName(key)})
			}
		case calls(words, "flask"):
			f.add(Setting{Span: r.trimmed(), Value: text, Command: true})
		}
	}
}

func calls(words []string, end string) bool {
	for _, w := range words {
		if path.Base(w) == end {
			return true
		}
	}
	return false
}
