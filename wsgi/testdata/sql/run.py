"""Runs the shim's guards of SQL outside of a worker.

Standard input: {"source": the shim, "task": a function below, ...}. Standard output: JSON.
"""
import base64
import codecs
import html
import json
import os
import re
import sys
import time
import unicodedata
from urllib.parse import quote, unquote

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

    def __exit__(self, failed, *_):
        if self.inputs is not None and failed is None:
            SHIM["request_over"](self)  # as the worker does
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
    """The seconds that each statement takes with its values."""
    seconds = {}
    for case in ASK["cases"]:
        for dialect in ("sqlite", "postgresql", "mysql"):
            began = time.process_time()
            refuses(case["Text"], case["Values"], dialect)
            SHIM["skeleton"](case["Text"], SHIM["sql_tokens"](case["Text"], dialect))
            seconds[case["Name"] + ", " + dialect] = time.process_time() - began
    return seconds


def cost():
    """Nanoseconds for each statement, the best of some rounds."""
    def best(call, n=20000):
        rounds = []
        for _ in range(7):
            began = time.perf_counter()
            for _ in range(n):
                call()
            rounds.append((time.perf_counter() - began) / n * 1e9)
        return min(rounds)

    import sqlite3
    checked, bare = SHIM["checked"], sqlite3.connect(":memory:")
    statement, spliced = "SELECT id, name FROM notes WHERE id = ?", "SELECT id, name FROM notes WHERE name = 'two words'"
    found = {"check, nothing risky": best(lambda: checked(statement, "sqlite"))}
    with Request("two words", "it's; --"):
        forget()
        checked(statement, "sqlite")
        found["check, risky values, known text"] = best(lambda: checked(statement, "sqlite"))
        found["check, a value in a literal"] = best(lambda: checked(spliced, "sqlite"), 2000)
    bare.executescript(TABLES)
    found["sqlite3, bare"] = best(lambda: bare.execute(statement, (1,)).fetchone())
    watch()
    import sqlite3
    db = sqlite3.connect(":memory:")
    assert SHIM["WATCHED"] and isinstance(db, SHIM["SqliteConnection"])
    db.executescript(TABLES)
    found["sqlite3, guarded"] = best(lambda: db.execute(statement, (1,)).fetchone())
    return found


# -- sqlite3 -------------------------------------------------------------------------------

def watch():
    for name in ("sqlite3", "sqlite3.dbapi2", "_sqlite3"):
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, SHIM["Importer"])
    SHIM["watch_sqlite"]()
    SHIM["watch_threads"]()


def all_ways(ways, values, wanted):
    """What does not end as wanted: refused or not. Each is tried twice on one connection."""
    wrong = []
    for connect in ways.CONNECT:
        for run, call in ways.RUN.items():
            db = ways.opened(connect)
            for thread in (False, True):
                for _ in range(2):
                    with Request(*values):
                        try:
                            made = (lambda: call(ways.opened(connect), ASK["attack"]))
                            ways.in_thread(made) if thread else call(db, ASK["attack"])
                            refused = False
                        except Refused:
                            refused = True
                        except ways.sqlite3.Error as error:
                            wrong.append("%s, %s: %r" % (connect, run, error))
                            continue
                    if refused != wanted:
                        wrong.append("%s, %s, %s: refused is %s" % (connect, run, "thread" if thread else "", refused))
    return wrong


