"""Runs one thing without the hooks, with them, and without once more, in turns.

The arms are forks of one process, so that they lie in the same places of memory as far as that
goes. Standard input: {"source": the shim, "sinks": its settings, "what": a function of
views.py, "turns": how often}. Standard output: {arm: [CPU nanoseconds of one call, ...]}.
"""
import json
import os
import sys
import time
import traceback

ASK = json.load(sys.stdin)
ARMS = ("off", "on", "off again")
BATCH = 2e6  # nanoseconds that one turn is to take
FIELDS = {"PATH_INFO": "/", "QUERY_STRING": "page=2", "HTTP_HOST": "shop.example", "HTTP_USER_AGENT": "bench",
          "HTTP_ACCEPT": "text/html", "REMOTE_ADDR": "127.0.0.1"}
BASE = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False}


def shim():
    scope = {"__name__": "fumehood", "__shim__": "<fumehood>"}
    exec(compile(ASK["source"], "<fumehood>", "exec"), scope)
    return scope


def prepared(scope, hooks):
    """The function that is measured, in a worker that only has no front to answer to."""
    class Worker(scope["Worker"]):
        def send(self, kind, flags, rid, payload):
            self.sent = kind, payload

    worker = Worker(None, None, None)
    scope["watch"](worker, {"sinks": ASK["sinks"] if hooks else None})
    import views  # after the hooks, as an app
    made = getattr(views, ASK["what"])(ASK)
    exchange = scope["Exchange"]
    if not hasattr(made, "wsgi_app"):
        scope["CURRENT"].set(exchange(worker, 0))
        return made
    worker.app, worker.base = made, BASE
    fields = "\0".join(word for pair in FIELDS.items() for word in pair)

    def view():
        worker.exchanges[1] = asking = exchange(worker, 1)
        worker.handle(1, fields, b"", -1, asking, None)

    view()
    kind, payload = worker.sent
    if kind != scope["ANSWER"] or b"200 OK" not in payload:
        raise SystemExit("%s: %r" % (ASK["what"], payload))
    return view


def serve(run, orders, results):
    """Each line is how many calls to make, 0 for the end; the answer is the CPU time that they took."""
    for line in orders:
        calls = range(int(line))
        if not calls:
            return
        for _ in range(len(calls) // 4 + 1):  # until the processor's caches are this arm's
            run()
        before = time.process_time_ns()
        for _ in calls:
            run()
        results.write("%d\n" % (time.process_time_ns() - before))
        results.flush()


class Arm:
    def __init__(self, scope, hooks):
        (orders, self.orders), (self.results, results) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.orders)
            status = 1
            try:
                serve(prepared(scope, hooks), open(orders), open(results, "w"))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(orders)
        os.close(results)
        self.orders, self.results = open(self.orders, "w"), open(self.results)
        self.times = []

    def turn(self, calls):
        self.orders.write("%d\n" % calls)
        self.orders.flush()
        answer = self.results.readline()
        if not answer:
            raise SystemExit("an arm has ended: %d" % os.waitpid(self.pid, 0)[1])
        return int(answer) / calls


def main():
    os.sched_setaffinity(0, [ASK["cpu"] % os.cpu_count()])
    scope = shim()
    arms = []
    for name in ARMS:
        arms.append(Arm(scope, name == "on"))
        arms[-1].turn(1)  # it is ready before the next one begins
    calls = max(1, int(BATCH / arms[0].turn(50)))
    for _ in range(ASK["warm"]):
        for arm in arms:
            arm.turn(calls)
    for n in range(ASK["turns"]):
        for arm in arms[n % 3:] + arms[:n % 3]:  # each comes after another one
            arm.times.append(arm.turn(calls))
    for arm in arms:
        arm.orders.write("0\n")
        arm.orders.flush()
        os.waitpid(arm.pid, 0)
    json.dump({name: arm.times for name, arm in zip(ARMS, arms)}, sys.stdout)


main()
