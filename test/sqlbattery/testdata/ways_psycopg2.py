import functools
import io
import threading

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool
import psycopg2.sql
from attack import backslash, bare, name, number
from psycopg2 import connect as early
from psycopg2._psycopg import _connect as inner


class Database:
    def __init__(self, ask):
        self.place = {"host": ask["folder"], "user": ask["user"], "dbname": ask["database"]}
        self.dsn = psycopg2.extensions.make_dsn(**self.place)
        self.tables = ask["tables"]
        self.old = psycopg2.connect(**self.place)  # from before any request

    def clean(self):
        self.old.rollback()
        with psycopg2.connect(**self.place) as connection, connection.cursor() as cursor:
            cursor.execute(self.tables)
        connection.close()

    def all(self, connection, statement, *parameters, cursor=()):
        try:
            with connection.cursor(*cursor) as opened:
                opened.execute(statement, *parameters)
                return len(opened.fetchall()) > 1
        finally:
            connection.rollback()


class Own(psycopg2.extensions.connection):
    pass


class OwnCursor(psycopg2.extensions.cursor):
    def execute(self, query, args=None):
        return super().execute(query, args)


def user(v):
    return "SELECT name FROM users WHERE id = " + v


@number
def execute(db, v):
    return db.all(psycopg2.connect(**db.place), user(v))


@number
def execute_bytes(db, v):
    return db.all(db.old, user(v).encode())


@number
def by_keyword(db, v):
    with db.old.cursor() as cursor:
        cursor.execute(query=user(v), vars=None)
        return len(cursor.fetchall()) > 1


@number
def imported_before(db, v):
    return db.all(early(db.dsn), user(v))


@number
def c_function(db, v):
    return db.all(inner(db.dsn), user(v))


@number
def connection_type(db, v):
    return db.all(psycopg2.extensions.connection(db.dsn), user(v))


@number
def own_connection(db, v):
    return db.all(psycopg2.connect(db.dsn, connection_factory=Own), user(v))


@number
def connection_function(db, v):
    return db.all(psycopg2.connect(db.dsn, connection_factory=lambda dsn: Own(dsn)), user(v))


@number
def replication_connection(db, v):
    kind = type("Kind", (psycopg2.extensions.ReplicationConnection,), {}) \
        if hasattr(psycopg2.extensions, "ReplicationConnection") else Own
    return db.all(psycopg2.connect(db.dsn, connection_factory=kind), user(v))


@number
def own_cursor(db, v):
    return db.all(psycopg2.connect(db.dsn, cursor_factory=OwnCursor), user(v))


@number
def cursor_type(db, v):
    cursor = psycopg2.extensions.cursor(db.old)
    cursor.execute(user(v))
    return len(cursor.fetchall()) > 1


@number
def cursor_function(db, v):
    return db.all(db.old, user(v), cursor=(None, functools.partial(OwnCursor)))


@number
def cursor_attribute(db, v):
    connection = psycopg2.connect(db.dsn)
    connection.cursor_factory = psycopg2.extras.RealDictCursor
    return db.all(connection, user(v))


@number
def dict_cursor(db, v):
    return db.all(db.old, user(v), cursor=(None, psycopg2.extras.DictCursor))


@number
def named_tuple_cursor(db, v):
    return db.all(db.old, user(v), cursor=(None, psycopg2.extras.NamedTupleCursor))


@number
def dict_connection(db, v):
    return db.all(psycopg2.connect(db.dsn, connection_factory=psycopg2.extras.DictConnection), user(v))


@number
def logging_connection(db, v):
    connection = psycopg2.connect(db.dsn, connection_factory=psycopg2.extras.LoggingConnection)
    connection.initialize(io.StringIO())
    return db.all(connection, user(v))


@number
def server_side_cursor(db, v):
    return db.all(db.old, user(v), cursor=("one",))


@number
def composed(db, v):
    return db.all(db.old, psycopg2.sql.SQL("SELECT {} FROM users WHERE id = {}").format(
        psycopg2.sql.Identifier("name"), psycopg2.sql.SQL(v)))


@number
def adapted_as_it_is(db, v):
    return db.all(db.old, "SELECT name FROM users WHERE id = %s", (psycopg2.extensions.AsIs(v),))


@bare
def quoted_placeholder(db, v):
    return db.all(db.old, "SELECT name FROM users WHERE name = '%s'", (v,))


@number
def mogrified(db, v):
    with db.old.cursor() as cursor:
        return db.all(db.old, cursor.mogrify(user(v) + " AND id < %s", (9,)))


@number
def executemany(db, v):
    with db.old.cursor() as cursor:
        cursor.executemany("DELETE FROM users WHERE id = %s AND id = " + v, iter([(5,), (6,)]))
        cursor.execute("SELECT count(*) FROM users")
        return cursor.fetchone()[0] == 0


@number
def execute_batch(db, v):
    with db.old.cursor() as cursor:
        psycopg2.extras.execute_batch(cursor, "DELETE FROM users WHERE id = %s AND id = " + v, [(5,), (6,)])
        cursor.execute("SELECT count(*) FROM users")
        return cursor.fetchone()[0] == 0


@number
def execute_values(db, v):
    with db.old.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor, "DELETE FROM users USING (VALUES %s) AS x (n) WHERE id = n AND id = " + v, [(5,), (6,)])
        cursor.execute("SELECT count(*) FROM users")
        return cursor.fetchone()[0] == 0


@number
def copy_expert(db, v):
    out = io.StringIO()
    with db.old.cursor() as cursor:
        cursor.copy_expert("COPY (" + user(v) + ") TO STDOUT", out)
    return out.getvalue().count("\n") > 1


@name
def callproc(db, v):
    with db.old.cursor() as cursor:
        cursor.callproc(v)
        return len(cursor.fetchall()) > 1


@number
def pool(db, v):
    return db.all(psycopg2.pool.ThreadedConnectionPool(1, 2, db.dsn).getconn(), user(v))


@number
def thread(db, v):
    said = []

    def work():
        try:
            said.append(db.all(psycopg2.connect(db.dsn), user(v)))
        except BaseException as error:
            said.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    if isinstance(said[0], BaseException):
        raise said[0]
    return said[0]


@number
def asynchronous(db, v):
    connection = psycopg2.connect(db.dsn, async_=True)
    psycopg2.extras.wait_select(connection)
    cursor = connection.cursor()
    cursor.execute(user(v))
    psycopg2.extras.wait_select(connection)
    return len(cursor.fetchall()) > 1


@backslash
def harmless_bound(db, v):
    return not db.all(db.old, "SELECT name FROM users WHERE name = %s OR name = ANY(%s)", (v, [v, "x"]))


@backslash
def harmless_doubled_quotes(db, v):
    return not db.all(db.old, "SELECT name FROM users WHERE name = '" + v.replace("'", "''") + "' AND id < 9")
