"""Announces a frame of 4 GB."""
import os
import struct

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.write(3, struct.pack("<HBBIII", 0x4846, 19, 0, 1, 0xFFFFFFFF, 0))
    start_response("200 OK", [])
    return [b"body"]
