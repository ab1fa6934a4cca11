"""Notes: a small Flask app, written as people write them.

Do not copy its security: the secret key stands in the source, no form has a CSRF token,
every user can open every profile, and any file can be uploaded. README.md has the list.
That is the point: Fumehood has to make an app like this one safe without changing it.
"""
import csv
import functools
import io
import os
import sqlite3
import time

from flask import (Flask, Response, abort, flash, g, jsonify, redirect, render_template,
                   request, send_from_directory, session, stream_with_context, url_for)
from markupsafe import Markup
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.utils import secure_filename

app = Flask(__name__)
app.config["SECRET_KEY"] = "dev"
app.config["DATABASE"] = os.path.join(app.instance_path, "notes.db")
app.config["UPLOAD_FOLDER"] = os.path.join(app.instance_path, "uploads")
app.config["EVENT_PAUSE"] = 0.4  # seconds between two events of /events

TAGS = ["idea", "to do", "recipe", "reading", "lab"]

DEMO_NOTES = [
    ("Welcome to Notes", "Write something down before you forget it.\n\n"
     "Everything here is yours: change it, delete it, or start with a new note.", "idea", 0),
    ("Sourdough, second try", "75 % water, 20 % starter, 2 % salt.\n"
     "Fold four times, one night in the fridge, 45 minutes at 230 °C.", "recipe", 1),
    ("Before Friday", "- call the dentist\n- book the train\n- water the lemon tree", "to do", 1),
    ("Surely You're Joking", "Chapter on lock picking: people never change the factory "
     "combination.", "reading", 3),
    ("Titration 14", "23.4 ml to the end point; repeat with the new indicator.\n"
     "Fume hood on!", "lab", 4),
    ("A bench by the river", "Oak, 160 x 45 cm, no screws. Ask Mina for the old planks.", "idea", 6),
]


# --- database ---------------------------------------------------------------------

def get_db():
    if "db" not in g:
        os.makedirs(app.config["UPLOAD_FOLDER"], exist_ok=True)
        g.db = sqlite3.connect(app.config["DATABASE"], timeout=10)
        g.db.row_factory = sqlite3.Row
        if g.db.execute("PRAGMA user_version").fetchone()[0] == 0:
            init_db(g.db)
    return g.db


def init_db(db):
    """Make the tables and the demo accounts, once, whichever worker comes first."""
    db.execute("BEGIN IMMEDIATE")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:
        with app.open_resource("schema.sql") as f:
            for statement in f.read().decode("utf-8").split(";"):
                db.execute(statement)
        add_user(db, "demo", "demo@example.org", "demo")
        add_user(db, "admin", "admin@example.org", "admin", role="admin")
        for title, body, tag, days in DEMO_NOTES:
            db.execute("INSERT INTO notes (user_id, title, body, tag, created)"
                       " VALUES (1, ?, ?, ?, datetime('now', ?))",
                       (title, body, tag, "-%d days" % days))
        db.execute("INSERT INTO notes (user_id, title, body, tag) VALUES (2, ?, ?, 'to do')",
                   ("Rotate the keys", "The one in app.py is still the one from the tutorial."))
        db.execute("PRAGMA user_version = 1")
    db.commit()


def add_user(db, username, email, password, role="user"):
    db.execute("INSERT INTO users (username, email, password, role) VALUES (?, ?, ?, ?)",
               (username, email, generate_password_hash(password), role))


@app.teardown_appcontext
def close_db(exception):
    db = g.pop("db", None)
    if db is not None:
        db.close()


# --- pages ------------------------------------------------------------------------

@app.template_filter("nl2br")
def nl2br(text):
    return Markup(text.replace("\r\n", "\n").replace("\n", "<br>"))


# --- who is it --------------------------------------------------------------------

@app.before_request
def load_user():
    g.user = None
    if "user_id" in session:
        g.user = get_db().execute("SELECT * FROM users WHERE id = ?",
                                  (session["user_id"],)).fetchone()


def login_required(view):
    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if g.user is None:
            if request.path.startswith("/api/"):
                return jsonify(error="login required"), 401
            return redirect(url_for("login", next=request.path))
        return view(*args, **kwargs)
    return wrapped


