package wsgi_test

import (
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// startGunicorn serves testdata/apps/conformance.py with gunicorn, on a socket that it
// inherits, and returns its address.
func startGunicorn(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	log := &testapp.Log{}
	cmd := exec.Command(testapp.Python(t), "-m", "gunicorn", "--bind", "fd://3", "--worker-class", "gthread",
		"--threads", "4", "--no-control-socket", "--chdir", "testdata/apps", "conformance:app")
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("gunicorn:\n%s", log)
		}
		cmd.Process.Kill()
		cmd.Wait()
	})
	base := "http://" + listener.Addr().String()
	testapp.Eventually(t, "gunicorn answers", func() bool {
		res, err := http.Get(base + "/body_list")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == 200
	})
	return base
}

// explained reads testdata/gunicorn-differences.txt: a name, then why the two differ in it.
func explained(t *testing.T) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("testdata/gunicorn-differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		name, reason, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name == "#" {
			continue
		}
		if len(strings.TrimSpace(reason)) < 10 {
			t.Errorf("%s: no reason", name)
		}
		names[name] = false
	}
	return names
}

// TestEnvironLikeGunicorn: the same bytes give the same environ under gunicorn, but for a
// short list of explained differences, each of which shows.
func TestEnvironLikeGunicorn(t *testing.T) {
	t.Parallel()
	theirs := startGunicorn(t)
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "conformance:app"})
	ours := serve(t, inMemory, app)
	allowed := explained(t)
	for name, request := range map[string]string{
		"plain":           "GET /environ HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"query":           "GET /environ?a=1&b=%20+&%C3%A9 HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"empty query":     "GET /environ? HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"two questions":   "GET /environ?a?b HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"latin-1 path":    "GET /environ/%E9 HTTP/1.1\r\nHost: a\r\n\r\n",
		"UTF-8 path":      "GET /environ/%C3%A9%E2%82%AC HTTP/1.1\r\nHost: a\r\n\r\n",
		"encoded slash":   "GET /environ/a%2Fb%252F;p=1 HTTP/1.1\r\nHost: a\r\n\r\n",
		"two slashes":     "GET /environ//a/./b/../c HTTP/1.1\r\nHost: a\r\n\r\n",
		"absolute form":   "GET http://b.example:81/environ/x?y=z HTTP/1.1\r\nHost: b.example:81\r\n\r\n",
		"form":            "POST /environ HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
		"empty form":      "POST /environ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"no length":       "POST /environ HTTP/1.1\r\nHost: a\r\n\r\n",
		"put chunked":     "PUT /environ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
		"other method":    "PROPFIND /environ HTTP/1.1\r\nHost: a\r\nDepth: 1\r\n\r\n",
		"duplicates":      "GET /environ HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nX-A: 3\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n",
		"cookies":         "GET /environ HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2\r\n\r\n",
		"latin-1 value":   "GET /environ HTTP/1.1\r\nHost: a\r\nX-Name: Jos\xe9 \xc3\xa9\r\nX-Empty:\r\nX-Space: \t a b \t\r\n\r\n",
		"underscore":      "GET /environ HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nX-User: alice\r\nX_User: root\r\n\r\n",
		"forwarded":       "GET /environ HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n",
		"authorization":   "GET /environ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eDp5\r\nUser-Agent: x/1 (y)\r\nReferer: http://c.example/\r\n\r\n",
		"http proxy":      "GET /environ HTTP/1.1\r\nHost: a\r\nProxy: http://evil.example\r\nProxy-Authorization: Basic x\r\n\r\n",
		"hop by hop":      "GET /environ HTTP/1.1\r\nHost: a\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: ws\r\n\r\n",
		"old version":     "GET /environ HTTP/1.0\r\nHost: a\r\n\r\n",
		"digits and case": "GET /environ HTTP/1.1\r\nhOST: a\r\nX-2-Digit-3d: x\r\ncontent-TYPE: A/B; Q=1\r\nContent-Length: 1\r\n\r\nx",
	} {
		request = strings.Replace(request, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
		want, got := environOf(t, theirs, request), environOf(t, ours, request)
		for _, key := range slices.Sorted(maps.Keys(merged(want, got))) {
			if want[key] == got[key] {
				continue
			}
			if _, ok := allowed[key]; ok {
				allowed[key] = true
				continue
			}
			t.Errorf("%s: %s is %q, under gunicorn %q", name, key, got[key], want[key])
		}
	}
	for name, shown := range allowed {
		if !shown {
			t.Errorf("%s is listed as a difference and is none", name)
		}
	}
}

func merged(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
