package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
)

// prints are the fingerprints of the injections in files, in the order of places.
func prints(t *testing.T, files map[string]string) []string {
	t.Helper()
	var all []string
	for _, f := range run(t, audit.Options{Root: project(t, files), Only: []string{"sql-injection"}}).found {
		if len(f.Fingerprint) != 32 {
			t.Errorf("%s:%d has the fingerprint %q", f.Place.File, f.Place.Line, f.Fingerprint)
		}
		all = append(all, f.Fingerprint)
	}
	return all
}

// TestFingerprints: a finding is the same when lines move, and another one when its own text
// or its file changes.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	of := func(name, text string) []string { return prints(t, map[string]string{name: text}) }
	app := view(injection)
	first := of("app.py", app)
	if len(first) != 1 {
		t.Fatalf("%d findings", len(first))
	}
	for what, text := range map[string]string{
		"a line above":         "# hello\n" + app,
		"a line between":       view("x = 1", injection),
		"a line below":         app + "\n\nx = 1\n",
		"other spaces":         strings.ReplaceAll(app, injection, "db.execute( "+strings.TrimPrefix(strings.ReplaceAll(injection, " + name", "  +  name"), "db.execute(")),
		"line ends of Windows": strings.ReplaceAll(app, "\n", "\r\n"),
		"a mark":               "\ufeff" + app,
		"indented":             strings.Replace(app, "    "+injection, "    if name:\n        "+injection, 1),
	} {
		got := of("app.py", text)
		if same := slices.Equal(got, first); same == (what == "other spaces") {
			t.Errorf("%s: %q, before %q", what, got, first)
		}
	}
	for what, got := range map[string][]string{
		"another text": of("app.py", strings.Replace(app, "items", "users", 1)),
		"another file": of("web.py", app),
	} {
		if len(got) != 1 || got[0] == first[0] {
			t.Errorf("%s: %q, before %q", what, got, first)
		}
	}
	twice := of("app.py", view(injection, injection))
	if len(twice) != 2 || twice[0] != first[0] || twice[1] == twice[0] {
		t.Errorf("two equal lines: %q, one: %q", twice, first)
	}
	if again := of("app.py", view(injection, "x = 1", injection)); !slices.Equal(again, twice) {
		t.Errorf("two equal lines apart: %q, together: %q", again, twice)
	}
}

// TestFingerprintsOfLongLines: in a line that no person wrote a finding is what stands there,
// whatever is before it.
func TestFingerprintsOfLongLines(t *testing.T) {
	t.Parallel()
	of := func(before, between string) []string {
		return prints(t, map[string]string{"app.py": view("x = '" + before + "'; " + injection + "; y = '" + between + "'; " + strings.Replace(injection, "items", "users", 1))})
	}
	filler := strings.Repeat("x", 2500)
	first := of(filler, filler)
	if len(first) != 2 || first[0] == first[1] {
		t.Fatalf("two findings of one line: %q", first)
	}
	if moved := of(filler+"y", filler); !slices.Equal(moved, first) {
		t.Errorf("moved: %q, before %q", moved, first)
	}
	if same := of(filler, strings.Repeat("z", 2500)); len(same) != 2 || same[0] == first[0] || same[1] != first[1] {
		t.Errorf("what follows the first has changed: %q, before %q", same, first)
	}
}
