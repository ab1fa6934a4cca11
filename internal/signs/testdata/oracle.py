"""Reads payloads as JSON and says what SQLite does with each of them in each statement.

The statements are built by pasting, as apps do that are open to injection. A payload
changes a statement when it then gives other rows than with the value bound to it, when it
holds more than one statement, or when it reads a table that the statement does not.
"""
import json
import sqlite3
import sys

STATEMENTS = {
    "quoted": "SELECT id, name FROM items WHERE name = '{}'",
    "double": 'SELECT id, name FROM items WHERE name = "{}"',
    "paren": "SELECT id, name FROM items WHERE (name = '{}' AND open = 1)",
    "like": "SELECT id, name FROM items WHERE name LIKE '%{}%' AND open = 1",
    "number": "SELECT id, name FROM items WHERE id = {}",
    "list": "SELECT id, name FROM items WHERE id IN ({})",
    "order": "SELECT id, name FROM items ORDER BY {}",
}


def database():
    con = sqlite3.connect(":memory:")
    con.executescript("""
        CREATE TABLE items (id INTEGER, name TEXT, open INTEGER);
        CREATE TABLE users (login TEXT, password TEXT);
        INSERT INTO items VALUES (1, 'tea', 1), (2, 'cake', 0), (3, 'O''Brien', 1);
        INSERT INTO users VALUES ('admin', 'secret');
    """)
    return con


def rows(con, statement, values=()):
    tables = set()

    def note(action, table, *rest):
        if action == sqlite3.SQLITE_READ:
            tables.add(table)
        return sqlite3.SQLITE_OK

    con.set_authorizer(note)
    try:
        return con.execute(statement, values).fetchall(), tables
    finally:
        con.set_authorizer(None)


def changes(con, where, statement, payload):
    try:
        got, tables = rows(con, statement.format(payload))
    except (sqlite3.Warning, sqlite3.ProgrammingError) as e:
        return "one statement at a time" in str(e)
    except (sqlite3.Error, ValueError, OverflowError):
        return False
    if tables - {"items"}:
        return True
    if where in ("quoted", "double", "paren"):
        bound = statement.replace("'{}'", "?").replace('"{}"', "?")
        return got != rows(con, bound, (payload,))[0]
    if where == "like":
        return got != rows(con, statement.replace("'%{}%'", "?"), (f"%{payload}%",))[0]
    return len(got) not in (0, 1) if where == "number" else False


con = database()
print(json.dumps([
    [where for where, statement in STATEMENTS.items() if changes(con, where, statement, payload)]
    for payload in json.load(sys.stdin)
]))