def ways():
    """{"watched": ..., "wrong": [...]}: all of ways.py, with and without a value in the request."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    watch()
    import ways
    wrong = all_ways(ways, [ASK["attack"]], True)
    wrong += all_ways(ways, ["another value"], False)
    forget()
    wrong += all_ways(ways, [], False) + ways.keeps_working()
    with Request("pear", "it's; --"):
        wrong += ways.keeps_working()
    # Without the guard's own classes there is no connection.
    base = [kind for kind in ways.sqlite3.Connection.__mro__ if kind.__name__ == "Connection"][-1]
    for name, call in (("the type below", lambda: base(":memory:")),
                       ("the function below", lambda: ways.sqlite3.connect.__wrapped__(":memory:"))):
        try:
            call()
            wrong.append(name + " makes connections")
        except PermissionError:
            pass
    return {"watched": SHIM["WATCHED"], "wrong": wrong, "alarms": [list(a) for a in SHIM["ALARMS"]]}


def forget():
    SHIM["RECENT"].clear()
    SHIM["BEFORE"].clear()
    SHIM["SQL_UNSURE"].clear()
    SHIM["SQL_USUAL"].clear()


def composed():
    """What SQLAlchemy composes, in a request of which not all was seen: [[what, what became of it]]."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    watch()
    import mapped
    found = []
    calls = {name: lambda s, call=call: call(s) for name, call in mapped.PLAIN.items()}
    calls.update(("raw " + name, lambda s, call=call, v=v: call(s, v.replace("_", "" if v == "o_r" else " "))) for name, (call, v) in mapped.RAW.items())
    for name, call in calls.items():
        for unseen in (False, True):
            session, became = mapped.opened(), "passed"
            forget()
            with Request("it's", unseen=unseen):
                try:
                    call(session)
                except Refused:
                    became = "refused"
                except Exception as error:
                    became = repr(error)
            known = len(SHIM["SQL_UNSURE"])
            session.close()
            found.append([name, "unseen" if unseen else "seen, %d unsure" % known, became])
    return found


def broken_trick():
    """A sqlite3 that no longer calls its connections: the canary says so, and each way to run a
    statement is guarded by itself."""
    kind = SHIM["SqliteCompiling"]
    del kind.__call__
    return ways()


def knowledge():
    """What is known of statements, step by step: [[what, is it so?]]."""
    watch()
    import sqlite3
    db, steps = sqlite3.connect(":memory:"), []
    db.executescript(TABLES)

    def run(*values, statement, unseen=False, fresh=True, mode=None, path="/", bind=()):
        nonlocal db
        if fresh:
            other = sqlite3.connect(":memory:")
            db.backup(other)
            db = other
        with Request(*values, unseen=unseen, path=path) as request:
            if mode:
                request.inputs.modes = mode
            try:
                db.execute(statement, bind).fetchall()
                db.commit()
            except Refused:
                return "refused"
            return "reported" if request.hit else "passed"

    for name, wanted, values, rest in ASK["steps"]:
        if name == "forget":
            forget()
            continue
        got = run(*values, **rest)
        steps.append([name, got, wanted])
    return steps


