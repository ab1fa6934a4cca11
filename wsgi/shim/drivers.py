"""The statements of psycopg2, psycopg, PyMySQL and mysqlclient, and of the drivers that nobody
watches as far as SQLAlchemy calls them.

Where a driver puts the parameters into the text itself, the text that leaves is judged: a
placeholder between quotes is as open as an f-string. Where the server binds them, it is the
text that was given. Every check comes before the driver's own code.
"""
DRIVER_ALONE = "what does not go through SQLAlchemy is not seen"
NOT_HOOKED = ("asyncpg", "aiomysql", "asyncmy", "mysql.connector", "mariadb", "pg8000", "psycopg2cffi", "pymssql",
              "pyodbc", "aioodbc", "cx_Oracle", "oracledb", "apsw", "pysqlite3", "sqlcipher3", "duckdb", "ibm_db",
              "firebird.driver", "fdb", "hdbcli", "snowflake.connector", "clickhouse_driver", "clickhouse_connect")
GREENLETS = "not supported: greenlets of several requests in one thread"
# What SQLAlchemy calls a database, and whose grammar the lexer has for it.
SQLALCHEMY_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "redshift": "postgresql",
                       "cockroachdb": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def driver_text(statement, encoding):
    """A statement as text, None for what no driver takes."""
    if isinstance(statement, str):
        return statement
    if isinstance(statement, (bytes, bytearray, memoryview)):
        return bytes(statement).decode(encoding or "utf-8", "surrogateescape")
    return None


def driver_checked(statement, dialect, encoding=None, template=None):
    """statement is template with the parameters that the driver has put in, if there is one."""
    text, template = driver_text(statement, encoding), driver_text(template, encoding)
    if text is None:
        return
    if template is None:
        checked(text, dialect)
        return
    inputs = live()
    if inputs is not None:
        try:
            if not driver_filled(text, template, dialect):
                judge(inputs, text, dialect)
        except Exception as error:
            broken(inputs, "sql", error)
    checked(template, dialect)


def ordinary(query):
    """Is it a text that was run before, in a request with nothing risky? First of all asked:
    most statements are."""
    return type(query) is str and query in RECENT and CURRENT.get().inputs is None and SQL_SHAPES is None


def unasked():
    """Is nobody interested in the values that a driver puts into its statements?"""
    return live() is None and SQL_SHAPES is None


def driver_filled(text, template, dialect):
    """Is template the app's own text, and is text the same with a value for each placeholder?
    Then no parameter is more than data, whatever else of text it is like."""
    if not known(template):
        if template not in constants():
            return False
        remember(template, dialect)
    return skeleton(text, sql_tokens(text, dialect)) == skeleton(template, sql_tokens(template, dialect))


def binding(kind):
    """Cursors that put the parameters in and give the whole to their connection: it is told
    what the app wrote."""
    def told(function):
        @functools.wraps(function)
        def method(self, query, args=None, *rest, **more):
            connection = self.connection
            if args is None and not ordinary(query) or getattr(connection, "_fumehood_template", connection) is not None:
                return function(self, query, args, *rest, **more)
            connection._fumehood_template = query
            try:
                return function(self, query, args, *rest, **more)
            finally:
                connection._fumehood_template = None
        return method

    kind.execute, kind.executemany = told(kind.execute), told(kind.executemany)


def driver_version(module):
    return str(getattr(module, "VERSION_STRING", getattr(module, "__version__", ""))).split()[:1]


class Canary:
    """Stands for a request whose value is injected: what is guarded refuses it."""
    hit, ended, rid, environ = None, False, 0, {}
    value = "1 or 'canary' = 'canary'"
    statement = "select name from birds where id = " + value

    def __init__(self):
        self.inputs = Inputs(self, {"unseen": False, "modes": {"sql": "enforce"},
                                    "values": [["query", "id", self.value]]})

    @classmethod
    def sings(cls, call):
        before = CURRENT.set(cls())
        try:
            call(cls.statement)
        except Refused:
            return True
        except Exception:  # the driver was reached
            return False
        finally:
            CURRENT.reset(before)
        return False


def watched_driver(module, name, calls):
    """Say that a driver is watched if each of the calls refuses the canary."""
    silent = [what for what, call in calls if not Canary.sings(call)]
    watched("sql", " ".join([name] + driver_version(module)), not silent,
            "this version is built otherwise: %s is not guarded" % ", ".join(silent))


# -- psycopg2: types in C, so subclasses stand in for them ---------------------------------

