"""Sends eight megabytes of header."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    start_response("200 OK", [("X-Name", "v" * (8 << 20))])
    return [b"body"]
