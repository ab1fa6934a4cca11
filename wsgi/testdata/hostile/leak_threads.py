"""Leaves threads behind."""
import threading

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    for _ in range(50):
        threading.Thread(target=threading.Event().wait).start()
    start_response("200 OK", [])
    return [b"body"]
