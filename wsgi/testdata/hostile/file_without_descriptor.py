"""Announces a descriptor and passes none."""
import os
import struct

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    rid = next(iter(environ["wsgi.early_hints"].__self__.worker.exchanges))
    os.write(3, struct.pack("<HBBIII", 0x4846, 20, 1, rid, 16, 0) + bytes(16))
    start_response("200 OK", [])
    return [b"body"]
