package wsgi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// environOf returns what the app behind base is told of a raw request.
func environOf(t testing.TB, base, request string) map[string]any {
	t.Helper()
	got := askRaw(t, base, "GET", request)
	var environ map[string]any
	if err := json.Unmarshal([]byte(got.body), &environ); err != nil {
		t.Fatalf("%d %.200q: %v", got.status, got.body, err)
	}
	return environ
}

// latin1 is how Python shows the bytes of s.
func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// TestEnviron is over the wire, through net/http and the guards around the app.
func TestEnviron(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{
		Target: "conformance:app", Threads: 4,
		Env:      append(os.Environ(), "DATABASE_PASSWORD=hunter2", "HTTP_PROXY=http://corporate.example"),
		Listener: wsgi.Listener{Name: "listener.example", Port: "8443"},
	})
	base := serve(t, inMemory, app)
	for _, c := range []struct {
		name    string
		request string // after "GET /environ"
		want    map[string]any
		absent  []string
	}{
		{"what the app is told of a request", "?a=b HTTP/1.1\r\nHost: h.example\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbody", map[string]any{
			"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/environ", "QUERY_STRING": "a=b",
			"REQUEST_URI": "/environ?a=b", "RAW_URI": "/environ?a=b", "SERVER_PROTOCOL": "HTTP/1.1",
			"SERVER_SOFTWARE": "fumehood", "HTTP_HOST": "h.example", "CONTENT_TYPE": "text/html",
			"CONTENT_LENGTH": "4", "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http",
			"wsgi.version": "(1, 0)", "wsgi.multithread": true, "wsgi.multiprocess": false,
			"wsgi.run_once": false, "wsgi.input_terminated": true,
		}, []string{"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTPS"}},
		{"the listener, not Host, names the server", " HTTP/1.1\r\nHost: evil.example:1\r\n\r\n", map[string]any{
			"SERVER_NAME": "listener.example", "SERVER_PORT": "8443", "HTTP_HOST": "evil.example:1"}, nil},
		{"a query", "?var1=val1&var2=val2 HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"QUERY_STRING": "var1=val1&var2=val2"}, nil},
		{"an empty query", "? HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"QUERY_STRING": "", "RAW_URI": "/environ?"}, nil},
		{"no query", " HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"QUERY_STRING": ""}, nil},
		{"a query is not decoded", "?a=%20+%2B&%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"QUERY_STRING": "a=%20+%2B&%C3%A9"}, nil},
		{"a path beyond ASCII, latin-1", "/%E9 HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"PATH_INFO": latin1("/environ/\xe9"), "RAW_URI": "/environ/%E9"}, nil},
		{"a path beyond ASCII, UTF-8", "/%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"PATH_INFO": latin1("/environ/\xc3\xa9")}, nil},
		{"a path with an encoded slash and a percent sign", "/a%2Fb%2525 HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"PATH_INFO": "/environ/a/b%25"}, nil},
		{"two slashes", "//x HTTP/1.1\r\nHost: a\r\n\r\n", map[string]any{"PATH_INFO": "/environ//x"}, nil},
		{"duplicate fields are joined in order", " HTTP/1.1\r\nHost: a\r\nCustom-Header: blah\r\nCustom-hEader: Blah\r\ncustom-header: BLAH\r\n\r\n", map[string]any{"HTTP_CUSTOM_HEADER": "blah, Blah, BLAH"}, nil},
		{"cookies are joined as cookies", " HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n", map[string]any{"HTTP_COOKIE": "a=1; b=2"}, nil},
		{"a value in latin-1", " HTTP/1.1\r\nHost: a\r\nX-Name: Jos\xe9\r\n\r\n", map[string]any{"HTTP_X_NAME": latin1("Jos\xe9")}, nil},
		{"an empty value", " HTTP/1.1\r\nHost: a\r\nX-Name:\r\n\r\n", map[string]any{"HTTP_X_NAME": ""}, nil},
		{"attack: a twin with an underscore", " HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nX-Real_Ip: 6.6.6.6\r\nContent_Length: 9\r\nContent_Type: x/y\r\n\r\n", nil, []string{"HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_CONTENT_LENGTH", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_TYPE"}},
		{"attack: the twin beside the true field", " HTTP/1.1\r\nHost: a\r\nX-User: alice\r\nX_User: root\r\n\r\n", map[string]any{"HTTP_X_USER": "alice"}, nil},
		{"attack: names that only look alike", " HTTP/1.1\r\nHost: a\r\nX.User: root\r\nX!User: root\r\nX~User: root\r\n\r\n", nil, []string{"HTTP_X.USER", "HTTP_X!USER", "HTTP_X~USER", "HTTP_X_USER"}},
		{"attack: Proxy would steer the app's own requests", " HTTP/1.1\r\nHost: a\r\nProxy: http://evil.example\r\n\r\n", nil, []string{"HTTP_PROXY"}},
		{"attack: a secret of the process is not in it", " HTTP/1.1\r\nHost: a\r\n\r\n", nil, []string{"DATABASE_PASSWORD", "PATH", "HOME"}},
		{"hop-by-hop fields go no further", " HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: ws\r\nProxy-Authorization: Basic x\r\nProxy-Connection: x\r\n\r\n", nil, []string{"HTTP_CONNECTION", "HTTP_X_HOP", "HTTP_KEEP_ALIVE", "HTTP_TE", "HTTP_UPGRADE", "HTTP_PROXY_AUTHORIZATION", "HTTP_PROXY_CONNECTION"}},
		{"a chunked body has a length", " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", map[string]any{"CONTENT_LENGTH": "4"}, []string{"HTTP_TRANSFER_ENCODING"}},
		{"HTTP/1.0", " HTTP/1.0\r\n\r\n", map[string]any{"SERVER_PROTOCOL": "HTTP/1.0"}, []string{"HTTP_HOST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := "GET /environ" + strings.Replace(c.request, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
			got := environOf(t, base, request)
			for name, value := range c.want {
				if got[name] != value {
					t.Errorf("%s is %q, want %q", name, got[name], value)
				}
			}
			for _, name := range c.absent {
				if value, there := got[name]; there {
					t.Errorf("%s is %q", name, value)
				}
			}
		})
	}
	t.Run("a space in the target is refused", func(t *testing.T) {
		for _, target := range []string{"/ ?var1=val1", "/ %20?var1=val1", "/blah %20 blah? var1= val1 & var2=val2"} {
			if got := ask(t, base, "GET", target, ""); got.status != 400 {
				t.Errorf("%q: %d", target, got.status)
			}
		}
	})
	t.Run("a path with CR LF stays one value", func(t *testing.T) {
		got := environOf(t, app.Server.URL, "GET /environ/a%0D%0AX:b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if got["PATH_INFO"] != "/environ/a\r\nX:b" {
			t.Errorf("%q", got["PATH_INFO"])
		}
	})
	t.Run("attack: NUL in a path", func(t *testing.T) {
		for _, base := range []string{base, app.Server.URL} { // the guards refuse it, and so does the builder
			if got := ask(t, base, "GET", "/environ/a%00HTTP_X_USER%00root", ""); got.status != 400 {
				t.Errorf("%d %s", got.status, got.body)
			}
		}
	})
}

// TestTheseRequestsBreakPeers has a row for each of those that were measured at other
// servers: what they did with it stands in the comment.
func TestTheseRequestsBreakPeers(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "flaskapp:app", Workers: 2})
	base := serve(t, inMemory, app)
	path := func(target string) string {
		got := ask(t, base, "GET", target, "")
		return got.body
	}
	// One answered 500 to the first, decoded the second as UTF-8.
	if got := path("/path/%E9"); got != `"\ufffd"`+"\n" {
		t.Errorf("%%E9: %s", got)
	}
	if got := path("/path/%C3%A9"); got != `"\u00e9"`+"\n" {
		t.Errorf("%%C3%%A9 as Flask sees it: %s", got)
	}
	// Two gave Flask an empty body, one answered 411.
	for _, how := range []delivery{streamed, inMemory, inFile} {
		request := "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n4\r\n4567\r\n0\r\n\r\n"
		if got := askRaw(t, serve(t, how, app), "POST", request); got.body != "01234567" {
			t.Errorf("chunked, %s: %q", how, got.body)
		}
	}
	// Two waited for all of it.
	if got := askRaw(t, base, "POST", "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5000000000\r\n\r\n"); got.status != 413 {
		t.Errorf("5 GB: %d", got.status)
	}
	// Three accepted it.
	if got := askRaw(t, base, "GET", "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"); got.status != 400 {
		t.Errorf("no Host: %d", got.status)
	}
	// One did not send it.
	c := dial(t, base)
	fmt.Fprint(c, "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("100-continue: %q %v", line, err)
	}
	r.ReadString('\n')
	fmt.Fprint(c, "body")
	if got := readReply(t, r, "POST"); got.body != "body" {
		t.Errorf("after 100 Continue: %+v", got)
	}
}

// TestKilledWorkerIsBack: two peers never start another, so that one worker of two that
// died fails every second request for ever.
func TestKilledWorkerIsBack(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app", Workers: 2})
	for range 2 { // both, one after the other
		victim := app.Pool().Snapshot()[0].PID
		syscall.Kill(victim, syscall.SIGKILL)
		began := time.Now()
		testapp.Eventually(t, "two workers are ready", func() bool { return ready(app) == 2 && !hasPID(app, victim) })
		t.Logf("back after %v", time.Since(began))
		for range 10 {
			if got := ask(t, app.Server.URL, "GET", "/body_list", ""); got.body != "0123456789" {
				t.Errorf("%+v", got)
			}
		}
	}
}

func TestConnectionOutlivesAWorker(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app"})
	c := dial(t, app.Server.URL)
	r := bufio.NewReader(c)
	for range 3 {
		fmt.Fprint(c, "POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789")
		if got := readReply(t, r, "POST"); got.status != 200 || got.body != "0123456789" {
			t.Fatalf("%+v", got)
		}
		pid := app.Pool().Snapshot()[0].PID
		syscall.Kill(pid, syscall.SIGKILL)
		testapp.Eventually(t, "another worker is ready", func() bool { return ready(app) == 1 && !hasPID(app, pid) })
	}
}

// TestLocale: names and text are UTF-8 whatever the locale of the server's own start is.
func TestLocale(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"C", "POSIX", "C.UTF-8"} {
		env := []string{"LC_ALL=" + locale, "PATH=" + os.Getenv("PATH")}
		app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app", Env: env})
		if got := ask(t, app.Server.URL, "GET", "/encoding", ""); got.body != "utf-8" {
			t.Errorf("%s: %q", locale, got.body)
		}
	}
}

func TestHTTP2Environ(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app"})
	server := newHTTP2Server(t, app)
	req, _ := http.NewRequest("POST", server.URL+"/environ?q=1", io.MultiReader(strings.NewReader("body")))
	req.Header["Cookie"] = []string{"a=1", "b=2"}
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"SERVER_PROTOCOL": "HTTP/2.0", "wsgi.url_scheme": "https", "HTTP_COOKIE": "a=1; b=2",
		"PATH_INFO": "/environ", "QUERY_STRING": "q=1", "REQUEST_URI": "/environ?q=1"}
	for name := range maps.Keys(want) {
		if got[name] != want[name] {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
	}
}
