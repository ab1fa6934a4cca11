"""Sends its process what Ctrl-C would."""
import os
import signal
import time

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(600)
