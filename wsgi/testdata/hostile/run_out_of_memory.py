"""Asks for more memory than there is."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    bytearray(1 << 60)
