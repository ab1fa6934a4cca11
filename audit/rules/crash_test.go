package rules_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
)

// TestCrashOfWalk: a node that no rule can be shown, here a nil one, costs the rest of its
// function for all rules, and is told once.
func TestCrashOfWalk(t *testing.T) {
	t.Parallel()
	file := python.Parse("app.py", "def a():\n    one()\n    crash\n    two()\ndef b():\n    three()\n")
	file.Body[0].(*python.Function).Body[1].(*python.ExprStmt).Value = (*python.Call)(nil)
	var seen []string
	rule := &rules.Rule{Rule: finding.Rule{ID: "a-call"}, Call: func(_ *rules.Pass, s *rules.Site) { seen = append(seen, s.Method) }}
	found, crashed := rules.Run([]*rules.Rule{rule}, program.New([]*python.File{file}), nil, nil)
	if got := strings.Join(seen, " "); got != "one three" || len(found) > 0 {
		t.Errorf("shown: %s; found: %v", got, found)
	}
	if len(crashed) != 1 || !crashed[0].Crash || crashed[0].Place.Line != 1 || crashed[0].Place.File != "app.py" || crashed[0].Rule != "" {
		t.Errorf("%+v", crashed)
	}
}
