package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
)

// The most steps of a way that are shown, of which the first ones are so many.
const (
	mostSteps  = 8
	firstSteps = 3
)

// row is a line of a picture: code with what happens there, a gap, or the name of a file.
type row struct {
	file   string
	line   int
	text   string // "" with a line is an empty line of code
	cut    bool   // something is missing before the text
	mark   bool   // it is the finding's own
	carets bool   // it is the line where the finding starts
	notes  []string
	label  string // stands in place of code
}

// picture writes the code of a finding: the stops of the value's way, each with what happens
// there, and the place itself, with the lines around it or without.
func (t *Text) picture(f *finding.Finding, around bool) {
	rows := framed(f, around)
	start := 1 // the character that texts of the frame start with
	if f.Frame != nil {
		start = f.Frame.Column
		if start == 1 {
			start += dedent(rows)
		}
	}
	rows = append(t.stops(f, rows, around), rows...)
	digits := 1
	for _, r := range rows {
		digits = max(digits, len(strconv.Itoa(r.line)))
	}
	room := t.o.Width - digits - 9
	at := noteColumn(rows, room)
	for _, r := range rows {
		switch {
		case r.label != "":
			t.print("    %*s %s\n", digits+2, "", t.paint(dim, r.label))
		case r.carets:
			t.marked(f, r, start, digits, room)
		default:
			t.plain(f, r, digits, room, at)
		}
	}
}

// framed are the lines around a finding and its own, or its first line only.
func framed(f *finding.Finding, around bool) []row {
	if f.Frame == nil {
		return nil
	}
	var rows []row
	for i, text := range f.Frame.Text {
		n := f.Frame.Line + i
		mark := n >= f.Place.Line && n <= max(f.Place.Line, f.Place.EndLine)
		if around || n == f.Place.Line {
			rows = append(rows, row{file: f.Place.File, line: n, text: text, cut: f.Frame.Column > 1 && text != "", mark: mark, carets: n == f.Place.Line})
		}
	}
	return rows
}

// stops gives the lines of the frame the notes of the steps that end there, and returns rows
// for the steps before. Steps on no other line than the finding's own say nothing new.
func (t *Text) stops(f *finding.Finding, frame []row, around bool) []row {
	steps := f.Steps
	if !slices.ContainsFunc(steps, func(s finding.Step) bool { return s.Place.File != f.Place.File || s.Place.Line != f.Place.Line }) {
		return nil
	}
	in := func(s finding.Step) int {
		return slices.IndexFunc(frame, func(r row) bool { return r.file == s.Place.File && r.line == s.Place.Line })
	}
	first := len(steps) // of those that end in the frame
	for first > 0 && in(steps[first-1]) >= 0 {
		first--
	}
	for i, s := range steps[first:] {
		r := &frame[in(s)]
		if r.text == "" && f.Frame.Column > 1 { // the frame of a long line starts behind this one
			r.text = s.Code
		}
		if last := first+i == len(steps)-1; !last || !strings.Contains(f.Message, strings.TrimPrefix(s.Note, "given to ")) {
			r.note(s.Note)
		}
	}
	rows := t.before(f.Place.File, steps[:first], around)
	if len(rows) == 0 || len(frame) == 0 {
		return rows
	}
	switch last := rows[len(rows)-1]; {
	case last.file != f.Place.File:
		rows = append(rows, row{label: t.where(f.Place)})
	case frame[0].line != last.line+1:
		rows = append(rows, row{label: "..."})
	}
	return rows
}

// before are rows, below that of a file, for steps that lead to a frame. Of a finding that is one of many only the
// first is shown.
func (t *Text) before(file string, steps []finding.Step, around bool) []row {
	if !around {
		steps = steps[:min(1, len(steps))]
	}
	left := len(steps) - mostSteps
	var rows []row
	for i, s := range steps {
		if left > 0 && i >= firstSteps && i < firstSteps+left {
			if i == firstSteps {
				rows = append(rows, row{label: fmt.Sprintf("... %d more ...", left)})
			}
			continue
		}
		if n := len(rows); n > 0 && rows[n-1].file == s.Place.File && rows[n-1].line == s.Place.Line {
			rows[n-1].note(s.Note)
			continue
		}
		if s.Place.File != file {
			file = s.Place.File
			rows = append(rows, row{label: t.where(s.Place)})
		}
		rows = append(rows, row{file: file, line: s.Place.Line, text: s.Code, notes: []string{Printable(s.Note)}})
	}
	return rows
}

