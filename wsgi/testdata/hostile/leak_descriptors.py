"""Uses up every descriptor."""
import os
import resource

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    app.kept = []
    try:
        while True:
            app.kept.append(open("/dev/null"))
    except OSError:
        pass
    start_response("200 OK", [])
    return [b"body"]
