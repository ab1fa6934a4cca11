"""Pickles, marshalled code and YAML objects that a request has brought."""

HARMLESS = {  # what plain data is made of
    "builtins": "set frozenset list dict tuple str bytes bytearray int float complex bool object range slice "
                "Ellipsis NotImplemented",
    "collections": "OrderedDict defaultdict deque Counter ChainMap UserDict UserList UserString",
    "datetime": "date time datetime timedelta timezone", "zoneinfo": "ZoneInfo ZoneInfo._unpickle",
    "decimal": "Decimal", "fractions": "Fraction", "uuid": "UUID SafeUUID", "copyreg": "_reconstructor __newobj__",
    "_codecs": "encode", "array": "array _array_reconstructor", "types": "SimpleNamespace", "markupsafe": "Markup",
    "ipaddress": "IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface",
    "pathlib": "PurePath PurePosixPath PureWindowsPath PosixPath Path", "http.cookies": "Morsel SimpleCookie",
    "pathlib._local": "PurePosixPath PosixPath",
    "werkzeug.datastructures": "MultiDict ImmutableMultiDict OrderedMultiDict CombinedMultiDict Headers",
    "werkzeug.datastructures.structures": "MultiDict ImmutableMultiDict OrderedMultiDict CombinedMultiDict",
    "werkzeug.datastructures.headers": "Headers", "flask.sessions": "SecureCookieSession NullSession",
    "numpy": "ndarray dtype", "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar", "numpy._core.numeric": "_frombuffer",
}
HARMLESS = {module + "." + name for module, names in HARMLESS.items() for name in names.split()}
OLD_NAMES = {"__builtin__": "builtins", "copy_reg": "copyreg", "UserDict": "collections", "UserList": "collections",
             "exceptions": "builtins"}
NEVER = {"os", "posix", "nt", "subprocess", "_posixsubprocess", "sys", "importlib", "imp", "ctypes", "_ctypes", "socket",
         "_socket", "pty", "code", "codeop", "runpy", "shutil", "commands", "popen2", "webbrowser", "timeit", "pdb", "bdb",
         "cProfile", "profile", "trace", "doctest", "pip", "platform", "marshal", "pickle", "_pickle", "gc", "atexit",
         "fumehood"}
NEVER_NAMES = {"builtins." + name for name in (
    "eval exec compile open __import__ input breakpoint globals locals vars setattr delattr help exit quit "
    "memoryview").split()} | {"operator.methodcaller", "operator.attrgetter", "_operator.methodcaller",
                              "_operator.attrgetter", "types.CodeType", "types.FunctionType"}
PROTOCOL = re.compile(rb"\x80[\x02-\x05]")
SECOND_LINE = re.compile(rb"\n[A-Za-z_][\w.]*(?=\n)")  # of two that name a module and what is in it
FIRST_LINE = re.compile(rb"[ci][A-Za-z_][\w.]*$")
NAMED = re.compile(r"[A-Za-z_][\w.]* [A-Za-z_][\w.]*").fullmatch  # as pickletools has it
MAKES = {"REDUCE", "BUILD", "NEWOBJ", "NEWOBJ_EX", "OBJ", "INST"}
OPCODES_MOST = 200000  # that are read to see whether something is a pickle
TOKEN = re.compile(rb"[A-Za-z0-9+/_-]{8,1048576}={0,2}")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){4,}$")
TOKENS_MOST = 2000
PARTS_MOST = 1000  # of a form with files
CUT = 65536  # bytes that are inflated
SCAN_MOST = 512 * 1024 * 1024  # bytes of a body that are looked at
CHILDREN = {"multiprocessing.connection", "multiprocessing.queues", "concurrent.futures.process"}
PICKLED = "fumehood.pickled"  # in the environ: what the request may have brought


def watch_pickles():
    JUDGES["pickle.find_class"] = ("pickle", judge_pickle, True)
    JUDGES["marshal.loads"] = ("pickle", judge_marshal, True)
    after_import("yaml.constructor", watch_yaml)
    after_import("ruamel.yaml.constructor", watch_yaml)
    after_import("jsonpickle.unpickler", watch_jsonpickle)
    watched("pickle", "pickle, shelve, dill, joblib, marshal")


def judge_pickle(inputs, event, args):
    judge_name(inputs, str(args[0]), str(args[1]), "the pickle")


