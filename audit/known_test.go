package audit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
)

// printed is a file that prints statements at some lines.
func printed(lines ...int) string {
	all := make([]string, 12)
	all[0] = "import sqlite3"
	for _, n := range lines {
		all[n-1] = "sqlite3.connect('a').set_trace_callback(print)"
	}
	return strings.Join(all, "\n") + "\n"
}

// TestTwins: findings of one cause are one, whichever of them are new, and no new one hides
// behind one that is known, silenced or older.
func TestTwins(t *testing.T) {
	t.Parallel()
	only := []string{"statements-printed"}
	dir := project(t, map[string]string{"app.py": printed(3, 5)})
	first := run(t, audit.Options{Root: dir, Only: only})
	said := func(k *kept) string {
		if len(k.found) != 1 {
			t.Errorf("found %+v", k.found)
			return ""
		}
		return k.found[0].Message
	}
	if got, want := said(first), "every statement of this connection is printed; also in line 5"; got != want || first.summary.Low != 1 || len(first.found[0].Also) != 1 {
		t.Errorf("%q, want %q; %+v", got, want, first.summary)
	}
	commitAll(t, dir)
	list := filepath.Join(t.TempDir(), "baseline.json")
	if err := audit.WriteBaseline(list, first.found); err != nil {
		t.Fatal(err)
	}
	if k := run(t, audit.Options{Root: dir, Only: only, Baseline: list}); len(k.found) != 0 || len(k.suppressed) != 2 {
		t.Errorf("with the baseline: %+v", k.found)
	}
	write(t, filepath.Join(dir, "app.py"), printed(3, 5, 8, 10))
	for how, o := range map[string]audit.Options{"beside the baseline": {Baseline: list}, "since HEAD": {Diff: "HEAD"}} {
		o.Root, o.Only = dir, only
		if k := run(t, o); said(k) != "every statement of this connection is printed; also in line 10" || k.found[0].Place.Line != 8 {
			t.Errorf("%s: %+v", how, k.found)
		}
	}
	write(t, filepath.Join(dir, "app.py"), strings.Replace(printed(3, 5, 8, 10), "(print)\n", "(print)  # fumehood: ignore[statements-printed] a tool of ours\n", 1))
	if k := run(t, audit.Options{Root: dir, Only: only}); said(k) != "every statement of this connection is printed; also in lines 8 and 10" || k.found[0].Place.Line != 5 {
		t.Errorf("beside the ignore: %+v", k.found)
	}
}

// TestRenamed: a file under another name is known by its text, in the baseline and to whoever
// reads the report.
func TestRenamed(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"app.py": view(injection, injection), "other.py": "x = 1\n"})
	before := run(t, audit.Options{Root: dir}).found
	list := filepath.Join(t.TempDir(), "baseline.json")
	if err := audit.WriteBaseline(list, before); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "shop"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "app.py"), filepath.Join(dir, "shop", "web.py")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "shop", "web.py"), "# moved\n\n"+view(injection, injection))
	k := run(t, audit.Options{Root: dir, Baseline: list})
	if len(k.found) != 0 || len(k.suppressed) != len(before) || len(k.notes) != 0 {
		t.Errorf("found %+v, notes %+v", k.found, k.notes)
	}
	text := func(f finding.Finding) string { return f.Rule + f.Text }
	var was, is []string
	for i := range before {
		was = append(was, text(before[i]))
	}
	for _, s := range k.suppressed {
		is = append(is, text(s.Finding))
	}
	if !slices.Equal(was, is) {
		t.Errorf("before %q, now %q", was, is)
	}
	write(t, filepath.Join(dir, "shop", "web.py"), view(injection, injection, injection))
	if k := run(t, audit.Options{Root: dir, Baseline: list}); len(k.found) != 1 {
		t.Errorf("one more in the renamed file: %+v", k.found)
	}
	write(t, filepath.Join(dir, "app.py"), "x = 1\n")
	if k := run(t, audit.Options{Root: dir, Baseline: list}); len(k.found) != len(before)+1 {
		t.Errorf("a copy of a file that is still there: %+v", k.found)
	}
}

// git runs git in a folder, as somebody whom it knows.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
}

// commitAll makes a repository of a folder, with all that it holds in one commit.
func commitAll(t *testing.T, dir string) {
	t.Helper()
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "a")
}
