"""Asks a database which payloads change a statement. Nothing of Fumehood is loaded here.

Standard input: {"dialect", "folder", "socket", "user", "database", "tables", "payloads": [...]}.
Standard output: {context: [bool for each payload]}. A payload changes a statement when the
database's own reading of it differs from those of the same statement with harmless values, or
when it is no statement any more. A payload that the database reads as one literal changes
nothing where a number was meant, even if the literal is none.

    SQLite       the program that EXPLAIN lists, without the constants in it
    PostgreSQL   the query tree that debug_print_parse shows for a Parse message, without the
                 constants and the places in the text; nothing is executed
    MariaDB      what SHOW CREATE VIEW makes of it, without the constants; nothing is executed
"""
import json
import re
import sys

from views import CONTEXTS, QUOTED


class SQLite:
    def __init__(self, ask, tables):
        import sqlite3
        self.db = sqlite3.connect(":memory:")
        self.db.executescript(tables)
        self.error = (sqlite3.Error, sqlite3.Warning, ValueError)

    def reading(self, statement):
        program = []
        for _, opcode, p1, p2, p3, p4, p5, _ in self.db.execute("EXPLAIN " + statement):
            if opcode in ("String8", "String", "Integer", "Int64", "Real"):
                opcode, p1, p4 = "Constant", 0, ""
            program.append((opcode, p1, p2, p3, p4, p5))
        return tuple(program)


class PostgreSQL:
    def __init__(self, ask, tables):
        import psycopg
        self.db = psycopg.connect(host=ask["folder"], user=ask["user"], dbname=ask["database"], autocommit=True)
        self.db.execute(tables)
        self.db.execute("SET debug_print_parse = on; SET debug_pretty_print = off; SET client_min_messages = log")
        self.trees = []
        self.db.add_notice_handler(lambda said: self.trees.append(said.message_detail))
        self.error = (psycopg.Error, ValueError, UnicodeError)

    def reading(self, statement):
        import psycopg
        self.trees.clear()
        result = self.db.pgconn.prepare(b"", statement.encode())
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.Error(result.error_message)
        tree = " ".join(" ".join(filter(None, self.trees)).split())
        assert tree, "no tree was shown"
        tree = re.sub(r"\{CONST :consttype \d+.*?(?=:location).*?\}", "{CONST}", tree)
        # The implicit cast of a number.
        tree = re.sub(r"\{FUNCEXPR :funcid \d+ :funcresulttype \d+ :funcretset false :funcvariadic false "
                      r":funcformat 2[^{}]*:args \(\{CONST\}\) :location -?\d+\}", "{CONST}", tree)
        return re.sub(r":(location|stmt_location|stmt_len) -?\d+", "", tree)


class MariaDB:
    def __init__(self, ask, tables):
        import pymysql
        self.db = pymysql.connect(unix_socket=ask["socket"], user=ask["user"], charset="utf8mb4",
                                  database=ask["database"], client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
        with self.db.cursor() as cursor:
            cursor.execute(tables)
            while cursor.nextset():
                pass
        self.db.close()
        self.db = pymysql.connect(unix_socket=ask["socket"], user=ask["user"], charset="utf8mb4",
                                  database=ask["database"])
        self.error = (pymysql.Error, ValueError, UnicodeError)

    def reading(self, statement):
        with self.db.cursor() as cursor:
            cursor.execute("CREATE OR REPLACE VIEW reading AS " + statement)
            cursor.execute("SHOW CREATE VIEW reading")
            text = cursor.fetchone()[1]
        text = re.sub(r"(_\w+\s?)?'(?:[^'\\]|\\.|'')*'", "?", text.split(" VIEW ", 1)[1])
        return re.sub(r"-?\b\d+(\.\d+)?(e[+-]?\d+)?\b", "?", text)


def is_literal(database, payload):
    try:
        literals = {database.reading("SELECT %s AS a, id AS b FROM items" % v) for v in ("1", "'x'")}
        return database.reading("SELECT %s AS a, id AS b FROM items" % payload) in literals
    except database.error:
        return False


def main():
    ask = json.load(sys.stdin)
    database = {"sqlite": SQLite, "postgresql": PostgreSQL, "mysql": MariaDB}[ask["dialect"]](ask, ask["tables"])
    literals = [is_literal(database, payload) for payload in ask["payloads"]]
    answer = {}
    for name, (view, harmless) in CONTEXTS.items():
        meant = {view(database.reading, value) for value in harmless}
        changed = answer[name] = []
        for payload, literal in zip(ask["payloads"], literals):
            try:
                changed.append(not (literal and name not in QUOTED) and view(database.reading, payload) not in meant)
            except database.error:
                changed.append(True)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
