"""What the interpreter says it is about to do (audit events, PEP 578), and templates and code.

A judge is called only while a request with risky values runs; a rare one in every request, and
then inputs may be None. What a judge does itself is not judged.
"""
import re

JUDGES = {}      # audit event -> (sink, judge(inputs, event, args), rare)
HEARD = []       # the audit hook, when it is there
JUDGING = set()  # threads that are inside a judge
SEEN_MOST = 64   # occurrences of one value in one text
MODULES = {}     # name of a module of the app -> the texts at its top
BODY_MOST = 1024 * 1024  # bytes of a request body that are looked at


def watch_hooks():
    for begin in (watch_code, watch_commands, watch_files, watch_pickles, watch_outbound):
        begin()
    watch_templates_made()
    listen()


def listen():
    """Hear of audit events, by one hook: each of them is called for every event."""
    if HEARD:
        return
    judges, current = JUDGES, CURRENT.get

    def hook(event, args):
        entry = judges.get(event)
        if entry is None:
            return
        if entry[0] is None:  # of no sink: always
            return entry[1](event, args)
        exchange = current()
        inputs = exchange.inputs
        if inputs is not None or entry[2] and exchange is not NOBODY:
            judge_event(entry, inputs, event, args)

    HEARD.append(hook)
    sys.addaudithook(hook)


class Noted(Exception):
    """It is said, and the mode is to let it pass."""


def refuse(inputs, sink, statement, i, why):
    """Like stop, which it is for; where that only reports, nothing more is said of the event."""
    stop(inputs, sink, statement, i, why)
    raise Noted


def judge_event(entry, inputs, event, args):
    me = threading.get_ident()
    if me in JUDGING:
        return
    sink, judge, _ = entry
    if inputs is not None and inputs.mode(sink) == "off":
        return
    JUDGING.add(me)
    try:
        judge(inputs, event, args)
    except Noted:
        pass
    except Exception as error:
        broken(inputs, sink, error)
    finally:
        JUDGING.discard(me)


def guarded(sink, judge):
    """judge(inputs, ...) for a wrapper: only with risky values, and its own errors are ours."""
    def check(*args):
        inputs = live()
        if inputs is not None:
            judge_event((sink, lambda inputs, event, args: judge(inputs, *args), False), inputs, "", args)
    return check


def setting(inputs, name):
    """An allow list, as the route has it."""
    return ((inputs.modes if inputs is not None else None) or SETUP["sinks"]).get(name) or ()


def text_of(value):
    """A path or an argument as text; None for what is none, such as a descriptor."""
    if type(value) is str:
        return value
    try:
        return os.fsdecode(value)
    except TypeError:
        return None


def occurrences(text, value):
    """Where value is in text: at most SEEN_MOST places."""
    at, left = text.find(value), SEEN_MOST
    while at >= 0 and left:
        yield at
        at, left = text.find(value, at + 1), left - 1


# -- what the app's own code says ---------------------------------------------------------

HOLES = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]|\{[^{}]*\}")


def foreign(filename):
    """Is this no code of the app: the shim, the standard library, an installed package?"""
    return filename == __shim__ or filename.startswith(("<frozen", LIBRARY)) \
        or "site-packages" in filename or "dist-packages" in filename


CONTEXT = 8  # characters that a text of the code has beside what it is asked for


def written(text, start, end):
    """Does text[start:end] stand just like that, with what is around it, in the code which is
    running? Then it is the programmer's, even if the request says the same."""
    for constant in constants():
        for piece in [constant] + HOLES.split(constant):
            at = text.find(piece, max(0, end - len(piece)), start + len(piece)) if piece else -1
            if at >= 0 and (len(piece) >= end - start + CONTEXT or len(piece) == len(text) or len(piece) > end - start
                            and (at == 0 or at + len(piece) == len(text))):
                return True
    return False


def constants():
    """The texts in the app's functions that are running and at the top of their modules, and what
    the NAMES there are: no variables and no lists, which a request may have filled."""
    frame, left, seen = sys._getframe(1), 60, set()
    while frame is not None and left:
        code, names = frame.f_code, frame.f_globals
        if not foreign(code.co_filename):
            yield from strings(texts_of(code))
            if id(names) not in seen:
                seen.add(id(names))
                yield from texts_of_module(names)
                yield from strings([v for k, v in list(names.items()) if k.isupper()])
        frame, left = frame.f_back, left - 1


def texts_of_module(names):
    """The constants in a module's own lines, such as those of TOOLS = ["git", "hg"]."""
    spec = names.get("__spec__")
    name = getattr(spec, "name", None)
    if name not in MODULES:
        try:
            code = spec.loader.get_code(name)
            MODULES[name] = [text for text in strings(code.co_consts) if text != names.get("__doc__")]
        except Exception:  # it comes from no file
            MODULES[name] = []
    return MODULES[name]


def texts_of(code):
    """The constants of a function without its docstring, which may tell of attacks."""
    documented = sys.version_info < (3, 13) or code.co_flags & 0x4000000
    return code.co_consts[1:] if documented else code.co_consts


