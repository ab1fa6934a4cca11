"""A cookie of the app's own, with no word about who may have it."""
from flask import g, request

from app import app


@app.after_request
def remember(response):
    if g.get("user") is not None and "remember" not in request.cookies:
        response.set_cookie("remember", g.user["username"])
    return response
