"""Commands: what a shell makes of a value, and options and programs that come of one."""
import functools
import os
import random
import shlex
import subprocess
import sys
import tempfile

from judging import case, happens, judged, passes, quietly, refused, shim


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
    plain = [sh(text % "ZZ", folder) for text in texts]
    got = sh("\nprintf '\\n@'\n".join(script), folder).split("\n@")
    judged(len(script) >= 100, "only %d texts pass" % len(script))
    for (n, value), text, said in zip(want, script, got):
        if said != plain[n].replace("ZZ", value) and said != plain[n].replace("xZZ", value):
            judged(False, "the shell makes %r of %r" % (said, text))
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