def strings(values, depth=3):
    """The texts in constants, in tuples and in frozen sets: what nothing can be appended to."""
    for value in values:
        if type(value) is str:
            yield value
        elif type(value) in (tuple, frozenset) and depth:
            yield from strings(list(value)[:1000], depth - 1)


def texts_in(values, depth):
    """The texts in a document."""
    for value in values:
        if type(value) is str:
            yield value
        elif type(value) is dict and depth:
            yield from texts_in(list(value.items())[:1000], depth)
        elif type(value) in (tuple, list) and depth:
            yield from texts_in(value[:1000], depth - 1)


# -- the request beyond its risky values --------------------------------------------------

def plain_words(exchange):
    """Every value that the app may have taken from the request, as (place, name, value): in
    rare sinks even a plain word matters. With Flask these are the ones that it has read."""
    found, environ = [], exchange.environ or {}
    request = environ.get("werkzeug.request")
    known = vars(request) if request is not None else {}
    for name, value in (known.get("view_args") or {}).items():
        found.append(("path", name, value))
    for place, key in (("query", "args"), ("form", "form"), ("cookie", "cookies")):
        fields = known.get(key)
        for name in fields or ():
            values = fields.getlist(name) if hasattr(fields, "getlist") else [fields[name]]
            found += [(place, name, value) for value in values]
    for document in known.get("_cached_json") or ():
        found += [("json", "", value) for value in texts_in([document], 40)]
    if request is None:
        from urllib.parse import parse_qsl
        query, (body, _) = environ.get("QUERY_STRING", ""), body_of(exchange)
        form = body.decode("utf-8", "replace") if "urlencoded" in environ.get("CONTENT_TYPE", "") else ""
        found += [("query", *pair) for pair in parse_qsl(query, True)]
        found += [("form", *pair) for pair in parse_qsl(form, True)]
        found += [("path", "", word) for word in environ.get("PATH_INFO", "").split("/")]
    return [word for word in found if isinstance(word[2], str) and word[2]]


def body_of(exchange):
    """(bytes of the request's body, whether these are all): read without taking them."""
    stream = (exchange.environ or {}).get("wsgi.input")
    try:
        if exchange.input is not None:
            return b"", False
        if type(stream) is io.BytesIO:
            body = stream.getbuffer()
            return bytes(body[:BODY_MOST]), len(body) <= BODY_MOST
        if type(stream) is io.BufferedReader:
            body = os.pread(stream.fileno(), BODY_MOST + 1, 0)
            return body[:BODY_MOST], len(body) <= BODY_MOST
    except (ValueError, OSError):  # closed by the app, or not a file
        pass
    return b"", stream is None


def for_word(exchange, inputs, word):
    """Inputs with this one plain word, so that a refusal can name it."""
    return Inputs(exchange, {"unseen": False, "values": [list(word)],
                             "modes": inputs.modes if inputs is not None else None})


# -- Python code --------------------------------------------------------------------------

RUNS_TEXT = {"timeit", "code", "codeop", "runpy", "bdb", "cProfile", "profile", "trace", "doctest"}


def watch_code():
    JUDGES["compile"] = ("command", judge_code, False)
    JUDGES["ctypes.dlopen"] = ("command", judge_library, False)
    watched("command", "eval, exec, compile")


def judge_code(inputs, event, args):
    source = args[0]
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = bytes(source).decode("utf-8", "replace")
    if type(source) is not str:
        return  # a tree
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __shim__:
        frame = frame.f_back
    if frame is None:
        return
    library = foreign(frame.f_code.co_filename) and frame.f_globals.get("__name__") not in RUNS_TEXT
    if library and frame.f_code.co_filename.startswith(("<frozen", LIBRARY)) \
            and "-packages" not in frame.f_code.co_filename:
        return  # it imports, or reads literals
    if inputs.unseen and not library and not written(source, 0, len(source)):
        refuse(inputs, "command", source, -1, "code is made while not all of the request is known")
    for value, i in inputs.values:
        value = value.strip()
        if len(value) < 2 or value not in source or library and value != source.strip():
            continue  # what libraries make code of is more than one value, and their own
        if not all(written(source, at, at + len(value)) for at in occurrences(source, value)):
            refuse(inputs, "command", source, i, "it becomes Python code")


def judge_library(inputs, event, args):
    name = text_of(args[0]) or ""
    for value, i in inputs.values:
        if len(value) > 1 and value in name and not written(name, 0, len(name)):
            refuse(inputs, "command", name, i, "it names a library that is loaded")


# -- templates ----------------------------------------------------------------------------

def watch_templates_made():
    after_import("jinja2.environment", watch_jinja)
    after_import("mako.template", watch_mako)
    after_import("tornado.template", watch_tornado)
    after_import("django.template.base", watch_django)


