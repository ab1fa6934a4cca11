"""Which statements are known: the texts that were run, the code of the app, their skeletons."""
SQL_UNSEEN = "not all values of the request were looked at, and the app made no such statement before"
SQL_NEW = "a statement that this page never made before"
SQL_APART = "two values of the request are lone quotes, and the app made no such statement before"
SQL_MINUS = "a negative number after a minus: what follows is a comment"

# Texts that were run when no risky value was in them, and their dialects, with a "?" where the
# request had other risky values (None: its skeleton is in SQL_USUAL). A constant text is known after its first run, so what a request says matters no
# more. Two generations, so that what is in use stays.
RECENT, BEFORE, RECENT_SIZE = {}, {}, 0
SQL_USUAL = {}  # skeletons of texts in which every value was data -> is that sure?
SQL_SHAPES = None  # route -> its skeletons, where these are learned or enforced
SQL_KNOWN_MOST, SQL_KNOWN_LONGEST, SQL_KNOWN_SIZE = 2048, 65536, 8 << 20


def checked(statement, dialect):
    """Called before each statement."""
    inputs = live()
    try:
        if inputs is None and SQL_SHAPES is None:
            if statement not in RECENT:
                remember(statement, dialect)
        else:
            checked_slowly(inputs, statement, dialect)
    except Exception as error:
        broken(inputs, "sql", error)


def checked_slowly(inputs, statement, dialect):
    if SQL_SHAPES is not None:
        check_shape(statement, dialect)
    if inputs is None:
        return remember(statement, dialect)
    if known(statement) or inputs.mode("sql") == "off":
        return
    text = sql_text(statement)
    found = examine(inputs, text, dialect)
    if found == SQL_STOPPED:
        return
    apart = sql_apart(inputs, text)
    if inputs.unseen or apart:
        if not sql_usual(text, sql_tokens(text, dialect), dialect, bool(apart)):
            stop(inputs, "sql", text, -1, SQL_APART if apart else SQL_UNSEEN)
    elif found == SQL_CLEAN:
        remember(statement, "?" + dialect)  # or with a value that was made into something else
    elif len(text) <= SQL_KNOWN_LONGEST:
        if len(SQL_USUAL) > SQL_KNOWN_MOST:
            SQL_USUAL.clear()
        SQL_USUAL[skeleton(text, sql_tokens(text, dialect))] = True


def sql_apart(inputs, text):
    """Do two fields bring a lone quote? Between them everything is the other way round: what the
    app wrote is in literals, and what stands between two literals of the app is SQL."""
    fields = inputs.note.get("sql_lone")
    if fields is None:
        fields = inputs.note["sql_lone"] = {i for value, i in inputs.values if SQL_LONE(value.strip())}
    return len(fields) > 1 and ("'" in text or '"' in text)


SQL_LONE = re.compile(r"""(?:''|""|\\\\)*(?:'|"|\\'?)\s*""").fullmatch


def sql_minus(statement, dialect):
    """A negative number after the minus of the app begins a comment, and needs no risky value."""
    text, exchange = sql_text(statement), asked()
    starts, kinds, _ = sql_tokens(text, dialect)
    for n, at in enumerate(starts):
        if kinds[n] == "c" and SQL_MINUS_AT(text, at) and not sql_written(text, at, at + 3):
            stop(exchange.inputs or Inputs(exchange, {"unseen": False, "values": []}), "sql", text, -1, SQL_MINUS)
            return True
    return False


SQL_MINUS_AT = re.compile(r"--\.?[0-9]").match


def remember(statement, dialect):
    if "--" not in statement or asked() is None or not sql_minus(statement, dialect):
        keep(statement, dialect)


def keep(statement, dialect):
    global RECENT, BEFORE, RECENT_SIZE
    if len(statement) <= SQL_KNOWN_LONGEST:
        RECENT[statement] = dialect
        RECENT_SIZE += len(statement)
        if len(RECENT) > SQL_KNOWN_MOST or RECENT_SIZE > SQL_KNOWN_SIZE:
            BEFORE, RECENT, RECENT_SIZE = RECENT, {}, 0


def known(statement):
    if statement in RECENT:
        return True
    if statement not in BEFORE:
        return False
    keep(statement, BEFORE[statement])
    return True


def sql_written(text, at, upto):
    """Does text[at:upto] with what is around it stand in the code that runs? Then the programmer
    wrote it, even if the request says the same."""
    at, upto = max(at - 8, 0), min(upto + 8, len(text))
    return any(len(piece) >= upto - at and text.find(piece, max(0, upto - len(piece)), at + len(piece)) >= 0
               for constant in constants() for piece in HOLES.split(constant))


# -- skeletons: statements without their values --------------------------------------------

SQL_VALUES = re.compile(r"(?<!\S)\?(?: , \?)+(?!\S)")
SQL_GROUPS = re.compile(r"(?<!\S)\( \? \)(?: , \( \? \))*(?!\S)")


def skeleton(text, lexed):
    """text with ? for each value and for each list of them, without case and what comments say."""
    starts, kinds, whole = lexed
    parts, value = [], False  # was the last part a value, or a name?
    for n, kind in enumerate(kinds):
        if kind == "w":
            continue
        part = text[starts[n]:starts[n + 1] if n + 1 < len(starts) else len(text)]
        if kind == "c":  # that there is one matters: it can take the rest of a statement away
            parts.append("/*" if part[0] == "/" else "--")
            continue
        if kind == "n" and parts and parts[-1] in "-+" and signed:
            parts.pop()
        if kind in "snp":
            part = "?"
        elif kind == "i":
            part = part.lower()
            if part in ("null", "true", "false"):
                part = "?"
        if kind == "o":
            signed, value = not value, part == ")"
        else:
            value = part not in SQL_BEFORE_SIGN
        parts.append(part)
    if not whole:
        parts.append("...")
    return SQL_GROUPS.sub("?", SQL_VALUES.sub("?", " ".join(parts)))


