"""What looks like an attack and is none."""
import io
import multiprocessing
import os
import pickle
import shlex
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor

from judging import case, passes, quietly, refused

UNSAID = ["".join(reversed("derih"))]  # no text of the code
APOSTROPHES = ("n1'", "admin'", "'90s music", "'n1'", "''", "\\'", "it's 5 o'clock", "a'b'", "'; id; '", "'\"'", '"x', "'$(id)'")


def honest_commands():
    for v in APOSTROPHES:
        passes("quoted", v, lambda v: quietly("true -e %s | cat" % shlex.quote(v), shell=True))
        passes("quoted, behind others", v, lambda v: quietly("true %s" % shlex.quote("a " + v + " b"), shell=True))
        passes("quoted, capitals", v, lambda v: quietly("true %s" % shlex.quote(v.upper()), shell=True))
    for v in ("admin'", "'90s music", "'n1'", "x''y"):
        refused("not quoted", v, lambda v: quietly("true " + v, shell=True))
    for v in ("x; id", "$(id)'"):
        refused("quoted once more", v, lambda v: quietly("true '%s'" % shlex.quote(v), shell=True))
    for v in ("../up", "/tmp"):
        passes("said", v, lambda v: quietly(["echo", v]))
        passes("looked for", v, lambda v: quietly(["grep", "-rF", "-e", v, "/nowhere"]))
        passes("looked for, in a shell", v, lambda v: quietly("grep -rF -e %s /nowhere" % shlex.quote(v), shell=True))
        passes("a message", v, lambda v: quietly(["git", "log", "--grep=" + v]))
        refused("a file", v, lambda v: quietly(["cat", v]))
    for v in ("-v", "--all"):
        passes("looked for, an option", v, lambda v: quietly(["grep", "-rF", "-e", v, "/nowhere"]))
        passes("said, an option", v, lambda v: quietly(["echo", v]))
        refused("an option", v, lambda v: quietly(["grep", "-rF", v, "/nowhere"]))
        refused("an option behind an option", v, lambda v: quietly(["git", "log", v]))
    text = "don't; run `git log | head -5`, or: rm -rf /tmp/x && wc -c < a.txt\r\nsee --help"
    passes("a text about commands", text, lambda v: quietly("echo %s | head -n 5; wc -c < /dev/null" % shlex.quote(v), shell=True))
    passes("a text about options", text, lambda v: quietly(["git", "log", "-n", "1"]))


def honest_files():
    top = tempfile.mkdtemp()
    os.makedirs(top + "/releases/5")
    os.makedirs(top + "/shared/uploads")
    os.symlink("releases/5", top + "/current")
    os.symlink("../../shared/uploads", top + "/releases/5/uploads")
    folder = top + "/current/uploads"

    def written(*names):
        with open(os.path.join(*names), "w") as f:
            f.write("x")

    for v in ("/", "/up", "../up", "//", "a/b", "docs/../a b.txt", "/tmp", "see ../releases and /shared/x"):
        passes("behind links", v, lambda v: written(top, "current", "uploads", "page.html"))
        passes("a temporary file", v, lambda v: tempfile.TemporaryFile().close())
    passes("not left", "docs/../a b.txt", lambda v: written(folder, os.path.normpath(v)))
    refused("all of it", "/", lambda v: os.listdir(v))
    passes("none of it", "/", lambda v: os.listdir(top + v))
    large = [("form", "v", "a b")]
    case("the app's own way up", False, large, lambda: written(folder, "..", "uploads", "page.html"), unseen=True)
    case("another way up", True, large, lambda: written(folder, "..", UNSAID[0], "page.html"), unseen=True)
    case("a way up from there", True, large, lambda: written(folder, "..", "uploads", "/".join([".."] * 2), UNSAID[0]), unseen=True)
    case("a command that the code has", False, large, lambda: os.system("cat < " + "/dev/null" + " > /dev/null"), unseen=True)


class Mine:
    pass


def finished(word):
    return subprocess.run(["echo", word], stdout=subprocess.DEVNULL)


def pooled():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        return [done.returncode for done in pool.map(finished, "ab", timeout=20)]


def crowded():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return [done.returncode for done in pool.map_async(finished, "ab").get(timeout=20)]


def honest_pickles():
    # Not in every Python: a fork in a process with threads is a warning that tests turn into errors.
    for values in (None, "it's; ok"):
        passes("a pool of processes", values, lambda v: pooled())
        passes("another one", values, lambda v: crowded())
    mine = pickle.dumps(Mine())
    multipart = {"CONTENT_TYPE": "multipart/form-data; boundary=b"}
    noise = b"".join(hash_of(n) for n in range(100000))  # 3.2 MB
    head = b"--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"
    for name, body in (("memory", io.BytesIO), ("a file", in_a_file)):
        case("a large upload in %s" % name, False, None, lambda: pickle.loads(mine),
             {"wsgi.input": body(head + noise + b"\r\n--b--\r\n"), **multipart})
        case("a pickle in a large upload in %s" % name, True, None, lambda: pickle.loads(mine),
             {"wsgi.input": body(head + noise + mine + noise + b"\r\n--b--\r\n"), **multipart})
    case("a pickle without an end", True, None, lambda: pickle.loads(mine), {"wsgi.input": io.BytesIO(mine[:-1] + b"\xff")})


def hash_of(n):
    import hashlib
    return hashlib.sha256(b"%d" % n).digest()


def in_a_file(data):
    file = tempfile.TemporaryFile(buffering=0)
    file.write(data)
    file.seek(0)
    return io.BufferedReader(file)


def honest_templates():
    import jinja2
    env = jinja2.Environment()
    source = "".join(["Dear {{ user", ".name }}, {% for i in items %}{{ i.title|upper }}{% endfor %}"])

    def mail(v):
        return env.from_string(source).render(user={"name": v}, items=[])

    passes("a dotted name", "user.name", mail)
    refused("what is in every template", "config.SECRET_KEY", lambda v: env.from_string("Hi {{ " + v + " }}").render(config={}))
    refused("a hidden name", "user.__class__", lambda v: env.from_string("Hi {{ " + v + " }}").render(user=1))
    case("without a value", False, None, lambda: mail("x"))
    for v in ("i.title|upper", "{% for i in items %}", "{{ user.name }}"):
        passes("a template that was made before", v, mail)
    passes("braces", '{"a": {"user": "x.y", "n": "{b}"}}', lambda v: env.from_string("{{ n }} " + "and {{ b.c }}").render(b={}))
