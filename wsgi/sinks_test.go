package wsgi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// sinking serves testdata/apps/sinking.py to requests that have the value of the query "v",
// as guard/injection would say.
func sinking(t *testing.T, cfg sinks.Config) (url string, app *testapp.App) {
	t.Helper()
	settings, err := sinks.Settings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	app = testapp.Start(t, "testdata/apps", wsgi.Config{Target: "sinking:app", Threads: 4, Sinks: wsgi.Sinks{Settings: settings}})
	rec, err := record.New(record.Config{Logger: app.Log.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rec.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x := fumehood.ExchangeOf(r.Context()); r.URL.Query().Has("v") {
			x.Risky = []fumehood.Input{{Place: fumehood.InQuery, Name: "v", Value: r.URL.Query().Get("v"), Decoded: []string{"other\x00form"}}}
		}
		app.ServeHTTP(w, r)
	})))
	t.Cleanup(server.Close)
	return server.URL, app
}

func TestSinkRefuses(t *testing.T) {
	t.Parallel()
	url, app := sinking(t, sinks.Config{})
	const attack = "?v=1+OR+1%3D1"
	for path, name := range map[string]string{
		"/":              "",
		"/swallow":       "the app catches everything and goes on",
		"/thread-stop":   "in a thread, and nobody sees it there",
		"/broken":        "the guard itself fails where a value is there",
		"/broken-thread": "and in a thread",
	} {
		if got := ask(t, url, "GET", path+attack, ""); got.status != http.StatusForbidden || !strings.Contains(got.body, `"sinks.sql"`) {
			t.Errorf("%s %s: %d %q", path, name, got.status, got.body)
		}
		if got := ask(t, url, "GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s without a value: %d %q", path, got.status, got.body)
		}
	}
	logged(t, app, `msg="attack stopped" request=`)
	logged(t, app, `field="query v" value="1 OR 1=1" statement="SELECT 1 OR 1=1" cause="it is more than a number"`)
	logged(t, app, "sinking.py:")
	logged(t, app, "the guard of a sink failed") // where no value is there
	if strings.Contains(app.Log.String(), "app raised") {
		t.Error("a refusal is logged as a failure of the app")
	}
	if got := ask(t, url, "GET", "/late"+attack, ""); !got.cut || strings.Contains(got.body, "never") {
		t.Errorf("after the head: %+v", got)
	}
}

func TestSinkReports(t *testing.T) {
	t.Parallel()
	url, app := sinking(t, sinks.Config{SQL: fumehood.Report})
	if got := ask(t, url, "GET", "/?v=1+OR+1%3D1", ""); got.status != http.StatusOK || got.body != "done" {
		t.Errorf("%d %q", got.status, got.body)
	}
	logged(t, app, "attack seen, not stopped")
	off, _ := sinking(t, sinks.Config{SQL: fumehood.Off})
	if got := ask(t, off, "GET", "/?v=1+OR+1%3D1", ""); got.status != http.StatusOK {
		t.Errorf("%d %q", got.status, got.body)
	}
}

// TestValuesReachTheWorker: with the body behind them untouched.
func TestValuesReachTheWorker(t *testing.T) {
	t.Parallel()
	url, _ := sinking(t, sinks.Config{})
	const want = `[["query", "v", "a'b\u00e9\u0000"], ["a'b\u00e9\u0000", 0], ["other\u0000form", 0], false]`
	for _, path := range []string{"/seen", "/thread", "/executor"} {
		if got := ask(t, url, "GET", path+"?v=a%27b%C3%A9%00", ""); got.body != want {
			t.Errorf("%s: %s", path, got.body)
		}
		if got := ask(t, url, "GET", path, ""); got.body != "null" {
			t.Errorf("%s without a value: %s", path, got.body)
		}
	}
	for _, size := range []int{1, 70 << 10} {
		body := strings.Repeat("b", size)
		if got := ask(t, url, "POST", "/body?v=%27", body); got.body != body {
			t.Errorf("%d bytes became %d", size, len(got.body))
		}
	}
}

func TestWatches(t *testing.T) {
	t.Parallel()
	settings, err := sinks.Settings(sinks.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "flaskapp:app", Sinks: wsgi.Sinks{Settings: settings}})
	bare := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "flaskapp:app"})
	if !app.Watches("template") || app.Watches("none") || len(bare.Sinks()) != 0 {
		t.Errorf("%q, %q", app.Sinks(), bare.Sinks())
	}
}
