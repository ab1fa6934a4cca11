"""Ends its process in the middle of an answer."""
import os

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    def body():
        yield b"x" * 100000
        os._exit(3)
    start_response("200 OK", [("Content-Length", "200000")])
    return body()
