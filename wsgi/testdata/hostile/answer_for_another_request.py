"""Forges the answer to a request that it does not have."""
import os
import struct

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.write(3, struct.pack("<HBBIII", 0x4846, 18, 1, 123456, 8, 0) + bytes(8))
    start_response("200 OK", [])
    return [b"body"]
