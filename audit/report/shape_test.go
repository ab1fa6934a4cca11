package report_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
)

// shown is what people see of one finding.
func shown(t *testing.T, f finding.Finding) string {
	t.Helper()
	var b bytes.Buffer
	feed(t, report.NewText(&b, report.TextOptions{Width: 60}), []finding.Message{{Config: &finding.Config{}}, {Finding: &f}, {Summary: &finding.Summary{High: 1}}})
	text, _, _ := strings.Cut(b.String(), "\n    1 high")
	return text
}

// TestPictures: the code of a finding in shapes that are easily drawn wrong.
func TestPictures(t *testing.T) {
	t.Parallel()
	frame := func(line int, text ...string) *finding.Frame {
		return &finding.Frame{Line: line, Column: 1, Text: text}
	}
	step := func(line, column, end int, note string) finding.Step {
		return finding.Step{Place: place("a.py", line, column, line, end), Note: note}
	}
	for name, c := range map[string]struct {
		f    finding.Finding
		want []string
	}{
		"the whole way is in the frame": {
			finding.Finding{Place: place("a.py", 3, 1, 3, 8), Frame: frame(1, "q = request.args['q']", "", "eval(q)"), Steps: []finding.Step{step(1, 5, 21, "the query"), step(3, 1, 8, "given to eval")}, Message: "the query reaches eval"},
			[]string{"      1 | q = request.args['q']   the query", "      2 |", "    > 3 | eval(q)", "        | ^^^^^^^"},
		},
		"a place at the end of its line": {
			finding.Finding{Place: place("a.py", 1, 4, 1, 4), Frame: frame(1, "abc")},
			[]string{"    > 1 | abc", ""},
		},
		"a place of several lines": {
			finding.Finding{Place: place("a.py", 1, 1, 2, 2), Frame: frame(1, "f(", ")", "x = 1")},
			[]string{"    > 1 | f(", "        | ^^", "    > 2 | )", "      3 | x = 1"},
		},
		"a fix that is longer than the screen": {
			finding.Finding{Place: place("a.py", 1, 1, 1, 2), Frame: frame(1, "x"), Fix: "  " + strings.Repeat("word ", 14) + "end"},
			[]string{"  fix     word word word word word word word word word", "              word word word word word end"},
		},
		"a note and a line that are too long for both": {
			finding.Finding{Place: place("a.py", 9, 1, 9, 2), Frame: frame(9, "x"), Steps: []finding.Step{
				{Place: place("b.py", 7, 1, 7, 2), Code: strings.Repeat("c", 60), Note: "a note of twenty-six signs"}, step(9, 1, 2, "given"),
			}},
			[]string{"        b.py:7", "      7 | " + strings.Repeat("c", 23) + "...  a note of twenty-si..."},
		},
	} {
		c.f.Severity, c.f.Confidence, c.f.Rule = finding.High, finding.Sure, "r"
		got := shown(t, c.f)
		if !strings.Contains(got+"\n", strings.Join(c.want, "\n")+"\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, strings.Join(c.want, "\n"))
		}
	}
}

// TestSampleOfAnIgnore: the sample that a report gives ends on a day to come.
func TestSampleOfAnIgnore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		feed(t, report.NewText(&b, report.TextOptions{}), messages())
		if day := time.Now().AddDate(0, 6, 0).Format(time.DateOnly); !strings.Contains(b.String(), "] reason until "+day+" ") {
			t.Errorf("no %s in %s", day, &b)
		}
	})
}

// TestJSONIsAStream: whoever reads the messages has the progress when it is made, not at the
// end.
func TestJSONIsAStream(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	j := report.NewJSON(&b)
	for _, stage := range []string{"reading", "following values"} {
		if err := j.Handle(finding.Message{Progress: &finding.Progress{Stage: stage}}); err != nil || !strings.Contains(b.String(), stage) {
			t.Errorf("%s: %v, %q", stage, err, &b)
		}
	}
}

// seen notes what is on the terminal when the last message comes.
type seen struct {
	finding.Handler
	terminal *bytes.Buffer
	then     string
}

func (s *seen) Handle(m finding.Message) error {
	if m.Summary != nil {
		s.then = s.terminal.String()
	}
	return nil
}

// TestProgressMakesRoom: the line of the progress is gone before the report is written over it.
func TestProgressMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var terminal bytes.Buffer
		s := &seen{Handler: report.NewJSON(&bytes.Buffer{}), terminal: &terminal}
		p := report.NewProgress(s, &terminal)
		time.Sleep(2 * time.Second) // of the bubble's own clock
		synctest.Wait()
		if err := p.Handle(finding.Message{Summary: &finding.Summary{}}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.then, "...") || !strings.HasSuffix(s.then, "\r\x1b[K") {
			t.Errorf("%q", s.then)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestPages: what is said of a rule has its samples, and a row of the canon only its own rules.
func TestPages(t *testing.T) {
	t.Parallel()
	canon := finding.Canon()
	a := finding.Rule{ID: "a-rule", Title: "One", Why: "Why one.", Canon: []string{canon[0].ID}, Guard: "guard/csrf"}
	b := finding.Rule{ID: "b-rule", Title: "Two", Why: "Why two.", Canon: []string{canon[1].ID}}
	text := report.Explain(a, "bad()\n", "good()\n")
	for _, want := range []string{"a-rule: One\n", "\n  found:\n\n    bad()\n", "\n  left alone:\n\n    good()\n", "stopped under fumehood run by guard/csrf"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if text := report.Explain(b, "", ""); strings.Contains(text, "found:") || !strings.Contains(text, "open: nothing stops it") {
		t.Errorf("without samples: %s", text)
	}
	page := string(report.Page([]finding.Rule{a, b}, map[string]report.Sample{"a-rule": {Bad: "```\n", Good: "good()\n"}}))
	for _, want := range []string{
		"| [a-rule](#a-rule) | One | ", "| guard/csrf |\n", "| open |\n", "| [a-rule](#a-rule) |\n| " + canon[1].ID, "| [b-rule](#b-rule) |\n", "| none yet |\n",
		"Found:\n````\n```\n````\n", "Left alone:\n```\ngood()\n```\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
}
