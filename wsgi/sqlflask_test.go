package wsgi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// shop serves testdata/sql/shop.py with the values of its requests, as guard/injection finds
// them; bare: without the guards in the worker.
func shop(t *testing.T, bare bool, cfg sinks.Config) (string, *testapp.App) {
	t.Helper()
	settings, err := sinks.Settings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	served := wsgi.Config{Target: "shop:app", Threads: 2, Env: []string{"SHOP_DATABASE=" + filepath.Join(t.TempDir(), "shop.db")}}
	if !bare {
		served.Sinks = wsgi.Sinks{Settings: settings}
	}
	app := testapp.Start(t, "testdata/sql", served)
	rec, err := record.New(record.Config{Logger: app.Log.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := body.New(body.Config{Memory: fumehood.MB, TempDir: t.TempDir()}, func(*http.Request) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rec.Handler(whole.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := fumehood.ExchangeOf(r.Context())
		read := inputs.Read(r, inputs.Limits{})
		all := false
		x.Risky, all = inputs.Pick(read.All)
		x.Unseen = read.Unseen || !all
		app.ServeHTTP(w, r)
	}))))
	t.Cleanup(server.Close)
	return server.URL, app
}

// TestSQLInjectionInFlask: attacks that work on the bare app, and are refused.
func TestSQLInjectionInFlask(t *testing.T) {
	t.Parallel()
	bare, _ := shop(t, true, sinks.Config{})
	guarded, app := shop(t, false, sinks.Config{})
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, attack := range []struct{ method, path, body, field, stolen string }{
		{"POST", "/login", "name=ada'--&password=x", form, "hello ada"},
		{"POST", "/login", "name=x&password='+OR+'1'='1", form, "hello ada"},
		{"GET", "/search?q='+OR+1--", "", "", "hidden plum"},
		{"GET", "/search?q=x'+UNION+SELECT+password+FROM+users--", "", "", "secret of ada"},
		{"GET", "/item/1%20OR%201", "", "", "hidden plum"},
		{"GET", "/item/0%20UNION%20SELECT%20password%20FROM%20users", "", "", "secret of ada"},
		{"GET", "/sorted?by=(SELECT+1)", "", "", "pear"},
		{"POST", "/api", `{"filter": {"words": ["x", "y') OR hidden IN (1) --"]}}`, "Content-Type: application/json", "hidden plum"},
		{"GET", "/script?q=x';UPDATE+goods+SET+hidden=0--", "", "", "hidden plum"},
		{"GET", "/agent", "", "User-Agent: x' OR '1", "hidden plum"},
		{"GET", "/careless?q='+OR+1--", "", "", "hidden plum"},
		{"GET", "/thread?q=x'+OR+hidden=1--", "", "", "hidden plum"},
	} {
		var fields []string
		if attack.field != "" {
			fields = append(fields, attack.field)
		}
		if got := ask(t, bare, attack.method, attack.path, attack.body, fields...); !strings.Contains(got.body, attack.stolen) {
			t.Errorf("%s %s does not work on the bare app: %d %.200s", attack.path, attack.body, got.status, got.body)
		}
		got := ask(t, guarded, attack.method, attack.path, attack.body, fields...)
		if got.status != http.StatusForbidden || strings.Contains(got.body, attack.stolen) || !strings.Contains(got.body, "sinks.sql") {
			t.Errorf("%s %s: %d %.200s", attack.path, attack.body, got.status, got.body)
		}
	}
	logged(t, app, `SELECT name FROM users WHERE name = 'ada'--'`)
	logged(t, app, "shop.py:")
	for path, want := range map[string]string{
		"/search?q=pear": "pear", "/search?q=a+pear,+please": "nothing", "/escaped?q=O'Brien": "nothing",
		"/escaped?q='+OR+1--": "nothing", "/safe?q='+OR+1--": "nothing", "/safe?q=name+LIKE": "nothing",
		"/item/1": "pear", "/sorted?by=name+desc": "pear\nfig", "/sorted?by=goods.name,id+desc": "fig\npear",
		"/safe?q=" + url.QueryEscape("SELECT name FROM goods WHERE name LIKE"): "nothing",
	} {
		if got := ask(t, guarded, "GET", path, ""); got.status != http.StatusOK || got.body != want {
			t.Errorf("%s: %d %q, want %q", path, got.status, got.body, want)
		}
	}
}

// TestSQLInjectionReported: the app goes on, and the log has the attack.
func TestSQLInjectionReported(t *testing.T) {
	t.Parallel()
	base, app := shop(t, false, sinks.Config{SQL: fumehood.Report})
	if got := ask(t, base, "GET", "/search?q='+OR+1--", ""); !strings.Contains(got.body, "hidden plum") {
		t.Errorf("%d %s", got.status, got.body)
	}
	logged(t, app, "attack seen, not stopped")
}
