"""Templates, commands, files, pickles and outgoing requests."""


def watch_hooks():
    pass
