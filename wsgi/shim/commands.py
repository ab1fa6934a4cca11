"""Programs that the app starts, and shell text that it has run."""

SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "busybox"}
CODE = {"python": "c", "pypy": "c", "perl": "eE", "ruby": "e", "node": "ep", "nodejs": "ep", "php": "rBRE",
        "lua": "e", "rscript": "e", "osascript": "e", "awk": "", "gawk": "", "mawk": "", "nawk": ""}
CODE_LONG = ("--eval", "--print", "--execute", "--run", "--command")
SSH_TAKES = set("BbcDEeFIiJLlmOopQRSWw")  # options of ssh with a value
VERSION = re.compile(r"[-\d.]*(?:\.exe)?$")
NESTED_MOST = 4
PROGRAMS = set()  # that the app has started without being told
PROGRAMS_MOST = 512
SHELL_SIGNS = set(";&|<>()$`*?[{~#\n\r")  # what a shell acts upon, but for blanks and quotes
SIGN_AND_WORD = re.compile(r".\W{0,40}\w*", re.DOTALL)
TALKERS = {"echo", "printf", "expr"}  # what they are told, they say
TEXT_OPTIONS = {  # program -> its options that are followed by text, which names no file
    "grep": "-e --regexp", "egrep": "-e --regexp", "fgrep": "-e --regexp", "rg": "-e --regexp",
    "git": "-m --message --grep --author -S -G", "hg": "-m --message", "mail": "-s", "mutt": "-s", "notify-send": "-a",
}
SPLIT_MOST = 128 * 1024  # characters of values that are split as apps do


def watch_commands():
    for event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"):
        JUDGES[event] = ("command", judge_command, True)
    if hasattr(os, "_spawnvef"):
        # The event comes in the child, which can tell nobody: judge before the fork.
        spawning, entry = os._spawnvef, ("command", judge_command, True)

        def spawn_watched(mode, file, args, env, func):
            inputs = live()
            if inputs is not None or asked() is not None:
                judge_event(entry, inputs, "os.spawn", (mode, file, args, env))
            return spawning(mode, file, args, env, func)

        os._spawnvef = spawn_watched
    watched("command", "os.system, subprocess, os.exec, os.spawn, pty")


def judge_command(inputs, event, args):
    program, words = None, []
    if event == "os.system":
        words = ["sh", "-c", text_of(args[0])]
    elif event == "pty.spawn":
        words = args[0]
    elif event == "os.spawn":
        program, words = args[1], args[2]
    else:
        program, words = args[0], args[1]
    if isinstance(words, (str, bytes, os.PathLike)):
        words = [words]
    words = [text_of(word) or "" for word in words]
    if program is not None:
        program = text_of(program)
    if inputs is not None:
        Command(inputs).run(program, words)
    exchange = asked()
    if exchange is not None:
        by_plain_word(exchange, inputs, program, words)


def by_plain_word(exchange, inputs, program, words):
    """The program itself may be a word that no other sink minds."""
    programs, shown = [(name, name, 0) for name in {program or "", words[0] if words else ""}], " ".join(words)
    if words[1:2] == ["-c"] and len(words) > 2 and kind_of(words[0]) in SHELLS:
        shown, shell = words[2], Shell(words[2])
        programs = [(argv[0], shown, at) for argv, at in zip(shell.commands, shell.begins)]
    said = {word[2]: word for word in plain_words(exchange)}
    for name, text, at in programs:
        word = said.get(name)
        if word is None:
            if len(PROGRAMS) < PROGRAMS_MOST:
                PROGRAMS.add(name)
        elif name not in PROGRAMS and not written(text, at, at + len(name)):
            refuse(for_word(exchange, inputs, word), "command", shown, 0, "it is the program that would run")


def kind_of(program):
    """The name of a program without its folder and version: "python" for /usr/bin/python3.11."""
    name = program.rsplit("/", 1)[-1].lower()
    return VERSION.sub("", name) or name


