"""Raises an exception whose text raises."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError
        __repr__ = __str__
    raise Odd
