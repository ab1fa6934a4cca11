"""Waits in C and lets no other thread of its process run."""
import ctypes

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    ctypes.PyDLL(None).sleep(600)
