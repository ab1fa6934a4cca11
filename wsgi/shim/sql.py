"""The judge of SQL: is each value of the request that a statement holds one piece of data in it?

A value is injected where it is more than a part of one literal, number or name. So a lexer for
each dialect is enough: no grammar, no list of attacks. What an app has made of a value beyond
the forms of sql_forms is not found; see docs/sql-sinks.md.
"""
import bisect
import itertools
import re

# Kinds of tokens: w space, i word, s literal, q quoted name, n number, c comment, p place for a
# value, o other sign. What begins as x does has an end that no simple pattern finds.
SQL_TOKEN = r"""(?P<w>[ \t\n\r\f\v]+)
|(?P<x>%(long)s)
|(?P<i>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
|(?P<s>'[^'\\]*'(?!'))
|(?P<q>%(names)s)
|(?P<n>0[xX][0-9A-Fa-f]+|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?)
|(?P<c>%(comment)s)
|(?P<p>%(place)s)
|(?P<y>%(open)s)
|(?P<o>.)"""
SQL_FORMAT = r"|%(?:\([^()]*\))?[sbt](?!\w)"  # a place for a value as psycopg and others write it


def sql_scanner(comment, place, names, open, long="(?!)"):
    names = "|".join(n if n[0] == "\\" else "%s[^%s\\\\]*%s(?!%s)" % (n, n, n, n) for n in names)
    return re.compile(SQL_TOKEN % vars(), re.VERBOSE | re.DOTALL).match


SQL_MYSQL = sql_scanner(r"(?:--(?=[\x00-\x20\x7f]|\Z)|\#)[^\n]*", r"\?|@@?[\w.$]*|:\w+" + SQL_FORMAT,
                        '"`', r"""['"`]|/\*(?!M?!)""")  # MySQL runs what is in /*! */
SQL_SCANNERS = {  # dialect: (scanner, quotes in which a backslash escapes, do comments nest?)
    "sqlite": (sql_scanner(r"--[^\n]*", r"\?[0-9]*|[:@\#$]\w+", ['"', "`", r"\[[^\]]*\]"], r"""['"`\[]|/\*"""), "", False),
    "postgresql": (sql_scanner(r"--[^\n\r]*", r"\$[0-9]+|(?<!:):[A-Za-z_]\w*|\?" + SQL_FORMAT, '"', r"""['"]|/\*""",
                               r"[eE]'|\$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$"), "", True),
    "mysql": (SQL_MYSQL, "'\"", False),
    "mysql-plain": (SQL_MYSQL, "", False),  # with NO_BACKSLASH_ESCAPES
}
SQL_NESTED = re.compile(r"/\*|\*/")
SQL_RUNS = {  # (quote, does a backslash escape?): what goes on inside, a stretch at a time
    (quote, slash): re.compile(run.replace("'", quote), re.DOTALL).match
    for quote in "'\"`"
    for slash, run in ((False, "[^']*(?:''[^']*){0,400}"), (True, r"[^'\\]*(?:(?:''|\\.)[^'\\]*){0,400}"))}


def sql_tokens(text, dialect):
    """Where the tokens of text begin, their kinds, and whether the last one ends. One that does
    not goes up to the end of text."""
    scan, slashed, nests = SQL_SCANNERS.get(dialect) or SQL_SCANNERS["sqlite"]
    starts, kinds, at, size = [], [], 0, len(text)
    while at < size:
        match = scan(text, at)
        kind, end = match.lastgroup, match.end()
        if kind == "x" or kind == "y":
            kind, end = sql_long(text, at, match.group(), slashed, nests)
        starts.append(at)
        kinds.append(kind)
        if end < 0:
            return starts, kinds, False
        at = end
    return starts, kinds, True


