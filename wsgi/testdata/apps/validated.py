"""Apps that keep to PEP 3333 to the letter, inside wsgiref.validate: it watches both sides
and raises AssertionError for what either does wrong."""
import sys
import warnings
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

warnings.simplefilter("error")  # what validate only warns of fails here

TEXT = [("Content-Type", "text/plain")]


def empty(environ, start_response):
    start_response("200 OK", TEXT)
    return []


def a_list(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "6")])
    return [b"one", b"two"]


def generator(environ, start_response):
    start_response("200 OK", TEXT)
    yield b""
    yield b"one"
    yield b"two"


def reads(environ, start_response):
    start_response("200 OK", TEXT)
    stream = environ["wsgi.input"]
    return [stream.read(3), stream.readline(), stream.readline(2), stream.read(1000)]


def reads_lines(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.input"].readlines()


def iterates(environ, start_response):
    start_response("200 OK", TEXT)
    return list(environ["wsgi.input"])


def writes(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"one")
    write(b"two")
    return [b"three"]


def errors(environ, start_response):
    environ["wsgi.errors"].write("a line\n")
    environ["wsgi.errors"].writelines(["two\n", "three\n"])
    environ["wsgi.errors"].flush()
    start_response("200 OK", TEXT)
    return [b"one"]


def exc_info(environ, start_response):
    start_response("200 OK", TEXT)
    try:
        raise ValueError
    except ValueError:
        start_response("500 Oops", TEXT, sys.exc_info())
    return [b"oops"]


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"x"')])
    return []


def a_file(environ, start_response):
    start_response("200 OK", TEXT)
    return FileWrapper(open(__file__, "rb"), 100)


APPS = {name: validator(value) for name, value in list(globals().items())
        if callable(value) and getattr(value, "__module__", "") == __name__}


def app(environ, start_response):
    if environ["PATH_INFO"] == "/collect":
        import gc
        gc.collect()  # validate complains when an iterator goes that was not closed
        start_response("200 OK", TEXT)
        return [b"collected"]
    return APPS[environ["PATH_INFO"][1:]](environ, start_response)
