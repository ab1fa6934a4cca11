"""The worker: threads that take requests from the channel and answer them."""


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
                fields, values = str(payload[4:cut], "latin-1"), None
                if flags & WITH_VALUES:
                    end = cut + 4 + U32.unpack_from(payload, cut)[0]
                    values, cut = bytes(payload[cut + 4:end]), end
                fd = self.take_descriptor() if flags & WITH_FILE else -1
                exchange = None
                if flags & STREAMED:
                    # Its body may follow in the same read: it must be known by now.
                    exchange = Exchange(self, rid)
                    exchange.input = StreamedInput(self, rid)
                    with self.books:
                        self.exchanges[rid] = exchange
                self.queue.append((rid, fields, bytes(payload[cut:]), fd, exchange, values, self.seen))
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
        CURRENT.set(NOBODY)  # a thread that leads may have been started in the middle of a request
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
                rid, fields, body, fd, exchange, values, _ = request
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
                self.handle(rid, fields, body, fd, exchange, values)
                with self.books:
                    if eager:
                        quick = time.perf_counter() - began < QUICK
                        self.eager = not quick
                    if self.leader != me:
                        break
                    self.leader = None

    def handle(self, rid, fields, body, fd, exchange, values):
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
            CURRENT.set(exchange)
            if values is not None:
                exchange.inputs = Inputs(exchange, json.loads(values))
            exchange.answer(self.app, environ)
            if values is not None:
                request_over(exchange)
        except BaseException as error:  # SystemExit too: one request must not end the worker
            self.failed(exchange, error)
        finally:
            CURRENT.set(NOBODY)
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
        if exchange.hit is not None:
            hit = json.dumps(exchange.hit).encode("utf-8", "replace")
            self.send(HIT, END, 0 if over else exchange.rid, hit)
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