@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "POST":
        username = request.form["username"].strip()
        password = request.form["password"]
        if not username or not password:
            flash("Please choose a name and a password.")
        else:
            try:
                add_user(get_db(), username, request.form.get("email", ""), password)
                get_db().commit()
            except sqlite3.IntegrityError:
                flash("The name %s is already taken." % username)
            else:
                flash("Welcome! You can log in now.")
                return redirect(url_for("login"))
    return render_template("register.html")


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        user = get_db().execute("SELECT * FROM users WHERE username = ?",
                                (request.form["username"],)).fetchone()
        if user is None:
            flash("There is no user with that name.")
        elif not check_password_hash(user["password"], request.form["password"]):
            flash("That password is wrong.")
        else:
            session["user_id"] = user["id"]
            return redirect(request.args.get("next") or url_for("index"))
    return render_template("login.html")


@app.route("/logout")
def logout():
    session.clear()
    return redirect(url_for("login"))


# --- notes ------------------------------------------------------------------------

@app.route("/")
@login_required
def index():
    q = request.args.get("q", "").strip()
    order = "title COLLATE NOCASE" if request.args.get("sort") == "title" else "created DESC, id DESC"
    notes = get_db().execute(
        "SELECT * FROM notes WHERE user_id = ? AND (title LIKE ? OR body LIKE ? OR tag = ?)"
        " ORDER BY " + order,
        (g.user["id"], "%" + q + "%", "%" + q + "%", q)).fetchall()
    return render_template("index.html", notes=notes, q=q)


def get_note(id):
    note = get_db().execute("SELECT * FROM notes WHERE id = ? AND user_id = ?",
                            (id, g.user["id"])).fetchone()
    if note is None:
        abort(404)
    return note


@app.route("/notes/new", methods=["GET", "POST"])
@login_required
def new_note():
    if request.method == "POST":
        title = request.form["title"].strip()
        if title:
            get_db().execute("INSERT INTO notes (user_id, title, body, tag) VALUES (?, ?, ?, ?)",
                             (g.user["id"], title, request.form["body"], request.form["tag"]))
            get_db().commit()
            flash("Saved.")
            return redirect(url_for("index"))
        flash("A note needs a title.")
    return render_template("edit.html", note=request.form, tags=TAGS)


@app.route("/notes/<int:id>/edit", methods=["GET", "POST"])
@login_required
def edit_note(id):
    note = get_note(id)
    if request.method == "POST":
        get_db().execute("UPDATE notes SET title = ?, body = ?, tag = ? WHERE id = ?",
                         (request.form["title"], request.form["body"], request.form["tag"], id))
        get_db().commit()
        flash("Saved.")
        return redirect(url_for("index"))
    return render_template("edit.html", note=note, tags=TAGS)


@app.route("/notes/<int:id>/delete", methods=["POST"])
@login_required
def delete_note(id):
    get_note(id)
    get_db().execute("DELETE FROM notes WHERE id = ?", (id,))
    get_db().commit()
    flash("Deleted.")
    return redirect(url_for("index"))


@app.route("/export.csv")
@login_required
def export():
    def lines():
        rows = get_db().execute("SELECT created, tag, title, body FROM notes WHERE user_id = ?"
                                " ORDER BY created", (g.user["id"],))
        line = io.StringIO()
        writer = csv.writer(line)
        writer.writerow(["created", "tag", "title", "body"])
        for row in rows:
            writer.writerow(list(row))
            yield line.getvalue()
            line.seek(0)
            line.truncate()
        yield line.getvalue()

    return Response(stream_with_context(lines()), mimetype="text/csv",
                    headers={"Content-Disposition": "attachment; filename=notes.csv"})


@app.route("/chart")
@login_required
def chart():
    rows = get_db().execute("SELECT tag, count(*) AS n FROM notes WHERE user_id = ?"
                            " GROUP BY tag ORDER BY n DESC, tag", (g.user["id"],)).fetchall()
    return render_template("chart.html", tags=[r["tag"] for r in rows], counts=[r["n"] for r in rows])


