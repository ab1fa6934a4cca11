"""Writes the syntax trees of the files named on standard input in the form of dump_test.go.

Each tree follows a line "== path"; a file that CPython refuses is "!" and the reason.
"""

import ast
import io
import struct
import sys
import tokenize
import warnings

OPS = {
    "Add": "+", "Sub": "-", "Mult": "*", "MatMult": "@", "Div": "/", "Mod": "%", "Pow": "**", "LShift": "<<",
    "RShift": ">>", "BitOr": "|", "BitXor": "^", "BitAnd": "&", "FloorDiv": "//", "Not": "not", "Invert": "~",
    "And": "and", "Or": "or", "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=",
    "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in", "UAdd": "+", "USub": "-",
}


def quote(s):
    if isinstance(s, bytes):
        s = s.decode("latin-1")
    if s.isascii() and s.isprintable() and "\\" not in s:
        return '"' + s + '"'
    out = []
    for c in s:
        n = ord(c)
        if 0xD800 <= n < 0xE000:
            n = 0xFFFD
        out.append(c if 32 <= n < 127 and c != "\\" else "\\{%x}" % n)
    return '"' + "".join(out) + '"'


class Dump:
    def __init__(self, lines):
        self.lines = lines
        self.wide = [not line.isascii() for line in lines]
        self.out = []
        self.pattern = False

    def column(self, line, col):
        if self.wide[line - 1]:
            return len(self.lines[line - 1].encode()[:col].decode()) + 1
        return col + 1

    def pos(self, n):
        if self.pattern:
            return ""
        return "@%d:%d-%d:%d" % (
            n.lineno, self.column(n.lineno, n.col_offset), n.end_lineno, self.column(n.end_lineno, n.end_col_offset))

    def many(self, nodes):
        return "[" + " ".join([self.expr(n) for n in nodes]) + "]"

    def expr(self, n):
        if n is None:
            return "-"
        name = type(n).__name__
        return getattr(self, "x" + name)(n)

    def node(self, n, name, *parts):
        return "(" + name + self.pos(n) + " " + " ".join(parts) + ")"

    def xName(self, n):
        return self.node(n, "Name", n.id)

    def xAttribute(self, n):
        return self.node(n, "Attribute", self.expr(n.value), n.attr)

    def xSubscript(self, n):
        return self.node(n, "Subscript", self.expr(n.value), self.expr(n.slice))

    def xSlice(self, n):
        return self.node(n, "Slice", self.expr(n.lower), self.expr(n.upper), self.expr(n.step))

    def xCall(self, n):
        return self.node(n, "Call", self.expr(n.func), self.many(n.args), self.keywords(n.keywords))

    def keywords(self, keywords):
        return "{" + " ".join([(k.arg or "**") + "=" + self.expr(k.value) for k in keywords]) + "}"

    def xConstant(self, n):
        v = n.value
        if isinstance(v, bool) or v is None or v is ...:
            return self.node(n, "Constant", str(v))
        if isinstance(v, str):
            return self.node(n, "Str", quote(v))
        if isinstance(v, bytes):
            return self.node(n, "Bytes", quote(v))
        if isinstance(v, int):
            return self.node(n, "Number", str(v) if v < 1 << 63 else "big")
        if isinstance(v, complex):
            return self.node(n, "Number", struct.pack(">d", v.imag).hex() + "j")
        return self.node(n, "Number", struct.pack(">d", v).hex())

    def parts(self, values):
        out, text = [], None
        for v in values:
            if isinstance(v, ast.Constant):
                text = (text or "") + v.value
                continue
            if text:
                out.append(quote(text))
            text = None
            conversion = "" if v.conversion < 0 else chr(v.conversion)
            spec = "-" if v.format_spec is None else self.parts(v.format_spec.values)
            out.append("<" + self.expr(v.value) + "!" + conversion + " " + spec + ">")
        if text:
            out.append(quote(text))
        return "[" + " ".join(out) + "]"

    def xJoinedStr(self, n):
        return self.node(n, "FString", self.parts(n.values))

    def xBinOp(self, n):
        return self.node(n, "BinOp", OPS[type(n.op).__name__], self.expr(n.left), self.expr(n.right))

    def xUnaryOp(self, n):
        return self.node(n, "UnaryOp", OPS[type(n.op).__name__], self.expr(n.operand))

    def xBoolOp(self, n):
        return self.node(n, "BoolOp", OPS[type(n.op).__name__], self.many(n.values))

    def xCompare(self, n):
        ops = ",".join([OPS[type(o).__name__] for o in n.ops])
        return self.node(n, "Compare", self.expr(n.left), ops, self.many(n.comparators))

    def xIfExp(self, n):
        return self.node(n, "IfExp", self.expr(n.test), self.expr(n.body), self.expr(n.orelse))

    def xLambda(self, n):
        return self.node(n, "Lambda", self.params(n.args), self.expr(n.body))

    def xTuple(self, n):
        return self.node(n, "Tuple", self.many(n.elts))

    def xList(self, n):
        return self.node(n, "List", self.many(n.elts))

    def xSet(self, n):
        return self.node(n, "Set", self.many(n.elts))

    def xDict(self, n):
        return self.node(n, "Dict", self.many(n.keys), self.many(n.values))

    def fors(self, n):
        out = []
        for g in n.generators:
            word = "async" if g.is_async else "for"
            out.append("<%s %s %s %s>" % (word, self.expr(g.target), self.expr(g.iter), self.many(g.ifs)))
        return " ".join(out)

    def xListComp(self, n):
        return self.node(n, "Comprehension", "0", "-", self.expr(n.elt), self.fors(n))

    def xSetComp(self, n):
        return self.node(n, "Comprehension", "1", "-", self.expr(n.elt), self.fors(n))

    def xDictComp(self, n):
        return self.node(n, "Comprehension", "2", self.expr(n.key), self.expr(n.value), self.fors(n))

    def xGeneratorExp(self, n):
        return self.node(n, "Comprehension", "3", "-", self.expr(n.elt), self.fors(n))

    def xAwait(self, n):
        return self.node(n, "Await", self.expr(n.value))

    def xYield(self, n):
        return self.node(n, "Yield", "false", self.expr(n.value))

    def xYieldFrom(self, n):
        return self.node(n, "Yield", "true", self.expr(n.value))

    def xNamedExpr(self, n):
        return self.node(n, "NamedExpr", self.expr(n.target), self.expr(n.value))

    def xStarred(self, n):
        return self.node(n, "Starred", self.expr(n.value))

    # Patterns, in the shape of expressions.

    def xMatchValue(self, n):
        return self.expr(n.value)

    def xMatchSingleton(self, n):
        return "(Constant %s)" % n.value

    def xMatchSequence(self, n):
        return "(List %s)" % self.many(n.patterns)

    def xMatchStar(self, n):
        return "(Starred (Name %s))" % (n.name or "_")

    def xMatchAs(self, n):
        if n.pattern is None:
            return "(Name %s)" % (n.name or "_")
        return "(PatternAs %s %s)" % (self.expr(n.pattern), n.name)

    def xMatchOr(self, n):
        out = self.expr(n.patterns[0])
        for p in n.patterns[1:]:
            out = "(BinOp | %s %s)" % (out, self.expr(p))
        return out

    def xMatchMapping(self, n):
        keys, values = [self.expr(k) for k in n.keys], [self.expr(p) for p in n.patterns]
        if n.rest:
            keys.append("-")
            values.append("(Name %s)" % n.rest)
        return "(Dict [%s] [%s])" % (" ".join(keys), " ".join(values))

    def xMatchClass(self, n):
        pairs = [a + "=" + self.expr(p) for a, p in zip(n.kwd_attrs, n.kwd_patterns)]
        return "(Call %s %s {%s})" % (self.expr(n.cls), self.many(n.patterns), " ".join(pairs))

    def params(self, a):
        out, plain = [], a.posonlyargs + a.args
        defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
        for i, (p, d) in enumerate(zip(plain, defaults)):
            out.append(self.param(0 if i < len(a.posonlyargs) else 1, p, d))
        if a.vararg:
            out.append(self.param(2, a.vararg, None))
        for p, d in zip(a.kwonlyargs, a.kw_defaults):
            out.append(self.param(3, p, d))
        if a.kwarg:
            out.append(self.param(4, a.kwarg, None))
        return "(" + " ".join(out) + ")"

    def param(self, kind, p, default):
        return "%d:%s:%s=%s" % (kind, p.arg, self.expr(p.annotation), self.expr(default))

    def type_params(self, n):
        out = []
        for p in getattr(n, "type_params", []):
            stars = {"TypeVar": "", "TypeVarTuple": "*", "ParamSpec": "**"}[type(p).__name__]
            bound, default = self.expr(getattr(p, "bound", None)), self.expr(getattr(p, "default_value", None))
            out.append(stars + p.name + ":" + bound + "=" + default)
        return "<" + " ".join(out) + ">"

    def line(self, depth, n, *parts):
        self.out.append("  " * depth + " ".join([type(n).__name__ + self.pos(n), *parts]))

    def body(self, depth, word, body):
        if body:
            self.out.append("  " * depth + word)
            for s in body:
                getattr(self, "s" + type(s).__name__)(s, depth + 1)

    def sFunctionDef(self, n, depth):
        self.line(depth, n, n.name, self.type_params(n), self.params(n.args), self.expr(n.returns), self.many(n.decorator_list))
        self.body(depth, "body", n.body)

    sAsyncFunctionDef = sFunctionDef

    def sClassDef(self, n, depth):
        self.line(depth, n, n.name, self.type_params(n), self.many(n.bases), self.keywords(n.keywords), self.many(n.decorator_list))
        self.body(depth, "body", n.body)

    def sReturn(self, n, depth):
        self.line(depth, n, self.expr(n.value))

    sExpr = sReturn

    def sDelete(self, n, depth):
        self.line(depth, n, self.many(n.targets))

    def sAssign(self, n, depth):
        self.line(depth, n, self.many(n.targets), self.expr(n.value))

    def sAugAssign(self, n, depth):
        self.line(depth, n, self.expr(n.target), OPS[type(n.op).__name__], self.expr(n.value))

    def sAnnAssign(self, n, depth):
        self.line(depth, n, self.expr(n.target), self.expr(n.annotation), self.expr(n.value))

    def sTypeAlias(self, n, depth):
        self.line(depth, n, n.name.id, self.type_params(n), self.expr(n.value))

    def sFor(self, n, depth):
        self.line(depth, n, self.expr(n.target), self.expr(n.iter))
        self.body(depth, "body", n.body)
        self.body(depth, "else", n.orelse)

    sAsyncFor = sFor

    def sWhile(self, n, depth):
        self.line(depth, n, self.expr(n.test))
        self.body(depth, "body", n.body)
        self.body(depth, "else", n.orelse)

    sIf = sWhile

    def sWith(self, n, depth):
        items = [self.expr(i.context_expr) + " as " + self.expr(i.optional_vars) for i in n.items]
        self.line(depth, n, *items)
        self.body(depth, "body", n.body)

    sAsyncWith = sWith

    def sMatch(self, n, depth):
        self.line(depth, n, self.expr(n.subject))
        for c in n.cases:
            self.pattern = True
            pattern = self.expr(c.pattern)
            self.pattern = False
            self.body(depth, "case " + pattern + " " + self.expr(c.guard), c.body)

    def sRaise(self, n, depth):
        self.line(depth, n, self.expr(n.exc), self.expr(n.cause))

    def sTry(self, n, depth):
        self.line(depth, n)
        self.body(depth, "body", n.body)
        for h in n.handlers:
            self.body(depth, "except" + self.pos(h) + " " + self.expr(h.type) + " " + (h.name or "-"), h.body)
        self.body(depth, "else", n.orelse)
        self.body(depth, "finally", n.finalbody)

    sTryStar = sTry

    def sAssert(self, n, depth):
        self.line(depth, n, self.expr(n.test), self.expr(n.msg))

    def aliases(self, n):
        return ",".join([a.name + self.pos(a) + " as " + (a.asname or "-") for a in n.names])

    def sImport(self, n, depth):
        self.line(depth, n, self.aliases(n))

    def sImportFrom(self, n, depth):
        self.line(depth, n, str(n.level), n.module or "-", self.aliases(n))

    def sGlobal(self, n, depth):
        self.line(depth, n, ",".join(n.names))

    sNonlocal = sGlobal

    def sPass(self, n, depth):
        self.line(depth, n)

    sBreak = sContinue = sPass


def main():
    sys.setrecursionlimit(20000)
    warnings.simplefilter("ignore")
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n", errors="backslashreplace")
    for name in sys.stdin.buffer.read().decode().splitlines():
        out.write("== " + name + "\n")
        with open(name, "rb") as f:
            source = f.read()
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
            out.write("! " + type(e).__name__ + " " + str(e).encode("ascii", "backslashreplace").decode() + "\n")
            continue
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = io.TextIOWrapper(io.BytesIO(source), encoding).read()
        d = Dump(text.split("\n"))
        for s in tree.body:
            getattr(d, "s" + type(s).__name__)(s, 0)
        out.write("\n".join(d.out) + "\n" if d.out else "")
    out.flush()


main()
