"""Sends more than it said."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"body", b"HTTP/1.1 200 OK\r\n\r\nsmuggled"]
