"""Answers, and never returns from close()."""
import threading

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    class Body(list):
        def close(self):
            threading.Event().wait()
    start_response("200 OK", [])
    return Body([b"body"])
