"""The statements of sqlite3.

Its types are in C and take no other methods, so subclasses stand in for them under their names. A
connection calls itself to compile a text that is not in its cache: that call is the guard of
most ways to run a statement, and what is in the cache already costs nothing. It is no promise of
sqlite3, so a canary tries every way at the first import; if it dies, each way has a guard of its own.
"""
SQLITE_GUARDS = []  # of cursors, of connections
SQLITE_CURSOR = None  # the guarded Cursor
SQLITE_OPENING = threading.local()  # .guarded: a guarded connection opens


def sqlite_check(statement):
    if isinstance(statement, str):  # for anything else sqlite3 raises an error
        checked(statement, "sqlite")


class SqliteCursor:
    __slots__ = ()

    def executescript(self, script):
        sqlite_check(script)
        return super().executescript(script)


class SqliteEachCursor(SqliteCursor):
    __slots__ = ()

    def execute(self, sql, *parameters):
        sqlite_check(sql)
        return super().execute(sql, *parameters)

    def executemany(self, sql, *parameters):
        sqlite_check(sql)
        return super().executemany(sql, *parameters)


class SqliteConnection:
    __slots__ = ()

    # _fumehood_cursor and _fumehood_compile: cursor and __call__ of the type that is guarded, found
    # at once where super() would take longer than all that the guards do.

    def cursor(self, *args, **kwargs):
        if not args and not kwargs:
            return self._fumehood_cursor(SQLITE_CURSOR)
        if args:
            args = (guarded_type(args[0], SQLITE_GUARDS[0]),) + args[1:]
        elif "factory" in kwargs:
            kwargs["factory"] = guarded_type(kwargs["factory"], SQLITE_GUARDS[0])
        made = super().cursor(*args, **kwargs)
        if not isinstance(made, SQLITE_GUARDS[0]):
            raise PermissionError("a cursor of sqlite3 that is not watched: %r" % type(made))
        return made

    if sys.version_info >= (3, 11):  # before, these call cursor themselves

        def execute(self, sql, parameters=(), /):
            return self._fumehood_cursor(SQLITE_CURSOR).execute(sql, parameters)

        def executemany(self, sql, parameters, /):
            return self._fumehood_cursor(SQLITE_CURSOR).executemany(sql, parameters)

        def executescript(self, script, /):
            return self._fumehood_cursor(SQLITE_CURSOR).executescript(script)


class SqliteCompiling(SqliteConnection):
    __slots__ = ()

    def __call__(self, sql, /):
        if type(sql) is not str or sql not in RECENT or CURRENT.get().inputs is not None:  # ordinary, without a call
            sqlite_check(sql)
        return self._fumehood_compile(sql)


def sqlite_opened(self, *args, **kwargs):
    """SqliteConnection.__init__ for Python 3.9, where no audit event has the connection."""
    before, SQLITE_OPENING.guarded = getattr(SQLITE_OPENING, "guarded", False), True
    try:
        super(SqliteConnection, self).__init__(*args, **kwargs)
    finally:
        SQLITE_OPENING.guarded = before


def sqlite_event(event, args):
    """Every way to open a connection comes by here."""
    if event == "sqlite3.connect/handle":
        if isinstance(args[0], SqliteConnection):
            return
    elif event != "sqlite3.connect" or getattr(SQLITE_OPENING, "guarded", False):
        return
    raise PermissionError("a connection of sqlite3 that is not watched")


def sqlite_guarded(kind):
    """The type of connections that is guarded."""
    return guarded_type(kind, SQLITE_GUARDS[1], _fumehood_cursor=getattr(kind, "cursor", None),
                        _fumehood_compile=getattr(kind, "__call__", None))


def sqlite_connect(connect, default):
    @functools.wraps(connect)
    def connected(*args, **kwargs):
        if len(args) == 1 and "factory" not in kwargs:
            return default(*args, **kwargs)  # what connect does
        if len(args) < 6 and "factory" not in kwargs:
            return connect(*args, factory=default, **kwargs)
        if len(args) > 5:
            args = args[:5] + (sqlite_guarded(args[5]),) + args[6:]
        else:
            kwargs["factory"] = sqlite_guarded(kwargs["factory"])
        return connect(*args, **kwargs)
    return connected


