"""Announces a frame and never ends it: the next answers seem to be its payload."""
import os
import struct

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.write(3, struct.pack("<HBBIII", 0x4846, 19, 0, 1, 1000000, 0))
    start_response("200 OK", [])
    return [b"body"]
