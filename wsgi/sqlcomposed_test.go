package wsgi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
)

// sqlPython is an interpreter that has SQLAlchemy.
func sqlPython(t testing.TB) string {
	t.Helper()
	python := os.Getenv("FUMEHOOD_TEST_PYTHON_SQL")
	if python == "" {
		python = filepath.Join(testapp.Root(t), ".cache", "py", "sql", "bin", "python")
	}
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("no interpreter with the database drivers at %s; make one with: make setup", python)
	}
	return python
}

// TestSQLComposedPasses: what SQLAlchemy composes of names and placeholders passes in a fresh worker,
// also in a request with more values than the edge looks at, such as a long text that is saved;
// a text that is not the app's own does not. The first also is known after one run, and the other
// is not: it may hold a value in a form that nobody knows.
func TestSQLComposedPasses(t *testing.T) {
	t.Parallel()
	var got [][3]string
	runSQL(t, sqlPython(t), "composed", map[string]any{}, &got)
	if len(got) < 40 {
		t.Errorf("only %d", len(got))
	}
	for _, g := range got {
		raw := strings.HasPrefix(g[0], "raw ")
		want := "passed"
		if raw && g[1] == "unseen" {
			want = "refused"
		}
		if g[2] != want {
			t.Errorf("%s, %s: %s, want %s", g[0], g[1], g[2], want)
		}
		if known := g[1] != "seen, 1 unsure"; g[1] != "unseen" && known == raw && g[0] != "upsert" { // which SQLAlchemy has no key for
			t.Errorf("%s: %s", g[0], g[1])
		}
	}
}
