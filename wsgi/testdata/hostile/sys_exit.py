"""Raises SystemExit."""
import sys

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    sys.exit("goodbye")
