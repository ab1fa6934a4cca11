package python

import "strings"

// newlineLen is the length of the line end at a place: 0, 1 or 2.
func newlineLen(s string, at int) int {
	switch {
	case at >= len(s):
		return 0
	case s[at] == '\n':
		return 1
	case s[at] != '\r':
		return 0
	case at+1 < len(s) && s[at+1] == '\n':
		return 2
	}
	return 1
}

// Position returns the line and the column of a byte of the source. Both count from 1; a
// column is a character.
func (f *File) Position(offset int32) (line, column int) { return f.lines.Position(offset) }

// Text returns the source of a node.
func (f *File) Text(n Node) string {
	s := n.At()
	if s.Start < 0 || s.End < s.Start || int(s.End) > len(f.Source) {
		return ""
	}
	return f.Source[s.Start:s.End]
}

// ASCII reports whether the source has no other characters: names with others may be written in
// several ways.
func (f *File) ASCII() bool { return f.lines.ASCII() }

// MayNameIn reports whether the word may be a name in a part of the source: a quick look that saves
// a walk.
func (f *File) MayNameIn(part Span, word string) bool {
	return strings.Contains(f.Source[part.Start:part.End], word) || !f.lines.ASCII()
}

// Lines is how many lines the source has.
func (f *File) Lines() int { return f.lines.Count() }

// Line returns a line, counted from 1, without its end. It is "" if there is no such line.
func (f *File) Line(n int) string { return f.lines.Line(n) }
