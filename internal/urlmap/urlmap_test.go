package urlmap_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/internal/urlmap"
)

const head = `
from flask import Flask, Request, request
app = Flask(__name__)
@app.route("/a", methods=["POST"])
def a():
    return "a"
`

// TestAppsThatRouteOtherwise: where more than the map decides, the map is sure of nothing.
func TestAppsThatRouteOtherwise(t *testing.T) {
	t.Parallel()
	o := newOracle(t, testapp.Python(t))
	for name, tt := range map[string]struct{ source, why string }{
		"plain":          {head, ""},
		"a proxy fix":    {head + "from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app)\n", ""},
		"with a prefix":  {head + "from werkzeug.middleware.proxy_fix import ProxyFix\napp.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)\n", "wrapped in ProxyFix"},
		"a dispatcher":   {head + "from werkzeug.middleware.dispatcher import DispatcherMiddleware\napp.wsgi_app = DispatcherMiddleware(app.wsgi_app, {'/b': Flask('b')})\n", "wrapped in DispatcherMiddleware"},
		"a function":     {head + "inner = app.wsgi_app\napp.wsgi_app = lambda environ, start: inner(environ, start)\n", "wrapped in function"},
		"another app's":  {head + "app.wsgi_app = Flask('b').wsgi_app\n", "wrapped in method"},
		"a subclass":     {strings.Replace(head, "app = Flask(__name__)", "class Mine(Flask):\n    def dispatch_request(self):\n        return 'x'\napp = Mine(__name__)", 1), "dispatch_request of its own"},
		"a quiet one":    {strings.Replace(head, "app = Flask(__name__)", "class Mine(Flask):\n    pass\napp = Mine(__name__)", 1), ""},
		"patched":        {head + "app.create_url_adapter = lambda r: None\n", "create_url_adapter of its own"},
		"own requests":   {head + "class R(Request):\n    @property\n    def path(self):\n        return '/a'\napp.request_class = R\n", "path of their own"},
		"own rules":      {head + "import werkzeug.routing as w\nclass R(w.Rule):\n    pass\napp.url_rule_class = R\napp.add_url_rule('/b', view_func=a, endpoint='b')\n", "a kind of its own"},
		"too many rules": {head + "for n in range(200):\n    app.add_url_rule('/%d/%s' % (n, 'x' * 1400), endpoint=str(n), view_func=a)\n", "too many"},
		"not Flask":      {"def app(environ, start):\n    start('200 OK', [])\n    return [b'']\n", "the app has none"},
		"wrapped whole":  {head + "flask_app = app\nclass W:\n    def __call__(self, e, s):\n        return flask_app(e, s)\napp = W()\n", "the app has none"},
	} {
		t.Run(name, func(t *testing.T) {
			o.send(t, map[string]string{"source": tt.source})
			m, err := urlmap.New(o.read(t))
			if err != nil {
				t.Fatal(err)
			}
			if (m.Why() == "") != (tt.why == "") || !strings.Contains(m.Why(), tt.why) {
				t.Errorf("it says %q, want %q", m.Why(), tt.why)
			}
			want := urlmap.Unsure
			if tt.why == "" {
				want = urlmap.WrongMethod
			}
			if got := m.Match("GET", "/a"); got != want {
				t.Errorf("verdict %d, want %d", got, want)
			}
		})
	}
}

func TestMapsThatAreNone(t *testing.T) {
	t.Parallel()
	var none *urlmap.Map
	for name, m := range map[string]*urlmap.Map{"nil": none, "zero": new(urlmap.Map)} {
		if m.Match("GET", "/") != urlmap.Unsure || m.Why() == "" || m.Len() != 0 {
			t.Errorf("%s: %q", name, m.Why())
		}
	}
	for _, wrong := range []string{"{", "[]", `{"rules":[{"p":[]}]}`, `{"rules":[{"p":["a"]}]}`, `{"rules":[{"p":["/",["int"],3]}]}`, `{"rules":3}`} {
		if _, err := urlmap.New([]byte(wrong)); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
	m, err := urlmap.New([]byte(`{"merge":true,"rules":[{"p":["/"],"m":["GET"],"s":true}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]urlmap.Verdict{"/": urlmap.Found, "//": urlmap.Found, "/x": urlmap.NotFound, "": urlmap.Unsure, "*": urlmap.Unsure} {
		if got := m.Match("GET", path); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
	if m.Distrust(); m.Match("GET", "/x") != urlmap.Unsure || m.Why() == "" {
		t.Error("it is still believed")
	}
}

// TestLiteral: only a rule without converters names a path letter by letter.
func TestLiteral(t *testing.T) {
	t.Parallel()
	o := newOracle(t, testapp.Python(t))
	o.send(t, map[string]string{"source": head + `
app.add_url_rule("/index.php", view_func=a, endpoint="b")
app.add_url_rule("/old/page.php/", view_func=a, endpoint="c")
app.add_url_rule("/tags/<name>", view_func=a, endpoint="d")
app.add_url_rule("/<path:rest>", view_func=a, endpoint="e")
`})
	m, err := urlmap.New(o.read(t))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/a": true, "/index.php": true, "/old/page.php/": true, "/old/page.php": false, "/old": false, "/INDEX.PHP": false, "/a/": false, "//a": false,
		"/tags/.env": false, "/.env": false, "/": false, "": false, "a": false, "/index.php/x": false,
	} {
		if got := m.Literal(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	var none *urlmap.Map
	if none.Literal("/a") || new(urlmap.Map).Literal("/a") {
		t.Error("no map has a rule")
	}
}

// FuzzNew: whatever a worker says, the front stands.
func FuzzNew(f *testing.F) {
	f.Add([]byte(`{"merge":true,"rules":[{"p":["/","a",["int","\\d+",50,2,1,9],"/"],"m":["GET"],"s":true}]}`), "/a12/")
	f.Add([]byte(`{"rules":[{"p":["/",["path","[^/].*?",200,0,null,null],"/"]},{"p":["/",["","",0,0,null,null]],"d":true}]}`), "/a//b")
	f.Add([]byte(`{"rules":[{"p":["/",["any","(?:a\\.b|c)",100,0,null,null],"x"]},{"p":["/",["string","[^/]{2,}",100,0,null,null]]}]}`), "/a.bx")
	f.Fuzz(func(t *testing.T, about []byte, path string) {
		m, err := urlmap.New(about)
		if err == nil {
			m.Match("GET", path)
			m.Literal(path)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	m, err := urlmap.New([]byte(`{"merge":true,"rules":[
		{"p":["/"],"m":["GET","HEAD"],"s":true},{"p":["/","login"],"m":["GET","POST"],"s":true},
		{"p":["/","users","/",["int","\\d+",50,0,null,null],"/","posts"],"m":["GET","POST"],"s":true},
		{"p":["/","files","/",["path","[^/].*?",200,0,null,null]],"m":["GET"],"s":true}]}`))
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"static": "/login", "argument": "/users/12345/posts", "none": "/nothing/at/all"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Match("POST", path)
			}
		})
	}
}
