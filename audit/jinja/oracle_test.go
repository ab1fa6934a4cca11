package jinja_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/internal/testapp"
)

// templates returns the files below a folder that may be templates.
func templates(t testing.TB, root string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() || strings.Contains(name, "\n") {
			return nil
		}
		switch filepath.Ext(name) {
		case ".html", ".htm", ".xml", ".j2", ".jinja", ".jinja2", ".njk":
			list = append(list, name)
		case ".txt", ".js", ".css", ".tex":
			if strings.Contains(name, "/templates/") {
				list = append(list, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestLikeJinja compares trees with those of Jinja itself: of our fixtures, and of the
// templates that the packages of the test interpreter bring. FUMEHOOD_TEST_TEMPLATES=DIR:DIR
// compares all below these folders instead.
func TestLikeJinja(t *testing.T) {
	t.Parallel()
	interpreter := testapp.Python(t)
	files := templates(t, "testdata/plain")
	if dirs := os.Getenv("FUMEHOOD_TEST_TEMPLATES"); dirs != "" {
		files = nil
		for _, dir := range strings.Split(dirs, ":") {
			files = append(files, templates(t, dir)...)
		}
	} else {
		out, err := exec.Command(interpreter, "-c", "import jinja2, os; print(os.path.dirname(os.path.dirname(jinja2.__file__)))").Output()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, templates(t, strings.TrimSpace(string(out)))...)
	}
	compare(t, interpreter, files, jinja.Options{})
}

// brackets and lines are settings of applications that do not like Jinja's own.
var (
	brackets = jinja.Options{BlockStart: "[%", BlockEnd: "%]", VariableStart: "[[", VariableEnd: "]]", CommentStart: "[#", CommentEnd: "#]"}
	lines    = jinja.Options{BlockStart: "<%", BlockEnd: "%>", VariableStart: "${", VariableEnd: "}", CommentStart: "<%#", CommentEnd: "%>",
		LineStatement: "#", LineComment: "##"}
)

func TestLikeJinjaWithOptions(t *testing.T) {
	t.Parallel()
	compare(t, testapp.Python(t), templates(t, "testdata/brackets"), brackets)
	compare(t, testapp.Python(t), templates(t, "testdata/lines"), lines)
}

// arguments are the options as Jinja names them.
func arguments(o jinja.Options) (list []string) {
	for name, value := range map[string]string{
		"block_start_string": o.BlockStart, "block_end_string": o.BlockEnd,
		"variable_start_string": o.VariableStart, "variable_end_string": o.VariableEnd,
		"comment_start_string": o.CommentStart, "comment_end_string": o.CommentEnd,
		"line_statement_prefix": o.LineStatement, "line_comment_prefix": o.LineComment,
	} {
		if value != "" {
			list = append(list, name+"="+value)
		}
	}
	return list
}

func compare(t *testing.T, interpreter string, files []string, o jinja.Options) {
	t.Helper()
	cmd := exec.Command(interpreter, append([]string{"testdata/dump.py"}, arguments(o)...)...)
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &problems)
	}
	size, refused, ours, differ := 0, 0, 0, 0
	for _, part := range strings.Split("\n"+string(out), "\n== ")[1:] {
		name, want, _ := strings.Cut(part, "\n")
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		size += len(source)
		f := jinja.Parse(name, strings.ToValidUTF8(string(source), "\uFFFD"), o)
		if reason, bad := strings.CutPrefix(want, "! "); bad {
			refused++
			if len(f.Errors) == 0 {
				t.Logf("%s: Jinja refuses it: %s", name, reason)
			} else {
				ours++
				line, _ := f.Position(f.Errors[0].Span.Start)
				t.Logf("%s: both refuse it: %s; line %d: %s", name, reason, line, f.Errors[0].Message)
			}
			if strings.HasPrefix(name, "testdata") {
				t.Errorf("%s: Jinja must take all fixtures: %s", name, reason)
			}
			continue
		}
		if len(f.Errors) > 0 {
			differ++
			line, column := f.Position(f.Errors[0].Span.Start)
			t.Errorf("%s:%d:%d: %s; Jinja takes it", name, line, column, f.Errors[0].Message)
			continue
		}
		if got, want := different(dump(f), want); got != want {
			differ++
			t.Errorf("%s\n got %.600s\nwant %.600s", name, got, want)
		}
	}
	t.Logf("%d templates, %d bytes; Jinja refuses %d, %d of them have errors here; %d different", len(files), size, refused, ours, differ)
}

// different returns the first lines that differ.
func different(got, want string) (string, string) {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i], b[i]
		}
	}
	switch {
	case len(a) < len(b):
		return "nothing", b[len(a)]
	case len(a) > len(b):
		return a[len(b)], "nothing"
	}
	return "", ""
}
