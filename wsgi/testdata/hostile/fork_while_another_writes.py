"""Forks while another thread holds the lock that frames are written under."""
import os
import threading
import time

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    worker, held = environ["wsgi.early_hints"].__self__.worker, threading.Event()

    def write():
        with worker.mouth:
            held.set()
            time.sleep(0.1)
    threading.Thread(target=write).start()
    held.wait()
    os.fork()
    start_response("200 OK", [])
    return [b"body"]
