package wsgi_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/record"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/python"
	"github.com/fumehood/fumehood/wsgi"
)

// holes serves testdata/hooks/holes.py, bare or with the guards of the sinks; internal is a
// service that the app may call and its visitors may not.
func holes(t *testing.T, python, internal string, cfg *sinks.Config) (string, *testapp.App) {
	t.Helper()
	var guards wsgi.Sinks
	if cfg != nil {
		settings, err := sinks.Settings(*cfg)
		if err != nil {
			t.Fatal(err)
		}
		guards.Settings = settings
	}
	env := append(os.Environ(), "TMPDIR="+t.TempDir(), "INTERNAL="+internal)
	app := testapp.Start(t, "testdata/hooks", wsgi.Config{Target: "holes:app", Threads: 4, Python: python, Env: env, Sinks: guards})
	rec, err1 := record.New(record.Config{Logger: app.Log.Logger()})
	whole, err2 := body.New(body.Config{Memory: fumehood.MB, TempDir: t.TempDir()}, func(*http.Request) bool { return false })
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rec.Handler(whole.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set, x := inputs.Read(r, inputs.Limits{}), fumehood.ExchangeOf(r.Context())
		x.Risky, _ = inputs.Pick(set.All)
		app.ServeHTTP(w, r)
	}))))
	t.Cleanup(server.Close)
	return server.URL, app
}

// visit is a request to holes.py.
type visit struct {
	path   string // with %s for the escaped value v
	v      string
	cookie string
	body   string
	kind   string // of the body
}

func (v visit) ask(t *testing.T, base string) reply {
	t.Helper()
	target, method, fields := v.path, "GET", []string{}
	if v.v != "" {
		target += "?v=" + url.QueryEscape(v.v)
	}
	if v.cookie != "" {
		fields = append(fields, "Cookie: "+v.cookie)
	}
	if v.body != "" {
		method, fields = "POST", append(fields, "Content-Type: "+v.kind)
	}
	return ask(t, base, method, target, v.body, fields...)
}

const anyBytes = "application/octet-stream"

// evilPickle, in Python: class E: __reduce__ = lambda self: (eval, ("6*7000",)).
const evilPickle = "\x80\x02c__builtin__\neval\nq\x00X\x06\x00\x00\x006*7000q\x01\x85q\x02Rq\x03."

// cartPickle is a Cart of the app with the item "tea", and no code.
const cartPickle = "\x80\x02choles\nCart\nq\x00)\x81q\x01}q\x02X\x04\x00\x00\x00itemq\x03X\x03\x00\x00\x00teaq\x04sb."

func upload(name string) visit {
	return visit{path: "/save", kind: "multipart/form-data; boundary=b",
		body: "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + name + "\"\r\n\r\nx\r\n--b--\r\n"}
}

