package report

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/internal/hint"
)

// path is a file as it is named from where fumehood was started, if that is how the audited
// folder was named.
func (t *Text) path(file string) string {
	if base := filepath.ToSlash(t.config.Base); base != "" && !path.IsAbs(base) {
		file = path.Join(base, file)
	}
	return Printable(file)
}

// shownSkips is how many files are named that were not audited.
const shownSkips = 10

// left writes what was not audited, and notes.
func (t *Text) left() {
	var crashed, files []finding.Skipped
	places := map[string]int{}
	for _, s := range t.skipped {
		if s.Crash {
			crashed = append(crashed, s)
			continue
		}
		if places[s.Place.File]++; places[s.Place.File] == 1 {
			files = append(files, s)
		}
	}
	if len(files) > 0 {
		t.print("%s\n", t.paint(yellow, "not audited"))
		for _, s := range files[:min(shownSkips, len(files))] {
			reason := Printable(s.Reason)
			if more := places[s.Place.File] - 1; more > 0 {
				reason += fmt.Sprintf(" (and %s)", count(more, "more place", "more places"))
			}
			t.remark("  ", t.where(s.Place), "", reason)
		}
		if more := len(files) - shownSkips; more > 0 {
			t.print("  and %s: --format json names them\n", count(more, "more file", "more files"))
		}
		t.print("\n")
	}
	if len(crashed) > 0 {
		t.print("%s\n", t.paint(red, "fumehood itself failed here, and what it would have found is missing"))
		for _, s := range crashed {
			where := strings.TrimSpace(t.where(s.Place) + " " + Printable(s.Rule))
			t.remark("  ", where, "", Printable(s.Reason))
		}
		t.print("\n")
	}
	for _, n := range t.notes {
		if n.Place != nil {
			t.remark("note  ", t.where(*n.Place), "", Printable(n.Text))
			continue
		}
		t.remark("", "note", dim, Printable(n.Text))
	}
	if len(t.notes) > 0 {
		t.print("\n")
	}
}

// counts writes how many of what there is, and the line that sums it up.
func (t *Text) counts(groups []*group) {
	for _, s := range []finding.Severity{finding.High, finding.Medium, finding.Low} {
		var parts []string
		total := 0
		for _, g := range groups {
			if g.severity != s {
				continue
			}
			total += len(g.found)
			parts = append(parts, fmt.Sprintf("%d %s,", len(g.found), g.rule))
		}
		if total == 0 {
			continue
		}
		parts[len(parts)-1] = strings.TrimSuffix(parts[len(parts)-1], ",")
		for i, line := range fill(parts, t.o.Width-14) {
			head := fmt.Sprintf("%5d %-6s", total, s)
			if i > 0 {
				head = strings.Repeat(" ", len(head))
			}
			t.print("%s  %s\n", t.paint(severityColor(s), head), line)
		}
	}
	for _, row := range []struct {
		n    int
		text string
	}{
		{t.silent["comment"], "silenced by a comment with a reason"},
		{t.silent["baseline"], "known: they are in the baseline"},
		{t.sum.Hidden, "left out by " + t.options("--min-") + "; low shows them all"},
		{t.sum.Unchanged, "on lines that did not change (" + t.options("--diff") + ")"},
	} {
		if row.n > 0 {
			head := fmt.Sprintf("%5d %-6s", row.n, "")
			for _, line := range wrap(Printable(row.text), t.o.Width-14) {
				t.print("%s  %s\n", head, line)
				head = strings.Repeat(" ", len(head))
			}
		}
	}
	if len(groups) > 0 || t.sum.Suppressed+t.sum.Hidden+t.sum.Unchanged > 0 {
		t.print("\n")
	}
	for _, line := range wrap(Line(*t.sum), t.o.Width) {
		t.print("%s\n", line)
	}
	if t.sum.Crashes > 0 {
		t.print("%s\n", t.paint(red, "This is not all: fumehood itself failed, see above."))
	}
}

// options are those of the run that start so.
func (t *Text) options(prefix string) string {
	var with []string
	for _, o := range t.config.Options {
		if strings.HasPrefix(o, prefix) {
			with = append(with, o)
		}
	}
	return strings.Join(with, " ")
}

