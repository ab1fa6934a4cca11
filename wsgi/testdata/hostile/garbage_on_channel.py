"""Writes what is no frame to the channel."""
import os

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.write(3, b"HTTP/1.1 200 OK\r\n\r\nhello from the app")
    start_response("200 OK", [])
    return [b"body"]
