package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
)

var update = flag.Bool("update", false, "write the reports into testdata")

func place(file string, line, column, endLine, endColumn int) finding.Place {
	return finding.Place{File: file, Line: line, Column: column, EndLine: endLine, EndColumn: endColumn}
}

// messages are a run with one of everything.
func messages() []finding.Message {
	sql := finding.Rule{ID: "sql-injection", Title: "SQL injection", CWE: 89, OWASP: "A03:2021", ASVS: []string{"1.2.4"},
		Severity: finding.High, Confidence: finding.Sure, Why: "A visitor's text becomes part of a statement. Whoever sends a quote reads any table.",
		Fix: `db.execute("select ?", (name,))`, Canon: []string{"sqli"}, Guard: "guard/sinks"}
	key := finding.Rule{ID: "open-key", Title: "A key that is known", CWE: 798, OWASP: "A02:2021", Severity: finding.Medium, Confidence: finding.Likely,
		Why: "The key stands in the source. Whoever reads it signs in.", Fix: "key = os.environ[\"KEY\"]\napp.secret_key = key"}
	flow := finding.Finding{Rule: "sql-injection", Severity: finding.High, Confidence: finding.Sure, Guard: "guard/sinks",
		Place: place("app.py", 41, 5, 41, 32), Message: "a form's field reaches db.execute", Fingerprint: "00112233445566778899aabbccddeeff",
		Steps: []finding.Step{
			{Place: place("views/form.py", 7, 12, 7, 28), Note: "a form's field", Code: `name = request.form["name"]`},
			{Place: place("app.py", 41, 5, 41, 32), Note: "given to db.execute", Code: `db.execute("select " + name)`},
		},
		Frame: &finding.Frame{Line: 39, Column: 1, Text: []string{"def find(name):", "\t# \x1b[31m a comment \u202e that turns", "    db.execute(\"select \" + name)", "", "# end"}},
		Fix:   `db.execute("select ?", (name,))`}
	wide := flow
	wide.Place, wide.Steps, wide.Fix, wide.Confidence = place("app.py", 50, 9, 50, 11), nil, "", finding.Likely
	wide.Frame = &finding.Frame{Line: 50, Column: 1, Text: []string{"名前 = \"\t\" + f(x)"}}
	long := flow
	long.Place, long.Steps, long.Fix, long.Confidence = place("templates/a b%.html", 2, 300, 4, 3), nil, "", finding.Unsure
	long.Frame = &finding.Frame{Line: 2, Column: 200, Text: []string{strings.Repeat("x", 99) + "{{ here }}" + strings.Repeat("y", 200), "", "z"}}
	known := finding.Finding{Rule: "open-key", Severity: finding.Medium, Confidence: finding.Likely, Place: place("config.py", 3, 1, 3, 8), Message: "the key is known; also in line 5", Fingerprint: "ff",
		Text: "ee", Also: []finding.Twin{{Place: place("config.py", 5, 1, 5, 8), Fingerprint: "fe", Text: "ee"}}}
	whole := known
	whole.Place = finding.Place{File: "config.py"}
	return []finding.Message{
		{Config: &finding.Config{Stream: finding.Stream, Version: "0.1.0", Root: "shop", Base: "shop", Rules: []finding.Rule{key, sql}, Options: []string{"--min-confidence medium"}}},
		{Skipped: &finding.Skipped{Place: finding.Place{File: "big.py"}, Reason: "it is larger than 8 MB"}},
		{Skipped: &finding.Skipped{Place: place("broken.py", 3, 4, 3, 9), Reason: "expected a name"}},
		{Skipped: &finding.Skipped{Place: place("broken.py", 9, 1, 9, 1), Reason: "invalid syntax"}},
		{Progress: &finding.Progress{Stage: "reading", Done: 0, Total: 7}},
		{Skipped: &finding.Skipped{Place: place("app.py", 4, 1, 4, 9), Reason: "the audit failed here: no x (x.go:7)", Rule: "open-key", Crash: true}},
		{Finding: &flow}, {Finding: &wide}, {Finding: &long}, {Finding: &known}, {Finding: &whole},
		{Suppressed: &finding.Suppressed{Finding: known, By: "comment", Reason: "a test key", Until: "2027-01-31"}},
		{Suppressed: &finding.Suppressed{Finding: known, By: "baseline", Reason: "in known.json"}},
		{Note: &finding.Note{Place: &finding.Place{File: "app.py", Line: 9, Column: 3, EndLine: 9, EndColumn: 30}, Text: "this ignore silences nothing"}},
		{Note: &finding.Note{Text: "1 of the findings in known.json is no longer found"}},
		{Summary: &finding.Summary{Files: 23, Templates: 14, Lines: 4000, Seconds: 0.038, High: 3, Medium: 2, Guarded: 3, Suppressed: 2, Skipped: 2, Crashes: 1, Hidden: 4, Unchanged: 1, App: &finding.App{Folder: "src", Target: "shop:create_app()"}}},
	}
}

