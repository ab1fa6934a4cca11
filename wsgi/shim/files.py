"""Files and folders that the app opens, makes or removes."""

FILE_EVENTS = {  # audit event -> how many of its first arguments are paths
    "open": 1, "os.listdir": 1, "os.scandir": 1, "os.walk": 1, "os.fwalk": 1, "os.remove": 1, "os.rename": 2,
    "os.rmdir": 1, "os.mkdir": 1, "os.chmod": 1, "os.chown": 1, "os.link": 2, "os.symlink": 2, "os.truncate": 1,
    "os.utime": 1, "os.chdir": 1, "glob.glob": 1, "glob.glob/2": 1, "pathlib.Path.glob": 1, "sqlite3.connect": 1,
    "shutil.copyfile": 2, "shutil.copymode": 2, "shutil.copystat": 2, "shutil.copytree": 2, "shutil.move": 2,
    "shutil.rmtree": 1, "shutil.chown": 1, "shutil.make_archive": 3, "shutil.unpack_archive": 2,
}


def watch_files():
    for event in FILE_EVENTS:
        JUDGES[event] = ("file", judge_file, False)
    watched("file", "open, os, pathlib, shutil, glob, zipfile, tarfile")


def judge_file(inputs, event, args):
    parts = parts_of_path(inputs)
    made_for, found = inputs.note.get("paths", (None, None))
    if found is None or made_for is not parts:
        found = paths_in(inputs, parts)
        inputs.note["paths"] = parts, found
    if not found and not inputs.unseen:
        return
    for name in args[:FILE_EVENTS[event]]:
        path = None if name is None or isinstance(name, int) else text_of(name)
        if path:
            for value in found:
                value.judge(inputs, path)
            if inputs.unseen and ".." in path.split("/") and not written(path, 0, len(path)):
                refuse(inputs, "file", path, -1, "a path climbs while not all of the request is known")


def parts_of_path(inputs):
    """What Flask's route takes of the request's path, None where that is not known (yet)."""
    request = (inputs.exchange.environ or {}).get("werkzeug.request") if inputs.exchange else None
    return getattr(request, "view_args", None)


def paths_in(inputs, parts):
    """The values that could lead out of a folder."""
    found = {}
    for text, i in inputs.values:
        if text.strip("/.\\") if "/" in text or "\\" in text else text == "..":
            found.setdefault(text, i)
        elif ".." in text or text == "/" and inputs.fields[i][0] != "path":
            found.setdefault(text, i)
    made = [PathValue(text, i, inputs.fields[i][0] == "path", parts) for text, i in found.items()]
    return [value for value in made if value.forms or value.whole]


class PathValue:
    """One value, with the forms that apps make of it before they open a file."""

    def __init__(self, text, i, of_path, parts):
        self.i, self.whole = i, ""
        plain = text.replace("\\", "/")
        forms = [text, text.strip(), plain, text.replace("../", ""), text.lstrip("/")]
        if text.startswith("/"):
            whole = os.path.normpath(text)
            forms += [whole, "/" + whole.lstrip("/")]
        if text.startswith("~"):
            forms.append(os.path.expanduser(text))
        self.climbs = any(".." in form.split("/") for form in forms)
        if of_path and not self.climbs:
            # Which end of the path is it that the app takes? Only a link can lead out, and
            # only the route knows where it begins. But the app may open all of the path.
            forms = [part for part in (parts or {}).values() if isinstance(part, str) and part in text]
            self.whole = text if text.count("/") > 1 and text[0] == "/" else ""
        self.forms = [form for form in dict.fromkeys(forms) if "/" in form or form == ".."]
        self.core = self.core_of(plain)

    @staticmethod
    def core_of(text):
        """What is left of ../../etc/passwd when the app has already followed the dots."""
        text = os.path.normpath(text.strip().lstrip("/"))
        core = text
        while core.startswith("../"):
            core = core[3:]
        return core if core != text and core != ".." else ""

    def judge(self, inputs, path):
        why = "it names the whole path" if path == self.whole else ""
        for form in self.forms:
            if not why and form in path:
                why = next(filter(None, (self.leaves(path, at, form) for at in occurrences(path, form))), "")
        if not why and self.core and self.already(path):
            why = "it leads out of its folder"
        if why and not allowed_file(inputs, path) and not written(path, 0, len(path)):
            refuse(inputs, "file", path, self.i, why)

    def already(self, path):
        at = path.rfind("/" + self.core)
        return at >= 0 and "/" not in path[at + 1 + len(self.core):] and ".." not in path.split("/")

    def leaves(self, path, at, form):
        """Why the path with form at this place is not below what stands before it, or ""."""
        if form == ".." and (path[:at][-1:] not in ("", "/") or path[at + 2:][:1] not in ("", "/")):
            return ""  # such as in a..b
        if at == 0 and form.startswith("/"):
            rest = path[len(form):]
            if not self.climbs and ("/" in rest or rest and form.count("/") < 2):
                return ""  # /app is easily the beginning of many
            return "it names the whole path"
        folder = path[:at] if form.startswith("/") else path[:path.rfind("/", 0, at) + 1]
        root, real = os.path.realpath(folder or "."), os.path.realpath(path)
        if real == root or real.startswith(root.rstrip("/") + "/"):
            return ""
        return "it leads out of its folder to " + real


def allowed_file(inputs, path):
    folders = setting(inputs, "files_allow")
    real = os.path.realpath(path) if folders else ""
    return any(real.startswith(os.path.realpath(folder).rstrip("/") + "/") for folder in folders)
