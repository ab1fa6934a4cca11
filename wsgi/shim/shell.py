"""What a shell reads in a text."""


class Shell:
    """Shell text, taken apart: does[i] says what the shell sees in the character i: "w" part of
    a word, "q" the same within quotes, " " space, "!" something that it acts upon. commands
    are its simple commands, each a list of words without their quotes; begins says where."""

    def __init__(self, text):
        self.text, self.does = text, ["w"] * len(text)
        self.commands, self.argv, self.word = [], [], None
        self.begins, self.begin, self.first = [], 0, 0  # of commands, of the word, of argv
        self.redirected = set()  # characters of names that the shell itself opens
        self.redirect, self.read = False, None
        self.stack, self.at = ["c"], 0  # c: commands, p: $( ), b: ` `, d: " "
        self.outer = []
        while self.at < len(text):
            (self.in_quotes if self.stack[-1] == "d" else self.in_command)(text[self.at])
            self.at += 1
        self.end_command()
        while self.outer:
            self.leave()
            self.end_command()

    def why(self, start, end, value):
        """Why value at text[start:end] is more than part of one plain word, "" if it is not."""
        for k in range(start, end):
            if self.does[k] in " !":
                if self.quoted(start, end, value):
                    break
                c = self.text[k]
                return "the shell would act upon the %s in it" % ("space" if c == " " else repr(c)[1:-1])
        value = self.text[start:end]
        if start in self.redirected and ("/" in value and start - 1 not in self.redirected or ".." in value):
            return "it is the name of a file that the shell would open"
        return ""

    def quoted(self, start, end, value):
        """Does the shell read value itself where text[start:end] is, as shlex.quote has it do? Then
        a quote in it is one, although others that end or begin there look like it."""
        if self.read is None:
            self.read = self.reading()
        for word, places, first, last in self.read:
            if first <= start and end <= last:
                for at in occurrences(word, value):
                    after = at + len(value)
                    if (places[at - 1] if at else first - 1) < start \
                            and end <= (places[after] if after < len(places) else last):
                        return True
        return False

    def reading(self):
        """The words as the shell reads them, each with where its characters stand in the text, and
        where it begins and ends there, with its quotes."""
        words, first = [], 0
        for k, does in enumerate(self.does + [" "]):
            if does == " " or does == "!" and self.text[k] not in "'\"\\":
                places = [at for at in range(first, k) if self.does[at] in "wq"]
                if places:
                    words.append(("".join(self.text[at] for at in places), places, first, k))
                first = k + 1
        return words

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