def judge_name(inputs, module, name, what):
    """What a pickle or the like may make use of: module.name."""
    module = OLD_NAMES.get(module, module)
    full = module + "." + name
    if full in HARMLESS or caller() in CHILDREN:  # what processes of the app's own say
        return
    for allowed in setting(inputs, "pickle_allow"):
        if allowed == full or allowed.endswith(".*") and module == allowed[:-2] and "." not in name:
            return
    if (module.partition(".")[0] in NEVER or full in NEVER_NAMES) and not only_data(module, name):
        i = brought(inputs)
        refuse(inputs, "pickle", full, -1 if i is None else i, what + " would make use of " + full)
    if module == "builtins" and only_data(module, name):
        return
    i = brought(inputs)
    if i is not None:
        refuse(inputs, "pickle", full, i, "%s comes with the request and would make a %s" % (what, full))


def only_data(module, name):
    """Errors, enumerations and named tuples of dangerous modules do nothing."""
    found = getattr(sys.modules.get(module), name, None)
    return isinstance(found, type) and issubclass(found, (BaseException, tuple)) \
        or type(found).__name__ in ("EnumMeta", "EnumType")


def watch_yaml(module):
    for kind in {v for v in vars(module).values() if isinstance(v, type)}:
        for method in ("find_python_name", "find_python_module"):
            if method in vars(kind):
                setattr(kind, method, yaml_watched(vars(kind)[method]))
    watched("pickle", module.__name__.rpartition(".")[0])


def yaml_watched(finding):
    @functools.wraps(finding)
    def find_watched(self, name, *args, **kwargs):
        inputs = live()
        if inputs is not None or asked() is not None:
            judge_event(("pickle", judge_object, True), inputs, "", ("the YAML text", str(name)))
        return finding(self, name, *args, **kwargs)
    return find_watched


def judge_object(inputs, event, args):
    what, full = args
    module, _, name = full.rpartition(".")
    judge_name(inputs, module or "builtins", name, what)


def watch_jsonpickle(module):
    loading = module.loadclass

    @functools.wraps(loading)
    def load_watched(name, *args, **kwargs):
        inputs = live()
        if inputs is not None or asked() is not None:
            judge_event(("pickle", judge_object, True), inputs, "", ("the JSON text", str(name)))
        return loading(name, *args, **kwargs)

    module.loadclass = load_watched
    watched("pickle", "jsonpickle")


def judge_marshal(inputs, event, args):
    by = caller()
    if by == "zipimport" or "importlib" in by:
        return
    data = args[0] if args else b""
    if not isinstance(data, (bytes, bytearray, memoryview)) or not data:
        return
    head, exchange = bytes(data)[:256], asked()
    pieces, whole = pieces_of(exchange, inputs)
    if not whole or any(piece.find(head) >= 0 for piece in pieces):
        refuse(inputs, "pickle", repr(head[:64]), -1, "marshalled code comes with the request")


# -- what the request has brought ---------------------------------------------------------

def brought(inputs):
    """Has the request brought what can be a pickle? The index of the value, -1 when nobody knows
    in which it is, None for no."""
    exchange = asked()
    environ = exchange.environ if exchange is not None and exchange.environ else {}
    if PICKLED not in environ:
        pieces, whole = pieces_of(exchange, inputs)
        environ[PICKLED] = not whole or any(map(looks_pickled, pieces))
    if not environ[PICKLED]:
        return None
    for i, field in enumerate(inputs.fields if inputs is not None else ()):
        if any(map(looks_pickled, decoded(field[2].encode("utf-8", "replace")))):
            return i
    return -1


def looks_pickled(piece):
    """Can there be a pickle in piece that makes use of a name, or the like of YAML and JSON?"""
    if piece[:6] == b"\x93NUMPY" or piece[:2] == b"PK" and piece.find(b".pkl") >= 0 \
            or any(piece.find(sign) >= 0 for sign in (b"!!python/", b"yaml.org,2002:python/", b'"py/')):
        return True
    import copyreg
    import pickletools
    stream, read = Reading(piece), 0
    for start in pickle_starts(piece):
        stream.at, texts, names, works = start, 0, False, False
        try:
            for opcode, value, _ in pickletools.genops(stream):
                read += 1
                if read > OPCODES_MOST:
                    return True
                name = opcode.name
                works = works or names and name in MAKES  # what comes behind it does not matter any more
                texts += type(value) is str or "GET" in name or name == "DUP"
                names = names or name in ("GLOBAL", "INST") and NAMED(value) or name == "STACK_GLOBAL" and texts > 1 \
                    or name[:3] == "EXT" and bool(copyreg._inverted_registry)
        except Exception:  # it is none, or has no end
            names = works or len(piece) == CUT and (names and stream.at >= CUT or start == 0)
        if names:
            return True
    return False


