package flow_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// page is what TestPages looks for: the kinds by which a page is harmed.
const page = flow.Markup

// TestAnswers: what is sent as something else than a page, or by whoever escapes, is no page;
// its twin is one.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\napp = Flask(__name__)\n"
	const rest = head + "from flask_restful import Resource, Api\napi = Api(app)\n"
	for name, c := range map[string]struct{ harmless, harmful string }{
		"a theme's page": {
			head + "from themes import render_theme\ndef show(t, **kw):\n    return render_theme('x', t, **kw)\n@app.route('/')\ndef v():\n    return show('a.html', q=request.args['q'])\n",
			head + "from themes import theme_text\ndef show(t, **kw):\n    return theme_text('x', t, **kw)\n@app.route('/')\ndef v():\n    return show('a.html', q=request.args['q'])\n",
		},
		"what was HTML for a moment": {
			view("t = str(Markup(q))\nreturn render_template_string('<p>{{ t }}</p>', t=t)"),
			view("t = str(Markup(q))\nreturn render_template_string('<p>{{ t|safe }}</p>', t=t)"),
		},
		"paragraphs of an escaped text": {
			view("import re\nreturn Markup('\\n'.join('<p>%s</p>' % p.replace('\\n', '<br>') for p in re.split('\\n\\n', str(escape(q)))))"),
			view("import re\nreturn Markup('\\n'.join('<p>%s</p>' % p.replace('\\n', '<br>') for p in re.split('\\n\\n', q)))"),
		},
		"HTML that is put together": {
			view("t = str(escape(q))\nreturn render_template_string('<p>{{ t|safe }}</p>', t=t)"),
			view("t = '<b>' + Markup(q)\nreturn render_template_string('<p>{{ t }}</p>', t=t)"),
		},
		"a resource": {
			rest + "class A(Resource):\n    def get(self):\n        return request.args['q'], 201\napi.add_resource(A, '/a')\n",
			rest + "class A(Resource):\n    def get(self):\n        return make_response(request.args['q'], 201)\napi.add_resource(A, '/a')\n",
		},
		"a type that is set later": {
			view("r = make_response(q)\nr.mimetype = 'text/plain'\nreturn r"),
			view("r = make_response(q)\nr.mimetype = 'text/html'\nreturn r"),
		},
		"a header that is set later": {
			view("r = make_response(q)\nr.headers['Content-Type'] = 'application/json'\nreturn r"),
			view("r = make_response(q)\nr.headers['X-A'] = 'application/json'\nreturn r"),
		},
		"headers of make_response": {
			view("return make_response((q, 200, {'Content-Type': 'text/csv'}))"),
			view("return make_response((q, 200, {'Content-Type': 'text/html'}))"),
		},
		"a type that is computed": {
			view("return current_app.response_class(q, mimetype=app.config['T'])"),
			view("return current_app.response_class(q, mimetype=request.args['t'])"),
		},
		"what was made": {
			view("x = lookup(q)\nreturn x, 201"),
			view("return '<p>' + q, 201"),
		},
		"the whole body": {
			view("return request.json"),
			view("return request.json['name']"),
		},
		"a row by a mixin": {
			head + "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy(app)\nclass Make:\n    @classmethod\n    def create(cls, **kw):\n        return cls(**kw)\nclass Show:\n    def show(self):\n        return {'a': getattr(self, 'a')}\nclass N(db.Model, Make, Show):\n    a = db.Column(db.String)\n@app.route('/')\ndef v():\n    n = N.create(a=request.args['q'])\n    return n.show()\n",
			head + "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy(app)\nclass Make:\n    @classmethod\n    def create(cls, **kw):\n        return cls(**kw)\nclass Show:\n    def show(self):\n        return {}\nclass N(db.Model, Make, Show):\n    a = db.Column(db.String)\n@app.route('/')\ndef v():\n    n = N.create(a=request.args['q'])\n    return '<p>' + n.a\n",
		},
		"a number": {
			view("return '<p>' + str(request.args.get('n', 1, type=int))"),
			view("return '<p>' + str(request.args.get('n', 1, type=str))"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if has(follow(t, c.harmless), page) {
				t.Errorf("found:\n%s", c.harmless)
			}
			if !has(follow(t, c.harmful), page) {
				t.Errorf("not found:\n%s", c.harmful)
			}
		})
	}
}

