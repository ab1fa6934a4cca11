"""What the front needs to know of the app, and what is changed for production."""


def describe(module_name, app):
    about = {
        "changed": [],
        "sessions": [],
        "trim": [False, False],
        "roots": sorted({os.getcwd(), sys.prefix, sys.base_prefix}),
        "templates": None,
        "urls": None,
        "python": sys.version.split()[0],
        "module": module_name,
        "kind": type(app).__name__,
        "framework": "",
        "version": "",
        "static": [],
        "pid": os.getpid(),
        "sinks": [],
    }
    if is_flask(app):
        about["framework"] = "Flask"
        about["version"] = installed_version("flask")
        about["static"] = static_folders(app)
        about["sessions"] = session_cookies(app)
        about["trim"] = trimming(app)
        about["templates"] = template_folders(app)
        about["urls"] = url_map(app)
        watch_templates(app)
    elif "django" in sys.modules and type(app).__module__.startswith("django."):
        about["framework"] = "Django"
        about["sessions"] = django_sessions()
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


def django_sessions():
    try:
        from django.conf import settings
        wide = settings.SESSION_COOKIE_DOMAIN or settings.SESSION_COOKIE_PATH != "/"
        return [[str(settings.SESSION_COOKIE_NAME), "wide" if wide else ""]]
    except Exception:  # settings that cannot be read
        return [["sessionid", "wide"]]


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


URLS_MAX = 256 * 1024  # bytes of JSON; an app with more rules is routed by itself alone


def url_map(app):
    """The rules of the app's URL map in the order in which Werkzeug tries them, or why nothing
    follows from them: {"merge": bool, "rules": [...]} or {"why": sentence}."""
    try:
        why = routes_elsewhere(app)
        if not why:
            app.url_map.update()
            urls = {"merge": bool(app.url_map._matcher.merge_slashes), "rules": list(url_rules(app.url_map))}
            if len(json.dumps(urls)) <= URLS_MAX:
                return urls
            why = "there are too many rules"
    except Exception:  # an unusual app, or a Werkzeug that is built otherwise
        why = "it cannot be read"
    return {"why": why}


def routes_elsewhere(app):
    """What else than the URL map may decide which view is called, "" for nothing."""
    import flask
    import werkzeug.routing

    if type(app.url_map) is not werkzeug.routing.Map:
        return "the map is not Werkzeug's"
    for name in ("__call__", "wsgi_app", "request_context", "create_url_adapter", "full_dispatch_request",
                 "preprocess_request", "dispatch_request", "raise_routing_exception"):
        if name != "wsgi_app" and name in vars(app) \
                or getattr(type(app), name, None) is not getattr(flask.Flask, name, None):
            return "the app has a %s of its own" % name
    for name in ("method", "path", "root_path", "environ", "routing_exception", "__init__"):
        if getattr(app.request_class, name, None) is not getattr(flask.Request, name, None):
            return "the app's requests have a %s of their own" % name
    if any(type(rule) is not werkzeug.routing.Rule for rule in app.url_map.iter_rules()):
        return "a rule is of a kind of its own"
    if getattr(app, "before_first_request_funcs", None):
        return "before_first_request may add rules"
    inner = app.wsgi_app
    while type(inner).__module__ == "werkzeug.middleware.proxy_fix" and not inner.x_prefix:
        inner = inner.app
    own = getattr(inner, "__self__", None) is app and inner.__func__ is flask.Flask.wsgi_app
    if not own:
        return "app.wsgi_app is wrapped in %s" % type(inner).__name__
    return ""


def url_rules(found):
    """Each rule as {"p": path, "m": methods or None for any, "s": strict_slashes, "d": for some hosts only}.
    The path is made of strings and of converters: [kind, regex, weight, fixed_digits, min, max]."""
    from werkzeug.routing import converters

    kinds = {converters.UnicodeConverter: "string", converters.AnyConverter: "any",
             converters.PathConverter: "path", converters.IntegerConverter: "int",
             converters.FloatConverter: "float", converters.UUIDConverter: "uuid"}

    def in_order(state):
        yield from state.rules
        for following in state.static.values():
            yield from in_order(following)
        for _, following in state.dynamic:
            yield from in_order(following)

    def piece(converter):
        kind = kinds.get(type(converter), "")
        low, high = getattr(converter, "min", None), getattr(converter, "max", None)
        number = {"int": int, "float": float}.get(kind)
        for bound in (low, high):
            if bound is not None and (type(bound) not in (int, number) or not abs(bound) < 2 ** 53):
                kind = ""
        if not kind:
            return ["", "", 0, 0, None, None]
        return [kind, converter.regex, converter.weight, getattr(converter, "fixed_digits", 0), low, high]

    for rule in in_order(found._matcher._root):
        if rule.websocket:
            continue  # what comes over HTTP never gets there
        names = [data for dynamic, data in rule._trace if dynamic]
        cut = rule._trace.index((False, "|"))
        usual = len(set(names)) == len(names) == len(rule._converters)
        yield {
            "p": [piece(rule._converters[data] if usual else None) if dynamic else data
                  for dynamic, data in rule._trace[cut + 1:]],
            "m": None if rule.methods is None else sorted(rule.methods),
            "s": bool(rule.strict_slashes),
            "d": cut > 0,
        }


def max_age(app):
    """How long Flask lets a static file be cached, in seconds; "" when it does not say."""
    age = app.config.get("SEND_FILE_MAX_AGE_DEFAULT")
    if age is None:
        return ""
    return str(int(age.total_seconds() if hasattr(age, "total_seconds") else age))


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
        watch(worker, setup)
        module_name, app = load(setup["target"], doing)
        worker.app = end_debugging(app, changed)
        about = describe(module_name, worker.app)
        about["changed"] = changed
        about["sinks"], SETUP["ready"] = list(WATCHED), True
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
