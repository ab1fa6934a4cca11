package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestToldApart: what one attribute or one result holds says nothing of the others; the first
// is an attack, its twin takes the harmless one.
func TestToldApart(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nimport os, sqlite3\napp = Flask(__name__)\nCOLUMNS = {'a': 'x', 'b': 'y'}\n"
	const asked = head + "class Asked:\n    @classmethod\n    def read(cls, args):\n        q = cls()\n        q.columns = [c for c in args.getlist('c') if c in COLUMNS]\n        q.order = args.get('order')\n        return q\n"
	const run = "    def run(self):\n        return sqlite3.connect('a').execute('select ' + ', '.join(self.asked.columns) + ' order by ' + self.order())\n" +
		"@app.route('/')\ndef v():\n    return str(Statement(Asked.read(request.args)).run())\n"
	plain := func(params, order string) string {
		return asked + "class Statement:\n    def __init__(self, " + params + "):\n        self.asked = asked\n    def order(self):\n" + order + run
	}
	const checked = "        order = self.asked.order\n        if order not in self.asked.columns and order not in ('x', 'y'):\n            order = 'x'\n        return order\n"
	const unchecked = "        order = self.asked.order\n        if order in self.asked.columns:\n            pass\n        return order\n"
	const two = head + "def two(a):\n    if a:\n        return a, 'true'\n    return '', 'ls'\n@app.route('/')\ndef v():\n    a, b = two(request.args['a'])\n"
	for name, c := range map[string]struct {
		kind flow.Kinds
		twins
	}{
		"an attribute of what a constructor is given":    {flow.SQL, twins{plain("asked", unchecked), plain("asked", checked)}},
		"one whose class the parameter's annotation has": {flow.SQL, twins{plain("asked: Asked", unchecked), plain("asked: Asked", checked)}},
		"an element of a list at a place that is not known": {flow.Command, twins{
			view("if q:\n    x = ['a', 'b']\n    x[int(q)] = q\nelse:\n    x = ['c', 'd']\nos.system(x[0])"),
			view("if q:\n    x = ['a', 'b']\n    x[int(q)] = 'e'\nelse:\n    x = ['c', 'd']\nos.system(x[0])"),
		}},
		"a slice that begins at a very small number": {flow.Command, twins{
			view("x = 'ls ' + q\nos.system(x[(-2147483647 - 1):])"),
			view("x = 'ls ' + q\nos.system(x[:3])"),
		}},
		"a branch that a large number tells dead": {flow.Command, twins{
			view("n = 4294967296\nif n == 4294967296:\n    os.system(q)"),
			view("n = 4294967296\nif n == 1:\n    os.system(q)"),
		}},
		"the results of a function with two returns": {flow.Command, twins{two + "    os.system(a)\n", two + "    os.system(b)\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, c.kind)
		})
	}
}
