"""Yields text."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    start_response("200 OK", [])
    return iter(["text"])
