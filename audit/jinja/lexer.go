package jinja

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// opener is what starts something that is not text.
type opener uint8

const (
	nothing opener = iota
	variable
	blockTag
	comment
	lineTag  // a line statement
	lineNote // a line comment
)

// rule is one delimiter.
type rule struct {
	start string
	opens opener
}

// syntax is the delimiters of the application.
type syntax struct {
	rules        []rule // the longest first, as Jinja tries them
	blockStart   string
	ends         [lineNote + 1]string
	line, note   string
	first        [256]bool // bytes that rules start with
	lone         byte      // the one byte that all rules start with, if there is just one
	manyStarts   bool
	variableOpen string
}

func newSyntax(o Options) syntax {
	s := syntax{line: o.LineStatement, note: o.LineComment}
	s.blockStart = cmp.Or(o.BlockStart, "{%")
	s.variableOpen = cmp.Or(o.VariableStart, "{{")
	s.ends[blockTag] = cmp.Or(o.BlockEnd, "%}")
	s.ends[variable] = cmp.Or(o.VariableEnd, "}}")
	s.ends[comment] = cmp.Or(o.CommentEnd, "#}")
	s.rules = []rule{{s.variableOpen, variable}, {cmp.Or(o.CommentStart, "{#"), comment}, {s.blockStart, blockTag}}
	if s.note != "" {
		s.rules = append(s.rules, rule{s.note, lineNote})
	}
	slices.SortStableFunc(s.rules, func(a, b rule) int { return len(b.start) - len(a.start) })
	s.lone = s.rules[0].start[0]
	for _, r := range s.rules {
		s.first[r.start[0]] = true
		s.manyStarts = s.manyStarts || r.start[0] != s.lone
	}
	if s.line != "" {
		s.first['\n'], s.first['\r'], s.manyStarts = true, true, true
	}
	return s
}

// candidate returns the next place where a rule may match, or the length of the text.
func (s *syntax) candidate(text string, at int) int {
	if !s.manyStarts {
		if i := strings.IndexByte(text[at:], s.lone); i >= 0 {
			return at + i
		}
		return len(text)
	}
	for at < len(text) && !s.first[text[at]] {
		at++
	}
	return at
}

// nextTag finds what follows the text at a place: where it starts, and where its content does.
func (p *parser) nextTag() (opens opener, start, content int) {
	s, text := &p.syntax, p.source
	if s.line != "" && (p.at == 0 || text[p.at-1] == '\n' || text[p.at-1] == '\r') {
		if opens, content = s.lineAt(text, p.at); opens != nothing {
			return opens, p.at, content
		}
	}
	for i := s.candidate(text, p.at); i < len(text); i = s.candidate(text, i+1) {
		if s.line != "" && (text[i] == '\n' || text[i] == '\r') {
			if opens, content = s.lineAt(text, i+1); opens != nothing {
				return opens, i + 1, content
			}
		}
		for _, r := range s.rules {
			if !strings.HasPrefix(text[i:], r.start) {
				continue
			}
			start := i
			for r.opens == lineNote && start > p.at && blank(text[start-1]) && text[start-1] != '\n' && text[start-1] != '\r' {
				start--
			}
			return r.opens, start, i + len(r.start)
		}
	}
	return nothing, len(text), len(text)
}

// lineAt tells whether a line statement or a line comment starts with the line at a place.
func (s *syntax) lineAt(text string, at int) (opener, int) {
	i := at
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\v') {
		i++
	}
	rest := text[i:]
	if s.note != "" && len(s.note) >= len(s.line) && strings.HasPrefix(rest, s.note) {
		return lineNote, i + len(s.note)
	}
	if strings.HasPrefix(rest, s.line) {
		return lineTag, i + len(s.line)
	}
	return nothing, at
}

// blank tells white space of ASCII.
func blank(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f
}

// skipBlank returns the first place that is no white space.
func skipBlank(text string, at int) int {
	for at < len(text) && blank(text[at]) {
		at++
	}
	if at < len(text) && text[at] >= 0x80 {
		return len(text) - len(strings.TrimLeftFunc(text[at:], unicode.IsSpace))
	}
	return at
}

// sign skips the + or - after a start delimiter, and tells whether it was a -.
func sign(text string, at int) (int, bool) {
	if at < len(text) && (text[at] == '-' || text[at] == '+') {
		return at + 1, text[at] == '-'
	}
	return at, false
}

// rawTag tells whether the tag at a place is named so and has nothing else in it, and where
// it ends. strict is for the start of a raw block, which knows no +%}.
func (p *parser) rawTag(content int, name string, strict bool) (end int, trim, ok bool) {
	text := p.source
	i, _ := sign(text, content)
	i = skipBlank(text, i)
	if !strings.HasPrefix(text[i:], name) {
		return 0, false, false
	}
	i = skipBlank(text, i+len(name))
	if i < len(text) && (text[i] == '-' || text[i] == '+' && !strict) {
		trim = text[i] == '-'
		i++
	}
	if !strings.HasPrefix(text[i:], p.syntax.ends[blockTag]) {
		return 0, false, false
	}
	return i + len(p.syntax.ends[blockTag]), trim, true
}

// find returns the next place of a delimiter, or -1. It remembers it: a template full of broken
// tags must not be searched to its end for every one of them.
func (p *parser) find(from int, slot slot, delimiter string) int {
	known := p.found[slot] - 1
	if known == -2 || known >= from {
		return max(known, -1)
	}
	known = strings.Index(p.source[from:], delimiter)
	if known >= 0 {
		known += from
	} else {
		known = -2
	}
	p.found[slot] = known + 1
	return max(known, -1)
}

// slot is what find remembers: ends by their opener, and starts.
type slot uint8

const (
	blockStarts    slot = slot(lineNote) + 1
	variableStarts slot = blockStarts + 1
	slots          int  = int(variableStarts) + 1
)

func (p *parser) findEnd(from int, opens opener) int {
	return p.find(from, slot(opens), p.syntax.ends[opens])
}

// nearEnd returns where a broken tag ends: at its end delimiter, where the next tag starts, or
// at the end of a line statement's line. It is -1 if there is no end.
func (p *parser) nearEnd(from int, opens opener) int {
	if opens == lineTag {
		if i := strings.IndexAny(p.source[from:], "\r\n"); i >= 0 {
			return from + i
		}
		return len(p.source)
	}
	end := p.findEnd(from, opens)
	if start := p.find(from, blockStarts, p.syntax.blockStart); start >= 0 {
		end = min(end, start)
	}
	if start := p.find(from, variableStarts, p.syntax.variableOpen); start >= 0 {
		end = min(end, start)
	}
	return end
}
