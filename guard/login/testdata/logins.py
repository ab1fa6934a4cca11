"""The ways in which Flask apps log in, as tutorials and extensions have them."""
from flask import (Flask, abort, flash, get_flashed_messages, jsonify, redirect, render_template_string,
                   request, session, url_for)

app = Flask(__name__)
app.secret_key = "0123456789abcdef"

PAGE = """<!doctype html>
{% for message in get_flashed_messages() %}<p>{{ message }}</p>{% endfor %}
<form method="post"><input name="username"><input name="password" type="password"><button>Log in</button></form>"""


def right():
    form = request.get_json() if request.is_json else request.form
    return form.get("username") == "ada" and form.get("password") == "right"


def page():
    return render_template_string(PAGE)


@app.route("/again/login", methods=["GET", "POST"])
def again():  # render_template again
    if request.method == "POST":
        if right():
            session["user_id"] = 7
            return redirect("/")
        flash("That was wrong.")
    return page()


@app.route("/flash/login", methods=["GET", "POST"])
def flashed():  # flash and back to the form
    if request.method == "POST":
        if right():
            session["user_id"] = 7
            return redirect("/")
        flash("That was wrong.")
        return redirect(url_for("flashed"))
    return page()


@app.route("/front/login", methods=["GET", "POST"])
def front():  # flash and to the front page
    if request.method == "POST":
        if right():
            session["user"] = "ada"
        else:
            flash("That was wrong.")
        return redirect("/")
    return page()


@app.route("/counted/login", methods=["GET", "POST"])
def counted():  # the lockout counter of the guides
    if request.method == "POST":
        if right():
            session.pop("login_attempts", None)
            session["user"] = "ada"
            return redirect("/")
        session["login_attempts"] = session.get("login_attempts", 0) + 1
        return redirect("/?error=1")
    return page()


@app.route("/aborted/login", methods=["GET", "POST"])
def aborted():  # abort(401)
    if request.method == "POST":
        if not right():
            abort(401)
        session["user"] = "ada"
        return "Welcome"
    return page()


@app.route("/text/login", methods=["GET", "POST"])
def text():  # a bare sentence
    if request.method == "POST":
        if not right():
            return "Invalid username or password"
        session["user"] = "ada"
        return "Welcome, ada"
    return page()


@app.route("/extension/login", methods=["GET", "POST"])
def extension():  # what login_user of Flask-Login 0.6 does
    if request.method == "POST":
        if right():
            session["_user_id"] = "7"
            session["_fresh"] = True
            session["_id"] = "5a" * 64
            return redirect(request.args.get("next") or "/")
        flash("That was wrong.")
        session["_id"] = "5b" * 64
    return page()


@app.route("/remember/login", methods=["GET", "POST"])
def remember():  # a cookie and nothing else, from a library for tokens
    if request.method == "POST":
        if right():
            response = redirect("/")
            response.set_cookie("access_token_cookie", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl", httponly=True)
            return response
        return redirect("/remember/login?error=wrong")
    return page()


@app.post("/json200/login")
def json200():
    return jsonify(token="x" * 40) if right() else jsonify(error="wrong user name or password")


@app.post("/json401/login")
def json401():
    return jsonify(access_token="x" * 40) if right() else (jsonify(msg="Bad username or password"), 401)


@app.post("/jsonsession/login")
def jsonsession():
    if right():
        session["user_id"] = 7
    return jsonify(success=right())


@app.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "POST":
        return redirect("/")
    return """<form method=post><input name=username><input name=password type=password></form>"""


@app.route("/")
def index():
    return "hello " + " ".join(get_flashed_messages())
