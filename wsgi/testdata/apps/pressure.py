"""Answers and bodies that are long, slow, or cut off, and a look at what that costs."""
import array
import hashlib
import itertools
import os
import threading
import time

sent = 0
part = os.urandom(65536)
events = threading.Event()


def app(environ, start_response):
    return globals()[environ["PATH_INFO"][1:]](environ, start_response)


def plain(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def stream(environ, start_response):
    """As many parts of 64 KB as the query says."""
    def body():
        global sent
        for _ in range(int(environ["QUERY_STRING"])):
            sent += len(part)
            yield part
    start_response("200 OK", [])
    return body()


def numbered(environ, start_response):
    """As many bytes as the query says: numbers of 8 bytes, in pieces of all sizes."""
    def body():
        global sent
        size, done = int(environ["QUERY_STRING"]), 0
        sizes = itertools.cycle((8, 512, 4096, 65536, 200000))
        try:
            while done < size:
                step = min(next(sizes), size - done)
                sent += step
                yield array.array("Q", range(done // 8, (done + step) // 8)).tobytes()
                done += step
        finally:
            environ["wsgi.errors"].write("numbered ended after %d\n" % done)
    start_response("200 OK", [])
    return body()


def drum(environ, start_response):
    """Many small parts at once, then a large one every 20 ms for 1.5 s."""
    def body():
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            yield part[:600]
        for _ in range(75):
            time.sleep(0.02)
            yield part
    start_response("200 OK", [])
    return body()


def progress(environ, start_response):
    return plain(start_response, str(sent))


def memory(environ, start_response):
    """The most memory that this process ever had, in KB."""
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return plain(start_response, line.split()[1])


def digest(environ, start_response):
    """Reads the body in parts of 64 KB."""
    seen, size = hashlib.sha256(), 0
    while True:
        data = environ["wsgi.input"].read(65536)
        if not data:
            return plain(start_response, "%d %s" % (size, seen.hexdigest()))
        seen.update(data)
        size += len(data)


def lines(environ, start_response):
    """Answers each line of the body when it has come."""
    start_response("200 OK", [])
    for line in environ["wsgi.input"]:
        yield b"got " + line


def early(environ, start_response):
    """Answers without having read the body, or only its first ten bytes."""
    first = environ["wsgi.input"].read(int(environ["QUERY_STRING"]))
    start_response("403 Forbidden", [("Content-Type", "text/plain")])
    return [b"no thanks, " + first]


def never_mind(environ, start_response):
    """Reads all of the body, and says so when it breaks off."""
    try:
        environ["wsgi.input"].read()
    except OSError as error:
        environ["wsgi.errors"].write("the body broke off: %s\n" % type(error).__name__)
        raise
    return plain(start_response, "whole")


def echo(environ, start_response):
    """The query, after the seconds that it begins with."""
    time.sleep(float(environ["QUERY_STRING"].split("-")[0]))
    return plain(start_response, environ["QUERY_STRING"])


def sse(environ, start_response):
    """An event at once, then silence until /event."""
    def body():
        try:
            yield b"data: hello\n\n"
            while True:
                events.wait()
                yield b"data: event\n\n"
        finally:
            environ["wsgi.errors"].write("sse generator closed\n")
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    return body()


def event(environ, start_response):
    events.set()
    return plain(start_response, "sent")


def hang(environ, start_response):
    threading.Event().wait()


def hang_mid_body(environ, start_response):
    def body():
        yield b"part"
        threading.Event().wait()
    start_response("200 OK", [])
    return body()
