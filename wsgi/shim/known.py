"""What the app's own code says, and what apps make of values."""

# -- what the app's own code says ---------------------------------------------------------

HOLES = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]|\{[^{}]*\}")


def foreign(filename):
    """Is this no code of the app: the shim, the standard library, an installed package?"""
    return filename == __shim__ or filename.startswith(("<frozen", LIBRARY)) \
        or "site-packages" in filename or "dist-packages" in filename


def caller():
    """The module of Python's own library that does what is judged, "" if another does."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __shim__:
        frame = frame.f_back
    if frame is None or not frame.f_code.co_filename.startswith((LIBRARY, "<frozen")):
        return ""
    return str(frame.f_globals.get("__name__"))


CONTEXT = 8  # characters that a text of the code has beside what it is asked for
PERCENT = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z%]")
SINGLE = re.compile(r"(?<!\{)\{[\w.!:]*\}(?!\})")
PIECES_MOST = 1000  # places of one piece of the code in a text


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
    seen = set()
    for frame in app_frames():
        names = frame.f_globals
        yield from strings(texts_of(frame.f_code))
        if id(names) not in seen:
            seen.add(id(names))
            yield from texts_of_module(names)
            yield from strings([v for k, v in list(names.items()) if k.isupper()])


def app_frames():
    """The app's functions that are running, the innermost first."""
    frame, left = sys._getframe(1), 60
    while frame is not None and left:
        if not foreign(frame.f_code.co_filename):
            yield frame
        frame, left = frame.f_back, left - 1


def covered(text):
    """For each character of text, whether it stands in the running code, within a piece of that
    which is in text as a whole: the app has written it, wherever the rest comes from."""
    marks, pieces = bytearray(len(text)), set()
    for constant in constants():
        pieces.update([constant], HOLES.split(constant))
        if "%" in constant:
            pieces.update(PERCENT.split(constant))
        if "{{{{" in constant:
            pieces.update(SINGLE.split(constant.replace("{{", "{").replace("}}", "}")))
    for piece in pieces:
        size = len(piece)
        if size > 1 or piece == " ":
            for at in occurrences(text, piece, PIECES_MOST):
                marks[at:at + size] = b"\1" * size
    return marks


def foreign_runs(text, marks, start, end):
    """The runs of text[start:end] that marks does not cover."""
    while start < end:
        at = marks.find(0, start, end)
        if at < 0:
            return
        start = marks.find(1, at, end)
        start = end if start < 0 else start
        yield text[at:start]


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




# -- what apps make of values --------------------------------------------------------------

BLANKS = {32: None, 9: None, 13: None}  # not the end of a line, which is a sign
DRAWN_MOST = 64          # places in a value at which something may begin
DRAWN_ALL = 50000        # of all that is looked for in one request
FORMS_MOST = 20000       # forms of the values of one request
SIGNS = ("\n", ",", ";", ":", "|", "@", "/", "=", "?", "#", "&", '"', "'")  # at which apps cut values
PLAIN = re.compile(r"\w*").fullmatch
TAG = re.compile("<[^<>]*>")
ALL_CLASSES = {"sql", "template", "command", "file", "code", "request"}


def wary(inputs, *classes):
    """Has the edge seen an attack of one of these classes in the request, or is not all of it known?"""
    return inputs.unseen or not inputs.suspect.isdisjoint(classes)


def drawn(inputs, text, least=3):
    """The index of a value that has the letters and signs of text, but for blanks and case, in
    this order and close together, whatever the app has taken out of it; None if there is none,
    -1 where it takes too long to say."""
    want = text.lower().translate(BLANKS)[:200]
    signs = [c for c in set(want) if not c.isalnum()]
    if len(want) < least or not signs:
        return None
    left = inputs.note.get("drawn", DRAWN_ALL)
    for value, i in inputs.lowered:
        if all(c in value for c in signs):
            for at in occurrences(value, want[0], DRAWN_MOST):
                left = inputs.note["drawn"] = left - 1
                if left < 0:
                    return -1
                limit = at + 2 * len(want) + 20
                for c in want[1:]:
                    at = value.find(c, at + 1, limit)
                    if at < 0:
                        break
                else:
                    return i
    return None


def made_of(value):
    """What apps make of a value beyond its decoded forms: parts of it, and the value without
    some of its signs. Plain words are left out."""
    made = [value.replace("\r\n", "\n"), " ".join(value.split()), "".join(value.split()), value.lower(),
            value.replace("..", ""), value.replace("'", "").replace('"', "")]
    if "<" in value:
        made.append(TAG.sub("", value))
    for sign in SIGNS:
        parts = value.split(sign)
        if len(parts) > 1:
            made += parts
            made += [value.partition(sign)[2], value.rpartition(sign)[0]]
    words = value.split()
    if len(words) > 1:
        made += words
        made.append(value.split(None, 1)[1])
    if value[:1] in ("{", "[", '"'):
        try:
            made += texts_in([json.loads(value)], 5)
        except ValueError:
            pass
    if "://" in value:
        made.append("/" + value.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0])
    found = dict.fromkeys(map(str.strip, made))
    return [form for form in found if form != value and not PLAIN(form)]


def forms_of_all(inputs):
    """What apps make of the values: [(form, index of its field)]. Where that is too much, the
    sinks are as wary as after an attack."""
    found = {}
    for value, i in inputs.values:
        for form in made_of(value):
            found.setdefault(form, i)
        if len(found) > FORMS_MOST:
            inputs.suspect = ALL_CLASSES
            break
    for value, _ in inputs.values:
        found.pop(value, None)
    return list(found.items())
