"""Writes real.json: what real libraries say when something goes wrong.

    python -m venv /tmp/real && /tmp/real/bin/pip install flask==3.1.3 sqlalchemy==2.1.9 \
        django==5.2.19 starlette==1.10.0 httpx rich==15.0.0 pymysql==1.2.4 flask-debugtoolbar==0.16.0
    /tmp/real/bin/python testdata/produce.py > testdata/real.json

The app's code says that it is in /srv/notes; the paths of the interpreter that ran this are
written as /srv/notes/.venv and /usr/lib/python3.11, this folder as /srv/tools, so that the
file is the same on every machine. Nothing else is changed.
"""

import html
import json
import os
import socket
import sys
import sysconfig

os.environ.clear()  # Django's debug page shows it

APP = "/srv/notes/app.py"
SOURCE = '''
def query(db, q):
    return db.execute("select * from notes where title = '%s'" % q)

def fail():
    return {}["key"]

def chained():
    try:
        fail()
    except KeyError as e:
        raise ValueError("no such note") from e

def during():
    try:
        fail()
    except KeyError:
        raise ValueError("no such note")

def group():
    raise ExceptionGroup("several", [ValueError(1), KeyError("x")])

def syntax():
    compile("def (", "/srv/notes/rules.py", "exec")

def oserror():
    open("/srv/notes/data/notes.txt")
'''
code = {}
exec(compile(SOURCE, APP, "exec"), code)

rows = []


def add(name, source, status, kind, body):
    for real, said in ((os.path.dirname(os.path.abspath(__file__)), "/srv/tools"), (sys.prefix, "/srv/notes/.venv"), (sysconfig.get_path("stdlib"), "/usr/lib/python3.11"), (sys.base_prefix, "/usr")):
        body = body.replace(real, said)
    rows.append({"name": name, "source": source, "status": status, "type": kind, "body": body})


def tracebacks():
    import traceback

    python = "Python " + sys.version.split()[0]
    for name in ("fail", "chained", "during", "group", "syntax", "oserror"):
        try:
            code[name]()
        except Exception as e:
            text = traceback.format_exc()
            add(f"traceback {name}", python, 200, "text/plain", text)
            add(f"traceback {name} as JSON", python, 200, "application/json", json.dumps({"id": 1, "log": text}))
            add(f"traceback {name} as JSON in JSON", python, 200, "application/json", json.dumps({"id": 1, "log": json.dumps({"t": text})}))
            add(f"traceback {name} escaped", python, 200, "text/html", "<!doctype html><main><pre>" + html.escape(text) + "</pre></main>")
            add(f"frames of {name}", python, 200, "application/json", json.dumps({"id": 1, "log": traceback.format_tb(e.__traceback__)}))
    try:
        code["oserror"]()
    except OSError as e:
        add("OSError", python, 200, "application/json", json.dumps({"id": 1, "items": [], "note": str(e)}))


def faulthandler_text():
    import faulthandler
    import tempfile

    with tempfile.TemporaryFile() as f:
        def dump(*_):
            faulthandler.dump_traceback(f, all_threads=False)
        exec(compile("def f(g):\n    g()\n", APP, "exec"), code)
        code["f"](dump)
        f.seek(0)
        add("faulthandler", "Python faulthandler", 200, "text/plain", f.read().decode())


def rich_text():
    import io
    import tempfile
    from importlib.metadata import version

    from rich.console import Console
    from rich.traceback import Traceback

    console = Console(file=io.StringIO(), width=100, record=True)
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:  # rich shows no path of a file that is not there
        name = folder + "/app.py"
        with open(name, "w") as f:
            f.write(SOURCE)
        there = {}
        exec(compile(SOURCE, name, "exec"), there)
        try:
            there["chained"]()
        except ValueError:
            console.print(Traceback())
        for kind, text in ("text/html", console.export_html(inline_styles=True, clear=False)), ("text/plain", console.export_text()):
            add("rich traceback, " + kind, "rich " + version("rich"), 200, kind, text.replace(folder, "/srv/notes"))


def werkzeug_pages():
    import flask
    from importlib.metadata import version
    from werkzeug.debug import DebuggedApplication
    from werkzeug.exceptions import default_exceptions
    from werkzeug.test import Client

    source = "Werkzeug " + version("werkzeug")
    app = flask.Flask("notes")
    app.add_url_rule("/", view_func=lambda: code["chained"](), endpoint="index")
    app.debug = True
    client = Client(DebuggedApplication(app, evalex=True, pin_security=False))
    add("Werkzeug debugger", source, 500, "text/html", client.get("/").text)
    add("Werkzeug debugger with 200", source, 200, "text/html", client.get("/").text)
    add("Werkzeug console", source, 200, "text/html", client.get("/console").text)
    for status, exception in sorted(default_exceptions.items()):
        add(f"Werkzeug default {status}", source, status, "text/html", exception().get_body())


