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
    made_for, found, doubt = inputs.note.get("paths", (None, None, None))
    if found is None or made_for is not parts:
        found = paths_in(inputs, parts)
        doubt = wary(inputs, "file") or any(climbs(value) for value, _ in inputs.values)
        inputs.note["paths"] = parts, found, doubt
    if not found and not doubt:
        return
    for name in args[:FILE_EVENTS[event]]:
        path = None if name is None or isinstance(name, int) else text_of(name)
        if path and not (path == tempfile_folder() and caller() == "tempfile"):
            judged = []  # where a whole value with dots is in the path, and does not lead out
            for value in found:
                value.judge(inputs, path, judged)
            if doubt:
                judge_strayed(inputs, path, judged)


def parts_of_path(inputs):
    """What Flask's route takes of the request's path, None where that is not known (yet)."""
    request = (inputs.exchange.environ or {}).get("werkzeug.request") if inputs.exchange else None
    return getattr(request, "view_args", None)


def paths_in(inputs, parts):
    """The values that could lead out of a folder."""
    found, parts_found = {}, {}
    for text, i in inputs.values:
        if text == "/":
            if inputs.fields[i][0] != "path":
                found.setdefault(text, i)
        elif (text.strip("/.\\") if "/" in text or "\\" in text else text == "..") or ".." in text:
            found.setdefault(text, i)
        if LEADS(text) and inputs.fields[i][0] != "path":
            for form in made_of(text):
                if (".." in form or form[0] in "/~") and form.strip("/.\\") and len(parts_found) < FORMS_MOST:
                    parts_found.setdefault(form, (i, text))
    made = [PathValue(text, i, inputs.fields[i][0] == "path", parts) for text, i in found.items()]
    made += [PathValue(text, i, False, parts, of) for text, (i, of) in parts_found.items() if text not in found]
    return [value for value in made if value.forms or value.whole]


LEADS = re.compile(r"\.\s*\.|(?:^|[^\w<>/])[/~]").search  # some part of it may lead elsewhere


class PathValue:
    """One value, with the forms that apps make of it before they open a file."""

    def __init__(self, text, i, of_path, parts, of=""):
        self.i, self.whole, self.part = i, "", bool(of)  # is it only a part of the value?
        self.inside = os.path.normpath(of.lstrip("/")) if of else ".."
        plain = text.replace("\\", "/")
        forms = [text, text.strip(), plain, text.replace("../", ""), text.lstrip("/"), text.lower()]
        if text.startswith("/"):
            whole = os.path.normpath(text)
            forms += [whole, "/" + whole.lstrip("/")]
        if text.startswith("~"):
            forms.append(os.path.expanduser(text))
        self.climbs = any(".." in form and ".." in form.split("/") for form in forms)
        if of_path and not self.climbs:
            # Which end of the path is it that the app takes? Only a link can lead out, and
            # only the route knows where it begins. But the app may open all of the path.
            forms = [part for part in (parts or {}).values() if isinstance(part, str) and part in text]
            self.whole = text if text.count("/") > 1 and text[0] == "/" else ""
        self.forms = [form for form in dict.fromkeys(forms) if "/" in form or form == ".."]
        self.core = self.core_of(plain) if ".." in plain else ""

    @staticmethod
    def core_of(text):
        """What is left of ../../etc/passwd when the app has already followed the dots."""
        text = os.path.normpath(text.strip().lstrip("/"))
        core = text
        while core.startswith("../"):
            core = core[3:]
        return core if core != text and core != ".." else ""

    def judge(self, inputs, path, judged):
        why = "it names the whole path" if path == self.whole else ""
        for form in self.forms:
            if why or form not in path:
                continue
            for at in occurrences(path, form):
                if self.part and any(first <= at and at + len(form) <= last for first, last in judged):
                    continue
                if self.part and at and ".." not in form:
                    continue  # a part without dots has to be the whole path
                why = why or self.leaves(path, at, form)
                if why and at and not self.climbs:
                    marks = covered(path)[at:at + len(form)]
                    if all(mark or c == "/" for mark, c in zip(marks, form)):
                        why = ""  # it is in the name of a folder that the app says
                if not self.part and ".." in form:
                    judged.append((at, at + len(form)))
        if not why and self.core and self.already(path):
            why = "it leads out of its folder"
        if why and not allowed_file(inputs, path) and not written(path, 0, len(path)):
            refuse(inputs, "file", path, self.i, why)

    def already(self, path):
        if not self.inside.startswith("..") and self.inside in path:
            return False  # what the whole value is does not go out
        at = path.rfind("/" + self.core)
        return at >= 0 and "/" not in path[at + 1 + len(self.core):] and ".." not in path.split("/")

    def leaves(self, path, at, form):
        """Why the path with form at this place is not below what stands before it, or ""."""
        if form == "/" and at + 1 < len(path):
            return ""  # it is in every path
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


