"""A Flask app that shows its insides, a route for each way, and a few that do not."""

import gzip
import json
import sqlite3
import traceback

import flask
import markupsafe
from flask import Flask, Response, abort, request

app = Flask(__name__)


def fail():
    return {}["secret-key-name"]


def trace():
    try:
        fail()
    except KeyError:
        return traceback.format_exc()


def chained():
    try:
        try:
            fail()
        except KeyError as e:
            raise ValueError("bad") from e
    except ValueError:
        return traceback.format_exc()


def sql_error():
    try:
        sqlite3.connect(":memory:").execute("select 1 from users where name = '%s'" % request.args.get("q", "x'"))
    except sqlite3.Error as e:
        return e


@app.get("/html200")
def html200():
    return f"<!doctype html><title>Oops</title><pre>{markupsafe.escape(trace())}</pre>"


@app.get("/html-raw200")
def html_raw200():
    return f"<!doctype html><h1>Oops</h1><pre>{trace()}</pre>"


@app.get("/stdlib-escape200")
def stdlib_escape200():
    import html

    return f"<h1>Oops</h1><pre>{html.escape(trace())}</pre>"


@app.get("/script200")
def script200():
    return flask.render_template_string("<!doctype html><script>const problem = {{ t|tojson }};</script>", t=trace())


@app.get("/json200")
def json200():
    return {"ok": False, "trace": trace()}


@app.get("/json500")
def json500():
    return {"error": trace()}, 500


@app.get("/json-in-json200")
def json_in_json200():
    return {"body": json.dumps({"trace": chained()}), "user": 7}


@app.get("/plain200")
def plain200():
    return Response(trace(), mimetype="text/plain")


@app.get("/plain500")
def plain500():
    return Response(chained(), 500, mimetype="text/plain")


@app.get("/xml200")
def xml200():
    return Response(f"<?xml version='1.0'?><fault>{chained()}</fault>", mimetype="application/xml")


@app.get("/js200")
def js200():
    return Response("showError(" + json.dumps(trace()) + ");", mimetype="text/javascript")


@app.get("/frames200")
def frames200():
    try:
        fail()
    except KeyError as e:
        return {"frames": traceback.format_tb(e.__traceback__), "id": 3}


@app.get("/group500")
def group500():
    try:
        raise ExceptionGroup("many", [ValueError(1), KeyError("x")])
    except ExceptionGroup:
        return traceback.format_exc(), 500


@app.get("/sqlite-json200")
def sqlite_json200():
    return {"error": str(sql_error())}


@app.get("/sqlite-json500")
def sqlite_json500():
    return {"error": str(sql_error())}, 500


@app.get("/sqlite-html200")
def sqlite_html200():
    return f"<h1>Database error</h1><p>{sql_error()}</p>"


@app.get("/sqlite-nested400")
def sqlite_nested400():
    return {"status": "error", "error": {"code": 12, "message": f"(sqlite3.OperationalError) {sql_error()}"}}, 400


@app.get("/repr500")
def repr500():
    try:
        fail()
    except KeyError as e:
        return {"error": repr(e)}, 500


@app.get("/banner500")
def banner500():
    from importlib.metadata import version

    return f"<!doctype html><title>Oops</title><style>h1{{color:red}}</style><h1>It broke</h1><address>Werkzeug/{version('werkzeug')}</address>", 500


@app.get("/path500")
def path500():
    return f"<!doctype html><style>p{{color:red}}</style><p>Cannot read {__file__}</p>", 500


@app.get("/oserror200")
def oserror200():
    try:
        open(__file__ + ".d/notes.txt")
    except OSError as e:
        return {"items": [], "problem": str(e)}


@app.get("/gzip500")
def gzip500():
    return Response(gzip.compress(trace().encode()), 500, {"Content-Encoding": "gzip"}, mimetype="text/html")


@app.get("/gzip200")
def gzip200():
    return Response(gzip.compress(trace().encode()), 200, {"Content-Encoding": "gzip"}, mimetype="text/html")


@app.get("/crash")
def crash():
    return fail()


@app.get("/abort404")
def abort404():
    abort(404)


@app.get("/stream200")
def stream200():
    def parts():
        for i in range(3000):
            yield f"<p>line {i} of a long page that is fine so far</p>\n"
        yield "<pre>" + trace() + "</pre>"
        yield "<p>the end</p>"

    return Response(parts(), mimetype="text/html")


# What is fine.


@app.get("/nice500")
def nice500():
    return "<!doctype html><title>Sorry</title><style>h1{color:teal}</style><h1>Our fault</h1><p>We are on it.</p>", 500


@app.get("/nice404")
def nice404():
    return '<!doctype html><title>404 Not Found</title><h1>Not Found</h1><p>No such note. <a href="/">All notes</a></p>', 404


@app.get("/abort400")
def abort400():
    abort(400, "The title is too long.")


@app.get("/api404")
def api404():
    return {"error": "not found", "message": "There is no note 7."}, 404


@app.get("/api500")
def api500():
    return {"message": "Internal Server Error"}, 500


@app.get("/note")
def note():
    return "<!doctype html><h1>My SQL notes</h1><p>select * from users where name = 'x' -- and drop table notes</p>"
