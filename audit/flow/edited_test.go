package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestEdited: a finding stands where one would edit the text: at the call of each caller that
// puts one together for a helper, and in the helper if that does it or nobody does. Lines that
// are expected end in "# <-".
func TestEdited(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nimport os, requests, sqlite3\napp = Flask(__name__)\ndb = sqlite3.connect('a.db')\n"
	view := func(name, body string) string {
		return "@app.route('/" + name + "')\ndef " + name + "():\n    q = request.args['q']\n    " + body + "\n    return ''\n"
	}
	for name, source := range map[string]string{
		"two callers": head + "def run(sql):\n    return db.execute(sql)\n" +
			view("a", "run('select ' + q) # <-") + view("b", "sql = f'select {q}'\n    run(sql) # <-"),
		"a caller that builds nothing": head + "def run(sql):\n    return db.execute(sql) # <-\n" + view("a", "run(q)"),
		"one of each":                  head + "def run(sql):\n    return db.execute(sql) # <-\n" + view("a", "run(q)") + view("b", "run('select %s' % q) # <-"),
		"a helper that builds":         head + "def run(x):\n    return db.execute('select ' + x) # <-\n" + view("a", "run(q)") + view("b", "run('a=' + q)"),
		"two helpers":                  head + "def deep(sql):\n    return db.execute(sql)\ndef run(sql):\n    return deep(sql)\n" + view("a", "run('select ' + q) # <-"),
		"the one between builds":       head + "def deep(sql):\n    return db.execute(sql)\ndef run(x):\n    return deep('select ' + x) # <-\n" + view("a", "run(q)") + view("b", "run(q)"),
		"a builder beside the helper":  head + "def run(sql):\n    return db.execute(sql)\ndef make(x):\n    return 'select ' + x\n" + view("a", "run(make(q)) # <-"),
		"a method":                     head + "class Db:\n    def run(self, sql, args=()):\n        return db.execute(sql, args)\n" + view("a", "Db().run('select ' + q) # <-") + view("b", "Db().run('select ?', (q,))"),
		"by name":                      head + "def run(sql=''):\n    return db.execute(sql)\n" + view("a", "run(sql='select ' + q) # <-"),
		"a wrapped helper":             head + "def with_db(f):\n    def w(*a):\n        return f(db, *a)\n    return w\n@with_db\ndef run(c, sql):\n    return c.execute(sql)\n" + view("a", "run('select ' + q) # <-"),
		"one that is given a function": head + "def each(f, x):\n    return f(x)\n" + view("a", "each(os.system, 'ls ' + q) # <-"),
		"a lambda":                     head + view("a", "f = lambda x: os.system(x)\n    f('ls ' + q) # <-"),
		"a lambda that builds":         head + view("a", "f = lambda x: os.system('ls ' + x) # <-\n    f(q)"),
		"another module":               head + "from tools import run\n" + view("a", "run('ls ' + q) # <-") + "-- tools.py --\nimport os\ndef run(x):\n    os.system(x)\n",
		"an address":                   head + "def get(url):\n    return requests.get(url)\n" + view("a", "get('http://' + q) # <-"),
		"a file":                       head + "def read(path):\n    return open(path).read()\n" + view("a", "read(os.path.join('/data', q)) # <-"),
		"a redirect":                   head + "def back(to):\n    return redirect(to)\n" + view("a", "back('//' + q) # <-"),
		"code":                         head + "def run(x):\n    return eval(x)\n" + view("a", "run('1 + ' + q) # <-"),
		"a template's text":            head + "def page(x):\n    return render_template_string(x)\n" + view("a", "page('<p>' + q) # <-"),
		"what is kept":                 head + "class Job:\n    def __init__(self, sql):\n        self.sql = sql\n    def run(self):\n        db.execute(self.sql) # <-\n" + view("a", "Job('select ' + q).run()"),
		"a thread":                     head + "import threading\ndef run(x):\n    os.system(x)\n" + view("a", "threading.Thread(target=run, args=('ls ' + q,)).start() # <-"),
		"the same text twice":          head + "def run(sql):\n    return db.execute(sql)\n" + view("a", "sql = 'select ' + q\n    run(sql) # <-\n    run(sql) # <-"),
		"in a loop of the helper":      head + "def run(*all):\n    for sql in all:\n        db.execute(sql)\n" + view("a", "run('select 1', 'select ' + q) # <-"),
		"a log stays where it is":      head + "import logging\ndef say(x):\n    logging.info(x) # <-\n" + view("a", "say('got ' + q)"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			file, n := "app.py", 0
			for line := range strings.Lines(source) {
				if n++; strings.HasPrefix(line, "-- ") {
					file, n = strings.Fields(line)[1], 0
				}
				if strings.HasSuffix(line, "# <-\n") {
					want = append(want, fmt.Sprintf("%s:%d", file, n))
				}
			}
			if got := lines(t, source); !slices.Equal(got, want) {
				t.Errorf("found at %q, want %q:\n%s", got, want, source)
			}
		})
	}
}

