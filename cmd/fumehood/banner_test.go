package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/server"
)

// widest is what a line at the start may take of a terminal (columns).
const widest = 100

// opened is what a run with these options says on a terminal at its start.
func opened(t *testing.T, environ []string, args ...string) (text string, steps []server.Step) {
	t.Helper()
	args = append(args, "--bind", "localhost:0", "--tls-storage", t.TempDir(), "app:app")
	loaded, err := config.Load(config.Sources{Args: args, Environ: environ, App: config.NeedApp})
	if err != nil {
		t.Fatal(err)
	}
	cfg := loaded.Config
	srv, err := server.New(t.Context(), server.Options{Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	app := &runningApp{python: ".venv", workers: 2, prefixes: []string{"/static/"}, about: pool.About{
		Python: "3.11.7", Framework: "Flask", Version: "3.1.3", Sessions: [][2]string{{"session", ""}}, Templates: [][2]string{},
		Sinks: [][3]string{{"sql", "sqlite3 3.45.1", ""}, {"sql", "psycopg2 2.9.9", ""}, {"sql", "oracledb", "its library has a way of its own"}, {"template", "jinja2 3.1.6", ""},
			{"command", "os.system", ""}, {"file", "open", ""}, {"pickle", "pickle", ""}, {"request", "socket", ""}},
	}}
	site, _, err := siteOf(cfg, app, newLogger(&env{stderr: &bytes.Buffer{}}, cfg.Log))
	if err != nil {
		t.Fatal(err)
	}
	site.Hosts = srv.Served()
	if steps, err = server.Steps(cfg, site); err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	var out bytes.Buffer
	e := &env{ctx: t.Context(), stderr: &out, tty: true}
	e.announce(opening{loaded, srv, app, site, steps, time.Second}, nil)
	return out.String(), steps
}

// weakFile is a configuration in which much is left out.
func weakFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "f.toml")
	err := os.WriteFile(file, []byte(`[injection]
skip_fields = ["q"]
[sinks]
sql = "off"
file = "off"
command = "report"
pickle_allow = ["os.*"]
requests_allow = ["0.0.0.0/0"]
files_allow = ["/srv", "/data/folder/with/a/rather/long/name/in/it"]
skeletons = "learn"
[[route]]
match = "/x"
sinks = { template = "report" }
injection = { mode = "off" }
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestStartFits: no line breaks in a terminal, and none ends in spaces.
func TestStartFits(t *testing.T) {
	t.Parallel()
	file := weakFile(t)
	for _, args := range [][]string{nil, {"--tls", "off"}, {"--tls", "off", "--trusted-proxy", "127.0.0.1"}, {"--config", file}} {
		text, _ := opened(t, nil, args...)
		for line := range strings.Lines(text) {
			line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), file, "fumehood.toml")
			if strings.Contains(line, "made a certificate authority") {
				continue // it ends in the path of a folder
			}
			if n := len([]rune(line)); n > widest {
				t.Errorf("%v: %d columns: %s", args, n, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%v: ends in spaces: %q", args, line)
			}
		}
	}
}

// TestStartNamesEachGuard: what protects is shown, or it would not be missed.
func TestStartNamesEachGuard(t *testing.T) {
	t.Parallel()
	text, steps := opened(t, nil)
	elsewhere := map[string]string{ // the row that tells of it
		"strict": "http", "body": "slow", "token": "csrf", "record": "", // a log line for each request protects nobody by itself
	}
	rows := strings.Split(text, "\n")
	for _, s := range steps {
		word, ok := elsewhere[s.Name]
		if !ok {
			word = s.Name
		}
		if word != "" && !slices.ContainsFunc(rows, func(row string) bool {
			return slices.Contains(strings.Fields(row)[:min(2, len(strings.Fields(row)))], word)
		}) {
			t.Errorf("nothing is said of %s", s.Name)
		}
	}
}

// TestStartIsTrue: what a choice has changed is said where it is looked for.
func TestStartIsTrue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		args    []string
		environ []string
		has     []string
		without []string
	}{
		{"as it comes", nil, nil,
			[]string{"50/second burst 300 for each client, then 429", "Secure, HttpOnly", "1m a request", "off       nothing"},
			[]string{"not counted", "a proxy in front?"}},
		{"plain http and no proxy", []string{"--tls", "off"}, nil,
			[]string{"a proxy in front? --trusted-proxy 127.0.0.1", "not Secure over plain http"}, []string{"off       nothing", "  Secure,"}},
		{"plain http behind a proxy", []string{"--tls", "off", "--trusted-proxy", "127.0.0.1"}, nil,
			[]string{"trusted proxies: 127.0.0.1", "Secure, HttpOnly"}, []string{"a proxy in front?"}},
		{"every sink", nil, nil, []string{"stays data in every sql, template, command, file, pickle, request\n", "watched so far: sqlite3 3.45.1, psycopg2 2.9.9, jinja2 3.1.6"}, []string{"on some routes"}},
		{"weaker in many ways", []string{"--config", weakFile(t)}, nil,
			[]string{"stays data in every template, pickle, request; only reported:\n             command; OFF: sql, file; otherwise on some routes",
				"sinks.sql = off (", "sinks.command = report (", "route[0].sinks.template = report (", "sinks.pickle_allow = os.* (", "sinks.requests_allow = 0.0.0.0/0 (", "sinks.files_allow = /srv, /data/",
				"sinks.skeletons = learn", "injection.skip_fields = q (", "route[0].injection.mode = off"},
			[]string{"off       nothing", "every sql", "request, file"}},
		{"skeletons that are known", nil, []string{"FUMEHOOD_SINKS_SKELETONS=enforce"}, []string{"off       nothing"}, []string{"skeletons"}},
		{"no sink at all", nil, []string{"FUMEHOOD_SINKS_MODE=off"}, []string{"nothing is refused; OFF: sql, template", "sinks.mode = off"}, []string{"stays data"}},
		{"a load test of one's own", nil, []string{"FUMEHOOD_RATELIMIT_EXCEPT=127.0.0.1"},
			[]string{"then 429; not counted: 127.0.0.1"}, nil},
	} {
		text, _ := opened(t, c.environ, c.args...)
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: without %q:\n%s", c.name, want, text)
			}
		}
		for _, wrong := range c.without {
			if strings.Contains(text, wrong) {
				t.Errorf("%s: with %q:\n%s", c.name, wrong, text)
			}
		}
	}
}
