"""Forks, and both processes return to the server."""
import os

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.fork()
    start_response("200 OK", [])
    return [b"body"]
