package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fumehood/fumehood/internal/hint"
)

// TestErrorsActOnNoTerminal: an error may hold the name of a file that somebody else made.
func TestErrorsActOnNoTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := &env{ctx: t.Context(), stderr: &out}
	if code := e.fail(hint.With(errors.New("app\x1b[2J\u009b31m\u202e.py:\n\tline 2"), "rm \a名.py")); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	if want := "fumehood: error: app\uFFFD[2J\uFFFD31m\uFFFD.py:\n\tline 2\nhint: rm \uFFFD名.py\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// TestInstead: a command put right is one that can be copied.
func TestInstead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args      []string
		bad, good string
		want      string
	}{
		{[]string{"--only", "xs,ssrf", "a b"}, "xs", "xss", "fumehood audit --only xss,ssrf 'a b'"},
		{[]string{"--only=ssrf,xs", "it's"}, "xs", "xss", `fumehood audit --only=ssrf,xss 'it'\''s'`},
		{[]string{"--frmat=json", "x"}, "--frmat", "--format", "fumehood audit --format=json x"},
		{[]string{"--rules", "--format="}, "", "text", "fumehood audit --rules --format=text"},
		{[]string{"-f", "", "$HOME"}, "", "text", "fumehood audit -f text '$HOME'"},
	} {
		if got := instead("audit", c.args, c.bad, c.good); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
