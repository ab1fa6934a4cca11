package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestPatterns: what the names of a match statement and of a with statement are bound to.
func TestPatterns(t *testing.T) {
	t.Parallel()
	const row = "from dataclasses import dataclass\n@dataclass\nclass P:\n    a: str\n    b: str = 'ls'\n"
	const managed = "from contextlib import contextmanager\n"
	for name, c := range map[string]twins{
		"a sequence pattern": {
			app("", "match q.split():\n        case ['run', x]:\n            os.system(x)"),
			app("", "match ['ls', q]:\n        case [x, _]:\n            os.system(x)"),
		},
		"a mapping pattern": {
			app("", "match request.json:\n        case {'cmd': x}:\n            os.system(x)"),
			app("", "match {'cmd': 'ls', 'b': q}:\n        case {'cmd': x}:\n            os.system(x)"),
		},
		"the rest of a mapping": {
			app("", "match request.json:\n        case {'a': 1, **rest}:\n            os.system(rest['b'])"),
			app("", "match {'a': q, 'b': 'ls'}:\n        case {'a': _, **rest}:\n            os.system(rest['b'])"),
		},
		"a class pattern": {
			app(row, "match P(q):\n        case P(a=x):\n            os.system(x)"),
			app(row, "match P(q):\n        case P(b=x):\n            os.system(x)"),
		},
		"a class pattern by place": {
			app(row, "match P(q):\n        case P(x):\n            os.system(x)"),
			app(row, "match P(q):\n        case P(_, x):\n            os.system(x)"),
		},
		"a pattern with a name": {
			app("", "match q:\n        case str() as x:\n            os.system(x)"),
			app("", "match q:\n        case 'a' | 'b' as x:\n            os.system(x)"),
		},
		"a guard of a case": {
			app("", "match q:\n        case x if len(x) > 3:\n            os.system(x)"),
			app("", "match q:\n        case x if x in ('a', 'b'):\n            os.system(x)"),
		},
		"a constant case": {
			app("", "match q:\n        case 'a':\n            pass\n        case _:\n            os.system(q)"),
			app("", "match q:\n        case 'a':\n            os.system(q)\n        case 'b' | 'c':\n            os.system(q)"),
		},
		"a context manager": {
			app(managed+"@contextmanager\ndef opened(x):\n    yield x\n", "with opened(q) as y:\n        os.system(y)"),
			app(managed+"@contextmanager\ndef opened(x):\n    yield 'ls'\n", "with opened(q) as y:\n        os.system(y)"),
		},
		"an object of a context manager": {
			app(managed+"class C:\n    def run(self, x):\n        os.system(x)\n    def other(self, x): pass\n@contextmanager\ndef opened():\n    yield C()\n", "with opened() as y:\n        y.run(q)"),
			app(managed+"class C:\n    def run(self, x):\n        os.system(x)\n    def other(self, x): pass\n@contextmanager\ndef opened():\n    yield C()\n", "with opened() as y:\n        y.other(q)"),
		},
		"what __enter__ gives back": {
			app("class C:\n    def __init__(self, x):\n        self.x = x\n    def __enter__(self):\n        return self.x\n    def __exit__(self, *a): pass\n", "with C(q) as y:\n        os.system(y)"),
			app("class C:\n    def __init__(self, x):\n        self.x = x\n    def __enter__(self):\n        return 'ls'\n    def __exit__(self, *a): pass\n", "with C(q) as y:\n        os.system(y)"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}
