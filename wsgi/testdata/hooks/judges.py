"""Runs the judges of the shim, which comes on standard input, outside of a worker; says on
standard output how many cases there were and which went wrong.

The cases are functions of a value: a thread of their own runs them, so that the value does not
stand in any code that is running.
"""
import ast
import asyncio
import base64
import bz2
import collections
import concurrent.futures
import contextvars
import datetime
import functools
import glob
import gzip
import http.client
import http.server
import io
import json
import marshal
import os
import pathlib
import pickle
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import timeit
import urllib.request
import zlib

shim = {"__name__": "fumehood", "__shim__": "<fumehood>"}
exec(compile(sys.stdin.read(), "<fumehood>", "exec"), shim)


class Worker:
    forked, exchanges = False, {}

    def send(self, kind, flags, rid, payload):
        wrong.append("the shim says " + payload.decode())


class Request:
    """Stands for an Exchange."""
    rid, worker, input, hit, ended = 1, None, None, None, None

    def __init__(self, values, environ, unseen):
        self.environ, self.inputs, self.thread = environ, None, None
        if values or unseen:
            sent = {"unseen": unseen, "values": [list(value) for value in values]}
            self.inputs = shim["Inputs"](self, sent)


sinks = {name: "enforce" for name in ("sql", "template", "command", "file", "pickle", "request")}
shim["watch"](Worker(), {"sinks": sinks})
count, wrong = 0, []


def happens(values, function, environ, unseen):
    """What a request with these values comes to that calls function."""
    request, box = Request(values, environ, unseen), []

    def run():
        shim["CURRENT"].set(request)
        request.thread = threading.get_ident()
        try:
            function()
        except shim["Refused"]:
            pass
        except Exception as error:
            box.append(error)

    thread = threading.Thread(target=lambda: contextvars.Context().run(run))
    thread.start()
    thread.join()
    if request.hit is None:
        return "", box
    return request.hit["sink"] + ": " + request.hit["why"], box


def case(name, want, value, function, environ=None, unseen=False, place="query"):
    global count
    count += 1
    values = value if isinstance(value, list) else [(place, "v", value)] if value is not None else []
    got, failed = happens(values, function, environ or {}, unseen)
    if bool(got) != want or "the guard itself failed" in got:
        wrong.append("%s, %r: %s" % (name, value, got or failed or "it passed"))


def refused(name, value, function, *args, **kwargs):
    case(name, True, value, lambda: function(value), *args, **kwargs)


def passes(name, value, function, *args, **kwargs):
    case(name, False, value, lambda: function(value), *args, **kwargs)


def quietly(*args, **kwargs):
    return subprocess.run(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs)


# -- commands