// Line sums a run up.
func Line(s finding.Summary) string {
	text := count(s.Files, "file", "files")
	if s.Templates > 0 {
		text += ", " + count(s.Templates, "template", "templates")
	}
	if s.Configs > 0 {
		text += ", " + count(s.Configs, "configuration", "configurations")
	}
	text += " in " + short(time.Duration(s.Seconds*float64(time.Second))) + ": "
	var parts []string
	for _, c := range []struct {
		n    int
		name finding.Severity
	}{{s.High, finding.High}, {s.Medium, finding.Medium}, {s.Low, finding.Low}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	switch {
	case len(parts) > 0:
		text += strings.Join(parts, ", ")
		text += fmt.Sprintf("; %d guarded at run time, %d open", s.Guarded, s.High+s.Medium+s.Low-s.Guarded)
	case s.Blind:
		text += "nothing of the Python source could be read"
	case s.Suppressed+s.Unchanged > 0:
		text += "nothing new"
	case s.Hidden > 0:
		text += "nothing to show"
	default:
		text += "nothing found"
	}
	if s.Skipped > 0 {
		text += fmt.Sprintf("; %s not audited in full", count(s.Skipped, "file", "files"))
	}
	return text
}

// next writes what can be done about it.
func (t *Text) next(groups []*group) {
	failing := 0
	for _, g := range groups {
		if t.o.FailOn > 0 && g.severity >= t.o.FailOn {
			failing += len(g.found)
		}
	}
	switch {
	case failing > 0:
		t.print("exit code 3: %d at or above %s (--fail-on)\n", failing, t.o.FailOn)
	case len(groups) > 0 && t.o.FailOn > 0:
		t.print("exit code 0: none at or above %s (--fail-on)\n", t.o.FailOn)
	}
	if len(groups) == 0 {
		return
	}
	root := hint.Shell(t.config.Root)
	id := groups[0].rule
	rows := [][2]string{
		{"fumehood audit --explain " + id, "what it is, with samples"},
		{"# fumehood: ignore[" + id + "] reason until " + t.o.Now.AddDate(0, 6, 0).Format(time.DateOnly), "at a line that is right"},
		{"fumehood audit --write-baseline audit-baseline.json " + root, "only what is new counts then"},
	}
	if t.sum.Guarded > 0 {
		rows = append(rows, [2]string{t.sum.App.Command(filepath.ToSlash(t.config.Base)), fmt.Sprintf("stops %d of them now, unchanged", t.sum.Guarded)})
	}
	t.print("\n")
	t.rows(rows)
}

// rows writes commands and what they do, beside them or, where one is too long for that,
// below.
func (t *Text) rows(rows [][2]string) {
	wide := 0
	fits := func(r [2]string) bool { return columns(r[0])+10+columns(r[1]) <= t.o.Width }
	for _, r := range rows {
		if fits(r) {
			wide = max(wide, columns(r[0]))
		}
	}
	label := "next"
	for _, r := range rows {
		t.print("  %s  ", t.paint(dim, fmt.Sprintf("%-4s", label)))
		if command := Printable(r[0]); !fits(r) {
			t.print("%s\n%10s%s\n", command, "", r[1])
		} else {
			t.print("%s  %s\n", pad(command, min(wide, t.o.Width-10-columns(r[1]))), r[1])
		}
		label = ""
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// short is a duration as people say it.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// guardedRule says what a guard makes of most findings of a rule.
func guardedRule(guard string) string {
	if !finding.Stops(guard) {
		return Guarded(guard)
	}
	return Guarded(guard) + "; a finding says so where it is not"
}

// Guarded says what a guard of fumehood run makes of a finding.
func Guarded(guard string) string {
	switch guard {
	case "":
		return "open: nothing stops it at run time"
	case "fumehood run":
		return "put right by fumehood run"
	case "guard/redirects":
		return `reported under fumehood run by guard/redirects; refused with redirects.mode = "enforce"`
	case finding.LoginNamed:
		return `open: no form leads here that guard/login could find; limited once login.password names the field`
	case "guard/hosts":
		return "stopped under fumehood run by guard/hosts, where hosts.allow or tls.domains names the site"
	}
	return "stopped under fumehood run by " + guard
}
