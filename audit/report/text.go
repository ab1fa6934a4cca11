package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
)

// TextOptions say where the text goes.
type TextOptions struct {
	Width  int              // columns; 0 is 100
	Color  bool             // marks state; words carry it
	Most   int              // places of a rule that are shown; 0 are all
	FailOn finding.Severity // what the exit code counts from; 0 is never
	Now    time.Time        // what day it is, for the sample of an ignore; zero is today
}

// Text writes a run for people: findings by severity and rule, the worst first, each with its
// code and the way of the value; then what was not audited, counts, and what to do next. It
// is written when the run ends.
type Text struct {
	out     *bufio.Writer
	screen  bool // it is as wide as TextOptions say
	o       TextOptions
	config  finding.Config
	rules   map[string]finding.Rule
	groups  map[groupKey]*group
	skipped []finding.Skipped
	silent  map[string]int // suppressed findings by what silenced them
	notes   []finding.Note
	sum     *finding.Summary
}

// groupKey is what findings have in common that are shown together.
type groupKey struct {
	severity    finding.Severity
	rule, guard string
}

type group struct {
	groupKey
	surest finding.Confidence
	found  []finding.Finding
}

// leastWidth is the narrowest screen that there is room for code on; a narrower one breaks the
// lines itself.
const leastWidth = 40

// NewText makes a handler that writes to out.
func NewText(out io.Writer, o TextOptions) *Text {
	screen := o.Width > 0
	if !screen {
		o.Width = 100
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Width = max(leastWidth, min(o.Width, 140))
	return &Text{out: bufio.NewWriter(out), o: o, screen: screen, rules: map[string]finding.Rule{}, groups: map[groupKey]*group{}, silent: map[string]int{}}
}

// Handle implements finding.Handler.
func (t *Text) Handle(m finding.Message) error {
	switch {
	case m.Config != nil:
		t.config = *m.Config
		for _, r := range m.Config.Rules {
			t.rules[r.ID] = r
		}
	case m.Finding != nil:
		key := groupKey{m.Finding.Severity, m.Finding.Rule, m.Finding.Guard}
		if t.groups[key] == nil {
			t.groups[key] = &group{groupKey: key}
		}
		t.groups[key].found = append(t.groups[key].found, *m.Finding)
		t.groups[key].surest = max(t.groups[key].surest, m.Finding.Confidence)
	case m.Suppressed != nil:
		t.silent[m.Suppressed.By]++
	case m.Skipped != nil:
		t.skipped = append(t.skipped, *m.Skipped)
	case m.Note != nil:
		t.notes = append(t.notes, *m.Note)
	case m.Summary != nil:
		t.sum = m.Summary
		t.write()
		return t.out.Flush()
	}
	return nil
}

// Close writes what was found by a run that was broken off.
func (t *Text) Close() error {
	if t.sum == nil && len(t.groups) > 0 {
		for _, g := range t.sorted() {
			t.group(g)
		}
		t.print("%s\n", t.paint(red, "The audit was broken off: this is not all."))
	}
	return t.out.Flush()
}

func (t *Text) print(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

// sorted are the groups, the worst first, and of those the surest.
func (t *Text) sorted() []*group {
	all := make([]*group, 0, len(t.groups))
	for _, g := range t.groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(-cmp.Compare(a.severity, b.severity), -cmp.Compare(a.surest, b.surest), cmp.Compare(a.rule, b.rule), cmp.Compare(a.guard, b.guard))
	})
	return all
}

func (t *Text) write() {
	groups := t.sorted()
	for _, g := range groups {
		t.group(g)
	}
	t.left()
	t.counts(groups)
	t.next(groups)
}

