package flow_test

import (
	"slices"
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
		"a text in capitals":         {head + order + "x.upper().replace('.', '_')[1:])\n", head + "C = {'a': 't.a', 'b': 't.b'}\n" + order + "C[x].upper().replace('.', '_')[1:])\n"},
		"a replacement":              {head + "C = {'a': 't.a', 'b': 't.b'}\ndef rows(x, y):\n    return run('select * from t order by ' + C[x].replace('.', y))\n", head + "C = {'a': 't.a', 'b': 't.b'}\n" + order + "C[x].replace('.', '_'))\n"},
		"a text that is split":       {head + "def rows(x):\n    for c in x.split():\n        run('select ' + c)\n", head + "def rows(x):\n    for c in 'a b'.split():\n        run('select ' + c)\n"},
		"marks without the last":     {head + "def rows(x):\n    return run('select * from t where a in (%s)' % ','.join(c for c in x)[:-1])\n", head + "def rows(x):\n    return run('select * from t where a in (%s)' % ('?,' * len(x)).rstrip(','))\n"},
		"what two sets have":         {head + "S = {'a', 'b'}\ndef rows(x):\n    return run('select ' + ', '.join(set(x) & set(x)))\n", head + "S = {'a', 'b'}\ndef rows(x):\n    return run('select ' + ', '.join(set(x) & S))\n"},
		"what a set has left":        {head + "S = {'a', 'b'}\ndef rows(x):\n    return run('select ' + ', '.join(set(x) - S))\n", head + "S = {'a', 'b'}\ndef rows(x):\n    return run('select ' + ', '.join(S - set(x)))\n"},
		"one at random":              {head + "import random\n" + order + "random.choice(x.all()) + x)\n", head + "import random\n" + order + "random.choice(['a', 'b']))\n"},
		"an enum":                    {head + "import enum\nclass S(enum.Enum):\n    A = 'a'\n" + order + "S[x].value + x)\n", head + "import enum\nclass S(enum.Enum):\n    A = 'a'\n" + order + "S[x].value + S(x).name + S.A.value)\n"},
		"a class's name":             {head + "class R:\n    def get(self, x):\n        return run('select * from ' + x.__class__.__name__)\n", head + "class R:\n    def get(self):\n        return run('select * from ' + type(self).__name__.lower() + self.__class__.__name__)\n"},
		"an attribute of the type":   {head + "class R:\n    table = None\n    def get(self, x):\n        return run('select * from ' + type(x).table)\n", head + "class R:\n    table = None\n    def get(self):\n        return run(f'select * from {type(self).table} {self.__class__.table}')\nclass U(R):\n    table = 'u'\n"},
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

// TestRowsAsAnswers: a column of a row is sent as a page; rows are sent as JSON, if at all.
func TestRowsAsAnswers(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nimport sqlite3\napp = Flask(__name__)\ndb = sqlite3.connect('a.db')\n" +
		"def query(stmt, args=(), one=False):\n    rv = db.execute(stmt, args).fetchall()\n    return (rv[0] if rv else None) if one else rv\n" +
		"def other(stmt, one=False):\n    cur = db.execute(stmt)\n    rv = cur.fetchall()\n    cur.close()\n    return rv if not one else rv[0]\n@app.route('/')\ndef v():\n    "
	const rows = "rows = db.execute('select a, b from t').fetchall()\n    "
	for name, c := range map[string]twins{
		"all":             {head + rows + "return rows[0][1]\n", head + rows + "return rows\n"},
		"one of all":      {head + rows + "return rows[0]['a']\n", head + rows + "return rows[0]\n"},
		"one":             {head + "return db.execute('select a from t').fetchone()[0]\n", head + "return db.execute('select a from t').fetchone()\n"},
		"a few":           {head + "return db.execute('select a from t').fetchmany(2)[0].a\n", head + "return db.execute('select a from t').fetchmany(2)\n"},
		"a text of it":    {head + rows + "return f'{rows}'\n", head + rows + "return jsonify(rows)\n"},
		"a helper":        {head + "return query('select a from t')[0]['a']\n", head + "return query('select a from t')\n"},
		"a helper's one":  {head + "return query('select a from t', one=True)['a']\n", head + "return query('select a from t', one=True)\n"},
		"another helper":  {head + "return other('select a from t', one=True)['a']\n", head + "return other('select a from t', one=True)\n"},
		"a list of them":  {head + rows + "return list(rows)[0]['a']\n", head + rows + "return list(rows)\n"},
		"a dict of it":    {head + rows + "return dict(rows[0])['a']\n", head + rows + "return dict(rows[0])\n"},
		"with a status":   {head + rows + "return rows[0]['a'], 200\n", head + rows + "return rows, 200\n"},
		"a made response": {head + rows + "return make_response(rows[0]['a'], 200)\n", head + rows + "return make_response(rows, 200)\n"},
		"in a loop":       {head + rows + "for r in rows:\n        return r['a']\n", head + rows + "for r in rows:\n        return {'a': r['a']}\n"},
		"together":        {head + rows + "return ', '.join(r['a'] for r in rows)\n", head + rows + "return [r['a'] for r in rows]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := func(f *flow.Flow) bool { return f.Kind == flow.HTML && f.Origin.Source == flow.Stored }
			if !slices.ContainsFunc(follow(t, c.harmful), shown) {
				t.Errorf("not found:\n%s", c.harmful)
			}
			if slices.ContainsFunc(follow(t, c.harmless), shown) {
				t.Errorf("found:\n%s", c.harmless)
			}
		})
	}
}
