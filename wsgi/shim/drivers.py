"""The statements of the other database drivers."""


def watch_drivers():
    pass
