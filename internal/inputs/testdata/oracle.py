"""Says how Werkzeug reads requests: a JSON line in, a JSON line out."""
import base64
import io
import json
import sys

from werkzeug.wrappers import Request


def values(ask):
    body = base64.b64decode(ask["body"] or "")
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": base64.b64decode(ask["path"] or "").decode("latin-1"),
        "QUERY_STRING": base64.b64decode(ask["query"] or "").decode("latin-1"),
        "SERVER_NAME": "a",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": base64.b64decode(ask["type"] or "").decode("latin-1"),
    }
    cookie = base64.b64decode(ask["cookie"] or "").decode("latin-1")
    if cookie:
        environ["HTTP_COOKIE"] = cookie
    header = base64.b64decode(ask["header"] or "").decode("latin-1")
    if header:
        environ["HTTP_X_NAME"] = header
    r = Request(environ)
    r.max_form_memory_size = r.max_form_parts = None
    said = {"path": [r.path], "header": [header] if header else []}
    for key, read in {
        "query": lambda: list(r.args.items(multi=True)),
        "cookie": lambda: list(r.cookies.items(multi=True)),
        "form": lambda: list(r.form.items(multi=True)),
        "file": lambda: [(name or "", file.filename) for name, file in r.files.items(multi=True)],
        "json": lambda: leaves(json.loads(body)),
    }.items():
        try:
            said[key] = read()
        except (ValueError, RecursionError):
            said[key] = None
    return said


def leaves(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in [key, *leaves(one)]]
    return []


for line in sys.stdin:
    print(json.dumps(values(json.loads(line))), flush=True)
