package wsgi_test

import (
	"net/http"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/sinks"
)

// TestManyReportsOfOneRequest: a loop over five hundred statements is no five hundred lines.
func TestManyReportsOfOneRequest(t *testing.T) {
	t.Parallel()
	url, app := sinking(t, sinks.Config{SQL: fumehood.Report})
	if got := ask(t, url, "GET", "/loop?v=1+OR+1%3D1", ""); got.status != http.StatusOK {
		t.Fatalf("%d %q", got.status, got.body)
	}
	logged(t, app, `more=496`)
	if n := strings.Count(app.Log.String(), "attack seen, not stopped"); n != 5 {
		t.Errorf("%d lines", n)
	}
}

// TestLongAttackIsAShortLine: the beginning tells what it is.
func TestLongAttackIsAShortLine(t *testing.T) {
	t.Parallel()
	url, app := sinking(t, sinks.Config{})
	if got := ask(t, url, "GET", "/?v=1+OR+1%3D1"+strings.Repeat("+OR+2%3D2", 500), ""); got.status != http.StatusForbidden {
		t.Fatalf("%d %q", got.status, got.body)
	}
	logged(t, app, "attack stopped")
	for line := range strings.Lines(app.Log.String()) {
		if n := strings.Count(line, "2=2"); n > 120 {
			t.Errorf("%d times: %s", n, line)
		}
	}
}

// TestForkedProcessLogsNoValue: it cannot ask the front what is secret.
func TestForkedProcessLogsNoValue(t *testing.T) {
	t.Parallel()
	url, app := holes(t, "", "", &sinks.Config{})
	visit{path: "/fork", v: "x; echo hunter2secret"}.ask(t, url)
	logged(t, app, "that the app has forked: sink=command mode=enforce where=")
	for line := range strings.Lines(app.Log.String()) {
		if strings.Contains(line, "has forked") && strings.Contains(line, "hunter2") {
			t.Error(line)
		}
	}
}
