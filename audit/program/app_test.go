package program_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// shop is an app of several packages, as people lay them out.
func shop() map[string]string {
	return map[string]string{
		"src/shop/__init__.py": `
from flask import Flask
from .extensions import db, login_manager as lm
from .views import bp as main_bp
from . import api as api_module

def create_app(config=None):
    app = Flask(__name__)
    with app.app_context():
        from .admin import admin
        app.register_blueprint(main_bp)
        app.register_blueprint(admin, url_prefix="/<tenant>/admin")
        api_module.init_app(app)
        return app
`,
		"src/shop/extensions.py": `
from flask_sqlalchemy import SQLAlchemy
from flask_login import LoginManager
db = SQLAlchemy()
login_manager = LoginManager()
`,
		"src/shop/models.py": `
from . import db
__all__ = ["User"]
class Base(db.Model): pass
class User(Base): pass
`,
		"src/shop/views.py": `
from functools import wraps
from flask import Blueprint
from .models import *
PREFIX = "/x"
bp = Blueprint("main", __name__, url_prefix="/<lang>")

def needs(role):
    def deco(f):
        @wraps(f)
        def inner(*a, **k):
            return f(*a, **k)
        return inner
    return deco

@bp.route("/one/<int:id>")
@needs("admin")
def one(lang, id): pass

@bp.route(rule=PREFIX + "/<c>", methods=("POST", "put"))
def two(lang, c): pass

@bp.get(f"{PREFIX}/d/<e>")
def three(lang, e): pass

def four(lang, g): pass
bp.route("/four/<g>", methods=["DELETE"])(needs("admin")(four))
`,
		"src/shop/admin.py": `
from flask import Blueprint, views
admin = Blueprint("admin", __name__)

class Users(views.MethodView):
    def get(self, tenant, user_id=None): pass
    def post(self, tenant): pass
    def put(self, tenant, user_id): pass

view = Users.as_view("users")
admin.add_url_rule("/users/", defaults={"user_id": None}, view_func=view, methods=["GET"])
admin.add_url_rule("/users/", view_func=view, methods=["POST"])
admin.add_url_rule("/users/<user_id>", view_func=view, methods=["GET", "PUT", "DELETE"])

class Page(views.View):
    methods = ["GET", "POST"]
    def dispatch_request(self, tenant, name): pass
admin.add_url_rule("/page/<name>", view_func=login_required(Page.as_view("page")))

def plain(tenant, x): pass
admin.add_url_rule("/plain/<x>", view_func=login_required(plain))
admin.add_url_rule("/two", "two", plain, methods=["POST"])
`,
		"src/shop/api/__init__.py": `
from .things import Thing, Other
from flask_restful import Api
api = Api()
def init_app(app):
    api.add_resource(Thing, "/things", "/things/<name>", endpoint="thing")
    api.init_app(app)
`,
		"src/shop/api/things.py": `
from flask_restful import Resource, Api
from ..extensions import db as database
api = Api()
class Base(Resource): pass
class Thing(Base):
    def get(self, name=None): pass
    def delete(self, name): pass
@api.resource("/other/<o>", "/another/<o>")
class Other(Resource):
    def get(self, o): pass
`,
		"tests/test_shop.py": "from shop import create_app, db\ncreate_app()\n",
		"wsgi.py":            "from shop import create_app, main_bp, lm, db\nfrom shop.views import User\nfrom shop.api.things import database\napp = create_app()\n",
	}
}

