package wsgi_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// folder makes a folder with the given files.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// function is a WSGI app that answers with the text.
func function(name, text string) string {
	return fmt.Sprintf("def %s(environ, start_response):\n    start_response('200 OK', [])\n    return [b%q]\n", name, text)
}

// flask is a Flask app that answers with the text.
func flask(name, text string) string {
	return fmt.Sprintf("from flask import Flask\n%s = Flask(__name__)\n%s.get('/')(lambda: %q)\n", name, name, text)
}

func TestTargets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		target    string
		files     map[string]string
		want      string // the answer of /
		kind      string // About.Kind
		framework string
	}{
		{"module:function", "shop:wsgi", map[string]string{"shop.py": function("wsgi", "a function")}, "a function", "function", ""},
		{"module:attribute", "shop:app", map[string]string{"shop.py": function("application", "not this") + function("app", "this")}, "this", "function", ""},
		{"module:Flask", "shop:app", map[string]string{"shop.py": flask("app", "Flask")}, "Flask", "Flask", "Flask"},
		{"module:dotted.attribute", "shop:holder.inner.app", map[string]string{"shop.py": function("wsgi", "dotted") + "class holder:\n    class inner:\n        app = staticmethod(wsgi)\n"}, "dotted", "function", ""},
		{"module:object with __call__", "shop:app", map[string]string{"shop.py": "class App:\n    def __call__(self, environ, start_response):\n        start_response('200 OK', [])\n        return [b'an object']\napp = App()\n"}, "an object", "App", ""},
		{"module:bound method", "shop:app.wsgi", map[string]string{"shop.py": "class App:\n    def wsgi(self, environ, start_response):\n        start_response('200 OK', [])\n        return [b'a method']\napp = App()\n"}, "a method", "method", ""},
		{"module:class as the app", "shop:App", map[string]string{"shop.py": "class App:\n    def __init__(self, environ, start_response):\n        start_response('200 OK', [])\n    def __iter__(self):\n        yield b'a class'\n"}, "a class", "type", ""},
		{"module:partial", "shop:app", map[string]string{"shop.py": "import functools\ndef f(text, environ, start_response):\n    start_response('200 OK', [])\n    return [text]\napp = functools.partial(f, b'partial')\n"}, "partial", "partial", ""},
		{"module:decorated", "shop:app", map[string]string{"shop.py": "import functools\n" + function("plain", "decorated") + "@functools.wraps(plain)\ndef app(*args):\n    return plain(*args)\n"}, "decorated", "function", ""},
		{"module:optional third argument", "shop:app", map[string]string{"shop.py": "def app(environ, start_response, text=b'third'):\n    start_response('200 OK', [])\n    return [text]\n"}, "third", "function", ""},
		{"middleware around Flask", "shop:app", map[string]string{"shop.py": flask("inner", "through") + "from werkzeug.middleware.proxy_fix import ProxyFix\napp = ProxyFix(inner)\n"}, "through", "ProxyFix", ""},
		{"module:factory()", "shop:create_app()", map[string]string{"shop.py": "def create_app():\n    " + strings.ReplaceAll(flask("app", "made"), "\n", "\n    ") + "return app\n"}, "made", "Flask", "Flask"},
		{"module:factory with values", `shop:create_app("x", debug=False, n=-1, l=[1, None])`, map[string]string{"shop.py": "def create_app(name, debug, n, l):\n    text = repr((name, debug, n, l)).encode()\n    def app(environ, start_response):\n        start_response('200 OK', [])\n        return [text]\n    return app\n"}, "('x', False, -1, [1, None])", "function", ""},
		{"module:dotted.factory()", "shop:make.app()", map[string]string{"shop.py": function("wsgi", "dotted factory") + "class make:\n    @staticmethod\n    def app():\n        return wsgi\n"}, "dotted factory", "function", ""},
		{"package.module", "site_code.web.main:app", map[string]string{"site_code/__init__.py": "", "site_code/web/__init__.py": "", "site_code/web/main.py": flask("app", "deep")}, "deep", "Flask", "Flask"},
		{"package without __init__", "code_of.main:app", map[string]string{"code_of/main.py": function("app", "namespace")}, "namespace", "function", ""},
		{"bare package", "shop", map[string]string{"shop/__init__.py": "from .views import app\n", "shop/views.py": flask("app", "package")}, "package", "Flask", "Flask"},
		{"bare module with app", "shop", map[string]string{"shop.py": flask("app", "app") + flask("other", "other")}, "app", "Flask", "Flask"},
		{"bare module with application", "shop", map[string]string{"shop.py": function("application", "application") + flask("other", "other")}, "application", "function", ""},
		{"bare module with one Flask", "shop", map[string]string{"shop.py": flask("website", "the one")}, "the one", "Flask", "Flask"},
		{"bare module with one Flask twice named", "shop", map[string]string{"shop.py": flask("website", "the one") + "server = website\n"}, "the one", "Flask", "Flask"},
		{"modules called like the shim's own imports", "shop:app", map[string]string{"shop.py": function("app", "mine"), "struct.py": "1 / 0\n", "socket.py": "1 / 0\n", "traceback.py": "1 / 0\n", "faulthandler.py": "1 / 0\n"}, "mine", "function", ""},
		{"app.run() at import", "shop:app", map[string]string{"shop.py": flask("app", "not run") + "app.run(port=1)\n"}, "not run", "Flask", "Flask"},
		{"app.run() under __main__", "shop:app", map[string]string{"shop.py": flask("app", "main") + "if __name__ == '__main__':\n    app.run()\n"}, "main", "Flask", "Flask"},
		{"a subclass of Flask", "shop:app", map[string]string{"shop.py": "import flask\nclass Site(flask.Flask):\n    pass\napp = Site(__name__)\napp.get('/')(lambda: 'subclass')\n"}, "subclass", "Site", "Flask"},
		{"Django", "site_django.wsgi", map[string]string{"site_django/__init__.py": "", "site_django/settings.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'site_django.urls'\nALLOWED_HOSTS = ['*']\n", "site_django/urls.py": "from django.http import HttpResponse\nfrom django.urls import path\nurlpatterns = [path('', lambda request: HttpResponse('Django ' + request.method))]\n", "site_django/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_django.settings')\napplication = get_wsgi_application()\n"}, "Django GET", "WSGIHandler", "Django"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			app := testapp.Start(t, folder(t, c.files), wsgi.Config{Target: c.target})
			if got := ask(t, app.Server.URL, "GET", "/", ""); got.status != 200 || got.body != c.want {
				t.Errorf("%d %.300q, want %q", got.status, got.body, c.want)
			}
			about := app.Pool().About()
			if about.Kind != c.kind || about.Framework != c.framework || (c.framework != "") != (about.Version != "") {
				t.Errorf("%+v, want kind %q, framework %q", about, c.kind, c.framework)
			}
		})
	}
}

