"""Reads address zero."""
import ctypes

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    ctypes.string_at(0)