def commands():
    for v in ("; id", "$(id)", "`id`", "a|id", "a&&id", "a\nid", "x > /nowhere/x", "*.py", "a b c", "a'b", 'a"b', "a;b"):
        refused("os.system", v, lambda v: os.system("true " + v + " 2>&-"))
        passes("os.system, quoted", v, lambda v: os.system("true " + shlex.quote(v)))
        refused("shell=True", v, lambda v: quietly("true %s" % v, shell=True))
        refused("sh -c", v, lambda v: quietly(["sh", "-c", "true " + v]))
        refused("a shell behind another program", v, lambda v: quietly(["env", "A=b", "sh", "-ec", "true " + v]))
        refused("a shell in a shell", v, lambda v: quietly("sh -c 'true %s'" % v, shell=True))
        refused("ssh", v, lambda v: quietly(["ssh", "-p", "1", "127.0.0.1", "true " + v]))
        passes("a list", v, lambda v: quietly(["true", v]))
        passes("an argument of a shell", v, lambda v: quietly(["sh", "-c", 'true "$1"', "sh", v]))
    refused("in double quotes", "$(id)", lambda v: os.system('true "' + v + '"'))
    refused("out of double quotes", 'x"; id; "', lambda v: os.system('true "' + v + '" >&-'))
    refused("out of single quotes", "x'; id; '", lambda v: os.system("true '" + v + "' >&-"))
    passes("in double quotes", "fish & chips", lambda v: os.system('true "' + v + '"'))
    refused("in a substitution", "; id", lambda v: os.system('true "$(true ' + v + ')"'))
    passes("quoted in a substitution", "; id", lambda v: os.system('true "$(true ' + shlex.quote(v) + ')"'))
    refused("in old quotes", "; id", lambda v: os.system("true `true " + v + "`"))
    refused("here document", "$(id)", lambda v: os.system("true <<E\n" + v + "\nE\n"))
    refused("where output goes", "/nowhere/x", lambda v: os.system("true 2>&- > " + v))
    refused("in small letters", "; ID", lambda v: os.system("true " + v.lower() + " >&-"))
    refused("the beginning of a name", "$HOME", lambda v: os.system("true " + v))
    passes("a part of the code", "&& true", lambda v: os.system("true && true"))
    passes("a host name", "www.example.com", lambda v: os.system("true " + v))
    refused("os.popen", "; id", lambda v: os.popen("true " + v).read())
    refused("os.spawn", "; id", lambda v: os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", "true " + v]))
    refused("os.posix_spawn", "; id", lambda v: os.posix_spawn("/bin/sh", ["sh", "-c", "true " + v], {}))
    refused("bytes", "; id", lambda v: os.system(b"true " + v.encode()))
    refused("not all is known", "a b", lambda v: os.system("true %d" % len(v)), unseen=True)
    passes("not all is known, a constant", "a b", lambda v: os.system("true"), unseen=True)
    options()
    programs()


def shells():
    """What passes is for a real shell part of one word: it says so itself."""
    draw, folder, script, want = random.Random(5), tempfile.mkdtemp(), [], []
    texts = ("printf '<%%s>' x%s", "printf '<%%s>' 'x%s'", "printf '<%%s>' \"x%s\"", "printf '<%%s>' \"$(printf %%s x%s)\"",
             "printf '<%%s>' \"`printf %%s x%s`\"", "printf '<%%s>' \"$(printf %%s 'x%s')\"", "printf '<%%s>' x\\%s",
             "printf '<%%s>' \"$(printf %%s \"x%s\")\"", "if true; then printf '<%%s>' x%s; fi", "printf '<%%s>' \"'x%s'\"")
    for n in range(3000):
        value = "".join(draw.choice("ab\"'\\$`;|&<>(){}[]*?!#~=-%^ \n\t") for _ in range(draw.randint(2, 6))).strip()
        if len(value) < 2:
            continue  # one character is no risky value
        text = texts[n % len(texts)] % value
        if happens([("query", "v", value)], functools.partial(in_shell, text), {}, False)[0]:
            continue
        script.append(text)
        want.append((n % len(texts), value))
    outputs(texts, script, want, folder)


def in_shell(text):
    shim["Command"](shim["live"]()).shell(text)


def outputs(texts, script, want, folder):
    global count
    plain = [sh(text % "ZZ", folder) for text in texts]
    got = sh("\nprintf '\\n@'\n".join(script), folder).split("\n@")
    count += 1
    if len(script) < 100:
        wrong.append("only %d texts pass" % len(script))
    for (n, value), text, said in zip(want, script, got):
        if said != plain[n].replace("ZZ", value) and said != plain[n].replace("xZZ", value):
            wrong.append("the shell makes %r of %r" % (said, text))
            return


def sh(text, folder):
    return subprocess.run(["sh"], input=text, cwd=folder, capture_output=True, text=True).stdout


def options():
    for v in ("--output=/nowhere/x", "-oProxyCommand=id"):
        refused("option", v, lambda v: quietly(["true", v]))
        refused("begins an option", v, lambda v: quietly(["true", v + "@host"]))
        refused("option in a shell", v, lambda v: os.system("true " + v))
        passes("behind --", v, lambda v: quietly(["true", "--", v]))
        passes("behind -- in a shell", v, lambda v: os.system("true -- " + shlex.quote(v)))
        passes("value of an option", v, lambda v: quietly(["true", "--name=" + v]))
    passes("an item of a list", "- fix this", lambda v: quietly(["true", "-m", v]))


def programs():
    refused("program", "/bin/true", lambda v: quietly([v]))
    refused("end of a program", "../../../bin/true", lambda v: quietly(["/usr/lib/" + v]))
    refused("program of a shell", "/bin/true", lambda v: os.system(v + " x"))
    refused("Python code", "__import__('os')", lambda v: quietly([sys.executable, "-c", "str(%s)" % v]))
    refused("Perl code", "system('id')", lambda v: quietly(["perl", "-we", v]))
    refused("awk code", 'system("id")', lambda v: quietly(["awk", "BEGIN{%s}" % v]))
    passes("argument of code", "__import__('os')", lambda v: quietly([sys.executable, "-c", "pass", v]))
    for v in ("id -u", "/usr/bin/id -u", "'id' -u x"):
        refused("split into a program", v, lambda v: quietly(v.split()))
        refused("split like a shell", v, lambda v: quietly(shlex.split(v)))
    for v in ("x -exec id ;", "a --output=/nowhere/x", "-n -exec id"):
        refused("split into options", v, lambda v: quietly(["true"] + v.split()))
        refused("split with what is before", v, lambda v: quietly(shlex.split("true x" + v)))
        passes("split behind --", v, lambda v: quietly(["true", "--"] + v.split()))
    many = [("form", "v%d" % n, "%d 'a b' c" % n + "x 'y z' " * 400) for n in range(500)]
    case("many long values", False, many, lambda: quietly(["true", "-u", "nothing"]))
    refused("glued, quoted", "x' -exec 'id", lambda v: quietly(shlex.split("true '" + v + "'")))
    refused("quoted options", "'a b' '--output=/nowhere/x'", lambda v: quietly(["true"] + shlex.split(v)))
    passes("split into words", "two words -", lambda v: quietly(["true"] + v.split()))
    passes("the code has it, too", "true -u", lambda v: quietly(["true", "-u"]))
    passes("the shell itself", "/bin/sh", lambda v: quietly("true", shell=True))
    passes("what the code pipes to", "wc -c", lambda v: quietly("echo %s | wc -c" % shlex.quote(v), shell=True))
    case("the first word of a shell", False, None, lambda v="echo": quietly("echo %s | wc -c" % v, shell=True),
         {"QUERY_STRING": "q=echo"})
    case("the first word of a shell, after others", True, None, lambda v="id": quietly("true; %s" % v, shell=True),
         {"QUERY_STRING": "q=id"})
    one, two = str("tru") + "e", str("fals") + "e"
    case("what the app started before", False, None, lambda: quietly([one]), {"QUERY_STRING": "q=no"})
    case("what the app started before, by a word", False, None, lambda: quietly([one]), {"QUERY_STRING": "q=true"})
    case("what it did not", True, None, lambda: quietly([two]), {"QUERY_STRING": "q=false"})
    query = {"QUERY_STRING": "tool=id", "PATH_INFO": "/true"}
    case("a plain word as program", True, None, lambda name="id": quietly([name, "-u"]), query)
    case("a plain word in a shell", True, None, lambda name="id": quietly(name + " -u", shell=True), query)
    case("the path is like the program", False, None, lambda: quietly(["true", "-u"]), query)


# -- code and templates

def code():
    refused("eval", "1+len('a b')", lambda v: eval(v))
    refused("exec", "x;y", lambda v: exec("x=y=1;" + v))
    refused("timeit", "1;2", lambda v: timeit.timeit(v, number=1))
    refused("compile", "1 + 2", lambda v: compile(b"x = " + v.encode(), "<x>", "exec"))
    passes("literal_eval", "[1, 'a b']", lambda v: ast.literal_eval(v))
    passes("a constant", " + ", lambda v: eval("1 + 2"))
    passes("namedtuple", "_cls, a, b", lambda v: collections.namedtuple("N", "a b"))
    passes("import", "def ", lambda v: __import__("colorsys"))
    refused("not all is known", "a b", lambda v: eval("%d" % len(v)), unseen=True)


def templates():
    import jinja2
    import markupsafe
    plain = jinja2.Environment()
    own = jinja2.Environment(variable_start_string="[[", variable_end_string="]]", line_statement_prefix="%")

    def made(source, environment=plain):
        return environment.from_string(source).render(n=1)

    for v in ("{{ 7*7 }}", "{% if 1 %}x{% endif %}", "{#x#}", "a {{ n|int }} b", "{%- set a = 1 -%}", "{{ N }}"):
        refused("template", v, lambda v: made("Hi " + v))
        refused("cut", v + "z" * 50, lambda v: made("Hi " + v[:-40]))
        refused("escaped", v, lambda v: made("Hi %s" % markupsafe.escape(v)))
        refused("in small letters", v, lambda v: made("Hi " + v.lower()))
        passes("variable", v, lambda v: plain.from_string("Hi {{ n }}").render(n=v))
    refused("escaped quotes", "{{ '\"'~1 }}{{ 1 }}", lambda v: made("Hi %s" % str(markupsafe.escape(v))[-7:]))
    passes("a constant has the same", "{{ n }}", lambda v: made("Hi {{ n }}"))
    refused("an expression", "7*7|int", lambda v: made("Hi {{ " + v + " }}"))
    refused("out of a string", "a'~n~'", lambda v: made("Hi {{ '" + v + "' }}"))
    passes("in a string", "a b", lambda v: made("Hi {{ '" + v + "' }}"))
    refused("half a delimiter", "{7*7}", lambda v: made("Hi {" + v + "}"))
    passes("JSON", '{"a": 1}', lambda v: made("Hi " + v))
    refused("own delimiters", "[[7*7]]", lambda v: made("x" + v, own))
    passes("not its delimiters", "{{7*7}}", lambda v: made("x" + v, own))
    refused("line statement", "% if 1", lambda v: made("x\n" + v + "\n% endif", own))
    refused("line in a value", "a\n% set b = 1\n", lambda v: made("x" + v, own))
    refused("arithmetic", "9**9", lambda v: plain.compile_expression(v))
    refused("expression", "n.__class__", lambda v: plain.compile_expression(v))
    refused("not all is known", "a b", lambda v: made("%d" % len(v)), unseen=True)


# -- files

def files():
    top = tempfile.mkdtemp()
    base = top + "/files"
    os.makedirs(base + "/sub")
    for name in ("sub/a.txt", "r.pdf", "a..b", "../secret"):
        with open(base + "/" + name, "w") as f:
            f.write("x")
    os.symlink(top, base + "/link")
    os.symlink(base, top + "/current")

    def opened(path):
        with open(path) as f:
            return f.read()

    def joined(v):
        return os.path.join(base, v)

    far = "../" * 20 + "etc/passwd"
    for v in ("../secret", "sub/../../secret", "./../secret", "/etc/passwd", "//etc//passwd", far, "link/secret"):
        refused("open", v, lambda v: opened(joined(v)))
        refused("os.open", v, lambda v: os.close(os.open(joined(v), os.O_RDONLY)))
        refused("bytes", v, lambda v: opened(joined(v).encode()))
        refused("pathlib", v, lambda v: pathlib.Path(base, v).read_text())
        if "link" not in v:  # where a link led is not known any more
            refused("abspath", v, lambda v: opened(os.path.abspath(joined(v))))
            refused("realpath", v, lambda v: opened(os.path.realpath(joined(v))))
            refused("with an end", v, lambda v: opened(joined(v) + ".txt"))
    for v in ("sub/a.txt", "r.pdf", "./sub/a.txt", "sub/../r.pdf", "a..b"):
        passes("open", v, lambda v: opened(joined(v)))
        passes("by way of a link", v, lambda v: opened(top + "/current/" + v))
        passes("pathlib", v, lambda v: pathlib.Path(base, v).read_bytes())
    refused("a filter", "....//secret", lambda v: opened(joined(v.replace("../", ""))))
    refused("backslash", "..\\secret", lambda v: opened(joined(v.replace("\\", "/"))))
    refused("home", "~/x", lambda v: opened(os.path.expanduser(v)))
    changes(base, joined)
    path = "/current/sub/a.txt"
    passes("the request's path", path, lambda v: opened(top + v), place="path")
    passes("a short path", "/app", lambda v: os.listdir(base), place="path")
    case("a path that climbs", True, [("path", "", "/x/../secret"), ("path", "", "../secret")],
         lambda: opened(base + "/../" + "secret"))
    refused("all of the path", "/etc/passwd", lambda v: opened(v), place="path")
    passes("header", "text/html,*/*;q=0.8", lambda v: opened(base + "/sub/a.txt"), place="header")
    passes("tempfile", "../a", lambda v: tempfile.TemporaryFile().close())
    passes("import", "a/../b", lambda v: __import__("wave"))
    refused("not all is known", "a b", lambda v: opened(base + "/.." + "/secret"[:len(v) + 9]), unseen=True)


def changes(base, joined):
    import sqlite3  # as an app: behind the shim

    refused("listdir ..", "..", lambda v: os.listdir(joined(v)))
    refused("listdir", "/etc", lambda v: os.listdir(joined(v)))
    refused("scandir", "../..", lambda v: os.scandir(joined(v)).close())
    refused("remove", "../nothere", lambda v: os.remove(joined(v)))
    refused("rename", "../new.py", lambda v: os.rename(base + "/r.pdf", joined(v)))
    refused("mkdir", "../new", lambda v: os.makedirs(joined(v)))
    refused("copy", "../x", lambda v: shutil.copy(base + "/r.pdf", joined(v)))
    refused("rmtree", "../sub", lambda v: shutil.rmtree(joined(v)))
    refused("glob", "../*", lambda v: glob.glob(joined(v)))
    refused("sqlite3", "../x.db", lambda v: sqlite3.connect(joined(v)))
    refused("save", "../../x.py", lambda v: open(joined(v), "w"), place="file name")


# -- pickles

class Evil:
    def __reduce__(self):
        return os.system, ("true",)


class Mine:
    pass


def pickles():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(Evil(), protocol)
        case("os.system, wherever it comes from", True, None, lambda: pickle.loads(data))
        case("in Python", True, None, lambda: pickle._loads(data))
        mine = pickle.dumps(Mine(), protocol)
        for name, environ in brought(mine).items():
            case("own class, protocol %d, %s" % (protocol, name), True, None, lambda: pickle.loads(mine), environ)
        agent = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "HTTP_COOKIE": "a=abcdefghijkl",
                 "QUERY_STRING": "next=/cart/items&q=gAteway", "wsgi.input": io.BytesIO(b"name=Ann&text=clear\nskies\n")}
        case("own class of the app itself, protocol %d" % protocol, False, None, lambda: pickle.loads(mine), agent)
        plain = pickle.dumps({"a": [1, datetime.datetime.now(), {1}, 1j, b"x", ValueError("x")]}, protocol)
        case("plain data, protocol %d" % protocol, False, None, lambda: pickle.loads(plain), brought(plain)["cookie"])
    sinks["pickle_allow"] = ["__main__.Mine"]
    case("allowed", False, None, lambda: pickle.loads(pickle.dumps(Mine())), brought(pickle.dumps(Mine()))["cookie"])
    sinks["pickle_allow"] = []
    data = marshal.dumps(compile("1", "x", "eval"))
    case("marshal", True, None, lambda: marshal.loads(data), brought(data)["cookie"])
    case("marshal of the app", False, None, lambda: marshal.loads(data), {"HTTP_COOKIE": "a=abc"})
    case("import", False, None, lambda: __import__("sched"), {"wsgi.input": io.BytesIO(data)})


