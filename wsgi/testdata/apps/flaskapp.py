"""A Flask app that shows what reached it."""
import io
import time

from flask import Flask, Response, jsonify, request, send_file

app = Flask(__name__)


@app.get("/hello")
def hello():
    return "hello"


@app.post("/echo")
def echo():
    return Response(request.get_data(), mimetype="application/octet-stream")


@app.get("/path/<text>")
def path(text):
    return jsonify(text)


@app.post("/form")
def form():
    return jsonify(form=request.form.to_dict(flat=False),
                   files={k: len(f.read()) for k, f in request.files.items()})


@app.get("/sleep/<float:seconds>")
def sleep(seconds):
    time.sleep(seconds)
    return "slept"


@app.get("/events")
def events():
    def generate():
        for n in range(3):
            yield "data: %d\n\n" % n
            time.sleep(0.2)
    return Response(generate(), mimetype="text/event-stream")


@app.get("/file")
def file():
    return send_file(__file__, conditional=True)


@app.get("/memory")
def memory():
    return send_file(io.BytesIO(b"in memory"), mimetype="text/plain")


@app.get("/big/<int:megabytes>")
def big(megabytes):
    def generate():
        for _ in range(megabytes):
            yield b"x" * (1 << 20)
    return Response(generate(), mimetype="application/octet-stream")


@app.get("/raise")
def fail():
    raise RuntimeError("on purpose")
