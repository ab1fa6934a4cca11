package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/fumehood/fumehood/audit/finding"
)

// The colours mark state; the words carry it.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "33"
	cyan   = "36"
	dim    = "2"
)

func (t *Text) paint(color, text string) string {
	if !t.o.Color || color == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func severityColor(s finding.Severity) string {
	switch s {
	case finding.High:
		return red
	case finding.Medium:
		return yellow
	}
	return cyan
}

// glyph is a character and the columns that it takes.
type glyph struct {
	text string
	wide int
}

// tab is how many columns a tab takes.
const tab = 4

// glyphs are the characters of a line as a terminal shows them: one for each of the line's,
// with nothing that a terminal acts on.
func glyphs(line string) []glyph {
	all := make([]glyph, 0, len(line))
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		g := glyph{line[:size], 1}
		switch {
		case r == '\t':
			g = glyph{strings.Repeat(" ", tab), tab}
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			g.wide = 0 // it stands on the one before
		case r == utf8.RuneError || !strconv.IsPrint(r):
			g.text = "\uFFFD"
		case r >= 0x1100:
			if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
				g.wide = 2
			}
		}
		all = append(all, g)
		line = line[size:]
	}
	return all
}

// offset is the column at which the i-th character starts, from 0.
func offset(all []glyph, i int) int {
	n := 0
	for _, g := range all[:max(0, min(i, len(all)))] {
		n += g.wide
	}
	return n
}

// window is the part of a line that starts at a column and takes at most room. Where
// something is cut off, there are dots; cut is whether there was something before the line.
func window(all []glyph, left, room int, cut bool) string {
	const dots = 3
	right := left + room
	first, last := left, right
	if left > 0 || cut {
		first += dots
	}
	if offset(all, len(all)) > right {
		last -= dots
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(".", first-left))
	at, end := 0, first // where the glyph starts, and where what is written ends
	for _, g := range all {
		if at >= first && at+g.wide <= last {
			b.WriteString(strings.Repeat(" ", at-end) + g.text)
			end = at + g.wide
		}
		at += g.wide
	}
	if last < right {
		b.WriteString(strings.Repeat(" ", max(0, last-end)) + strings.Repeat(".", dots))
	}
	return b.String()
}

// columns is how many columns a text takes.
func columns(text string) int {
	all := glyphs(text)
	return offset(all, len(all))
}

// pad fills a text up with spaces.
func pad(text string, to int) string {
	return text + strings.Repeat(" ", max(0, to-columns(text)))
}

// fit is a text in at most so many columns; what is cut off leaves dots.
func fit(text string, room int) string { return window(glyphs(text), 0, room, false) }

// wrapCode breaks a line of code at spaces, so that it can still be copied; what is longer
// without one is cut.
func wrapCode(line string, room int) []string {
	text := strings.TrimLeft(line, " \t")
	indent := strings.Repeat(" ", columns(line)-columns(text))
	if columns(indent)+columns(text) <= room || columns(indent)+8 > room {
		return []string{fit(line, room)}
	}
	var all []string
	for i, part := range fill(strings.Split(text, " "), room-columns(indent)-4) {
		if i > 0 {
			part = "    " + part
		}
		all = append(all, fit(indent+part, room))
	}
	return all
}

// Printable is a text without what a terminal acts on, or what hides or turns other text: it
// may come from the files that are audited.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// wrap breaks a text between words, so that no line takes more than room.
func wrap(text string, room int) []string { return fill(strings.Fields(text), room) }

// fill puts words into lines.
func fill(words []string, room int) []string {
	lines := []string{""}
	for _, word := range words {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case columns(*last)+1+columns(word) <= room:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
