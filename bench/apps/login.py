"""An app with a login, once as it is and once with Flask-Limiter as its guides have it."""

from flask import Flask, redirect, request, session

app = Flask(__name__)
app.config["SECRET_KEY"] = "bench"
FORM = '<form method="post"><input name="username"><input type="password" name="password"><button>Log in</button></form>'


@app.get("/")
def hello():
    return "Hello, World!"


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        if request.form["password"] == "correct horse battery staple":
            session["user"] = request.form["username"]
            return redirect("/")
        return "<p>Wrong name or password.</p>" + FORM
    return FORM


def limited():
    from flask_limiter import Limiter
    from flask_limiter.util import get_remote_address

    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    app.view_functions["login"] = limiter.limit("5 per minute", methods=["POST"])(login)
    return app
