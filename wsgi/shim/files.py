"""Files and folders that the app opens, makes or removes."""

FILE_EVENTS = {  # audit event -> how many of its first arguments are paths
    "open": 1, "os.listdir": 1, "os.scandir": 1, "os.walk": 1, "os.fwalk": 1, "os.remove": 1, "os.rename": 2,
    "os.rmdir": 1, "os.mkdir": 1, "os.chmod": 1, "os.chown": 1, "os.link": 2, "os.symlink": 2, "os.truncate": 1,
    "os.utime": 1, "os.chdir": 1, "glob.glob": 1, "glob.glob/2": 1, "pathlib.Path.glob": 1, "sqlite3.connect": 1,
    "shutil.copyfile": 2, "shutil.copymode": 2, "shutil.copystat": 2, "shutil.copytree": 2, "shutil.move": 2,
    "shutil.rmtree": 1, "shutil.chown": 1, "shutil.make_archive": 3, "shutil.unpack_archive": 2,
}
TAILS_MOST = 32  # parts of the request's path, each of which may be what the app takes of it


def watch_files():
    for event in FILE_EVENTS:
        JUDGES[event] = ("file", judge_file, False)
    watched("file", "open, os, pathlib, shutil, glob, zipfile, tarfile")


def judge_file(inputs, event, args):
    found = inputs.note.get("paths")
    if found is None:
        found = inputs.note["paths"] = paths_in(inputs)
    if not found and not inputs.unseen:
        return
    for name in args[:FILE_EVENTS[event]]:
        path = None if name is None or isinstance(name, int) else text_of(name)
        if path:
            for value in found:
                value.judge(inputs, path)
            if inputs.unseen and ".." in path.split("/") and not written(path, 0, len(path)):
                stop(inputs, "file", path, -1, "a path climbs while not all of the request is known")


def paths_in(inputs):
    """The values that could lead out of a folder."""
    found, seen = [], set()
    for text, i in inputs.values:
        if (text, i) not in seen and ("/" in text or "\\" in text or text == "..") and text.strip("/."):
            seen.add((text, i))
            found.append(PathValue(inputs, text, i))
        elif text.strip("/") == ".." and (text, i) not in seen:
            seen.add((text, i))
            found.append(PathValue(inputs, text, i))
    return found


class PathValue:
    """One value, with the forms that apps make of it before they open a file."""

    def __init__(self, inputs, text, i):
        self.i, self.whole = i, inputs.fields[i][0] == "path"
        forms = [text, text.strip(), text.replace("\\", "/"), text.replace("../", ""), text.lstrip("/")]
        if text.startswith("/"):
            whole = os.path.normpath(text)
            forms += [whole, "/" + whole.lstrip("/")]
        self.climbs = any(".." in form.split("/") for form in forms)
        if self.whole:
            forms = self.tails(inputs, text.replace("\\", "/"))
        self.forms = [form for form in dict.fromkeys(forms) if "/" in form or form == ".."]
        self.core = self.core_of(text.replace("\\", "/"))

    def tails(self, inputs, text):
        """What the app may take of the request's path: what its route says, else any end of it."""
        request = (inputs.exchange.environ or {}).get("werkzeug.request") if inputs.exchange else None
        parts = getattr(request, "view_args", None)
        if parts is not None:
            self.whole = False
            return [text] + [part for part in parts.values() if isinstance(part, str)]
        pieces = text.split("/")
        return [text] + ["/".join(pieces[n:]) for n in range(1, min(len(pieces), TAILS_MOST))]

    @staticmethod
    def core_of(text):
        """What is left of ../../etc/passwd when the app has already followed the dots."""
        text = os.path.normpath(text.strip().lstrip("/"))
        core = text
        while core.startswith("../"):
            core = core[3:]
        return core if core != text and core != ".." else ""

    def judge(self, inputs, path):
        verdicts = [self.leaves(path, at, form) for form in self.forms if form in path
                    for at in occurrences(path, form)]
        # Where nobody knows which end of the request's path the app has taken, one that stays
        # is enough, unless it climbs.
        why = next(filter(None, verdicts), "") if self.climbs or not self.whole or all(verdicts) else ""
        if not why and self.core and self.already(path):
            why = "it leads out of its folder"
        if why and not allowed_file(path) and not written(path, 0, len(path)):
            stop(inputs, "file", path, self.i, why)

    def already(self, path):
        at = path.rfind("/" + self.core)
        return at >= 0 and "/" not in path[at + 1 + len(self.core):] and ".." not in path.split("/")

    def leaves(self, path, at, form):
        """Why the path with form at this place is not below what stands before it, or ""."""
        if form == ".." and (path[:at][-1:] not in ("", "/") or path[at + 2:][:1] not in ("", "/")):
            return ""  # such as in a..b
        if at == 0 and form.startswith("/"):
            rest = path[len(form):]
            if "/" in rest and not self.climbs or form.count("/") < 2 and self.fields_path(rest):
                return ""
            return "it names the whole path"
        folder = path[:at] if form.startswith("/") else path[:path.rfind("/", 0, at) + 1]
        root, real = os.path.realpath(folder or "."), os.path.realpath(path)
        if real == root or real.startswith(root.rstrip("/") + "/"):
            return ""
        return "it leads out of its folder to " + real

    def fields_path(self, rest):
        """A short request path, such as /app, is easily the name of a folder as well."""
        return self.whole or bool(rest)


def allowed_file(path):
    folders = SETUP["sinks"].get("files_allow") or ()
    real = os.path.realpath(path) if folders else ""
    return any(real.startswith(os.path.realpath(folder).rstrip("/") + "/") for folder in folders)
