"""The app that all servers of the benchmarks run."""

import os
import sqlite3
import tempfile
import threading
import time

from flask import Flask, jsonify, request, send_file

app = Flask(__name__)
local = threading.local()
CALLS = os.environ.get("BENCH_CALLS")  # a file that gets one byte for each call

if CALLS:

    @app.before_request
    def count_call():
        with open(CALLS, "ab", buffering=0) as calls:
            calls.write(b".")


@app.get("/")
def hello():
    return "Hello, World!"


@app.get("/json")
def json():
    return jsonify(message="Hello, World!", items=list(range(10)))


@app.get("/db")
def db():
    if not hasattr(local, "db"):
        local.db = sqlite3.connect(":memory:")
        local.db.execute("create table notes (id integer primary key, text)")
        local.db.executemany("insert into notes (text) values (?)", [(f"note {i}",) for i in range(1000)])
    rows = local.db.execute("select id, text from notes where id % 97 = ? limit 10", (int(time.time()) % 97,))
    return jsonify([list(row) for row in rows])


@app.get("/sleep")
def sleep():
    time.sleep(0.01)
    return "slept"


@app.post("/length")
def length():
    return str(len(request.get_data()))


@app.post("/upload")
def upload():
    size = 0
    while chunk := request.stream.read(1 << 16):
        size += len(chunk)
    return str(size)


@app.get("/generated/<int:size>")
def generated(size):
    block = b"x" * (1 << 16)
    return app.response_class((block for _ in range(size >> 16)), mimetype="application/octet-stream")


@app.get("/file/<int:size>")
def file(size):
    sparse = tempfile.TemporaryFile()
    sparse.truncate(size)
    return send_file(sparse, mimetype="application/octet-stream")
