package wsgi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/python"
	"github.com/fumehood/fumehood/wsgi"
	"github.com/fumehood/fumehood/wsgi/shim"
)

// TestChangedValues: an app that uses a line, an item or a text in small letters is guarded as
// one that uses the whole value, and what only looks like an attack passes.
func TestChangedValues(t *testing.T) {
	t.Parallel()
	python.Each(t, func(t *testing.T, python string) { askJudges(t, python, "changes.py", 150) })
}

// TestSuspicionReachesTheWorker: what the edge has seen makes a sink wary, though no value is like
// what the app has made of one.
func TestSuspicionReachesTheWorker(t *testing.T) {
	t.Parallel()
	settings, err := sinks.Settings(sinks.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app := testapp.Start(t, "testdata/hooks", wsgi.Config{Target: "holes:app", Threads: 4, Sinks: wsgi.Sinks{Settings: settings}})
	rec, err := record.New(record.Config{Logger: app.Log.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rec.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := fumehood.ExchangeOf(r.Context())
		x.Risky = []fumehood.Input{{Place: fumehood.InQuery, Name: "v", Value: "of no use"}}
		x.Suspect = r.Header["Suspect"]
		app.ServeHTTP(w, r)
	})))
	t.Cleanup(server.Close)
	const attack = "/ping?v=x%3B+echo+ow%27%27ned"
	if got := ask(t, server.URL, "GET", attack, ""); got.status != 200 || !strings.Contains(got.body, "owned") {
		t.Errorf("without suspicion: %d %.200q", got.status, got.body)
	}
	if got := ask(t, server.URL, "GET", attack, "", "Suspect: file", "Suspect: command"); got.status != 403 || !strings.Contains(got.body, `"sinks.command"`) {
		t.Errorf("with suspicion: %d %.200q", got.status, got.body)
	}
	if got := ask(t, server.URL, "GET", "/ping?v=a.example.com", "", "Suspect: command"); got.status != 200 {
		t.Errorf("an honest one: %d %.200q", got.status, got.body)
	}
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
