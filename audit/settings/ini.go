package settings

import (
	"path"
	"strings"
)

// ini reads [section] and key = value lines, as configparser, uWSGI, supervisor and systemd
// write them. A line that is indented goes on with the value before.
func (f *File) ini() {
	section := ""
	last := -1 // the setting that an indented line goes on with
	unit := strings.HasSuffix(f.Name, ".service")
	for _, r := range f.rows() {
		text := strings.TrimSpace(r.text)
		switch {
		case text == "":
			last = -1
			continue
		case text[0] == '#' || text[0] == ';':
			continue
		case text[0] == '[':
			name, _, ok := strings.Cut(text[1:], "]")
			if !ok {
				f.fail(r.trimmed(), "a section that is not closed")
				continue
			}
			section, last = name, -1
			continue
		case last >= 0 && (r.text[0] == ' ' || r.text[0] == '\t'):
			if s := &f.Settings[last]; len(s.Value) < longestValue {
				s.Value += "\n" + comment(text)
				s.End = r.trimmed().End
			}
			continue
		}
		at := strings.IndexAny(text, "=:")
		if strings.Contains(text, "=") && (unit || at >= 0 && text[at] == ':' && strings.Contains(text[:strings.IndexByte(text, '=')], "//")) {
			at = strings.IndexByte(text, '=') // //registry.example.org/:_authToken=...
		}
		if at <= 0 {
			last = -1
			continue // a key without a value
		}
		key, value := strings.TrimSpace(text[:at]), comment(strings.TrimSpace(text[at+1:]))
		key = key[strings.LastIndexByte(key, ':')+1:]
		span := r.trimmed()
		if n := strings.LastIndex(r.text, value); value != "" && n >= 0 {
			span.End = int32(r.start + n + len(value))
		}
		last = len(f.Settings)
		f.add(Setting{Span: span, Section: section, Key: key, Value: unquote(value), Env: envName(key)})
	}
	f.variables(unit)
}

// longestValue bounds what lines that go on add to a value.
const longestValue = 16 << 10

// comment takes away what stands behind a value.
func comment(value string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		if at := strings.Index(value, mark); at >= 0 {
			value = value[:at]
		}
	}
	return strings.TrimRight(value, " \t")
}

// variables adds those of the environment that a value holds, and tells commands.
func (f *File) variables(unit bool) {
	for i := range f.Settings {
		s := &f.Settings[i]
		switch key := strings.ToLower(s.Key); {
		case unit && key == "environment", strings.HasPrefix(s.Section, "program:") && key == "environment", s.Section == "supervisord" && key == "environment",
			s.Section == "uwsgi" && key == "env", key == "env" && strings.Contains(s.Section, "pytest"):
			for _, word := range splitWords(strings.ReplaceAll(s.Value, ",", " ")) {
				if k, v, ok := pair(strings.TrimPrefix(word, "D:")); ok {
					f.add(Setting{Span: f.Settings[i].Span, Section: f.Settings[i].Section, Key: k, Value: v, Env: true})
				}
			}
		case unit && strings.HasPrefix(key, "execstart"), key == "command" && strings.HasPrefix(s.Section, "program:"):
			s.Command = true
		}
	}
}

// properties reads the files of Java's kind: key=value, key: value, a backslash at the end of
// a line that goes on.
func (f *File) properties() {
	rows := f.rows()
	for i := 0; i < len(rows); i++ {
		first := rows[i]
		text := strings.TrimSpace(first.text)
		if text == "" || text[0] == '#' || text[0] == '!' {
			continue
		}
		for strings.HasSuffix(text, "\\") && i+1 < len(rows) && len(text) < longestValue {
			i++
			text = strings.TrimSuffix(text, "\\") + strings.TrimSpace(rows[i].text)
		}
		at := strings.IndexAny(text, "=: \t")
		if at <= 0 {
			continue
		}
		key, value := text[:at], strings.TrimLeft(text[at:], " \t")
		value = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(value, "="), ":"))
		short := key
		section := ""
		if dot := strings.LastIndexByte(key, '.'); dot >= 0 {
			section, short = key[:dot], key[dot+1:]
		}
		f.add(Setting{Span: Span{Start: first.trimmed().Start, End: rows[i].trimmed().End}, Section: section, Key: short, Value: value})
	}
}

// procfile reads name: command lines.
func (f *File) procfile() {
	for _, r := range f.rows() {
		text := strings.TrimSpace(r.text)
		if text == "" || text[0] == '#' {
			continue
		}
		name, command, ok := strings.Cut(text, ":")
		if !ok {
			f.fail(r.trimmed(), "no name: command")
			continue
		}
		f.add(Setting{Span: r.trimmed(), Section: path.Base(f.Name), Key: name, Value: strings.TrimSpace(command), Command: true})
	}
}
