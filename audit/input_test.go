package audit_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/rules"
)

// TestBadInput: what cannot be read is skipped with the reason, and the rest is audited.
func TestBadInput(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{
		"app.py":           view(injection),
		"broken.py":        "def broken(:\n    pass\n\n" + strings.Replace(view(injection), "import sqlite3", "import sqlite3  # in a file with an error", 1),
		"nul.py":           "x = 1\x00\n",
		"binary.py":        "\x7fELF\x01\x02\x03\x00\xff\xfe",
		"line.py":          "x = '" + strings.Repeat("x", 9<<20) + "'\n",
		"brackets.py":      "x = " + strings.Repeat("(", 100_000) + strings.Repeat(")", 100_000),
		"minus.py":         "x = " + strings.Repeat("-", 100_000) + "1",
		"latin\xff.py":     "x = 1\n",
		"templates/a.html": "{% if x %}{{ y ",
		"empty.py":         "",
		"venv/lib.py":      view(injection),
		"gone.py":          "x = 1\n",
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.py"), 0o600); err != nil {
		t.Fatal(err)
	}
	big, err := os.Create(filepath.Join(dir, "big.py"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(big.Truncate(100<<20), big.Close()); err != nil { // 100 MB of NULs
		t.Fatal(err)
	}
	outside := project(t, map[string]string{"secret.py": view(injection)})
	for name, to := range map[string]string{
		"loop": ".", "sub": "templates", "self.py": "self.py", "nowhere.py": "none.py",
		"out": outside, "out.py": filepath.Join(outside, "secret.py"), "in.py": "app.py",
	} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	k := &kept{hook: func() { os.Remove(filepath.Join(dir, "gone.py")) }}
	if err := audit.Run(t.Context(), audit.Options{Root: dir}, k); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"broken.py": "expected", "nul.py": "NUL", "binary.py": "latin-1", "line.py": "larger than 8 MB", "big.py": "larger than 8 MB",
		"brackets.py": "too many nested brackets", "minus.py": "nested too deeply", "templates/a.html": "not closed",
		"gone.py": "vanished", "pipe.py": "no regular file", "self.py": "circle", "nowhere.py": "nowhere",
		"out": "out of the folder", "out.py": "out of the folder",
		"app.py": "", "in.py": "", "loop": "", "sub": "", "latin\xff.py": "", "empty.py": "", "venv/lib.py": "",
	} {
		if got := k.reason(file); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: skipped with %q, want %q", file, got, want)
		}
	}
	for _, s := range k.skipped {
		if s.Place.File == "templates/a.html" && (s.Place.Line != 1 || s.Place.EndLine != 1 || s.Place.EndColumn <= s.Place.Column) {
			t.Errorf("a template that is not closed: %+v", s.Place)
		}
	}
	var in []string
	for _, f := range k.found {
		if f.Rule == "sql-injection" {
			in = append(in, f.Place.File)
		}
	}
	if !slices.Equal(in, []string{"app.py", "broken.py"}) {
		t.Errorf("injections were found in %q", in)
	}
	if k.summary.Skipped != 14 {
		t.Errorf("%d files are counted as skipped: %+v", k.summary.Skipped, k.skipped)
	}
}

// TestNothingRead: a run that has read nothing is no pass.
func TestNothingRead(t *testing.T) {
	t.Parallel()
	var wrong audit.UsageError
	err := audit.Run(t.Context(), audit.Options{Root: t.TempDir()}, &kept{})
	if !errors.As(err, &wrong) {
		t.Errorf("an empty folder: %v", err)
	}
	dir := project(t, map[string]string{"line.py": strings.Repeat("x", 9<<20)})
	if err = audit.Run(t.Context(), audit.Options{Root: dir}, &kept{}); err == nil || errors.As(err, &wrong) {
		t.Errorf("a folder with one large file: %v", err)
	}
	dir = t.TempDir()
	if err := os.Symlink("/none", filepath.Join(dir, "app.py")); err != nil {
		t.Fatal(err)
	}
	if err = audit.Run(t.Context(), audit.Options{Root: dir}, &kept{}); err == nil {
		t.Error("a folder with one broken link passes")
	}
}

