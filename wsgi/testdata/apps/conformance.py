"""One small WSGI app for each behaviour that PEP 3333 or a peer's test suite asks for.

The first part of the path names the app: /readline is the function readline below.
"""
import atexit
import io
import json
import os
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def app(environ, start_response):
    name = environ["PATH_INFO"].split("/")[1]
    return APPS[name](environ, start_response)


def note(environ, text):
    environ["wsgi.errors"].write(text + "\n")
    environ["wsgi.errors"].flush()


def plain(start_response, body, *headers):
    start_response("200 OK", [("Content-Type", "text/plain"), *headers])
    return [body]


# -- what the app is told ---------------------------------------------------------------


def environ(environ, start_response):
    """Everything in environ that JSON can hold; every value as Python has it."""
    shown = {k: v if isinstance(v, (str, bool, int)) else repr(v) for k, v in environ.items()}
    return plain(start_response, json.dumps(shown).encode())


def environ_is_a_dict(environ, start_response):
    environ["mine"] = 1  # an app may change it
    return plain(start_response, type(environ).__name__.encode())


def os_environ(environ, start_response):
    leaked = sorted(set(environ) & set(os.environ))
    return plain(start_response, json.dumps(leaked).encode())


def encoding(environ, start_response):
    return plain(start_response, sys.getfilesystemencoding().encode())


def writes_unicode(environ, start_response):
    with tempfile.TemporaryFile("w+", encoding="utf-8") as f:
        f.write("\u26a0\ufe0f")
    return plain(start_response, b"written")


# -- wsgi.input -------------------------------------------------------------------------


def answer_parts(start_response, parts):
    start_response("200 OK", [("X-Parts", str(len(parts)))])
    return parts


def mirror(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def read_all(environ, start_response):
    return plain(start_response, environ["wsgi.input"].read())


def read_size(environ, start_response):
    return plain(start_response, environ["wsgi.input"].read(int(environ["QUERY_STRING"])))


def read_in_bits(environ, start_response):
    parts = []
    while True:
        part = environ["wsgi.input"].read(7)
        if not part:
            break
        parts.append(part)
    return answer_parts(start_response, parts)


def readline(environ, start_response):
    return answer_parts(start_response, list(iter(environ["wsgi.input"].readline, b"")))


def readline_size(environ, start_response):
    parts = []
    while True:
        part = environ["wsgi.input"].readline(9)
        if not part:
            break
        assert len(part) <= 9, part
        parts.append(part)
    return answer_parts(start_response, parts)


def readlines(environ, start_response):
    return answer_parts(start_response, environ["wsgi.input"].readlines())


def readlines_hint(environ, start_response):
    return answer_parts(start_response, environ["wsgi.input"].readlines(12))


def input_iter(environ, start_response):
    return answer_parts(start_response, list(environ["wsgi.input"]))


def read_past_the_end(environ, start_response):
    stream = environ["wsgi.input"]
    stream.read()
    return plain(start_response, repr([stream.read(), stream.read(5), stream.readline()]).encode())


def read_nothing(environ, start_response):
    return plain(start_response, b"not read")


# -- start_response ---------------------------------------------------------------------


def no_start_response(environ, start_response):
    return [b"x"]


def late_start_response(environ, start_response):
    start_response("200 OK", [("X-Late", "1")])
    yield b"0123"
    yield b"456789"


def start_response_twice(environ, start_response):
    start_response("200 OK", [])
    start_response("404 Not Found", [])
    return [b"x"]


def start_response_again_with_exc_info(environ, start_response):
    start_response("200 OK", [("X-First", "1")])
    try:
        raise ValueError("changed my mind")
    except ValueError:
        start_response("503 Service Unavailable", [("X-Second", "1")], sys.exc_info())
    return [b"second"]


def exc_info_after_the_first_byte(environ, start_response):
    start_response("200 OK", [])
    yield b"first"
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("500 Oops", [], sys.exc_info())
    yield b"never sent"


def start_response_exit(environ, start_response):
    start_response("200 OK", [("Content-Length", "1")])
    sys.exit(3)


def headers_changed_afterwards(environ, start_response):
    headers = [("X-Kept", "1")]
    start_response("200 OK", headers)
    headers.append(("X-Late", "1"))
    return [b"x"]


# -- the iterable -----------------------------------------------------------------------


def body_list(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])
    return [b"0123", b"4567", b"89"]


def body_tuple(environ, start_response):
    start_response("200 OK", [])
    return (b"0123", b"4567", b"89")


def body_io(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])
    return io.BytesIO(b"0123456789")


def body_file(environ, start_response):
    start_response("200 OK", [])
    return open(os.path.join(HERE, "lines.txt"), "rb")


def body_bytes(environ, start_response):
    """Not what PEP 3333 wants, and what NGINX Unit took."""
    write = start_response("200 OK", [("Content-Length", "10")])
    write(b"012")
    write(b"345")
    return b"6789"