def watch_jinja(module):
    kind = module.Environment
    check, check_expression = guarded("template", judge_jinja), guarded("template", judge_expression)
    compiling, expression = kind.compile, kind.compile_expression

    @functools.wraps(compiling)
    def compile_watched(self, source, name=None, filename=None, *args, **kwargs):
        if filename is None and isinstance(source, str) and CURRENT.get().inputs is not None:
            check(self, str(source))
        return compiling(self, source, name, filename, *args, **kwargs)

    @functools.wraps(expression)
    def expression_watched(self, source, *args, **kwargs):
        check_expression(str(source))
        return expression(self, source, *args, **kwargs)

    kind.compile, kind.compile_expression = compile_watched, expression_watched
    watched("template", "jinja2 " + installed_version("jinja2"))


def watch_mako(module):
    making = module._compile
    check = guarded("template", judge_template)

    @functools.wraps(making)
    def compile_watched(template, text, filename, *args, **kwargs):
        if filename is None:
            source = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
            check(source, [("${", "}"), ("<%", ">"), ("</%", ">")], ["%", "##"])
        return making(template, text, filename, *args, **kwargs)

    module._compile = compile_watched
    watched("template", "mako")


def watch_tornado(module):
    making = module.Template.__init__
    check = guarded("template", judge_template)

    @functools.wraps(making)
    def init_watched(self, template_string, name="<string>", loader=None, *args, **kwargs):
        if loader is None:
            source = template_string
            if isinstance(source, bytes):
                source = source.decode("utf-8", "replace")
            check(source, BRACES, [])
        making(self, template_string, name, loader, *args, **kwargs)

    module.Template.__init__ = init_watched
    watched("template", "tornado")


def watch_django(module):
    making = module.Template.__init__
    check = guarded("template", judge_template)

    @functools.wraps(making)
    def init_watched(self, template_string, origin=None, *args, **kwargs):
        if origin is None:
            check(str(template_string), BRACES, [])
        making(self, template_string, origin, *args, **kwargs)

    module.Template.__init__ = init_watched
    watched("template", "django")


BRACES = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]


def judge_jinja(inputs, environment, source):
    pairs = [(environment.variable_start_string, environment.variable_end_string),
             (environment.block_start_string, environment.block_end_string),
             (environment.comment_start_string, environment.comment_end_string)]
    lines = [mark for mark in (environment.line_statement_prefix, environment.line_comment_prefix) if mark]
    judge_template(inputs, source, pairs, lines)


def judge_template(inputs, source, pairs, lines):
    """pairs begin and end what is no plain text in a template, lines begin such lines."""
    if inputs.unseen and not written(source, 0, len(source)):
        refuse(inputs, "template", source, -1, "a template is made while not all of the request is known")
    lower = source.lower()
    for value, i in inputs.values:
        for tag in tags(value, pairs):
            for form, text in forms_of(tag, source, lower):
                for at in occurrences(text, form):
                    if not written(source, at, at + len(form)):
                        refuse(inputs, "template", source, i, "it becomes code of the template: " + form[:80])
        value = value.strip()
        if len(value) > 1:
            for at in occurrences(source, value):
                why = in_a_tag(source, at, at + len(value), value, pairs, lines)
                if why and not written(source, at, at + len(value)):
                    refuse(inputs, "template", source, i, why)


def forms_of(tag, source, lower):
    """The tag as it may have become part of the source: as it is, escaped, or in small letters."""
    escaped = tag.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    yield tag, source
    yield escaped.replace("'", "&#39;"), source
    yield escaped.replace("&#34;", "&quot;").replace("'", "&#x27;"), source
    if len(lower) == len(source):
        yield tag.lower(), lower


def tags(value, pairs):
    """The parts of value that a template would take for code."""
    for begin, end in pairs:
        for at in occurrences(value, begin):
            close = value.find(end, at + len(begin))
            yield value[at:] if close < 0 else value[at:close + len(end)]


def in_a_tag(source, start, end, value, pairs, lines):
    """Why source[start:end] is not just text of the template, "" if it is."""
    line = source.rfind("\n", 0, start) + 1
    for mark in lines:
        for at in occurrences(source[line:end], mark):
            if line + at + len(mark) > start and not source[line:line + at].strip():
                return "it begins a line that is code of the template"
        if "\n" in value and any(part.lstrip().startswith(mark) for part in value.split("\n")[1:]):
            return "it has a line that is code of the template"
    for begin, close in pairs:
        near = source.find(begin, max(0, start - len(begin) + 1), end + len(begin) - 1)
        if near >= 0:
            return "it makes a %s of the template" % begin
        opened = source.rfind(begin, 0, start)
        if opened >= 0 and source.find(close, opened + len(begin), start) < 0:
            return beyond_a_literal(source[opened + len(begin):start], value)
    return ""


def beyond_a_literal(before, value):
    """Why a value behind before, in an expression, is more than one name or the text of a string."""
    quote = ""
    for c in before:
        if not quote and c in "'\"":
            quote = c
        elif c == quote:
            quote = ""
    active = quote + "\\" if quote else "()[]{}|.'\"%~*/+<>="
    return "it becomes an expression of the template" if any(c in active for c in value) else ""


def judge_expression(inputs, source):
    for value, i in inputs.values:
        value = value.strip()
        for at in occurrences(source, value) if len(value) > 1 else ():
            why = beyond_a_literal(source[:at], value)
            if why and not written(source, at, at + len(value)):
                refuse(inputs, "template", source, i, why)