// TestAppRoutes: who answers what, with the parameters of the blueprints' prefixes.
func TestAppRoutes(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range load(t, shop()).Routes {
		pattern := r.Pattern
		if r.Unknown {
			pattern = "?"
		}
		got = append(got, fmt.Sprintf("%s %s %s %v", r.Function.Name, pattern, strings.Join(r.Methods, ","), r.Params))
	}
	slices.Sort(got)
	want := []string{
		"delete /things DELETE map[]",
		"delete /things/<name> DELETE map[name:string]",
		"dispatch_request /page/<name> GET,POST map[name:string tenant:string]",
		"four /four/<g> DELETE map[g:string lang:string]",
		"get /another/<o> GET map[o:string]",
		"get /other/<o> GET map[o:string]",
		"get /things GET map[]",
		"get /things/<name> GET map[name:string]",
		"get /users/ GET map[tenant:string]",
		"get /users/<user_id> GET map[tenant:string user_id:string]",
		"one /one/<int:id> GET map[id:int lang:string]",
		"plain /plain/<x> GET map[tenant:string x:string]",
		"plain /two POST map[tenant:string]",
		"post /users/ POST map[tenant:string]",
		"put /users/<user_id> PUT map[tenant:string user_id:string]",
		"three ? GET map[lang:string]",
		"two ? POST,PUT map[lang:string]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAppNames: names over factories, packages, re-exports, relative imports and *.
func TestAppNames(t *testing.T) {
	t.Parallel()
	p := load(t, shop())
	for name, want := range map[string]string{
		"wsgi.py app": "flask.Flask()", "wsgi.py db": "flask_sqlalchemy.SQLAlchemy()", "wsgi.py lm": "flask_login.LoginManager()",
		"wsgi.py main_bp": "flask.Blueprint()", "wsgi.py User": "class User", "wsgi.py database": "flask_sqlalchemy.SQLAlchemy()",
		"tests/test_shop.py create_app": "function create_app", "src/shop/__init__.py api_module": "module src.shop.api",
		"src/shop/api/__init__.py Thing": "class Thing", "src/shop/views.py db": "flask_sqlalchemy.SQLAlchemy()",
	} {
		file, name, _ := strings.Cut(name, " ")
		i := slices.IndexFunc(p.Modules, func(m *program.Module) bool { return m.Path == file })
		if got := tell(p.Resolve(&python.Name{ID: name}, p.Modules[i].Scope)); got != want {
			t.Errorf("%s in %s: got %q, want %q", name, file, got, want)
		}
	}
}

// TestLocalNames: what the last expression of a function means there.
func TestLocalNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, want string }{
		"the class of a pattern is no capture": {"class Click: pass\ndef f(e):\n    match e:\n        case Click(at=x): pass\n    Click", "class Click"},
		"_ of a pattern is no name":            {"from gettext import gettext as _\ndef f(e):\n    match e:\n        case _: pass\n    _", "gettext.gettext"},
		"a capture is one":                     {"import os\ndef f(e):\n    match e:\n        case [os, *_]: pass\n    os", ""},
		"nonlocal over two functions":          {"def f():\n    import os\n    def g():\n        def h():\n            nonlocal os\n            os\n", "os"},
		"a name of a class":                    {"import os\nclass A:\n    os = 1\n    def f(self):\n        os\n", "os"},
		"global":                               {"import redis\ndef init():\n    global db\n    db = redis.Redis()\ndef f():\n    db\n", "redis.Redis()"},
		"a factory with branches":              {"import a\ndef make(x):\n    if x:\n        return a.A()\n    else:\n        try:\n            return a.B()\n        finally:\n            pass\ndef f():\n    make(1)", "a.B()"},
		"from near and from far":               {"import a\n" + chain(9) + "def g():\n    x0\ndef f():\n    x8", "a.b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := load(t, map[string]string{"main.py": test.source})
			for _, f := range p.Functions { // in the order of the source, so that far ones are asked first
				if e, ok := last(f.Body); ok {
					got := tell(p.Resolve(e, f.Scope))
					if f == p.Functions[len(p.Functions)-1] && got != test.want {
						t.Errorf("got %q, want %q", got, test.want)
					}
				}
			}
		})
	}
}

// chain are names that each stand for the next one.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x%d = x%d\n", i, i+1)
	}
	return b.String() + fmt.Sprintf("x%d = y\ny = z\nz = w\nw = v\nv = u\nu = a.b\n", n)
}

func last(body []python.Stmt) (python.Expr, bool) {
	if len(body) == 0 {
		return nil, false
	}
	e, ok := body[len(body)-1].(*python.ExprStmt)
	if !ok {
		return nil, false
	}
	return e.Value, true
}
