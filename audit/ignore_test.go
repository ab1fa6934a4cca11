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

// TestIgnoresInTexts: what stands in a text is no comment and silences nothing; a comment
// silences the statement that it is in, and the one below it.
func TestIgnoresInTexts(t *testing.T) {
	t.Parallel()
	const ignore = "# fumehood: ignore[sql-injection] mine"
	for source, silent := range map[string]bool{
		view(ignore, injection):                                                              true,
		view(injection + "  " + ignore):                                                      true,
		view(ignore, "# and", injection):                                                     true,
		view(ignore, "x = 1", injection):                                                     false,
		view(`s = "` + ignore + `"; ` + injection):                                           false,
		view(`s = """`, ignore, `"""; `+injection):                                           false,
		view(strings.Replace(injection, "(", "(  "+ignore+"\n        ", 1)):                  true,
		view(strings.Replace(injection, "+ name", "+\n        "+ignore+"\n        name", 1)): true,
	} {
		k := run(t, audit.Options{Root: project(t, map[string]string{"app.py": source}), Only: []string{"sql-injection"}})
		if len(k.suppressed) != 1 == silent || len(k.found) != 1 == !silent {
			t.Errorf("silenced %d, found %d:\n%s", len(k.suppressed), len(k.found), source)
		}
	}
	const page = "{# fumehood: ignore[xss] mine #}"
	for source, silent := range map[string]bool{
		"<p>{{ q|safe }}</p> " + page: true, page + "\n\n<p>{{ q|safe }}</p>": true, "{#\n fumehood: ignore[xss] mine\n#}\n<p>{{ q|safe }}</p>": true, page + "<p>{{ q|safe }}</p>": true,
		"<!-- fumehood: ignore[xss] mine -->\n<p>{{ q|safe }}</p>": false, "{{ '" + page + "' }}{{ q|safe }}": false, "{% raw %}" + page + "{% endraw %}{{ q|safe }}": false, page + "\n<p></p>\n{{ q|safe }}": false,
	} {
		k := run(t, audit.Options{Only: []string{"xss"}, Root: project(t, map[string]string{
			"app.py": "from flask import *\napp = Flask(__name__)\n@app.get('/')\ndef v():\n    return render_template('a.html', q=request.args['q'])\n", "templates/a.html": source,
		})})
		if len(k.suppressed) != 1 == silent || len(k.found) != 1 == !silent {
			t.Errorf("silenced %d, found %d:\n%s", len(k.suppressed), len(k.found), source)
		}
	}
	const key = "# fumehood: ignore[secret-key] mine"
	for name, lines := range map[string]map[string]bool{
		".env":        {"SECRET_KEY=dev " + key: true, key + "\nSECRET_KEY=dev": true, "SECRET_KEY='it is' " + key: true, "SECRET_KEY=dev" + key: false, "SECRET_KEY=\"dev " + key + "\"": false},
		"config.yml":  {"secret_key: changeme1 " + key: true, "secret_key: 'it''s me' " + key: true, "secret_key: \"k7Hg2 " + key + "\"": false},
		"config.ini":  {"[a]\n; fumehood: ignore[secret-key] mine\nsecret_key = changeme1": true},
		"config.toml": {"secret_key = \"changeme1\" " + key: true, "secret_key = \"k7Hg2 " + key + "\"": false},
	} {
		for line, silent := range lines {
			k := run(t, audit.Options{Root: project(t, map[string]string{name: line + "\n"}), Only: []string{"secret-key"}})
			if len(k.suppressed) != 1 == silent || len(k.found) != 1 == !silent {
				t.Errorf("silenced %d, found %d: %s:\n%s", len(k.suppressed), len(k.found), name, line)
			}
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