// TestBlind: where nothing of the Python source could be read the summary says so, though there
// is a template; where something of it could, or where there is nothing in it, it does not.
func TestBlind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"prose":                  {map[string]string{"app.py": "This is no program.\nIt is a letter, dear reader\n"}, true},
		"prose beside empty":     {map[string]string{"app.py": "This is no program.\n", "__init__.py": ""}, true},
		"binary":                 {map[string]string{"app.py": "\x00\x01"}, true},
		"large":                  {map[string]string{"app.py": strings.Repeat("x", 9<<20)}, true},
		"vanished":               {map[string]string{"gone.py": "x = 1\n"}, true},
		"one file of two":        {map[string]string{"gone.py": "x = 1\n", "app.py": "x = 1\n"}, false},
		"a mistake":              {map[string]string{"app.py": "def a(:\n    pass\nx = 1\n"}, false},
		"nothing in it":          {map[string]string{"__init__.py": "", "a.py": "'A docstring.'\n"}, false},
		"another encoding":       {map[string]string{"app.py": "x = '\xe4'\n"}, false},
		"no Python, a .env file": {map[string]string{".env": "A=1\n"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.files["templates/a.html"] = "<p>hello</p>"
			dir := project(t, c.files)
			k := &kept{hook: func() { os.Remove(filepath.Join(dir, "gone.py")) }}
			if err := audit.Run(t.Context(), audit.Options{Root: dir}, k); err != nil {
				t.Fatal(err)
			}
			if k.summary.Blind != c.want {
				t.Errorf("blind: %v, %+v", k.summary.Blind, k.skipped)
			}
		})
	}
}

// TestNothingIsRun: no file of the project is executed, whatever its name.
func TestNothingIsRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mark := filepath.Join(dir, "ran")
	code := fmt.Sprintf("open(%q, 'w').write('ran')\n", mark)
	for _, name := range []string{"setup.py", "conftest.py", "app.py", "wsgi.py", "__init__.py", "__main__.py", "sitecustomize.py", "pkg/__init__.py"} {
		write(t, filepath.Join(dir, name), code+view(injection))
	}
	write(t, filepath.Join(dir, "pyproject.toml"), "[build-system]\nrequires = []\nbackend-path = ['.']\nbuild-backend = 'setup'\n")
	write(t, filepath.Join(dir, "templates/a.html"), "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ cycler.__init__.__globals__.os.popen('touch "+mark+"').read() }}")
	run(t, audit.Options{Root: dir})
	if _, err := os.Stat(mark); err == nil {
		t.Error("the project was executed")
	}
}

// TestCrash: a rule that fails costs what it would have found there, is named, and no other
// rule notices.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"app.py": view(injection, "x = 1") + "\nclass A:\n    pass\n"})
	rule := func(id string) *rules.Rule { return &rules.Rule{Rule: finding.Rule{ID: id}} }
	call, assign, function, class, whole := rule("a-call"), rule("b-assign"), rule("c-function"), rule("d-class"), rule("e-program")
	var none *rules.Site
	call.Call = func(*rules.Pass, *rules.Site) { _ = none.Path }
	assign.Assign = func(_ *rules.Pass, a *rules.Assignment) {
		if a.Name == "x" {
			panic("no x")
		}
	}
	function.Function = func(*rules.Pass, *program.Function) { panic("no function") }
	class.Class = func(*rules.Pass, *program.Class) { panic("no class") }
	whole.Program = func(*rules.Pass) { panic("no program") }
	all := []*rules.Rule{call, assign, function, class, whole}
	for _, r := range rules.All() {
		if r.ID == "sql-injection" || r.ID == "debug-on" {
			all = append(all, r)
		}
	}
	k := run(t, audit.WithRules(audit.Options{Root: dir}, all...))
	if len(k.found) != 1 || k.found[0].Rule != "sql-injection" {
		t.Errorf("found %+v", k.found)
	}
	var failed []string
	for _, s := range k.skipped {
		if !s.Crash || !strings.Contains(s.Reason, "input_test.go:") {
			t.Errorf("%+v", s)
		}
		failed = append(failed, fmt.Sprintf("%s %s:%d", s.Rule, s.Place.File, s.Place.Line))
	}
	slices.Sort(failed)
	want := []string{"a-call app.py:3", "b-assign app.py:10", "c-function app.py:5", "d-class app.py:13", "e-program :0"}
	if !slices.Equal(failed, want) || k.summary.Crashes != len(want) {
		t.Errorf("failed: %q, want %q; counted %d", failed, want, k.summary.Crashes)
	}
}

// TestCrashOfParser: a file at which a parser fails is told.
func TestCrashOfParser(t *testing.T) {
	t.Parallel()
	said := audit.Guarded("a.py", func() { panic("no file") })
	if len(said) != 1 || !said[0].Crash || said[0].Place.File != "a.py" || !strings.Contains(said[0].Reason, "no file (input_test.go:") {
		t.Errorf("%+v", said)
	}
}

// TestCrashOfHandler: what no inner guard catches is an error.
func TestCrashOfHandler(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"app.py": view(injection)})
	k := &kept{hook: func() { panic("no handler") }}
	err := audit.Run(t.Context(), audit.Options{Root: dir}, k)
	var wrong audit.UsageError
	if err == nil || errors.As(err, &wrong) || !strings.Contains(err.Error(), "no handler") {
		t.Errorf("%v", err)
	}
}