// group writes the findings of one rule: what it is once, then each place, then what helps.
func (t *Text) group(g *group) {
	rule := t.rules[g.rule]
	title := rule.Title
	if rule.CWE > 0 {
		title += fmt.Sprintf(" (CWE-%d)", rule.CWE)
	}
	right := g.rule
	if len(g.found) > 1 {
		right = fmt.Sprintf("%s, %d places", g.rule, len(g.found))
	}
	t.heading(g.severity, title, right)
	for _, line := range wrap(rule.Why, t.o.Width-2) {
		t.print("  %s\n", line)
	}
	if slices.ContainsFunc(g.found, func(f finding.Finding) bool { return f.Fix == "" }) {
		t.labelled("fix", rule.Fix)
	}
	t.labelled("now", Guarded(g.guard))
	shown := g.found
	if t.o.Most > 0 {
		shown = shown[:min(t.o.Most, len(shown))]
	}
	for i, f := range shown {
		t.finding(&f, i < inFull)
	}
	if more := len(g.found) - len(shown); more > 0 {
		t.print("\n  %s\n", t.paint(bold, "and "+count(more, "more place", "more places")+": --output FILE writes them all"))
	}
	t.print("\n")
}

// heading writes how bad something is and what, with its rule at the right, or below where the
// line is too short for that.
func (t *Text) heading(s finding.Severity, title, right string) {
	word := s.String()
	room := t.o.Width - len(word) - 2
	if gap := room - columns(title) - columns(right); gap >= 2 {
		t.print("%s  %s%s%s\n", t.paint(severityColor(s), word), t.paint(bold, title), strings.Repeat(" ", gap), right)
		return
	}
	label := t.paint(severityColor(s), word)
	for _, line := range wrap(title, room) {
		t.print("%s  %s\n", label, t.paint(bold, line))
		label = strings.Repeat(" ", len(word))
	}
	t.print("%s  %s\n", label, right)
}

// remark writes what was not audited, or a note. Elsewhere than on a screen it is one line, which
// can be searched for.
func (t *Text) remark(label, at, style, text string) {
	if t.screen {
		t.entry(label, at, style, text)
		return
	}
	if strings.TrimSpace(label) != "" {
		label = t.paint(dim, label)
	}
	t.print("%s%s  %s\n", label, t.paint(style, at), text)
}

// entry writes a place and what is said of it: beside it, or below where that would be a
// narrow column.
func (t *Text) entry(label, at, style, text string) {
	const narrow = 30
	beside := columns(label) + columns(at) + 2
	if strings.TrimSpace(label) != "" {
		label = t.paint(dim, label)
	}
	lines := wrap(text, t.o.Width-beside)
	if t.o.Width-beside < narrow && (len(lines) > 1 || columns(lines[0]) > t.o.Width-beside) {
		beside = 6
		t.print("%s%s\n", label, t.paint(style, at))
		lines = append([]string{""}, wrap(text, t.o.Width-beside)...)
	} else {
		t.print("%s%s  %s\n", label, t.paint(style, at), lines[0])
	}
	for _, line := range lines[1:] {
		t.print("%s%s\n", strings.Repeat(" ", beside), line)
	}
}

// inFull is how many findings of a rule are shown with the lines around them and their way;
// the others have their own line, and where the value comes from.
const inFull = 5

func (t *Text) finding(f *finding.Finding, around bool) {
	at := fmt.Sprintf("%s:%d:%d", t.path(f.Place.File), f.Place.Line, f.Place.Column)
	if f.Place.Line == 0 {
		at = t.path(f.Place.File)
	}
	message := Printable(f.Message)
	switch f.Confidence {
	case finding.Likely:
		message += " (likely)"
	case finding.Unsure:
		message += " (unsure: look at it)"
	}
	t.print("\n")
	t.entry("  ", at, bold, message)
	t.picture(f, around)
	if f.Fix != "" {
		t.labelled("fix", f.Fix)
	}
}

// labelled writes code of several lines after a label. A line that is too long goes on below.
func (t *Text) labelled(label, text string) {
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		for _, part := range wrapCode(strings.TrimRight(line, "\n"), t.o.Width-8) {
			t.print("  %s  %s\n", t.paint(dim, fmt.Sprintf("%-4s", label)), part)
			label = ""
		}
	}
}
