"""Forks in the middle of an answer; both processes go on with it."""
import os

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    def body():
        yield b"one "
        if os.fork():
            os.wait()
        yield b"two"
    start_response("200 OK", [])
    return body()
