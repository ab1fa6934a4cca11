package python_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
	oracle "github.com/fumehood/fumehood/test/python"
)

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
	return oracle.Files(t, root, func(name string) bool { return filepath.Ext(name) == ".py" })
}

// realSources are sources that other people wrote: a sample of the standard library. With
// FUMEHOOD_TEST_SOURCES=DIR:DIR it is all below these folders instead, and "library" stands
// for the whole library.
func realSources(t testing.TB, interpreter string) []string {
	t.Helper()
	var files []string
	switch dirs := os.Getenv("FUMEHOOD_TEST_SOURCES"); dirs {
	case "":
		for i, name := range library(t, interpreter) {
			if i%40 == 7 {
				files = append(files, name)
			}
		}
	case "library":
		files = library(t, interpreter)
	default:
		for _, dir := range strings.Split(dirs, ":") {
			files = append(files, sources(t, dir)...)
		}
	}
	return files
}

// parse reads a file, and returns the first error with its place.
func parse(t testing.TB, name string) (f *python.File, problem string) {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f = python.Parse(name, string(source))
	if len(f.Errors) > 0 {
		line, column := f.Position(f.Errors[0].Span.Start)
		problem = fmt.Sprintf("%s:%d:%d: %s", name, line, column, f.Errors[0].Message)
	}
	return f, problem
}

// TestLikeCPython compares trees with those of CPython's own parser: of our fixtures and of
// real sources.
func TestLikeCPython(t *testing.T) {
	t.Parallel()
	interpreter, version := oracle.Newest(t)
	files := realSources(t, interpreter)
	for _, name := range sources(t, "testdata") {
		if since, ok := strings.CutPrefix(filepath.Base(name), "since"); !ok || since <= version+".py" {
			files = append(files, name)
		}
	}
	size, refused := 0, 0
	for _, tree := range oracle.Dumps(t, interpreter, "testdata/dump.py", files) {
		f, problem := parse(t, tree.Name)
		size += len(f.Source)
		switch {
		case tree.Refused != "":
			refused++
			if problem == "" && !strings.Contains(tree.Refused, "multiple exception types must be parenthesized") { // until 3.14
				t.Errorf("%s: no error, but CPython says: %s", tree.Name, tree.Refused)
			}
		case problem != "":
			t.Errorf("%s; CPython takes it", problem)
		default:
			if got, want := oracle.Different(dump(f), tree.Text); got != want {
				t.Errorf("%s\n got %.2000s\nwant %.2000s", tree.Name, got, want)
			}
		}
	}
	t.Logf("%d files, %d bytes, %d refused by CPython", len(files), size, refused)
}
