package wsgi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnitSuiteIsAccountedFor: testdata/unit-suite.txt has each of the 41 tests of NGINX
// Unit's Python suite, with tests of ours that exist or the reason why it says nothing here.
func TestUnitSuiteIsAccountedFor(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	list, err := os.ReadFile("testdata/unit-suite.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		count++
		theirs, ours, ok := strings.Cut(line, " ")
		ours = strings.TrimSpace(ours)
		if !ok || !strings.HasPrefix(theirs, "test_python_") || ours == "" {
			t.Errorf("not a line of the list: %q", line)
			continue
		}
		if reason, none := strings.CutPrefix(ours, "none:"); none {
			if len(strings.TrimSpace(reason)) < 20 {
				t.Errorf("%s: no reason given", theirs)
			}
			continue
		}
		for test := range strings.SplitSeq(ours, ";") {
			function, part, _ := strings.Cut(strings.TrimSpace(test), "/")
			if !strings.Contains(source.String(), "func "+function+"(t *testing.T)") {
				t.Errorf("%s: there is no %s", theirs, function)
			}
			if part != "" && !strings.Contains(source.String(), `"`+part+`"`) {
				t.Errorf("%s: %s has no %q", theirs, function, part)
			}
		}
	}
	if count != 41 {
		t.Errorf("%d tests are listed, the suite has 41", count)
	}
}
