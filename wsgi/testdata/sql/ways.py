"""Every way to run a statement with sqlite3, each as an app would write it: attack(v) puts v
into the text, honest(v) binds it. A test runs them without and with the guard."""
import _sqlite3
import sqlite3
import sys
import threading
from sqlite3 import dbapi2

TABLES = ("CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO notes (name) VALUES ('pear'), ('fig')")


class OwnConnection(sqlite3.Connection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mine = []

    def cursor(self, factory=None):
        return super().cursor(factory or OwnCursor)


class OwnCursor(sqlite3.Cursor):
    rows = 0

    def execute(self, *args):
        self.rows += 1
        return super().execute(*args)


def maker(*args, **kwargs):
    return sqlite3.Connection(*args, **kwargs)


CONNECT = {
    "sqlite3.connect": lambda: sqlite3.connect(":memory:"),
    "dbapi2.connect": lambda: dbapi2.connect(":memory:"),
    "_sqlite3.connect": lambda: _sqlite3.connect(":memory:"),
    "Connection": lambda: sqlite3.Connection(":memory:"),
    "a class of its own": lambda: OwnConnection(":memory:"),
    "factory=": lambda: sqlite3.connect(":memory:", factory=OwnConnection),
    "factory, by place": lambda: sqlite3.connect(":memory:", 5, 0, "", True, OwnConnection),
    "a function as factory": lambda: sqlite3.connect(":memory:", factory=maker),
    "no cache": lambda: sqlite3.connect(":memory:", cached_statements=0),
    "uri": lambda: sqlite3.connect("file::memory:", uri=True),
}


def in_thread(call):
    box = []

    def work():
        try:
            box.append(call())
        except BaseException as error:
            box.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]


def select(v):
    return "SELECT name FROM notes WHERE id = %s" % v


def insert(v):
    return "INSERT INTO notes (name) VALUES (%s)" % v


RUN = {
    "execute": lambda db, v: db.execute(select(v)).fetchall(),
    "cursor.execute": lambda db, v: db.cursor().execute(select(v)).fetchall(),
    "a cursor of its own": lambda db, v: db.cursor(OwnCursor).execute(select(v)).fetchall(),
    "cursor, by name": lambda db, v: db.cursor(factory=OwnCursor).execute(select(v)).fetchall(),
    "Cursor": lambda db, v: sqlite3.Cursor(db).execute(select(v)).fetchall(),
    "executemany": lambda db, v: db.executemany(insert(v), [()]),
    "cursor.executemany": lambda db, v: db.cursor().executemany(insert(v), [()]),
    "executescript": lambda db, v: db.executescript(insert(v)),
    "cursor.executescript": lambda db, v: db.cursor().executescript(insert(v)),
    "the cursor of execute": lambda db, v: db.execute("SELECT 1").executescript(insert(v)),
    "with": lambda db, v: db.__enter__().execute(select(v)).fetchall(),
}


def opened(name):
    db = CONNECT[name]()
    for statement in TABLES:
        db.execute(statement)
    return db


def keeps_working():
    """What sqlite3 promises, under the guard."""
    wrong = []

    def want(name, ok):
        if not ok:
            wrong.append(name)

    db, other = opened("sqlite3.connect"), sqlite3.connect(":memory:")
    want("type", type(db) is sqlite3.Connection and isinstance(db.cursor(), sqlite3.Cursor)
         and isinstance(db.execute("SELECT 1"), sqlite3.Cursor) and type(db).__name__ == "Connection"
         and type(db).__module__ == "sqlite3")
    db.commit()
    db.backup(other)
    want("backup", other.execute("SELECT count(*) FROM notes").fetchone() == (2,))
    want("iterdump", "".join(db.iterdump()).count("INSERT") == 2)
    db.row_factory = sqlite3.Row
    want("Row", db.execute("SELECT name FROM notes").fetchone()["name"] == "pear")
    db.row_factory = None
    db.create_function("twice", 1, lambda x: 2 * x)
    want("create_function", db.execute("SELECT twice(?)", (4,)).fetchone() == (8,))
    db.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    want("create_collation", db.execute("SELECT name FROM notes ORDER BY name COLLATE backwards").fetchone() == ("pear",))
    want("binding by name", db.execute("SELECT :a", {"a": 3}).fetchone() == (3,))
    want("executemany of rows", db.executemany("INSERT INTO notes (name) VALUES (?)", [("a",), ("b",)]).rowcount == 2)
    db.rollback()
    want("rollback", db.execute("SELECT count(*) FROM notes").fetchone() == (2,))
    typed = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)
    sqlite3.register_converter("half", lambda b: float(b) / 2)
    want("detect_types", typed.execute('SELECT 3 AS "x [half]"').fetchone() == (1.5,))
    want("isolation_level", sqlite3.connect(":memory:", isolation_level=None).isolation_level is None)
    seen = []
    db.set_trace_callback(seen.append)
    db.execute("SELECT 7")
    want("set_trace_callback", seen == ["SELECT 7"])
    own = CONNECT["factory="]()
    want("attributes of a class of its own", own.mine == [] and own.execute("SELECT 1").fetchone() == (1,)
         and isinstance(own.cursor(), OwnCursor))
    counted = own.cursor()
    counted.execute("SELECT 1")
    want("methods of a class of its own", counted.rows == 1)
    with db:
        db.execute("INSERT INTO notes (name) VALUES ('c')")
    want("with", not db.in_transaction)
    if sys.version_info >= (3, 11):
        want("serialize", db.serialize()[:6] == b"SQLite")
    if sys.version_info >= (3, 12):
        want("autocommit", sqlite3.connect(":memory:", autocommit=True).autocommit is True)
    for name, call in {"two statements": lambda: db.execute("SELECT 1; SELECT 2"), "no text": lambda: db.execute(1),
                       "too few values": lambda: db.execute("SELECT ?"), "a mistake": lambda: db.execute("SELEKT"),
                       "no cursor": lambda: db.cursor(int), "nothing": lambda: db.execute()}.items():
        try:
            call()
            wrong.append(name + ": no error")
        except (sqlite3.Error, sqlite3.Warning, TypeError, PermissionError):
            pass
    return wrong