def brought(data):
    part = b"--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n" + data + b"\r\n--b--\r\n"
    text = base64.b64encode(data).decode()
    return {
        "cookie": {"HTTP_COOKIE": "a=b; c=" + text},
        "header": {"HTTP_X_STATE": text},
        "hex": {"QUERY_STRING": "s=" + data.hex()},
        "zlib": {"QUERY_STRING": "s=" + base64.urlsafe_b64encode(zlib.compress(data)).decode()},
        "in the path": {"PATH_INFO": "/load/" + base64.urlsafe_b64encode(data).decode()},
        "body": {"wsgi.input": io.BytesIO(data)},
        "upload": {"wsgi.input": io.BytesIO(part), "CONTENT_TYPE": "multipart/form-data; boundary=b"},
        "form": {"wsgi.input": io.BytesIO(b"s=" + text.replace("+", "%2B").encode()),
                 "CONTENT_TYPE": "application/x-www-form-urlencoded"},
        "gzip": {"wsgi.input": io.BytesIO(gzip.compress(data))},
        "bzip2": {"wsgi.input": io.BytesIO(bz2.compress(data))},
        "a body that is not known": {"wsgi.input": io.BufferedReader(io.BytesIO(b""))},
    }


# -- requests

class Site(http.server.BaseHTTPRequestHandler):
    leads = {}

    def do_GET(self):
        to = self.leads.get(self.path)
        self.send_response(302 if to else 200)
        if to:
            self.send_header("Location", to)
        self.end_headers()

    def log_message(self, *_):
        pass


