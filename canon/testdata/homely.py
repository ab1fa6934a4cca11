"""A site that lies in its own folder, and views that make a path of what they are given."""
import os
import unicodedata
import urllib.parse

from flask import abort, request, send_file

from app import app

app.static_folder = app.root_path
SHELF = os.path.join(app.root_path, "shelf", "books")


def send(*parts):
    path = os.path.join(*parts)
    if not os.path.isfile(path):
        abort(404)
    return send_file(path, as_attachment="keep" in request.args)


@app.route("/<path:name>")
def anything(name):
    return send(app.root_path, name)


@app.route("/shelf/<how>/<path:name>")
def shelf(how, name):
    if how == "cleaned":
        name = name.replace("../", "")
    elif how == "twice":
        name = urllib.parse.unquote(name)
    elif how == "windows":
        name = name.replace("\\", "/")
    elif how == "trimmed":
        name = "/".join(part.strip(" ") for part in name.split("/"))
    elif how == "parameters":
        name = "/".join(part.split(";")[0] for part in name.split("/"))
    elif how == "unicode":
        name = unicodedata.normalize("NFKC", name)
    elif how == "lenient":
        raw = request.environ["PATH_INFO"].encode("latin-1")[len("/shelf/lenient/"):]
        name = raw.replace(b"\xc0\xae", b".").replace(b"\xc0\xaf", b"/").replace(b"\xe0\x80\xae", b".").decode()
    elif how == "cut":
        name = name.split("\0")[0]
    return send(SHELF, name)


@app.route("/read")
def read():
    return send(SHELF, request.args["name"])


@app.route("/show")
def show():
    with open(os.path.join(SHELF, request.args["name"])) as f:
        return f.read()