# -- paths of which the text is not known --------------------------------------------------

CLIMBS = re.compile(r"\.\.[/\\]|[/\\]\.\.").search
SQUEEZED = re.compile(r"[\W_]+")
NOT_OF_APP = {"HOME", "PWD", "OLDPWD"}  # in the environment


def climbs(value):
    """Could an app make of value a path that goes up?"""
    return "." in value and CLIMBS("".join(value.split()))


def judge_strayed(inputs, path, judged):
    """With a value that goes up, whatever the app makes of it, or where the edge has seen an attack:
    the app itself must have said where a path goes up, and in which folder a file is that the
    request names."""
    if "importlib" in caller() or caller() in ("linecache", "tokenize", "inspect"):
        return
    known = path
    for first, last in judged:
        known = known[:first] + known[first:last].replace("..", "__") + known[last:]
    steps = known.split("/")
    if ".." in steps and not goes_up_by_itself(steps) and not of_library(path) and not allowed_file(inputs, path):
        refuse(inputs, "file", path, -1, "a path climbs while not all of the request is known" if inputs.unseen
               else "a path climbs, and the app's code does not say so")
    if not judged and (not inputs.unseen or inputs.suspect or any(climbs(value) for value, _ in inputs.values)):
        i = named_in(inputs, steps)
        if i is not None and not of_library(path) and not at_home(path) and not allowed_file(inputs, path) \
                and not written(path, 0, len(path)):
            refuse(inputs, "file", path, i, "it is outside of the folders that the app's code names")


def goes_up_by_itself(steps):
    """Is every step up on the way to a folder or a file that the app's code names?"""
    said, up = {step for text in known_texts() for step in text.split("/")}, False
    for step in steps:
        if up and step not in ("", ".", "..") and step not in said:
            return False
        up = step == ".." or up and step in ("", ".")
    return not up


def named_in(inputs, steps):
    """The index of a value with a slash in which the name of the file is, whatever is between its
    letters."""
    last = SQUEEZED.sub("", next((step for step in reversed(steps) if step not in ("", ".", "..")), "").lower())
    if len(last) < 2:
        return None
    squeezed = inputs.note.get("squeezed")
    if squeezed is None:
        squeezed = inputs.note["squeezed"] = [(SQUEEZED.sub("", value), i) for value, i in inputs.lowered
                                              if "/" in value or "\\" in value]
    stem = SQUEEZED.sub("", steps[-1].rpartition(".")[0].lower())
    for value, i in squeezed:
        if last in value or len(stem) > 2 and stem in value:
            return i
    return None


def known_texts():
    """Texts of the code, of the app's settings and of its environment."""
    yield from constants()
    yield from strings([value for name, value in list(os.environ.items()) if name not in NOT_OF_APP])
    flask = sys.modules.get("flask")
    if flask is not None and flask.has_app_context():
        yield from strings([str(v) if isinstance(v, os.PathLike) else v for v in list(flask.current_app.config.values())])
    if tempfile_folder():
        yield tempfile_folder()


def tempfile_folder():
    return getattr(sys.modules.get("tempfile"), "tempdir", None)


def of_library(path):
    """Is this a file of Python or of a package?"""
    real = os.path.realpath(path)
    return foreign(real) or real.startswith((os.path.realpath(sys.prefix) + "/lib", os.path.realpath(sys.base_prefix) + "/lib"))


def at_home(path):
    """Is path below a folder that the app's code or its settings name, and below no other that
    only happens to have such a folder in it?"""
    real, texts, roots, tops = os.path.realpath(path), set(), set(), {os.getcwd()}
    for text in known_texts():
        texts.update(text.split("/"))
        if text[:1] == "/" and len(text) > 1 and "\0" not in text:
            roots.add(os.path.realpath(text))
    for frame in app_frames():
        tops.add(os.path.dirname(os.path.abspath(frame.f_code.co_filename)))
    flask = sys.modules.get("flask")
    if flask is not None and flask.has_app_context():
        tops.add(flask.current_app.root_path)
    for top in {os.path.realpath(root) for root in tops | roots}:
        if not (real + "/").startswith(top + "/"):
            continue
        steps = real[len(top) + 1:].split("/")
        if steps[0] in texts or "templates" in steps or "static" in steps:
            return True
        if top in roots and top not in tops and not any(root.startswith(top + "/") for root in roots):
            return True
    return False