def body_empty(environ, start_response):
    start_response("200 OK", [])
    return []


def body_of_empty_parts(environ, start_response):
    start_response("200 OK", [])
    return [b"", b"01", b"", b"", b"23", b""]


def length_without_items(environ, start_response):
    class Odd:
        def __len__(self):
            return 1

        def __iter__(self):
            return iter([b"more ", b"than ", b"one"])
    start_response("200 OK", [])
    return Odd()


def not_iterable(environ, start_response):
    start_response("200 OK", [])
    return 42


def iter_returns_none(environ, start_response):
    class Odd:
        def __iter__(self):
            start_response("200 OK", [])
    return Odd()


def returns_none(environ, start_response):
    start_response("200 OK", [])


def yields_str(environ, start_response):
    start_response("200 OK", [])
    return ["text"]


def late_str(environ, start_response):
    start_response("200 OK", [])
    yield b"first"
    yield "text"


def write_callable(environ, start_response):
    write = start_response("200 OK", [("Content-Length", "10")])
    write(b"012")
    write(b"345")
    return [b"6789"]


def write_only(environ, start_response):
    write = start_response("200 OK", [])
    write(b"all of it")
    return []


def write_in_thread(environ, start_response):
    write = start_response("200 OK", [])
    thread = threading.Thread(target=write, args=(b"from a thread",))
    thread.start()
    thread.join()
    return []


def delayed(environ, start_response):
    parts = int(environ["QUERY_STRING"])
    body = environ["wsgi.input"].read()
    write = start_response("200 OK", [("Content-Length", str(len(body)))])
    step = len(body) // parts
    for i in range(0, len(body), step):
        write(body[i:i + step])
        time.sleep(0.02)
    return []


class ctx_iter:
    """A class is the app; it starts the answer inside __iter__, and once more at exit."""

    def __init__(self, environ, start_response):
        self.environ, self.start = environ, start_response

    def __iter__(self):
        atexit.register(self._at_exit)
        body = self.environ["wsgi.input"].read()
        self.start("200 OK", [("Content-Length", str(len(body)))])
        yield body

    def _at_exit(self):
        write = self.start("200 OK", [("Content-Length", "0")])
        write(b"long gone")


class steps:
    """Raises at the step that ?n names; NGINX Unit's iter_exception."""

    def __init__(self, environ, start_response):
        self.environ, self.start = environ, start_response
        fields = dict(p.split("=") for p in environ["QUERY_STRING"].split("&") if p)
        self.until = int(fields.get("until", 9))
        self.headers = [("Content-Length", "7")] if "length" in fields else []
        self.close_raises = "close" in fields
        self.count = 0

    def __iter__(self):
        if self.until < 1:
            raise Exception("before start_response")
        write = self.start("200 OK", self.headers)
        if self.until < 2:
            raise Exception("after start_response")
        write(b"XXXXX")
        if self.until < 3:
            raise Exception("after write")
        return self

    def __next__(self):
        if self.until < 4:
            raise Exception("in next")
        self.count += 1
        if self.count > 2:
            raise StopIteration
        return b"X"

    def close(self):
        note(self.environ, "steps closed")
        if self.close_raises:
            raise Exception("in close")


# -- close() ----------------------------------------------------------------------------


class Closing:
    def __init__(self, environ, parts, fail=None):
        self.environ, self.parts, self.fail = environ, iter(parts), fail

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.parts)
        except StopIteration:
            if self.fail:
                raise self.fail from None
            raise

    def close(self):
        note(self.environ, "closed " + self.environ["QUERY_STRING"])


def close_called(environ, start_response):
    start_response("200 OK", [])
    return Closing(environ, [b"body"])


def close_after_error(environ, start_response):
    start_response("200 OK", [])
    return Closing(environ, [], ValueError("before the first byte"))


def close_after_late_error(environ, start_response):
    start_response("200 OK", [])
    return Closing(environ, [b"first"], ValueError("after the first byte"))


def close_after_bad_header(environ, start_response):
    start_response("200 OK", [("!", "0", "1")])
    return Closing(environ, [b""])


def close_when_client_leaves(environ, start_response):
    def forever():
        while True:
            yield b"x" * 1000
            time.sleep(0.01)
    start_response("200 OK", [])
    return Closing(environ, forever())


def close_is_no_method(environ, start_response):
    class Odd(list):
        close = None
    start_response("200 OK", [])
    return Odd([b"body"])


# -- status and header fields -----------------------------------------------------------


def status(environ, start_response):
    """Answers with the status that the query names, a Content-Length and a body."""
    body = b"a body"
    start_response(environ["QUERY_STRING"].replace("+", " "),
                   [("Content-Length", str(len(body))), ("X-Seen", environ["REQUEST_METHOD"])])
    return Closing(environ, [body])


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


