package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/internal/wholebody"
	"github.com/fumehood/fumehood/wsgi"
)

// served serves testdata/logins.py behind the whole chain.
func served(t *testing.T, change func(*config.Config)) (*httptest.Server, *testapp.Log) {
	t.Helper()
	cfg := config.Default()
	change(&cfg)
	settings, err := sinks.Settings(cfg.Sinks)
	if err != nil {
		t.Fatal(err)
	}
	app := testapp.Start(t, "testdata", wsgi.Config{Target: "logins:app", Sinks: wsgi.Sinks{Settings: settings}})
	site := server.Site{Hosts: server.ServedBy(cfg), Logger: app.Log.Logger(), Watches: app.Watches, Sinks: settings}
	handler, err := server.Handler(cfg, site, app.App)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s, app.Log
}

// asked sends a form, or without one a GET request, and returns the status.
func asked(t *testing.T, target string, form url.Values, fields ...string) int {
	t.Helper()
	r, err := http.NewRequest("GET", target, nil)
	if form != nil {
		r, err = http.NewRequest("POST", target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 400 {
		t.Logf("%s: %d %s", target, res.StatusCode, body)
	}
	return res.StatusCode
}

// TestNoSecretIsLogged: whoever is called O'Brien has a password, too.
func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	const password, session = "hunter2secret", "s3ss10n-t0ken"
	for _, mode := range []fumehood.Mode{fumehood.Enforce, fumehood.Report} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s, log := served(t, func(c *config.Config) { c.Sinks.Mode, c.Log.Access = mode, true })
			for _, c := range []struct{ path, name, sink string }{
				{"/login", "O'Brien", "sql"}, {"/login", "x' OR 1=1 --", "sql"}, {"/login", "'", "sql"}, {"/login", "' AND password = '", "sql"},
				{"/card", "{{ 7*7 }}", "template"}, {"/ping", "x; id", "command"},
			} {
				form := url.Values{"username": {c.name}, "password": {password}}
				asked(t, s.URL+c.path, form, "Cookie", "session="+session, "Authorization", "Bearer "+password)
				before := log.String()
				testapp.Eventually(t, "a record of "+c.path, func() bool { return strings.Contains(log.String(), "sinks."+c.sink) })
				if !strings.Contains(before, `sink=`+c.sink) {
					t.Errorf("%s with %q: nothing was stopped", c.path, c.name)
				}
			}
			asked(t, s.URL+"/cookie", nil, "Cookie", "auth="+password+"'x")
			testapp.Eventually(t, "a record of /cookie", func() bool { return strings.Contains(log.String(), "path=/cookie") })
			for line := range strings.Lines(log.String()) {
				if low := strings.ToLower(line); strings.Contains(low, password) || strings.Contains(low, session) {
					t.Error(line)
				}
				if strings.Contains(line, "msg=request") && strings.Contains(line, "SELECT") {
					t.Errorf("twice: %s", line)
				}
			}
		})
	}
}

// TestReportOfASink: where the owner only wants to look, the edge does not refuse in its place.
func TestReportOfASink(t *testing.T) {
	t.Parallel()
	s, log := served(t, func(c *config.Config) { c.Sinks.SQL, c.Log.Access = fumehood.Report, true })
	form := url.Values{"username": {"x' UNION SELECT 1 --"}, "password": {"p"}}
	if status := asked(t, s.URL+"/login", form); status != 200 {
		t.Errorf("SQL: %d", status)
	}
	testapp.Eventually(t, "a report", func() bool {
		return strings.Contains(log.String(), "injection.sql") && strings.Contains(log.String(), "attack seen, not stopped")
	})
	if status := asked(t, s.URL+"/ping", url.Values{"username": {"x; id"}, "password": {"p"}}); status != 403 {
		t.Errorf("a command: %d", status)
	}
	off, _ := served(t, func(c *config.Config) { c.Sinks.SQL = fumehood.Off })
	if status := asked(t, off.URL+"/login", form); status != 403 {
		t.Errorf("without a sink the edge decides: %d", status)
	}
}

// TestWhatGoesOnAsItArrives: in front of an upstream, whatever the guards look into is whole.
func TestWhatGoesOnAsItArrives(t *testing.T) {
	t.Parallel()
	whole := false
	cfg := config.Default()
	cfg.App.Upstream = "http://127.0.0.1:1"
	handler, err := server.Handler(cfg, server.Site{Hosts: server.ServedBy(cfg)}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, whole = r.Body.(wholebody.Whole)
	}))
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]bool{"application/x-www-form-urlencoded": true, "application/json": true, "application/yaml": true, "text/xml": true,
		"text/plain": true, "": true, "application/x-own": true, "image/png": false, "application/octet-stream": false, "application/grpc": false} {
		body := `["some text"]`
		if !want {
			body = "\x00\x01\x02"
		}
		r := httptest.NewRequest("POST", "https://localhost/", strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:4000"
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != 200 || whole != want {
			t.Errorf("%q: %d, whole: %v", kind, w.Code, whole)
		}
	}
}