// start returns why the app does not start.
func start(t *testing.T, dir string, cfg wsgi.Config) (*testapp.Log, error) {
	t.Helper()
	log := &testapp.Log{}
	cfg.Dir, cfg.Logger = dir, log.Logger()
	if cfg.Python == "" {
		cfg.Python = testapp.Python(t)
	}
	if cfg.Workers == 0 {
		cfg.Workers = 2
	}
	cfg.Threads, cfg.Queue = 2, 2
	app, err := wsgi.New(cfg)
	if err != nil {
		return log, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = app.Start(ctx)
	if n := len(app.Pool().Snapshot()); err != nil && n != 0 {
		t.Errorf("%d workers are left after a failed start", n)
	}
	app.Close(ctx)
	return log, err
}

const lookAtTrace = "the traceback above is the app's own; the last line that names your file is where to look"

// TestMistakes: what a person reads after each of the usual mistakes. {dir} stands for the
// folder.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name   string
		target string
		files  map[string]string
		err    string
		hint   string
		trace  []string // parts of the traceback, in order; none: there is no traceback
	}{
		{"no such attribute", "app:ap", map[string]string{"app.py": flask("app", "")},
			`app.py has no "ap"`, `it has "app" (Flask): fumehood run app:app`, nil},
		{"no such attribute, a factory beside", "app:app", map[string]string{"app.py": "def create_app():\n    pass\n"},
			`app.py has no "app"`, `it has "create_app()" (factory): fumehood run 'app:create_app()'`, nil},
		{"no such attribute, nothing near", "app:ap", map[string]string{"app.py": "x = 1\n"},
			`app.py has no "ap"`, `name the app as it is called there: fumehood run app:NAME`, nil},
		{"no such attribute of an attribute", "app:app.wsgi", map[string]string{"app.py": function("app", "")},
			`app.py has no "app.wsgi"`, `it has "app" (callable): fumehood run app:app`, nil},
		{"no such attribute in a package", "shop.web:ap", map[string]string{"shop/__init__.py": "", "shop/web.py": flask("app", "")},
			`shop/web.py has no "ap"`, `it has "app" (Flask): fumehood run shop.web:app`, nil},
		{"no such module", "ap:app", map[string]string{"app.py": flask("app", ""), "test_app.py": "", "_x.py": ""},
			`there is no module ap in {dir}`, `this folder has app: fumehood run app`, nil},
		{"no such module, empty folder", "app:app", nil,
			`there is no module app in {dir}`, `say where the app is: fumehood run --chdir FOLDER app:app`, nil},
		{"no such module in a package", "shop.ap:app", map[string]string{"shop/__init__.py": "", "shop/app.py": ""},
			`there is no module shop.ap in {dir}`, `this folder has shop: fumehood run shop`, nil},
		{"a file name for a module", "app.py", map[string]string{"app.py": flask("app", "")},
			`app.py is a file; its module is app`, `fumehood run app`, nil},
		{"a file name and a callable", "shop/web.py:app", map[string]string{"shop/__init__.py": "", "shop/web.py": flask("app", "")},
			`shop/web.py is a file; its module is shop.web`, `fumehood run shop.web:app`, nil},
		{"no module at all", ":app", map[string]string{"app.py": flask("app", "")},
			`':app' names no module`, `fumehood run module:callable`, nil},
		{"bare module without an app", "app", map[string]string{"app.py": "x = 1\n"},
			`app.py has no app, application or Flask instance`, `name the app as it is called there: fumehood run app:NAME`, nil},
		{"bare module with two apps", "app", map[string]string{"app.py": flask("shop", "") + flask("admin", "")},
			`app.py has more than one Flask app`, `it has "shop" (Flask), "admin" (Flask): fumehood run app:shop`, nil},
		{"not callable", "app:app", map[string]string{"app.py": "app = 'Flask'\n"},
			`app:app is a str, which cannot be called`, `name the app as it is called there: fumehood run app:NAME`, nil},
		{"None", "app:app", map[string]string{"app.py": "app = None\n"},
			`app:app is a NoneType, which cannot be called`, `name the app as it is called there: fumehood run app:NAME`, nil},
		{"factory without parentheses", "app:create_app", map[string]string{"app.py": "def create_app():\n    pass\n"},
			`app:create_app takes no arguments, a WSGI app takes two`, `if it makes the app, call it: fumehood run 'app:create_app()'`, nil},
		{"factory with defaults without parentheses", "app:create_app", map[string]string{"app.py": "def create_app(config=None, debug=False):\n    pass\n"},
			`app:create_app needs no arguments, a WSGI app takes two`, `if it makes the app, call it: fumehood run 'app:create_app()'`, nil},
		{"factory with one argument without parentheses", "app:create_app", map[string]string{"app.py": "def create_app(config):\n    pass\n"},
			`app:create_app takes one argument, a WSGI app takes two`, `if it makes the app, call it: fumehood run 'app:create_app("...")'`, nil},
		{"factory that returns nothing", "app:create_app()", map[string]string{"app.py": "def create_app():\n    app = 1\n"},
			`app:create_app() is a NoneType, which cannot be called`, `it makes the app: end it with "return app"`, nil},
		{"factory with a name for a value", "app:create_app(config)", map[string]string{"app.py": "config = 1\ndef create_app(config):\n    pass\n"},
			`'create_app(config)' is not a call with plain values`, `arguments are strings, numbers, True, False or None: fumehood run 'app:create_app("production")'`, nil},
		{"attack: a call inside the call", "app:create_app(__import__('os').system('false'))", map[string]string{"app.py": "def create_app(config):\n    raise SystemError('called')\n"},
			`"create_app(__import__('os').system('false'))" is not a call with plain values`, `arguments are strings, numbers, True, False or None: fumehood run 'app:create_app("production")'`, nil},
		{"half a call", "app:create_app(", map[string]string{"app.py": "def create_app(config):\n    pass\n"},
			`'create_app(' is not a call with plain values`, `arguments are strings, numbers, True, False or None: fumehood run 'app:create_app("production")'`, nil},
		{"the app itself with parentheses", "app:app()", map[string]string{"app.py": flask("app", "")},
			`app:app is the app itself`, `leave out the parentheses: fumehood run app:app`, nil},
		{"factory without its argument", "app:create_app()", map[string]string{"app.py": "def create_app(config):\n    pass\n"},
			`app:create_app() failed: TypeError: create_app() missing 1 required positional argument: 'config'`, lookAtTrace, []string{"TypeError: create_app() missing"}},
		{"factory that raises", "app:create_app()", map[string]string{"app.py": "def create_app():\n    helper()\ndef helper():\n    raise KeyError('DATABASE')\n"},
			`app:create_app() failed: KeyError: 'DATABASE'`, lookAtTrace, []string{`app.py", line 2, in create_app`, `app.py", line 4, in helper`, "KeyError: 'DATABASE'"}},
		{"an exception at import", "app:app", map[string]string{"app.py": "import settings\n", "settings.py": "import os\nKEY = os.environ['NO_SUCH_KEY']\n"},
			`cannot import app: KeyError: 'NO_SUCH_KEY'`, lookAtTrace, []string{"Traceback (most recent call last)", `app.py", line 1, in <module>`, `settings.py", line 2, in <module>`, "KeyError: 'NO_SUCH_KEY'"}},
		{"a chain of exceptions at import", "app:app", map[string]string{"app.py": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('bad') from e\n"},
			`cannot import app: ValueError: bad`, lookAtTrace, []string{"ZeroDivisionError", "direct cause", "ValueError: bad"}},
		{"a syntax error", "app:app", map[string]string{"app.py": "def app(environ, start_response)\n    pass\n"},
			`cannot import app: SyntaxError: expected ':' (app.py, line 1)`, lookAtTrace, []string{`app.py", line 1`, "def app(environ, start_response)", "SyntaxError: expected ':'"}},
		{"a missing dependency", "app:app", map[string]string{"app.py": "import no_such_dependency.part\n"},
			`cannot import app: no module named no_such_dependency`, `install it for this interpreter: {python} -m pip install no_such_dependency`, []string{`app.py", line 1`, "ModuleNotFoundError"}},
		{"a missing module of its own", "shop.web:app", map[string]string{"shop/__init__.py": "", "shop/web.py": "from shop import modles\nimport shop.models\n"},
			`cannot import shop.web: ImportError: cannot import name 'modles' from 'shop' ({dir}/shop/__init__.py)`, lookAtTrace, []string{`shop/web.py", line 1`, "ImportError"}},
		{"a missing module of its own package", "shop.web:app", map[string]string{"shop/__init__.py": "", "shop/web.py": "import shop.models\n"},
			`cannot import shop.web: no module named shop.models`, `the package is there, that module is not; see the last line of the traceback that names your file`, []string{`shop/web.py", line 1`, "ModuleNotFoundError"}},
		{"sys.exit at import", "app:app", map[string]string{"app.py": "import sys\nsys.exit(3)\n"},
			`importing app ended the program (SystemExit: 3)`, `put what it runs under: if __name__ == "__main__":`, []string{`app.py", line 2`, "SystemExit: 3"}},
		{"os._exit at import", "app:app", map[string]string{"app.py": "import os\nos._exit(7)\n"},
			`the worker ended while it imported the app (exit status 7)`, `what the app said before is in the log above`, nil},
		{"killed at import", "app:app", map[string]string{"app.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"},
			`the worker ended while it imported the app (killed by segmentation fault)`, `what the app said before is in the log above`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, c.files)
			cfg := wsgi.Config{Target: c.target}
			if testing.Short() && i > 0 {
				cfg.Workers = 1 // the second one makes the same mistake; the quick check sees that once
			}
			_, err := start(t, dir, cfg)
			if err == nil {
				t.Fatal("it starts")
			}
			fill := strings.NewReplacer("{dir}", dir, "{python}", testapp.Python(t)).Replace
			if err.Error() != fill(c.err) {
				t.Errorf("error: %s\n want: %s", err, fill(c.err))
			}
			if h := hint.Of(err); h != fill(c.hint) {
				t.Errorf("hint: %s\nwant: %s", h, fill(c.hint))
			}
			var boot *pool.BootError
			trace := ""
			if errors.As(err, &boot) {
				trace = boot.Traceback
			}
			if strings.Contains(trace, "<fumehood>") || strings.Contains(trace, "<string>") || strings.Contains(trace, "importlib") {
				t.Errorf("the traceback shows frames that are not the app's:\n%s", trace)
			}
			rest := trace
			for _, part := range c.trace {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Errorf("no %q in the traceback:\n%s", part, trace)
				}
				rest = after
			}
			if c.trace == nil && trace != "" {
				t.Errorf("a traceback that nobody needs:\n%s", trace)
			}
		})
	}
	t.Run("a folder that does not exist", func(t *testing.T) {
		_, err := start(t, filepath.Join(t.TempDir(), "gone"), wsgi.Config{Target: "app:app"})
		if err == nil || !strings.Contains(err.Error(), "gone") || !strings.Contains(err.Error(), "folder") || hint.Of(err) == "" {
			t.Errorf("error: %v, hint: %s", err, hint.Of(err))
		}
	})
	t.Run("an import that takes too long", func(t *testing.T) {
		t.Parallel()
		dir := folder(t, map[string]string{"app.py": "import time\ndef connect():\n    time.sleep(60)\nconnect()\n"})
		began := time.Now()
		log, err := start(t, dir, wsgi.Config{Target: "app:app", BootTimeout: 3 * time.Second})
		if err == nil || err.Error() != "the app was not imported within 3s (workers.boot_timeout)" {
			t.Errorf("error: %v", err)
		}
		if h := hint.Of(err); h != `where it waits is in the log above; if it starts a server itself, put that under: if __name__ == "__main__":` {
			t.Errorf("hint: %s", h)
		}
		if !strings.Contains(log.String(), `app.py\", line 3 in connect`) {
			t.Error("the log does not say where the import waits")
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("an interpreter that is none", func(t *testing.T) {
		t.Parallel()
		_, err := start(t, t.TempDir(), wsgi.Config{Target: "app:app", Python: "/bin/false"})
		if err == nil || hint.Of(err) == "" {
			t.Errorf("error: %v, hint: %s", err, hint.Of(err))
		}
	})
	t.Run("an interpreter that is too old", func(t *testing.T) {
		t.Parallel()
		old := filepath.Join(t.TempDir(), "python3")
		os.WriteFile(old, []byte("#!/bin/sh\necho 'SyntaxError: invalid syntax' >&2\nexit 1\n"), 0o755)
		_, err := start(t, t.TempDir(), wsgi.Config{Target: "app:app", Python: old})
		if err == nil || hint.Of(err) == "" {
			t.Errorf("error: %v, hint: %s", err, hint.Of(err))
		}
	})
}

// TestPythonPath: modules are found in the app's folder first, then where PYTHONPATH says,
// also when the interpreter is told not to look in the current folder.
func TestPythonPath(t *testing.T) {
	t.Parallel()
	elsewhere := folder(t, map[string]string{"shared.py": "TEXT = b'elsewhere'\n", "shop.py": "raise SystemError('the wrong one')\n"})
	dir := folder(t, map[string]string{"shop.py": "import shared, os, sys\nos.chdir('/')\nimport beside\n" +
		"def app(environ, start_response):\n    start_response('200 OK', [])\n    import later\n    return [shared.TEXT, sys.path[0].encode()]\n",
		"beside.py": "", "later.py": ""})
	for _, safe := range []string{"", "1"} {
		app := testapp.Start(t, dir, wsgi.Config{Target: "shop:app", Env: append(os.Environ(), "PYTHONPATH="+elsewhere, "PYTHONSAFEPATH="+safe)})
		if got := ask(t, app.Server.URL, "GET", "/", ""); got.body != "elsewhere"+dir {
			t.Errorf("PYTHONSAFEPATH=%s: %d %q", safe, got.status, got.body)
		}
	}
}
