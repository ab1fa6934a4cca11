package wsgi_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// TestDebuggingEnds: the debugger of an app in development runs any Python that a visitor
// types, and FLASK_DEBUG=1 is easily left in an environment.
func TestDebuggingEnds(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"debugging:app", "debugging:wrapped"} {
		app := testapp.Start(t, "testdata/production", wsgi.Config{
			Target: target, Workers: 1, Env: append(os.Environ(), "FLASK_DEBUG=1"),
		})
		if _, body := get(t, app.Server.URL+"/state"); !strings.Contains(body, `"debug":false`) || !strings.Contains(body, `"testing":false`) {
			t.Errorf("%s: %s", target, body)
		}
		res, body := get(t, app.Server.URL+"/raise")
		if res.StatusCode != 500 || strings.Contains(body, "on purpose") || strings.Contains(body, "Traceback") {
			t.Errorf("%s: %s %.200q", target, res.Status, body)
		}
		want := []string{"FLASK_DEBUG was set", "app.debug was on", "TESTING was on"}
		if target == "debugging:wrapped" {
			want = slices.Insert(want, 1, "DebuggedApplication is taken off")
		}
		if got := app.Pool().About().Changed; !slices.Equal(got, want) {
			t.Errorf("%s: it says %q, want %q", target, got, want)
		}
	}
}

// TestTemplatesOfAnAnswer: the front knows which templates an answer is made from, and no
// client sees it.
func TestTemplatesOfAnAnswer(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/production", wsgi.Config{Target: "debugging:app", Workers: 1})
	about := app.Pool().About()
	if len(about.Sessions) != 1 || about.Sessions[0] != [2]string{"who", ""} {
		t.Errorf("session cookies %q", about.Sessions)
	}
	var folders []string
	for _, f := range about.Templates {
		folders = append(folders, f[0]+":"+filepath.Base(f[1]))
	}
	if !slices.Equal(folders, []string{":pages", ":admin_pages"}) {
		t.Errorf("template folders %q", about.Templates)
	}
	for path, want := range map[string][]string{
		"/state":  nil,
		"/page":   {"page.html"},
		"/two":    {"page.html", ""},
		"/admin/": {"of_admin.html"},
	} {
		x := &fumehood.Exchange{}
		r, err := http.NewRequest("GET", path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.RequestURI = path
		w := &headOnly{header: http.Header{}}
		app.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
		if w.status != 200 || !slices.Equal(x.Templates, want) {
			t.Errorf("%s: %d, templates %q, want %q", path, w.status, x.Templates, want)
		}
		for name := range w.header {
			if strings.Contains(strings.ToLower(name), "templates") {
				t.Errorf("%s: the client sees %s", path, name)
			}
		}
	}
}

// headOnly is a ResponseWriter that keeps the head.
type headOnly struct {
	header http.Header
	status int
}

func (w *headOnly) Header() http.Header         { return w.header }
func (w *headOnly) WriteHeader(status int)      { w.status = status }
func (w *headOnly) Write(p []byte) (int, error) { return len(p), nil }
