package jinja_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/internal/testapp"
	oracle "github.com/fumehood/fumehood/test/python"
)

// templates returns the files below a folder that may be templates.
func templates(t testing.TB, root string) []string {
	t.Helper()
	return oracle.Files(t, root, func(name string) bool {
		switch filepath.Ext(name) {
		case ".html", ".htm", ".xml", ".j2", ".jinja", ".jinja2", ".njk":
			return true
		case ".txt", ".js", ".css", ".tex":
			return strings.Contains(name, "/templates/")
		}
		return false
	})
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
	size, refused, ours := 0, 0, 0
	for _, tree := range oracle.Dumps(t, interpreter, "testdata/dump.py", files, arguments(o)...) {
		name := tree.Name
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		size += len(source)
		f := jinja.Parse(name, strings.ToValidUTF8(string(source), "\uFFFD"), o)
		problem := ""
		if len(f.Errors) > 0 {
			line, column := f.Position(f.Errors[0].Span.Start)
			problem = fmt.Sprintf("%d:%d: %s", line, column, f.Errors[0].Message)
		}
		switch {
		case tree.Refused != "":
			refused++
			if problem != "" {
				ours++
			}
			t.Logf("%s: Jinja refuses it: %s; here: %s", name, tree.Refused, problem)
			if strings.HasPrefix(name, "testdata") {
				t.Errorf("%s: Jinja must take all fixtures: %s", name, tree.Refused)
			}
		case problem != "":
			t.Errorf("%s:%s; Jinja takes it", name, problem)
		default:
			if got, want := oracle.Different(dump(f), tree.Text); got != want {
				t.Errorf("%s\n got %.600s\nwant %.600s", name, got, want)
			}
		}
	}
	t.Logf("%d templates, %d bytes; Jinja refuses %d, %d of them have errors here", len(files), size, refused, ours)
}
