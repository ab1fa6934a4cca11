package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// unproven counts the statements that are put together of what nobody is known to give.
func unproven(t *testing.T, source string) (n int) {
	t.Helper()
	for _, f := range follow(t, source) {
		if f.Kind == flow.SQL && f.Origin.Source != flow.Stored {
			n++
		}
	}
	return n
}

// TestWritten: a part of a statement that is one of those that the program has written,
// whatever chooses it. In the twins it may be something else.
func TestWritten(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nimport sqlite3, os\napp = Flask(__name__)\ndb = sqlite3.connect('a.db')\ndef run(sql, args=()):\n    return db.execute(sql, args)\n"
	const order = "def rows(x):\n    return run('select * from t order by ' + "
	const loop = "    sets = []\n    for key in "
	const set = ":\n        sets.append(key + ' = :' + key)\n    return run('update t set ' + ', '.join(sets))\n"
	for name, c := range map[string]twins{
		"a dict":                     {head + "from x import load\nC = {'a': 't.a', 'b': load()}\n" + order + "C[x])\n", head + "C = {'a': 't.a', 'b': 't.b'}\n" + order + "C[x])\n"},
		"a dict's get":               {head + "C = {'a': 't.a'}\n" + order + "C.get(x, x))\n", head + "C = {'a': 't.a'}\n" + order + "C.get(x, 't.b'))\n"},
		"the keys of a request":      {head + "C = {'a': 't.a', 'b': 't.b'}\n@app.route('/')\ndef v():\n    run('select * from t order by ' + request.args.get(C.get('a')))\n", head + "C = {'a': 't.a', 'b': 't.b'}\n@app.route('/')\ndef v():\n    run('select * from t order by ' + C.get(request.args.get('a')))\n"},
		"one that is added to":       {head + "def rows(x, more):\n    c = {'a': 't.a'}\n    c.update(more())\n    return run('select ' + c[x])\n", head + "def rows(x):\n    c = {'a': 't.a'}\n    c.update(b='t.b')\n    return run('select ' + c[x])\n"},
		"one that holds another":     {head + "from x import more\nC = {'a': 't.a', **more()}\n" + order + "C[x])\n", head + "more = {'b': 't.b'}\nC = {'a': 't.a', **more}\n" + order + "C[x])\n"},
		"a copy":                     {head + "from x import more\nC = dict(more(), a='t.a')\n" + order + "C[x])\n", head + "C = dict({'b': 't.b'}, a='t.a')\n" + order + "C[x])\n"},
		"one that is assigned to":    {head + "C = {'a': 't.a'}\ndef put(k, v):\n    C[k] = v\n" + order + "C[x])\n", head + "C = {'a': 't.a'}\ndef put(k):\n    C[k] = 't.b'\n" + order + "C[x])\n"},
		"a dict of a class":          {head + "class Q:\n    C = {'a': 't.a'}\n    def rows(self, x, y):\n        return run('select * from t order by ' + self.C.get(x, y))\n", head + "class Q:\n    C = {'a': 't.a'}\n    def rows(self, x):\n        return run('select * from t order by ' + self.C.get(x, 't.b'))\n"},
		"a dict of another module":   {"-- names.py --\nfrom x import load\nC = {'a': load()}\n-- app.py --\n" + head + "import names\n" + order + "names.C[x])\n", "-- names.py --\nC = {'a': 't.a'}\n-- app.py --\n" + head + "import names\n" + order + "names.C[x])\n"},
		"a dict in a dict":           {head + "from x import load\nC = {'t': {'a': load()}}\n" + order + "C[x][x])\n", head + "C = {'t': {'a': 't.a'}, 'u': {'a': 'u.a', 'b': 'u.b'}}\n" + order + "C[x][x])\n"},
		"a pair":                     {head + "C = {'a': ('t.a', 'desc')}\ndef rows(x, y):\n    col, way = C.get(x, (y, y))\n    return run(f'select * from t order by {col} {way}')\n", head + "C = {'a': ('t.a', 'desc'), 'b': ('t.b', 'asc')}\ndef rows(x):\n    col, way = C[x]\n    return run(f'select * from t order by {col} {way}')\n"},
		"a loop over a list":         {head + "def rows(data):\n" + loop + "data" + set, head + "def rows(data):\n" + loop + "('a', 'b')" + set},
		"a loop over a dict":         {head + "def rows(data):\n" + loop + "{**data, 'c': 1}" + set, head + "def rows(data):\n" + loop + "{'a': 1, 'b': data}" + set},
		"over its items":             {head + "def rows(data):\n    sets = []\n    for k, v in {'a': data, 'b': 'y'}.items():\n        sets.append(k + ' = ' + v)\n    return run('update t set ' + ', '.join(sets))\n", head + "def rows(data):\n    sets = []\n    for k, v in {'a': data, 'b': 'y'}.items():\n        sets.append(k + ' = ?')\n    return run('update t set ' + ', '.join(sets))\n"},
		"over some of a list":        {head + "def rows(data):\n    names = [n for n in data if n]\n    return run('insert into t (%s)' % ', '.join(names))\n", head + "N = ['a', 'b']\ndef rows(data):\n    names = [n for n in N if n in data]\n    return run('insert into t (%s)' % ', '.join(names))\n"},
		"a list that another fills":  {head + "C = {'a': 't.a'}\ndef build(d):\n    w = []\n    for k, v in d.items():\n        w.append('%s = ?' % k)\n    return ' and '.join(w) or '1=1', d\ndef rows(d):\n    w, p = build(d)\n    return run('select * from t where ' + w, p)\n", head + "C = {'a': 't.a'}\ndef build(d):\n    w = []\n    for k, v in d.items():\n        w.append('%s = ?' % C.get(k))\n    return ' and '.join(w) or '1=1', d\ndef rows(d):\n    w, p = build(d)\n    return run('select * from t where ' + w, p)\n"},
		"a builder":                  {head + "class Q:\n    def __init__(self):\n        self.parts = []\n    def where(self, c):\n        self.parts.append(f'{c} = ?')\n        return self\n    def run(self):\n        return run('select * from t where ' + ' and '.join(self.parts))\n", head + "C = {'a': 't.a'}\nclass Q:\n    def __init__(self):\n        self.parts = []\n    def where(self, c):\n        self.parts.append(f'{C[c]} = ?')\n        return self\n    def run(self):\n        return run('select * from t where ' + ' and '.join(self.parts))\n"},
		"a table of classes below":   {head + "from x import load\nclass R:\n    table = None\n    def get(self, id):\n        return run('select * from ' + self.table)\nclass U(R):\n    table = load()\n", head + "class R:\n    table = None\n    def get(self, id):\n        return run('select * from ' + self.table)\nclass U(R):\n    table = 'users'\nclass N(R):\n    table = 'notes'\n"},
		"a table that no class has":  {head + "class R:\n    table = None\n    def get(self, id):\n        return run('select * from ' + self.table)\n", head + "class R:\n    table = 'users'\n    def get(self, id):\n        return run('select * from ' + self.table)\n"},
		"a table of the class":       {head + "from x import load\nclass R:\n    table = ''\n    @classmethod\n    def get(cls):\n        return run('select * from ' + cls.table)\nclass U(R):\n    table = load()\n", head + "class R:\n    table = ''\n    @classmethod\n    def get(cls):\n        return run('select * from ' + cls.table)\nclass U(R):\n    table = 'users'\n"},
		"columns of classes below":   {head + "class R:\n    fields = ()\n    def put(self, **values):\n        return run('insert into t (%s)' % ', '.join(f for f in values if f not in self.fields))\nclass U(R):\n    fields = ('a', 'b')\n", head + "class R:\n    fields = ()\n    def put(self, **values):\n        return run('insert into t (%s)' % ', '.join(f for f in self.fields if f in values))\nclass U(R):\n    fields = ('a', 'b')\n"},
		"the app's config":           {head + "def rows(x):\n    return run(f\"select * from {current_app.jinja_env[x]}.t\")\n", head + "def rows(x):\n    return run(f\"select * from {current_app.config['SCHEMA']}.t\" + current_app.config.get('MORE', ''))\n"},
		"the environment":            {head + "def rows(x):\n    return run('select * from ' + os.popen(x).read())\n", head + "def rows(x):\n    return run('select * from ' + os.environ['SCHEMA'] + os.getenv('MORE', ''))\n"},
		"a table that a visitor set": {head + "class R:\n    table = None\n    def get(self):\n        return run('select * from ' + self.table)\nclass U(R):\n    table = 'users'\n@app.route('/')\ndef v():\n    u = U()\n    u.table = request.args['t']\n    return u.get()\n", head + "class R:\n    table = None\n    def get(self):\n        return run('select * from ' + self.table)\nclass U(R):\n    table = 'users'\n@app.route('/')\ndef v():\n    return U().get()\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if unproven(t, c.harmful) == 0 {
				t.Errorf("not found:\n%s", c.harmful)
			}
			if unproven(t, c.harmless) != 0 {
				t.Errorf("found:\n%s", c.harmless)
			}
		})
	}
}
