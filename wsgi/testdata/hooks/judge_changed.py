"""Attacks of which the app uses a part, or which it changes first."""
import json
import os
import re
import socket
import subprocess
import tempfile
from urllib.parse import urlparse

from judging import case, passes, quietly, refused, shim

CHANGES = {
    "a line": ("a.example\n%s", lambda v: v.splitlines()[1]),
    "an item": ("a,%s", lambda v: v.split(",")[1]),
    "behind a colon": ("a:%s", lambda v: v.split(":", 1)[1]),
    "before an at": ("%s@a", lambda v: v.split("@")[0]),
    "JSON": ('{"a": "%s"}', lambda v: json.loads(v)["a"]),
    "no tags": ("<b>%s", lambda v: re.sub("<[^>]*>", "", v)),
    "small letters": ("%s", str.lower),
    "blanks": ("%s  x", lambda v: " ".join(v.split())[:-2]),
    "another end of lines": ("%s\r\n", lambda v: v.replace("\r\n", "\n")),
}


def changed(attack, change):
    text, function = CHANGES[change]
    return text % attack, function


def suspect(*classes):
    """What the edge says of the running request."""
    shim["live"]().suspect = set(classes)


def shells():
    for change in CHANGES:
        value, to = changed("a;echo x >&-", change)
        refused("a shell, " + change, value, lambda v: os.system("true " + to(v)))
        refused("sh -c, " + change, value, lambda v: quietly(["sh", "-c", "true " + to(v)]))
    for name, value, to in (
        ("the end of a name", "x.png;echo x", lambda v: v.rsplit(".", 1)[1]),
        ("a host", "http://a&&echo$IFS'X'|cat/", lambda v: urlparse(v).netloc),
        ("a path", "http://x/a|echo$IFS'x'", lambda v: urlparse(v).path),
        ("no blanks", "a ;echo${IFS}x", lambda v: v.replace(" ", "")),
        ("no quotes", "a;'echo x", lambda v: v.replace("'", "")),
        ("no dots", "a;..echo x", lambda v: v.replace("..", "")),
        ("other signs", "a;echo_x", lambda v: v.replace("_", " ")),
        ("tags inside", "a;<b>echo x", lambda v: re.sub("<[^>]*>", "", v)),
        ("lines", "a\r\necho x", lambda v: v.replace("\r\n", "\n")),
        ("a letter", "a,b;w", lambda v: v.split(",")[1]),
    ):
        refused("a shell, " + name, value, lambda v: quietly("true " + to(v), shell=True))
    refused("Perl code", "1,system('id')", lambda v: quietly(["perl", "-e", v.split(",", 1)[1]]))


def arguments():
    for value in ("z,x -o -name a.txt -exec id ;", "z\nx -exec id ;"):
        refused("split", value, lambda v: quietly(["true", *re.split("[,\n]", v)[1].split()]))
    refused("an option", "a,--output=/nowhere/x", lambda v: quietly(["true", v.split(",")[1]]))
    refused("a program", "a\n/bin/true", lambda v: quietly([v.splitlines()[1], "x"]))
    refused("a file", "a,/etc/passwd", lambda v: quietly(["true", v.split(",")[1]]))
    refused("a file that is up", "a,../../x", lambda v: quietly(["true", v.split(",")[1]]))


def code():
    for name, value, to in (
        ("no blanks", "'o' +'wned'", lambda v: v.replace(" ", "")),
        ("powers", "'o'+'wned'*(1^1)", lambda v: v.replace("^", "**")),
        ("small letters", "'O'+'WNED'", str.lower),
        ("an item", "1,'o'+'wned'", lambda v: v.split(",")[1]),
        ("a line", "a\n'o'+'wned'", lambda v: v.splitlines()[1]),
    ):
        refused("eval, " + name, value, lambda v: eval(to(v)))


def templates():
    import jinja2

    def made(source):
        return jinja2.Environment().from_string(source).render(n=1)

    for name, value, to in (
        ("lines", "{{ 7*\r\n7 }}", lambda v: v.replace("\r\n", "\n")),
        ("blanks", "{{ 7*   7 }}", lambda v: " ".join(v.split())),
        ("tags", "{<b>{7*7}</b>}", lambda v: re.sub("<[^>]*>", "", v)),
        ("quotes", "{'{7*7}}", lambda v: v.replace("'", "")),
        ("dots", "{..{7*7}}", lambda v: v.replace("..", "")),
        ("other signs", "{{7*_7}}", lambda v: v.replace("_", " ")),
    ):
        refused("template, " + name, value, lambda v: made("Hi " + to(v)))
    refused("in a tag", "7*'_7'|int", lambda v: made("Hi {{ " + v.replace("_", "") + " }}"))


