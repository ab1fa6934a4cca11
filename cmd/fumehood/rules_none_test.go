//go:build !crs

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/hint"
)

// TestCheckKnowsWhatIsBuiltIn: a file that this program cannot start with is no good file.
func TestCheckKnowsWhatIsBuiltIn(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"everywhere": "[injection]\nengine = \"crs\"\n",
		"a route":    "[[route]]\nmatch = \"/x\"\ninjection = { engine = \"crs\" }\n",
	} {
		file := filepath.Join(t.TempDir(), "f.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := configCheck(&env{ctx: t.Context(), stdout: &out, stderr: &out}, []string{file})
		if err == nil || !strings.Contains(err.Error(), "without the Core Rule Set") || !strings.Contains(hint.Of(err), "-tags crs") {
			t.Errorf("%s: %v, %s", name, err, &out)
		}
	}
}
