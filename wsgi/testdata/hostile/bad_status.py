"""Puts another field into the status."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    start_response("200 OK\r\nSet-Cookie: evil=1", [])
    return [b"body"]
