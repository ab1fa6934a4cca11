"""The statements of sqlite3."""


def watch_sqlite():
    pass