def sqlite_guard(module, connect, connection, cursor, each):
    """Put the guards into module, in place of its own connect, Connection and Cursor."""
    global SQLITE_CURSOR
    SQLITE_GUARDS[:] = (SqliteEachCursor, SqliteConnection) if each else (SqliteCursor, SqliteCompiling)
    SQLITE_CURSOR = module.Cursor = guarded_type(cursor, SQLITE_GUARDS[0])
    module.Connection = sqlite_guarded(connection)
    module.connect = sqlite_connect(connect, module.Connection)


def sqlite_canary(module, connection, cursor):
    """The ways to run a statement on which it is not seen."""
    global checked
    seen, judging = [], checked
    mine = threading.get_ident()

    def noted(statement, dialect):
        if threading.get_ident() != mine:
            return judging(statement, dialect)
        seen.append(statement)
        raise Refused("canary")

    own_cursor, own_connection = type("Own", (cursor,), {}), type("Own", (connection,), {})
    opened = [module.connect(":memory:"), module.Connection(":memory:"), module.connect(":memory:", factory=own_connection)]
    ways = {}
    for db, name in zip(opened, ("connect", "Connection", "a factory")):
        ways[name + ", execute"] = db.execute
        ways[name + ", executemany"] = lambda sql, db=db: db.executemany(sql, [()])
        ways[name + ", executescript"] = db.executescript
    for made, name in ((db.cursor(), "cursor"), (db.cursor(own_cursor), "a cursor of its own"),
                       (module.Cursor(db), "Cursor")):
        ways[name + ", execute"] = made.execute
        ways[name + ", executemany"] = lambda sql, made=made: made.executemany(sql, [()])
        ways[name + ", executescript"] = made.executescript
    silent = []
    checked = noted
    try:
        for name, way in ways.items():
            for _ in range(2):  # what was refused must not be in the cache
                del seen[:]
                try:
                    way("insert into canary values (1)")
                except Refused:
                    continue
                except Exception:  # there is no such table: it was run
                    pass
                silent.append(name)
                break
    finally:
        checked = judging
        for db in opened:
            db.close()
    return silent


def watch_sqlite_module(module):
    if issubclass(module.Connection, SqliteConnection):
        return
    own = module.connect, module.Connection, module.Cursor
    if not SQLITE_GUARDS:
        if sys.version_info < (3, 10):
            SqliteConnection.__init__ = sqlite_opened
            sys.addaudithook(sqlite_event)
        else:
            JUDGES["sqlite3.connect/handle"] = None, sqlite_event, True
            listen()
    sqlite_guard(module, *own, SQL_SHAPES is not None)  # each: they want to see every run
    silent = sqlite_canary(module, *own[1:])
    if silent and SQL_SHAPES is None:
        sqlite_guard(module, *own, True)
        silent = sqlite_canary(module, *own[1:])
    watched("sql", "sqlite3 " + module.sqlite_version, not silent, "these are not seen: " + "; ".join(silent))


def sqlite_loaded(execute, module):
    """Every connection makes a cache by functools.lru_cache, which takes most of its time to copy
    names for people who read them. This one leaves them out: it pays for the guards."""
    lru_cache, quick = functools.lru_cache, {}

    def cache(maxsize=128, typed=False):
        return quick.get(maxsize) or lru_cache(maxsize, typed)

    functools.lru_cache = cache  # sqlite3 takes it once, while it is loaded
    try:
        execute(module)
    finally:
        functools.lru_cache = lru_cache
    if hasattr(functools, "_lru_cache_wrapper") and hasattr(functools, "_CacheInfo"):
        quick[128] = functools.partial(functools._lru_cache_wrapper, maxsize=128, typed=False,
                                       cache_info_type=functools._CacheInfo)


def watch_sqlite():
    watch_shapes()
    AROUND["_sqlite3"] = sqlite_loaded
    for name in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):  # each takes its names from the one before
        after_import(name, watch_sqlite_module)
