package python_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
)

// seeds are sources that reach far into the grammar, or into what is wrong with it.
func seeds() []string {
	return []string{
		"", "\n", "x", "\ufeffx = 1\r\n", "# coding: latin-1\nx = '\xe9'\n", "a\x00b",
		"def f(a, /, b: int = 1, *c, d, **e) -> None:\n    return a if b else c\n",
		"class A[T: int = str, *Ts, **P](B, metaclass=M):\n\tx: int = 1\n\n\tasync def g(self): await x\n",
		"f'{x!r:>{w}} {{}} {y=}' rb'a' f\"{f'{f\"{1}\"}'}\"\n", "t'{a}{b:c}'\n", "f'''\n{\nx\n:\n}'''\n", "f'{x:{y:{z}}}'",
		"match x:\n    case [1, -2 + 3j, *_] | {'a': b, **c} if d: pass\n    case A.B(c, d=e) as f: pass\n",
		"try:\n  x\nexcept A, B:\n  y\nexcept* C as d: z\nelse:\n  w\nfinally: v\n",
		"with (a as b, c as d,), e: pass\nwith (a, b): pass\nwith (yield): pass\n",
		"for x, *y in a, *b:\n    break\nelse: continue\nwhile (n := f()): pass\n",
		"lambda *a, b=1, **c: (yield)\nx = [i async for i in y if z for j in k]\n{**a, 'b': c}\n{*a}\n",
		"if a:\n  b\nelif c:\n    d\n  e\n\tf\n", "x = (\ny = 1\ndef f():\n  return 2\n", "print 'x' % y\nz = 1\n",
		"@a.b\n@c[0]\nclass D: pass\n@x\ny = 1\n", "from ...a.b import (c as d, e,)\nimport f.g as h, i\n", "type X[T] = int\ntype = 1\n",
		"a = b = c; d += e\ndel (a), b[1:2, ::3]\nglobal x, y\nassert a, b\nraise A from B\n", "0777 + 1_000j + 0x_f + 1e5 + 1__0\n",
		"\"\"\"a\n", "'a\nb\n", "x = \\\n  1\n\\\n", "if x:\n\\\n  y\n", "ﬁ = 𝒳 = ªº\n", "(" + strings.Repeat("[", 300), "a" + strings.Repeat(".b", 30),
		"a[b](c)(*d, **e)(f for g in h)[i:j, *k]\n", "not a in b is not c or -d ** -e @ f\n", "async def f():\n  async with a as b: pass\n  async for c in d: pass\n",
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1<<16 {
			return
		}
		file := python.Parse("fuzz.py", source)
		size := int32(len(file.Source))
		inside := func(what string, s python.Span) {
			if s.Start < 0 || s.End < s.Start || s.End > size {
				t.Errorf("%s at %v of %d bytes", what, s, size)
			}
		}
		for _, e := range file.Errors {
			inside(e.Message, e.Span)
		}
		last := int32(0)
		for _, c := range file.Comments {
			inside("comment", c)
			if c.Start < last || file.Source[c.Start] != '#' {
				t.Errorf("comment at %v after one that ends at %d", c, last)
			}
			last = c.End
		}
		whole := python.Span{Start: 0, End: size}
		for _, s := range file.Body {
			nested(t, file, s, whole)
		}
		if len(file.Errors) == 0 && !strings.Contains(file.Source, "coding") {
			again(t, file)
		}
	})
}

// nested checks that every node lies in its parent.
func nested(t *testing.T, file *python.File, n python.Node, parent python.Span) {
	at := n.At()
	if at.Start < parent.Start || at.End > parent.End || at.End < at.Start {
		t.Errorf("%T at %v is not in its parent at %v", n, at, parent)
		return
	}
	python.Inspect(n, func(child python.Node) bool {
		if child == n {
			return true
		}
		nested(t, file, child, at)
		return false
	})
}

// again checks that the text of a statement is that statement.
func again(t *testing.T, file *python.File) {
	for _, s := range file.Body {
		text := file.Text(s)
		other := python.Parse("again.py", text)
		if len(other.Errors) > 0 {
			t.Fatalf("%q alone: %v", text, other.Errors)
		}
		want, got := dumper{f: file, pattern: true}, dumper{f: other, pattern: true}
		want.stmt(s, 0)
		for _, s := range other.Body {
			got.stmt(s, 0)
		}
		if want.b.String() != got.b.String() {
			t.Errorf("%q\nas part: %s\n  alone: %s", text, &want.b, &got.b)
		}
	}
}