// note adds what happens on the line; what is said already is not said again.
func (r *row) note(text string) {
	if text = Printable(text); !slices.Contains(r.notes, text) {
		r.notes = append(r.notes, text)
	}
}

// dedent takes from the lines of a frame the spaces that they all start with, and says how
// many: they say nothing, and the room is better used.
func dedent(rows []row) int {
	common, found := "", false
	for _, r := range rows {
		if strings.TrimSpace(r.text) == "" {
			continue
		}
		indent := r.text[:len(r.text)-len(strings.TrimLeft(r.text, " \t"))]
		if !found {
			common, found = indent, true
		}
		n := 0
		for n < len(common) && n < len(indent) && common[n] == indent[n] {
			n++
		}
		common = common[:n]
	}
	for i := range rows {
		rows[i].text = strings.TrimPrefix(rows[i].text, common)
	}
	return len(common)
}

// noteColumn is where the notes at the right start: behind the longest line that has one, if
// that leaves them room.
func noteColumn(rows []row, room int) int {
	code, longest := 0, 0
	for _, r := range rows {
		if len(r.notes) > 0 && !r.carets {
			code = max(code, columns(strings.TrimRight(r.text, " \t")))
			longest = max(longest, columns(strings.Join(r.notes, ", ")))
		}
	}
	return min(code+3, room-min(longest, room*9/20))
}

// plain writes a line that has no carets.
func (t *Text) plain(f *finding.Finding, r row, digits, room, at int) {
	sign, number := " ", fmt.Sprintf("%*d |", digits, r.line)
	note := strings.Join(r.notes, ", ")
	code := r.text
	if note != "" {
		code = window(glyphs(code), 0, at-2, r.cut)
		note = t.paint(cyan, fit(note, room-at))
		note = strings.Repeat(" ", max(2, at-columns(code))) + note
	} else {
		code = window(glyphs(code), 0, room, r.cut)
	}
	switch {
	case r.mark:
		sign = t.paint(severityColor(f.Severity), ">")
	case note == "":
		code, number = t.paint(dim, code), t.paint(dim, number)
	}
	t.print("%s\n", strings.TrimRight(fmt.Sprintf("    %s %s %s%s", sign, number, code, note), " "))
}

// marked writes the line where a finding starts, with carets and notes below it.
func (t *Text) marked(f *finding.Finding, r row, start, digits, room int) {
	all := glyphs(r.text)
	from := offset(all, f.Place.Column-start)
	to := offset(all, len(all))
	if f.Place.EndLine == f.Place.Line && f.Place.EndColumn > f.Place.Column {
		to = offset(all, f.Place.EndColumn-start)
	}
	left := 0 // columns that are cut off at the left
	if to > room && from > room/2 {
		left = from - room/4
	}
	t.print("%s\n", strings.TrimRight(fmt.Sprintf("    %s %*d | %s", t.paint(severityColor(f.Severity), ">"), digits, r.line, window(all, left, room, r.cut)), " "))
	if from >= to {
		return
	}
	carets := strings.Repeat("^", max(1, min(to, left+room)-from))
	indent := strings.Repeat(" ", from-left)
	below := fmt.Sprintf("      %*s | ", digits, "")
	note := strings.Join(r.notes, ", ")
	if free := room - (from - left) - len(carets) - 1; note != "" && columns(note) <= free {
		t.print("%s%s%s %s\n", below, indent, t.paint(severityColor(f.Severity), carets), t.paint(cyan, note))
		return
	}
	t.print("%s%s%s\n", below, indent, t.paint(severityColor(f.Severity), carets))
	if note != "" {
		note = fit(note, room)
		t.print("%s%s%s\n", below, strings.Repeat(" ", min(from-left, room-columns(note))), t.paint(cyan, note))
	}
}

// where is a place as editors and terminals open it.
func (t *Text) where(p finding.Place) string {
	if p.Line == 0 {
		return t.path(p.File)
	}
	return fmt.Sprintf("%s:%d", t.path(p.File), p.Line)
}
