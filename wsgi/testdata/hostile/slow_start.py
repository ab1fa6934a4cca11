"""Takes a second to import, and counts how long ago that was."""
import time

from ordinary import answer

time.sleep(1)


def app(environ, start_response):
    return answer(environ, start_response)
