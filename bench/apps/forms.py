"""An app with a form that changes something, once as it is and once with Flask-WTF."""

from flask import Flask, request, session

app = Flask(__name__)
app.config["SECRET_KEY"] = "bench"


@app.get("/")
def hello():
    return "Hello, World!"


@app.post("/password")
def password():
    session["changed"] = request.form["password"]
    return "changed"


def protected():
    from flask_wtf.csrf import CSRFProtect

    CSRFProtect(app)
    return app