// lines are the places of all flows from a request but those into pages, in order.
func lines(t *testing.T, source string) []string {
	t.Helper()
	p, templates := read(t, source)
	var all []string
	for _, f := range flow.Run(t.Context(), p, templates) {
		if f.Origin.Source != flow.Request || f.Kind&flow.Markup != 0 || f.Kind == flow.Format {
			continue
		}
		for _, m := range p.Modules {
			if m.Path == f.Use.File {
				line, _ := m.File.Position(f.Use.Span.Start)
				if at := fmt.Sprintf("%s:%d", m.Path, line); !slices.Contains(all, at) {
					all = append(all, at)
				}
			}
		}
	}
	return all
}

// TestUnproven: a statement that is put together of what nobody is known to give, in the
// function itself or for a helper; its twin is of the program's own.
func TestUnproven(t *testing.T) {
	t.Parallel()
	const head = "import sqlite3\ndb = sqlite3.connect('a.db')\ndef run(sql, args=()):\n    return db.execute(sql, args)\n"
	for name, c := range map[string]twins{
		"here": {
			head + "def rows(t):\n    return db.execute('select * from ' + t)\n",
			head + "def rows(t):\n    return db.execute('select * from t where a = ?', (t,))\n",
		},
		"through a helper": {
			head + "def rows(t):\n    return run('select * from ' + t)\n",
			head + "def rows(t):\n    return run('select * from t where a = ?', (t,))\n",
		},
		"through two": {
			head + "def all(sql):\n    return run(sql)\ndef rows(t):\n    return all('select * from ' + t)\n",
			head + "def all(sql):\n    return run(sql)\ndef rows(t):\n    return all('select * from ' + str(int(t)))\n",
		},
		"a method": {
			head + "class R:\n    def run(self, sql):\n        return db.execute(sql)\n    def rows(self, t):\n        return self.run(f'select * from {t}')\n",
			head + "class R:\n    def run(self, sql):\n        return db.execute(sql)\n    def rows(self, t):\n        return self.run('select * from ' + 'users')\n",
		},
		"in several steps": {
			head + "def rows(t, n):\n    sql = 'select * from t'\n    if n:\n        sql += ' where n = ' + n\n    return run(sql)\n",
			head + "def rows(t, n):\n    sql = 'select * from t'\n    if n:\n        sql += ' where n = 1'\n    return run(sql)\n",
		},
		"a mark for each value": {
			head + "def rows(t):\n    return run('select * from t where a in (' + ', '.join([t] * len(t)) + ')', t)\n",
			head + "def rows(t):\n    return run('select * from t where a in (' + ', '.join(['%s'] * len(t)) + ')', t)\n",
		},
		"a name that is quoted": {
			head + "def name(x):\n    return '\"' + x + '\"'\ndef rows(t):\n    return run('select * from ' + name(t))\n",
			head + "def quote_name(x):\n    return '\"' + x + '\"'\ndef rows(t):\n    return run('select * from ' + quote_name(t))\n",
		},
		"a value whose quotes are doubled": {
			head + "def rows(t):\n    return run(\"select * from t where a = '%s'\" % t.replace('x', ''))\n",
			head + "def rows(t):\n    return run(\"select * from t where a = '%s'\" % t.replace(\"'\", \"''\"))\n",
		},
		"what is known when it is read again": {
			head + "class C:\n    def __init__(self, q):\n        self.q = q\n    def rows(self):\n        return db.execute('select * from ' + self.q.name)\nclass Q:\n    def __init__(self, name):\n        self.name = name\ndef a(x):\n    C(Q(x)).rows()\n",
			head + "class C:\n    def __init__(self, q):\n        self.q = q\n    def rows(self):\n        return db.execute('select * from ' + self.q.name)\nclass Q:\n    def __init__(self):\n        self.name = 'users'\ndef a():\n    C(Q()).rows()\n",
		},
		"a caller that gives a constant": {
			head + "def rows(t):\n    return run('select * from ' + t)\ndef a(x):\n    rows('users')\n    rows(x)\n",
			head + "def rows(t):\n    return run('select * from ' + t)\nrows('users')\nrows('notes')\n",
		},
		"a caller that gives a constant, without a helper": {
			head + "def rows(t):\n    return db.execute('select * from ' + t)\ndef a(x):\n    rows('users')\n    rows(x)\n",
			head + "def rows(t):\n    return db.execute('select * from ' + t)\nrows('users')\nrows('notes')\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := func(source string) (n int) {
				for _, f := range follow(t, source) {
					if f.Kind == flow.SQL && f.Origin.Source == flow.Unproven {
						n++
					}
				}
				return n
			}
			if n := count(c.harmful); n != 1 {
				t.Errorf("found %d times:\n%s", n, c.harmful)
			}
			if count(c.harmless) != 0 {
				t.Errorf("found:\n%s", c.harmless)
			}
		})
	}
}
