import MySQLdb
import MySQLdb.cursors
import ways_mysql
from attack import number
from MySQLdb import _mysql
from ways_mysql import *  # noqa: F403
from ways_mysql import user


class Database(ways_mysql.Database):
    cursors = MySQLdb.cursors

    def connect(self, multi=True):
        return MySQLdb.connect(**self.place)

    def stored(self, connection):
        return len(connection.store_result().fetch_row(0))


class Own(MySQLdb.cursors.Cursor):
    def execute(self, query, args=None):
        return super().execute(query, args)


@number
def own_cursor(db, v):
    return db.all(db.old.cursor(Own), user(v))


@number
def a_bytearray(db, v):
    return db.all(db.old.cursor(), bytearray(user(v).encode()))


@number
def module_in_c(db, v):
    connection = _mysql.connect(**{name: db.place[name] for name in ("unix_socket", "user", "database")})
    connection.query(user(v).encode())
    return db.stored(connection) > 1


@number
def sent_and_read(db, v):
    connection = db.connect()
    connection.send_query(user(v).encode())
    connection.read_query_result()
    return db.stored(connection) > 1
