package python

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// block is how many bytes Position counts at most, so that one line of 100 MB costs no more
// than any other.
const block = 1024

// index notes where the lines start, and counts the characters if they are not the bytes.
func (f *File) index() {
	s := f.Source
	f.lines = make([]int32, 1, strings.Count(s, "\n")+2)
	if strings.IndexByte(s, '\r') < 0 {
		for at := 0; ; {
			i := strings.IndexByte(s[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			f.lines = append(f.lines, int32(at))
		}
	} else {
		for at := 0; at < len(s); {
			if n := newlineLen(s, at); n > 0 {
				at += n
				f.lines = append(f.lines, int32(at))
			} else {
				at++
			}
		}
	}
	if ascii(s) {
		return
	}
	f.runes = make([]int32, 0, len(s)/block+1)
	total := int32(0)
	for at := 0; at < len(s); at += block {
		f.runes = append(f.runes, total)
		total += starts(s[at:min(at+block, len(s))])
	}
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
func (f *File) Position(offset int32) (line, column int) {
	offset = max(0, min(offset, int32(len(f.Source))))
	line = sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset })
	if line == 0 {
		return 1, 1 // a File that Parse did not make
	}
	start := f.lines[line-1]
	if f.runes == nil {
		return line, int(offset-start) + 1
	}
	return line, int(f.before(offset)-f.before(start)) + 1
}

// before counts the characters before a byte.
func (f *File) before(offset int32) int32 {
	i := min(int(offset)/block, len(f.runes)-1)
	return f.runes[i] + starts(f.Source[i*block:offset])
}

// Text returns the source of a node.
func (f *File) Text(n Node) string {
	s := n.At()
	if s.Start < 0 || s.End < s.Start || int(s.End) > len(f.Source) {
		return ""
	}
	return f.Source[s.Start:s.End]
}

// Lines is how many lines the source has.
func (f *File) Lines() int { return len(f.lines) }

// Line returns a line, counted from 1, without its end. It is "" if there is no such line.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	text := f.Source[f.lines[n-1]:]
	if n < len(f.lines) {
		text = f.Source[f.lines[n-1]:f.lines[n]]
	}
	return strings.TrimRight(text, "\r\n")
}
