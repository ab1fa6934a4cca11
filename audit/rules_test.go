package audit_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
)

// TestRulesAreWhole: what every report says of a rule is there, and a guard that it names is
// one that there is.
func TestRulesAreWhole(t *testing.T) {
	t.Parallel()
	all := audit.Rules()
	for i, r := range all {
		if i > 0 && all[i-1].ID >= r.ID {
			t.Errorf("%s comes after %s", r.ID, all[i-1].ID)
		}
		if r.Title == "" || r.CWE == 0 || r.OWASP == "" || r.Severity == 0 || r.Confidence == 0 || r.Fix == "" {
			t.Errorf("%s lacks something: %+v", r.ID, r)
		}
		if n := strings.Count(strings.ReplaceAll(r.Why, "...", ""), ". "); n != 1 || !strings.HasSuffix(r.Why, ".") {
			t.Errorf("%s: why is to be two sentences: %s", r.ID, r.Why)
		}
		if guards := []string{"", "fumehood run"}; !slices.Contains(guards, r.Guard) {
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(r.Guard))); err != nil || !strings.HasPrefix(r.Guard, "guard/") {
				t.Errorf("%s: there is no %s", r.ID, r.Guard)
			}
		}
	}
}

// TestCanonHasRules: every practice that the guides teach has a rule that finds where it is
// missing, and no rule is about none.
func TestCanonHasRules(t *testing.T) {
	t.Parallel()
	without := map[string]bool{
		"outdated": true, // dependencies are not read yet
	}
	rules := map[string]int{}
	for _, r := range audit.Rules() {
		if len(r.Canon) == 0 {
			t.Errorf("%s is about no row of the canon: set Canon", r.ID)
		}
		for _, id := range r.Canon {
			rules[id]++
		}
	}
	for _, row := range finding.Canon() {
		if (rules[row.ID] > 0) == without[row.ID] {
			t.Errorf("row %s has %d rules; an exception: %v", row.ID, rules[row.ID], without[row.ID])
		}
		delete(rules, row.ID)
	}
	for id := range rules {
		t.Errorf("there is no row %s", id)
	}
}
