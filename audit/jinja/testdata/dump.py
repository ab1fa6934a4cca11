"""Writes the trees that Jinja makes of the templates named on standard input in the form of dump_test.go.

Each tree follows a line "== path"; a template that Jinja refuses is "!" and the reason. Arguments
are options of the environment: name=value.
"""

import re
import sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, InternationalizationExtension


class Trans(InternationalizationExtension):
    def _make_node(self, singular, plural, context, variables, plural_expr, vars_referenced, num_called_num):
        def names(text):
            return re.findall(r"%\((\w+)\)s", (text or "").replace("%%", ""))

        line = "trans %s | %s | %s" % (
            " ".join(sorted(variables)), " ".join(names(singular)), " ".join(names(plural)))
        return nodes.ExprStmt(nodes.Const("\0" + line))


class Debug(Extension):
    tags = {"debug"}

    def parse(self, parser):
        next(parser.stream)
        return nodes.ExprStmt(nodes.Const("\0unknown debug"))


BINARY = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**"}
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "notin"}


def quote(s):
    out = []
    for c in s:
        n = ord(c)
        if 0xD800 <= n < 0xE000:
            n = 0xFFFD
        out.append(c if 32 <= n < 127 and c not in '\\"' else "\\{%x}" % n)
    return '"' + "".join(out) + '"'


def many(mark, *parts):
    return "(" + " ".join([mark, *parts]) + ")"


def flat(kind, n):
    if isinstance(n, kind):
        return flat(kind, n.left) + [expr(n.right)]
    return [expr(n)]


def arguments(n):
    out = [expr(a) for a in n.args]
    out += [k.key + "=" + expr(k.value) for k in n.kwargs]
    if n.dyn_args is not None:
        out.append("*" + expr(n.dyn_args))
    if n.dyn_kwargs is not None:
        out.append("**" + expr(n.dyn_kwargs))
    return out


def constant(v):
    if v is None or v is True or v is False:
        return str(v).lower()
    if isinstance(v, str):
        return quote(v)
    return "#%d" % v if isinstance(v, int) else "#float"


def expr(n):
    if n is None:
        return "none"
    name = type(n).__name__
    if name in BINARY:
        return many(BINARY[name], expr(n.left), expr(n.right))
    if name == "Concat":
        e = expr(n.nodes[0])
        for other in n.nodes[1:]:
            e = many("+", e, expr(other))
        return e
    if name in ("And", "Or"):
        return many(name.lower(), *flat(type(n), n))
    if name == "Compare":
        parts = [expr(n.expr)]
        for o in n.ops:
            parts += [COMPARE[o.op], expr(o.expr)]
        return many("cmp", *parts)
    if name == "Filter":
        return many("|" + n.name, "_" if n.node is None else expr(n.node), *arguments(n))
    if name == "Test":
        return many("?" + n.name, expr(n.node), *arguments(n))
    return EXPR[name](n)


EXPR = {
    "Name": lambda n: n.name,
    "NSRef": lambda n: many(".", n.name, n.attr),
    "Const": lambda n: constant(n.value),
    "TemplateData": lambda n: "?",
    "Getattr": lambda n: many(".", expr(n.node), n.attr),
    "Getitem": lambda n: many("[]", expr(n.node), expr(n.arg)),
    "Slice": lambda n: many(":", expr(n.start), expr(n.stop), expr(n.step)),
    "Call": lambda n: many("call", expr(n.node), *arguments(n)),
    "Not": lambda n: many("not", expr(n.node)),
    "Neg": lambda n: many("-", expr(n.node)),
    "Pos": lambda n: many("+", expr(n.node)),
    "CondExpr": lambda n: many("if", expr(n.test), expr(n.expr1), expr(n.expr2)),
    "Tuple": lambda n: many("tuple", *map(expr, n.items)),
    "List": lambda n: many("list", *map(expr, n.items)),
    "Dict": lambda n: many("dict", *[expr(p.key) + ":" + expr(p.value) for p in n.items]),
}


