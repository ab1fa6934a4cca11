"""Beaker Street: a small shop for laboratory glass that makes every mistake the guides warn of.

NEVER DEPLOY THIS. Whoever reaches it can run any program on the machine. It is a target for
the attacks of canon/ and sqlmap; README.md lists the holes. Each one is code that people have
written in earnest, so nothing here is a good example of anything.
"""
import base64
import ipaddress
import json
import os
import pickle
import sqlite3
import subprocess
import unicodedata
import urllib.parse
import urllib.request
import xml.dom.minidom
import xml.sax
from concurrent.futures import ThreadPoolExecutor

from flask import (Flask, Response, abort, flash, g, redirect, render_template, render_template_string,
                   request, send_file, session, url_for)
from markupsafe import Markup

try:
    import yaml
except ImportError:  # only Flask is needed; /tools/prices says so
    yaml = None

app = Flask(__name__)
app.secret_key = "beaker-street-2019"  # hole: a key in the source
DATABASE = os.path.join(app.instance_path, "leaky.db")
MANUALS = os.path.join(app.root_path, "manuals")
PHOTOS = os.path.join(app.static_folder, "photos")
POOL = ThreadPoolExecutor(4)  # for what takes long


# --- database ---------------------------------------------------------------------

def connect():
    db = sqlite3.connect(DATABASE, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def db():
    if "db" not in g:
        g.db = connect()
    return g.db


def rows(statement, *values):
    return db().execute(statement, values).fetchall()


@app.teardown_appcontext
def close_db(exception):
    if "db" in g:
        g.pop("db").close()


def make_database():
    os.makedirs(app.instance_path, exist_ok=True)
    os.makedirs(PHOTOS, exist_ok=True)
    with app.open_resource("schema.sql") as f:  # does nothing to tables that are there
        connection = connect()
        connection.executescript(f.read().decode("utf-8"))
        connection.close()


make_database()


@app.errorhandler(sqlite3.Error)
def database_error(e):  # hole: the database tells the visitor what it did not like
    return "<h1>Database error</h1><p>%s" % e, 500


# --- who is it --------------------------------------------------------------------

@app.before_request
def load_user():
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        abort(403)  # the one guard here: this app is for the machine that it runs on
    g.user = None
    if "user" in session:
        g.user = (rows("SELECT * FROM users WHERE id = ?", session["user"]) or [None])[0]
    g.basket = basket()


def me():
    return g.user or abort(401, "Please log in first.")


@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "POST":
        try:  # hole: the password is stored as it is
            rows("INSERT INTO users (username, password, email) VALUES (?, ?, ?)", request.form["username"],
                 request.form["password"], request.form.get("email", ""))
        except sqlite3.IntegrityError:
            flash("That name is taken.")
        else:
            db().commit()
            return redirect(url_for("login"))
    return render_template("login.html", new=True)


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":  # hole: SQL, quoted
        user = db().execute("SELECT * FROM users WHERE username = '%s' AND password = '%s'"
                            % (request.form["username"], request.form["password"])).fetchone()
        if user is not None:
            session["user"] = user["id"]
            return redirect(request.args.get("next") or url_for("index"))  # hole: wherever it says
        flash("That password is wrong.")
    return render_template("login.html", new=False)


@app.route("/logout")
def logout():
    session.clear()
    return redirect(url_for("index"))


@app.route("/user/<int:id>")
def profile(id):  # hole: anybody's page for everybody
    user = (rows("SELECT * FROM users WHERE id = ?", id) or abort(404))[0]
    return render_template("profile.html", user=user)


@app.route("/account", methods=["POST"])
def account():  # hole: every column can be set, "role" too
    columns = [row["name"] for row in rows("PRAGMA table_info(users)")]
    for name, value in request.form.items():
        if name in columns:
            rows("UPDATE users SET %s = ? WHERE id = ?" % name, value, me()["id"])
    db().commit()
    return redirect(url_for("profile", id=g.user["id"]))


@app.route("/admin")
def admin():  # hole: nobody asks who it is
    return render_template("admin.html", users=rows("SELECT * FROM users ORDER BY id LIMIT 50"))


# --- shop -------------------------------------------------------------------------

@app.route("/")
def index():  # holes: SQL, ORDER BY; SQL from a cookie
    products = rows("SELECT * FROM products ORDER BY " + request.args.get("sort", "name"))
    currency = rows("SELECT * FROM currencies WHERE code = '%s'" % request.cookies.get("currency", "EUR"))
    return render_template("index.html", products=products, currency=currency[0] if currency else None)


@app.route("/search")
def search():  # holes: SQL, LIKE; search.html shows the text in four ways that let script in
    q = request.args.get("q", "")
    found = rows("SELECT * FROM products WHERE name LIKE '%" + q + "%' OR description LIKE '%" + q + "%' ORDER BY name")
    return render_template("search.html", q=q, products=found, page=request.args.get("page", "1"))


@app.route("/product")
def product():  # hole: SQL, a number
    found = rows("SELECT * FROM products WHERE id = " + request.args["id"])
    if not found:
        abort(404)
    reviews = rows("SELECT * FROM reviews WHERE product_id = ? ORDER BY id DESC LIMIT 1", found[0]["id"])
    return render_template("product.html", product=found[0], reviews=reviews)


@app.route("/review", methods=["POST"])
def review():  # hole: product.html shows it with |safe
    rows("INSERT INTO reviews (product_id, author, text) VALUES (?, ?, ?)",
         request.form["product"], me()["username"], request.form["text"])
    db().commit()
    return redirect(url_for("product", id=request.form["product"]))


@app.route("/reviews")
def reviews():  # no hole, for once: quoted by hand, and rightly so
    author = request.args["author"].replace("'", "''")
    return render_template("reviews.html", reviews=rows("SELECT * FROM reviews WHERE author = '%s'" % author))


@app.route("/compare")
def compare():  # hole: SQL, IN
    return render_template("search.html", q="", page="1", products=rows(
        "SELECT * FROM products WHERE id IN (%s)" % request.args.get("ids", "1,2")))


@app.route("/coupon")
def coupon():  # hole: SQL, of a text that is not quite what was sent
    code = request.args["code"].strip().lower()
    return answer("coupon", rows("SELECT code, percent FROM coupons WHERE code = '%s'" % code))


@app.route("/track")
def track():  # hole: SQL, of what base64 hides
    number = base64.urlsafe_b64decode(request.args["order"] + "==").decode()
    return answer("order", rows("SELECT number, month, amount FROM orders WHERE number = '%s'" % number))


@app.route("/old")
def old_link():  # hole: SQL, of what is quoted twice, as the links of the old shop were
    name = urllib.parse.unquote(request.args["name"])
    return answer("product", rows("SELECT name, price FROM products WHERE name = '%s'" % name))


@app.route("/suggest")
def suggest():  # holes: SQL, of full-width letters; JSON that browsers take for a page
    q = unicodedata.normalize("NFKC", request.args["q"])
    return json.dumps({"q": q, "names": [row["name"] for row in rows(
        "SELECT name FROM products WHERE name LIKE '%s%%'" % q)]})


@app.route("/stock", methods=["POST"])
def stock():  # hole: SQL, several statements, from JSON
    script = "".join("UPDATE products SET stock = %s WHERE code = '%s';\n" % (line["count"], line["code"])
                     for line in request.get_json()["lines"])
    db().executescript(script)
    return {"done": script.count("\n")}


@app.route("/report")
def report():  # hole: SQL, in other threads
    def total(month):
        connection = connect()
        try:
            return month, connection.execute("SELECT sum(amount) FROM orders WHERE month = '%s'" % month).fetchone()[0]
        finally:
            connection.close()
    return answer("report", list(POOL.map(total, request.args["months"].split("|"))))


def answer(title, lines):
    text = "\n".join("  ".join(str(cell) for cell in line) for line in lines) or "nothing found"
    return render_template("result.html", title=title, text=text)


# --- basket -----------------------------------------------------------------------

def basket():  # hole: pickle, in a cookie
    cookie = request.cookies.get("basket")
    return pickle.loads(base64.b64decode(cookie)) if cookie else {}


@app.route("/basket", methods=["GET", "POST"])
def show_basket():
    if request.method == "POST":
        g.basket[request.form["product"]] = g.basket.get(request.form["product"], 0) + 1
    response = app.make_response(answer("basket", g.basket.items()))
    response.set_cookie("basket", base64.b64encode(pickle.dumps(g.basket)).decode())
    return response


# --- texts ------------------------------------------------------------------------

@app.route("/hello")
def hello():  # hole: Markup around what was sent
    return render_template("result.html", title="hello", text=Markup("Good morning, <b>%s</b>!" % request.args["name"]))


@app.route("/label")
def label():  # hole: a .txt template is not escaped, and a browser takes it for a page
    return render_template("label.txt", text=request.args["text"])


@app.route("/card")
def card():  # hole: what was sent becomes a part of the template
    return render_template_string("{% extends 'base.html' %}{% block main %}<div class=card><h1>A card for you</h1><p>"
                                  + request.args["text"] + "</p></div>{% endblock %}")


@app.route("/receipt")
def receipt():  # hole: what was sent is a format, and formats can reach attributes
    return answer("receipt", [(request.args.get("text", "Thank you, {name}!").format(
        name=g.user["username"] if g.user else "friend", shop=app),)])


@app.route("/raw")
def raw():  # holes: header fields of the visitor's choice, the content type first
    response = Response(request.args["text"], mimetype=request.args.get("type", "text/plain"))
    response.headers[request.args.get("header", "X-Note")] = request.args.get("value", "none")
    return response


@app.route("/go")
def go():  # hole: a redirect to anywhere
    return redirect(request.args["to"])


# --- files ------------------------------------------------------------------------

@app.route("/manual")
def manual():  # hole: a name that leads out of the folder
    return send_file(os.path.join(MANUALS, request.args["name"]))


@app.route("/manual/text")
def manual_text():  # hole: the same with open()
    with open("manuals/" + request.args["name"]) as f:
        return answer("manual", [(f.read(),)])


@app.route("/manual/find")
def manual_find():  # hole: a shell, quoted
    with os.popen("grep -il '%s' manuals/*.txt" % request.args["q"]) as out:
        return answer("manuals", [(out.read(),)])


@app.route("/manual/archive")
def manual_archive():  # hole: no shell, but names that are options to tar
    names = request.args.getlist("name") or ["burette.txt"]
    done = subprocess.run(["tar", "-cf", "-"] + names, cwd=MANUALS, stdout=subprocess.PIPE)
    return Response(done.stdout, mimetype="application/x-tar",
                    headers={"Content-Disposition": "attachment; filename=manuals.tar"})


@app.route("/photo", methods=["GET", "POST"])
def photo():  # hole: any file, any name, below static/
    if request.method == "POST":
        file = request.files["file"]
        file.save(os.path.join(PHOTOS, file.filename))
        flash("Thank you!")
    return render_template("photo.html", names=sorted(os.listdir(PHOTOS)))


# --- tools of the staff -----------------------------------------------------------

@app.route("/tools")
def tools():
    return render_template("tools.html")


@app.route("/tools/ping")
def ping():  # hole: a shell
    done = subprocess.run("ping -c 1 -W 1 " + request.args["host"], shell=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=10)
    return answer("ping", [(done.stdout.decode(),)])


@app.route("/tools/calc")
def calc():  # hole: Python
    return answer("calculator", [(eval(request.args["sum"]),)])


@app.route("/tools/preview")
def preview():  # hole: the server opens what it is told, from where it stands
    try:
        with urllib.request.urlopen(request.args["url"], timeout=3) as page:
            text = page.read(2000).decode("utf-8", "replace")
    except OSError as e:
        text = "not to be opened: %s" % e
    return answer("preview", [(text,)])


@app.route("/tools/prices", methods=["POST"])
def prices():  # hole: YAML that makes objects
    if yaml is None:
        return answer("prices", [("PyYAML is not installed: pip install pyyaml",)])
    return answer("prices", sorted(yaml.load(request.form["list"], Loader=yaml.UnsafeLoader).items()))


@app.route("/tools/order", methods=["POST"])
def order():  # hole: XML whose entities are files
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    document = xml.dom.minidom.parseString(request.form["xml"], parser)
    return answer("order", [("".join(node.data for item in document.getElementsByTagName("item")
                                     for node in item.childNodes if node.nodeType == node.TEXT_NODE),)])


if __name__ == "__main__":
    app.run(debug=True)  # hole: debug mode
