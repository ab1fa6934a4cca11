// Package settings reads the files that configure an app: .env files, Compose and other YAML,
// Dockerfiles, Procfiles, INI, TOML, properties and JSON. It makes keys and values with their
// places of them and judges none; it expands no variable, follows no link and asks nobody.
package settings

import (
	"strings"

	"github.com/fumehood/fumehood/audit/internal/lines"
	"github.com/fumehood/fumehood/audit/python"
)

// Kind is how a file is written.
type Kind uint8

// The kinds of files.
const (
	None       Kind = iota // no configuration
	Dotenv                 // KEY=value, as the shell has it
	YAML                   // Compose, Kubernetes, settings of all sorts
	Dockerfile             // ENV, ARG, CMD
	Procfile               // name: command
	INI                    // [section], key = value; systemd and supervisor too
	TOML
	Properties
	JSON
	Script  // of the shell: variables that are set, and how the app is started
	KeyFile // what should be a key, such as server.pem: it has no settings
)

// Span is where something stands: byte offsets into File.Source, End exclusive.
type Span = python.Span

// File is one file.
type File struct {
	Name     string // relative to the audited folder, with slashes
	Kind     Kind
	Standing Standing
	Source   string // without a byte order mark
	Settings []Setting
	Errors   []Error // what could not be read; the rest was

	lines lines.Index
}

// Setting is a key and its value.
type Setting struct {
	Span           // of key and value
	File    *File  //
	Section string // the way to the key: services.web.environment, a table, the stage of a build
	Key     string // its own name, such as SECRET_KEY
	Value   string // without quotes
	Env     bool   // it becomes a variable of the environment
	Command bool   // the value is a command; see Words
	args    []string
}

// Error is a part that could not be read.
type Error struct {
	Span
	Message string
}

// Position returns the line and the column of a byte of the source; see lines.Index.
func (f *File) Position(offset int32) (line, column int) { return f.lines.Position(offset) }

// Line is a line, counted from 1, without its end; "" if there is no such line.
func (f *File) Line(n int) string { return f.lines.Line(n) }

// MaxSize is the most that is read: what is larger was made by a program and configures none.
const MaxSize = 1 << 20

// Parse reads a file of the kind that its name has. It never fails: what cannot be read is in
// Errors.
func Parse(name, source string) *File { return ParseAs(KindOf(name), name, source) }

// ParseAs reads a file as one of the kind.
func ParseAs(kind Kind, name, source string) *File {
	source = strings.TrimPrefix(source, "\ufeff")
	f := &File{Name: name, Kind: kind, Standing: standing(name), Source: source, lines: lines.New(source)}
	if strings.IndexByte(source, 0) >= 0 {
		f.fail(Span{}, "it is no text")
		return f
	}
	switch f.Kind {
	case Dotenv:
		f.dotenv()
	case YAML:
		f.yaml()
	case Dockerfile:
		f.dockerfile()
	case Procfile:
		f.procfile()
	case Script:
		f.script()
	case INI:
		f.ini()
	case TOML:
		f.toml()
	case Properties:
		f.properties()
	case JSON:
		f.json()
	}
	for i := range f.Settings {
		f.Settings[i].File = f
	}
	return f
}

func (f *File) add(s Setting) {
	s.Value = strings.TrimSuffix(s.Value, "\r")
	f.Settings = append(f.Settings, s)
}

func (f *File) fail(at Span, message string) {
	f.Errors = append(f.Errors, Error{at, message})
}

// mostErrors bounds what is said of one file.
const mostErrors = 5

// row is one line of the source, without its end.
type row struct {
	text  string
	start int
}

// span is where a part of the source stands that is a part of the row's text.
func (r row) span(from, to int) Span {
	return Span{Start: int32(r.start + from), End: int32(r.start + to)}
}

// trimmed is where the text of the row stands without the space around it.
func (r row) trimmed() Span {
	from := len(r.text) - len(strings.TrimLeft(r.text, " \t"))
	return r.span(min(from, len(r.text)), max(from, len(strings.TrimRight(r.text, " \t"))))
}

// rows are the lines of the source.
func (f *File) rows() []row {
	all := make([]row, 0, f.lines.Count())
	for at := 0; at < len(f.Source); {
		end := strings.IndexAny(f.Source[at:], "\r\n")
		if end < 0 {
			all = append(all, row{f.Source[at:], at})
			break
		}
		all = append(all, row{f.Source[at : at+end], at})
		at += end + 1
		if f.Source[at-1] == '\r' && at < len(f.Source) && f.Source[at] == '\n' {
			at++
		}
	}
	return all
}

// join puts a section and a name below it together.
func join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// envName reports whether a key is written as variables of the environment are.
func envName(key string) bool {
	letters := false
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'A' && c <= 'Z':
			letters = true
		case c == '_' || c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return letters
}

// pair splits KEY=value, as lists of variables have it; ok is false for other texts.
func pair(text string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" || strings.ContainsAny(key, " \t\"'{}$/:") {
		return "", "", false
	}
	return key, unquote(strings.TrimSpace(value)), true
}

// unquote takes one pair of quotes away.
func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}
