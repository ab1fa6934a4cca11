import pymysql
import pymysql.cursors
import ways_mysql
from attack import number
from pymysql import connect as early
from ways_mysql import *  # noqa: F403
from ways_mysql import user


class Database(ways_mysql.Database):
    cursors = pymysql.cursors

    def connect(self, multi=False):
        return pymysql.connect(**self.place, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS if multi else 0)

    def stored(self, connection):
        return len(connection._result.rows)


class Own(pymysql.cursors.Cursor):
    def execute(self, query, args=None):
        return super().execute(query, args)


class OwnConnection(pymysql.connections.Connection):
    def query(self, sql, unbuffered=False):
        return super().query(sql, unbuffered)


@number
def imported_before(db, v):
    return db.all(early(**db.place).cursor(), user(v))


@number
def own_cursor(db, v):
    return db.all(db.old.cursor(Own), user(v))


@number
def own_connection(db, v):
    return db.all(OwnConnection(**db.place).cursor(), user(v))


@number
def mogrified(db, v):
    cursor = db.old.cursor()
    return db.all(cursor, cursor.mogrify(user(v) + " AND id < %s", (9,)))


@number
def as_mysqldb(db, v):
    pymysql.install_as_MySQLdb()
    import MySQLdb
    return db.all(MySQLdb.connect(**db.place).cursor(), user(v))


@number
def first_command(db, v):
    return db.all(pymysql.connect(**db.place, init_command=user(v)).cursor(), user(v))
