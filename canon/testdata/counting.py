"""The counters that the guides teach: failed logins by account, requests by address."""
from flask import flash, jsonify, redirect, render_template, request, session, url_for
from werkzeug.security import check_password_hash

from app import app, generate_password_hash, get_db

with app.app_context():
    db = get_db()
    db.execute("CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL)")
    password = generate_password_hash("nobody would guess this one")
    db.executemany("INSERT OR IGNORE INTO users (username, password) VALUES (?, ?)",
                   [("staff%03d" % i, password) for i in range(500)])
    db.commit()


def count(name):
    get_db().execute("INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1", (name,))
    get_db().commit()


def counted(name):
    row = get_db().execute("SELECT n FROM counters WHERE name = ?", (name,)).fetchone()
    return row["n"] if row else 0


@app.route("/staff/login", methods=["GET", "POST"])
def staff_login():
    if request.method == "POST":
        name = request.form["username"]
        user = get_db().execute("SELECT * FROM users WHERE username = ?", (name,)).fetchone()
        if counted("login " + name) >= 10:
            flash("This account is locked. Please ask for a new password.")
        elif user is None or not check_password_hash(user["password"], request.form["password"]):
            count("login " + name)
            flash("That password is wrong.")
        else:
            session["user_id"] = user["id"]
            return redirect(url_for("index"))
    return render_template("login.html")


@app.route("/api/limited")
def limited():
    who = request.headers.get("X-Forwarded-For") or request.headers.get("X-Real-IP") or request.remote_addr
    if counted("api " + who) >= 5:
        return jsonify(error="slow down"), 429
    count("api " + who)
    return jsonify(ok=True)


@app.route("/api/tally")
def tally():
    return jsonify(ok=True)