SQL_BEFORE_SIGN = {"select", "where", "and", "or", "not", "then", "else", "when", "limit", "offset", "between",
                   "return", "returning", "like", "is", "by", "case", "set", "distinct"}


def sql_usual(text, lexed, dialect, sure=True):
    """Has the app made a statement of this shape before, or does its code have one? sure: when
    no value could have been in it that was made into something else."""
    shape = skeleton(text, lexed)
    if sql_taught(shape, sure):
        return True
    for texts in (BEFORE, RECENT):
        for known_text, its in list(texts.items()):
            if its is not None:
                as_text = sql_text(known_text)
                known_shape = skeleton(as_text, sql_tokens(as_text, its.lstrip("?")))
                SQL_USUAL[known_shape] = SQL_USUAL.get(known_shape) or its[:1] != "?"
                texts[known_text] = None
    if sql_taught(shape, sure) or sql_by_key(text, lexed):
        return True
    first = text.split(None, 1)[:1]
    return any(c.split(None, 1)[:1] == first and skeleton(c, sql_tokens(c, dialect)) == shape for c in constants())


def sql_taught(shape, sure):
    return SQL_USUAL.get(shape, False) if sure else shape in SQL_USUAL


# -- statements by key ------------------------------------------------------------------------
# Those of object mappers that store and look up by key: only names, and each value a
# placeholder. Whoever puts more than a name into a statement does not get one of these, since
# the number of placeholders would be wrong.

SQL_KEY_WORDS = set("""insert into values returning update set delete from where and select distinct as count in
    left inner outer join on order by asc desc limit offset for begin immediate commit rollback savepoint release to
    null default current_timestamp replace""".split())


def sql_by_key_pattern():
    def many(one):
        return "%s(?: , %s)*" % (one, one)

    name = r"N(?: \. N){0,3}"
    cast = r"(?: : : N(?: \( 1(?: , 1)? \))?)?"
    value = r"(?:\?%s|null|default|current_timestamp)" % cast
    row = r"\( %s \)" % many(value)
    where = r" where {0}(?: and {0})*".format(r"(?:\( )*%s (?:= \?%s|in \( %s \))(?: \))*" % (name, cast, many(r"\?")))
    items = many(r"(?:%s|1|count \( \* \))(?: as N)?" % name)
    returning = "(?: returning %s)?" % items
    columns = r"\( %s \)" % many(name)
    batch = r"select %s from \( values %s \) as N %s order by N" % (
        many("N" + cast), many(r"\( %s , 1 \)" % many(value)), columns)
    return re.compile("|".join((
        "(?:insert(?: N){0,2}|replace) into %s (?:%s )?(?:values %s|%s)(?: on N N N)?%s" % (name, columns, many(row), batch, returning),
        "update %s set %s%s%s" % (name, many("%s = %s" % (name, value)), where, returning),
        "delete from %s%s%s" % (name, where, returning),
        "select (?:distinct )?%s from %s(?: as N)?(?:(?: left| inner| outer){0,2} join %s(?: as N)? on (?:\\( )?%s = %s(?: \\))?)*"
        "(?:%s)?(?: order by %s)?(?: limit [?1])?(?: offset [?1])?(?: for update)?" % (
            items, name, name, name, name, where, many(name + "(?: asc| desc)?")),
        "begin(?: immediate)?|commit|(?:rollback to |release )?savepoint N|(?:rollback to|release) N|rollback")))


SQL_BY_KEY = None  # until the first use


def sql_by_key(text, lexed):
    global SQL_BY_KEY
    starts, kinds, whole = lexed
    words, names = [], set()
    for n, kind in enumerate(kinds):
        if kind == "w":
            continue
        part = text[starts[n]:starts[n + 1] if n + 1 < len(starts) else len(text)]
        if kind == "p":
            if part[0] not in "?:%$" or part in names:
                return False
            if part not in ("?", "%s"):  # one that has a name could be used twice
                names.add(part)
            part = "?"
        elif kind == "i":
            part = part.lower()
            part = part if part in SQL_KEY_WORDS else "N"
        elif kind in "qn":
            part = "N" if kind == "q" else "1"
        elif kind != "o":
            return False
        words.append(part)
    if SQL_BY_KEY is None:
        SQL_BY_KEY = sql_by_key_pattern()
    return whole and SQL_BY_KEY.fullmatch(" ".join(words)) is not None


def watch_shapes():
    """Have the statements of each route learned or enforced, where the set-up says so."""
    global SQL_SHAPES
    known = SETUP.get("skeletons")
    if known is not None or SETUP["sinks"].get("skeletons", "off") != "off":
        SQL_SHAPES = {route: set(shapes) for route, shapes in (known or {}).items()}


def check_shape(statement, dialect):
    exchange = asked()
    if exchange is None:
        return
    inputs = exchange.inputs
    mode = inputs.mode("skeletons") if inputs is not None else SETUP["sinks"].get("skeletons", "off")
    if mode == "off":
        return
    text, route = sql_text(statement), route_of(exchange)
    shape = skeleton(text, sql_tokens(text, dialect))
    import hashlib  # 3 MB that others do without
    mark = hashlib.sha256(shape.encode("utf-8", "replace")).hexdigest()[:16]
    if mark in SQL_SHAPES.get(route, ()):
        return
    if mode == "learn":
        SQL_SHAPES.setdefault(route, set()).add(mark)
        learned(route, mark, shape)
    else:
        stop(Inputs(exchange, {"unseen": False, "values": [], "modes": {"sql": mode}}), "sql", shape, -1, SQL_NEW)
