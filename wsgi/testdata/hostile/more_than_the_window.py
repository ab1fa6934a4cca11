"""Sends parts without waiting for the front to take them."""
import os
import struct

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    rid = environ["wsgi.early_hints"].__self__.rid
    head = struct.pack("<II", 3, 1) + b"200"
    os.write(3, struct.pack("<HBBIII", 0x4846, 18, 0, rid, len(head), 0) + head)
    while True:
        os.write(3, struct.pack("<HBBIII", 0x4846, 19, 0, rid, 0, 0))
