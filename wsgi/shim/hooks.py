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


def occurrences(text, value, left=SEEN_MOST):
    """Where value is in text: at most so many places."""
    at = text.find(value)
    while at >= 0 and left:
        yield at
        at, left = text.find(value, at + 1), left - 1


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
