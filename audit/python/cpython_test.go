package python_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/internal/testapp"
)

// newest returns the newest interpreter that there is for the tests, and its version as 313.
func newest(t testing.TB) (string, string) {
	t.Helper()
	found := []string{testapp.Python(t)}
	more, _ := filepath.Glob(filepath.Join(testapp.Root(t), ".cache", "py", "3.*", "bin", "python"))
	found = append(found, more...)
	if list := os.Getenv("FUMEHOOD_TEST_PYTHONS"); list != "" {
		found = strings.Split(list, ":")
	}
	best, version := "", ""
	for _, python := range found {
		out, err := exec.Command(python, "-c", "import sys; print('%d%02d' % sys.version_info[:2])").Output()
		if err == nil && string(out) > version {
			best, version = python, strings.TrimSpace(string(out))
		}
	}
	return best, version
}

// library returns the files of an interpreter's standard library.
func library(t testing.TB, interpreter string) []string {
	t.Helper()
	out, err := exec.Command(interpreter, "-c", "import os; print(os.path.dirname(os.__file__))").Output()
	if err != nil {
		t.Fatal(err)
	}
	return sources(t, strings.TrimSpace(string(out)))
}

// sources returns the Python files below a folder, but for installed packages.
func sources(t testing.TB, root string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "site-packages" && name != root {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() && filepath.Ext(name) == ".py" && !strings.Contains(name, "\n") {
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestLikeCPython compares trees with those of CPython's own parser: of our fixtures and a
// sample of the standard library. FUMEHOOD_TEST_SOURCES=DIR:DIR compares all below these
// folders instead, and "library" stands for the whole library.
func TestLikeCPython(t *testing.T) {
	t.Parallel()
	interpreter, version := newest(t)
	var files []string
	for _, name := range sources(t, "testdata") {
		if since, ok := strings.CutPrefix(filepath.Base(name), "since"); !ok || since <= version+".py" {
			files = append(files, name)
		}
	}
	switch dirs := os.Getenv("FUMEHOOD_TEST_SOURCES"); dirs {
	case "":
		for i, name := range library(t, interpreter) {
			if i%40 == 7 {
				files = append(files, name)
			}
		}
	case "library":
		files = append(files, library(t, interpreter)...)
	default:
		for _, dir := range strings.Split(dirs, ":") {
			files = append(files, sources(t, dir)...)
		}
	}
	compare(t, interpreter, files)
}

func compare(t *testing.T, interpreter string, files []string) {
	t.Helper()
	cmd := exec.Command(interpreter, "testdata/dump.py")
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problems)
	}
	size, refused, differ := 0, 0, 0
	parts := strings.Split("\n"+string(out), "\n== ")[1:]
	if len(parts) != len(files) {
		t.Fatalf("CPython read %d files of %d", len(parts), len(files))
	}
	for _, part := range parts {
		name, want, _ := strings.Cut(part, "\n")
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		size += len(source)
		f := python.Parse(name, string(source))
		if reason, bad := strings.CutPrefix(want, "! "); bad {
			refused++
			if len(f.Errors) == 0 && !strings.Contains(reason, "multiple exception types must be parenthesized") { // until 3.14
				differ++
				t.Errorf("%s: no error, but CPython says: %s", name, reason)
			}
			continue
		}
		if len(f.Errors) > 0 {
			differ++
			line, column := f.Position(f.Errors[0].Span.Start)
			t.Errorf("%s:%d:%d: %s; CPython takes it", name, line, column, f.Errors[0].Message)
			continue
		}
		if got, want := different(dump(f), want); got != want {
			differ++
			t.Errorf("%s\n got %.2000s\nwant %.2000s", name, got, want)
		}
	}
	t.Logf("%d files, %d bytes, %d refused by CPython, %d different", len(files), size, refused, differ)
}

// different returns the first lines that differ. What we have as U+FFFD may be any one
// character.
func different(got, want string) (string, string) {
	if got == want {
		return "", ""
	}
	a, b := strings.Split(got, "\n"), strings.Split(strings.TrimRight(want, "\n")+"\n", "\n")
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return "nothing", b[i]
		case i >= len(b):
			return a[i], "nothing"
		case !alike(a[i], b[i]):
			return a[i], b[i]
		}
	}
	return "", ""
}

func alike(got, want string) bool {
	for {
		before, after, found := strings.Cut(got, `\{fffd}`)
		if !found {
			return got == want
		}
		rest, ok := strings.CutPrefix(want, before)
		if !ok || rest == "" {
			return false
		}
		n := 1
		if strings.HasPrefix(rest, `\{`) {
			n = strings.IndexByte(rest, '}') + 1
		}
		got, want = after, rest[n:]
	}
}
