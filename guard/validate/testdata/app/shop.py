"""A shop as people write one, with what goes wrong without checks. Nothing here is careless on
purpose alone: each view is a few lines that many apps have."""
import json

from flask import Flask, abort, jsonify, request

app = Flask(__name__)
users, seen, journal = {}, [], []


@app.before_request
def remember():
    # Method-agnostic: it acts on whatever is posted, wherever.
    if request.form.get("feedback"):
        journal.append("%s %s %s" % (request.method, request.path, request.form["feedback"]))
    if request.method == "DELETE":
        journal.append("DELETE " + request.path)


@app.get("/")
def hello():
    return "hello"


@app.get("/journal")
def read_journal():
    return jsonify(journal)


@app.post("/price")
def price():
    data = request.get_json()
    total = data["price"] * 2
    return jsonify(total=str(total), cheap=total < 100, comparable=total == total)


@app.post("/echo")
def echo():
    return jsonify(request.get_json())


@app.post("/count")
def count():
    return jsonify(fields=len(request.form), args=len(request.args), files=len(request.files),
                   names=sorted(request.form)[:5])


@app.post("/keep")
def keep():
    # As a database driver or a file would: the text is encoded.
    return jsonify(size=len(request.get_json()["name"].encode("utf-8")))


@app.post("/pay")
def pay():
    # The first reader checks, the second acts: they differ in which of two equal keys counts.
    first = json.loads(request.get_data(), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    if first["amount"] > 100:
        abort(403)
    return jsonify(paid=request.get_json()["amount"])


@app.post("/signup")
def signup():
    form = request.form if request.form else request.get_json(silent=True) or {}
    user = {"is_admin": "0"}
    user.update(form.items())  # mass assignment
    age = int(user["age"]) if "age" in user else None
    users[user.get("email")] = user
    return jsonify(user=user, age=age)


@app.get("/item/<int:number>")
def item(number):
    return jsonify(item=number)


@app.get("/list")
def listing():
    return jsonify(page=int(request.args.get("page", 1)))


@app.post("/article/<string(length=4):code>")
def article(code):
    return jsonify(code=code, text=request.form["text"])


@app.errorhandler(404)
def missing(error):
    return "the shop's own 404 for %s, %s with %d bytes, old=%s" % (
        request.path, request.cookies.get("who", "nobody"), len(request.get_data()), request.args.get("old")), 404


@app.errorhandler(405)
def wrong(error):
    return "the shop's own 405 for %s" % request.method, 405
