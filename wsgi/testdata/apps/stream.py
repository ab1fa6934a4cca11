"""An answer that goes on only when its reader says, on another request, that a part came."""
import threading

gate = threading.Semaphore(0)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/open":
        gate.release()
        return [b"opened"]
    return gated()


def gated():
    for n in range(4):
        yield b"part %d" % n
        gate.acquire()
