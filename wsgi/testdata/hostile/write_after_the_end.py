"""Keeps write() and goes on writing when its answer is over."""
import threading
import time

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    write = start_response("200 OK", [])
    def work():
        time.sleep(0.1)
        write(b"out of place")
    threading.Thread(target=work).start()
    return [b"body"]
