package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
)

// text is what a run looks like.
func text(t *testing.T, o report.TextOptions, all ...finding.Message) string {
	t.Helper()
	var b bytes.Buffer
	feed(t, report.NewText(&b, o), all)
	return b.String()
}

// TestWidth: nothing is wider than the screen but what must stay whole to be pasted: commands and names of files.
func TestWidth(t *testing.T) {
	t.Parallel()
	file := "shop/templates/administration/list.html"
	rule := finding.Rule{ID: "missing-login", Title: "A route without the check that its siblings have, and a title of many words", CWE: 306, Severity: finding.High, Why: strings.Repeat("It is long. ", 20)}
	found := finding.Finding{Rule: rule.ID, Severity: finding.High, Confidence: finding.Likely, Place: place(file, 3, 1, 3, 5), Message: strings.Repeat("can be called by anyone ", 6),
		Frame: &finding.Frame{Line: 3, Column: 1, Text: []string{strings.Repeat("x = 1; ", 30)}}, Fix: strings.Repeat("@login_required ", 10)}
	all := []finding.Message{
		{Config: &finding.Config{Root: ".", Base: ".", Rules: []finding.Rule{rule}, Options: []string{"--min-confidence medium"}}},
		{Skipped: &finding.Skipped{Place: place(file, 3, 4, 3, 9), Reason: strings.Repeat("the file is not UTF-8 ", 6)}},
		{Skipped: &finding.Skipped{Place: place(file, 9, 4, 9, 9), Reason: strings.Repeat("the audit failed here ", 6), Rule: "missing-login", Crash: true}},
		{Finding: &found}, {Finding: &found},
		{Note: &finding.Note{Place: &found.Place, Text: strings.Repeat("this ignore is not read ", 6)}},
		{Note: &finding.Note{Text: strings.Repeat("no longer found ", 12)}},
		{Summary: &finding.Summary{Files: 23, Templates: 14, High: 2, Skipped: 1, Crashes: 1, Hidden: 4, Guarded: 1}},
	}
	for _, width := range []int{40, 60, 80, 100} {
		said := text(t, report.TextOptions{Width: width, FailOn: finding.High}, all...)
		for line := range strings.Lines(said) {
			line = strings.TrimRight(line, "\n")
			words := strings.Fields(line + " .")
			whole := strings.Contains(line, "fumehood") || strings.HasPrefix(words[max(0, len(words)-2)], file) || words[0] == file+":9" || words[0] == "exit"
			if n := utf8.RuneCountInString(line); n > width && !whole {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
		for _, word := range []string{"missing-login, 2 places", "many words", "called by anyone (likely)"} {
			if !strings.Contains(strings.Join(strings.Fields(said), " "), word) {
				t.Errorf("width %d: no %q in:\n%s", width, word, said)
			}
		}
	}
}

// TestMost: of very many places a terminal shows some, and says how many more there are.
func TestMost(t *testing.T) {
	t.Parallel()
	all := []finding.Message{{Config: &finding.Config{Root: ".", Base: ".", Rules: []finding.Rule{{ID: "debug-on", Title: "Debug mode"}}}}}
	for n := 1; n <= 9; n++ {
		all = append(all, finding.Message{Finding: &finding.Finding{Rule: "debug-on", Severity: finding.High, Confidence: finding.Sure, Place: place("app.py", n, 1, n, 2), Message: "on"}})
	}
	all = append(all, finding.Message{Summary: &finding.Summary{Files: 1, High: 9}})
	for most, want := range map[int]string{0: "", 9: "", 8: "and 1 more place: --output FILE writes them all", 3: "and 6 more places: --output FILE writes them all"} {
		said := text(t, report.TextOptions{Most: most}, all...)
		if shown := strings.Count(said, "  app.py:"); shown != 9 && shown != most || (most == 0 || most == 9) && shown != 9 {
			t.Errorf("most %d: %d places", most, shown)
		}
		if !strings.Contains(said, want) || want == "" && strings.Contains(said, " more place") {
			t.Errorf("most %d: no %q in:\n%s", most, want, said)
		}
		for _, line := range []string{"debug-on, 9 places", "    9 high    9 debug-on", "9 high"} {
			if !strings.Contains(said, line) {
				t.Errorf("most %d: no %q", most, line)
			}
		}
	}
}

// TestStepBeforeLongLine: the frame of a very long line starts far to the right, where the
// short line of a step before it has nothing.
func TestStepBeforeLongLine(t *testing.T) {
	t.Parallel()
	f := finding.Finding{Rule: "sql-injection", Severity: finding.High, Confidence: finding.Sure, Place: place("app.py", 8, 3013, 8, 3030), Message: "the query of the URL reaches execute",
		Steps: []finding.Step{
			{Place: place("app.py", 7, 12, 7, 24), Note: "the query of the URL", Code: `name = request.args["name"]`},
			{Place: place("app.py", 8, 3013, 8, 3030), Note: "becomes part of a text", Code: "db.execute(name)"},
		},
		Frame: &finding.Frame{Line: 6, Column: 2913, Text: []string{"", "", strings.Repeat("a", 100) + "db.execute(name);", ""}}}
	said := text(t, report.TextOptions{}, finding.Message{Config: &finding.Config{Rules: []finding.Rule{{ID: f.Rule, Title: "SQL injection"}}}}, finding.Message{Finding: &f}, finding.Message{Summary: &finding.Summary{High: 1}})
	if want := fmt.Sprintf("7 | %s   the query of the URL\n", f.Steps[0].Code); !strings.Contains(said, want) {
		t.Errorf("no %q in:\n%s", want, said)
	}
}