def header(environ, start_response):
    """Answers with the fields in the body: one a line, name and value split by a tab."""
    fields = []
    for line in environ["wsgi.input"].read().decode("latin-1").splitlines():
        name, _, value = line.partition("\t")
        fields.append((name, value.encode("latin-1").decode("unicode_escape")))
    start_response("200 OK", fields)
    return [b"body"]


def header_types(environ, start_response):
    value = {"int": 5, "bytes": b"5", "none": None, "unicode": "\u20ac"}[environ["QUERY_STRING"]]
    start_response("200 OK", [("X-Value", value)])
    return [b"body"]


def many_headers(environ, start_response):
    start_response("200 OK", [("Set-Cookie", "c%d=%s" % (i, "v" * 100)) for i in range(200)])
    return [b"body"]


def large_header(environ, start_response):
    start_response("200 OK", [("X-Large", "v" * 70000)])
    return [b"body"]


def early_hints(environ, start_response):
    environ["wsgi.early_hints"]([("Link", "</style.css>; rel=preload; as=style")])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"body"]


# -- lengths ----------------------------------------------------------------------------


def length_list(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])
    return [b"01234", b"56789"]


def head_without_end(environ, start_response):
    """An answer without end, which a HEAD request must not wait for."""
    def forever():
        while True:
            yield b"x" * 1000
            time.sleep(0.01)
    start_response("200 OK", [])
    return Closing(environ, forever())


# -- files ------------------------------------------------------------------------------


def wrapped(environ, start_response):
    """wsgi.file_wrapper around what the query names."""
    kind = environ["QUERY_STRING"]
    path = os.path.join(HERE, "lines.txt")
    headers = []
    if kind == "file":
        f = open(path, "rb")
    elif kind == "offset":
        f = open(path, "rb")
        f.seek(6)
    elif kind == "length":
        f = open(path, "rb")
        headers = [("Content-Length", "5")]
    elif kind == "long":
        f = open(path, "rb")
        headers = [("Content-Length", "5000")]
    elif kind == "unbuffered":
        f = open(path, "rb", 0)
    elif kind == "memory":
        f = io.BytesIO(open(path, "rb").read())
    elif kind == "gzip":
        import gzip
        packed = tempfile.NamedTemporaryFile(suffix=".gz")
        packed.write(gzip.compress(open(path, "rb").read()))
        packed.flush()
        f = gzip.open(packed.name)
    elif kind == "subclass":
        class Shouting(io.BufferedReader):
            def read(self, n=-1):
                return super().read(n).upper()
        f = Shouting(io.FileIO(path))
    elif kind == "temporary":
        f = tempfile.NamedTemporaryFile()
        f.write(open(path, "rb").read())
        f.seek(0)
    elif kind == "spooled":
        f = tempfile.SpooledTemporaryFile()
        f.write(open(path, "rb").read())
        f.seek(0)
    elif kind == "pipe":
        r, w = os.pipe()
        os.write(w, open(path, "rb").read())
        os.close(w)
        f = os.fdopen(r, "rb")
    elif kind == "device":
        f = open("/dev/null", "rb")
    elif kind == "reader":
        class Reader:
            def __init__(self):
                self.left = [b"first ", b"second"]

            def read(self, n):
                return self.left.pop(0) if self.left else b""
        f = Reader()
    elif kind == "empty":
        f = tempfile.TemporaryFile()
    start_response("200 OK", headers)
    return environ["wsgi.file_wrapper"](f, 4)


# -- threads and time -------------------------------------------------------------------

waiting = threading.Barrier(4)


def four_at_once(environ, start_response):
    """Answers only when four requests are in the app at the same time."""
    waiting.wait(20)
    return plain(start_response, str(threading.get_ident()).encode())


def own_threads(environ, start_response):
    """A thread of the app's own goes on after the answer."""
    def work():
        for n in range(3):
            note(environ, "(%d) own thread" % n)
            time.sleep(0.02)
    threading.Thread(target=work).start()
    return plain(start_response, b"started")


def sleep(environ, start_response):
    time.sleep(float(environ["QUERY_STRING"]))
    return plain(start_response, b"slept")


def errors(environ, start_response):
    environ["wsgi.errors"].write("written to wsgi.errors, ")
    environ["wsgi.errors"].writelines(["in ", "lines\n"])
    environ["wsgi.errors"].flush()
    return plain(start_response, b"ok")


def prints(environ, start_response):
    print("printed by the app")
    return plain(start_response, b"ok")


def upload(environ, start_response):
    """Reads a multipart form as the standard library parses it."""
    import email.parser
    import email.policy
    head = ("Content-Type: %s\n\n" % environ["CONTENT_TYPE"]).encode()
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    part = next(message.iter_parts())
    return plain(start_response, part.get_filename().encode() + part.get_payload(decode=True))


@atexit.register
def at_exit():
    sys.stderr.write("At exit called.\n")
    sys.stderr.flush()


APPS = {name: value for name, value in list(globals().items()) if callable(value)}
