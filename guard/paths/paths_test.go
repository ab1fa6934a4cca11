package paths_test

import (
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/internal/hint"
)

// TestAttackProbes: an app that answers everything is asked for what scanners ask for.
func TestAttackProbes(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, secret) })
	guarded := newGuard(t, paths.Config{ProbeLimit: 10000}, paths.Site{}).Handler(app)
	table := rows(t, "probes.txt")
	for _, row := range table {
		r, err := wire(row[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(app, r); got.body != secret {
			t.Errorf("%s: %q without the guard", row[0], got.body)
		}
		if got := ask(guarded, r); got.status != 404 || got.code != "paths.private" && got.code != "paths.double-encoding" || strings.Contains(got.body, secret) {
			t.Errorf("%s: %d %q", row[0], got.status, got.code)
		}
	}
	if len(table) < 90 {
		t.Errorf("%d rows", len(table))
	}
}

// TestNotCanonical: what is no path, or more than one.
func TestNotCanonical(t *testing.T) {
	t.Parallel()
	g := newGuard(t, paths.Config{}, paths.Site{})
	strict := newGuard(t, paths.Config{Semicolons: "refuse"}, paths.Site{})
	check := func(target string, r *http.Request, g *paths.Guard, code string) {
		t.Helper()
		got := ""
		if err := g.Check(r); err != nil {
			got = fumehood.AsRefusal(err).Code
		}
		if got != code {
			t.Errorf("%q: %q, want %q", target, got, code)
		}
	}
	for target, code := range map[string]string{
		"/a%00b": "paths.control", "/a%01": "paths.control", "/a%0d%0aX:b": "paths.control", "/a%1f": "paths.control", "/a%7f": "paths.control",
		"/a%5cb": "paths.backslash", "/a%2fb": "paths.encoded-slash", "/a%2Fb": "paths.encoded-slash",
		"/a%252fb": "paths.double-encoding", "/a%255cb": "paths.double-encoding", "/a%2500": "paths.double-encoding", "/%252e": "paths.double-encoding",
		"/%2525252525252541": "paths.double-encoding", "/%25u002e%25u002e": "paths.double-encoding", "/%25c0%25ae": "paths.double-encoding",
		"/caf%e9": "paths.encoding", "/%ff": "paths.encoding", "/%ed%a0%80": "paths.encoding", "/%f4%90%80%80": "paths.encoding",
		"/%25EF%25BC%258E%25EF%25BC%258E/x": "paths.traversal", "/..": "paths.traversal", "/../": "paths.traversal", "/a/..": "paths.traversal",
		"/%E2%80%A5/": "paths.traversal", "/a/..%E2%80%8B/b": "paths.traversal", "/..;": "paths.traversal", "/..%EF%BC%9B/x": "paths.traversal",
		"/...;/x": "", "/.../": "", "/....": "", "/a;b": "", "/": "", "/%E2%80%A6/x": "",
	} {
		r, err := wire(target)
		if err != nil {
			t.Fatal(err)
		}
		check(target, r, g, code)
	}
	for target, code := range map[string]string{"/a;b": "paths.semicolon", "/a%3Bb": "paths.semicolon", "/a": "", "/a?b;c": ""} {
		r, err := wire(target)
		if err != nil {
			t.Fatal(err)
		}
		check(target, r, strict, code)
	}
	for _, c := range []struct {
		method, code string
		url          url.URL
	}{
		{"OPTIONS", "", url.URL{Path: "*"}},
		{"GET", "", url.URL{Host: "a.example", Scheme: "http"}},
		{"GET", "paths.malformed", url.URL{Path: "*"}},
		{"GET", "paths.malformed", url.URL{Path: "a/b"}},
		{"GET", "paths.malformed", url.URL{Scheme: "http", Opaque: "a"}},
	} {
		check(c.url.String(), &http.Request{Method: c.method, URL: &c.url}, g, c.code)
	}
	check("nil", &http.Request{Method: "GET"}, g, "paths.malformed")
}

// TestHTTP2: the same paths are refused there; net/http decodes them in one place.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto+" "+r.URL.Path) })
	server := httptest.NewUnstartedServer(newGuard(t, paths.Config{}, paths.Site{}).Handler(app))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	for target, want := range map[string]string{
		"/a//b": "HTTP/2.0 /a//b", "/a/%2e%2e/b": "", "/../b": "", "/a%2f..%2fb": "", "/%c0%ae": "", "/.env": "", "/a%5cb": "", "/%252e": "",
	} {
		req, err := http.NewRequest("GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = "//" + server.Listener.Addr().String() + target
		client := server.Client()
		client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.ProtoMajor != 2 || (res.StatusCode == 200) != (want != "") || want != "" && string(body) != want {
			t.Errorf("%s: %s %s %.80q", target, res.Proto, res.Status, body)
		}
	}
}

// answering returns an app that gives one answer: fields, an empty line, the body.
func answering(status int, fields, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for line := range strings.SplitSeq(fields, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				w.Header().Add(name, value)
			}
		}
		w.WriteHeader(status)
		for _, piece := range strings.SplitAfter(body, "\n") { // a stream, with a flush after each line
			io.WriteString(w, piece)
			w.(http.Flusher).Flush()
		}
	})
}

