#!/usr/bin/env python3
"""Make the virtual environments that `make run` and `make test` use.

    venvs.py run     .venv             the notes app's pinned requirements
    venvs.py test    .cache/py/test    the newest Flask, Django, gunicorn
                     .cache/py/old     the oldest Flask that is supported
                     .cache/py/sql     the database drivers
                     .cache/py/3.X     one for each CPython 3.9 to 3.14 on this machine
                                       (on PATH or under pyenv), each with another Flask

It needs nothing but Python. What is there already and up to date is left alone, without
the network. It prints the interpreters of .cache/py/3.X on standard output, joined by ":".
"""
import concurrent.futures
import glob
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "test" / "python"
CACHE = ROOT / ".cache" / "py"

# Which Flask goes with which CPython: every pair that people are likely to have.
MATRIX = {
    (3, 9): "flask-2.2.txt",
    (3, 10): "flask-2.3.txt",
    (3, 11): "flask-3.0.txt",
    (3, 12): "flask-3.1.txt",
    (3, 13): "flask-3.1.txt",
    (3, 14): "flask-3.1.txt",
}


class Failed(Exception):
    pass


def version_of(python):
    """(3, 11, 2) for a CPython that starts, else None (a pyenv shim may not)."""
    code = "import sys; print(sys.implementation.name, *sys.version_info[:3])"
    try:
        out = subprocess.run([python, "-I", "-c", code], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, timeout=20, text=True).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    return tuple(map(int, out[1:])) if out[:1] == ["cpython"] else None


def interpreters():
    """The newest CPython found for each minor version of MATRIX: {(3, 9): path}."""
    found = [sys.executable] + [shutil.which("python%d.%d" % v) for v in MATRIX]
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for folder in glob.glob(os.path.join(pyenv, "versions", "3.*")):
        if re.match(r"3\.(9|1\d)\.", os.path.basename(folder)):
            found.append(os.path.join(folder, "bin", "python3"))
    best = {}
    for python in filter(None, found):
        version = version_of(python)
        if version and version[:2] in MATRIX and version > best.get(version[:2], ((0,), ""))[0]:
            best[version[:2]] = (version, python)
    return {minor: python for minor, (_, python) in sorted(best.items())}


def read(requirements):
    """The text of a requirements file with the files that it includes."""
    text = requirements.read_text()
    for name in re.findall(r"^-r (\S+)", text, re.MULTILINE):
        text += read(requirements.parent / name)
    return text


def run(what, *command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return
    hint = "see above"
    if "ensurepip" in done.stdout or "No module named venv" in done.stdout:
        hint = "Debian keeps venv apart: sudo apt install python3-venv"
    elif "No matching distribution" in done.stdout or "Connection" in done.stdout:
        hint = "is the package index reachable from here? (pip config list)"
    raise Failed("%s\nerror: %s\nhint: %s" % (done.stdout.rstrip(), what, hint))


def make(folder, python, requirements):
    """Make or renew one virtual environment and return its interpreter."""
    wanted = hashlib.sha256(repr((version_of(python), read(requirements))).encode()).hexdigest()
    stamp = folder / ".fumehood-stamp"
    inside = folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == wanted and inside.exists():
        return str(inside)
    name = folder.relative_to(ROOT)
    print("  %s: Python %s, %s" % (name, ".".join(map(str, version_of(python))),
                                   requirements.relative_to(ROOT)), file=sys.stderr)
    run("cannot make %s with %s" % (name, python), python, "-m", "venv", "--clear", str(folder))
    run("cannot install %s" % requirements.name, str(inside), "-m", "pip", "install", "--quiet",
        "--disable-pip-version-check", "-r", str(requirements))
    stamp.write_text(wanted)
    return str(inside)


def main(what):
    if sys.version_info < (3, 9):
        raise Failed("error: this is Python %d.%d\nhint: Fumehood needs 3.9 or later: make PYTHON=python3.12"
                     % sys.version_info[:2])
    if what == "run":
        make(ROOT / ".venv", sys.executable, ROOT / "examples/notes/requirements.txt")
        return
    if sys.version_info < (3, 10):
        raise Failed("error: this is Python 3.9\nhint: the tests use Django 5.2, which needs 3.10 or later: "
                     "make PYTHON=python3.12")
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        others = [pool.submit(make, CACHE / "test", sys.executable, HERE / "requirements.txt"),
                  pool.submit(make, CACHE / "old", sys.executable, HERE / "flask-2.2.txt"),
                  pool.submit(make, CACHE / "sql", sys.executable, HERE / "sql.txt")]
        matrix = [pool.submit(make, CACHE / ("%d.%d" % minor), python, HERE / MATRIX[minor])
                  for minor, python in interpreters().items()]
        for job in others:
            job.result()
        print(":".join(job.result() for job in matrix))


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except Failed as failed:
        sys.exit(str(failed))
