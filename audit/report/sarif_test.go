package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
)

// schema compiles one: that of the standard, as OASIS publishes it, or our own.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// TestSARIFIsValid: against the schema, for a run with one of everything, one with nothing,
// and one that was broken off.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	s := schema(t, "testdata/sarif-schema-2.1.0.json")
	all := messages()
	for what, m := range map[string][]finding.Message{
		"everything": all, "nothing": {all[0], {Summary: &finding.Summary{}}}, "broken off": all[:3],
	} {
		var b bytes.Buffer
		feed(t, report.NewSARIF(&b), m)
		if err := valid(t, s, b.Bytes()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	var none bytes.Buffer
	if feed(t, report.NewSARIF(&none), nil); none.Len() > 0 {
		t.Errorf("a run that never started has a log, which forges take for one without a finding: %s", &none)
	}
	if valid(t, s, []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{}}}]}`)) == nil {
		t.Error("the schema takes a tool without a name")
	}
}

// TestJSONIsAsDescribed: each message is as docs/reference/audit.schema.json says, and no
// field is left out there.
func TestJSONIsAsDescribed(t *testing.T) {
	t.Parallel()
	s := schema(t, "../../docs/reference/audit.schema.json")
	var b bytes.Buffer
	feed(t, report.NewJSON(&b), messages())
	for line := range bytes.Lines(b.Bytes()) {
		if err := valid(t, s, line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, wrong := range []string{`{}`, `{"note":{"text":"a"},"summary":{}}`, `{"note":{"text":1}}`, `{"finding":{"rule":"xss","place":{}}}`, `{"config":{"stream":2}}`} {
		if valid(t, s, []byte(wrong)) == nil {
			t.Errorf("it takes %s", wrong)
		}
	}
}

// TestNothingForTerminals: what is in the source acts on no terminal in any format, and is
// what it was when it is read again.
func TestNothingForTerminals(t *testing.T) {
	t.Parallel()
	const hostile = "a\x1b[2J\u009b31m\u202e\u2066\x7f\u200b\U000e0041\u2028\r名é\u00a0z"
	f := finding.Finding{Rule: "r", Severity: finding.High, Confidence: finding.Sure, Message: hostile, Fix: hostile, Place: place(hostile, 1, 1, 1, 3),
		Frame: &finding.Frame{Line: 1, Column: 1, Text: []string{hostile}}, Steps: []finding.Step{{Place: place("b", 2, 1, 2, 2), Note: hostile, Code: hostile}}}
	m := []finding.Message{
		{Config: &finding.Config{Stream: finding.Stream, Root: hostile, Base: hostile, Options: []string{"--min-severity " + hostile}}},
		{Skipped: &finding.Skipped{Place: f.Place, Reason: hostile}}, {Skipped: &finding.Skipped{Place: f.Place, Reason: hostile, Crash: true, Rule: hostile}},
		{Finding: &f}, {Note: &finding.Note{Place: &f.Place, Text: hostile}}, {Summary: &finding.Summary{High: 1, Hidden: 1, Crashes: 1}},
	}
	var text, stream, log bytes.Buffer
	feed(t, report.NewText(&text, report.TextOptions{}), m)
	feed(t, report.NewJSON(&stream), m)
	feed(t, report.NewSARIF(&log), m)
	for name, b := range map[string]*bytes.Buffer{"text": &text, "json": &stream, "sarif": &log} {
		for _, r := range b.String() {
			if r != '\n' && !strconv.IsPrint(r) {
				t.Errorf("%s: %q is in the output", name, r)
			}
		}
	}
	var again finding.Message
	if err := json.Unmarshal(bytes.Split(stream.Bytes(), []byte("\n"))[3], &again); err != nil || again.Finding.Message != hostile {
		t.Errorf("%v: %+v", err, again)
	}
}

// TestSARIF: what forges read of it.
func TestSARIF(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	feed(t, report.NewSARIF(&b), messages())
	golden(t, "testdata/report.sarif", b.Bytes())

	type region struct{ StartLine, StartColumn, EndLine, EndColumn int }
	type location struct {
		PhysicalLocation struct {
			ArtifactLocation struct{ URI, URIBaseID string }
			Region           *region
		}
	}
	var log struct {
		Runs []struct {
			ColumnKind string
			Tool       struct {
				Driver struct {
					InformationURI string
					Rules          []struct {
						ID, HelpURI string
						Help        struct{ Markdown string }
						Properties  struct {
							Tags     []string
							Severity string `json:"security-severity"`
						}
					}
				}
			}
			Invocations []struct {
				ExecutionSuccessful        bool
				ToolExecutionNotifications []struct{ Level string }
			}
			Results []struct {
				RuleID       string
				RuleIndex    int
				Level        string
				Locations    []location
				Suppressions []struct{ Kind string }
				CodeFlows    []struct {
					ThreadFlows []struct{ Locations []struct{ Location location } }
				}
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if run.ColumnKind != "unicodeCodePoints" || !run.Invocations[0].ExecutionSuccessful || len(run.Invocations[0].ToolExecutionNotifications) != 6 {
		t.Errorf("%+v", run)
	}
	if len(run.Results) != 7 || len(run.Results[0].CodeFlows[0].ThreadFlows[0].Locations) != 2 || run.Results[0].RuleIndex != 1 {
		t.Fatalf("%+v", run.Results)
	}
	rule := run.Tool.Driver.Rules[1]
	if rule.HelpURI != "https://github.com/fumehood/fumehood/blob/main/docs/reference/rules.md#sql-injection" || run.Tool.Driver.InformationURI == "" ||
		!strings.Contains(rule.Help.Markdown, rule.HelpURI) || rule.Properties.Severity != "8.0" || !slices.Contains(rule.Properties.Tags, "external/cwe/cwe-089") || !slices.Contains(rule.Properties.Tags, "external/canon/sqli") {
		t.Errorf("%+v", rule)
	}
	first, odd, whole := run.Results[0].Locations[0].PhysicalLocation, run.Results[2].Locations[0].PhysicalLocation, run.Results[4].Locations[0].PhysicalLocation
	if first.ArtifactLocation.URI != "shop/app.py" || *first.Region != (region{41, 5, 41, 32}) {
		t.Errorf("%+v", first)
	}
	if odd.ArtifactLocation.URI != "shop/templates/a%20b%25.html" {
		t.Errorf("%+v", odd)
	}
	if whole.Region != nil {
		t.Errorf("%+v", whole)
	}
	for i, kind := range map[int]string{5: "inSource", 6: "external"} {
		if s := run.Results[i].Suppressions; len(s) != 1 || s[0].Kind != kind {
			t.Errorf("%d: %+v", i, s)
		}
	}
}
