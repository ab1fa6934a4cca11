"""Raises in close(), after its answer."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    class Body(list):
        def close(self):
            raise RuntimeError("in close")
    start_response("200 OK", [])
    return Body([b"body"])
