package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
)

// schema is that of the standard, as OASIS publishes it.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const name = "testdata/sarif-schema-2.1.0.json"
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
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
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
	s := schema(t)
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
			ColumnKind  string
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
