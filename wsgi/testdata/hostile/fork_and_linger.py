"""Leaves a child behind that lives on, with all that it inherited."""
import os
import time

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    if os.fork() == 0:
        time.sleep(2)
        os._exit(0)
    start_response("200 OK", [])
    return [b"body"]
