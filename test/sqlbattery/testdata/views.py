"""What an app does with a value: the statements as people write them. run(statement) and
run(statement, (value,)) send a statement; mark is what stands for a bound value."""


def numeric(run, v):
    return run(f"SELECT id, name FROM items WHERE id = {v} AND visible = 1")


def quoted(run, v):
    return run("SELECT id, name FROM items WHERE name = '%s' AND visible = 1" % v)


def like(run, v):
    return run("SELECT id, name FROM items WHERE name LIKE '%" + v + "%' AND visible = 1")


def order_by(run, v):
    return run("SELECT id, name, note FROM items WHERE visible = 1 ORDER BY {} LIMIT 5".format(v))


def in_list(run, v):
    return run(f"SELECT id, name FROM items WHERE id IN ({v}) AND visible = 1")


def limit(run, v):
    return run(f"SELECT id, name FROM items WHERE visible = 1 ORDER BY id LIMIT {v}")


# Each context with values that leave the statement what it was meant to be.
COLUMNS = ["id", "name", "note", "visible", "items.id", "1", "2", "3"]
CONTEXTS = {
    "numeric": (numeric, ["1", "-1", "1.5", "1e3", "10000000000"]),
    "quoted": (quoted, ["pear", "", "1"]),
    "LIKE": (like, ["pear", "", "1"]),
    "ORDER BY": (order_by, [column + way for column in COLUMNS for way in ("", " asc", " desc")]),
    "IN": (in_list, ["1", "1,2", "1, 2, 3"]),
    "LIMIT": (limit, ["1", "50"]),
}
QUOTED = {"quoted", "LIKE"}


def equal(run, mark, v):
    return run("SELECT id, name FROM items WHERE name = %s AND visible = 1".replace("%s", mark), (v,))


def contains(run, mark, v):
    return run("SELECT id FROM items WHERE name LIKE %s OR note = 'in stock' ORDER BY name DESC".replace("%s", mark),
               ("%" + v + "%",))


def escaped(run, mark, v):
    return run("SELECT id, name FROM items WHERE name = '" + v.replace("'", "''") + "' AND visible = 1")


BOUND = [equal, contains]
