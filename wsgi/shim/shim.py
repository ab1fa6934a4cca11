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
READY, FAILED, ANSWER, PIECE, FILE, ERROR, TAKEN, HINTS, PONG, STACK = range(16, 26)
END, WITH_FILE, STREAMED = 1, 2, 4
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
                 "credit", "waiting", "input", "thread")

    def __init__(self, worker, rid):
        self.worker, self.rid = worker, rid
        self.status = self.headers = self.waiting = self.input = None
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


class Worker:
    def __init__(self, channel, bell, files):
        self.channel, self.bell, self.files = channel, bell, files
        self.app = None
        self.base = {}
        self.books = threading.Lock()   # guards every field that two threads change
        self.mouth = threading.Lock()   # held while a frame is written
        self.lead = threading.Lock()    # held on behalf of the thread that leads
        self.leader = None              # ident of the thread that leads inside the app
        self.threads = self.parked = 0
        self.most = 1
        self.eager = False              # pass the lead on before each call of the app
        self.read = 0                   # frames dealt with, up to the first that is not
        self.seen = 0                   # frames split off what was read
        self.held = b""                 # short answers that leave with the next one
        self.queue = collections.deque()
        self.exchanges = {}
        self.cancelled = set()          # ids whose client left before a thread took them
        self.taken = 0                  # the last id that a thread took
        self.buffer = memoryview(bytearray(512 * 1024))
        self.start = self.stop = 0
        self.forked = False

    # -- frames ---------------------------------------------------------------------

    def send(self, kind, flags, rid, payload):
        with self.mouth:
            self.send_locked(kind, flags, rid, payload)

    def send_locked(self, kind, flags, rid, payload):
        if self.forked:
            os._exit(70)  # a child that the app forked must not speak for its parent
        frame = HEADER.pack(MAGIC, kind, flags, rid, len(payload), self.read) + payload
        if kind == ANSWER and flags & END and len(self.queue) > RESERVE and not self.eager \
                and len(self.held) + len(frame) < HELD_MOST:
            # Requests enough are here already: a later answer takes this one along, while
            # there is still something to do until the front has sent more. Should the app
            # stay away, the bell rings: the front has not heard of this answer yet.
            self.held += frame
            return
        if self.held:
            frame, self.held = self.held + frame, b""
        self.channel.sendall(frame)

    def flush(self):
        with self.mouth:
            held, self.held = self.held, b""
            if held:
                self.channel.sendall(held)

    def pass_descriptor(self, descriptor):
        socket.send_fds(self.files, [b"f"], [descriptor])

    def take_descriptor(self):
        _, descriptors, _, _ = socket.recv_fds(self.files, 1, 1)
        os.set_inheritable(descriptors[0], False)
        return descriptors[0]

    def next_request(self):
        """The next request, read by the thread that leads. None: the front is gone."""
        while True:
            if self.queue:
                request = self.queue.popleft()
                self.count()
                return request
            if self.held:
                self.flush()
            if not self.fill(0):
                return None

    def fill(self, flags):
        """Read from the channel once, and deal with the frames. False: the front is gone."""
        if self.start == self.stop:
            self.start = self.stop = 0
        elif self.stop > 256 * 1024:
            rest = bytes(self.buffer[self.start:self.stop])
            self.buffer[:len(rest)] = rest
            self.start, self.stop = 0, len(rest)
        n = self.channel.recv_into(self.buffer[self.stop:], 0, flags)
        self.stop += n
        self.split()
        return n > 0

    def split(self):
        while self.stop - self.start >= HEADER.size:
            _, kind, flags, rid, size, _ = HEADER.unpack_from(self.buffer, self.start)
            first = self.start + HEADER.size
            if self.stop - first < size:
                return
            self.start = first + size
            payload = self.buffer[first:self.start]
            self.seen = (self.seen + 1) & 0xFFFFFFFF
            if kind == REQUEST:
                cut = U32.unpack_from(payload)[0] + 4
                fields = str(payload[4:cut], "latin-1")
                fd = self.take_descriptor() if flags & WITH_FILE else -1
                exchange = None
                if flags & STREAMED:
                    # Its body may follow in the same read: it must be known by now.
                    exchange = Exchange(self, rid)
                    exchange.input = StreamedInput(self, rid)
                    with self.books:
                        self.exchanges[rid] = exchange
                self.queue.append((rid, fields, bytes(payload[cut:]), fd, exchange, self.seen))
            elif kind == PROBE:
                self.count()
                self.send(PONG, 0, 0, b"")
            else:
                self.count()
                self.control(kind, flags, rid, payload)

    def count(self):
        """A frame is dealt with. A request counts when a thread takes it: the front rings the
        bell for those that only wait behind a thread that is in the app, and their time
        begins then. So no frame counts before those that came ahead of it."""
        if self.queue:
            self.read = (self.queue[0][-1] - 1) & 0xFFFFFFFF
        else:
            self.read = self.seen

    def control(self, kind, flags, rid, payload):
        with self.books:
            exchange = self.exchanges.get(rid)
            if exchange is None:
                return
            if kind == CREDIT:
                exchange.grant(U32.unpack_from(payload)[0])
            elif kind == BODY and exchange.input is not None:
                exchange.input.feed(bytes(payload), flags & END != 0)

    # -- threads ----------------------------------------------------------------------

    def let_go(self):
        """Give the lead to another thread, if this thread still has it."""
        with self.books:
            if self.leader == threading.get_ident():
                self.pass_lead()

    def pass_lead(self):
        """With books held: the lead is free; see to it that a thread will take it."""
        self.leader = None
        self.lead.release()
        if self.parked == 0 and self.threads < self.most:
            self.threads += 1
            try:
                threading.Thread(target=self.serve, daemon=True,
                                 name="fumehood-%d" % self.threads).start()
            except RuntimeError:  # no thread to be had: one that comes back will take the lead
                self.threads -= 1

    def serve(self):
        try:
            self.lead_and_answer()
        except BaseException:
            # The channel cannot be read on, such as when the app has used up every
            # descriptor: end, so that the front starts another worker.
            traceback.print_exc()
            os._exit(70)

    def lead_and_answer(self):
        me = threading.get_ident()
        while True:
            with self.books:
                self.parked += 1
            self.lead.acquire()
            with self.books:
                self.parked -= 1
            while True:
                request = self.next_request()
                if request is None:
                    os._exit(0)
                rid, fields, body, fd, exchange, _ = request
                if exchange is None:
                    exchange = Exchange(self, rid)
                    self.exchanges[rid] = exchange
                self.taken = rid  # while this thread leads: the ids come in order
                eager = self.eager
                with self.books:
                    self.leader = me
                    if eager:
                        began = time.perf_counter()
                        self.pass_lead()
                self.handle(rid, fields, body, fd, exchange)
                with self.books:
                    if eager:
                        quick = time.perf_counter() - began < QUICK
                        self.eager = not quick
                    if self.leader != me:
                        break
                    self.leader = None

    def handle(self, rid, fields, body, fd, exchange):
        if exchange.input is None:
            stream = io.BytesIO(body) if fd < 0 else open(fd, "rb")
        else:
            exchange.thread = threading.get_ident()
            stream = io.BufferedReader(exchange.input, PIECE_MAX)
        if self.cancelled and rid in self.cancelled:
            self.cancelled.discard(rid)
            exchange.gone = True
        try:
            if exchange.gone:
                raise ClientGone("the client left before its turn")
            environ = self.base.copy()
            pairs = iter(fields.split("\0"))
            environ.update(zip(pairs, pairs))
            environ["wsgi.input"] = stream
            environ["wsgi.errors"] = sys.stderr
            environ["wsgi.early_hints"] = exchange.early_hints
            exchange.answer(self.app, environ)
        except BaseException as error:  # SystemExit too: one request must not end the worker
            self.failed(exchange, error)
        finally:
            if fd >= 0:
                stream.close()
            del self.exchanges[rid]

    def failed(self, exchange, error):
        """Say that the app raised; once its answer is over, to the log only."""
        over, exchange.sent, exchange.ended = exchange.ended, True, True
        if isinstance(error, ClientGone):
            if not over:
                self.send(PIECE, END, exchange.rid, b"")
            return
        text = app_traceback().encode("utf-8", "replace")[-TRACEBACK_MAX:]
        self.send(ERROR, END, 0 if over else exchange.rid, text)

    # -- the watcher: the main thread ---------------------------------------------------

    def watch(self):
        """Carry out what the front asks for, whatever the other threads are doing."""
        while True:
            message = b""
            while len(message) < BELL.size:
                got = self.bell.recv(BELL.size - len(message))
                if not got:
                    os._exit(0)  # the front is gone
                message += got
            kind, rid = BELL.unpack(message)
            if kind == STOP:
                return
            if kind == WAKE:
                self.wake()
            elif kind == CANCEL:
                self.cancel(rid)
            elif kind == DUMP:
                self.dump(rid)

    def cancel(self, rid):
        """The client of a request is gone, perhaps before a thread has taken it. The
        thread enters the exchange first and looks for the cancellation then, so one of the two
        sees the other without a lock."""
        self.cancelled.add(rid)
        with self.books:
            exchange = self.exchanges.get(rid)
            if exchange is not None:
                exchange.grant(0, gone=True)
        if exchange is not None or (self.taken - rid) & 0xFFFFFFFF < 1 << 31:
            self.cancelled.discard(rid)  # it runs or has run

    def wake(self):
        with self.books:
            if self.leader is not None:
                self.pass_lead()
                # This app may be waiting for something: pass the lead on at once until it
                # proves quick. Or the machine was busy and the thread only stood in line.
                self.eager = True
        self.read_meanwhile()
        self.send(PONG, 0, 0, b"")

    def read_meanwhile(self):
        """When every thread is inside the app, nobody leads; but they may all wait for what
        the channel brings, such as more of a body. Read what is there."""
        if self.threads < self.most or self.parked or not self.lead.acquire(False):
            return
        try:
            while self.fill(socket.MSG_DONTWAIT):
                pass
            os._exit(0)  # the front is gone
        except BlockingIOError:
            pass
        finally:
            self.lead.release()

    def dump(self, rid):
        with self.books:
            exchange = self.exchanges.get(rid)
        frame = sys._current_frames().get(exchange.thread) if exchange else None
        text = "the request is not running"
        if frame is not None:
            stack = traceback.extract_stack(frame)
            ours = [n for n, f in enumerate(stack) if f.filename == __shim__]
            text = "".join(traceback.format_list(  # before ours is how a thread begins
                [f for f in stack[min(ours, default=0):] if f.filename != __shim__]))
        self.send(STACK, 0, rid, text.encode("utf-8", "replace")[-TRACEBACK_MAX:])

    def after_fork(self):
        self.forked = True
        self.books, self.mouth = threading.Lock(), threading.Lock()  # their holders are not here
        for sock in (self.channel, self.bell, self.files):
            os.close(sock.detach())


