package wsgi_test

import (
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// TestValidate: the standard library's checker stands between the shim and apps that do
// everything PEP 3333 allows. It finds no fault with the server.
func TestValidate(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "validated:app", Workers: 2,
		Listener: wsgi.Listener{Name: "localhost", Port: "8443"}})
	source, err := os.ReadFile("testdata/apps/validated.py")
	if err != nil {
		t.Fatal(err)
	}
	body := "0123456789\nnext line\n\nlast line"
	for _, how := range []delivery{streamed, inMemory, inFile} {
		base := serve(t, how, app)
		for _, c := range []struct {
			method, target, body string
			status               int
			want                 string
		}{
			{"GET", "/empty", "", 200, ""},
			{"GET", "/a_list", "", 200, "onetwo"},
			{"HEAD", "/a_list", "", 200, ""},
			{"GET", "/generator?x=y", "", 200, "onetwo"},
			{"HEAD", "/generator", "", 200, ""},
			{"POST", "/reads", body, 200, body},
			{"POST", "/reads", "", 200, ""},
			{"PUT", "/reads_lines", body, 200, body},
			{"POST", "/iterates", body, 200, body},
			{"POST", "/iterates", strings.Repeat(body, 5000), 200, strings.Repeat(body, 5000)},
			{"GET", "/writes", "", 200, "onetwothree"},
			{"GET", "/errors", "", 200, "one"},
			{"GET", "/exc_info", "", 500, "oops"},
			{"DELETE", "/no_content", "", 204, ""},
			{"GET", "/not_modified", "", 304, ""},
			{"GET", "/a_file", "", 200, string(source)},
		} {
			got := ask(t, base, c.method, c.target, c.body, "Content-Type: text/plain")
			if got.status != c.status || got.body != c.want || got.cut {
				t.Errorf("%s, %s %s: %d %.100q", how, c.method, c.target, got.status, got.body)
			}
		}
		ask(t, base, "GET", "/collect", "")
	}
	// The proof that the checker works: this method is none.
	if got := ask(t, app.Server.URL, "get", "/empty", ""); got.status != 500 {
		t.Errorf("a method in lower case: %d", got.status)
	}
	logged(t, app, "Unknown REQUEST_METHOD")
	for line := range strings.Lines(app.Log.String()) {
		if strings.Contains(line, "Unknown REQUEST_METHOD") {
			continue
		}
		for _, fault := range []string{"AssertionError", "WSGIWarning", "without being closed", "Traceback"} {
			if strings.Contains(line, fault) {
				t.Errorf("wsgiref.validate: %s", line)
			}
		}
	}
}
