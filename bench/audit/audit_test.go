package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScore: a made-up tool's SARIF against made-up labels.
func TestScore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	result := func(line string) string {
		return `{"runs": [{"tool": {"driver": {"rules": [{"id": "r", "properties": {"tags": ["external/cwe/cwe-089"]}}]}},
			"results": [{"ruleId": "r", "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": ` + line + `}}}]}]}]}`
	}
	write("o+fixed@aaaaaaa/sarif", result("12"))
	write("o+fixed@bbbbbbb/sarif", result("40"))
	write("o+app@ccccccc/sarif", result("7"))
	labels := write("labels.csv", `repo,ref,file,line,class,note,source
o/fixed,aaaaaaa,a.py,10,sqli,x,CVE fix bbbbbbb
o/fixed,aaaaaaa,a.py,90,sqli,x,CVE fix bbbbbbb
o/app,ccccccc,a.py,1,sql-injection,x,list
o/app,ccccccc,a.py,3,xss,x,list
o/app,ccccccc,a.py,5,trap-sql-injection,x,list
`)
	var b strings.Builder
	if err := scoreLabels(t.Context(), &b, options{labels: labels, sources: dir}, &tool{command: []string{"cat", "{}/sarif"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 1 of 2 | 50.0 %", "| 1 of 1 | 100.0 % | >= 90 %: met", "found | 1 of 2 | 50.0 % | >= 55 %: MISSED", "traps that are hit | 1 of 1"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, b.String())
		}
	}
}

// TestRelative: the ways in which tools write where a file is.
func TestRelative(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{"a/b.py": "a/b.py", "./a/b.py": "a/b.py", "file:///x/y/a/b.py": "a/b.py", "/x/y/a/b.py": "a/b.py"} {
		if got := relative(uri, "/x/y"); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}
