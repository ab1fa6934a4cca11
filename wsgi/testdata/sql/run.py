"""Runs the shim's guards of SQL outside of a worker.

Standard input: {"source": the shim, "task": a function below, ...}. Standard output: JSON.
"""
import json
import os
import re
import sys
import time

ASK = json.load(sys.stdin)
SHIM = {"__name__": "fumehood", "__shim__": "<fumehood>"}
exec(compile(ASK["source"], "<fumehood>", "exec"), SHIM)
SHIM["SETUP"].update(sinks={"sql": "enforce", "skeletons": ASK.get("skeletons", "off")}, skeletons=None, ready=False)
Refused = SHIM["Refused"]


class Request:
    """Stands for an Exchange."""
    rid, worker = 0, None

    def __init__(self, *values, unseen=False, path="/"):
        self.hit = self.ended = None
        self.environ = {"PATH_INFO": path}
        self.inputs = SHIM["Inputs"](self, {"unseen": unseen, "values": [["query", "v%d" % i, v] for i, v in enumerate(values)]})
        if not values and not unseen:
            self.inputs = None

    def __enter__(self):
        self.before = SHIM["CURRENT"].set(self)
        return self

    def __exit__(self, *_):
        SHIM["CURRENT"].reset(self.before)


def refuses(statement, values, dialect="sqlite"):
    """What the judge says of one statement: is it refused?"""
    try:
        SHIM["judge"](Request(*values).inputs, statement, dialect)
    except Refused:
        return True
    return False


# -- SQLite's own opinion: nothing of the shim is used here ---------------------------------

TABLES = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, owner INT, name TEXT, secret TEXT);
INSERT INTO notes (owner, name, secret) VALUES (3, 'pear', 's1'), (3, 'fig', 's2'), (4, 'plum', 's3');
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, password TEXT);
"""


class Oracle:
    def __init__(self):
        import sqlite3
        self.errors = (sqlite3.Error, sqlite3.Warning, ValueError)
        self.sqlite3, self.db = sqlite3, sqlite3.connect(":memory:")
        self.db.executescript(TABLES)

    def reading(self, context, value):
        """What SQLite understands, without the constants; None for an error."""
        statement = context["sql"].replace("{v}", value)
        try:
            if context.get("script"):
                return self.actions(statement)
            program = []
            for _, opcode, p1, p2, p3, p4, p5, _ in self.db.execute("EXPLAIN " + statement):
                if opcode in ("String8", "String", "Integer", "Int64", "Real"):
                    opcode, p1, p4 = "Constant", 0, ""
                program.append((opcode, p1, p2, p3, p4, p5))
            return program
        except self.errors:
            return None

    def actions(self, script):
        db, done = self.sqlite3.connect(":memory:"), []
        db.executescript(TABLES)
        db.set_authorizer(lambda *what: done.append(what[:3]) or 0)
        try:
            db.executescript(script)
        except self.errors:
            if not done:
                raise
            done.append("an error")
        finally:
            db.close()
        return done

    def opinion(self, context, value):
        """"data": SQLite gives the value back as it is, or it is one constant; "changed" is what
        SQLite does, to something else; "error": it is no statement any more; "same"."""
        if "back" in context and self.gives_back(context["back"].replace("{v}", value), value) or \
                "back" not in context and self.constant(value):
            return "data"
        reading = self.reading(context, value)
        if reading is None:
            return "error"
        return "same" if reading in context["readings"] else "changed"

    def gives_back(self, statement, value):
        try:
            cursor = self.db.execute(statement)
            return value in (cursor.description[0][0], *cursor.fetchone()) and len(cursor.description) == 1
        except self.errors:
            return False

    def constant(self, value):
        return self.gives_back("SELECT quote(%s)" % value, value)


def battery():
    """[[context, payload, SQLite's opinion, is it refused?]]"""
    oracle, found = Oracle(), []
    for context in ASK["contexts"]:
        context["readings"] = [oracle.reading(context, v) for v in context["harmless"]]
        assert None not in context["readings"], context
        for value in ASK["values"]:
            found.append([context["name"], value, oracle.opinion(context, value),
                          refuses(context["sql"].replace("{v}", value), [value])])
    return found


def benign():
    """[[statement, value]] that are refused: of values that are bound, so that they are in the
    statement by accident only, and of values that the app itself has put into quotes rightly."""
    found = []
    for value in ASK["values"]:
        for statement in ASK["bound"]:
            if refuses(statement, [value]):
                found.append([statement, value])
        for statement in ASK["quoted"]:
            for dialect, text in (("sqlite", value.replace("'", "''")), ("postgresql", value.replace("'", "''")),
                                  ("mysql", re.sub(r"(['\"\\])", r"\\\1", value))):
                if refuses(statement.replace("{v}", text), [value], dialect):
                    found.append([dialect + ": " + statement.replace("{v}", text), value])
    return found


def vectors():
    """For each [dialect, statement, values]: is it refused?"""
    return [refuses(statement, values, dialect) for dialect, statement, values in ASK["vectors"]]


def lex():
    """For each [dialect, text]: what is wrong with its tokens, "" for nothing; and the seconds for all."""
    wrong, began = [], time.perf_counter()
    for dialect, text in ASK["texts"]:
        starts, kinds, whole = SHIM["sql_tokens"](text, dialect)
        SHIM["skeleton"](text, (starts, kinds, whole))
        said = ""
        if len(starts) != len(kinds) or starts[:1] != [0][:len(text)] or starts != sorted(set(starts)):
            said = "the tokens begin at %r" % starts[:20]
        elif starts and starts[-1] >= len(text):
            said = "a token begins behind the end"
        elif set(kinds) - set("wisqncpo"):
            said = "the kinds are %r" % set(kinds)
        wrong.append(said)
    return {"wrong": wrong, "seconds": time.perf_counter() - began}


def forms():
    """The seconds that one statement takes with the given values."""
    began = time.perf_counter()
    refused = refuses(ASK["statement"], ASK["values"], ASK["dialect"])
    return {"refused": refused, "seconds": time.perf_counter() - began}


if __name__ == "__main__":
    json.dump(globals()[ASK["task"]](), sys.stdout)
