package wsgi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/test/python"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// TestChangedValues: an app that uses a line, an item or a text in small letters is guarded as
// one that uses the whole value, and what only looks like an attack passes.
func TestChangedValues(t *testing.T) {
	t.Parallel()
	python.Each(t, func(t *testing.T, python string) { askJudges(t, python, "changes.py", 150) })
}

// askJudges runs a script of testdata/hooks with the shim, and reports which of its cases, at
// least so many, went wrong.
func askJudges(t *testing.T, python, script string, least int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, script)
	cmd.Dir = "testdata/hooks"
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin = strings.NewReader(shim.Source())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	var done struct {
		Cases int
		Wrong []string
	}
	if err := json.Unmarshal(out.Bytes(), &done); err != nil || done.Cases < least {
		t.Fatalf("%v, %d cases: %s", err, done.Cases, errs.String())
	}
	for _, wrong := range done.Wrong {
		t.Error(wrong)
	}
}
