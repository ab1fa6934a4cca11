package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

const shellStore = "class Store:\n    def __init__(self, root):\n        self.root = root\n    def look(self, word):\n        return os.popen('grep %s %s' % (word, self.root)).read()\n    def size(self, word):\n        return len(word)\n"

// kept is a program whose factory puts a store somewhere, and whose view asks it.
func kept(put, head, call string) string {
	return "-- web/store.py --\nimport os\n" + shellStore +
		"-- web/__init__.py --\nfrom flask import Flask, g\nfrom .store import Store\ndef make():\n    app = Flask(__name__)\n    " + put + "\n    from .views import bp\n    app.register_blueprint(bp)\n    return app\n" +
		"-- web/views.py --\nfrom flask import Blueprint, current_app, g, request\nfrom werkzeug.local import LocalProxy\nbp = Blueprint('v', __name__)\n" + head + "@bp.route('/find')\ndef find():\n    return {'n': " + call + "(request.args['q'])}\n"
}

// TestKeptObjects: what is put on the app, on its extensions or on g is asked by a view. The
// twins ask for something that does no harm. Another class has a method of the same name, so
// that names alone tell nothing.
func TestKeptObjects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ put, head, of string }{
		"an attribute of the app":         {"app.store = Store('/srv')", "", "current_app.store"},
		"a function that gives it":        {"app.store = Store('/srv')", "def store():\n    return current_app.store\n", "store()"},
		"a proxy":                         {"app.store = Store('/srv')", "store = LocalProxy(lambda: current_app.store)\n", "store"},
		"a proxy of a function":           {"app.store = Store('/srv')", "def now():\n    return current_app.store\nstore = LocalProxy(now)\n", "store"},
		"the app behind its proxy":        {"app.store = Store('/srv')", "", "current_app._get_current_object().store"},
		"getattr":                         {"setattr(app, 'store', Store('/srv'))", "", "getattr(current_app, 'store', None)"},
		"an extension":                    {"app.extensions['store'] = Store('/srv')", "", "current_app.extensions['store']"},
		"an extension that may be absent": {"app.extensions['store'] = Store('/srv')", "", "current_app.extensions.get('store')"},
		"a key of the configuration":      {"app.config['STORE'] = Store('/srv')", "", "current_app.config['STORE']"},
		"several keys":                    {"app.config.update(STORE=Store('/srv'), N=1)", "", "current_app.config['STORE']"},
		"extensions, when first asked":    {"pass", "from .store import Store\ndef store():\n    if 'store' not in current_app.extensions:\n        current_app.extensions['store'] = Store('/srv')\n    return current_app.extensions['store']\n", "store()"},
		"a key that the app sets":         {"app.extensions.setdefault('store', Store('/srv'))", "", "current_app.extensions['store']"},
		"g before each request":           {"pass", "from .store import Store\n@bp.before_request\ndef before():\n    g.store = Store('/srv')\n", "g.store"},
		"g, when first asked":             {"pass", "from .store import Store\ndef store():\n    if 'store' not in g:\n        g.store = Store('/srv')\n    return g.store\n", "store()"},
		"g.get":                           {"pass", "from .store import Store\n@bp.before_request\ndef before():\n    g.store = Store('/srv')\n", "g.get('store')"},
		"a function that is given":        {"app.open_store = lambda: Store('/srv')", "", "current_app.open_store()"},
		"a global that init sets":         {"pass", "from .store import Store\nstore = None\ndef init(app):\n    global store\n    store = Store('/srv')\n", "store"},
		"an attribute set by a class":     {"Ext().init_app(app)\nclass Ext:\n    def init_app(self, app):\n        app.store = Store('/srv')", "", "current_app.store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			many := "" // methods of that name, so that none is taken for its name alone
			for _, n := range []string{"A", "B", "C", "D", "E"} {
				many += "class " + n + ":\n    def look(self, word):\n        return len(word)\n"
			}
			twins{kept(c.put, many+c.head, c.of+".look"), kept(c.put, many+c.head, c.of+".size")}.check(t, flow.Command)
		})
	}
}

