package python_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
	oracle "github.com/fumehood/fumehood/test/python"
)

// TestLikeTreeSitter compares statements, definitions, calls, operators, literals and
// interpolations with those of tree-sitter-python, by kind and bytes: of our fixtures, also
// of the grammar that is newer than the interpreter of TestLikeCPython, and of real sources.
// Fixtures in *_only.py are Python that tree-sitter 0.25 does not read, or reads as something
// else. Of real files it leaves out those where it does; testdata/treesitter.py tells them.
func TestLikeTreeSitter(t *testing.T) {
	t.Parallel()
	interpreter, _ := oracle.Newest(t)
	files := append(sources(t, "testdata"), realSources(t, interpreter)...)
	size, refused := 0, 0
	for _, tree := range oracle.Dumps(t, testapp.Python(t), "testdata/treesitter.py", files) {
		f, problem := parse(t, tree.Name)
		size += len(f.Source)
		switch {
		case tree.Refused != "":
			refused++
			t.Logf("%s: %s", tree.Name, tree.Refused)
			if strings.HasPrefix(tree.Name, "testdata") && !strings.HasSuffix(tree.Name, "_only.py") {
				t.Errorf("%s: tree-sitter must take it: %s", tree.Name, tree.Refused)
			}
		case problem != "":
			t.Errorf("%s; tree-sitter takes it", problem)
		default:
			if got, want := oracle.Different(places(f), tree.Text); got != want {
				t.Errorf("%s\n got %.200s\nwant %.200s", tree.Name, got, want)
			}
		}
	}
	t.Logf("%d files, %d bytes, %d left out", len(files), size, refused)
}