// TestPaths: what is no file's name, though it holds a visitor's bytes.
func TestPaths(t *testing.T) {
	t.Parallel()
	if body := "import io\nreturn send_file(io.BytesIO(q))"; has(follow(t, view(body)), flow.Path) {
		t.Errorf("found:\n%s", body)
	}
	for body, probes := range map[string]bool{"os.path.exists(q)": true, "os.remove(q)": false} {
		for _, f := range follow(t, view(body)) {
			if f.Kind == flow.Path && f.ChecksExistence() != probes {
				t.Errorf("%s: only looks for a file: %v", body, !probes)
			}
		}
	}
}

// TestParts: a part of a URL's path has no slash, so that beside another text it is no way out
// of a folder; alone it may be .. itself.
func TestParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule, open string
		out        bool
	}{
		"beside an ending":       {"/<n>", "os.remove(os.path.join('files', n + '.png'))", false},
		"beside a beginning":     {"/<n>", "os.remove('files/thumb-%s' % n)", false},
		"a folder of its own":    {"/<n>", "os.remove(f'files/{n}/a')", true},
		"alone":                  {"/<n>", "os.remove(os.path.join('files', n))", true},
		"all that comes":         {"/<path:n>", "os.remove(os.path.join('files', n + '.png'))", true},
		"another text of theirs": {"/<n>", "os.remove('files/' + n + request.args['q'])", true},
	} {
		source := "from flask import *\nimport os\napp = Flask(__name__)\n@app.route('" + c.rule + "')\ndef v(n):\n    " + c.open + "\n"
		if got := has(follow(t, source), flow.Path); got != c.out {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

// TestHelpers: what a function of the project has checked is checked for whoever calls it.
func TestHelpers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		helper, call string
		out          bool
	}{
		"one that raises":         {"def inside(p):\n    if not os.path.realpath(p).startswith('/srv/'):\n        raise PermissionError(p)\n", "inside(p)\nos.remove(p)", false},
		"one that aborts":         {"def inside(base, p):\n    full = os.path.abspath(p)\n    if os.path.commonpath([base, full]) != base:\n        abort(403)\n", "inside('/srv', p)\nos.remove(p)", false},
		"by its parameter's name": {"def inside(p):\n    if '..' in p:\n        raise ValueError\n    log(p)\n", "inside(p=p)\nos.remove(p)", false},
		"one of an object":        {"class S:\n    def inside(self, p):\n        if not pathlib.Path(p).resolve().is_relative_to('/srv'):\n            raise ValueError\n", "S().inside(p)\nos.remove(p)", false},
		"one that says no":        {"def no():\n    abort(403)\n", "if not p.isdigit():\n    no()\nos.remove(p)", false},
		"one for another":         {"def inside(p):\n    if not os.path.realpath(p).startswith('/srv/'):\n        raise PermissionError(p)\n", "inside(x)\nos.remove(p)", true},
		"one that may look away":  {"def inside(p):\n    if debug:\n        return\n    if not os.path.realpath(p).startswith('/srv/'):\n        raise PermissionError(p)\n", "inside(p)\nos.remove(p)", true},
		"one that only changes":   {"def inside(p):\n    p = os.path.basename(p)\n    return p\n", "inside(p)\nos.remove(p)", true},
		"one to be written":       {"class S:\n    def no(self):\n        raise NotImplementedError\n", "S().no()\nos.remove(p)", true},
		"a prefix, not resolved":  {"def inside(p):\n    if not p.startswith('/srv/'):\n        raise PermissionError(p)\n", "inside(p)\nos.remove(p)", true},
	} {
		source := "from flask import *\nimport os, pathlib\napp = Flask(__name__)\n" + c.helper + "@app.route('/')\ndef v():\n    p = request.args['p']\n    x = request.args['x']\n    " +
			strings.ReplaceAll(c.call, "\n", "\n    ") + "\n"
		if got := has(follow(t, source), flow.Path); got != c.out {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

// TestCalled: what a visitor sent is no function, so to call what is kept under it is no way
// to run it.
func TestCalled(t *testing.T) {
	t.Parallel()
	if body := "kinds = {'a': str}\nkinds.get(q)()\nk = request.json\nk()"; has(follow(t, view(body)), flow.Code) {
		t.Errorf("found:\n%s", body)
	}
}
