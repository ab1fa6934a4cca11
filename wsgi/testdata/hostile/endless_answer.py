"""Never ends its answer."""
from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    def body():
        while True:
            yield b"x" * 65536
    start_response("200 OK", [])
    return body()
