"""Closes every descriptor that it did not open."""
import os

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.closerange(3, 256)
    start_response("200 OK", [])
    return [b"body"]