def shapes():
    """Skeletons learned, then enforced: [[what, is, wanted]]."""
    watch()
    import sqlite3
    db, steps, told = sqlite3.connect(":memory:"), [], []
    db.executescript(TABLES)
    SHIM["learned"] = lambda *what: told.append(what)

    def run(statement, path="/a", values=()):
        with Request(*values, path=path) as request:
            try:
                db.execute(statement).fetchall()
            except Refused:
                return "refused"
            return "passed"

    def step(name, is_, wanted):
        steps.append([name, str(is_), wanted])

    step("learning lets it pass", run("SELECT name FROM notes WHERE id = 5 AND name IN ('a', 'b')"), "passed")
    step("and tells of it", told[-1][0] + ": " + told[-1][2], "/a: select name from notes where id = ? and name in ?")
    count = len(told)
    run("SELECT name  FROM notes WHERE id=-77 AND name IN ('c')")
    step("once for a shape", len(told) - count, "0")
    run("SELECT name FROM notes WHERE id = 5 AND name IN ('a', 'b')", path="/b")
    step("for each route", len(told) - count, "1")
    db.execute("SELECT 1")
    step("not outside of requests", len(told) - count, "1")
    attack, odd = ("SELECT name FROM notes WHERE id = %s" % text for text in ("5 OR 1=1", "5 OR id"))
    step("an attack is refused", run(attack, values=["5 OR 1=1"]), "refused")
    SHIM["SETUP"]["sinks"]["sql"] = "report"
    step("or reported", run(attack, values=["5 OR 1=1"]), "passed")
    SHIM["SETUP"]["sinks"]["sql"] = "enforce"
    with Request("5 OR 1=1") as request:
        for statement in (odd, attack):
            try:
                db.execute(statement)
            except Refused:
                request.hit = {}
    step("and nothing of such a request is learned", len(told) - count, "1")
    with Request("x y"):
        db.execute("SELECT secret FROM notes WHERE id = 5")
        step("what values may be in is learned later", len(told) - count, "1")
    step("when the request is over", len(told) - count, "2")
    for mode, wanted in (("report", "passed"), ("enforce", "refused")):
        SHIM["SETUP"]["sinks"]["skeletons"] = mode
        step(mode + ": known", run("SELECT name FROM notes WHERE id = 9 AND name IN ('z')"), "passed")
        step(mode + ": known, a value in it", run("SELECT name FROM notes WHERE id = 9 AND name IN ('z y')", values=["z y"]), "passed")
        step(mode + ": unknown, no value in it", run("SELECT name FROM notes WHERE id = 9 OR 1=1 AND name IN ('z')"), wanted)
        step(mode + ": again, from the cache", run("SELECT name FROM notes WHERE id = 9 OR 1=1 AND name IN ('z')"), wanted)
        step(mode + ": known, the rest is a comment", run("SELECT name FROM notes WHERE id = 9 AND name IN ('z') --  AND owner = 3"), wanted)
        step(mode + ": another route's", run("SELECT name FROM notes WHERE id = 9 AND name IN ('z')", path="/c"), wanted)
    db.execute("SELECT 2")
    SHIM["SETUP"]["sinks"]["skeletons"] = "off"
    step("off", run("SELECT 3"), "passed")
    return steps


# -- what an app makes of a value ----------------------------------------------------------

def cut_at(text, n):
    return text[:n]


def into(attack, what):
    """attack with what inside of its words."""
    return re.sub("or|select", lambda word: word.group()[0] + what + word.group()[1:], attack)


def in_words(attack):
    """The same without other signs than blanks, where that can be."""
    return "id union select id, name, secret from notes" if attack[0] == "(" else "id or id" if attack[0] == "7" else attack


