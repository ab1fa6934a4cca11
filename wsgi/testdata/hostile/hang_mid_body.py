"""Sends a part and never the rest."""
import threading

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    def body():
        yield b"part"
        threading.Event().wait()
    start_response("200 OK", [])
    return body()
