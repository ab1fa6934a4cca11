"""Answers long after its time is up."""
import time

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    time.sleep(2.5)
    start_response("200 OK", [])
    return [b"late"]
