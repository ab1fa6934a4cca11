"""How each driver is connected to, for battery.py and ways.py."""


class SQLite:
    dialect, mark = "sqlite", "?"

    def __init__(self, ask):
        import sqlite3
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(ask["tables"])

    def run(self, statement, *parameters):
        cursor = self.connection.cursor()
        cursor.execute(statement, *parameters)
        return cursor.fetchall()


class Server:
    """A driver that has a server: what it runs is undone."""
    mark = "%s"

    def run(self, statement, *parameters):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, *parameters)
                return cursor.fetchall()
        finally:
            self.connection.rollback()


class Psycopg2(Server):
    dialect = "postgresql"

    def __init__(self, ask):
        import psycopg2
        self.connection = psycopg2.connect(host=ask["folder"], user=ask["user"], dbname=ask["database"],
                                           options="-c statement_timeout=300")


class Psycopg(Server):
    dialect = "postgresql"

    def __init__(self, ask):
        import psycopg
        self.connection = psycopg.connect(host=ask["folder"], user=ask["user"], dbname=ask["database"],
                                          options="-c statement_timeout=300")


class PyMySQL(Server):
    dialect = "mysql"

    def __init__(self, ask):
        import pymysql
        self.connection = pymysql.connect(unix_socket=ask["socket"], user=ask["user"], database=ask["database"],
                                          charset="utf8mb4", init_command="SET max_statement_time=0.3")


class Mysqlclient(Server):
    dialect = "mysql"

    def __init__(self, ask):
        import MySQLdb
        self.connection = MySQLdb.connect(unix_socket=ask["socket"], user=ask["user"], database=ask["database"],
                                          charset="utf8mb4", init_command="SET max_statement_time=0.3")


class SQLAlchemy:
    mark = ":v"

    def __init__(self, ask):
        import sqlalchemy
        query = {"sqlite": {}, "postgresql": {"host": ask["folder"]},
                 "mysql": {"unix_socket": ask["socket"]}}[self.dialect]
        user, database = (None, None) if self.dialect == "sqlite" else (ask["user"], ask["database"])
        self.engine = sqlalchemy.create_engine(sqlalchemy.engine.URL.create(
            self.dialect + self.driver, username=user, database=database, query=query),
            poolclass=sqlalchemy.pool.StaticPool)
        if self.dialect == "sqlite":
            with self.engine.connect() as connection:
                connection.connection.dbapi_connection.executescript(ask["tables"])

    def run(self, statement, *parameters):
        import sqlalchemy
        with self.engine.connect() as connection:  # rolls back
            if parameters:
                return connection.execute(sqlalchemy.text(statement), {"v": parameters[0][0]}).fetchall()
            return connection.execute(sqlalchemy.text(statement.replace(":", "\\:"))).fetchall()


class SQLAlchemySQLite(SQLAlchemy):
    dialect, driver = "sqlite", ""


class SQLAlchemyPsycopg2(SQLAlchemy):
    dialect, driver = "postgresql", "+psycopg2"


class SQLAlchemyPyMySQL(SQLAlchemy):
    dialect, driver = "mysql", "+pymysql"


DRIVERS = {
    "sqlite3": SQLite, "psycopg2": Psycopg2, "psycopg": Psycopg, "PyMySQL": PyMySQL, "mysqlclient": Mysqlclient,
    "SQLAlchemy/sqlite3": SQLAlchemySQLite, "SQLAlchemy/psycopg2": SQLAlchemyPsycopg2,
    "SQLAlchemy/PyMySQL": SQLAlchemyPyMySQL,
}
