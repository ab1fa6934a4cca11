"""PyMySQL and mysqlclient have almost the same interface."""
from attack import backslash, bare, number, text


class Database:
    cursors = None  # of the driver

    def __init__(self, ask):
        self.place = {"unix_socket": ask["socket"], "user": ask["user"], "database": ask["database"],
                      "charset": "utf8mb4"}
        self.tables = ask["tables"]
        self.old = self.connect()

    def clean(self):
        self.old.rollback()
        connection = self.connect(multi=True)
        with connection.cursor() as cursor:
            cursor.execute(self.tables)
            while cursor.nextset():
                pass
        connection.commit()
        connection.close()

    def all(self, cursor, statement, *parameters):
        with cursor:
            cursor.execute(statement, *parameters)
            return len(cursor.fetchall()) > 1


def user(v):
    return "SELECT name FROM users WHERE id = " + v


@number
def execute(db, v):
    return db.all(db.connect().cursor(), user(v))


@number
def execute_bytes(db, v):
    return db.all(db.old.cursor(), user(v).encode())


@number
def by_keyword(db, v):
    with db.old.cursor() as cursor:
        cursor.execute(query=user(v) + " AND id < %s", args=(9,))
        return len(cursor.fetchall()) > 1


@number
def with_parameters(db, v):
    return db.all(db.old.cursor(), user(v) + " AND id < %s", (9,))


@bare
def quoted_placeholder(db, v):
    return db.all(db.old.cursor(), "SELECT name FROM users WHERE name = '%s'", (v,))


@text
def in_quotes(db, v):
    return db.all(db.old.cursor(), "SELECT name FROM users WHERE name = '%s' AND id < 9" % v)


@backslash
def doubled_quotes(db, v):
    return db.all(db.old.cursor(), "SELECT name FROM users WHERE name = '%s' AND id < 9" % v.replace("'", "''"))


@backslash
def harmless_bound(db, v):
    return not db.all(db.old.cursor(), "SELECT name FROM users WHERE name = %s AND id < 9", (v,))


@backslash
def harmless_without_backslashes(db, v):
    connection = db.connect()
    with connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
    start = "SELECT name FROM users WHERE name = "
    return not db.all(connection.cursor(), start + "%s AND id < 9", (v,)) \
        and not db.all(connection.cursor(), start + "'" + v.replace("'", "''") + "' AND id < 9")


@number
def dict_cursor(db, v):
    return db.all(db.old.cursor(db.cursors.DictCursor), user(v))


@number
def server_side_cursor(db, v):
    return db.all(db.old.cursor(db.cursors.SSCursor), user(v))


@number
def executemany(db, v):
    with db.old.cursor() as cursor:
        cursor.executemany("DELETE FROM users WHERE id = %s AND id = " + v, [(5,), (6,)])
        cursor.execute("SELECT count(*) FROM users")
        return cursor.fetchone()[0] == 0


@text
def executemany_insert(db, v):
    with db.old.cursor() as cursor:
        cursor.executemany("INSERT INTO users (id, name) VALUES (%s, %s) ON DUPLICATE KEY UPDATE name = '" + v + "'",
                           [(8, "x"), (9, "y")])
        return True


@number
def query(db, v):
    db.old.query(user(v))
    return db.stored(db.old) > 1