# -- finding the app ----------------------------------------------------------------------

def app_traceback():
    """The current exception's traceback without the shim's own frames."""
    error = sys.exc_info()[1]
    chain, seen = [error], set()
    while chain:
        link = chain.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            link.__traceback__ = without_shim(link.__traceback__)
            chain += link.__cause__, link.__context__
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def without_shim(trace):
    frames = []
    while trace is not None:
        if trace.tb_frame.f_code.co_filename != __shim__:
            frames.append(trace)
        trace = trace.tb_next
    kept = None
    for frame in reversed(frames):
        kept = type(frame)(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept


class BadTarget(Exception):
    def __init__(self, error, hint):
        super().__init__(error)
        self.hint = hint


def is_flask(value):
    return any(base.__module__.split(".")[0] == "flask" and base.__name__ == "Flask"
               for base in type(value).__mro__)


def load(target, doing):
    """(module's name, app). doing[0] says at any time what a failure would be a failure of."""
    module_name, colon, expression = target.partition(":")
    if not module_name:
        raise BadTarget("%r names no module" % target, "fumehood run module:callable")
    if module_name.endswith(".py") and os.path.isfile(module_name):
        dotted = os.path.normpath(module_name)[:-len(".py")].replace(os.sep, ".")
        raise BadTarget("%s is a file; its module is %s" % (module_name, dotted),
                        "fumehood run %s" % shell_word(dotted + colon + expression))
    doing[0] = "importing " + module_name
    __import__(module_name)
    module = sys.modules[module_name]
    if not colon:
        expression = only_app(module_name, module)
    name, paren, _ = expression.partition("(")
    value = module
    for part in name.strip().split("."):
        if not hasattr(value, part):
            raise BadTarget("%s has no %s" % (where(module_name, module), json.dumps(name)),
                            suggestion(module_name, module))
        value = getattr(value, part)
    hint = suggestion(module_name, module)
    if paren:
        doing[0] = target
        value = call_factory(module_name, name, expression, value)
        hint = 'it makes the app: end it with "return app"'
    if not callable(value):
        raise BadTarget("%s is a %s, which cannot be called"
                        % (target, type(value).__name__), hint)
    refuse_factory(target, value)
    return module_name, value


def where(module_name, module):
    path = getattr(module, "__file__", None)
    return os.path.relpath(path) if path else module_name


def candidates(module):
    """Names in module that look like an app: (name, what it is)."""
    found, seen = [], set()
    for name, value in vars(module).items():
        if name.startswith("_") or isinstance(value, type) or id(value) in seen:
            continue
        seen.add(id(value))
        if is_flask(value):
            found.append((name, "Flask"))
        elif callable(value) and name in ("app", "application"):
            found.append((name, "callable"))
        elif callable(value) and name in ("create_app", "make_app"):
            found.append((name + "()", "factory"))
    return found


def suggestion(module_name, module):
    found = candidates(module)
    if not found:
        return "name the app as it is called there: fumehood run %s:NAME" % module_name
    listed = ", ".join('"%s" (%s)' % pair for pair in found)
    return "it has %s: fumehood run %s" % (listed, shell_word(module_name + ":" + found[0][0]))


def shell_word(word):
    return "'%s'" % word if "(" in word else word


def only_app(module_name, module):
    for name in ("app", "application"):
        if callable(getattr(module, name, None)):
            return name
    found = [name for name, kind in candidates(module) if kind == "Flask"]
    if len(found) == 1:
        return found[0]
    problem = "more than one Flask app" if found else "no app, application or Flask instance"
    raise BadTarget("%s has %s" % (where(module_name, module), problem),
                    suggestion(module_name, module))


def call_factory(module_name, name, expression, value):
    import ast
    if is_flask(value):
        target = module_name + ":" + name
        raise BadTarget(target + " is the app itself",
                        "leave out the parentheses: fumehood run " + target)
    try:
        call = ast.parse(expression.strip(), mode="eval").body
        if not isinstance(call, ast.Call) or any(k.arg is None for k in call.keywords):
            raise ValueError
        arguments = [ast.literal_eval(a) for a in call.args]
        keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    except (ValueError, SyntaxError):
        raise BadTarget("%r is not a call with plain values" % expression,
                        "arguments are strings, numbers, True, False or None: "
                        "fumehood run '%s:%s(\"production\")'" % (module_name, name)) from None
    if not callable(value):
        raise BadTarget("%s is a %s, which cannot be called" % (name, type(value).__name__),
                        "fumehood run %s:%s" % (module_name, name))
    return value(*arguments, **keywords)


def refuse_factory(target, value):
    """A factory that was named without its parentheses cannot take a request."""
    code = getattr(value, "__code__", None)
    if code is None or "(" in target or code.co_flags & 0x04:
        return
    named = code.co_argcount - (hasattr(value, "__self__") and value.__self__ is not None)
    needed = named - len(getattr(value, "__defaults__", None) or ())
    if needed < 2:  # an optional environ would be no WSGI app either
        count = "takes one argument" if needed == 1 else (
            "needs no arguments" if named else "takes no arguments")
        call = target + ('("...")' if needed == 1 else "()")
        raise BadTarget("%s %s, a WSGI app takes two" % (target, count),
                        "if it makes the app, call it: fumehood run '%s'" % call)


# -- what the front needs to know of the app -------------------------------------------------

def describe(module_name, app):
    about = {
        "changed": [],
        "sessions": [],
        "trim": [False, False],
        "roots": sorted({os.getcwd(), sys.prefix, sys.base_prefix}),
        "templates": None,
        "python": sys.version.split()[0],
        "module": module_name,
        "kind": type(app).__name__,
        "framework": "",
        "version": "",
        "static": [],
        "pid": os.getpid(),
    }
    if is_flask(app):
        about["framework"] = "Flask"
        about["version"] = installed_version("flask")
        about["static"] = static_folders(app)
        about["sessions"] = session_cookies(app)
        about["trim"] = trimming(app)
        about["templates"] = template_folders(app)
        watch_templates(app)
    elif "django" in sys.modules and type(app).__module__.startswith("django."):
        about["framework"] = "Django"
        about["version"] = installed_version("django")
    return about


def session_cookies(app):
    """The cookies that say who somebody is: [name, "wide" for one that is for more hosts or
    fewer paths than this host's whole site]."""
    config = app.config
    try:
        interface = app.session_interface
        wide = bool(interface.get_cookie_domain(app)) or interface.get_cookie_path(app) != "/"
    except Exception:  # an unusual session interface
        wide = True
    found = [[str(config.get("SESSION_COOKIE_NAME") or "session"), "wide" if wide else ""]]
    if hasattr(app, "login_manager"):  # Flask-Login
        wide = config.get("REMEMBER_COOKIE_DOMAIN") or config.get("REMEMBER_COOKIE_PATH", "/") != "/"
        found.append([str(config.get("REMEMBER_COOKIE_NAME", "remember_token")), "wide" if wide else ""])
    return found


def trimming(app):
    """Jinja's trim_blocks and lstrip_blocks, which change what a script looks like."""
    env = vars(app).get("jinja_env")  # not made here if the app has not made it
    if env is not None:
        return [bool(env.trim_blocks), bool(env.lstrip_blocks)]
    options = getattr(app, "jinja_options", {})
    return [bool(options.get("trim_blocks")), bool(options.get("lstrip_blocks"))]


def template_folders(app):
    """The folders of the app's templates: [prefix of the names, folder]; with a last entry
    "" when there are others that cannot be read as files."""
    found, whole = [], True

    def walk(loader, prefix):
        nonlocal whole
        if loader is None:
            return
        kind = type(loader).__name__
        if kind == "ChoiceLoader":
            for inner in loader.loaders:
                walk(inner, prefix)
        elif kind == "PrefixLoader":
            for name, inner in loader.mapping.items():
                walk(inner, prefix + name + loader.delimiter)
        elif kind == "FileSystemLoader":
            for folder in loader.searchpath:
                found.append([prefix, os.path.abspath(folder)])
        elif kind == "PackageLoader" and getattr(loader, "_archive", None) is None:
            found.append([prefix, os.path.abspath(loader._template_root)])
        else:
            whole = False

    try:
        walk(app.jinja_loader, "")
        for blueprint in app.iter_blueprints():
            walk(blueprint.jinja_loader, "")
    except Exception:  # an unusual app: its pages are treated as unknown
        whole = False
    if not whole:
        found.append(["", ""])
    return found


def watch_templates(app):
    """Note in the environ which templates an answer is made from."""
    import flask

    def rendering(sender, template, **rest):
        environ = flask.request.environ
        name = (template.name or "").encode("utf-8", "replace").decode("latin-1")
        environ.setdefault(TEMPLATES, []).append(name.replace("\0", "").replace("\n", ""))

    try:
        flask.before_render_template.connect(rendering, app, weak=False)
    except (RuntimeError, AttributeError):
        pass  # an old Flask without blinker


def end_debugging(app, changed):
    """An app that serves the public shows nobody its debugger or its tracebacks."""
    while type(app).__name__ == "DebuggedApplication" and type(app).__module__.startswith("werkzeug."):
        app = app.app
        changed.append("DebuggedApplication is taken off")
    if not is_flask(app):
        return app
    inner = end_debugging(app.wsgi_app, changed)
    if inner is not app.wsgi_app:
        app.wsgi_app = inner
    if app.debug:
        app.debug = False
        changed.append("app.debug was on")
    if app.config.get("TESTING"):
        app.config["TESTING"] = False
        changed.append("TESTING was on")
    return app


def installed_version(name):
    """From the metadata folder's name: importlib.metadata would cost 2 MB a worker."""
    try:
        site = os.path.dirname(os.path.dirname(sys.modules[name].__file__))
        for entry in os.listdir(site):
            if entry.lower().startswith(name + "-") and entry.endswith(".dist-info"):
                return entry[len(name) + 1:-len(".dist-info")]
    except (OSError, AttributeError, KeyError, TypeError):
        pass
    return ""


def static_folders(app):
    """The folders that Flask would serve itself: [url prefix, folder, seconds or ""]."""
    found = []
    try:
        for rule in app.url_map.iter_rules():
            owner = app
            if rule.endpoint.endswith(".static"):
                owner = app.blueprints.get(rule.endpoint[:-len(".static")])
            elif rule.endpoint != "static":
                continue
            folder = getattr(owner, "static_folder", None)
            tail = "/<path:filename>"
            if folder and rule.rule.endswith(tail) and not rule.host and not rule.subdomain:
                found.append([rule.rule[:-len(tail)], os.path.abspath(folder), max_age(app)])
    except Exception:  # an unusual app keeps serving its own files
        return []
    return found


def max_age(app):
    """How long Flask lets a static file be cached, in seconds; "" when it does not say."""
    age = app.config.get("SEND_FILE_MAX_AGE_DEFAULT")
    if age is None:
        return ""
    return str(int(age.total_seconds() if hasattr(age, "total_seconds") else age))


# -- start ------------------------------------------------------------------------------------

def main(channel, setup):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    bell = socket.socket(fileno=setup["bell"])
    files = socket.socket(fileno=setup["files"])
    for sock in (channel, bell, files):
        sock.set_inheritable(False)
    worker = Worker(channel, bell, files)
    worker.most = setup["threads"]
    os.register_at_fork(after_in_child=worker.after_fork)
    sys.argv = [setup["target"]]
    sys.path.insert(0, os.getcwd())
    doing, changed = [""], []
    if os.environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        os.environ["FLASK_DEBUG"] = "0"
        changed.append("FLASK_DEBUG was set")
    faulthandler.enable()  # a crash in C, or the front, makes it say where it was
    try:
        module_name, app = load(setup["target"], doing)
        worker.app = end_debugging(app, changed)
        about = describe(module_name, worker.app)
        about["changed"] = changed
    except BaseException as error:
        report_failure(worker, setup["target"], doing[0], error)
        return
    worker.base = {
        "wsgi.version": (1, 0),
        "wsgi.multithread": worker.most > 1,
        "wsgi.multiprocess": setup["workers"] > 1,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }
    worker.send(READY, 0, 0, json.dumps(about).encode())
    with worker.books:
        worker.threads = 1
        threading.Thread(target=worker.serve, daemon=True, name="fumehood-1").start()
    worker.watch()


def report_failure(worker, target, doing, error):
    module_name = target.partition(":")[0]
    failed = doing + " failed"
    if doing.startswith("importing"):
        failed = "cannot import " + module_name
    report = {"error": str(error), "hint": "", "traceback": ""}
    if isinstance(error, BadTarget):
        report["hint"] = error.hint
    else:
        report["traceback"] = app_traceback()
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        last = "%s: %s" % (type(error).__name__, error)
        if missing and (module_name == missing or module_name.startswith(missing + ".")):
            report["traceback"] = ""
            report["error"] = "there is no module %s in %s" % (missing, os.getcwd())
            report["hint"] = module_hint(missing)
        elif missing:
            report["error"] = "%s: no module named %s" % (failed, missing)
            package = missing.partition(".")[0]
            report["hint"] = "install it for this interpreter: %s -m pip install %s" % (
                sys.executable, package)
            if package in sys.modules:
                report["hint"] = ("the package is there, that module is not; see the last line "
                                  "of the traceback that names your file")
        elif isinstance(error, SystemExit):
            report["error"] = "%s ended the program (%s)" % (doing, last)
            report["hint"] = 'put what it runs under: if __name__ == "__main__":'
        else:
            report["error"] = "%s: %s" % (failed, last)
            report["hint"] = "the traceback above is the app's own; the last line that names your file is where to look"
    worker.send(FAILED, 0, 0, json.dumps(report).encode())


def module_hint(missing):
    near = []
    for entry in sorted(os.listdir(".")):
        name, extension = os.path.splitext(entry)
        if extension == ".py" and not name.startswith(("_", "test")):
            near.append(name)
        elif os.path.isfile(os.path.join(entry, "__init__.py")):
            near.append(entry)
    if near:
        return "this folder has %s: fumehood run %s" % (", ".join(near[:6]), near[0])
    return "say where the app is: fumehood run --chdir FOLDER %s" % missing
