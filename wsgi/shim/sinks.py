"""What the sinks know of the request that runs: its risky values, which Go has found.

A sink is where a value can do harm: a statement, a template, a command, a path, a pickle, an
address. Its guard asks live() first, which for most requests is one truth test.
"""
import contextvars
import functools

SETUP = {}      # what the front said at the start; "sinks" has the modes and the allow lists
WATCHED = []    # [kind, name, "" or why not]
WAITING = {}    # module's name -> functions to be called with it
AROUND = {}     # module's name -> what is called to execute it: function(execute, module)
ALARMS = set()  # places where a guard has failed already
LISTED_MOST = 512


class Refused(BaseException):
    """What the app was about to do is refused. No Exception: an app that catches those must
    not take it for an error of its database."""


class Stopped(Refused, Exception):
    """Refused elsewhere than in the thread that answers the request: it may be a thread that
    serves others, too, and that only an Exception does not end."""


class Nobody:
    """Stands for the request where there is none, or where it is not known whose work a
    thread does: it has the values of all requests that run."""
    hit = ended = None
    environ = {}
    worker = None
    rid = 0

    @property
    def inputs(self):
        worker = self.worker
        if worker is None or not worker.exchanges:
            return None
        found = [x.inputs for x in list(worker.exchanges.values()) if x.inputs is not None]
        return Union(found) if found else None


NOBODY = Nobody()
CURRENT = contextvars.ContextVar("fumehood", default=NOBODY)  # the Exchange that runs, or NOBODY


def live():
    """The risky values of the running request, None when it has none."""
    return CURRENT.get().inputs


def asked():
    """The Exchange that runs, None outside of requests."""
    exchange = CURRENT.get()
    return None if exchange is NOBODY else getattr(exchange, "exchange", exchange)


class Errand:
    """Stands for the request that has started a thread, which may do the work of others when that
    is over: one that takes from a queue, say."""

    def __init__(self, exchange):
        self.exchange = exchange

    @property
    def inputs(self):
        exchange = self.exchange
        worker, own = exchange.worker, exchange.inputs
        if worker is None or worker.exchanges.get(exchange.rid) is exchange:
            return own
        others = NOBODY.inputs
        return Union([own, others]) if own is not None and others is not None else own or others


class Inputs:
    """The risky values of one request. A value of 4096 characters may be cut."""

    def __init__(self, exchange, sent):
        self.exchange, self.unseen, self.modes = exchange, sent["unseen"], sent.get("modes")
        self.suspect = set(sent.get("suspect") or ())  # the classes of attacks that the edge has seen
        self.fields = []  # (place, name, value)
        self.values = []  # (a form of a value, index of its field)
        self.kept = []    # the same of what the app itself keeps in a session: paths and addresses may be in there, too
        self.note = {}    # what the sinks remember for the length of the request
        self._lowered = self._forms = None
        for i, field in enumerate(sent["values"]):
            self.fields.append((field[0], field[1], field[2]))
            values = self.kept if field[:2] == ["cookie", "(session)"] else self.values
            for form in field[2:]:
                values.append((form, i))

    @property
    def every(self):
        return self.values + self.kept if self.kept else self.values

    @property
    def lowered(self):
        if self._lowered is None:
            self._lowered = [(text.lower(), i) for text, i in self.values]
        return self._lowered

    def forms(self):
        """What apps make of the values: [(form, index of its field)]."""
        if self._forms is None:
            self._forms = forms_of_all(self)
        return self._forms

    def mode(self, sink):
        return (self.modes or SETUP["sinks"]).get(sink, "enforce")

    def route(self):
        return route_of(self.exchange)


class Union(Inputs):
    """The values of all live requests."""

    def __init__(self, all_inputs):
        self.exchange, self.modes, self.note, self._lowered, self._forms = None, None, {}, None, None
        self.unseen = any(inputs.unseen for inputs in all_inputs)
        self.suspect = set().union(*(inputs.suspect for inputs in all_inputs))
        self.fields, self.values, self.kept = [], [], []
        for inputs in all_inputs:
            first = len(self.fields)
            self.fields += inputs.fields
            self.values += [(text, first + i) for text, i in inputs.values]
            self.kept += [(text, first + i) for text, i in inputs.kept]

    def route(self):
        return ""


def route_of(exchange):
    """The rule that Flask has found for the request, else its path."""
    flask = sys.modules.get("flask")
    try:
        if flask and flask.has_request_context() and flask.request.url_rule is not None:
            return flask.request.url_rule.rule
    except Exception:  # an unusual app
        pass
    return exchange.environ.get("PATH_INFO", "") if exchange and exchange.environ else ""


def stop(inputs, sink, statement, i, why):
    """A value of the request, fields[i] (-1: nobody knows which), is more than data in what
    the app is about to do: refuse that, and the request, unless the mode says otherwise."""
    exchange = (inputs.exchange if inputs is not None else None) or asked() or NOBODY
    mode = inputs.mode(sink) if inputs is not None else SETUP["sinks"].get(sink, "enforce")
    if mode == "off":
        return
    if inputs is not None:
        inputs.note["hit"] = True
    if isinstance(statement, (bytes, bytearray)):
        statement = bytes(statement[:4096]).decode("utf-8", "replace")
    place, name, value = inputs.fields[i] if inputs is not None and i >= 0 else ("", "", "")
    hit = {"sink": sink, "statement": str(statement)[:4096], "place": place, "name": name,
           "value": value, "where": place_in_app(), "why": why, "route": route_of(exchange)}
    forked = NOBODY.worker is not None and NOBODY.worker.forked
    if mode == "report" or exchange is NOBODY or exchange.ended or forked:
        tell(HIT, 0 if exchange.ended or exchange is NOBODY else exchange.rid, dict(hit, mode=mode))
        if mode == "report":
            return
    elif exchange.hit is None:
        exchange.hit = hit
    own = not forked and exchange is not NOBODY and getattr(exchange, "thread", None) == threading.get_ident()
    raise (Refused if own else Stopped)(why)


