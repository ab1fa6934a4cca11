"""The Python side of Fumehood: imports the app, then answers requests with it.

One thread at a time leads: it alone reads the channel, and it keeps the lead while it
calls the app, so that an app that only computes is served by one thread that never
waits for the interpreter lock. When the lead stays in the app for long, the front rings
the bell: the watcher takes the lead away and another thread goes on reading. Everything
that parses, checks or decides is in Go; see docs/internals.md for the frames.
"""
import collections
import faulthandler
import io
import json
import os
import socket
import stat
import struct
import sys
import threading
import time
import traceback

# Frame header: magic, kind, flags, id, size, frames read so far. Little endian.
HEADER = struct.Struct("<HBBIII")
MAGIC = 0x4846
REQUEST, BODY, CREDIT, PROBE = 1, 2, 3, 4
READY, FAILED, ANSWER, PIECE, FILE, ERROR, TAKEN, HINTS, PONG, STACK, HIT, NEWS = range(16, 28)
END, WITH_FILE, STREAMED, WITH_VALUES = 1, 2, 4, 8
BELL = struct.Struct("<II")
WAKE, CANCEL, DUMP, STOP = 1, 2, 3, 4

WINDOW = 256 * 1024  # bytes of one answer that may be on the way unacknowledged
PIECE_MAX = 64 * 1024
RESERVE = 4  # requests that are still here when the held answers leave
HELD_MOST = 1024  # bytes of short answers that wait for the next one
QUICK = 0.001  # seconds: an app that answers in less does not wait for anything
HEAD_MAX = 1024 * 1024
TRACEBACK_MAX = 256 * 1024
PIECE_COST = 512  # what the smallest piece counts, so that a window also bounds the count
FILE_HEAD = struct.Struct("<QQ")
PLAIN_FILES = (io.BufferedReader, io.BufferedRandom, io.FileIO)
HEAD = struct.Struct("<II")
TEMPLATES = "fumehood.templates"  # in the environ: the templates of the answer so far
U32 = struct.Struct("<I")


class ClientGone(ConnectionError):
    """Raised in the app when the client no longer waits for the answer."""


class FileWrapper:
    """wsgi.file_wrapper: Go sends the file when the app returns this as it is."""

    def __init__(self, filelike, block_size=8192):
        self.filelike = filelike
        self.block_size = block_size
        for name in ("close", "seek", "tell"):
            if hasattr(filelike, name):
                setattr(self, name, getattr(filelike, name))

    def seekable(self):
        ask = getattr(self.filelike, "seekable", None)
        return ask() if ask else hasattr(self.filelike, "seek")

    def __iter__(self):
        return self

    def __next__(self):
        data = self.filelike.read(self.block_size)
        if data:
            return data
        raise StopIteration


def sendable(result):
    """(descriptor, offset, length or None) when result is a regular file, else None.

    Werkzeug wraps the wrapper once more for a Range request; its start_byte and
    byte_range say which part.
    """
    start = length = None
    wrapper = result
    if type(result).__name__ == "_RangeWrapper":
        wrapper = getattr(result, "iterable", None)
        start = getattr(result, "start_byte", 0)
        length = getattr(result, "byte_range", None)
    if type(wrapper) is not FileWrapper:
        return None
    file = wrapper.filelike
    if type(file).__module__ == "tempfile":
        file = getattr(file, "file", file)  # what NamedTemporaryFile wraps
    if type(file) not in PLAIN_FILES:
        return None  # such as a GzipFile: it has a descriptor and reads something else
    try:
        descriptor = file.fileno()
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        offset = file.tell() if start is None else start
    except (AttributeError, OSError, ValueError):
        return None
    return descriptor, offset, length


class StreamedInput(io.RawIOBase):
    """wsgi.input of a route that takes its body as it arrives."""

    def __init__(self, worker, rid):
        super().__init__()
        self.worker, self.rid = worker, rid
        self.pieces = collections.deque()
        self.ended = self.broken = False
        self.news = threading.Condition(threading.Lock())

    def readable(self):
        return True

    def feed(self, piece, ended, broken=False):
        with self.news:
            if piece:
                self.pieces.append(memoryview(piece))
            self.ended, self.broken = self.ended or ended, self.broken or broken
            self.news.notify()

    def readinto(self, target):
        with self.news:
            while not self.pieces and not self.ended and not self.broken:
                self.news.wait()
            if self.broken:
                raise ClientGone("the client went away in the middle of the request body")
            if not self.pieces:
                return 0
            piece = self.pieces[0]
            n = min(len(piece), len(target))
            target[:n] = piece[:n]
            if n == len(piece):
                self.pieces.popleft()
            else:
                self.pieces[0] = piece[n:]
        self.worker.send(TAKEN, 0, self.rid, U32.pack(n))
        return n


