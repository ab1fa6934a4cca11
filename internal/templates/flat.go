package templates

import (
	"sort"
	"strconv"
	"strings"
)

// In a flat page, data and statements are marked by characters that no text has: "\uFDD0",
// the number of the segment, "\uFDD1" for data; a statement begins with "\uFDD2".
const (
	exprMark  = "\uFDD0"
	endMark   = "\uFDD1"
	stmtMark  = "\uFDD2"
	holeMarks = exprMark + endMark + stmtMark
)

// flat is a template as one text, with marks where its data and statements are.
type flat struct {
	text     string
	segments []segment
	starts   []int // where in text each segment begins

	lastAt, lastLine int // the last place asked for, and its line
}

func flatten(segments []segment) *flat {
	f := &flat{segments: segments, starts: make([]int, len(segments))}
	var b strings.Builder
	for i, s := range segments {
		f.starts[i] = b.Len()
		switch s.kind {
		case text:
			b.WriteString(s.body)
		case expr:
			if tail := strings.ToLower(last(b.String(), 7)); strings.HasSuffix(tail, "<script") || strings.HasSuffix(tail, "<style") {
				b.WriteByte(' ') // <script{{ {...}|xmlattr }}>
			}
			b.WriteString(exprMark + strconv.Itoa(i) + endMark)
		case stmt:
			// The spaces keep <p{% if x %} id="x"{% endif %}> apart. A script with a
			// statement in it is never compared byte by byte.
			b.WriteString(" " + stmtMark + strconv.Itoa(i) + endMark + " ")
		}
	}
	f.text = b.String()
	return f
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

// line returns the line of the file that an offset in the text comes from.
func (f *flat) line(offset int) int {
	i := sort.SearchInts(f.starts, offset+1) - 1
	if i < 0 {
		return 1
	}
	s := f.segments[i]
	if s.kind != text {
		return s.line
	}
	from, line := f.starts[i], s.line
	if f.lastLine > 0 && f.lastAt >= from && f.lastAt <= offset { // the places come in order, mostly
		from, line = f.lastAt, f.lastLine
	}
	line += strings.Count(f.text[from:max(from, min(offset, f.starts[i]+len(s.body)))], "\n")
	f.lastAt, f.lastLine = offset, line
	return line
}

// part is a stretch of text, or a hole in it.
type part struct {
	text    string
	segment *segment // nil: text
}

// parts takes marked text apart.
func (f *flat) parts(s string) []part {
	var all []part
	for s != "" {
		at := strings.IndexAny(s, exprMark+stmtMark)
		if at < 0 {
			return append(all, part{text: s})
		}
		end := strings.Index(s, endMark)
		if end < at { // cannot be: lex refuses texts with these characters
			return append(all, part{text: s})
		}
		if at > 0 {
			all = append(all, part{text: s[:at]})
		}
		if n, err := strconv.Atoi(s[at+len(exprMark) : end]); err == nil && n < len(f.segments) {
			all = append(all, part{segment: &f.segments[n]})
		}
		s = s[end+len(endMark):]
	}
	return all
}

// show returns marked text as it stands in the file, more or less.
func (f *flat) show(s string) string {
	if !strings.ContainsAny(s, holeMarks) {
		return s
	}
	var b strings.Builder
	for _, p := range f.parts(s) {
		switch {
		case p.segment == nil:
			b.WriteString(p.text)
		case p.segment.kind == expr:
			b.WriteString("{{ " + p.segment.body + " }}")
		default:
			b.WriteString("{% " + p.segment.body + " %}")
		}
	}
	return b.String()
}

// bare returns marked text without the marks.
func (f *flat) bare(s string) string {
	if !strings.ContainsAny(s, holeMarks) {
		return s
	}
	var b strings.Builder
	for _, p := range f.parts(s) {
		b.WriteString(p.text)
	}
	return strings.TrimSpace(b.String())
}
