"""Werkzeug's own matching, and what the shim reads of the map, over a pipe: a map in, then
questions. One JSON line for each."""
import json
import sys

import flask
import werkzeug.exceptions
import werkzeug.routing


class Own(werkzeug.routing.BaseConverter):
    regex = "[a-c]+"

    def to_python(self, value):
        if value == "abc":
            raise werkzeug.routing.ValidationError()
        return value


class OwnPath(werkzeug.routing.BaseConverter):
    regex = "[a-c/]+"
    part_isolating = False


def make(wanted):
    app = flask.Flask("app", static_folder=None, subdomain_matching=True)
    app.url_map.converters["own"] = Own
    app.url_map.converters["ownpath"] = OwnPath
    app.url_map.merge_slashes = wanted["merge"]
    app.url_map.strict_slashes = wanted["strict"]
    for n, rule in enumerate(wanted["rules"]):
        app.url_map.add(werkzeug.routing.Rule(
            rule["rule"], endpoint="e%d" % n, methods=rule["methods"], strict_slashes=rule["strict"],
            subdomain=rule["subdomain"], websocket=rule["websocket"], merge_slashes=rule["merge"]))
    return app


def verdict(adapter, method, path):
    try:
        adapter.match(path, method=method)
        return "found"
    except werkzeug.exceptions.NotFound:
        return "404"
    except werkzeug.exceptions.MethodNotAllowed:
        return "405"
    except werkzeug.routing.RequestRedirect:
        return "redirect"
    except werkzeug.exceptions.BadRequest:
        return "websocket"


scope = {"__name__": "fumehood", "__shim__": "<fumehood>"}
exec(compile(json.loads(sys.stdin.readline()), "<fumehood>", "exec"), scope)
app = None
for line in sys.stdin:
    asked = json.loads(line)
    if "source" in asked:
        module = {"__name__": "mine"}
        exec(asked["source"], module)
        answer = scope["describe"]("mine", module["app"])["urls"]
    elif "rules" in asked:
        app = make(asked)
        answer = scope["url_map"](app)
    else:
        adapter = app.url_map.bind("example.com", subdomain=asked["subdomain"])
        answer = [verdict(adapter, method, bytes(path).decode("utf-8", "replace"))
                  for method, path in asked["ask"]]
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