def signature(n):
    pad = [None] * (len(n.args) - len(n.defaults))
    return "(" + ",".join(a.name + ("" if d is None else "=" + expr(d)) for a, d in zip(n.args, pad + n.defaults)) + ")"


class Dump:
    def __init__(self):
        self.out = []

    def body(self, body, *end):
        for n in body:
            getattr(self, type(n).__name__)(n)
        self.out.extend(end)

    def line(self, *parts):
        self.out.append(" ".join(p for p in parts if p))

    def Output(self, n):
        for part in n.nodes:
            if isinstance(part, nodes.TemplateData):
                self.line("text %d" % len(part.data))
            else:
                self.line("output", expr(part))

    def If(self, n):
        self.line("if", expr(n.test))
        self.body(n.body)
        for e in n.elif_:
            self.line("elif", expr(e.test))
            self.body(e.body)
        if n.else_:
            self.line("else")
            self.body(n.else_)
        self.line("endif")

    def For(self, n):
        self.line("for", expr(n.target), "in", expr(n.iter), "if " + expr(n.test) if n.test else "",
                  "recursive" if n.recursive else "")
        self.body(n.body)
        if n.else_:
            self.line("else")
            self.body(n.else_)
        self.line("endfor")

    def Assign(self, n):
        if not (isinstance(n.target, nodes.Name) and n.target.name == "_trans"):
            self.line("set", expr(n.target), "=", expr(n.node))

    def AssignBlock(self, n):
        self.line("set", expr(n.target), expr(n.filter) if n.filter else "")
        self.body(n.body, "endset")

    def Block(self, n):
        self.line("block", n.name, "scoped" if n.scoped else "", "required" if n.required else "")
        self.body(n.body, "endblock")

    def Extends(self, n):
        self.line("extends", expr(n.template))

    def Include(self, n):
        self.line("include", expr(n.template), "ignore" if n.ignore_missing else "", "" if n.with_context else "without")

    def Import(self, n):
        self.line("import", expr(n.template), "as", n.target, "with" if n.with_context else "")

    def FromImport(self, n):
        names = [x if isinstance(x, str) else x[0] + ":" + x[1] for x in n.names]
        self.line("from", expr(n.template), " ".join(names), "with" if n.with_context else "")

    def Macro(self, n):
        self.line("macro", n.name, signature(n))
        self.body(n.body, "endmacro")

    def CallBlock(self, n):
        self.line("call", signature(n), expr(n.call))
        self.body(n.body, "endcall")

    def FilterBlock(self, n):
        self.line("filter", expr(n.filter))
        self.body(n.body, "endfilter")

    def With(self, n):
        self.line("with", *[expr(t) + "=" + expr(v) for t, v in zip(n.targets, n.values)])
        self.body(n.body, "endwith")

    def Scope(self, n):
        inner = n.body[0]
        self.line("autoescape", expr(inner.options[0].value))
        self.body(inner.body, "endautoescape")

    def ExprStmt(self, n):
        if isinstance(n.node, nodes.Const) and isinstance(n.node.value, str) and n.node.value[:1] == "\0":
            self.line(n.node.value[1:])
        else:
            self.line("do", expr(n.node))

    def Break(self, n):
        self.line("unknown break")

    def Continue(self, n):
        self.line("unknown continue")


def main():
    sys.setrecursionlimit(5000)
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", Trans, Debug], keep_trailing_newline=True,
        **dict(option.split("=", 1) for option in sys.argv[1:]))
    write = sys.stdout.buffer.write
    for path in sys.stdin.read().split("\n"):
        with open(path, "rb") as f:
            source = f.read().decode("utf-8", "replace")
        dump = Dump()
        try:
            dump.body(environment.parse(source).body)
        except Exception as e:
            write(("\n== %s\n! %s" % (path, str(e).replace("\n", " "))).encode("utf-8", "replace"))
            continue
        write(("\n== %s\n%s" % (path, "\n".join(dump.out))).encode("utf-8", "replace"))


main()
