import asyncio

import psycopg
import psycopg.sql
from attack import backslash, bare, number


class Database:
    def __init__(self, ask):
        self.place = {"host": ask["folder"], "user": ask["user"], "dbname": ask["database"]}
        self.tables = ask["tables"]
        self.old = psycopg.connect(**self.place)

    def clean(self):
        self.old.rollback()
        with psycopg.connect(**self.place) as connection:
            connection.execute(self.tables)

    def all(self, cursor, statement, *parameters, **options):
        with cursor:
            cursor.execute(statement, *parameters, **options)
            return len(cursor.fetchall()) > 1

    def asynchronously(self, work):
        async def run():
            async with await psycopg.AsyncConnection.connect(**self.place) as connection:
                return await work(connection)
        return asyncio.run(run())


class Own(psycopg.Cursor):
    def execute(self, query, params=None, **options):
        return super().execute(query, params, **options)


def user(v):
    return "SELECT name FROM users WHERE id = " + v


@number
def execute(db, v):
    return db.all(db.old.cursor(), user(v))


@number
def execute_bytes(db, v):
    return db.all(db.old.cursor(), user(v).encode())


@number
def by_keyword(db, v):
    return len(db.old.execute(query=user(v) + " AND id < %s", params=(9,)).fetchall()) > 1


@number
def of_the_connection(db, v):
    return len(db.old.execute(user(v)).fetchall()) > 1


@number
def with_parameters(db, v):
    return db.all(db.old.cursor(), user(v) + " AND id < %s", (9,), prepare=True, binary=True)


@number
def composed(db, v):
    return db.all(db.old.cursor(), psycopg.sql.SQL("SELECT {} FROM users WHERE id = {}").format(
        psycopg.sql.Identifier("name"), psycopg.sql.SQL(v)))


@number
def own_cursor(db, v):
    with psycopg.connect(**db.place, cursor_factory=Own) as connection:
        return db.all(connection.cursor(), user(v))


@number
def server_side_cursor(db, v):
    return db.all(db.old.cursor(name="one"), user(v))


@number
def raw_cursor(db, v):
    return db.all(psycopg.RawCursor(db.old), user(v) + " AND id < $1", (9,))


@number
def client_cursor(db, v):
    return db.all(psycopg.ClientCursor(db.old), user(v) + " AND id < %s", (9,))


@bare
def quoted_placeholder(db, v):
    return db.all(psycopg.ClientCursor(db.old), "SELECT name FROM users WHERE name = '%s'", (v,))


@number
def mogrified(db, v):
    return db.all(db.old.cursor(), psycopg.ClientCursor(db.old).mogrify(user(v) + " AND id < %s", (9,)))


@number
def executemany(db, v):
    with db.old.cursor() as cursor:
        cursor.executemany("DELETE FROM users WHERE id = %s AND id = " + v, iter([(5,), (6,)]))
        return cursor.execute("SELECT count(*) FROM users").fetchone()[0] == 0


@bare
def executemany_in_the_client(db, v):
    with psycopg.ClientCursor(db.old) as cursor:
        cursor.executemany("DELETE FROM users WHERE name = '%s'", [("",), (v,)])
        return cursor.execute("SELECT count(*) FROM users").fetchone()[0] == 0


@number
def stream(db, v):
    with db.old.cursor() as cursor:
        return len(list(cursor.stream(user(v)))) > 1


@number
def copy(db, v):
    with db.old.cursor() as cursor, cursor.copy("COPY (" + user(v) + ") TO STDOUT") as out:
        return len(list(out.rows())) > 1


@bare
def copy_with_parameters(db, v):
    statement = "COPY (SELECT name FROM users WHERE name = '%s') TO STDOUT"
    with db.old.cursor() as cursor, cursor.copy(statement, (v,)) as out:
        return len(list(out.rows())) > 1


@number
def pipeline(db, v):
    with db.old.pipeline():
        cursor = db.old.execute(user(v))
        return len(cursor.fetchall()) > 1


@number
def asynchronous(db, v):
    async def work(connection):
        return len(await (await connection.execute(user(v))).fetchall()) > 1
    return db.asynchronously(work)


@number
def asynchronous_executemany(db, v):
    async def work(connection):
        async with connection.cursor() as cursor:
            await cursor.executemany("DELETE FROM users WHERE id = %s AND id = " + v, [(5,), (6,)])
            await cursor.execute("SELECT count(*) FROM users")
            return (await cursor.fetchone())[0] == 0
    return db.asynchronously(work)


@number
def asynchronous_stream(db, v):
    async def work(connection):
        async with connection.cursor() as cursor:
            return len([row async for row in cursor.stream(user(v))]) > 1
    return db.asynchronously(work)


@number
def asynchronous_copy(db, v):
    async def work(connection):
        async with connection.cursor() as cursor, cursor.copy("COPY (" + user(v) + ") TO STDOUT") as out:
            return len([row async for row in out.rows()]) > 1
    return db.asynchronously(work)


@number
def asynchronous_server_side(db, v):
    async def work(connection):
        async with connection.cursor(name="one") as cursor:
            await cursor.execute(user(v))
            return len(await cursor.fetchall()) > 1
    return db.asynchronously(work)


@backslash
def harmless_bound(db, v):
    return not db.all(db.old.cursor(), "SELECT name FROM users WHERE name = %s OR name = ANY(%s)", (v, [v, "x"]))


@backslash
def harmless_doubled_quotes(db, v):
    return not db.all(db.old.cursor(), "SELECT name FROM users WHERE name = '" + v.replace("'", "''") + "' AND id < 9")
