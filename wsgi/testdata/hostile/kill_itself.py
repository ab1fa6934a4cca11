"""Kills its process."""
import os
import signal

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
