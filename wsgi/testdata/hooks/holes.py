"""Views with the holes that the guides warn of, each as people write it. Never deploy this."""
import asyncio
import base64
import glob
import html
import marshal
import os
import pathlib
import pickle
import queue
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from socket import create_connection  # an alias that no wrapper would see

from flask import (Flask, Response, render_template, render_template_string, request, send_file, send_from_directory,
                   session, stream_with_context)

app = Flask(__name__)
app.secret_key = os.urandom(16)
HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "files")
INTERNAL = os.environ.get("INTERNAL", "")
POOL = ThreadPoolExecutor(2)
CREW = ThreadPool(2)
WAITING, DONE, WORKING = queue.Queue(), queue.Queue(), []


def v():
    return request.values["v"]


def run(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout


# -- templates

@app.route("/hello")
def hello():
    return render_template_string("Hello " + v())


@app.route("/hello/escaped")
def hello_escaped():
    return render_template_string("Hello %s" % html.escape(v()))


@app.route("/hello/variable")
def hello_variable():
    return render_template_string("Hello {{ name }}", name=v())


@app.route("/hello/inside")
def hello_inside():
    return render_template_string("Hello {{ %s }}" % v())


@app.route("/hello/mako")
def hello_mako():
    from mako.template import Template
    return Template("Hello " + v()).render()


@app.route("/page")
def page():
    session["seen"] = True
    return render_template("page.html", name=v())


@app.route("/calc")
def calc():
    return str(eval(v()))


# -- commands

@app.route("/ping")
def ping():
    return os.popen("echo pinging " + v()).read()


@app.route("/ping/quoted")
def ping_quoted():
    return os.popen("echo pinging " + shlex.quote(v())).read()


@app.route("/ping/list")
def ping_list():
    return subprocess.run(["echo", "pinging", v()], capture_output=True, text=True).stdout


@app.route("/ping/in-quotes")
def ping_in_quotes():
    return run("echo pinging '%s'" % v())


@app.route("/ping/spawn")
def ping_spawn():
    out = os.path.join(os.environ["TMPDIR"], "out-%d" % threading.get_ident())
    os.spawnvp(os.P_WAIT, "sh", ["sh", "-c", "echo pinging %s > '%s'" % (v(), out)])
    with open(out) as f:
        return f.read()


@app.route("/sort")
def sort():
    return subprocess.run(["sort", v()], capture_output=True, text=True, cwd=FILES).stdout


@app.route("/sort/safe")
def sort_safe():
    done = subprocess.run(["sort", "--", v()], capture_output=True, text=True, cwd=FILES)
    return done.stdout + "sorted"


@app.route("/tool")
def tool():
    return subprocess.run([v(), "--help"], capture_output=True, text=True).stdout


@app.route("/tool/known")
def tool_known():
    if v() not in ("sort", "echo"):
        return "no such tool"
    return subprocess.run([v(), "--help"], capture_output=True, text=True).stdout


TOOLS = ["sort", "echo"]
ASKED = []  # what the visitors asked for: no word of the app's own


@app.route("/tool/listed")
def tool_listed():
    if v() not in TOOLS:
        return "no such tool"
    return subprocess.run([v(), "--help"], capture_output=True, text=True).stdout


@app.route("/tool/remembered")
def tool_remembered():
    ASKED.append(v())
    return subprocess.run([v(), "--help"], capture_output=True, text=True).stdout


@app.route("/ping/remembered")
def ping_remembered():
    ASKED.append("echo pinging " + v())
    return run(ASKED[-1])


@app.route("/hello/told")
def hello_told():
    """Greets; never send it Hello {{ 6*7000 }} or so."""
    return render_template_string("Hello " + v())


@app.route("/sort/fixed")
def sort_fixed():
    return subprocess.run(["sort", "--help"], capture_output=True, text=True).stdout


@app.route("/split")
def split():
    words = shlex.split(v())
    if words[0] in TOOLS[:1]:
        return subprocess.run(["sort", *words[1:]], capture_output=True, text=True, cwd=FILES).stdout
    return subprocess.run(words, capture_output=True, text=True).stdout


@app.route("/swallow")
def swallow():
    try:
        return run("echo pinging " + v())
    except Exception:
        return "it did not work"


# -- elsewhere than in the view itself

@app.route("/thread")
def in_thread():
    box, value = [], v()
    thread = threading.Thread(target=lambda: box.append(run("echo pinging " + value)))
    thread.start()
    thread.join()
    return "".join(box)


@app.route("/executor")
def in_executor():
    return POOL.submit(run, "echo pinging " + v()).result()


@app.route("/crew")
def in_crew():
    return "".join(CREW.map(run, ["echo pinging " + v()]))


@app.route("/later")
def later():
    """The first visit starts the thread that does the work of all."""
    def work():
        while True:
            try:
                DONE.put(run(WAITING.get()))
            except Exception as error:
                DONE.put("not done: %s" % error)
    if not WORKING:
        WORKING.append(threading.Thread(target=work, daemon=True))
        WORKING[0].start()
    WAITING.put("echo pinging " + v())
    return DONE.get()


@app.route("/fork")
def in_fork():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, run("echo pinging " + v()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        return "it says: " + said.read()


@app.route("/stream")
def in_stream():
    def pieces():
        yield run("echo pinging " + v())
    return Response(stream_with_context(pieces()))


@app.route("/loop")
def in_loop():
    async def work(value):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, run, "echo pinging " + value)
    return asyncio.run(work(v()))


@app.route("/group")
def in_group():
    """A BaseExceptionGroup holds what was raised, from Python 3.11 on."""
    async def work(value):
        return run("echo pinging " + value)

    async def all_of(value):
        if sys.version_info < (3, 11):
            return await work(value)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(work(value))
        return task.result()
    return asyncio.run(all_of(v()))


@app.route("/async")
async def in_async():
    await asyncio.sleep(0)
    return await asyncio.get_running_loop().run_in_executor(None, run, "echo pinging " + v())


# -- files

@app.route("/download")
def download():
    with open(os.path.join(FILES, v())) as f:
        return f.read()


@app.route("/download/path")
def download_path():
    return pathlib.Path(FILES, v()).read_text()


@app.route("/download/resolved")
def download_resolved():
    return pathlib.Path(FILES, v()).resolve().read_text()


@app.route("/download/filtered")
def download_filtered():
    return open(FILES + "/" + v().replace("../", "")).read()


@app.route("/download/sent")
def download_sent():
    return send_file(os.path.join(FILES, v()))


@app.route("/download/safe")
def download_safe():
    return send_from_directory(FILES, v())


@app.route("/files/<path:name>")
def files(name):
    return send_from_directory(FILES, name)


@app.route("/list")
def listing():
    return " ".join(sorted(os.listdir(os.path.join(FILES, v()))))


@app.route("/glob")
def globbing():
    return " ".join(os.path.basename(p) for p in sorted(glob.glob(FILES + "/" + v())))


@app.route("/copy")
def copy():
    target = os.path.join(os.environ["TMPDIR"], "copied", v())
    os.makedirs(os.path.join(os.environ["TMPDIR"], "copied"), exist_ok=True)
    shutil.copyfile(os.path.join(FILES, "docs", "a.txt"), target)
    return "copied"


@app.route("/save", methods=["POST"])
def save():
    folder = os.path.join(os.environ["TMPDIR"], "uploads")
    os.makedirs(folder, exist_ok=True)
    file = request.files["f"]
    file.save(os.path.join(folder, file.filename))
    return "saved"


# -- pickles

class Cart:
    def __init__(self, item):
        self.item = item


@app.route("/cart")
def cart():
    data = pickle.loads(base64.b64decode(request.cookies["cart"]))
    return "a cart with %s" % (data["item"] if isinstance(data, dict) else getattr(data, "item", data))


@app.route("/cart/body", methods=["POST"])
def cart_body():
    return "a cart with %s" % pickle.loads(request.get_data())


@app.route("/cart/yaml")
def cart_yaml():
    import yaml
    return "a cart with %s" % yaml.load(v(), Loader=yaml.Loader)


@app.route("/cart/yaml/safe")
def cart_yaml_safe():
    import yaml
    return "a cart with %s" % yaml.safe_load(v())["item"]


@app.route("/cart/kept")
def cart_kept():
    return "a cart with " + pickle.loads(pickle.dumps(Cart("tea"))).item


@app.route("/marshal", methods=["POST"])
def marshalled():
    return str(eval(marshal.loads(request.get_data())))


# -- requests

@app.route("/preview")
def preview():
    return urllib.request.urlopen(v(), timeout=5).read()


@app.route("/preview/requests")
def preview_requests():
    import requests
    return requests.get(v(), timeout=5).text


@app.route("/preview/host")
def preview_host():
    return urllib.request.urlopen("http://%s/" % v(), timeout=5).read()


@app.route("/preview/raw")
def preview_raw():
    host, _, port = v().partition(":")
    with create_connection((host, int(port)), timeout=5) as c:
        c.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return c.makefile("rb").read()


@app.route("/preview/async")
def preview_async():
    async def ask(host, port):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        text = await reader.read()
        writer.close()
        return text
    return asyncio.run(ask(*v().split(":")))


@app.route("/own")
def own_service():
    return urllib.request.urlopen(INTERNAL, timeout=5).read()


@app.route("/resolve")
def resolve():
    return "it is at " + socket.gethostbyname(v())
