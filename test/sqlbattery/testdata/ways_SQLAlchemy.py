import itertools

import duckdb  # noqa: F401
import sqlalchemy
import sqlalchemy.orm
from attack import number, text
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text as raw


class Database:
    def __init__(self, ask):
        self.tables = ask["tables"]
        self.postgresql = sqlalchemy.create_engine(sqlalchemy.engine.URL.create(
            "postgresql+psycopg2", username=ask["user"], database=ask["database"], query={"host": ask["folder"]}))
        self.memory = sqlalchemy.create_engine(
            "sqlite://", poolclass=sqlalchemy.pool.StaticPool)
        self.numbers = itertools.count(9)
        self.lonely = sqlalchemy.create_engine("sqlite://", module=Lonely())
        app = Flask(__name__)
        app.config["SQLALCHEMY_DATABASE_URI"] = self.postgresql.url
        self.flask = SQLAlchemy(app)
        self.app = app
        with self.memory.connect() as connection:
            connection.connection.dbapi_connection.executescript(self.tables)

    def clean(self):
        with self.postgresql.begin() as connection:
            connection.exec_driver_sql(self.tables)

    def all(self, engine, statement, **parameters):
        with engine.connect() as connection:
            return len(connection.execute(statement, parameters).fetchall()) > 1


class Lonely:
    """A driver that nobody knows: it answers every statement with two rows."""
    paramstyle, sqlite_version_info, sqlite_version, Error = "qmark", (3, 40, 0), "3.40.0", ValueError
    __name__ = "lonely"

    def __getattr__(self, name):
        if name[:1].isupper():
            return ValueError
        raise AttributeError(name)

    def connect(self, *args, **options):
        return self

    def cursor(self):
        return self

    def execute(self, statement, parameters=()):
        pass

    description, rowcount, lastrowid = (("name",) + (None,) * 6,), -1, None

    def fetchall(self):
        return [("a",), ("b",)]

    def fetchone(self):
        return (0,)

    def close(self, *args, **options):
        pass

    commit = rollback = create_function = close


class User(sqlalchemy.orm.declarative_base()):
    __tablename__ = "users"
    id = sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)
    name = sqlalchemy.Column(sqlalchemy.String)


def user(v):
    return "SELECT name FROM users WHERE id = " + v


@number
def a_text(db, v):
    return db.all(db.postgresql, raw(user(v)))


@number
def psycopg_3(db, v):
    return db.all(sqlalchemy.create_engine(db.postgresql.url.set(drivername="postgresql+psycopg")), raw(user(v)))


@number
def driver_sql(db, v):
    with db.postgresql.connect() as connection:
        return len(connection.exec_driver_sql(user(v)).fetchall()) > 1


@number
def a_filter(db, v):
    with sqlalchemy.orm.Session(db.postgresql) as session:
        return len(session.query(User).filter(raw("id = " + v)).all()) > 1


@number
def a_column(db, v):
    return db.all(db.postgresql, sqlalchemy.select(User.name).where(sqlalchemy.literal_column("id = " + v)))


@text
def with_parameters(db, v):
    return db.all(db.postgresql, raw("SELECT name FROM users WHERE id < :n AND name = '" + v + "'"), n=9)


@number
def raw_connection(db, v):
    connection = db.postgresql.raw_connection()
    with connection.cursor() as cursor:
        cursor.execute(user(v))
        return len(cursor.fetchall()) > 1


@number
def flask_sqlalchemy(db, v):
    with db.app.app_context():
        return len(db.flask.session.execute(raw(user(v))).fetchall()) > 1


@number
def unknown_driver(db, v):
    return db.all(db.lonely, raw(user(v)))


@number
def in_memory(db, v):
    """A refusal does not cost the connection, and with it the database."""
    try:
        # The module sqlite3 does not compile the same text twice.
        return db.all(db.memory, raw(user(v) + " AND id < %d" % next(db.numbers)))
    finally:
        with db.memory.connect() as connection:
            assert connection.execute(raw("SELECT count(*) FROM users")).scalar() == 2
