"""Starts once and never again."""
import os

from ordinary import answer

if os.path.exists(os.environ["MARK"]):
    raise RuntimeError("not again")


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    open(os.environ["MARK"], "w").close()
    os._exit(1)