class Command:
    """What the values of a request do in the command that the app is about to run."""

    def __init__(self, inputs):
        self.inputs = inputs
        self.values = [(text.strip(), i) for text, i in inputs.values if len(text.strip()) > 1]
        self.forms = inputs.note.get("command")
        if self.forms is None:  # those of them that can do something as an argument
            forms = inputs.forms()
            self.forms = inputs.note["command"] = (
                self.values + [(f, i) for f, i in forms if f[0] == "-" and not OPTION_NAME(f)],
                self.values + [(f, i) for f, i in forms if ".." in f and "/" in f or f[0] == "/" and f.count("/") > 1],
                self.values + [(f, i) for f, i in forms if "/" in f[1:]],
                self.values + [(f, i) for f, i in forms if any(c.isspace() for c in f)])
        self.options, self.paths, self.programs, self.several = self.forms

    def refuse(self, shown, i, why):
        refuse(self.inputs, "command", shown, i, why)

    def run(self, program, argv, depth=0):
        """argv is started as it is, as program if that is not None."""
        shown = " ".join(argv)
        if argv[:2] != ["/bin/sh", "-c"] or program not in (None, "/bin/sh"):  # that is shell=True
            for name in {program or "", argv[0] if argv else ""}:
                self.program(name, shown)
        code = set()  # what is no plain argument, judged otherwise
        for at, word in enumerate(argv):
            kind = kind_of(word)
            if kind in SHELLS:
                code |= self.shell_option(argv, at, depth)
            elif kind in CODE:
                code |= self.code_option(argv, at, CODE[kind])
            elif kind == "ssh":
                code |= self.remote(argv, at, depth)
            elif kind == "eval" and at == 0:
                code |= set(range(1, len(argv)))
                self.shell(" ".join(argv[1:]), depth)
        last = argv.index("--") if "--" in argv else len(argv)
        for at in range(1, last):
            if at not in code:
                self.option(argv, at, shown)
        if depth == 0:
            self.split_up(argv, last, code, shown)

    def program(self, name, shown):
        for value, i in self.programs:
            if value not in name or not (name.endswith(value) or name.startswith(value)):
                continue
            # A short path such as /usr is the beginning of many.
            if value == name or "/" in value and not (value.count("/") < 2 and name.startswith(value + "/")):
                start = name.rfind(value)
                if not written(name, start, start + len(value)):
                    self.refuse(shown, i, "it is the program that would run")

    def elsewhere(self, word, shown):
        """An argument that names a file outside of its folder: programs open what they are given."""
        if "/" not in word and word != "..":
            return
        for value, i in self.paths:
            climbs = ".." in value.split("/") and value in word
            whole = value == word and value[0] == "/" and self.inputs.fields[i][0] != "path" and os.path.exists(value)
            if (climbs or whole and not allowed_file(self.inputs, value)) and not written(word, 0, len(word)):
                self.refuse(shown, i, "it names a file outside of its folder")

    def option(self, argv, at, shown):
        word = argv[at]
        if is_text(argv, at):
            return
        self.elsewhere(word, shown)
        if len(word) < 2 or word[0] != "-" or word[1].isspace():
            return
        for value, i in self.options:
            if value[0] == "-" and word.startswith(value) and not written(word, 0, len(value)):
                self.refuse(shown, i, "it becomes an option of the program")

    def split_up(self, argv, last, code, shown):
        """Values of which the app has made several arguments: one may be more than that."""
        seams = "|".join(re.escape(a[-1:]) + r"['\"\\]*\s['\"\\\s]*" + re.escape(b[:1]) for a, b in zip(argv, argv[1:]))
        left, apart = SPLIT_MOST, re.compile(seams).search
        for value, i in self.several if seams else ():
            if not apart(value):
                continue
            left -= len(value)
            if left < 0:
                self.refuse(shown, i, "there is too much that could become several arguments")
            for parts in parts_of(value):
                inner, n = parts[1:-1], len(parts)
                for at in range(len(argv) - n + 1):
                    if argv[at + 1:at + n - 1] != inner or not argv[at].endswith(parts[0]) \
                            or not argv[at + n - 1].startswith(parts[-1]):
                        continue
                    for k in range(at, at + n):
                        word = argv[k]
                        if k == 0 and word == parts[0] and word not in PROGRAMS and not written(word, 0, len(word)):
                            self.refuse(shown, i, "it is the program that would run")
                        if 0 < k < last and k not in code and word[0] == "-" != word and word.startswith(parts[k - at]) \
                                and not written(word, 0, len(word)):
                            self.refuse(shown, i, "it becomes an option of the program")

    def shell_option(self, argv, at, depth):
        for k in range(at + 1, len(argv) - 1):
            word = argv[k]
            if word[:1] not in "-+" or word == "--":
                break
            if word[1:2] != "-" and "c" in word:
                self.shell(argv[k + 1], depth)
                return set(range(k + 1, len(argv)))  # the rest are $0, $1 ...
        return set()

    def code_option(self, argv, at, letters):
        for k in range(at + 1, len(argv)):
            word = argv[k]
            if not letters:  # awk
                if word[:1] != "-":
                    self.code(word)
                    return {k}
                continue
            if word.startswith(CODE_LONG):
                self.code(word.partition("=")[2] or (argv + [""])[k + 1])
                return {k, k + 1}
            if word[:1] != "-" or word == "--":
                break
            for letter in letters:
                head, found, rest = word[1:].partition(letter)
                if found and word[1:2] != "-" and (not head or head.isalpha()):
                    self.code(rest or (argv + [""])[k + 1])
                    return {k, k + 1}
        return set()

    def code(self, text):
        for value, i in self.values:
            for at in occurrences(text, value):
                if not written(text, at, at + len(value)):
                    self.refuse(text, i, "it becomes code that another program runs")
        doubt = not self.inputs.suspect.isdisjoint(("command", "code"))
        for run in foreign_runs(text, covered(text), 0, len(text)):
            i = drawn(self.inputs, run)
            if i is not None or doubt and not PLAIN(run):
                self.refuse(text, -1 if i is None else i, "it becomes code that another program runs, changed")

    def remote(self, argv, at, depth):
        k = at + 1
        while k < len(argv) and argv[k][:1] == "-":
            k += 2 if len(argv[k]) == 2 and argv[k][1] in SSH_TAKES else 1
        if k + 1 < len(argv):
            self.shell(" ".join(argv[k + 1:]), depth)
        return set(range(k + 1, len(argv)))

    def shell(self, text, depth=0):
        """text is read by a shell."""
        self.unknown(text)
        if not any(value in text for value, _ in self.values):
            self.lowered(text)
            self.changed(text)
            return
        if depth >= NESTED_MOST:
            self.refuse(text, -1, "a value is in shells within shells")
            return
        shell = Shell(text)
        for value, i in self.values:
            for at in occurrences(text, value):
                why = shell.why(at, at + len(value), value)
                if why and not written(text, at, at + len(value)):
                    self.refuse(text, i, why)
        for argv in shell.commands:
            self.run(None, argv, depth + 1)
        self.lowered(text)
        self.changed(text)

    def unknown(self, text):
        """Where not all of the request is known, a text has to be the app's own."""
        if self.inputs.unseen and any(run.strip(" /'") for run in foreign_runs(text, covered(text), 0, len(text))):
            self.refuse(text, -1, "a shell command is made while not all of the request is known")

    def changed(self, text):
        """What the shell would act upon, and the app has not written: where a value has the like, or
        where the edge has seen an attack, it is refused."""
        doubt = not self.inputs.suspect.isdisjoint(("command", "code"))
        if not doubt and not any(sign in text and sign in value for sign in SHELL_SIGNS for value, _ in self.values):
            return
        shell, marks = Shell(text), covered(text)
        for k, does in enumerate(shell.does):
            if marks[k]:
                continue
            if does == "!" and text[k] in SHELL_SIGNS:
                i = drawn(self.inputs, SIGN_AND_WORD.match(text, k).group(), 2)
                if i is not None or doubt:
                    self.refuse(text, -1 if i is None else i, "the shell would act upon the %s in it" % repr(text[k])[1:-1])
            elif doubt and text[k] == "-" and (k == 0 or shell.does[k - 1] in " !") and not text[k + 1:k + 2].isdigit():
                self.refuse(text, -1, "it becomes an option of the program")

    def lowered(self, text):
        """The same for values that the app has put in small or capital letters."""
        small = text.lower()
        if len(small) != len(text):
            small = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        shell = None
        for value, i in self.inputs.lowered:
            value = value.strip()
            for at in occurrences(small, value) if len(value) > 1 else ():
                shell = shell or Shell(text)
                why = shell.why(at, at + len(value), text[at:at + len(value)])
                if why and not written(text, at, at + len(value)):
                    self.refuse(text, i, why)


OPTION_NAME = re.compile(r"-+[\w-]*").fullmatch  # a part of a text that is only a name does little


def is_text(argv, at):
    """Is this argument one that the program opens no file of, whatever it says?"""
    kind = kind_of(argv[0])
    if kind in TALKERS:
        return True
    known = TEXT_OPTIONS.get(kind, "").split()
    return at > 1 and argv[at - 1] in known or argv[at].partition("=")[0] in known and "=" in argv[at]


def parts_of(value):
    """The words of a value, as apps split it into arguments."""
    found = [value.split()]
    bare = value.translate({34: None, 39: None, 92: None})
    if bare != value:
        import shlex
        found.append(bare.split())  # it may end quotes that the app has put around it
        try:
            found.append(shlex.split(value))
        except ValueError:
            pass
    return [parts for parts in found if len(parts) > 1]
