"""Prints what looks like frames, escapes, long lines and no text at all."""
import os
import struct

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    print("hello from the app")
    os.write(1, struct.pack("<HBBIII", 0x4846, 19, 0, 1, 5, 0) + b"forge")
    os.write(1, b"\nlevel=ERROR msg=forged\n\x1b[31mred\x1b[0m\x00\xff\xfe\r\n")
    os.write(2, b"long " + b"x" * 5000000 + b"\nafter the long line\n")
    start_response("200 OK", [])
    return [b"body"]
