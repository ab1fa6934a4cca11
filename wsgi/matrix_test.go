package wsgi_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/python"
	"github.com/fumehood/fumehood/wsgi"
)

// TestEveryPython runs what an app does most, and the whole conformance table, under every
// CPython and Flask that there is.
func TestEveryPython(t *testing.T) {
	t.Parallel()
	python.Each(t, func(t *testing.T, python string) {
		t.Run("Flask", func(t *testing.T) { flaskWorks(t, python) })
		t.Run("WSGI", func(t *testing.T) {
			conforms(t, testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app", Python: python}), streamed)
		})
		t.Run("trouble", func(t *testing.T) { troubleIsSurvived(t, python) })
	})
}

func flaskWorks(t *testing.T, python string) {
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "flaskapp:app", Python: python, Workers: 2})
	about := app.Pool().About()
	if about.Framework != "Flask" || about.Version == "" || len(about.Static) != 1 || about.Static[0][0] != "/static" {
		t.Errorf("%+v", about)
	}
	t.Logf("Python %s, Flask %s", about.Python, about.Version)
	long := strings.Repeat("0123456789", 30_000)
	for _, how := range []delivery{streamed, inMemory, inFile} {
		base := serve(t, how, app)
		for _, body := range []string{"", "short", long} {
			if got := ask(t, base, "POST", "/echo", body); got.status != 200 || got.body != body {
				t.Errorf("%s: %d bytes came back as %d %.100q", how, len(body), got.status, got.body)
			}
		}
		chunked := "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n4\r\n4567\r\n0\r\n\r\n"
		if got := askRaw(t, base, "POST", chunked); got.body != "01234567" {
			t.Errorf("%s, chunked: %+v", how, got)
		}
		form := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n" + long + "\r\n--b--\r\n"
		got := ask(t, base, "POST", "/form", form, "Content-Type: multipart/form-data; boundary=b")
		var parsed struct {
			Form  map[string][]string
			Files map[string]int
		}
		if err := json.Unmarshal([]byte(got.body), &parsed); err != nil || parsed.Files["f"] != len(long) || fmt.Sprint(parsed.Form["a"]) != "[1]" {
			t.Errorf("%s, form: %+v", how, got)
		}
	}
	base := app.Server.URL
	source, err := os.ReadFile("testdata/apps/flaskapp.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, target, field string
		status                int
		want                  string
	}{
		{"GET", "/hello", "X-Filler: 1", 200, "hello"},
		{"HEAD", "/hello", "Accept: */*", 200, ""},
		{"GET", "/file", "Accept: */*", 200, string(source)},
		{"HEAD", "/file", "Accept: */*", 200, ""},
		{"GET", "/file", "Range: bytes=3-30", 206, string(source[3:31])},
		{"GET", "/file", "Range: bytes=-20", 206, string(source[len(source)-20:])},
		{"GET", "/memory", "Accept: */*", 200, "in memory"},
		{"GET", "/events", "Accept: */*", 200, "data: 0\n\ndata: 1\n\ndata: 2\n\n"},
		{"GET", "/path/%C3%A9", "Accept: */*", 200, "\"\\u00e9\"\n"},
	} {
		got := ask(t, base, c.method, c.target, "", c.field)
		if got.status != c.status || got.body != c.want || got.cut {
			t.Errorf("%s %s %s: %d %.100q", c.method, c.target, c.field, got.status, got.body)
		}
	}
	if got := ask(t, base, "GET", "/big/8", ""); sha256.Sum256([]byte(got.body)) != sha256.Sum256([]byte(strings.Repeat("x", 8<<20))) {
		t.Errorf("8 MB came as %d bytes", len(got.body))
	}
	if got := ask(t, base, "GET", "/raise", ""); got.status != 500 || strings.Contains(got.body, "on purpose") {
		t.Errorf("%+v", got)
	}
	logged(t, app, "RuntimeError: on purpose")
}

func troubleIsSurvived(t *testing.T, python string) {
	app := startHostile(t, "hang.py", wsgi.Config{Python: python})
	if got := ask(t, app.Server.URL, "GET", "/fault", ""); got.status != 504 {
		t.Errorf("%+v", got)
	}
	logged(t, app, `hang.py\", line 10, in app`)
	othersAreServed(t, app.Server.URL)
	testapp.Eventually(t, "two workers are ready", func() bool { return ready(app) == 2 })
	for file, status := range map[string]int{"fork_and_return.py": 200, "crash_in_c.py": 502, "raises_in_close.py": 200, "leak_descriptors.py": 200} {
		app := startHostile(t, file, wsgi.Config{Python: python})
		if got := ask(t, app.Server.URL, "GET", "/fault", ""); got.status != status {
			t.Errorf("%s: %+v", file, got)
		}
		othersAreServed(t, app.Server.URL)
	}
	_, err := start(t, folder(t, map[string]string{"app.py": "import settings\n", "settings.py": "1 / 0\n"}), wsgi.Config{Target: "app:app", Python: python})
	var boot *pool.BootError
	if !errors.As(err, &boot) || !strings.HasSuffix(boot.Traceback, "settings.py\", line 1, in <module>\n    1 / 0\nZeroDivisionError: division by zero\n") &&
		!strings.Contains(boot.Traceback, "~~^~~") || strings.Contains(boot.Traceback, "<fumehood>") {
		t.Errorf("%v\n%+v", err, boot)
	}
}
