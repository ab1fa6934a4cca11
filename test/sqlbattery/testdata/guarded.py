"""The shim as a worker has it, without a front: for battery.py and ways.py."""
import contextlib


class Shim:
    def __init__(self, source):
        self.scope = {"__name__": "fumehood", "__shim__": "<fumehood>"}
        exec(compile(source, "<fumehood>", "exec"), self.scope)
        worker = type("Worker", (), {"exchanges": {}, "forked": False, "send": lambda self, *message: None})()
        self.scope["watch"](worker, {"sinks": {"sql": "enforce"}})
        self.Refused = self.scope["Refused"]

    def watched(self):
        return [entry for entry in self.scope["WATCHED"] if entry[0] == "sql"]

    @contextlib.contextmanager
    def request(self, values, unseen=False, modes=None):
        """A request that brings values: [[place, name, value, other forms...]]."""
        exchange = self.scope["Exchange"](None, 1)
        exchange.environ = {"PATH_INFO": "/items"}
        if values or unseen:
            exchange.inputs = self.scope["Inputs"](exchange, {"unseen": unseen, "values": values, "modes": modes})
        before = self.scope["CURRENT"].set(exchange)
        try:
            yield exchange
        finally:
            self.scope["CURRENT"].reset(before)