def broken(inputs, sink, error):
    """A guard has failed: nothing that a request brought passes unseen."""
    if isinstance(error, Refused):
        raise error
    why = "the guard itself failed: %s: %s" % (type(error).__name__, error)
    if inputs is not None:
        stop(inputs, sink, "", -1, why)
        return
    place = (sink, place_in_app())
    if place not in ALARMS and len(ALARMS) < LISTED_MOST:
        ALARMS.add(place)
        tell(NEWS, 0, {"alarm": sink, "where": place[1], "why": why,
                       "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__))})


def learned(route, skeleton, example):
    """A statement of a shape that the route had not made before."""
    tell(NEWS, 0, {"learned": [route, skeleton, example[:1024]]})


def watched(kind, name, ok=True, why=""):
    """Say what is watched, and what is not and why."""
    entry = [kind, name, "" if ok else why or "it cannot be watched"]
    if entry in WATCHED or len(WATCHED) >= LISTED_MOST:
        return
    WATCHED.append(entry)
    if SETUP.get("ready"):  # the front has been told of the others
        tell(NEWS, 0, {"watched": entry})


def tell(kind, rid, what):
    worker = NOBODY.worker
    if worker is None:
        return
    if not worker.forked:
        worker.send(kind, 0, rid, json.dumps(what).encode("utf-8", "replace"))
    elif kind == HIT:  # only its parent may speak with the front, which knows what is secret in it
        print("fumehood: in a process that the app has forked: sink=%(sink)s mode=%(mode)s where=%(where)r field=%(place)s %(name)r" % what,
              file=sys.stderr)


def place_in_app():
    """The innermost line of the app's own code: "app.py:52 in login"."""
    frame, first = sys._getframe(1), ""
    here = os.getcwd() + os.sep
    while frame is not None:
        name = frame.f_code.co_filename
        if name != __shim__ and not name.startswith("<frozen"):
            place = "%s:%d in %s" % (name[len(here):] if name.startswith(here) else name,
                                     frame.f_lineno, frame.f_code.co_name)
            first = first or place
            if "site-packages" not in name and "dist-packages" not in name and not name.startswith(LIBRARY):
                return place
        frame = frame.f_back
    return first


LIBRARY = os.path.dirname(os.__file__) + os.sep


# -- modules and threads -----------------------------------------------------------------

class Importer:
    """Calls functions with a module right after it was executed for the first time."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in WAITING:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find and finder is not cls else None
            if spec is not None:
                break
        else:
            return None
        if hasattr(spec.loader, "exec_module") and not isinstance(spec.loader, type):
            cls.follow(name, spec.loader)
        return spec

    @staticmethod
    def follow(name, loader):
        execute = loader.exec_module

        def exec_module(module):
            if name in AROUND:
                AROUND[name](execute, module)
            else:
                execute(module)
            for function in WAITING.pop(name, ()):
                prepare(function, module)

        loader.exec_module = exec_module


def prepare(function, module):
    try:
        function(module)
    except Exception as error:
        watched("module", module.__name__, False, "%s: %s" % (type(error).__name__, error))
        broken(None, "module", error)


def after_import(name, function):
    """function(module) is called once the module is there."""
    if name in sys.modules:
        prepare(function, sys.modules[name])
        return
    WAITING.setdefault(name, []).append(function)


def carried(function, exchange):
    """function, which does the work of exchange in another thread."""
    @functools.wraps(function)
    def carrying(*args, **kwargs):
        before = CURRENT.set(exchange)
        try:
            return function(*args, **kwargs)
        finally:
            CURRENT.reset(before)
    return carrying


def quiet(function):
    """function, which ends when it is refused: the log has it already."""
    @functools.wraps(function)
    def ending():
        try:
            function()
        except Refused:
            pass
    return ending


def watch_threads():
    """A thread that a view starts, and what it gives to an executor, do the work of its request."""
    start = threading.Thread.start

    @functools.wraps(start)
    def started(self):
        exchange = asked()
        if exchange is not None:
            self.run = quiet(carried(self.run, Errand(exchange)))
        return start(self)

    def executor(module):
        submit = module.ThreadPoolExecutor.submit

        @functools.wraps(submit)
        def submitted(self, fn, /, *args, **kwargs):
            exchange = asked()
            return submit(self, fn if exchange is None else carried(fn, exchange), *args, **kwargs)

        module.ThreadPoolExecutor.submit = submitted

    def pool(module):
        for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
            setattr(module.ThreadPool, name, given(getattr(module.Pool, name)))

    def given(take):
        @functools.wraps(take)
        def taken(self, func, *args, **kwargs):
            exchange = asked()
            return take(self, func if exchange is None else carried(func, exchange), *args, **kwargs)
        return taken

    threading.Thread.start = started
    after_import("concurrent.futures.thread", executor)
    after_import("multiprocessing.pool", pool)


def watch(worker, setup):
    """Called before the app is imported: whatever it imports is watched from the start."""
    SETUP.update(sinks=setup.get("sinks") or {}, skeletons=setup.get("skeletons"))
    NOBODY.worker = worker
    if not SETUP["sinks"]:
        return
    sys.meta_path.insert(0, Importer)
    watch_threads()
    for begin in (watch_sqlite, watch_drivers, watch_hooks):
        begin()