def pickle_starts(piece):
    """Where pickles may begin, or be going on: patterns that begin with one byte are found fast."""
    for match in PROTOCOL.finditer(piece):
        yield match.start()
    for match in SECOND_LINE.finditer(piece):
        first = max(0, match.start() - 256)
        line = FIRST_LINE.search(piece[first:match.start()])
        if line:
            yield first + line.start()


class Reading:
    """Bytes as a file of which nobody reads more than there is."""

    def __init__(self, data):
        self.data, self.at, self.size = data, 0, len(data)

    def tell(self):
        return self.at

    def read(self, n):
        if n > self.size - self.at:
            self.at = self.size
            return b""
        self.at += n
        return self.data[self.at - n:self.at]

    def readline(self):
        end = self.data.find(b"\n", self.at, self.at + 65536) + 1
        return self.read(end - self.at) if end else self.read(self.size + 1)


def pieces_of(exchange, inputs):
    """(all that could be bytes for the app: the body and its parts, each value, what they
    are without base64, hex and compression; whether that is all)."""
    texts, large, whole = [], [], inputs is None or not inputs.unseen
    for text, _ in inputs.values if inputs is not None else ():
        texts.append(text.encode("utf-8", "replace"))
    if exchange is not None:
        environ = exchange.environ or {}
        from urllib.parse import unquote_to_bytes
        for key, value in list(environ.items()):
            if isinstance(value, str) and (key.startswith("HTTP_") or key in ("QUERY_STRING", "PATH_INFO")):
                texts.append(unquote_to_bytes(value.encode("latin-1", "replace")))
        body, complete = all_of_body(exchange)
        whole = whole and complete
        if len(body) > BODY_MOST:  # values are known, and files are seldom base64
            large.append(body)
            body = body[:BODY_MOST]
        if body:
            texts.append(body)
            if "urlencoded" in environ.get("CONTENT_TYPE", ""):
                texts.append(unquote_to_bytes(body[:].replace(b"+", b" ")))
            if "multipart" in environ.get("CONTENT_TYPE", ""):
                whole_body = large[0] if large else body
                for match in itertools.islice(re.finditer(rb"\r\n\r\n", whole_body), PARTS_MOST):
                    texts.append(whole_body[match.end():match.end() + 2 * CUT])
    return itertools.chain(large, itertools.chain.from_iterable(map(decoded, texts))), whole


def all_of_body(exchange):
    """(the request's body, whether this is all of it). A long one is in a file and is not read
    into memory."""
    stream = (exchange.environ or {}).get("wsgi.input")
    if exchange.input is None and type(stream) is io.BytesIO:
        try:
            return stream.getvalue(), True
        except ValueError:  # closed by the app
            pass
    elif exchange.input is None and type(stream) is io.BufferedReader:
        import mmap
        try:
            size = os.fstat(stream.fileno()).st_size
            if not size:
                return b"", True
            return mmap.mmap(stream.fileno(), min(size, SCAN_MOST), prot=mmap.PROT_READ), size <= SCAN_MOST
        except (ValueError, OSError):  # closed, or not a file
            pass
    return b"", stream is None


def decoded(text):
    yield text
    yield from inflated(text)
    import binascii
    for n, match in enumerate(TOKEN.finditer(text)):
        if n > TOKENS_MOST:
            break
        token = match.group()
        if HEX.match(token):
            data = bytes.fromhex(token.decode())
            yield data
            yield from inflated(data)
        token = token.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        for first in {0, token.rfind(b"/") + 1}:  # base64 has no end that could be told from a path
            part = token[first:]
            try:
                data = binascii.a2b_base64(part[:len(part) - (len(part) % 4 == 1)] + b"===")
            except binascii.Error:
                continue
            yield data
            yield from inflated(data)


def inflated(data):
    """What data is without zlib or gzip, as far as it goes."""
    if data[:2] in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b"):
        import zlib
        try:
            yield zlib.decompressobj(47).decompress(data[:2 * CUT], CUT)
        except zlib.error:
            pass
    elif data[:3] == b"BZh":
        import bz2
        try:
            yield bz2.BZ2Decompressor().decompress(data[:32 * CUT], CUT)
        except (OSError, ValueError):
            pass
