"""Reads paths as Werkzeug does: one line of hexadecimal PATH_INFO in, one answer out.

The answer is the hexadecimal UTF-8 of request.path, then the names of the ways in which a
program may read a name in that path that would lead it out of its folder.
"""

import os
import posixpath
import re
import sys
import unicodedata
from urllib.parse import unquote

from werkzeug.test import create_environ
from werkzeug.wrappers import Request

BASE = "/srv/app/files"

READINGS = {
    "plain": lambda s: s,
    "unquoted": unquote,
    "unquoted twice": lambda s: unquote(unquote(s)),
    "normalised": lambda s: unicodedata.normalize("NFKC", s),
    "normalised and unquoted": lambda s: unquote(unicodedata.normalize("NFKC", s)),
    "unquoted and normalised": lambda s: unicodedata.normalize("NFKC", unquote(s)),
    "backslashes": lambda s: s.replace("\\", "/"),
    "unquoted backslashes": lambda s: unquote(s).replace("\\", "/"),
    "parameters": lambda s: re.sub(";[^/]*", "", s),
    "spaces": lambda s: "/".join(part.strip() for part in s.split("/")),
    "cleaned": lambda s: s.replace("../", ""),
    "case": lambda s: s.casefold(),
}


def leaves(name):
    path = posixpath.normpath(os.path.join(BASE, name.lstrip("/")))
    return path != BASE and not path.startswith(BASE + "/") or "\0" in name


for line in sys.stdin:
    environ = create_environ()
    environ["PATH_INFO"] = bytes.fromhex(line.strip()).decode("latin1")
    path = Request(environ).path
    out = []
    for how, reading in READINGS.items():
        # A name may begin anywhere: at any segment of the path.
        parts = path.split("/")
        for i in range(1, len(parts)):
            if leaves(reading("/".join(parts[i:]))):
                out.append(how)
                break
    print(path.encode().hex() or "-", ",".join(out), flush=True)