class Psycopg2Cursor:
    __slots__ = ()

    def _fumehood(self, query, vars=None):
        template = query if vars is not None else None
        if not unasked() and (vars is not None or hasattr(query, "as_string")):
            query = self.mogrify(query, vars)  # raises what execute would raise
        encoding = None
        if not isinstance(query, str) and self.connection is not None:
            import psycopg2.extensions
            encoding = psycopg2.extensions.encodings.get(self.connection.encoding)
        driver_checked(query, "postgresql", encoding, template)

    def execute(self, query, vars=None):
        if type(query) is not str or query not in RECENT or CURRENT.get().inputs is not None or SQL_SHAPES is not None:
            self._fumehood(query, vars)  # it is not ordinary, which is asked without a call
        return super().execute(query, vars)

    def executemany(self, query, vars_list):
        if unasked():
            self._fumehood(query)
        else:
            vars_list = list(vars_list)  # it may be one that can be read only once
            for vars in vars_list:
                self._fumehood(query, vars)
        return super().executemany(query, vars_list)

    def callproc(self, procname, *args):
        driver_checked("SELECT * FROM %s()" % driver_text(procname, "utf-8"), "postgresql")
        return super().callproc(procname, *args)

    def copy_expert(self, sql, *args, **kwargs):
        self._fumehood(sql)
        return super().copy_expert(sql, *args, **kwargs)

    def copy_from(self, file, table, *args, **kwargs):
        self._fumehood_table(table)
        return super().copy_from(file, table, *args, **kwargs)

    def copy_to(self, file, table, *args, **kwargs):
        self._fumehood_table(table)
        return super().copy_to(file, table, *args, **kwargs)

    def _fumehood_table(self, table):
        """Before 2.9, the name went into the statement as it was."""
        import psycopg2
        if psycopg2.__version__ < "2.9":
            driver_checked("COPY %s FROM stdin" % table, "postgresql")


class Psycopg2Connection:
    __slots__ = ()

    def cursor(self, name=None, cursor_factory=None, *args, **kwargs):
        factory = cursor_factory or self.cursor_factory or self._fumehood_cursor
        if factory is not self._fumehood_cursor:
            factory = guarded_type(factory, Psycopg2Cursor)
        made = super().cursor(name, factory, *args, **kwargs)
        if not isinstance(made, Psycopg2Cursor):
            watched("sql", "psycopg2 cursors made by %r" % factory, False)
        return made


GUARDED_TYPES = {}  # (a type, what guards it) -> the guarded type


def guarded_type(kind, guard, **more):
    """The subclass of kind that is guarded, with more attributes; what is no type is left to the
    caller."""
    if not isinstance(kind, type) or issubclass(kind, guard):
        return kind
    made = GUARDED_TYPES.get((kind, guard))
    if made is None:
        made = type(kind.__name__, (guard, kind),
                    {"__module__": kind.__module__, "__slots__": (), "__doc__": kind.__doc__, **more})
        GUARDED_TYPES[kind, guard] = made
    return made


def watch_psycopg2(module):
    from psycopg2 import _psycopg, extensions
    connect = module._connect
    for name, guard in (("cursor", Psycopg2Cursor), ("connection", Psycopg2Connection)):
        kind = guarded_type(getattr(extensions, name), guard)
        setattr(extensions, name, kind)
        setattr(_psycopg, name, kind)
    Psycopg2Connection._fumehood_cursor = extensions.cursor

    @functools.wraps(connect)
    def connected(dsn, connection_factory=None, *args, **kwargs):
        factory = guarded_type(connection_factory or extensions.connection, Psycopg2Connection)
        made = connect(dsn, factory, *args, **kwargs)
        if not isinstance(made, Psycopg2Connection):
            watched("sql", "psycopg2 connections made by %r" % connection_factory, False)
        return made

    module._connect = _psycopg._connect = connected
    cursor = extensions.cursor.__new__(extensions.cursor)
    watched_driver(module, "psycopg2", [
        ("execute", cursor.execute), ("executemany", lambda s: cursor.executemany(s, [None])),
        ("copy_expert", lambda s: cursor.copy_expert(s, None))])


# -- psycopg 3 -------------------------------------------------------------------------------

def psycopg_texts(cursor, method, query, params):
    """The statements that a call sends."""
    import psycopg
    if method == "copy" and params:  # always merged here
        kind = psycopg.AsyncClientCursor if isinstance(cursor, psycopg.AsyncCursor) else psycopg.ClientCursor
        yield kind(cursor.connection).mogrify(query, params)
    elif params is not None and hasattr(cursor, "mogrify"):  # ClientCursor
        for one in params if method == "executemany" else (params,):
            yield cursor.mogrify(query, one)
    elif isinstance(query, str):
        yield query
    elif hasattr(query, "as_string"):
        yield query.as_string(cursor.connection)
    elif isinstance(query, (bytes, bytearray, memoryview)):
        yield driver_text(query, cursor.connection.info.encoding)
    elif hasattr(psycopg.sql, "as_string"):  # a template string
        yield psycopg.sql.as_string(query, cursor.connection)


def psycopg_method(function):
    method = function.__name__

    @functools.wraps(function)
    def checking(self, *args, **kwargs):
        if args and ordinary(args[0]):
            return function(self, *args, **kwargs)
        query, params = (args + (None, None))[:2]
        query = kwargs.pop("query", kwargs.pop("statement", query))
        params = kwargs.pop("params", kwargs.pop("params_seq", params))
        if unasked():
            driver_checked(query, "postgresql")
        else:
            if method == "executemany":
                params = list(params)  # it may be one that can be read only once
            template = query if params is not None and hasattr(self, "mogrify") else None
            for text in psycopg_texts(self, method, query, params):
                driver_checked(text, "postgresql", None, template)
        return function(self, query, params, *args[2:], **kwargs)

    return checking


