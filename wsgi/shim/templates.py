"""Python code and templates that the app makes of text."""

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
    if not library and not written(source, 0, len(source)):
        if inputs.unseen:
            refuse(inputs, "command", source, -1, "code is made while not all of the request is known")
        i = drawn(inputs, source)
        if i is not None or wary(inputs, "command", "code", "template"):
            refuse(inputs, "command", source, -1 if i is None else i, "it becomes Python code, changed")
    for value, i in inputs.values + inputs.forms():
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
        if filename is None and isinstance(source, str) and not own_template(source):
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
            if not own_template(source):
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
            if not own_template(source):
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
            if not own_template(str(template_string)):
                check(str(template_string), BRACES, [])
        making(self, template_string, origin, *args, **kwargs)

    module.Template.__init__ = init_watched
    watched("template", "django")


OWN_TEMPLATES = set()  # hashes of sources that were templates before, without a value in their code
OWN_TEMPLATES_MOST = 4096


def own_template(source):
    """Is this a template that the app has made without the request? Then remember it."""
    known = hash(source)
    if known not in OWN_TEMPLATES:
        if live() is not None:
            return False
        keep_template(known)
    return True


def keep_template(known):
    if len(OWN_TEMPLATES) >= OWN_TEMPLATES_MOST:
        OWN_TEMPLATES.clear()
    OWN_TEMPLATES.add(known)


BRACES = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]


def judge_jinja(inputs, environment, source):
    pairs = [(environment.variable_start_string, environment.variable_end_string),
             (environment.block_start_string, environment.block_end_string),
             (environment.comment_start_string, environment.comment_end_string)]
    lines = [mark for mark in (environment.line_statement_prefix, environment.line_comment_prefix) if mark]
    judge_template(inputs, source, pairs, lines)


def judge_template(inputs, source, pairs, lines):
    """pairs begin and end what is no plain text in a template, lines begin such lines."""
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
    judge_changed(inputs, source, pairs, lines)
    if not wary(inputs, "template", "code"):
        keep_template(hash(source))


def judge_changed(inputs, source, pairs, lines):
    """Code in a template that the app has not written: where a value has the like, or where the edge
    has seen an attack, it is refused."""
    spans, doubt = list(code_in(source, pairs, lines)), wary(inputs, "template", "code")
    if not spans and not inputs.unseen:
        return
    marks = covered(source)
    if inputs.unseen and any(run.strip() for run in foreign_runs(source, marks, 0, len(source))):
        refuse(inputs, "template", source, -1, "a template is made while not all of the request is known")
    for start, end in spans:
        for run in foreign_runs(source, marks, start, end):
            if beyond_a_literal("", run):
                i = drawn(inputs, run)
                if i is not None or doubt:
                    refuse(inputs, "template", source, -1 if i is None else i, "it becomes code of the template, changed")


def code_in(source, pairs, lines):
    """Where source has tags, from the first sign to the last."""
    for begin, close in pairs:
        for at in occurrences(source, begin, PIECES_MOST):
            end = source.find(close, at + len(begin))
            yield at, len(source) if end < 0 else end + len(close)
    for mark in lines:
        for match in re.finditer(r"(?m)^[ \t]*" + re.escape(mark) + ".*$", source):
            yield match.span()


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


DOTTED = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*").fullmatch
GIVEN = {"config", "request", "session", "g", "self", "cycler", "joiner", "namespace", "lipsum", "range", "dict", "url_for",
         "get_flashed_messages", "loop", "caller", "varargs", "kwargs", "current_app", "settings", "handler", "application"}


def beyond_a_literal(before, value):
    """Why a value behind before, in an expression, is more than one name or the text of a string."""
    quote = ""
    for c in before:
        if not quote and c in "'\"":
            quote = c
        elif c == quote:
            quote = ""
    active = quote + "\\" if quote else "()[]{}|.'\"%~*/+<>="
    if not quote and DOTTED(value) and value.partition(".")[0] not in GIVEN:
        return ""  # such as user.name: the app gives its templates what they may show
    return "it becomes an expression of the template" if any(c in active for c in value) else ""


def judge_expression(inputs, source):
    for value, i in inputs.values:
        value = value.strip()
        for at in occurrences(source, value) if len(value) > 1 else ():
            why = beyond_a_literal(source[:at], value)
            if why and not written(source, at, at + len(value)):
                refuse(inputs, "template", source, i, why)
