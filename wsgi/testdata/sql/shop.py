"""A Flask app that builds its SQL as no guide says one should."""
import os
import sqlite3
import threading

from flask import Flask, g, request, session

app = Flask(__name__)
app.secret_key = "a key that only a test has"
PATH = os.environ.get("SHOP_DATABASE", ":memory:")


def db():
    if "db" not in g:
        g.db = sqlite3.connect(PATH)
        g.db.executescript("""
            CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT, password TEXT);
            CREATE TABLE IF NOT EXISTS goods (id INTEGER PRIMARY KEY, name TEXT, hidden INT);
            DELETE FROM users; DELETE FROM goods;
            INSERT INTO users (name, password) VALUES ('ada', 'the secret of ada');
            INSERT INTO goods (name, hidden) VALUES ('pear', 0), ('fig', 0), ('the hidden plum', 1);
        """)
    return g.db


@app.teardown_appcontext
def close(error):
    if "db" in g:
        g.db.close()


def shown(rows):
    return "\n".join(" ".join(map(str, row)) for row in rows) or "nothing"


@app.route("/login", methods=["POST"])
def login():
    name, password = request.form["name"], request.form["password"]
    row = db().execute(f"SELECT name FROM users WHERE name = '{name}' AND password = '{password}'").fetchone()
    return "hello " + row[0] if row else "wrong"


@app.route("/search")
def search():
    q = request.args["q"]
    return shown(db().cursor().execute("SELECT name FROM goods WHERE name LIKE '%%%s%%' AND hidden = 0" % q))


@app.route("/safe")
def safe():
    q = request.args["q"]
    return shown(db().execute("SELECT name FROM goods WHERE name LIKE '%' || ? || '%' AND hidden = 0", (q,)))


@app.route("/escaped")
def escaped():
    q = request.args["q"].replace("'", "''")
    return shown(db().execute(f"SELECT name FROM goods WHERE name LIKE '%{q}%' AND hidden = 0"))


@app.route("/item/<number>")
def item(number):
    return shown(db().execute("SELECT name FROM goods WHERE hidden = 0 AND id = " + number))


@app.route("/sorted")
def in_order():
    order = request.args["by"]
    return shown(db().execute(f"SELECT name FROM goods WHERE hidden = 0 ORDER BY {order}"))


@app.route("/api", methods=["POST"])
def api():
    words = request.get_json()["filter"]["words"]
    return shown(db().execute("SELECT name FROM goods WHERE hidden = 0 AND name IN (%s)" % ",".join("'%s'" % w for w in words)))


@app.route("/script")
def script():
    db().executescript("UPDATE goods SET hidden = hidden WHERE name = '%s';" % request.args["q"])
    return shown(db().execute("SELECT name FROM goods WHERE hidden = 0"))


@app.route("/agent")
def agent():
    return shown(db().execute("SELECT name FROM goods WHERE hidden = 0 AND name <> '%s'" % request.headers["User-Agent"]))


@app.route("/careless")
def careless():
    try:
        return search()
    except:  # noqa: E722 - as careless apps do
        return "nothing happened"


@app.route("/thread")
def thread():
    statement, box = "SELECT name FROM goods WHERE name = '%s' AND hidden = 0" % request.args["q"], []
    path = PATH

    def work():
        own = sqlite3.connect(path)
        box.extend(own.execute(statement).fetchall())
        own.close()
    db().commit()
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    return shown(box)


@app.route("/join")
def join():
    session["name"], session["pad"] = request.args["name"], "A" * int(request.args["pad"])
    return "welcome"


@app.route("/me")
def me():
    return shown(db().execute(f"SELECT name FROM users WHERE name = '{session['name']}'"))


@app.route("/article/<slug>")
def article(slug):
    return shown(db().execute("SELECT name FROM goods WHERE hidden = 0 AND id = " + slug.replace("-", " ").replace("_", " ")))
