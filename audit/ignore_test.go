package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// TestIgnoreForms: how an ignore may be written, and what does not count.
func TestIgnoreForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ comment, ids, reason string }{
		{"# fumehood: ignore[xss] made by us", "xss", "made by us"},
		{"#fumehood:ignore[xss]made by us", "xss", "made by us"},
		{"# fumehood: ignore[xss, ssrf] made by us until 2026-11-22", "xss ssrf", "made by us"},
		{"# fumehood: ignore[xss] made by us, until 2026-11-22.", "xss", "made by us"},
		{"# fumehood: ignore[xss]: it stays until Monday until 2027-01-31", "xss", "it stays until Monday"},
		{"# fumehood: ignore[xss] it stays until Monday", "xss", "it stays until Monday"},
		{"# noqa  # fumehood: ignore[xss] made by us", "xss", "made by us"},
		{"{# fumehood: ignore[xss] made by us #}", "xss", "made by us"},
		{"{#- fumehood: ignore[xss] made by us until 2027-01-31 -#}", "xss", "made by us"},
		{"# fumehood: Ignore [xss]: made by us", "xss", "made by us"},
		{"# fumehood : ignore[xss] made by us", "xss", "made by us"},
		{"# fumehood: ignore[xss] 名前は安全", "xss", "名前は安全"},
		{"# fumehood: ignore[xss] made by us until 2026-11-21", "", ""},
		{"# fumehood: ignore[xss] made by us until 2026-13-01", "", ""},
		{"# fumehood: ignore[xss] until 2027-01-31", "", ""},
		{"# fumehood: ignore[xss]", "", ""},
		{"# fumehood: ignore[xss] ...", "", ""},
		{"# fumehood: ignore[] made by us", "", ""},
		{"# fumehood: ignore made by us", "", ""},
		{"# fumehood: ignore[xss made by us", "", ""},
		{"# ignore[xss] made by us", "", ""},
	} {
		ids, reason, _ := audit.ParseIgnore(c.comment, noon())
		if got := strings.Join(ids, " "); got != c.ids || reason != c.reason {
			t.Errorf("%s: %q %q, want %q %q", c.comment, got, reason, c.ids, c.reason)
		}
	}
}

// TestIgnoreLookalikes: what looks like an ignore and is none is told, other words about
// fumehood are not.
func TestIgnoreLookalikes(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]bool{
		"# fumehood: ignore xss made by us": true, "# fumehood: ignore(xss) made by us": true, "# fumehood: ignore": true, "# fumehood: ignored[xss] made by us": true,
		"# fumehood ignore[xss] made by us": true, "# fumehood: disable[xss]": true, "# fumehood: nosec": true,
		"# fumehood ignores what is static": false, "# served by fumehood: run it with make": false, "# nosec": false, "# ignore[xss]": false, "# fumehood": false, "# fumehood:": false,
	} {
		k := run(t, audit.Options{Root: project(t, map[string]string{"app.py": "x = 1  " + comment + "\n"})})
		if got := len(k.notes) == 1; got != want {
			t.Errorf("%s: %+v", comment, k.notes)
		}
	}
}

// FuzzIgnore: no comment is a panic, and what counts has a rule and a reason.
func FuzzIgnore(f *testing.F) {
	f.Add("# fumehood: ignore[xss, ssrf] made by us until 2027-01-31")
	f.Add("{#- fumehood: ignore[xss]-#}")
	f.Fuzz(func(t *testing.T, comment string) {
		ids, reason, ok := audit.ParseIgnore(comment, noon())
		if ok != (len(ids) > 0) || ok != (reason != "") {
			t.Errorf("%q: %q %q %v", comment, ids, reason, ok)
		}
	})
}
