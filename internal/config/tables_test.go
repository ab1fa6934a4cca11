package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

// TestTablesThatAreNone: the hint is a line that can be written.
func TestTablesThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[[route]]\nmatch = \"/x\"\ninjection = \"off\"\n":   `injection = { mode = "off" }`,
		"injection = \"off\"\n":                              `injection = { mode = "off" }`,
		"[[route]]\nmatch = \"/x\"\nvalidate = \"strict\"\n": `validate = { mode = ... }`,
		"injection = 3\n":                                    `write it so: [injection]`,
		"[injection.crs]\nparanoia = 2\n":                    "did you mean [crs]?",
	} {
		file := filepath.Join(t.TempDir(), "f.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(config.Sources{File: file})
		var mistakes *config.Mistakes
		if !errors.As(err, &mistakes) || !strings.Contains(mistakes.Detail(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