// TestAnswers: what counts as a file, for answers that are hard to make with Flask.
func TestAnswers(t *testing.T) {
	t.Parallel()
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "import os\n"+strings.Repeat("x = 1\n", 9000))
	z.Close()
	const stored = "Last-Modified: Sun, 22 Nov 2026 10:14:03 GMT\n"
	const python = "# hello\n\nimport os\n"
	g := newGuard(t, paths.Config{}, paths.Site{})
	for _, c := range []struct {
		name, target   string
		status         int
		fields, body   string
		method, expect string // expect is the code of the refusal
	}{
		{"flushed piece by piece", "/x.py", 200, "Content-Type: text/plain", python, "GET", "paths.file"},
		{"compressed", "/x.py", 200, "Content-Encoding: gzip\nContent-Type: text/x-python", packed.String(), "GET", "paths.file"},
		{"compressed otherwise", "/x.py", 200, stored + "Content-Encoding: br", "\x01\x02", "GET", "paths.file"},
		{"compressed otherwise, a page", "/x.py", 200, "Content-Encoding: br\nContent-Type: text/html", "\x01\x02", "GET", ""},
		{"a part", "/x.pem", 206, stored + "Content-Range: bytes 1-9/10", "PRIVATE K", "GET", "paths.file"},
		{"HEAD", "/x.py", 200, stored, "", "HEAD", ""},
		{"not modified", "/x.py", 304, stored, "", "GET", ""},
		{"an error", "/x.py", 500, "Content-Type: text/plain", python, "GET", ""},
		{"nothing", "/x.py", 200, stored, "", "GET", ""},
		{"a page", "/x.py", 200, "Content-Type: text/html", "\n <p>import os", "GET", ""},
		{"prose", "/x.py", 200, "Content-Type: text/plain", "You import it from there; then = now.\n", "GET", ""},
		{"events", "/x.log", 200, stored + "Content-Type: text/event-stream", "data: x\n\n", "GET", ""},
		{"a log that is followed", "/x.log", 200, "Content-Type: text/plain", "x\n", "GET", ""},
		{"a made archive", "/backup.zip", 200, "Content-Disposition: attachment; filename=backup.zip", "PK", "GET", ""},
		{"a made configuration", "/wg0", 200, "Content-Disposition: attachment; filename=wg0.conf", "[Interface]\nPrivateKey = abcd\n", "GET", ""},
		{"a made key", "/new", 200, "Content-Disposition: attachment; filename=my.key", "-----BEGIN PRIVATE KEY-----\n", "GET", ""},
		{"another name", "/get", 200, stored + `Content-Disposition: inline; filename="a b.py"`, python, "GET", "paths.file"},
		{"an encoded name", "/get", 200, stored + "Content-Disposition: inline; filename*=UTF-8''x%2Epy", python, "GET", "paths.file"},
		{"a capital name", "/get", 200, stored + "Content-Disposition: inline; filename=X.PY", python, "GET", "paths.file"},
		{"a name with a folder", "/get", 200, stored + `Content-Disposition: inline; filename="c:\x\y.py"`, python, "GET", "paths.file"},
		{"a broken field", "/get", 200, stored + `Content-Disposition: inline filename=x.py; x`, python, "GET", "paths.file"},
		{"two fields", "/get", 200, stored + "Content-Disposition: inline; filename=x.txt\nContent-Disposition: inline; filename=x.py", python, "GET", "paths.file"},
		{"a harmless name", "/get", 200, stored + "Content-Disposition: inline; filename=x.pdf", "%PDF", "GET", ""},
		{"POST", "/x.py", 200, stored, python, "POST", "paths.file"},
		{"a keystore", "/x.p12", 200, stored, "\x30\x82\x0a\x00\x02\x01\x03\x30\x82", "GET", "paths.file"},
		{"a presentation", "/x.key", 200, stored, "PK\x03\x04", "GET", ""},
		{"a database of pictures", "/x.db", 200, stored, "just text", "GET", ""},
		{"a password in an address", "/x.yaml", 200, stored, "url: postgres://u:pw@db/x\n", "GET", "paths.file"},
		{"a reference to a secret", "/x.yaml", 200, stored, "password: ${PASSWORD}\ntoken:\n", "GET", ""},
	} {
		bare, got := ask(answering(c.status, c.fields, c.body), httptest.NewRequest(c.method, c.target, nil)), reply{}
		got = ask(g.Handler(answering(c.status, c.fields, c.body)), httptest.NewRequest(c.method, c.target, nil))
		switch {
		case got.code != c.expect:
			t.Errorf("%s: %d %q, want %q", c.name, got.status, got.code, c.expect)
		case c.expect == "" && (got.status != bare.status || got.body != bare.body):
			t.Errorf("%s: the answer has changed: %d %q", c.name, got.status, got.body)
		case c.expect != "" && (got.status != 404 || strings.Contains(got.body, "import") || got.header.Get("Content-Disposition") != "" || got.header.Get("Content-Encoding") != ""):
			t.Errorf("%s: %d %v %q", c.name, got.status, got.header, got.body)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	_, err := paths.New(paths.Config{
		Mode: "on", EncodedSlash: "yes", Semicolons: "no", ProbeLimit: -1,
		Allow: []string{"*.py", "/**", "/*/*", "/.*", "/.env*", "/a%20b", "/files/*.py"},
	}, paths.Site{})
	if err == nil {
		t.Fatal("no mistake was found")
	}
	for _, want := range []string{
		`paths.mode: "on"`, `encoded_slash: "yes"`, `semicolons: "no"`, "probe_limit: -1", `"*.py" does not begin with a slash`,
		`"/**" lets /.env pass`, `"/*/*" lets /.git/config pass`, `"/.*" lets /.env pass`, `"/.env*" lets`, `"/a%20b" is not how`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 10 {
		t.Errorf("%d mistakes:\n%v", n, err)
	}
	if hint.Of(err) == "" {
		t.Error("no hint")
	}
}

// TestNotReady: a guard that New has not made refuses.
func TestNotReady(t *testing.T) {
	t.Parallel()
	for _, g := range []*paths.Guard{nil, {}} {
		if got := ask(g.Handler(http.NotFoundHandler()), httptest.NewRequest("GET", "/", nil)); got.code != "paths.not-ready" {
			t.Errorf("%d %q", got.status, got.code)
		}
		if g.Check(httptest.NewRequest("GET", "/", nil)) == nil {
			t.Error("Check lets it pass")
		}
	}
}

// TestCost: an ordinary request costs no memory.
func TestCost(t *testing.T) {
	g := newGuard(t, paths.Config{}, paths.Site{})
	for _, target := range []string{"/", "/static/css/site.min.css", "/wiki/%E6%97%A5%E6%9C%AC", "/tag/.net", "/a/b;c/d~"} {
		r := httptest.NewRequest("GET", target, nil)
		if n := testing.AllocsPerRun(100, func() { g.Check(r) }); n != 0 {
			t.Errorf("%s: %v allocations", target, n)
		}
	}
}

// FuzzAnswer: whatever the answer is, it passes as it is or is refused as a whole.
func FuzzAnswer(f *testing.F) {
	f.Add("/x.py", "inline; filename=x.py", "text/plain", "", "import os\n")
	f.Add("/x.toml", "", "text/html", "gzip", "\x1f\x8b\x08\x00")
	f.Add("/get?f=../x.db", `attachment; filename="x.db"; filename*=UTF-8''%`, "", "", "SQLite format 3\x00")
	g := newGuard(f, paths.Config{}, paths.Site{})
	f.Fuzz(func(t *testing.T, target, disposition, contentType, encoding, body string) {
		r, err := wire(target)
		if err != nil {
			return
		}
		app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Disposition"] = []string{disposition}
			w.Header()["Content-Type"] = []string{contentType}
			w.Header()["Content-Encoding"] = []string{encoding}
			io.WriteString(w, body)
		})
		got := ask(g.Handler(app), r)
		if got.code == "" && (got.status != 200 || got.body != body) || got.code != "" && (got.status < 400 || !strings.Contains(got.body, `"code"`)) {
			t.Errorf("%d %q %q", got.status, got.code, got.body)
		}
	})
}