def requests():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    here = "127.0.0.1:%d" % port

    def fetched(url):
        urllib.request.urlopen(url, timeout=2).close()

    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "[::1]",
                 "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "LOCALHOST", "169.254.169.254", "127%2e0.0.1"):
        url = "http://%s:%d/x" % (host, port)
        known = "http://%s:%d/x" % (host.replace("%2e", "."), port)
        case("fetch " + url, True, [("query", "v", url, known)], lambda: fetched(url))
    for url in (" http://%s/", "HTTP://%s", "//%s/x", "http:\\\\%s", "http://a@%s/", "http://%s\\@a.example/", "@%s/",
                "http://%s#@a.example/", "http:///%s", "see http://a.example/ and http://%s/", "%s", "%s/x", "x:y@%s"):
        refused("as " + url, url % here, lambda v: socket.create_connection(("127.0.0.1", port), 2).close())
    for kept in ("http://a.example/?u=x", "/localhost/x", "localhost.example.com", "it is slow at localhost, see //x/localhost",
                 "http://a.example/127.0.0.1", "http://127.0.0.2/"):
        passes("own service", kept, lambda v: fetched("http://localhost:%d/" % port))
    connecting(port)
    redirects(port, fetched)
    refused("file:", "file:///etc/passwd", fetched)
    refused("FILE:", " FILE:///etc/passwd", lambda v: fetched(v.strip()))
    with tempfile.NamedTemporaryFile() as own:
        for kept in (os.path.dirname(own.name), os.path.basename(own.name)):
            passes("own file:", kept, lambda v: fetched("file://" + own.name))
    refused("ftp:", "ftp://%s/x" % here, fetched)
    ranges()