@app.route("/events")
@login_required
def events():
    """A few server-sent events: how many notes there are now."""
    user_id = g.user["id"]

    def stream():
        yield "retry: 10000\n\n"
        for i in range(5):
            if i:
                time.sleep(app.config["EVENT_PAUSE"])
            n = get_db().execute("SELECT count(*) FROM notes WHERE user_id = ?",
                                 (user_id,)).fetchone()[0]
            yield "id: %d\nevent: count\ndata: %d\n\n" % (i + 1, n)
        yield "event: done\ndata: bye\n\n"

    return Response(stream_with_context(stream()), mimetype="text/event-stream",
                    headers={"Cache-Control": "no-cache"})


# --- JSON API ---------------------------------------------------------------------

@app.route("/api/notes", methods=["GET", "POST"])
@login_required
def api_notes():
    if request.method == "POST":
        data = request.get_json()
        try:
            cursor = get_db().execute("INSERT INTO notes (user_id, title, body, tag) VALUES (?, ?, ?, ?)",
                                      (g.user["id"], data["title"], data.get("body", ""),
                                       data.get("tag", "idea")))
        except sqlite3.Error as e:
            return jsonify(error=str(e)), 500
        get_db().commit()
        return jsonify(id=cursor.lastrowid), 201
    rows = get_db().execute("SELECT id, title, body, tag, created FROM notes WHERE user_id = ?"
                            " ORDER BY id", (g.user["id"],))
    return jsonify(notes=[dict(row) for row in rows])


# --- files ------------------------------------------------------------------------

@app.route("/files", methods=["GET", "POST"])
@login_required
def files():
    if request.method == "POST":
        file = request.files.get("file")
        name = secure_filename(file.filename) if file else ""
        if not name:
            flash("Please choose a file.")
        else:
            path = os.path.join(app.config["UPLOAD_FOLDER"], name)
            file.save(path)
            get_db().execute("INSERT OR REPLACE INTO files (user_id, name, size) VALUES (?, ?, ?)",
                             (g.user["id"], name, os.path.getsize(path)))
            get_db().commit()
            flash("%s is uploaded." % name)
        return redirect(url_for("files"))
    rows = get_db().execute("SELECT * FROM files WHERE user_id = ? ORDER BY id DESC",
                            (g.user["id"],)).fetchall()
    return render_template("files.html", files=rows)


@app.route("/files/<path:name>")
@login_required
def download(name):
    return send_from_directory(app.config["UPLOAD_FOLDER"], name,
                               as_attachment="download" in request.args)


# --- people -----------------------------------------------------------------------

@app.route("/user_profile/<int:id>")
@login_required
def user_profile(id):
    user = get_db().execute("SELECT *, (SELECT count(*) FROM notes WHERE user_id = users.id) AS notes,"
                            " (SELECT count(*) FROM files WHERE user_id = users.id) AS files"
                            " FROM users WHERE id = ?", (id,)).fetchone()
    if user is None:
        abort(404)
    return render_template("profile.html", user=user)


@app.route("/password", methods=["GET", "POST"])
@login_required
def change_password():
    if request.method == "POST":
        if request.form["password"]:
            get_db().execute("UPDATE users SET password = ? WHERE id = ?",
                             (generate_password_hash(request.form["password"]), g.user["id"]))
            get_db().commit()
            flash("Your password is changed.")
            return redirect(url_for("user_profile", id=g.user["id"]))
        flash("Please choose a password.")
    return render_template("password.html")


@app.route("/admin_dashboard")
@login_required
def admin_dashboard():
    if g.user["role"] != "admin":
        abort(403)
    users = get_db().execute("SELECT *, (SELECT count(*) FROM notes WHERE user_id = users.id) AS notes,"
                             " (SELECT count(*) FROM files WHERE user_id = users.id) AS files"
                             " FROM users ORDER BY id").fetchall()
    return render_template("admin.html", users=users)


@app.errorhandler(404)
def not_found(error):
    return render_template("404.html"), 404


if __name__ == "__main__":
    app.run(debug=True)