def sql_long(text, at, opener, slashed, nests):
    """The kind of the token that begins with opener, and its end: -1 for none."""
    at += len(opener)
    if opener == "/*" and nests:
        depth = 1
        for mark in SQL_NESTED.finditer(text, at):
            depth += 1 if mark.group() == "/*" else -1
            if not depth:
                return "c", mark.end()
        return "c", -1
    if opener == "/*" or opener[0] == "$":
        closer = "*/" if opener == "/*" else opener
        found = text.find(closer, at)
        return "c" if opener == "/*" else "s", found + len(closer) if found >= 0 else -1
    if opener == "[":
        return "q", -1
    quote = opener[-1]
    kind, run = "s" if quote == "'" else "q", SQL_RUNS[quote, quote in slashed or len(opener) == 2]
    while True:
        at = run(text, at).end()
        after = text[at:at + 2]
        if after[:1] == quote and after != quote + quote:
            return kind, at + 1
        if len(after) < 2:
            return kind, -1


def sql_inside(text, kind, start, end, at, upto):
    """Is text[at:upto] a part of the data in the token text[start:end]?"""
    if kind == "i" or kind == "n":
        return upto <= end
    if kind not in "sqc":
        return False
    first = text[start]
    if first in "eE":
        opens, closes = 2, 1
    elif first == "$":
        opens = closes = text.index("$", start + 1) + 1 - start
    elif kind == "c":
        opens, closes = (2, 2) if first == "/" else (1, 0) if first == "#" else (2, 0)
    else:
        opens = closes = 1
    return at >= start + opens and upto <= end - closes or kind == "s" and at == start and upto == end


# -- what to look for ----------------------------------------------------------------------

SQL_NAME = r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*"
SQL_PLAIN = re.compile(r"""
    [-+]?[0-9]+(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?     # a number
    |[0-9]+(?:[ ]*,[ ]*[0-9]+)*                   # numbers
    |%s                                           # a column
    |(?:(?!--|/\*|\*/)[^\w'"`\\$@\#:?])+          # signs that do nothing by themselves
    |[^\\\#]""" % SQL_NAME, re.VERBOSE | re.DOTALL)
SQL_QUOTES = re.compile(r"['\"`\\\s]+")
SQL_TERM = r"(?:%s|[0-9]+)(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?" % SQL_NAME
SQL_SORT = re.compile(r"%s(?:\s*,\s*%s)*" % (SQL_TERM, SQL_TERM))
SQL_NAMES = re.compile(r"%s(?:\s*,\s*%s)*" % (SQL_NAME, SQL_NAME)).fullmatch
SQL_SHARP = re.compile(r"""[\w'"`)][()=<>|&!^~]{1,8}[\w'"`(]|\$\w*\$|\|\|""").search
SQL_SOLID = re.compile(r"""[\w'"`]""").search
SQL_SPLITS = [re.compile(signs).split for signs in (r"[\s,;]+", r'[,;:|"\n]+', r"[@/=&?.+*%$<>_~^-]+")]
SQL_LESS = re.compile(r"[^\w\s'\"`]|_").findall  # what apps take out of a value or put in place of another sign
SQL_FORMS_MOST = 20000
SQL_MADE, SQL_ESCAPED, SQL_RAW = range(3)  # made of a value; the value, escaped; the value