def watch_psycopg(module):
    calls = []
    for name in ("Cursor", "AsyncCursor", "ServerCursor", "AsyncServerCursor"):
        kind = getattr(module, name)
        for method in ("execute", "executemany", "stream", "copy"):
            if method in vars(kind):
                setattr(kind, method, psycopg_method(vars(kind)[method]))
        calls.append((name, functools.partial(kind.execute, None)))
    watched_driver(module, "psycopg", calls)


# -- PyMySQL and mysqlclient -----------------------------------------------------------------

def watch_pymysql(module):
    kind = module.connections.Connection
    send, query = kind._execute_command, module.constants.COMMAND.COM_QUERY
    plain = module.constants.SERVER_STATUS.SERVER_STATUS_NO_BACKSLASH_ESCAPES

    @functools.wraps(send)
    def sent(self, command, sql):
        if command == query and not ordinary(self._fumehood_template):
            driver_checked(sql, "mysql-plain" if getattr(self, "server_status", 0) & plain else "mysql",
                           self.encoding, self._fumehood_template)
        return send(self, command, sql)

    kind._execute_command, kind._fumehood_template = sent, None
    binding(module.cursors.Cursor)
    watched_driver(module, "PyMySQL", [("query", kind(defer_connect=True).query)])


class MysqlclientConnection:
    _fumehood_template = None

    def _fumehood(self, query):
        if ordinary(self._fumehood_template):
            return
        plain = not unasked() and self.open and self.string_literal(b"\\") == b"'\\'"  # NO_BACKSLASH_ESCAPES
        driver_checked(query, "mysql-plain" if plain else "mysql", getattr(self, "encoding", None),
                       self._fumehood_template)

    def query(self, query):
        self._fumehood(query)
        return super().query(query)

    def send_query(self, query):
        self._fumehood(query)
        return super().send_query(query)


def watch_mysqlclient(module):
    """The module in C: MySQLdb's own Connection then derives from what is guarded."""
    made = type("connection", (MysqlclientConnection, module.connection), {"__module__": module.connection.__module__})
    module.connection = module.connect = made
    early = sys.modules.get("MySQLdb.connections")  # such as a .pth file has imported
    kinds = [made] if early is None else [made, early.Connection]
    watched_driver(module, "mysqlclient", [(name, getattr(kind.__new__(kind), name))
                                           for kind in kinds for name in ("query", "send_query")])


# -- SQLAlchemy and all others ---------------------------------------------------------------

def watch_sqlalchemy(module):
    begin, handle = module.Connection.__init__, module.Connection._handle_dbapi_exception

    @functools.wraps(begin)
    def begun(self, engine, *args, **kwargs):
        if not hasattr(engine, "_fumehood"):
            name = getattr(getattr(engine.dialect, "dbapi", None), "__name__", "").split(".")[0]
            name = {"pymysql": "PyMySQL", "MySQLdb": "mysqlclient"}.get(name, name)
            engine._fumehood = any(kind == "sql" and not why and said.split()[0] == name for kind, said, why in WATCHED)
            if not engine._fumehood:
                from sqlalchemy import event
                event.listen(engine, "before_cursor_execute", before)
        begin(self, engine, *args, **kwargs)

    def before(conn, cursor, statement, parameters, context, executemany):
        checked(statement, SQLALCHEMY_DIALECTS.get(conn.dialect.name, ""))

    @functools.wraps(handle)
    def handled(self, e, *args, **kwargs):
        """A refusal came before anything was sent. For SQLAlchemy it would be the end of the
        connection, like Ctrl-C, and with it of a database that is in memory."""
        if not isinstance(e, Refused):
            return handle(self, e, *args, **kwargs)
        cursor = kwargs.get("cursor") or (args + (None,) * 3)[2]
        if cursor is not None:
            self._safe_close_cursor(cursor)
        raise e

    module.Connection.__init__, module.Connection._handle_dbapi_exception = begun, handled


def not_hooked(module):
    watched("sql", " ".join([module.__name__] + driver_version(module)), False, DRIVER_ALONE)


def watch_drivers():
    for name, function in (("psycopg2", watch_psycopg2), ("psycopg", watch_psycopg), ("pymysql", watch_pymysql),
                           ("MySQLdb._mysql", watch_mysqlclient),
                           ("MySQLdb.cursors", lambda module: binding(module.BaseCursor)),
                           ("sqlalchemy.engine", watch_sqlalchemy)):
        after_import(name, function)
    for name in NOT_HOOKED:
        after_import(name, not_hooked)
    for name in ("gevent", "eventlet"):
        after_import(name, lambda module: watched("sql", module.__name__, False, GREENLETS))