class Exchange:
    """One request and its answer."""

    __slots__ = ("worker", "rid", "environ", "status", "headers", "sent", "ended", "gone",
                 "credit", "waiting", "input", "thread", "inputs", "hit")

    def __init__(self, worker, rid):
        self.worker, self.rid = worker, rid
        self.status = self.headers = self.waiting = self.input = self.inputs = None
        self.hit = None  # what a sink has refused: then nothing else is the answer
        self.sent = self.ended = self.gone = False
        self.credit = WINDOW
        self.environ = None
        self.thread = threading.get_ident()

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.status is not None:
            raise AssertionError("start_response() was called a second time without exc_info")
        self.status, self.headers = status, list(headers)
        return self.write

    def head(self):
        """The head as it travels, and the Content-Length that the app declared."""
        if self.hit is not None:
            raise Refused("the app went on after a refusal")
        if self.status is None:
            raise AssertionError("the app returned without calling start_response()")
        fields = [self.status]
        declared = None
        for name, value in self.headers:
            fields.append(name)
            fields.append(value)
            if len(name) == 14 and name.lower() == "content-length":
                declared = value
        templates = self.environ.get(TEMPLATES)
        if templates is not None:
            fields.append(":templates")  # no name that an app could give a field
            fields.append("\n".join(templates))
        head = "\0".join(fields).encode("latin-1")
        if len(head) > HEAD_MAX:
            raise ValueError("the header fields have %d bytes" % len(head))
        # Go counts the fields again: a NUL inside one cannot become another field.
        return HEAD.pack(len(head), len(fields)) + head, declared

    def write(self, data):
        """Send data now; also what start_response() returns."""
        if not isinstance(data, bytes):
            raise TypeError("a WSGI app yields bytes, not %s" % type(data).__name__)
        if self.ended or not data:
            return
        if not self.sent:
            self.sent_head(data)
            return
        self.pieces(data)

    def sent_head(self, data, end=False):
        head, declared = self.head()
        self.sent = True
        size = len(data)
        if size <= PIECE_MAX:
            if not end and declared == str(size) and self.environ["REQUEST_METHOD"] != "HEAD":
                end = True
            self.ended = end
            self.worker.send(ANSWER, END if end else 0, self.rid, head + data)
            return
        self.worker.send(ANSWER, 0, self.rid, head)
        self.pieces(data)

    def pieces(self, data):
        view = memoryview(data)
        for start in range(0, len(view), PIECE_MAX):
            piece = view[start:start + PIECE_MAX]
            cost = max(len(piece), PIECE_COST)
            if self.credit < cost:
                self.wait_for_credit(cost)
            if self.gone:
                raise ClientGone("the client went away")
            if self.hit is not None:
                raise Refused("the app went on after a refusal")
            with self.worker.books:
                self.credit -= cost
            self.worker.send(PIECE, 0, self.rid, piece)

    def wait_for_credit(self, cost):
        worker = self.worker
        worker.let_go()
        while True:
            with worker.books:
                if self.gone or self.credit >= cost:
                    self.waiting = None
                    return
                self.waiting = gate = threading.Lock()
                gate.acquire()
            gate.acquire()

    def grant(self, amount, gone=False):
        """Called by the leader or the watcher, with worker.books held."""
        self.credit += amount
        self.gone = self.gone or gone
        if self.waiting is not None:
            self.waiting.release()
            self.waiting = None
        if gone and self.input is not None:
            self.input.feed(None, False, broken=True)

    def end(self):
        if self.ended:
            return
        if not self.sent:
            self.sent_head(b"", end=True)
            return
        if self.hit is not None:
            raise Refused("the app went on after a refusal")
        self.ended = True
        self.worker.send(PIECE, END, self.rid, b"")

    def early_hints(self, headers):
        fields = []
        for name, value in headers:
            fields += (name if isinstance(name, str) else name.decode("latin-1"),
                       value if isinstance(value, str) else value.decode("latin-1"))
        head = "\0".join(fields).encode("latin-1")
        if not self.sent and len(head) <= HEAD_MAX:
            self.worker.send(HINTS, 0, self.rid, U32.pack(len(fields)) + head)

    def answer(self, app, environ):
        self.environ = environ
        result = app(environ, self.start_response)
        try:
            kind = type(result)
            if (kind is FileWrapper or kind.__name__ == "_RangeWrapper") \
                    and not self.sent and environ["REQUEST_METHOD"] != "HEAD":
                file = sendable(result)
                if file is not None and self.send_file(*file):
                    return
            if kind is bytes:
                result = (result,)  # a common slip: iterated, it would be numbers
            elif (kind is list or kind is tuple) and len(result) == 1 and not self.sent:
                for data in result:
                    if not isinstance(data, bytes):
                        raise TypeError("a WSGI app yields bytes, not %s" % type(data).__name__)
                    self.sent_head(data, end=len(data) <= PIECE_MAX)
                self.end()
                return
            for data in result:
                if self.gone:
                    break
                self.write(data)
                if not self.ended:
                    # It may pause before the next piece: let another thread lead.
                    self.worker.let_go()
            self.end()
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def send_file(self, descriptor, offset, length):
        worker = self.worker
        head, declared = self.head()
        if length is None:
            length = int(declared) if declared is not None else (1 << 63)
        head = FILE_HEAD.pack(offset, length) + head
        self.sent = self.ended = True
        with worker.mouth:
            worker.pass_descriptor(descriptor)
            worker.send_locked(FILE, END, self.rid, head)
        return True
