package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/control"
	"github.com/fumehood/fumehood/internal/testapp"
)

// servesLogins takes commands as `fumehood run` does, with a login guard for which somebody
// has just failed five times.
func servesLogins(t *testing.T, base, folder, account string) {
	t.Helper()
	data, err := appdata.Open(base, folder, "app:app")
	if err != nil {
		t.Fatal(err)
	}
	state := login.NewState(nil, nil)
	guard, err := login.New(login.Config{Account: "u", Password: "p"}, login.Site{State: state})
	if err != nil {
		t.Fatal(err)
	}
	failing := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }))
	for range 6 {
		failing.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/?p=x&u="+account, nil))
	}
	log := &testapp.Log{}
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { takeCommands(ctx, data, map[string]control.Verb{unlockVerb: unlockIn(state)}, log.Logger()) })
	t.Cleanup(func() { stop(); done.Wait() })
	testapp.Eventually(t, "it takes commands", func() bool { return control.Running(ctx, data.Path("")) })
}

// says runs `fumehood unlock ARGS...`.
func says(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	e := &env{ctx: ctx, stdout: &out, stderr: &errs}
	code = e.finish(verb{unlockVerb, "", helpUnlock, runUnlock}, runUnlock(e, args))
	return code, out.String(), errs.String()
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "[servers]") // no pattern
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	servesLogins(t, base, "/srv/shop", "alice")
	for _, tt := range []struct{ account, want string }{
		{"bob", "bob was not locked: no failed logins are remembered\n"},
		{"Alice ", "Alice : forgot 5 failed logins from 1 place; the next login need not wait\n"},
		{"alice", "alice was not locked: no failed logins are remembered\n"},
	} {
		if code, out, errs := says(t, "--tls-storage", base, tt.account); code != 0 || out != tt.want {
			t.Errorf("%s: %d %q %q", tt.account, code, out, errs)
		}
	}
	if code, out, _ := says(t, "--tls-storage", base, "--json", "alice"); code != 0 || !strings.Contains(out, `"failures": 0,`) {
		t.Errorf("--json: %d %q", code, out)
	}
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	servesLogins(t, base, folder, "alice")
	if code, _, errs := says(t, "--tls-storage", base, "alice"); code != 1 || !strings.Contains(errs, "2 apps are running: ") || !strings.Contains(errs, "/srv/shop app:app") {
		t.Errorf("two apps: %d %q", code, errs)
	}
	if code, out, errs := says(t, "--tls-storage", base, "alice", "app:app"); code != 0 || !strings.HasPrefix(out, "alice: forgot 5") {
		t.Errorf("one of two apps: %d %q %q", code, out, errs)
	}
}