def connecting(port):
    def connected(address, family=socket.AF_INET, call="connect"):
        with socket.socket(family) as s:
            s.setblocking(False)
            getattr(s, call)(address)

    async def stream(host):
        _, writer = await asyncio.open_connection(host, port)
        writer.close()

    refused("connect", "127.0.0.1", lambda v: connected((v, 9)))
    refused("connect_ex", "127.0.0.1", lambda v: connected((v, 9), call="connect_ex"))
    refused("connect by name", "localhost:%d" % port, lambda v: connected((v.partition(":")[0], port)))
    refused("Unix socket", "/nowhere/docker.sock", lambda v: connected(v, socket.AF_UNIX))
    refused("asyncio", "http://localhost:%d/" % port, lambda v: asyncio.run(stream("localhost")))
    refused("asyncio, by number", "http://127.0.0.1:%d/" % port, lambda v: asyncio.run(stream("127.0.0.1")))
    passes("asyncio, own", "http://a.example/", lambda v: asyncio.run(stream("localhost")))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        refused("executor", "127.0.0.1", lambda v: pool.submit(connected, (v, 9)).result())
    query = {"QUERY_STRING": "host=localhost"}
    case("a plain word", True, None, lambda: socket.create_connection(("localhost", 9)), query)
    case("a word that is searched for", False, None, lambda: socket.create_connection(("localhost", port)).close(), query)
    said = {"QUERY_STRING": "host=localhost&port=%d" % port}
    case("host and port, one by one", True, [("query", "host", "localhost")],
         lambda: socket.create_connection(("localhost", port)).close(), said)
    for kept in ("http://localhost/", "http://localhost:3000/x", "http://127.0.0.1:3000", "localhost:3000"):
        passes("another port than that of the own service", kept,
               lambda v: socket.create_connection(("localhost", port)).close())
    for v in ("http://localhost:%d/", "http://localhost:0%d", "redis://localhost/%.0s"):
        refused("the port of the own service", v % port, lambda v: socket.create_connection(("localhost", port)).close())
    for allowed in ("127.0.0.0/8", "LocalHost", "::1"):
        sinks["requests_allow"] = [allowed, "127.0.0.1"]
        passes("allowed", "http://localhost:%d/" % port, lambda v: socket.create_connection(("localhost", port)).close())
    sinks["requests_allow"] = []


