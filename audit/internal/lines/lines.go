// Package lines tells in which line and column a byte of a text stands. The parsers of the
// audit use it; it looks at nothing and stops no attack.
package lines

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// block is how many bytes Position counts at most, so that one line of 100 MB costs no more
// than any other.
const block = 1024

// Index knows where the lines of a text start: behind a line feed, a carriage return, or both.
// The zero Index is that of no text.
type Index struct {
	text  string
	lines []int32 // where each line starts
	runes []int32 // how many characters stand before every block; nil if all is ASCII
}

// New indexes a text of less than 2 GB.
func New(text string) Index {
	x := Index{text: text, lines: make([]int32, 1, strings.Count(text, "\n")+2)}
	ends := "\n"
	if strings.IndexByte(text, '\r') >= 0 {
		ends = "\r\n"
	}
	for at := 0; at < len(text); {
		i := 0
		if len(ends) == 1 {
			i = strings.IndexByte(text[at:], '\n')
		} else {
			i = strings.IndexAny(text[at:], ends)
		}
		if i < 0 {
			break
		}
		at += i + 1
		if text[at-1] == '\r' && at < len(text) && text[at] == '\n' {
			at++
		}
		x.lines = append(x.lines, int32(at))
	}
	if starts(text) == int32(len(text)) {
		return x
	}
	total := int32(0)
	for at := 0; at < len(text); at += block {
		x.runes = append(x.runes, total)
		total += starts(text[at:min(at+block, len(text))])
	}
	return x
}

// starts counts the bytes that start a character.
func starts(s string) int32 {
	n := int32(0)
	for i := range len(s) {
		if utf8.RuneStart(s[i]) {
			n++
		}
	}
	return n
}

// Position is the line and the column of a byte. Both count from 1; a column is a character.
func (x *Index) Position(offset int32) (line, column int) {
	offset = max(0, min(offset, int32(len(x.text))))
	line = sort.Search(len(x.lines), func(i int) bool { return x.lines[i] > offset })
	if line == 0 {
		return 1, 1
	}
	start := x.lines[line-1]
	if x.runes == nil {
		return line, int(offset-start) + 1
	}
	return line, int(x.before(offset)-x.before(start)) + 1
}

// before counts the characters before a byte.
func (x *Index) before(offset int32) int32 {
	i := min(int(offset)/block, len(x.runes)-1)
	return x.runes[i] + starts(x.text[i*block:offset])
}

// ASCII reports whether the text has no other characters than those of ASCII.
func (x *Index) ASCII() bool { return x.runes == nil }

// Count is how many lines the text has.
func (x *Index) Count() int { return len(x.lines) }

// Line is a line, counted from 1, without its end; "" if there is no such line.
func (x *Index) Line(n int) string {
	if n < 1 || n > len(x.lines) {
		return ""
	}
	line := x.text[x.lines[n-1]:]
	if n < len(x.lines) {
		line = x.text[x.lines[n-1]:x.lines[n]]
	}
	return strings.TrimRight(line, "\r\n")
}