func feed(t *testing.T, h finding.Handler, all []finding.Message) {
	t.Helper()
	for _, m := range all {
		if err := h.Handle(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", name, got)
	}
}

// TestText: the report for people, narrow, wide and in colours.
func TestText(t *testing.T) {
	t.Parallel()
	o := report.TextOptions{FailOn: finding.High, Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		name  string
		width int
		color bool
	}{{"report.txt", 0, false}, {"narrow.txt", 60, false}, {"color.txt", 100, true}} {
		o.Width, o.Color = c.width, c.color
		var b bytes.Buffer
		feed(t, report.NewText(&b, o), messages())
		golden(t, "testdata/"+c.name, b.Bytes())
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: ends in spaces: %q", c.name, line)
			}
			if !c.color && strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == '\u202e' }) {
				t.Errorf("%s: a control character: %q", c.name, line)
			}
		}
	}
}

// TestTextOfNothing: a clean run is one line, and says what it rests on.
func TestTextOfNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sum  finding.Summary
		want string
	}{
		{finding.Summary{Files: 1, Seconds: 0.0001}, "1 file in 1 ms: nothing found\n"},
		{finding.Summary{Files: 2, Templates: 1, Seconds: 2.34, Skipped: 1}, "2 files, 1 template in 2.3 s: nothing found; 1 file not audited in full\n"},
		{finding.Summary{Files: 2, Seconds: 75}, "2 files in 1m15s: nothing found\n"},
	} {
		var b bytes.Buffer
		feed(t, report.NewText(&b, report.TextOptions{}), []finding.Message{{Config: &finding.Config{}}, {Summary: &c.sum}})
		if b.String() != c.want {
			t.Errorf("%q, want %q", b.String(), c.want)
		}
	}
}

// TestBrokenOff: what was found until then is shown, and that it is not all.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	all := messages()
	all = all[:len(all)-1]
	var b bytes.Buffer
	feed(t, report.NewText(&b, report.TextOptions{}), all)
	if !strings.Contains(b.String(), "SQL injection") || !strings.HasSuffix(b.String(), "The audit was broken off: this is not all.\n") {
		t.Errorf("%s", b.String())
	}
}

// TestJSON: a line for each message, which reads back to the same.
func TestJSON(t *testing.T) {
	t.Parallel()
	var b, again bytes.Buffer
	feed(t, report.NewJSON(&b), messages())
	var read []finding.Message
	for line := range strings.Lines(b.String()) {
		var m finding.Message
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil || len(fields) != 1 {
			t.Errorf("%d fields: %s", len(fields), line)
		}
		read = append(read, m)
	}
	if len(read) != len(messages()) {
		t.Errorf("%d lines of %d messages", len(read), len(messages()))
	}
	feed(t, report.NewJSON(&again), read)
	if !slices.Equal(b.Bytes(), again.Bytes()) {
		t.Error("what was read is not what was written")
	}
}

// full refuses what is written to it.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// TestFullDisk: a report that could not be written is an error.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]finding.Handler{
		"text": report.NewText(full{}, report.TextOptions{}), "json": report.NewJSON(full{}), "sarif": report.NewSARIF(full{}),
		"progress": report.NewProgress(report.NewJSON(full{}), full{}),
	} {
		var err error
		for _, m := range messages() {
			err = errors.Join(err, h.Handle(m))
		}
		if err = errors.Join(err, h.Close()); err == nil {
			t.Errorf("%s: nothing is said of a full disk", name)
		}
	}
}
