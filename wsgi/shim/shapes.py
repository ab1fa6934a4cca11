"""Which statements are known: the texts that were run, the code of the app, their skeletons."""
SQL_UNSEEN = "not all values of the request were looked at, and the app made no such statement before"
SQL_NEW = "a statement that this page never made before"
SQL_APART = "two values of the request are lone quotes, and the app made no such statement before"
SQL_MINUS = "a negative number after a minus: what follows is a comment"

# Texts that were run when no risky value was in the request, and their dialects (None: its skeleton
# is in SQL_USUAL). A constant text is known after its first run, so what a request says matters no
# more. Two generations, so that what is in use stays.
RECENT, BEFORE, RECENT_SIZE = {}, {}, 0
SQL_UNSURE = {}  # the same of texts that were run only beside risky values, which may be in them in a form that nobody knows
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
    new = new_shape(inputs, statement, dialect) if SQL_SHAPES is not None else None
    if inputs is None:
        passed = remember(statement, dialect)
    else:
        passed = known(statement) or inputs.mode("sql") == "off" or passes(inputs, statement, dialect)
    if new and passed:
        learn_shape(inputs, new)


def passes(inputs, statement, dialect):
    """Judge a statement that is not known beside risky values."""
    text = sql_text(statement)
    found = examine(inputs, text, dialect)
    if found == SQL_STOPPED:
        return False
    apart = text not in SQL_UNSURE and sql_apart(inputs, text, dialect)
    if inputs.unseen or apart:
        if not sql_usual(text, sql_tokens(text, dialect), dialect, apart) and not sql_composed(text):
            stop(inputs, "sql", text, -1, SQL_APART if apart else SQL_UNSEEN)
            return False
    elif found == SQL_CLEAN:  # or with a value that was made into something else
        return text in SQL_UNSURE or remember(text, dialect, sql_composed(text) or text in constants())
    elif len(text) <= SQL_KNOWN_LONGEST:
        if len(SQL_USUAL) > SQL_KNOWN_MOST:
            SQL_USUAL.clear()
        SQL_USUAL[skeleton(text, sql_tokens(text, dialect))] = True
    return True


def sql_apart(inputs, text, dialect):
    """Can two fields have brought lone quotes into text? Between them everything is the other way
    round: what the app wrote is in literals, and what stands between two literals of the app is SQL."""
    lone = inputs.note.get("sql_lone")
    if lone is None:
        lone = inputs.note["sql_lone"] = {}
        for value, i in inputs.every:
            if SQL_LONE(value.strip()):
                lone.setdefault(value.strip(), set()).add(i)
    if len(lone) < 2 and all(len(fields) < 2 for fields in lone.values()):
        return False
    places = sorted((at, at + len(value), value) for value in lone for at in occurrences(text, value))
    lexed = sql_tokens(text, dialect)
    marks, left = sql_marks(text, lexed), SQL_PAIRS_MOST
    for first, second in itertools.combinations(places, 2):
        if first[1] > second[0] or len(lone[first[2]] | lone[second[2]]) < 2:
            continue
        left -= 1
        if left < 0 or not lexed[2]:
            return True
        inner = text[first[1]:second[0]]
        if sql_one_token(text, lexed, first[0], second[1]) and SQL_GLUED(inner):
            continue  # a literal that the app has written: nobody puts values so close to words
        rest = text[:first[0]] + inner + text[second[1]:]
        others = sql_tokens(rest, dialect)
        if others[2] and sql_marks(rest, others) == marks:
            return True
    return False


def sql_marks(text, lexed):
    """How many places for values text has: what a value adds or takes away, the database misses."""
    starts, kinds, _ = lexed
    return sum(kind == "p" and text[starts[n]] != "%" for n, kind in enumerate(kinds))


def sql_one_token(text, lexed, at, upto):
    starts, kinds, _ = lexed
    n = bisect.bisect_right(starts, at) - 1
    return starts[n] == at and (starts[n + 1] if n + 1 < len(starts) else len(text)) == upto


SQL_PAIRS_MOST = 300
SQL_GLUED = re.compile(r"[\w%](?:.*[\w%])?|\W*", re.DOTALL).fullmatch
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


