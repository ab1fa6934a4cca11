package audit_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
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