def redirects(port, fetched):
    """127.0.0.1 stands for an address of the internet, 127.0.0.2 does not."""
    shim["INWARD"].update({"127.0.0.1": False, "::1": False})
    url = "http://127.0.0.1:%d/" % port
    inner = "http://127.0.0.2:%d/" % port
    Site.leads.update({"/in": inner, "/twice": "http://localhost:%d/in" % port, "/slashes": inner[5:]})

    def connected(host):
        http.client.HTTPConnection(host, port, timeout=2).connect()

    for path in ("in", "twice", "slashes"):
        refused("led on", url + path, fetched)
    passes("led on by the app's own service", "http://a.example/", lambda v: fetched(url + "in"))
    passes("the app's own beside it", url, lambda v: (fetched(v), connected("127.0.0.2")))
    shim["INWARD"].clear()


def ranges():
    """The special-purpose registries of IANA (RFC 6890 and later), and what holds an IPv4 address."""
    inside = """10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 127.0.0.53 169.254.169.254 0.0.0.0 0.1.2.3
        192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
        :: ::1 fe80::1 fc00::1 fd00:ec2::254 ff02::1 fec0::1 2001:db8::1 ::ffff:10.0.0.1 ::10.0.0.1 ::ffff:0:10.0.0.1
        64:ff9b::a00:1 64:ff9b:1::1 2002:a00:1::1"""
    outside = """8.8.8.8 172.32.0.1 100.128.0.1 192.169.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808
        2002:808:808::1"""
    for addresses, want in ((inside, True), (outside, False)):
        for address in addresses.split():
            global count
            count += 1
            if shim["inward"](address) != want:
                wrong.append("%s is not judged right" % address)


for group in (commands, shells, code, templates, files, pickles, requests):
    group()
json.dump({"Cases": count, "Wrong": wrong}, sys.stdout)
sys.stdout.flush()
os._exit(0)
