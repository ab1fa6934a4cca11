package report

import (
	"fmt"
	"strconv"
	"strings"
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
	if !t.o.Color {
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

// frame writes the code of a finding: its lines marked with > and ^, with those around it or
// without.
func (t *Text) frame(f *finding.Finding, around bool) {
	if f.Frame == nil {
		return
	}
	first, last := f.Frame.Line, f.Frame.Line+len(f.Frame.Text)-1
	end := max(f.Place.Line, f.Place.EndLine)
	if !around {
		first, last = f.Place.Line, min(last, f.Place.Line)
	}
	digits := len(strconv.Itoa(last))
	room := t.o.Width - digits - 9
	marked := glyphs(f.Frame.Text[f.Place.Line-f.Frame.Line])
	from := offset(marked, f.Place.Column-f.Frame.Column)
	to := offset(marked, len(marked))
	if f.Place.EndLine == f.Place.Line && f.Place.EndColumn > f.Place.Column {
		to = offset(marked, f.Place.EndColumn-f.Frame.Column)
	}
	left := 0 // columns that are cut off at the left
	if to > room && from > room/2 {
		left = from - room/4
	}
	for n := first; n <= last; n++ {
		line := cutGlyphs(glyphs(f.Frame.Text[n-f.Frame.Line]), left, room)
		sign, number := " ", fmt.Sprintf("%*d |", digits, n)
		if n >= f.Place.Line && n <= end {
			sign = t.paint(severityColor(f.Severity), ">")
		} else {
			line, number = t.paint(dim, line), t.paint(dim, number)
		}
		t.print("  %s\n", strings.TrimRight(fmt.Sprintf("  %s %s %s", sign, number, line), " "))
		if n == f.Place.Line && from < to {
			carets := strings.Repeat("^", max(1, min(to, left+room)-from))
			t.print("      %*s | %s%s\n", digits, "", strings.Repeat(" ", from-left), t.paint(severityColor(f.Severity), carets))
		}
	}
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

// cutGlyphs is the part of a line that starts at a column and takes at most room.
func cutGlyphs(all []glyph, left, room int) string {
	var b strings.Builder
	at := 0
	for _, g := range all {
		if at >= left && at+g.wide <= left+room {
			b.WriteString(g.text)
		}
		at += g.wide
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
func fit(text string, room int) string {
	all := glyphs(text)
	if offset(all, len(all)) <= room {
		return cutGlyphs(all, 0, room)
	}
	return cutGlyphs(all, 0, max(0, room-3)) + "..."
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