def sql_fold(text):
    """text without upper case and just as long."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(map(sql_fold_one, text))


def sql_fold_one(letter):
    low = letter.lower()
    return low if len(low) == 1 else letter


def sql_sharp(word):
    """Could this alone do harm?"""
    return SQL_SHARP(word) or word.count("'") > 1 or word.count('"') > 1 or word.count("`") > 1 \
        or ("--" in word or "/*" in word or "#" in word) and SQL_SOLID(word)


def sql_forms(inputs):
    """What to look for in statements: [(form, index of its field, what it is)]."""
    found = {}
    for value, i in inputs.every:
        value = value.strip()
        sure = [value]
        if not value.isascii():
            sure += [value.lower(), value.upper(), value.casefold()]
        made = [value.strip(" \t\r\n'\"`"), " ".join(value.split()), *sql_made(value)]
        for forms, raw, escaped in ((sure, SQL_RAW, SQL_ESCAPED), (made, SQL_MADE, SQL_MADE)):
            for form in forms:
                found.setdefault(sql_fold(form), (i, raw))
                if "\\" in form or raw == SQL_RAW and ("'" in form or '"' in form):  # so may an app do, and be undone by a backslash
                    for twin in (form.replace("'", "''"), form.replace('"', '""'), re.sub(r"(['\"\\])", r"\\\1", form)):
                        found.setdefault(sql_fold(twin), (i, escaped))
        if len(found) > SQL_FORMS_MOST:
            inputs.unseen = True
            break
    return [(form, i, what) for form, (i, what) in found.items()
            if form and not SQL_PLAIN.fullmatch(form)]


def sql_made(value):
    """What apps make of a value: parts of it, and the value without some of its signs. Of a long
    value, what sql_parts finds is enough."""
    made, short = [], len(value) <= 400
    sharp, counted = sql_sharp(value), short and sql_counted(value)
    if sharp or counted:
        made += [part.strip() for split in SQL_SPLITS for part in split(value)
                 if sql_sharp(part) or counted and sql_counted(part)]
    if short and (sharp or SQL_DIGIT(value) or SQL_SLUG(value)):
        made += [value.replace(sign, other) for sign in set(SQL_LESS(value[:40])) for other in ("", " ")]
    made += [value.replace(sign, " ") for sign in set(SQL_JOINED(" " + value.lower()))]
    if "'" in value or '"' in value or "`" in value:
        made.append(re.sub("['\"`]", "", value))
    if short and "<" in value:
        made.append(re.sub("<[^>]*>", "", value))
    if short and not (value.isascii() and value.isprintable()):
        import unicodedata  # 1 MB that others do without
        made += [value.replace("\r\n", "\n"), "".join(letter for letter in value if letter.isprintable()),
                 value.translate(SQL_CURLY), value.encode("ascii", "ignore").decode(),
                 unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()]
    return map(str.strip, made)


SQL_SLUG = re.compile(r"[\w-]+").fullmatch
SQL_JOINING = "or xor and is like rlike union select except having not isnull glob between".split()
SQL_JOINED = re.compile(r"([^a-z0-9\s])(?:(?:%s)(?![^\W_])|(?<=[%s].)(?:%s))" % (
    "|".join(SQL_JOINING), "".join({word[-1] for word in SQL_JOINING}),
    "|".join(r"(?<=[\W\d_]%s.)" % word for word in SQL_JOINING))).findall  # the signs beside such a word


def sql_counted(word):
    """Are these words with a number, as 1 or 1?"""
    return SQL_TWO_WORDS(word) and SQL_DIGIT(word)


SQL_TWO_WORDS, SQL_DIGIT = re.compile(r"\w\s+\w").search, re.compile("[0-9]").search
SQL_CURLY = str.maketrans("\u2018\u2019\u201b\u2032\u201c\u201d\u2033", "''''\"\"\"")


def sql_parts(inputs, low):
    """What else of the values is in low: [(part of a value, its field)]. An app may have cut a
    value: of any 23 characters, a block of 12 is whole."""
    for value, i in inputs.every:
        at, size = 0, len(value)
        if size < 24:
            continue
        value = sql_fold(value)
        while at + 12 <= size:
            found = sql_find(low, value[at:at + 12], 0)
            if found < 0:
                at += 12
                continue
            begin, end, left, right = at, at + 12, found, found + 12
            while begin and left and value[begin - 1] == low[left - 1]:
                begin, left = begin - 1, left - 1
            same = len(os.path.commonprefix((value[end:], low[right:right + size - end])))
            end += same
            part = value[begin:end].strip()
            if len(part) >= 16:
                yield part, i
            at = end


def sql_around(inputs, low):
    """Where in low a quote of a value is with the letters that the value has beside it, whatever
    signs an app has taken out, replaced or cut off: (start, end, field)."""
    grams = inputs.note.get("sql_grams")
    if grams is None:
        grams = inputs.note["sql_grams"] = {}
        for value, i in inputs.every:
            if "'" in value and len(grams) < SQL_GRAMS_MOST:
                word = sql_kept(sql_fold(value))
                for match in SQL_QUOTED(word[0]):
                    grams.setdefault(match.group(1), (word, match.start(), i))
    kept, places = sql_kept(low) if grams else ("", [])
    for gram, (word, begin, i) in grams.items():
        at, left = kept.find(gram), 8
        while at >= 0 and left:
            first, last = sql_alike(word, begin, kept, places, at)
            long = last - first >= 4 and "'" in kept[first:last + 1]
            while first < last and kept[first] == "'":  # it can be the app's own
                first += 1
            while last > first and kept[last] == "'":
                last -= 1
            if long and last - first >= 2:
                yield places[first], places[last] + 1, i
            at, left = kept.find(gram, at + 1), left - 1


def sql_kept(low):
    """The letters, digits and quotes of low, and where they are."""
    return SQL_DROPPED("", low), [match.start() for match in SQL_KEPT(low)]


def sql_alike(word, begin, kept, places, at):
    """The first and the last of the letters around kept[at] that are those around begin in word,
    with no more between them than there."""
    letters, own = word
    first = last = at
    for step in range(40):
        v = begin + last - at + 1
        if v >= len(letters) or last + 1 >= len(kept) or letters[v] != kept[last + 1] \
                or places[last + 1] - places[last] > own[v] - own[v - 1]:
            break
        last += 1
    for step in range(40):
        v = begin + first - at - 1
        if v < 0 or not first or letters[v] != kept[first - 1] or places[first] - places[first - 1] > own[v + 1] - own[v]:
            break
        first -= 1
    return first, last


SQL_GRAMS_MOST = 512
SQL_DROPPED, SQL_KEPT = re.compile("[^a-z0-9']+").sub, re.compile("[a-z0-9']").finditer
SQL_QUOTED = re.compile("(?=('..|..'))").finditer


def sql_find(text, form, at):
    """text.find(form, at) in linear time: before Python 3.10 it could be quadratic."""
    if len(form) < 64 or len(text) < 65536 or sys.version_info >= (3, 10):
        return text.find(form, at)
    match = re.compile(re.escape(form)).search(text, at)
    return match.start() if match else -1


# -- the judge -----------------------------------------------------------------------------

SQL_CLEAN, SQL_DATA, SQL_STOPPED = range(3)
SQL_BEYOND = "the value is more than one literal, number or name of the statement"
SQL_PLACES_MOST = 64  # of one form in one statement
SQL_OPEN = "the statement holds the value, and a quote or a comment in it has no end"


def judge(inputs, statement, dialect):
    """Stop a statement in which a value of the request is more than data."""
    examine(inputs, sql_text(statement), dialect)


def sql_text(statement):
    if isinstance(statement, str):
        return str.__str__(statement)
    statement = bytes(statement)
    try:
        return statement.decode()
    except UnicodeDecodeError:
        return statement.decode("latin-1")


def examine(inputs, text, dialect):
    """What the values of the request are in text."""
    forms = inputs.note.get("sql")
    if forms is None:
        forms = inputs.note["sql"] = sql_forms(inputs)
    low, lexed = sql_fold(text), None
    parts = ((part, i, SQL_MADE) for part, i in sql_parts(inputs, low))
    for form, i, what in itertools.chain(forms, parts):
        at = sql_find(low, form, 0)
        if at < 0:
            continue
        if lexed is None:
            lexed = sql_tokens(text, dialect)
        if (not lexed[2] or sql_beyond(text, low, lexed, dialect, form, what, at)) and not sql_composed(text):
            stop(inputs, "sql", text, i, SQL_BEYOND if lexed[2] else SQL_OPEN)
            return SQL_STOPPED
    for at, upto, i in sql_around(inputs, low) if "'" in low else ():
        if lexed is None:
            lexed = sql_tokens(text, dialect)
        if lexed[2] and not sql_within(text, lexed, at, upto) and not sql_written(text, at, upto) \
                and not sql_usual(text, lexed, dialect) and not sql_composed(text):
            stop(inputs, "sql", text, i, SQL_BEYOND)
            return SQL_STOPPED
    return SQL_CLEAN if lexed is None else SQL_DATA


def sql_within(text, lexed, at, upto):
    """Is text[at:upto] data in one token?"""
    starts, kinds, _ = lexed
    n = bisect.bisect_right(starts, at) - 1
    return sql_inside(text, kinds[n], starts[n], starts[n + 1] if n + 1 < len(starts) else len(text), at, upto)


def sql_beyond(text, low, lexed, dialect, form, what, at):
    """Is form, which is at low[at:] and perhaps at more places, anywhere more than data?"""
    starts, kinds, _ = lexed
    if SQL_QUOTES.fullmatch(form) or form == "#" and not dialect.startswith("mysql"):
        return False  # they are in any statement; alone they only leave it without an end
    size, left = len(form), SQL_PLACES_MOST
    while at >= 0:
        n = bisect.bisect_right(starts, at) - 1
        end = starts[n + 1] if n + 1 < len(starts) else len(low)
        if not sql_inside(text, kinds[n], starts[n], end, at, at + size) \
                or dialect == "mysql" and what == SQL_RAW and sql_two_ways(form, kinds[n], low[at - 1:at]):
            left -= 1
            names = form.strip(" ,") if what == SQL_MADE else form
            column = SQL_SORT.fullmatch(names) and ("," not in form or sql_sorts(low, starts, kinds, n)
                                                    or SQL_NAMES(names) and sql_columns(low, starts, kinds, n, at + size))
            if left == 0 or not column and not sql_written(text, at, at + size):
                return what != SQL_MADE or not sql_usual(text, lexed, dialect)
        at = sql_find(low, form, max(at + 1, end - size + 1))
    return False


def sql_two_ways(form, kind, before):
    """MySQL reads \\' otherwise with NO_BACKSLASH_ESCAPES, or in names with ANSI_QUOTES: nobody
    who escapes leaves it like that."""
    return kind in "sq" and before != "\\" and ("\\'" in form or '\\"' in form)


def sql_sorts(low, starts, kinds, n):
    """Does the token n belong to an ORDER BY or GROUP BY?"""
    while n > 0:
        n -= 1
        word = low[starts[n]:starts[n + 1]]
        if kinds[n] == "i" and word == "by":
            return True
        if kinds[n] == "o" and word not in ".,":
            return False
    return False


def sql_columns(low, starts, kinds, n, upto):
    """Do the names from the token n to upto stand where columns are listed, behind SELECT or before
    FROM? There, one alone could stand, too."""
    def token(m):
        return low[starts[m]:starts[m + 1]] if m + 1 < len(starts) else low[starts[m]:]

    before = n - 1
    while before > 0 and n - before < 1000:
        word = token(before)
        if kinds[before] == "i" and word in SQL_LISTS:
            return word in ("select", "distinct", "returning")
        if kinds[before] not in "wiq" and word not in ",.":
            break
        before -= 1
    else:
        return before == 0 and token(0) == "select"
    after = bisect.bisect_left(starts, upto)
    after += after < len(kinds) and kinds[after] == "w"
    n -= kinds[n - 1] == "w"
    return after < len(kinds) and token(after) == "from" and token(n - 1) == ","


SQL_LISTS = set("select distinct returning from where and or not in on using join values set into limit offset by having like".split())
