"""Writes what tree-sitter-python makes of the files named on standard input, in the form of treesitter_test.go.

Each file is a line "== path" and then a line "kind start end" for each node of a kind that both trees have, in
bytes; a file that tree-sitter finds an error in is "!" and the place. With the argument "names" it is the names
and the starts of the functions and classes, which of a broken file are those that survive.
"""

import io
import sys
import tokenize

import tree_sitter
import tree_sitter_python

KINDS = {
    "function_definition": "def", "class_definition": "class", "expression_statement": "line",
    "return_statement": "return", "delete_statement": "del", "raise_statement": "raise", "pass_statement": "pass",
    "break_statement": "break", "continue_statement": "continue", "global_statement": "global",
    "nonlocal_statement": "nonlocal", "assert_statement": "assert", "import_statement": "import",
    "import_from_statement": "from", "future_import_statement": "from", "type_alias_statement": "type",
    "if_statement": "if", "elif_clause": "elif", "for_statement": "for", "while_statement": "while",
    "try_statement": "try", "except_clause": "except", "with_statement": "with", "with_item": "item",
    "match_statement": "match", "case_clause": "case", "call": "call", "class_pattern": "call", "attribute": "attribute",
    "member_type": "attribute", "subscript": "subscript", "generic_type": "subscript", "binary_operator": "binary",
    "boolean_operator": "bool", "comparison_operator": "compare", "not_operator": "unary",
    "unary_operator": "unary", "conditional_expression": "ifelse", "lambda": "lambda", "list": "list",
    "list_pattern": "list", "set": "set", "dictionary": "dict", "dict_pattern": "dict",
    "list_comprehension": "comprehension", "dictionary_comprehension": "comprehension",
    "set_comprehension": "comprehension", "generator_expression": "comprehension", "await": "await", "yield": "yield",
    "named_expression": "walrus", "string": "string", "concatenated_string": "string",
    "interpolation": "interpolation", "format_expression": "interpolation", "keyword_argument": "keyword",
    "keyword_pattern": "keyword",
}
IN_PATTERN = {"call", "string", "dict", "keyword"}  # what else is in a case has another shape in the other tree
EXTRAS = {"comment", "line_continuation"}


def end(n):
    """Where a node ends, without the comments that tree-sitter counts among its block."""
    while n.child_count:
        for c in reversed(n.children):
            if c.type not in EXTRAS and c.end_byte > c.start_byte:
                break
        else:
            break
        n = c
    return n.end_byte


def same(kind, n, parent):
    """Is the node only a part of what is one node in the other tree?"""
    if kind == "string":
        return parent.type == "concatenated_string"
    if kind == "bool":
        return parent.type == n.type and operator(parent) == operator(n)
    if kind == "binary":  # of several types tree-sitter joins the last ones first
        return operator(n) == "|"
    if kind == "subscript":
        return parent.type == "type" and parent.parent.type == "type_alias_statement" and parent.prev_sibling.type == "type"
    return False


def prefixes(n):
    """The letters before the quotes of a string, or of several that are joined."""
    if n.type == "concatenated_string":
        return b"".join([prefixes(c) for c in n.named_children])
    return n.child(0).text.lower() if n.type == "string" else b""


def operator(n):
    return n.child_by_field_name("operator").type


def first(n):
    """The first leaf but the star of *f(): tree-sitter takes *f for what is called."""
    while n.child_count and n.type in ("call", "attribute", "subscript", "list_splat", "list_splat_pattern"):
        n = n.child(1 if n.type.startswith("list") else 0)
    return n


def inside(n):
    """Of with (a as b): and with (a): the item is what stands in the brackets."""
    if n.type == "with_item" and n.parent.named_child_count == 1 and n.child(0).type == "parenthesized_expression":
        value = n.child(0).named_child(0)
        return n if value.type in ("yield", "named_expression") else value
    return n


def wrong(n, parent):
    """Does tree-sitter take the code for something that it is not to CPython?"""
    return (n.type in ("print_statement", "exec_statement")
            or n.type == "type_alias_statement" and n.child(1).text.startswith(b"(")
            or n.type == "named_expression" and parent.type == "interpolation"
            or n.type == "binary_operator" and parent.type == n.type and operator(n) + operator(parent) == "^&")


BLOCKS = {"def", "class", "if", "elif", "for", "while", "try", "except", "with", "match", "case"}


def nodes(root):
    todo = [(root, None, False)]
    while todo:
        n, parent, pattern = todo.pop()
        if wrong(n, parent):
            raise ValueError("%s, which it is not: %.60r" % (n.type, n.text))
        kind = KINDS.get(n.type)
        pattern = n.type == "case_pattern" or pattern and n.type not in ("if_clause", "block")
        if kind and not same(kind, n, parent) and (not pattern or kind in IN_PATTERN):
            if kind == "string" and b"t" in prefixes(n):
                kind = "template"
            at = inside(n)
            start = parent.start_byte if parent.type == "decorated_definition" else first(at).start_byte
            yield kind, start, end(n) if kind in BLOCKS else at.end_byte
        for c in n.named_children:
            todo.append((c, n, pattern))


def names(root):
    todo = [root]
    while todo:
        n = todo.pop()
        if n.type in ("function_definition", "class_definition"):
            name = n.child_by_field_name("name")
            if name is not None and name.text:
                yield name.text.decode(), name.start_byte, name.end_byte
        todo.extend(n.named_children)


def problem(n):
    todo = [n]
    while todo:
        n = todo.pop()
        if n.is_error or n.is_missing:
            return "%d:%d" % (n.start_point[0] + 1, n.start_point[1] + 1)
        todo.extend(reversed([c for c in n.children if c.has_error]))


def main():
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n", errors="backslashreplace")
    for path in sys.stdin.buffer.read().decode().splitlines():
        out.write("== " + path + "\n")
        with open(path, "rb") as f:
            source = f.read()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
            source = source.decode(encoding).encode()
        except (SyntaxError, UnicodeDecodeError) as e:
            out.write("! " + str(e).replace("\n", " ") + "\n")
            continue
        root = parser.parse(source).root_node
        if sys.argv[1:] == ["names"]:
            found = names(root)
        elif root.has_error:
            out.write("! error at %s\n" % problem(root))
            continue
        else:
            found = nodes(root)
        try:
            found = sorted(found, key=lambda n: (n[1], -n[2], n[0]))
        except ValueError as e:
            out.write("! %s\n" % e)
            continue
        out.write("".join(["%s %d %d\n" % n for n in found]))
    out.flush()


main()
