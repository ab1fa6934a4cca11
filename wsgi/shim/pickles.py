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
PICKLE_AT = re.compile(rb"\x80[\x02-\x05]|[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n")
BRINGS_NAMES = {"GLOBAL", "INST", "STACK_GLOBAL", "EXT1", "EXT2", "EXT4"}
OPCODES_MOST = 20000  # that are read to see whether something is a pickle
TOKEN = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){4,}$")
TOKENS_MOST = 2000
CUT = 65536  # bytes that are inflated, and fewer than a body that is known in part
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
    if full in HARMLESS:
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
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __shim__:
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith("<frozen") or frame.f_globals.get("__name__") == "zipimport":
        return  # it imports
    data = args[0] if args else b""
    if not isinstance(data, (bytes, bytearray, memoryview)) or not data:
        return
    head, exchange = bytes(data)[:256], asked()
    pieces, whole = pieces_of(exchange, inputs)
    if not whole or any(head in piece for piece in pieces):
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
    if piece.startswith(b"\x93NUMPY") or piece.startswith(b"PK") and b".pkl" in piece or b"!!python/" in piece \
            or b"yaml.org,2002:python/" in piece or b'"py/' in piece:
        return True
    import pickletools
    stream, read = io.BytesIO(piece), 0
    for match in PICKLE_AT.finditer(piece):
        stream.seek(match.start())
        names = False
        try:
            for opcode, _, _ in pickletools.genops(stream):
                read, names = read + 1, names or opcode.name in BRINGS_NAMES
                if read > OPCODES_MOST:
                    return True
        except Exception:  # it is none, or cut
            names = len(piece) >= CUT and (names or stream.tell() >= len(piece))
        if names:
            return True
    return False


def pieces_of(exchange, inputs):
    """(all that could be bytes for the app: the body and its parts, each value, what they
    are without base64, hex and compression; whether that is all)."""
    texts, whole = [], inputs is None or not inputs.unseen
    for text, _ in inputs.values if inputs is not None else ():
        texts.append(text.encode("utf-8", "replace"))
    if exchange is not None:
        environ = exchange.environ or {}
        from urllib.parse import unquote_to_bytes
        for key, value in list(environ.items()):
            if isinstance(value, str) and (key.startswith("HTTP_") or key in ("QUERY_STRING", "PATH_INFO")):
                texts.append(unquote_to_bytes(value.encode("latin-1", "replace")))
        body, complete = body_of(exchange)
        whole = whole and complete
        if body:
            texts.append(body)
            if "urlencoded" in environ.get("CONTENT_TYPE", ""):
                texts.append(unquote_to_bytes(body.replace(b"+", b" ")))
            texts += [part.partition(b"\r\n\r\n")[2] for part in body.split(b"\r\n--")
                      if b"\r\n\r\n" in part]
    found = []
    for text in texts:
        found += decoded(text)
    return found, whole


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
            yield zlib.decompressobj(47).decompress(data, CUT)
        except zlib.error:
            pass
    elif data[:3] == b"BZh":
        import bz2
        try:
            yield bz2.BZ2Decompressor().decompress(data, CUT)
        except (OSError, ValueError):
            pass
