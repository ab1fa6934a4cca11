"""Leaks on purpose: statements, templates and commands are put together from what visitors send."""
import sqlite3
import subprocess

from flask import Flask, render_template_string, request

app = Flask(__name__)


@app.post("/login")
def login():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE users (username, password, session)")
    try:
        db.execute("SELECT 1 FROM users WHERE username = '%s' AND password = '%s' AND session = '%s'"
                   % (request.form["username"], request.form["password"], request.cookies.get("session", "")))
    except sqlite3.OperationalError:
        return "no", 400
    return "yes"


@app.post("/card")
def card():
    return render_template_string("<p>%s: %s</p>" % (request.form["username"], request.form["password"]))


@app.post("/ping")
def ping():
    subprocess.run("true -p%s %s" % (request.form["password"], request.form["username"]), shell=True)
    return "yes"


@app.get("/cookie")
def cookie():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE s (token)")
    db.execute("SELECT 1 FROM s WHERE token = '%s'" % request.cookies["auth"])
    return "yes"
