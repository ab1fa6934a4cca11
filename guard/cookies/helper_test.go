package cookies_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/internal/testapp"
)

func newGuard(t testing.TB, cfg cookies.Config, app cookies.App) *cookies.Guard {
	t.Helper()
	g, err := cookies.New(cfg, app)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// exchange is what came of one request.
type exchange struct {
	*httptest.ResponseRecorder
	app   []string // the Cookie fields that the app was given
	asked bool     // the app was asked
	notes []string // codes
}

// ask sends a request with these Cookie fields through the guard to an app that answers
// with these Set-Cookie fields.
func ask(g *cookies.Guard, target string, fields []string, answers ...string) exchange {
	var got exchange
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.app, got.asked = r.Header["Cookie"], true
		for _, line := range answers {
			w.Header().Add("Set-Cookie", line)
		}
	})
	r := httptest.NewRequest("GET", target, nil)
	r.Header["Cookie"] = fields
	if fields == nil {
		delete(r.Header, "Cookie")
	}
	x := &fumehood.Exchange{}
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	got.ResponseRecorder = httptest.NewRecorder()
	g.Handler(app).ServeHTTP(got, r)
	for _, refusal := range x.Reported {
		got.notes = append(got.notes, refusal.Code)
	}
	return got
}

// set returns the Set-Cookie fields of the answer.
func (e exchange) set() []string { return e.Header()["Set-Cookie"] }

// pythons are the newest Flask and the oldest that is supported.
func pythons(t testing.TB) map[string]string {
	t.Helper()
	old := os.Getenv("FUMEHOOD_TEST_PYTHON_OLD")
	if old == "" {
		old = filepath.Join(testapp.Root(t), ".cache", "py", "old", "bin", "python")
	}
	if _, err := os.Stat(old); err != nil {
		t.Fatalf("no interpreter with an old Flask at %s; make one with: make setup", old)
	}
	return map[string]string{"new": testapp.Python(t), "old": old}
}

// werkzeug returns what a Flask app sees of each Cookie field: its cookies in their order.
// It is Werkzeug's Request, on which Flask's is built, that says so.
func werkzeug(t testing.TB, python string, fields []string) [][][2]string {
	t.Helper()
	const script = `
import json, sys
from werkzeug.wrappers import Request
seen = []
for field in json.load(sys.stdin):
    seen.append(list(Request({"HTTP_COOKIE": field}).cookies.items(multi=True)))
json.dump(seen, sys.stdout)
`
	latin := make([]string, len(fields)) // as WSGI gives bytes to Python
	for i, field := range fields {
		runes := make([]rune, len(field))
		for j := range len(field) {
			runes[j] = rune(field[j])
		}
		latin[i] = string(runes)
	}
	input, err := json.Marshal(latin)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", python, err)
	}
	var seen [][][2]string
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

// valueOf returns what Flask takes for the cookie: the first one.
func valueOf(seen [][2]string, name string) string {
	for _, pair := range seen {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}