def toolbar():
    import flask
    from flask_debugtoolbar import DebugToolbarExtension
    from importlib.metadata import version

    app = flask.Flask("notes")
    app.config["SECRET_KEY"] = "x"
    app.debug = True
    DebugToolbarExtension(app)
    app.add_url_rule("/", view_func=lambda: "<html><body>hello</body></html>", endpoint="index")
    add("Flask-DebugToolbar", "Flask-DebugToolbar " + version("flask-debugtoolbar"), 200, "text/html", app.test_client().get("/").text)


def django_pages():
    import django
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import path

    module = type(sys)("urls")
    module.urlpatterns = [path("", lambda request: code["chained"]())]
    sys.modules["urls"] = module
    settings.configure(DEBUG=True, ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"], SECRET_KEY="x", LOGGING_CONFIG=None)
    django.setup()
    from django.test import Client

    client = Client(raise_request_exception=False)
    source = "Django " + django.__version__
    add("Django debug page", source, 500, "text/html", client.get("/", headers={"accept": "text/html"}).text)
    add("Django debug page with 200", source, 200, "text/html", client.get("/", headers={"accept": "text/html"}).text)
    add("Django debug text", source, 500, "text/plain", client.get("/", headers={"accept": "text/plain"}).text)
    settings.DEBUG = False
    add("Django default 500", source, 500, "text/html", client.get("/").text)
    add("Django default 404", source, 404, "text/html", client.get("/nowhere").text)


def starlette_pages():
    from importlib.metadata import version
    from starlette.applications import Starlette
    from starlette.routing import Route
    from starlette.testclient import TestClient

    source = "Starlette " + version("starlette")
    routes = [Route("/", lambda request: code["chained"]())]
    client = TestClient(Starlette(debug=True, routes=routes), raise_server_exceptions=False)
    add("Starlette debug page", source, 500, "text/html", client.get("/", headers={"accept": "text/html"}).text)
    add("Starlette debug page with 200", source, 200, "text/html", client.get("/", headers={"accept": "text/html"}).text)
    add("Starlette debug text", source, 500, "text/plain", client.get("/", headers={"accept": "text/plain"}).text)
    client = TestClient(Starlette(routes=routes), raise_server_exceptions=False)
    add("Starlette default 500", source, 500, "text/plain", client.get("/").text)


def databases():
    import sqlite3
    from importlib.metadata import version

    import pymysql
    import sqlalchemy

    source = f"SQLite {sqlite3.sqlite_version}"
    db = sqlite3.connect(":memory:")
    db.execute("create table notes (id integer primary key, title text not null unique, n int check (n > 0))")
    db.execute("insert into notes values (1, 'a', 1)")
    for name, sql in {
        "quote": "select * from notes where title = 'it's'", "unterminated": "select * from notes where title = 'x''",
        "union": "select * from notes where title = '' union select 1", "table": "select * from users", "column": "select nope from notes",
        "function": "select nope(1)", "unique": "insert into notes values (2, 'a', 1)", "null": "insert into notes values (2, null, 1)",
        "check": "insert into notes values (2, 'b', 0)", "stacked": "select 1; drop table notes", "binding": "select ?",
    }.items():
        try:
            db.execute(sql)
        except sqlite3.Error as e:
            text = str(e)
        except sqlite3.Warning as e:
            text = str(e)
        add(f"sqlite {name} in a JSON error", source, 200, "application/json", json.dumps({"error": text}))
        add(f"sqlite {name} as the page", source, 200, "text/html", "Error: " + html.escape(text))
        add(f"sqlite {name} as text, 500", source, 500, "text/plain", text)

    source = "SQLAlchemy " + version("sqlalchemy")
    engine = sqlalchemy.create_engine("sqlite://")
    for name, call in {
        "operational": lambda: engine.connect().execute(sqlalchemy.text("select * from users where name = 'x'")),
        "url": lambda: sqlalchemy.create_engine("nope://x"),
    }.items():
        try:
            call()
        except Exception as e:
            add(f"SQLAlchemy {name} in a JSON error", source, 200 if name == "operational" else 500, "application/json",
                json.dumps({"message": str(e) if name == "operational" else repr(e)}))
            add(f"SQLAlchemy {name}, 500", source, 500, "text/html", f"<p>{html.escape(repr(e))}</p>")

    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    try:
        pymysql.connect(host="127.0.0.1", port=port, user="notes", password="x")
    except pymysql.Error as e:
        add("PyMySQL refused", "PyMySQL " + version("pymysql"), 200, "application/json", json.dumps({"error": str(e).replace(str(port), "3306")}))


for step in (tracebacks, faulthandler_text, rich_text, werkzeug_pages, toolbar, django_pages, starlette_pages, databases):
    step()
json.dump(rows, sys.stdout, indent=1, sort_keys=True)
sys.stdout.write("\n")