def files():
    top = tempfile.mkdtemp()
    base = top + "/files"
    os.makedirs(base + "/sub")
    secret = top + "/" + "".join(reversed("terces"))  # in no text of the code
    for name in (base + "/sub/a.txt", secret):
        with open(name, "w") as f:
            f.write("x")

    def opened(v, whole=False):
        path = os.path.join(base, v)
        with open(os.path.abspath(path) if whole else path) as f:
            return f.read()

    up = "../" + os.path.basename(secret)
    for change in CHANGES:
        value, to = changed(up.upper() if change == "small letters" else up, change)
        refused("open, " + change, value, lambda v: opened(to(v)))
        refused("abspath, " + change, value, lambda v: opened(to(v), True))
    for name, value, to in (
        ("an URL's path", "http://x/" + up, lambda v: urlparse(v).path.lstrip("/")),
        ("an attribute", '<img src="/%s">' % up, lambda v: re.findall(r'src="/([^"]+)"', v)[0]),
        ("a query", "http://x/?f=" + up, lambda v: v.split("=")[1]),
        ("blanks", ". ./" + up[3:], lambda v: v.replace(" ", "")),
        ("quotes", up[:5] + "'" + up[5:], lambda v: v.replace("'", "")),
        ("tags", up[:5] + "<b>" + up[5:], lambda v: re.sub("<[^>]*>", "", v)),
        ("another end", up + ";x", lambda v: v.split(";")[0]),
        ("no dots", "/.." + secret[1:], lambda v: v.replace("..", "")),
        ("a word", "see " + secret, lambda v: v.split()[1]),
    ):
        refused("open, " + name, value, lambda v: opened(to(v)))


def hosts():
    def called(host):
        socket.create_connection((host, 9), 1)

    for name, value, to in (
        ("a line", "a.invalid\n127.0.0.1", lambda v: v.splitlines()[1]),
        ("a word", "a.invalid 127.0.0.1", lambda v: v.split()[1]),
        ("a word with its port", "see 127.0.0.1:9", lambda v: v.split()[1].partition(":")[0]),
        ("JSON", '{"a": "127.0.0.1"}', lambda v: json.loads(v)["a"]),
        ("blanks", "127. 0.0.1", lambda v: v.replace(" ", "")),
        ("quotes", "127'.0.0.1", lambda v: v.replace("'", "")),
        ("a query", "http://x/?u=127.0.0.1:9", lambda v: v.split("=")[1].partition(":")[0]),
    ):
        refused("connect, " + name, value, lambda v: called(to(v)))
    case("base64", True, [("query", "v", "MTI3LjAuMC4xOjk=", "127.0.0.1:9")], lambda: called("127.0.0.1"))
    for text in ("what is at localhost, or 127.0.0.1?", "it runs at 127.0.0.1:3000 here"):
        passes("prose", text, lambda v: connected_to_own())


def connected_to_own():
    with socket.create_server(("127.0.0.1", 0)) as own:
        socket.create_connection(own.getsockname(), 1).close()


def suspects():
    """What the app has made of an attack beyond all that: the edge has said that there is one."""
    import jinja2

    def shell(v):
        suspect("command")
        os.system("true " + v.translate({ord("~"): ";"}) + " >&-")

    def template(v):
        suspect("template")
        jinja2.Environment().from_string("Hi " + v.replace("[[", "{{").replace("]]", "}}")).render()

    refused("a shell", "x~id", shell)
    refused("a template", "[[ 7*7 ]]", template)
    refused("code", "x", lambda v: (suspect("code"), eval("1 + %d" % len(v))))
    refused("a file", "/passwd", lambda v: (suspect("file"), open("/et" + "c" + v).close()))
    refused("a connection", "x y", lambda v: (suspect("request"), socket.create_connection(("127.0.0." + str(len(v)), 9), 1)))
    passes("constant commands", "x;id", lambda v: (suspect("command"), os.system("true && true | cat > /dev/null; true -u")))
    passes("quoted values", "rm -rf /", lambda v: (suspect("command"), quoted(v)))
    passes("constant code", "__import__('os')", lambda v: (suspect("code"), eval("1 + 1")))
    passes("constant templates", "{{ 7*7 }}", lambda v: (
        suspect("template"), jinja2.Environment().from_string("Dear {{ name }}, {% if x|upper %}y{% endif %}").render(name=v)))
    passes("own files", "../../etc/passwd", lambda v: (suspect("file"), open("/etc/hostname").close(), __import__("colorsys")))


def quoted(v):
    import shlex
    subprocess.run("cat %s 2>&1 | head -n 1; grep -rF -e %s /nowhere >&- 2>&-" % ("/dev/null", shlex.quote(v)), shell=True)
