"""What every app in this folder does besides its one fault."""


def answer(environ, start_response):
    body = environ["QUERY_STRING"].encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
