"""Puts CR LF, LF or NUL into a header field."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    value = {"crlf": "a\r\nSet-Cookie: evil=1", "lf": "a\nSet-Cookie: evil=1", "nul": "a\0X-Evil\0b"}
    start_response("200 OK", [("X-Name", value[environ["QUERY_STRING"]])])
    return [b"body"]
