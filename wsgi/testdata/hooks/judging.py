"""The shim, which comes on standard input, outside of a worker, and how its judges are asked.

The cases are functions of a value: a thread of their own runs them, so that the value does not
stand in any code that is running.
"""
import contextvars
import json
import os
import subprocess
import sys
import threading

shim = {"__name__": "fumehood", "__shim__": "<fumehood>"}
exec(compile(sys.stdin.read(), "<fumehood>", "exec"), shim)


class Worker:
    forked, exchanges = False, {}

    def send(self, kind, flags, rid, payload):
        wrong.append("the shim says " + payload.decode())


class Request:
    """Stands for an Exchange."""
    rid, worker, input, hit, ended = 1, None, None, None, None

    def __init__(self, values, environ, unseen):
        self.environ, self.inputs, self.thread = environ, None, None
        if values or unseen:
            sent = {"unseen": unseen, "values": [list(value) for value in values]}
            self.inputs = shim["Inputs"](self, sent)


sinks = {name: "enforce" for name in ("sql", "template", "command", "file", "pickle", "request")}
count, wrong = 0, []


def happens(values, function, environ, unseen):
    """What a request with these values comes to that calls function."""
    request, box = Request(values, environ, unseen), []

    def run():
        shim["CURRENT"].set(request)
        request.thread = threading.get_ident()
        try:
            function()
        except shim["Refused"]:
            pass
        except Exception as error:
            box.append(error)

    thread = threading.Thread(target=lambda: contextvars.Context().run(run))
    thread.start()
    thread.join()
    if request.hit is None:
        return "", box
    return request.hit["sink"] + ": " + request.hit["why"], box


def case(name, want, value, function, environ=None, unseen=False, place="query"):
    global count
    count += 1
    values = value if isinstance(value, list) else [(place, "v", value)] if value is not None else []
    got, failed = happens(values, function, environ or {}, unseen)
    if bool(got) != want or "the guard itself failed" in got:
        wrong.append("%s, %r: %s" % (name, value, got or failed or "it passed"))


def judged(right, what):
    """A case that needs no request."""
    global count
    count += 1
    if not right:
        wrong.append(what)


def refused(name, value, function, *args, **kwargs):
    case(name, True, value, lambda: function(value), *args, **kwargs)


def passes(name, value, function, *args, **kwargs):
    case(name, False, value, lambda: function(value), *args, **kwargs)


def quietly(*args, **kwargs):
    return subprocess.run(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)


def run(groups):
    """Says on standard output how many cases there were and which went wrong."""
    shim["watch"](Worker(), {"sinks": sinks})
    for group in groups:
        group()
    json.dump({"Cases": count, "Wrong": wrong}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)