// TestKeptInstances: objects of a module that are told of the app later.
func TestKeptInstances(t *testing.T) {
	t.Parallel()
	const ext = "-- ext.py --\nimport os\nclass Search:\n    def __init__(self, app=None):\n        self.tool = None\n        if app is not None:\n            self.init_app(app)\n    def init_app(self, app):\n        self.tool = app.config.get('TOOL', 'grep')\n        app.extensions['search'] = self\n    def look(self, word):\n        return os.popen(self.tool + ' ' + word).read()\n    def plain(self, word):\n        return os.popen(self.tool + ' x').read()\nsearch = Search()\n"
	program := func(call string) string {
		return ext + "-- app.py --\nfrom flask import Flask, current_app, request\nfrom ext import search\ndef make():\n    app = Flask(__name__)\n    search.init_app(app)\n    @app.route('/')\n    def v():\n        return " + call + "(request.args['q'])\n    return app\n"
	}
	twins{program("search.look"), program("search.plain")}.check(t, flow.Command)
	twins{program("current_app.extensions['search'].look"), program("current_app.extensions['search'].plain")}.check(t, flow.Command)
}

// TestSession: what one view puts into the session, and another takes out of it.
func TestSession(t *testing.T) {
	t.Parallel()
	program := func(put, take string) string {
		return "-- a.py --\nfrom flask import Blueprint, request, session, g\nimport flask\na = Blueprint('a', __name__)\ndef remember(session, where):\n    session['next'] = where\n@a.route('/a')\ndef put():\n    " + put + "\n    return ''\n" +
			"-- b.py --\nfrom flask import Blueprint, redirect, session, url_for\nimport flask\nimport os\nb = Blueprint('b', __name__)\ndef taken(session, other='x'):\n    to = session.pop('next', None)\n    if to:\n        return to\n    return url_for(other)\n@b.route('/b')\ndef take():\n    return redirect(" + take + ")\n"
	}
	const put = "session['next'] = request.args['next']"
	for name, c := range map[string]twins{
		"pop":               {program(put, "session.pop('next')"), program(put, "session.pop('other')")},
		"pop with another":  {program(put, "session.pop('next', None) or url_for('x')"), program(put, "session.pop('prev', None) or url_for('x')")},
		"get":               {program(put, "session.get('next', '/')"), program(put, "session.get('other', '/')")},
		"an item":           {program(put, "session['next']"), program(put, "session['other']")},
		"flask.session":     {program("flask.session['next'] = flask.request.args['next']", "flask.session.get('next')"), program("flask.session['next'] = '/'", "flask.session.get('next')")},
		"setdefault":        {program("session.setdefault('next', request.args['next'])", "session['next']"), program("session.setdefault('next', '/x')", "session['next']")},
		"update":            {program("session.update(next=request.args['next'])", "session['next']"), program("session.update(next='/')", "session['next']")},
		"update by a dict":  {program("session.update({'next': request.args['next']})", "session['next']"), program("session.update({'next': '/'})", "session['next']")},
		"a helper puts":     {program("remember(session, request.args['next'])", "session['next']"), program("remember(session, '/home')", "session['next']")},
		"a helper takes":    {program(put, "taken(session)"), program("session['nix'] = request.args['next']", "taken(session)")},
		"in a dict":         {program("session['s'] = {'next': request.args['next']}", "session['s']['next']"), program("session['s'] = {'next': '/', 'x': request.args['next']}", "session['s']['next']")},
		"a dict of it":      {program("session['s'] = {}\n    session['s']['next'] = request.args['next']", "session['s']['next']"), program("session['s'] = {}\n    session['s']['next'] = '/'", "session['s']['next']")},
		"a key of a module": {"-- k.py --\nKEY = 'next'\n" + replaceAll(program("session[KEY] = request.args['next']", "session[KEY]"), "import flask\n", "import flask\nfrom k import KEY\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Redirect)
		})
	}
}
