"""Files: what leads out of a folder, and what is done there."""
import glob
import os
import pathlib
import shutil
import tempfile

from judging import case, passes, refused


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
    refused("not all is known", "a b", lambda v: opened(base + "/.." + "".join(reversed("terces/"))), unseen=True)


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
