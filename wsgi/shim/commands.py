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
                self.option(argv[at], shown)
        if depth == 0:
            self.split_up(argv, last, code, shown)

    def program(self, name, shown):
        for value, i in self.values:
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
        for value, i in self.values:
            climbs = ".." in value.split("/") and value in word
            whole = value == word and value[0] == "/" and self.inputs.fields[i][0] != "path" and os.path.exists(value)
            if (climbs or whole and not allowed_file(self.inputs, value)) and not written(word, 0, len(word)):
                self.refuse(shown, i, "it names a file outside of its folder")

    def option(self, word, shown):
        self.elsewhere(word, shown)
        if len(word) < 2 or word[0] != "-" or word[1].isspace():
            return
        for value, i in self.values:
            if value[0] == "-" and word.startswith(value) and not written(word, 0, len(value)):
                self.refuse(shown, i, "it becomes an option of the program")

    def split_up(self, argv, last, code, shown):
        """Values of which the app has made several arguments: one may be more than that."""
        seams = "|".join(re.escape(a[-1:]) + r"['\"\\]*\s['\"\\\s]*" + re.escape(b[:1]) for a, b in zip(argv, argv[1:]))
        left, apart = SPLIT_MOST, re.compile(seams).search
        for value, i in self.values if seams else ():
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

    def remote(self, argv, at, depth):
        k = at + 1
        while k < len(argv) and argv[k][:1] == "-":
            k += 2 if len(argv[k]) == 2 and argv[k][1] in SSH_TAKES else 1
        if k + 1 < len(argv):
            self.shell(" ".join(argv[k + 1:]), depth)
        return set(range(k + 1, len(argv)))

    def shell(self, text, depth=0):
        """text is read by a shell."""
        if self.inputs.unseen and not written(text, 0, len(text)):
            self.refuse(text, -1, "a shell command is made while not all of the request is known")
        if not any(value in text for value, _ in self.values):
            self.lowered(text)
            return
        if depth >= NESTED_MOST:
            self.refuse(text, -1, "a value is in shells within shells")
            return
        shell = Shell(text)
        for value, i in self.values:
            for at in occurrences(text, value):
                why = shell.why(at, at + len(value))
                if why and not written(text, at, at + len(value)):
                    self.refuse(text, i, why)
        for argv in shell.commands:
            self.run(None, argv, depth + 1)
        self.lowered(text)

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
                why = shell.why(at, at + len(value))
                if why and not written(text, at, at + len(value)):
                    self.refuse(text, i, why)


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


class Shell:
    """Shell text, taken apart: does[i] says what the shell sees in the character i: "w" part of
    a word, "q" the same within quotes, " " space, "!" something that it acts upon. commands
    are its simple commands, each a list of words without their quotes; begins says where."""

    def __init__(self, text):
        self.text, self.does = text, ["w"] * len(text)
        self.commands, self.argv, self.word = [], [], None
        self.begins, self.begin, self.first = [], 0, 0  # of commands, of the word, of argv
        self.redirected = set()  # characters of names that the shell itself opens
        self.redirect = False
        self.stack, self.at = ["c"], 0  # c: commands, p: $( ), b: ` `, d: " "
        self.outer = []
        while self.at < len(text):
            (self.in_quotes if self.stack[-1] == "d" else self.in_command)(text[self.at])
            self.at += 1
        self.end_command()
        while self.outer:
            self.leave()
            self.end_command()

    def why(self, start, end):
        """Why text[start:end] is more than part of one plain word, "" if it is not."""
        for k in range(start, end):
            if self.does[k] in " !":
                c = self.text[k]
                return "the shell would act upon the %s in it" % ("space" if c == " " else repr(c)[1:-1])
        value = self.text[start:end]
        if start in self.redirected and ("/" in value and start - 1 not in self.redirected or ".." in value):
            return "it is the name of a file that the shell would open"
        return ""

    def mark(self, length, what="!"):
        for k in range(self.at, min(self.at + length, len(self.text))):
            self.does[k] = what

    def add(self, c):
        if not self.word:
            self.begin = self.at
        self.word = (self.word or "") + c
        if self.redirect:
            self.redirected.add(self.at)

    def end_word(self):
        if self.word is not None:
            if self.redirect:
                self.redirect = False
            elif self.argv or not re.match(r"\w+=", self.word):
                self.first = self.first if self.argv else self.begin
                self.argv.append(self.word)
        self.word = None

    def end_command(self):
        self.end_word()
        if self.argv:
            self.commands.append(self.argv)
            self.begins.append(self.first)
        self.argv = []

    def enter(self, kind):
        self.outer.append((self.argv, self.word, self.redirect, self.begin, self.first))
        self.argv, self.word, self.redirect = [], None, False
        self.stack.append(kind)

    def leave(self):
        self.end_command()
        self.argv, self.word, self.redirect, self.begin, self.first = self.outer.pop()
        self.stack.pop()
        self.word = (self.word or "") + "$"  # nobody knows what comes of it

    def in_quotes(self, c):
        if c == '"':
            self.mark(1)
            self.stack.pop()
        elif c == "\\":
            self.escaped()
        elif c in "$`":
            self.expand(c)
        else:
            self.mark(1, "q")
            self.add(c)

    def escaped(self):
        self.mark(1)
        self.at += 1
        self.mark(1, "q")
        self.add(self.text[self.at:self.at + 1])

    def expand(self, c):
        follows = self.text[self.at + 1:self.at + 2]
        self.mark(1)
        if c == "`":
            if "b" not in self.stack:
                self.enter("b")
                return
            while self.stack[-1] != "b":
                self.leave() if self.stack[-1] == "p" else self.stack.pop()
            self.leave()
        elif follows == "(":
            self.mark(2)
            self.at += 1
            self.enter("p")
        elif follows == "{":
            close = self.text.find("}", self.at)
            length = (len(self.text) if close < 0 else close + 1) - self.at
            self.mark(length)
            self.at += length - 1
            self.add("$")
        else:
            self.add("$")

    def single(self):
        """From one ' to the next."""
        close = self.text.find("'", self.at + 1)
        if close < 0:
            self.mark(len(self.text))
            self.at = len(self.text)
            return
        self.mark(1)
        self.word = self.word or ""
        for self.at in range(self.at + 1, close):
            self.mark(1, "q")
            self.add(self.text[self.at])
        self.at = close
        self.mark(1)

    def in_command(self, c):
        if c == "'":
            self.single()
        elif c == '"':
            self.mark(1)
            self.word = self.word or ""
            self.stack.append("d")
        elif c == "\\":
            self.escaped()
        elif c in "$`":
            self.expand(c)
        elif c in " \t":
            self.mark(1, " ")
            self.end_word()
        elif c == "#" and self.word is None:
            close = self.text.find("\n", self.at)
            self.mark(len(self.text) if close < 0 else close - self.at)
            self.at = len(self.text) if close < 0 else close - 1
        elif c == ")" and self.stack[-1] == "p":
            self.mark(1)
            self.leave()
        elif c in "\n\r;&|()":
            self.mark(1)
            self.end_command()
        elif c in "<>":
            self.end_word()
            if self.text.startswith("<<<", self.at):
                self.mark(3)
                self.at += 2
            elif self.text.startswith("<<", self.at):  # what follows is read in a way of its own
                self.mark(len(self.text))
                self.at = len(self.text)
            else:
                self.mark(1)
                self.redirect = True
        else:
            if c in "*?[{" or c == "~" and (self.word or "=")[-1] in "=:":
                self.mark(1)
            self.add(c)