// holeTable has each attack with what the bare app answers to it, and an honest visit to the
// same view with what it answers.
func holeTable(internal, outside string) map[string][]struct {
	attack visit
	worked string
	honest visit
	answer string
} {
	hostPort := strings.TrimSuffix(strings.TrimPrefix(internal, "http://"), "/")
	_, port, _ := strings.Cut(hostPort, ":")
	at := func(path, v string) visit { return visit{path: path, v: v} }
	cookie := func(data string) visit { return visit{path: "/cart", cookie: "cart=" + b64(data)} }
	ping, owned := at("/ping", "mail.example.com"), "x; echo ow''ned"
	return map[string][]struct {
		attack visit
		worked string
		honest visit
		answer string
	}{
		"template": {
			{at("/hello", "{{ 6*7000 }}"), "Hello 42000", at("/hello", "O'Brien & {sons}"), "Hello O'Brien"},
			{at("/hello", "{% if 1 %}o{% endif %}wned"), "Hello owned", at("/hello/variable", "{{ 6*7000 }}"), "{{ 6*7000 }}"},
			{at("/hello/escaped", "{{ 6*7000 }}<'"), "Hello 42000", at("/page", "{{ 6*7000 }}"), "A file: {{ 6*7000 }}"},
			{at("/hello/told", "{{ 6*7000 }}"), "Hello 42000", at("/hello/told", "Ann"), "Hello Ann"},
			{at("/hello/mako", "${6*7000}"), "Hello 42000", at("/hello/mako", "Ann & {sons}"), "Hello Ann & {sons}"},
			{at("/hello/inside", "6*7000|int"), "Hello 42000", at("/hello/variable", "{% raw"), "Hello {% raw"},
		},
		"command": {
			{at("/ping", owned), "owned", ping, "pinging mail.example.com"},
			{at("/ping", "$(echo ow''ned)"), "owned", at("/ping/quoted", owned), "pinging x; echo ow''ned"},
			{at("/ping/in-quotes", "x'; echo ow''ned; '"), "owned", at("/ping/in-quotes", "Tom & Jerry; Co"), "Tom & Jerry; Co"},
			{at("/ping/spawn", owned), "owned", at("/ping/list", owned), "pinging x; echo ow''ned"},
			{at("/swallow", owned), "owned", at("/swallow", "a.example.com"), "pinging a.example.com"},
			{at("/sort", "--version"), "coreutils", at("/sort", "docs/a.txt"), "an honest page"},
			{at("/sort", "--version"), "coreutils", at("/sort/safe", "--version"), "sorted"},
			{at("/tool", "uniq"), "Usage: uniq", at("/tool/known", "sort"), "Usage: sort"},
			{at("/tool/remembered", "uniq"), "Usage: uniq", at("/tool/listed", "sort"), "Usage: sort"},
			{at("/ping/remembered", owned), "owned", at("/ping/remembered", "a.example.com"), "pinging a.example.com"},
			{at("/tool", "/bin/uniq"), "Usage: /bin/uniq", at("/sort/fixed", "sort"), "Usage: sort"},
			{at("/calc", "6*7000"), "42000", at("/calc", "42"), "42"},
			{at("/thread", owned), "owned", at("/thread", "a.example.com"), "pinging a.example.com"},
			{at("/executor", owned), "owned", at("/executor", "a.example.com"), "pinging a.example.com"},
			{at("/crew", owned), "owned", at("/crew", "a.example.com"), "pinging a.example.com"},
			{at("/split", "uniq --version"), "coreutils", at("/split", "sort docs/a.txt"), "an honest page"},
			{at("/stream", owned), "owned", at("/stream", "a.example.com"), "pinging a.example.com"},
			{at("/group", owned), "owned", at("/group", "a.example.com"), "pinging a.example.com"},
			{at("/async", owned), "owned", at("/async", "a.example.com"), "pinging a.example.com"},
			{at("/loop", owned), "owned", at("/loop", "a.example.com"), "pinging a.example.com"},
		},
		"file": {
			{at("/download", "../secret.txt"), "not for everybody", at("/download", "docs/a.txt"), "an honest page"},
			{at("/download", "docs/../../secret.txt"), "not for everybody", at("/download", "docs/../docs/a.txt"), "an honest page"},
			{at("/download", outside), "a secret elsewhere", at("/files/docs/a.txt", ""), "an honest page"},
			{at("/download/path", "../secret.txt"), "not for everybody", at("/download/path", "docs/a.txt"), "an honest page"},
			{at("/download/resolved", "../secret.txt"), "not for everybody", at("/download/resolved", "docs/a.txt"), "an honest page"},
			{at("/download/filtered", "....//secret.txt"), "not for everybody", at("/download/filtered", "docs/a.txt"), "an honest page"},
			{at("/download/sent", "../secret.txt"), "not for everybody", at("/download/sent", "docs/a.txt"), "an honest page"},
			{at("/list", ".."), "holes.py", at("/list", "docs"), "a.txt"},
			{at("/glob", "../*.txt"), "secret.txt", at("/glob", "docs/*.txt"), "a.txt"},
			{at("/copy", "../app.py"), "copied", at("/copy", "b.txt"), "copied"},
			{upload("../app.py"), "saved", upload("holiday photo.jpg"), "saved"},
		},
		"pickle": {
			{cookie(evilPickle), "a cart with 42000", cookie("\x80\x02}q\x00X\x04\x00\x00\x00itemq\x01X\x03\x00\x00\x00teaq\x02s."), "a cart with tea"},
			{cookie(cartPickle), "a cart with tea", visit{path: "/cart/kept"}, "a cart with tea"},
			{at("/cart/yaml", "!!python/object/apply:eval ['6*7000']"), "42000", at("/cart/yaml", "[tea, 'a: b']"), "tea"},
			{at("/cart/yaml", "!<tag:yaml.org,2002:python/object/new:holes.Cart> [tea]"), "Cart object", at("/cart/yaml/safe", "item: tea"), "a cart with tea"},
			{visit{path: "/cart/body", body: evilPickle, kind: anyBytes}, "42000", visit{path: "/cart/body", body: "\x80\x02K\x2a.", kind: anyBytes}, "a cart with 42"},
		},
		"request": {
			{at("/preview", internal), "inside", at("/own", "http://other.example/"), "inside"},
			{at("/preview", "http://localhost:"+port+"/"), "inside", visit{path: "/own"}, "inside"},
			{at("/preview", "http://127.1:"+port+"/"), "inside", at("/resolve", "localhost"), "it is at 127.0.0.1"},
			{at("/preview", "http://2130706433:"+port), "inside", at("/own", "what is at localhost, or 127.0.0.1?"), "inside"},
			{at("/preview/requests", "http://0x7f.1:"+port+"/"), "inside", at("/own", "http://localhost:3000/"), "inside"},
			{at("/preview/requests", "http://a@127.0.0.1:"+port+"/#@a.example"), "inside", at("/own", "http://localhost/"), "inside"},
			{at("/preview/host", hostPort), "inside", at("/own", "an%20honest/one"), "inside"},
			{at("/preview/raw", hostPort), "inside", visit{path: "/own"}, "inside"},
			{at("/preview/async", "localhost:"+port), "inside", visit{path: "/own"}, "inside"},
			{at("/preview", "file://"+outside), "a secret elsewhere", visit{path: "/own"}, "inside"},
		},
	}
}

