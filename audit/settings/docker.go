package settings

import (
	"encoding/json"
	"strings"
)

// instruction is one of a Dockerfile, with the lines that it goes on in.
type instruction struct {
	word string // in capitals
	text string // what follows, its lines joined by spaces
	Span
}

// dockerfile reads ENV, ARG, CMD, ENTRYPOINT, RUN, EXPOSE and the names of stages.
func (f *File) dockerfile() {
	stage := ""
	var entry []string
	for _, in := range f.instructions() {
		s := Setting{Span: in.Span, Section: stage, Key: in.word, Value: in.text}
		switch in.word {
		case "FROM":
			stage, entry = stageName(in.text), nil
		case "ENV":
			f.pairs(in, stage)
		case "ARG":
			f.pairs(in, stage)
		case "CMD", "ENTRYPOINT":
			s.Command = true
			list, isList := execForm(in.text)
			if isList {
				s.args = list
				if in.word == "CMD" {
					s.args = append(append([]string{}, entry...), list...)
				}
			}
			if in.word == "ENTRYPOINT" {
				entry = list
			}
			f.add(s)
		case "RUN", "HEALTHCHECK":
			s.Command = true
			f.add(s)
		case "EXPOSE":
			f.add(s)
		}
	}
}

// stageName is the name behind AS, or what the stage starts from.
func stageName(from string) string {
	words := strings.Fields(from)
	for i, w := range words {
		if strings.EqualFold(w, "as") && i+1 < len(words) {
			return words[i+1]
		}
	}
	return ""
}

// execForm reads ["a", "b"].
func execForm(text string) ([]string, bool) {
	if !strings.HasPrefix(text, "[") {
		return nil, false
	}
	var list []string
	err := json.Unmarshal([]byte(text), &list)
	return list, err == nil
}

// pairs reads KEY=value ... and the old form KEY value.
func (f *File) pairs(in instruction, stage string) {
	text := in.text
	key, value, ok := strings.Cut(text, " ")
	if in.word == "ENV" && ok && !strings.Contains(key, "=") {
		f.add(Setting{Span: in.Span, Section: stage, Key: key, Value: unquote(strings.TrimSpace(value)), Env: true})
		return
	}
	for _, word := range splitWords(text) {
		if k, v, ok := pair(word); ok {
			f.add(Setting{Span: f.within(in.Span, k), Section: stage, Key: k, Value: v, Env: true})
		}
	}
}

// within is the line of KEY=value in an instruction of several lines.
func (f *File) within(all Span, key string) Span {
	text := f.Source[all.Start:all.End]
	for at := 0; ; {
		i := strings.Index(text[at:], key+"=")
		if i < 0 {
			return all
		}
		at += i
		if at == 0 || strings.ContainsRune(" \t\r\n", rune(text[at-1])) {
			end := strings.IndexAny(text[at:], "\r\n")
			if end < 0 {
				end = len(text) - at
			}
			line := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(text[at:at+end], " \t"), "\\"), " \t")
			return Span{Start: all.Start + int32(at), End: all.Start + int32(at+len(line))}
		}
		at += len(key)
	}
}

// instructions splits the file. A line that ends in a backslash (or what the directive escape
// says) goes on in the next; comments and empty lines between count for nothing.
func (f *File) instructions() []instruction {
	var all []instruction
	rows := f.rows()
	escape := "\\"
	for i := 0; i < len(rows); i++ {
		first := rows[i].trimmed()
		text := strings.TrimSpace(rows[i].text)
		if text == "" || text[0] == '#' {
			if strings.ReplaceAll(strings.ToLower(text), " ", "") == "#escape=`" && len(all) == 0 {
				escape = "`"
			}
			continue
		}
		word, rest, _ := strings.Cut(text, " ")
		in := instruction{word: strings.ToUpper(word), Span: first}
		var parts []string
		for {
			part, goesOn := strings.CutSuffix(strings.TrimRight(rest, " \t"), escape)
			if part = strings.TrimSpace(part); part != "" {
				parts = append(parts, part)
			}
			if !goesOn || i+1 >= len(rows) {
				break
			}
			for i++; i+1 < len(rows) && skippable(rows[i].text); i++ {
				continue
			}
			rest = strings.TrimSpace(rows[i].text)
			if skippable(rest) {
				break
			}
			in.End = rows[i].trimmed().End
		}
		in.text = strings.Join(parts, " ")
		if !isInstruction(in.word) {
			if len(f.Errors) < mostErrors {
				f.fail(first, "no instruction of a Dockerfile")
			}
			continue
		}
		all = append(all, in)
		if in.word == "RUN" || in.word == "COPY" {
			i = heredoc(rows, i, in.text)
		}
	}
	return all
}

func skippable(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text[0] == '#'
}

// heredoc skips the lines of <<EOF and returns the row of its end.
func heredoc(rows []row, i int, text string) int {
	at := strings.Index(text, "<<")
	if at < 0 {
		return i
	}
	name := strings.Trim(strings.TrimPrefix(text[at+2:], "-"), " ")
	name, _, _ = strings.Cut(name, " ")
	name = unquote(name)
	if name == "" || !envName(strings.ToUpper(name)) {
		return i
	}
	for n := i + 1; n < len(rows) && n < i+longestHeredoc; n++ {
		if strings.TrimSpace(rows[n].text) == name {
			return n
		}
	}
	return i
}

// longestHeredoc is how many lines a text in a Dockerfile may have.
const longestHeredoc = 1000

func isInstruction(word string) bool {
	switch word {
	case "FROM", "RUN", "CMD", "LABEL", "MAINTAINER", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL":
		return true
	}
	return false
}
