package program_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func load(t *testing.T, files map[string]string) *program.Program {
	t.Helper()
	var all []*python.File
	for name, source := range files {
		all = append(all, python.Parse(name, source))
	}
	return program.New(all)
}

// TestResolve: the last line of main.py is an expression; what it stands for is told.
func TestResolve(t *testing.T) {
	t.Parallel()
	for want, files := range map[string]map[string]string{
		"flask.request.args":                   {"main.py": "from flask import request\nrequest.args"},
		"flask.request.args.get()":             {"main.py": "import flask as f\nf.request.args.get('a')"},
		"os.path.join":                         {"main.py": "import os.path\nos.path.join"},
		"sqlite3.connect().cursor()":           {"main.py": "import sqlite3\ndb = sqlite3.connect('x')\ndb.cursor()"},
		"flask_sqlalchemy.SQLAlchemy().Model":  {"main.py": "from ext import db\ndb.Model", "ext.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()"},
		"builtins.eval":                        {"main.py": "eval"},
		"flask.Flask()":                        {"main.py": "from app import create\ncreate()", "app.py": "from flask import Flask\ndef create():\n    a = Flask('x')\n    return a"},
		"redis.Redis().get":                    {"main.py": "from a import *\nstore.get", "a.py": "from b import *", "b.py": "import redis\nstore = redis.Redis()"},
		"flask.request":                        {"main.py": "from flask import *\nrequest"},
		"class Note":                           {"main.py": "from shop.models import Note\nNote", "src/shop/__init__.py": "", "src/shop/models.py": "class Note: pass"},
		"function find":                        {"main.py": "import pkg.tools\npkg.tools.find", "pkg/tools.py": "def find(): pass"},
		"instance Note":                        {"main.py": "class Note: pass\nNote()"},
		"function run":                         {"main.py": "class A:\n    def run(self): pass\nclass B(A): pass\nB().run"},
		"module pkg.inner":                     {"main.py": "from pkg import inner\ninner", "pkg/inner.py": ""},
		"json.loads":                           {"pkg/main.py": "import json\njson.loads", "pkg/__init__.py": "", "pkg/sub/json.py": ""},
		"flask.redirect":                       {"shop/web/main.py": "from flask import redirect\nredirect", "shop/__init__.py": "", "shop/web/__init__.py": "", "shop/web/flask/__init__.py": ""},
		"flask.abort":                          {"shop/main.py": "import flask\nflask.abort", "shop/__init__.py": "", "shop/web/__init__.py": "", "shop/web/flask/__init__.py": "abort = 1"},
		"class Item":                           {"shop/main.py": "from models import Item\nItem", "shop/__init__.py": "", "shop/models/__init__.py": "class Item: pass"},
		"class Row":                            {"shop/views/main.py": "from models.row import Row\nRow", "shop/__init__.py": "", "shop/views/__init__.py": "", "shop/models/__init__.py": "", "shop/models/row.py": "class Row: pass"},
		"x.y or z: x":                          {"main.py": "import x\nx or None"},
		"function late":                        {"main.py": "try:\n    from fast import late\nexcept ImportError:\n    from slow import late\nlate", "slow.py": "def late(): pass"},
		"logging.getLogger().handlers[].level": {"main.py": "import logging\nlogging.getLogger().handlers[0].level"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			p := load(t, files)
			i := slices.IndexFunc(p.Modules, func(m *program.Module) bool { return strings.HasSuffix(m.Path, "main.py") })
			m := p.Modules[i]
			last := m.File.Body[len(m.File.Body)-1].(*python.ExprStmt)
			got := tell(p.Resolve(last.Value, m.Scope))
			if want = strings.TrimPrefix(want, "x.y or z: "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func tell(r program.Ref) string {
	switch {
	case r.API != nil:
		return r.Path()
	case r.Module != nil:
		return "module " + r.Module.Name
	case r.Function != nil:
		return "function " + r.Function.Name
	case r.Class != nil:
		return "class " + r.Class.Name
	case r.Instance != nil:
		return "instance " + r.Instance.Name
	}
	return ""
}

// TestRoutes: which function answers which URL, by which methods.
func TestRoutes(t *testing.T) {
	t.Parallel()
	p := load(t, map[string]string{"app.py": `
from flask import Flask, Blueprint
from flask.views import MethodView
from flask_restful import Api, Resource
app = Flask(__name__)
bp = Blueprint("b", __name__)
api = Api(app)

@app.route("/a/<int:n>/<path:rest>", methods=["GET", "POST"])
def a(n, rest): pass

@bp.post("/b")
def b(): pass

@app.route("/c")
@app.route("/d")
def c(): pass

class V(MethodView):
    def get(self): pass
    def delete(self): pass

app.add_url_rule("/v", view_func=V.as_view("v"))

class R(Resource):
    def put(self, name): pass

api.add_resource(R, "/r/<name>")

def e(): pass
app.add_url_rule("/e", "e", e, methods=["PUT"])

@mock.get("nothing")
def no(): pass

def init(app):
    @app.route("/nested")
    def inner(): pass
`})
	var got []string
	for _, r := range p.Routes {
		got = append(got, fmt.Sprintf("%s %s %s %v", r.Function.Name, r.Pattern, strings.Join(r.Methods, ","), r.Params))
	}
	slices.Sort(got)
	want := []string{
		"a /a/<int:n>/<path:rest> GET,POST map[n:int rest:path]", "b /b POST map[]", "c /c GET map[]", "c /d GET map[]", "delete /v DELETE map[]",
		"e /e PUT map[]", "get /v GET map[]", "inner /nested GET map[]", "put /r/<name> PUT map[name:string]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCirclesEnd: names, classes and imports that lead to themselves.
func TestCirclesEnd(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p := load(t, map[string]string{
			"a.py": "from b import *\nfrom b import x\nclass A(B): pass\n" + strings.Repeat("s = s.strip().lower()\n", 100) + "s\n",
			"b.py": "from a import *\nfrom a import x\nclass B(A): pass\ny = x.y\nx = y.x\n",
			"c.py": "from d import z\nz()\nz.a.b\n",
			"d.py": "from e import z\nz()\n",
			"e.py": "from c import z\nz()\n",
		})
		for _, m := range p.Modules {
			for _, s := range m.File.Body {
				if e, ok := s.(*python.ExprStmt); ok {
					p.Resolve(e.Value, m.Scope)
				}
			}
		}
		for _, c := range p.Classes {
			c.Method("none")
			c.Inherits(func(string) bool { return false })
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("still looking after a minute")
	}
}
