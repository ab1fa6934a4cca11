"""A Flask app as people write them, with the holes that people leave in them."""

import io
import os
import re
import shutil
import sqlite3
import tempfile
import unicodedata
from urllib.parse import unquote

from flask import Flask, Response, jsonify, render_template_string, request, send_file

# What is served lies in a folder of its own, so that this one stays as it is.
ROOT = tempfile.mkdtemp()
FILES = os.path.join(ROOT, "files")
STATIC = os.path.join(ROOT, "static")
os.makedirs(os.path.join(FILES, "sub"))
os.makedirs(os.path.join(STATIC, ".git"))
os.makedirs(os.path.join(STATIC, "__pycache__"))
os.makedirs(os.path.join(STATIC, ".unheard"))


def put(folder, name, text):
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)


put(ROOT, "secret.txt", "TOP-SECRET")
put(FILES, "plain.txt", "plain")
for name in (".env", ".env.production", ".htpasswd", ".unheard/of", ".git/config", "app.py.bak", "config.ini", "requirements.txt",
             "docker-compose.prod.yml", "__pycache__/x.pyc", "app.py~", "index.php", "prod.env"):
    put(STATIC, name, "TOP-SECRET = 1\n")
put(STATIC, "app.py", "import os\nKEY = 'TOP-SECRET'\n")
put(STATIC, "page.html.j2", "<p>{{ user }} TOP-SECRET</p>\n")
put(STATIC, "prod.ini", "[db]\npassword = TOP-SECRET\n")
put(STATIC, "prod.toml", "[db]\npassword = 'TOP-SECRET'\n")
put(STATIC, "prod.yml", "db:\n  password: TOP-SECRET\n")
put(STATIC, "server.key", "-----BEGIN PRIVATE KEY-----\nTOP-SECRET\n-----END PRIVATE KEY-----\n")
put(STATIC, "chain.pem", "-----BEGIN CERTIFICATE-----\n" + "A" * 6000 + "\n-----BEGIN RSA PRIVATE KEY-----\nTOP-SECRET\n")
put(STATIC, "app.log", "2026-01-01 00:00:00 INFO TOP-SECRET\n")
put(STATIC, "report.old", "TOP-SECRET\n")
put(STATIC, "backup.zip", "PK\3\4 TOP-SECRET\n")
put(STATIC, "all.sql", "-- hello\nCREATE TABLE users (name TEXT);\nINSERT INTO users VALUES ('TOP-SECRET');\n")
put(STATIC, "openapi.yaml", "openapi: 3.1.0\nsecurity:\n  - password: passes\n")
put(STATIC, "values.yml", "colours:\n  - passes\n")
put(STATIC, "ca.pem", "-----BEGIN CERTIFICATE-----\npasses\n")
put(STATIC, "site.js", "passes()\n")
put(STATIC, "typed.py", "KEY: str = 'TOP-SECRET'\n")
put(STATIC, "mail.yml", "user: me\nsmtp_pass: TOP-SECRET\n")
put(STATIC, "config.json", '{"apiKey": "AIzaSyA-passes", "dsn": "https://abc@o1.ingest.sentry.io/1", "accessToken": "pk.eyJ1"}')
put(STATIC, "en.yml", "en:\n  password: Password\n  state: passes\n  reset_token: Your new token\n  need_password: true\n")
put(STATIC, "de.yaml", "de:\n  password: Passwort\n  state: passes\n")
put(ROOT, "my notes.bin", "TOP-SECRET")
for name in ("site.db", "site.sqlite3"):
    with sqlite3.connect(os.path.join(STATIC, name)) as db:
        db.execute("create table t (x)")
        db.execute("insert into t values ('TOP-SECRET')")

app = Flask(__name__, static_folder=STATIC)


def below(name):
    return os.path.join(FILES, name)


def read(name):
    try:
        with open(below(name), "rb") as f:
            return f.read()
    except (OSError, ValueError):
        return Response("nothing", 404)


@app.route("/files/<path:name>")
def files(name):
    return send_file(below(name)) if os.path.isfile(below(name)) else Response("nothing", 404)


@app.route("/read/<path:name>")
def opened(name):
    return read(name)


@app.route("/twice/<path:name>")
def twice(name):
    return read(unquote(unquote(name)).replace("\\", "/"))


@app.route("/windows/<path:name>")
def windows(name):
    return read("/".join(part.strip(" \xa0") for part in name.replace("\\", "/").split("/")))


@app.route("/java/<path:name>")
def java(name):
    return read(re.sub(";[^/]*", "", name))


@app.route("/cleaned/<path:name>")
def cleaned(name):
    return read(name.replace("../", ""))


@app.route("/unicode/<path:name>")
def normal(name):
    return read(unicodedata.normalize("NFKC", name))


def lenient(raw):
    """UTF-8 as decoders read it that do not look for the shortest form."""
    out, i = "", 0
    while i < len(raw):
        size = 1 if raw[i] < 0xC0 else 2 if raw[i] < 0xE0 else 3
        value = raw[i] & (0x7F >> (0 if size == 1 else size))
        for b in raw[i + 1:i + size]:
            value = value << 6 | b & 0x3F
        out += chr(value)
        i += size
    return out


@app.route("/lenient/<path:name>")
def leniently(name):
    raw = request.environ["PATH_INFO"].encode("latin1")[len("/lenient/"):]
    return read(lenient(raw))


# Names in a query.

@app.route("/download")
def download():
    return send_file(os.path.join(STATIC, request.args["name"]), as_attachment="keep" in request.args)


@app.route("/show")
def show():
    with open(below(request.args["name"])) as f:
        return f.read()


@app.route("/plain")
def plain():
    with open(below(request.args["name"])) as f:
        return Response(f.read(), mimetype="text/plain")


@app.route("/ping")
def ping():
    return "passes"


@app.route("/media")
def media():
    return send_file(io.BytesIO(b"passes"), download_name=os.path.basename(request.args["path"]))


@app.route("/get/<name>")
def get(name):
    # What it is called has nothing to do with what it is.
    return send_file(os.path.join(STATIC, "site.db"), download_name="site.db")


@app.route("/text/<name>")
def text(name):
    with open(os.path.join(STATIC, name)) as f:
        return Response(f.read(), mimetype="text/plain" if "plain" in request.args else "text/html")


# Routes that only look like files.

@app.route("/tags/<name>")
def tag(name):
    return render_template_string("<!doctype html><h1>{{ name }}</h1>passes", name=name)


@app.route("/export/<name>")
def export(name):
    return send_file(io.BytesIO(b"SQLite format 3\0 passes"), as_attachment=True, download_name=name)


@app.route("/api/<name>")
def api(name):
    return jsonify(name=name, state="passes")


@app.route("/search")
def search():
    return "<p>passes: " + request.args.get("q", "")


@app.errorhandler(404)
def missing(e):
    return "the app's own page", 404


@app.route("/bye", methods=["POST"])
def bye():
    shutil.rmtree(ROOT, ignore_errors=True)
    return "bye"
