"""Views that take it that a client sends what the form has."""
from flask import jsonify, request

from app import app

SETTINGS = {"motd": "hello"}


@app.before_request
def manage():  # only the admin's program sends this, and it knows where
    if request.method in ("PATCH", "POST"):
        data = request.get_json(silent=True) if request.is_json else request.form
        if data and "motd" in data:
            SETTINGS["motd"] = data["motd"]
            return jsonify(SETTINGS)


@app.route("/motd")
def motd():
    return jsonify(SETTINGS)


@app.route("/order", methods=["POST"])
def order():
    data = request.get_json() if request.is_json else request.form
    return jsonify(reached=True, keys=len(data))


@app.route("/pay", methods=["POST"])
def pay():
    amount = request.get_json()["amount"]
    if amount > 100:
        return jsonify(error="not so much"), 400
    return jsonify(reached=True, keys=1)


@app.route("/anything", methods=["GET", "POST"])
def anything():
    data = request.get_json() if request.is_json else request.values
    return jsonify(reached=True, keys=len(data))
