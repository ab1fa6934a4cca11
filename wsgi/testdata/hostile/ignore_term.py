"""Cannot be asked to end: it ignores the signals, and its exit handler never returns."""
import atexit
import signal
import threading

from ordinary import answer

for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(name, signal.SIG_IGN)
atexit.register(threading.Event().wait)
threading.Thread(target=threading.Event().wait).start()  # not a daemon


def app(environ, start_response):
    return answer(environ, start_response)