def remember(statement, dialect, sure=True):
    """False where it is refused, or would be."""
    if "--" in statement and asked() is not None and sql_minus(statement, dialect):
        return False
    if sure:
        keep(statement, dialect)
    elif len(statement) <= SQL_KNOWN_LONGEST:
        if len(SQL_UNSURE) >= SQL_KNOWN_MOST:
            SQL_UNSURE.clear()
        SQL_UNSURE[statement] = dialect
    return True


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
    for texts in (BEFORE, RECENT, SQL_UNSURE):
        for known_text, its in list(texts.items()):
            if its is not None:
                as_text = sql_text(known_text)
                known_shape = skeleton(as_text, sql_tokens(as_text, its))
                SQL_USUAL[known_shape] = SQL_USUAL.get(known_shape) or texts is not SQL_UNSURE
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
    null default current_timestamp replace max min sum avg lower upper like is not exists""".split())


def sql_by_key_pattern():
    def many(one):
        return "%s(?: , %s)*" % (one, one)

    word = "(?:N|count|max|min|sum|avg|lower|upper)"  # columns have such names, too
    name = word + r"(?: \. %s){0,3}" % word
    cast = r"(?: : : N(?: \( 1(?: , 1)? \))?)?"
    value = r"(?:\?%s|null|default|current_timestamp)" % cast
    row = r"\( %s \)" % many(value)
    key = r"(?:(?:lower|upper) \( {0} \)|{0})".format(name)
    same = r"(?:(?:=|! =|< >|[<>](?: =)?|(?:not )?like) \?%s|in \( %s \)|is (?:not )?null)" % (cast, many(r"\?"))
    where = " where {0}(?: and {0})*".format(r"(?:\( )*%s %s(?: \))*" % (key, same))
    item = r"(?:%s|1|count \( \* \)|(?:count|max|min|sum|avg|lower|upper) \( (?:distinct )?%s \))" % (name, name)
    items = many(item + "(?: as N)?")
    returning = "(?: returning %s)?" % items
    columns = r"\( %s \)" % many(name)
    batch = r"select %s from \( values %s \) as N %s order by N" % (
        many("N" + cast), many(r"\( %s , 1 \)" % many(value)), columns)
    other = r"%s = (?:%s|%s|values \( %s \))" % (name, name, value, name)
    # "on conflict (id) do update set a = excluded.a" and "on duplicate key update a = values(a)"
    conflict = r"(?: as N)?(?: on N(?: {0})? N N| on N(?: {0})? N update set {1}| on N N update {1})?".format(columns, many(other))
    rows = "select (?:distinct )?{0} from {1}(?: as N)?(?:(?: left| inner| outer){{0,2}} join {1}(?: as N)? on (?:\\( )?{1} = {1}" \
           "(?: \\))?)*(?:{2})?(?: order by {3})?(?: limit [?1])?(?: offset [?1])?(?: for update)?".format(
               items, name, where, many(name + "(?: asc| desc)?"))
    return re.compile("|".join((
        "(?:insert(?: N){0,2}|replace) into %s (?:%s )?(?:values %s|%s)%s%s" % (name, columns, many(row), batch, conflict, returning),
        "update %s set %s%s%s" % (name, many("%s = %s" % (name, value)), where, returning),
        "delete from %s%s%s" % (name, where, returning), rows,
        r"select %s from \( %s \)(?: as)?(?: N)?" % (items, rows), r"select exists \( %s \)(?: as N)?" % rows,
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


# -- statements that SQLAlchemy composes ----------------------------------------------------------
# What its compiler writes depends on the key by which it keeps what it has compiled. So a statement
# is made of nothing but names, its own words and what stands in the code of the app, if each text
# in that key is a name or stands there.

SQL_RUNNERS = {"do_execute", "do_executemany", "do_execute_no_params"}
SQL_OWN_TEXT = re.compile(r"(?:%s|[0-9]*|\*)" % SQL_NAME).fullmatch
SQL_OPERATOR = re.compile(r"(?!--|/\*)[-<>=!@#~?&|^*/+%]{1,4}").fullmatch


def sql_composed(statement):
    """Has SQLAlchemy composed the statement that runs?"""
    frame, left = sys._getframe(1), 40
    while frame is not None and left:
        if frame.f_code.co_name in SQL_RUNNERS and frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
            try:
                context = frame.f_locals["context"]  # where an event has changed the text, it has the old one
                return context.statement == statement and sql_plain_key(context.compiled)
            except Exception:  # a version that is built otherwise
                return False
        frame, left = frame.f_back, left - 1
    return False


def sql_plain_key(compiled):
    key = compiled.cache_key or compiled.statement._generate_cache_key()
    if key is None:  # it is one that is not kept
        return False
    parts, seen, texts = list(key[0]), 0, []
    while parts:
        part, seen = parts.pop(), seen + 1
        if isinstance(part, (tuple, list, frozenset, set)):
            parts.extend(part)
        elif isinstance(part, dict):
            parts.extend(part.items())
        elif isinstance(part, str):
            if not SQL_OWN_TEXT(part):
                texts.append(part)
        elif isinstance(getattr(part, "opstring", None), str) and not SQL_OPERATOR(part.opstring):
            texts.append(part.opstring)
        if seen > 20000:
            return False
    written = set(constants()) if texts else ()
    return all(text in written for text in texts)


def watch_shapes():
    """Have the statements of each route learned or enforced, where the set-up says so."""
    global SQL_SHAPES
    known = SETUP.get("skeletons")
    if known is not None or SETUP["sinks"].get("skeletons", "off") != "off":
        SQL_SHAPES = {route: set(shapes) for route, shapes in (known or {}).items()}


def new_shape(inputs, statement, dialect):
    """(route, mark, skeleton) of a statement that its route is to learn; where it may not make new
    ones, it is stopped."""
    exchange = asked()
    if exchange is None:
        return None
    mode = inputs.mode("skeletons") if inputs is not None else SETUP["sinks"].get("skeletons", "off")
    if mode == "off":
        return None
    text, route = sql_text(statement), route_of(exchange)
    shape = skeleton(text, sql_tokens(text, dialect))
    import hashlib  # 3 MB that others do without
    mark = hashlib.sha256(shape.encode("utf-8", "replace")).hexdigest()[:16]
    if mark in SQL_SHAPES.get(route, ()):
        return None
    if mode == "learn":
        return route, mark, shape
    stop(Inputs(exchange, {"unseen": False, "values": [], "modes": {"sql": mode}}), "sql", shape, -1, SQL_NEW)
    return None


def learn_shape(inputs, new):
    """Learn it, beside risky values at the end of the request: none is learned of an attack."""
    if inputs is None or inputs.exchange is None:
        learn_shapes([new] if inputs is None else [])
    else:
        inputs.note.setdefault("sql_new", []).append(new)


def learn_shapes(new):
    for route, mark, shape in new:
        if mark not in SQL_SHAPES.setdefault(route, set()):
            SQL_SHAPES[route].add(mark)
            learned(route, mark, shape)


def request_over(exchange):
    """Called when a request with risky values has its answer."""
    inputs = exchange.inputs
    new = inputs.note.pop("sql_new", None)
    if new and exchange.hit is None and "hit" not in inputs.note and "sql" not in inputs.suspect:
        learn_shapes(new)
