"""Ends its process instead of answering."""
import os

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os._exit(3)
