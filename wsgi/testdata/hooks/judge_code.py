"""Code and templates."""
import ast
import collections
import timeit

from judging import passes, refused


def code():
    refused("eval", "1+len('a b')", lambda v: eval(v))
    refused("exec", "x;y", lambda v: exec("x=y=1;" + v))
    refused("timeit", "1;2", lambda v: timeit.timeit(v, number=1))
    refused("compile", "1 + 2", lambda v: compile(b"x = " + v.encode(), "<x>", "exec"))
    passes("literal_eval", "[1, 'a b']", lambda v: ast.literal_eval(v))
    passes("a constant", " + ", lambda v: eval("1 + 2"))
    passes("namedtuple", "_cls, a, b", lambda v: collections.namedtuple("N", "a b"))
    passes("import", "def ", lambda v: __import__("colorsys"))
    refused("not all is known", "a b", lambda v: eval("%d" % len(v)), unseen=True)


def templates():
    import jinja2
    import markupsafe
    plain = jinja2.Environment()
    own = jinja2.Environment(variable_start_string="[[", variable_end_string="]]", line_statement_prefix="%")

    def made(source, environment=plain):
        return environment.from_string(source).render(n=1)

    for v in ("{{ 7*7 }}", "{% if 1 %}x{% endif %}", "{#x#}", "a {{ n|int }} b", "{%- set a = 1 -%}", "{{ N }}"):
        refused("template", v, lambda v: made("Hi " + v))
        refused("cut", v + "z" * 50, lambda v: made("Hi " + v[:-40]))
        refused("escaped", v, lambda v: made("Hi %s" % markupsafe.escape(v)))
        refused("in small letters", v, lambda v: made("Dear " + v.lower()))
        passes("variable", v, lambda v: plain.from_string("Hi {{ n }}").render(n=v))
    refused("escaped quotes", "{{ '\"'~1 }}{{ 1 }}", lambda v: made("Hi %s" % str(markupsafe.escape(v))[-7:]))
    passes("a constant has the same", "{{ n }}", lambda v: made("Hi {{ n }}"))
    refused("an expression", "7*7|int", lambda v: made("Hi {{ " + v + " }}"))
    refused("out of a string", "a'~n~'", lambda v: made("Hi {{ '" + v + "' }}"))
    passes("in a string", "a b", lambda v: made("Hi {{ '" + v + "' }}"))
    refused("half a delimiter", "{7*7}", lambda v: made("Hi {" + v + "}"))
    passes("JSON", '{"a": 1}', lambda v: made("Hi " + v))
    refused("own delimiters", "[[7*7]]", lambda v: made("x" + v, own))
    passes("not its delimiters", "{{7*7}}", lambda v: made("x" + v, own))
    refused("line statement", "% if 1", lambda v: made("x\n" + v + "\n% endif", own))
    refused("line in a value", "a\n% set b = 1\n", lambda v: made("x" + v, own))
    refused("arithmetic", "9**9", lambda v: plain.compile_expression(v))
    refused("expression", "n.__class__", lambda v: plain.compile_expression(v))
    refused("not all is known", "a b", lambda v: made("%d" % len(v)), unseen=True)
