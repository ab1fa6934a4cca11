"""Reads multipart bodies from standard input as Werkzeug does for a Flask app, and answers
each with what an app would find in request.form and request.files."""
import json
import struct
import sys
from io import BytesIO

from werkzeug.formparser import FormDataParser


def read(content_type, body):
    environ = {
        "REQUEST_METHOD": "POST", "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body), "wsgi.input_terminated": False,
    }
    try:
        _, form, files = FormDataParser(silent=False).parse_from_environ(environ)
    except Exception as error:  # an app would find nothing
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "fields": [[k.encode("utf-8", "surrogateescape").hex(), v.encode("utf-8", "surrogateescape").hex()]
                   for k, v in form.items(multi=True)],
        "files": [{"name": (k or "").encode("utf-8", "surrogateescape").hex(),
                   "filename": (f.filename or "").encode("utf-8", "surrogateescape").hex(),
                   "type": f.content_type or "", "data": f.read().hex(),
                   "original": f.headers.get("X-Original-Filename", "")}
                  for k, f in files.items(multi=True)],
    }


while True:
    head = sys.stdin.buffer.read(8)
    if len(head) < 8:
        break
    first, second = struct.unpack(">II", head)
    kind = sys.stdin.buffer.read(first).decode("latin-1")
    answer = json.dumps(read(kind, sys.stdin.buffer.read(second))).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(answer)) + answer)
    sys.stdout.buffer.flush()
