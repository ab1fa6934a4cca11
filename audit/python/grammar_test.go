package python_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/python"
)

// TestNewest: the grammar of Python 3.14, written from the PEPs, because the interpreter of
// the other tests may be older.
func TestNewest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ source, want string }{
		// PEP 750: template strings.
		{"t'a{b}c'", `Expr (FString t["a" <(Name b)! -> "c"])`},
		{"T'{a!r:>{b}}' rt'\\{c}' Rt\"{d=}\"", `Expr (FString t[<(Name a)!r [">" <(Name b)! ->]> "\{5c}" <(Name c)! -> "d=" <(Name d)!r ->])`},
		{"t'''{\na}{{}}'''", `Expr (FString t[<(Name a)! -> "{}"])`},
		{"t'{f'{t'{a}'}'}'", `Expr (FString t[<(FString [<(FString t[<(Name a)! ->])! ->])! ->])`},
		{"t''", `Expr (FString t[])`},
		{"execute(t'SELECT {a}')", `Expr (Call (Name execute) [(FString t["SELECT " <(Name a)! ->])] {})`},
		{"t = t'{t}'", `Assign [(Name t)] (FString t[<(Name t)! ->])`},
		// PEP 758: several exceptions without brackets.
		{"try: a\nexcept B, C: d\nexcept E.f, : g", "Try\nbody\n  Expr (Name a)\nexcept (Tuple [(Name B) (Name C)]) -\n" +
			"  Expr (Name d)\nexcept (Tuple [(Attribute (Name E) f)]) -\n  Expr (Name g)"},
		{"try: a\nexcept* B, C: d", "TryStar\nbody\n  Expr (Name a)\nexcept (Tuple [(Name B) (Name C)]) -\n  Expr (Name d)"},
		{"try: a\nexcept (B, C) as d: e", "Try\nbody\n  Expr (Name a)\nexcept (Tuple [(Name B) (Name C)]) d\n  Expr (Name e)"},
	} {
		f := python.Parse("a.py", test.source)
		if got := shape(f); got != test.want+"\n" {
			t.Errorf("%s\n got %s\nwant %s", test.source, got, test.want)
		}
	}
}

// TestRefused: what no Python reads is an error, at the right place. CPython 3.13 refuses
// each of these, or 3.14 those that are new.
func TestRefused(t *testing.T) {
	t.Parallel()
	for source, at := range map[string]int32{
		"t'a' 'b'": 0, "t'a' f'b'": 0, "t'{a}' b'c'": 0, "f'a' b'c'": 0, "tb'a'": 2, "ft'a'": 2, "uf'a'": 2,
		"try: a\nexcept B, C as d: e": 19, "try: a\nexcept*: b": 14, "try: a\nexcept B: c\nexcept* D: e": 0, "try: a": 0,
		"f(a=1, b)": 7, "f(**a, *b)": 7, "f(a for b in c, d)": 2, "f(1=2)": 3, "f((a)=2)": 5, "f(a.b=1)": 5,
		"f'{}'": 3, "f'{a!x}'": 5, "f'{a'": 4, "f'}'": 2, "f'{lambda x: y}'": 10, "f'{a b}'": 5, "f'{a:{b:{c:{d}}}}'": 11,
		"1__0": 0, "1_": 0, "0x": 0, "0b2": 0, "0o8": 0, "012": 0, "1abc": 0, "1e5_": 0, "1.5x": 0,
		"a = 'b": 4, "a = '''b": 4, "b'é'": 0, "'\\x1'": 0, "'\\U00110000'": 0, "'\\N{'": 0,
		"a + not b": 4, "await await a": 6, "not": 3, "*": 1, "a b": 2, "a.1": 1, "a..b": 2, "a if b": 6, "lambda: (yield": 14,
		"x := 1": 2, "(x.y := 1)": 5, "(a, b := 1, *c) = 2": 4, "f() = 1": 0, "a + 1 = 2": 0, "None = 1": 0, "(yield) = 1": 1,
		"[a, 1] = b": 4, "f() += 1": 0, "(a, b) += 1": 0, "a, b: int": 4, "del f()": 4, "del *a": 4, "for f() in x: y": 4,
		"with a as 1: b": 10, "with (a as 1): b": 8, "import a.": 9, "from a import (b": 16, "from a import b,": 16, "from a import": 13,
		"def f(a=1, b): c": 11, "def f(*): a": 7, "def f(*, **a): b": 7, "def f(**a, b): c": 11, "def f(a, /, b, /): c": 15,
		"def f(*a, *b): c": 10, "def f(*a=1): b": 8, "lambda a: b: c": 11, "class A[T]: pass\nclass B[]: pass": 25, "type X[*T: int] = a": 9,
		"if a:\nb": 6, "if a: if b: c": 6, "  a": 2, "else: a": 0, "@a\nb": 0, "async a": 6, "return a b": 9, "global a.b": 8,
		"match a:\n  b": 6, "match a:\n  case b.c(d=1, e): f": 25, "match a:\n  case {b: c}: d": 18, "match a:\n  case *b: c": 16,
		"match a:\n  case b as _: c": 22, "a ? b": 2, "a $ b": 2, "`a`": 0, "a <> b": 3, "a\\ b": 1, "a)": 1, "(a]": 2, "(a": 2, "{a: b, c}": 8,
		"[*a for a in b]": 1, "(*a)": 1, "{**a for a in b}": 5, "print 'a'": 6, "a = = b": 4, "a ++": 4, "nonlocal": 8, "\\": 0, "a\u00a0b": 0,
	} {
		f := python.Parse("a.py", source)
		if len(f.Errors) == 0 {
			t.Errorf("%q: no error", source)
		} else if got := f.Errors[0].Span.Start; got != at {
			t.Errorf("%q: error at %d, want %d: %s", source, got, at, f.Errors[0].Message)
		}
	}
}