# Name of the transformation: (what the app does, what the attacker sends so that an attack comes
# out of it).
MADE = {
    "as it is": (lambda v: v, lambda p: p),
    "`strip()`": (str.strip, lambda p: "  " + p + " \n"),
    "`lower()`": (str.lower, str.upper),
    "`upper()`": (str.upper, lambda p: p.lower()),
    "`casefold()` of other letters": (str.casefold, lambda p: p.replace("s", "\u017f").replace("k", "\u212a")),
    "`\" \".join(v.split())`": (lambda v: " ".join(v.split()), lambda p: p.replace(" ", " \t ")),
    "one word of `v.split()`": (lambda v: v.split()[1], lambda p: "a " + p.replace(" ", "/**/") + " b"),
    "one part of `v.split(\",\")`": (lambda v: v.split(",")[1], lambda p: "a," + p.replace(" ", "/**/") + ",b"),
    "quotes taken off the ends": (lambda v: v.strip("'\""), lambda p: '"' + p + '"'),
    "`v[:80]`": (lambda v: cut_at(v, 80), lambda p: (p + " " + "x" * 80)[:80] + "and more"),
    "`v[:12]`, and the attack is short": (lambda v: cut_at(v, 12), lambda p: (p + " " * 12)[:12] + "and more"),
    "`unquote()`, twice": (lambda v: unquote(unquote(v)), lambda p: quote(quote(p, safe=""), safe="")),
    "`html.unescape()`": (html.unescape, lambda p: html.escape(p).replace("=", "&#61;").replace(" ", "&#32;")),
    "base64": (lambda v: base64.b64decode(v).decode(), lambda p: base64.b64encode(p.encode()).decode()),
    "hex": (lambda v: bytes.fromhex(v).decode(), lambda p: p.encode().hex()),
    "NFKC": (lambda v: unicodedata.normalize("NFKC", v), lambda p: p.replace("'", "\uff07").replace("=", "\uff1d").replace("(", "\uff08")),
    "a field of JSON in a field": (lambda v: json.loads(v)["q"], lambda p: json.dumps({"q": p})),
    "`'` doubled, which a `\\` before it undoes (MySQL)": (lambda v: v.replace("'", "''"), lambda p: p.replace("'", "\\'")),
    "`'` taken out": (lambda v: v.replace("'", ""), lambda p: p.replace("or", "o'r").replace("OR", "O'R").replace("select", "sel'ect")),
    "a sign taken out": (lambda v: v.replace("*", ""), lambda p: into(p, "*")),
    "`+` to a blank": (lambda v: v.replace("+", " "), lambda p: in_words(p).replace(" ", "+")),
    "`_` to a blank": (lambda v: v.replace("_", " "), lambda p: in_words(p).replace(" ", "_")),
    "`-` to a blank": (lambda v: v.replace("-", " "), lambda p: in_words(p).replace(" ", "-")),
    "`^` to `>`": (lambda v: v.replace("^", ">"), lambda p: p.replace("7", "id").replace(">", "^")),
    "`v.split(\"@\")[0]`": (lambda v: v.split("@")[0], lambda p: p + "@b.c"),
    "`\\r\\n` to `\\n`": (lambda v: v.replace("\r\n", "\n"), lambda p: p.replace(" ", "\r\n")),
    "tags taken out": (lambda v: re.sub("<[^>]*>", "", v), lambda p: into(p, "<b>")),
    "letters beyond ASCII taken out": (lambda v: v.encode("ascii", "ignore").decode(), lambda p: into(p, "\u00e9")),
    "what cannot be printed taken out": (lambda v: "".join(c for c in v if c.isprintable()), lambda p: into(p, "\x7f")),
    "`\u2019` to `'`": (lambda v: v.replace("\u2019", "'"), lambda p: p.replace("'", "\u2019")),
    "a word taken out": (lambda v: v.replace("script", ""), lambda p: p.replace("or", "oscriptr").replace("id>", "id>script").replace("select", "selscriptect").replace("secret", "secscriptret").replace("notes", "noscripttes")),
    "`v[::-1]`": (lambda v: v[::-1], lambda p: p[::-1]),
    "rot13": (lambda v: codecs.decode(v, "rot13"), lambda p: codecs.encode(p, "rot13")),
}
ATTACKS = {  # context: the attack that comes out
    "number": "7 or id>2", "quoted": "a' or id>'2", "LIKE": "a' or id>2 --", "ORDER BY": "(select secret from notes limit 1)",
}


def sent():
    """[[transformation, context, what the attacker sends]] where the attack comes out of it and,
    says SQLite, changes the statement."""
    oracle, found = Oracle(), []
    for name, (made, back) in MADE.items():
        for context in ASK["contexts"]:
            attack = ATTACKS.get(context["name"])
            if not attack:
                continue
            dialect = "mysql" if "MySQL" in name else "sqlite"
            value = back(attack)
            context["readings"] = [oracle.reading(context, v) for v in context["harmless"]]
            if dialect == "sqlite" and oracle.opinion(context, made(value)) != "changed":
                value = None
            elif dialect == "mysql" and "'" not in attack:
                value = None
            found.append([name, context["name"], value])
    return found


def table():
    """For each [transformation, context, forms of the value]: is the statement refused?"""
    contexts, answers = {c["name"]: c["sql"] for c in ASK["contexts"]}, []
    for name, context, forms in ASK["sent"]:
        statement = contexts[context].replace("{v}", MADE[name][0](forms[0]))
        answers.append(refuses(statement, forms, "mysql" if "MySQL" in name else "sqlite"))
    return answers


if __name__ == "__main__":
    json.dump(globals()[ASK["task"]](), sys.stdout)