// TestHoles: what works on the bare app is refused, the honest visitor notices nothing.
func TestHoles(t *testing.T) {
	t.Parallel()
	internal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inside") }))
	t.Cleanup(internal.Close)
	outside := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(outside, []byte("a secret elsewhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := internal.URL + "/"
	bare, _ := holes(t, "", own, nil)
	guarded, app := holes(t, "", own, &sinks.Config{})
	for sink, rows := range holeTable(own, outside) {
		for _, row := range rows {
			name := sink + " " + row.attack.path + " " + row.attack.v
			if got := row.attack.ask(t, bare); got.status != 200 || !strings.Contains(got.body, row.worked) {
				t.Errorf("%s: does not work on the bare app: %d %.300q", name, got.status, got.body)
			}
			if got := row.attack.ask(t, guarded); got.status != 403 || !strings.Contains(got.body, `"sinks.`+sink+`"`) {
				t.Errorf("%s: %d %.300q", name, got.status, got.body)
			}
			for which, base := range map[string]string{"bare": bare, "guarded": guarded} {
				got := row.honest.ask(t, base)
				body := strings.NewReplacer("&#39;", "'", "&amp;", "&").Replace(got.body)
				if got.status != 200 || !strings.Contains(body, row.answer) {
					t.Errorf("%s: the honest %s %s, %s: %d %.300q", sink, row.honest.path, row.honest.v, which, got.status, body)
				}
			}
		}
	}
	for _, text := range []string{"holes.py:", "in ping", `field="query v"`, `cause="it becomes an option of the program"`} {
		logged(t, app, text)
	}
	if text := app.Log.String(); strings.Contains(text, "app raised") || strings.Contains(text, "guard itself failed") {
		t.Error("a refusal is logged as a failure")
	}
}

// TestHolesElsewhere: where the answer cannot be a refusal, because other threads or processes
// do the work, that work is not done, the log says so, and they go on with what is honest.
func TestHolesElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the quick check: it takes a minute")
	}
	t.Parallel()
	bare, _ := holes(t, "", "", nil)
	guarded, app := holes(t, "", "", &sinks.Config{})
	for _, path := range []string{"/later", "/fork"} {
		attack, honest := visit{path: path, v: "x; echo ow''ned"}, visit{path: path, v: "a.example.com"}
		for range 2 {
			if got := honest.ask(t, guarded); got.status != 200 || !strings.Contains(got.body, "pinging a.example.com") {
				t.Errorf("%s, honest: %d %.300q", path, got.status, got.body)
			}
			if got := attack.ask(t, bare); !strings.Contains(got.body, "owned") {
				t.Errorf("%s does not work on the bare app: %d %.300q", path, got.status, got.body)
			}
			if got := attack.ask(t, guarded); strings.Contains(got.body, "owned") {
				t.Errorf("%s: %d %.300q", path, got.status, got.body)
			}
		}
	}
	logged(t, app, "attack stopped outside of an answer")
	logged(t, app, "fumehood: in a process that the app has forked:")
}

func b64(data string) string { return base64.StdEncoding.EncodeToString([]byte(data)) }

// TestHolesAllowed: what the owner allows passes, and report only reports.
func TestHolesAllowed(t *testing.T) {
	t.Parallel()
	internal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "inside") }))
	t.Cleanup(internal.Close)
	folder := t.TempDir()
	outside := filepath.Join(folder, "elsewhere")
	if err := os.WriteFile(outside, []byte("a secret elsewhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, app := holes(t, "", internal.URL, &sinks.Config{FilesAllow: []string{folder}, PickleAllow: []string{"holes.Cart"},
		RequestsAllow: []string{"127.0.0.0/8"}, Template: fumehood.Report})
	for _, row := range []struct {
		visit  visit
		answer string
	}{
		{visit{path: "/download", v: outside}, "a secret elsewhere"},
		{visit{path: "/cart", cookie: "cart=" + b64(cartPickle)}, "a cart with tea"},
		{visit{path: "/preview", v: internal.URL}, "inside"},
		{visit{path: "/hello", v: "{{ 6*7000 }}"}, "Hello 42000"},
	} {
		if got := row.visit.ask(t, url); got.status != 200 || !strings.Contains(got.body, row.answer) {
			t.Errorf("%s %s: %d %.300q", row.visit.path, row.visit.v, got.status, got.body)
		}
	}
	logged(t, app, "attack seen, not stopped")
	for _, v := range []visit{{path: "/cart", cookie: "cart=" + b64(evilPickle)}, {path: "/download", v: "../secret.txt"}} {
		if got := v.ask(t, url); got.status != 403 {
			t.Errorf("%s: %d %.300q", v.path, got.status, got.body)
		}
	}
}

// TestJudges runs the cases of testdata/hooks/judge_*.py, which need no server, with every Python.
func TestJudges(t *testing.T) {
	t.Parallel()
	python.Each(t, func(t *testing.T, python string) { askJudges(t, python, "judges.py", 150) })
}
