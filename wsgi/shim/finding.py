"""Finding the app that a target names, and saying what is wrong when it is not there."""


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
            report["hint"] = module_hint(target)
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


def module_hint(target):
    near = []
    for entry in sorted(os.listdir(".")):
        name, extension = os.path.splitext(entry)
        if extension == ".py" and not name.startswith(("_", "test")):
            near.append(name)
        elif os.path.isfile(os.path.join(entry, "__init__.py")):
            near.append(entry)
    if near:
        return "this folder has %s: fumehood run %s" % (", ".join(near[:6]), near[0])
    if "(" in target:
        target = "'%s'" % target
    return "say where the app is: fumehood run --chdir FOLDER " + target
