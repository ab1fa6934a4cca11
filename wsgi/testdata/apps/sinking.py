"""Calls what the guards of the sinks call, as one of them would."""
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(1)


def shim():
    frame = sys._getframe()
    while frame.f_globals.get("__name__") != "fumehood":
        frame = frame.f_back
    return frame.f_globals


def seen(fumehood):
    inputs = fumehood["live"]()
    return None if inputs is None else [list(field) for field in inputs.fields] + inputs.values + [inputs.unseen]


def sink(fumehood, kind="sql"):
    inputs = fumehood["live"]()
    if inputs is not None:
        fumehood["stop"](inputs, kind, "SELECT " + inputs.values[0][0], 0, "it is more than a number")


def fail(fumehood):
    try:
        1 / 0
    except ZeroDivisionError as error:
        fumehood["broken"](fumehood["live"](), "sql", error)


def app(environ, start_response):
    fumehood, path = shim(), environ["PATH_INFO"]
    body, box = b"done", []
    if path == "/seen":
        body = json.dumps(seen(fumehood)).encode()
    elif path == "/body":
        body = environ["wsgi.input"].read()
    elif path == "/thread":
        thread = threading.Thread(target=lambda: box.append(seen(fumehood)))
        thread.start()
        thread.join()
        body = json.dumps(box[0]).encode()
    elif path == "/executor":
        body = json.dumps(POOL.submit(seen, fumehood).result()).encode()
    elif path == "/thread-stop":
        def work():
            try:
                sink(fumehood)
            except BaseException:
                pass
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    elif path == "/swallow":
        try:
            sink(fumehood)
        except:  # noqa: E722 - as careless apps do
            pass
    elif path == "/late":
        def pieces():
            yield b"begun"
            sink(fumehood)
            yield b"never"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return pieces()
    elif path == "/loop":
        for _ in range(500):
            sink(fumehood)
    elif path == "/broken":
        fail(fumehood)
    elif path == "/broken-thread":
        thread = threading.Thread(target=fail, args=(fumehood,))
        thread.start()
        thread.join()
    else:
        sink(fumehood)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]
