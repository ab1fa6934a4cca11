package flow_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// follow runs a project, given as files each after a line "-- name --" or as one app.py.
func follow(t testing.TB, source string) []*flow.Flow {
	t.Helper()
	p, templates := read(t, source)
	return flow.Run(t.Context(), p, templates)
}

func read(t testing.TB, source string) (*program.Program, []*jinja.Template) {
	t.Helper()
	all := map[string]string{}
	name := "app.py"
	for line := range strings.Lines(source) {
		if strings.HasPrefix(line, "-- ") && strings.HasSuffix(line, " --\n") {
			name = strings.Fields(line)[1]
			continue
		}
		all[name] += line
	}
	var files []*python.File
	var templates []*jinja.Template
	for name, text := range all {
		if strings.HasSuffix(name, ".py") {
			files = append(files, python.Parse(name, text))
		} else {
			templates = append(templates, jinja.Parse(name, text, jinja.Options{Autoescape: strings.HasSuffix(name, ".html")}))
		}
	}
	return program.New(files), templates
}

// view is an app with one view whose body is given, and whose parameter q is the query's.
func view(body string) string {
	var b strings.Builder
	b.WriteString("from flask import *\nimport os, sqlite3, subprocess\napp = Flask(__name__)\n@app.route('/v')\ndef v():\n    q = request.args['q']\n")
	for line := range strings.Lines(body + "\n") {
		b.WriteString("    " + line)
	}
	return b.String()
}

// TestReaches: a visitor's text gets to os.system over each of these ways.
func TestReaches(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"directly":                     "os.system(q)",
		"plus":                         "os.system('ls ' + q)",
		"percent":                      "os.system('ls %s' % q)",
		"percent with a tuple":         "os.system('ls %d %s' % (3, q))",
		"percent with names":           "os.system('ls %(a)s' % {'a': q})",
		"format":                       "os.system('ls {}'.format(q))",
		"format with a name":           "os.system('ls {x}'.format(x=q))",
		"format with a part":           "d = {'k': q}\nos.system('ls {0[k]}'.format(d))",
		"f-string":                     "os.system(f'ls {q!s:>5}')",
		"join of a list":               "os.system(' '.join(['ls', q]))",
		"join of a generator":          "os.system(' '.join(x for x in [q]))",
		"augmented":                    "s = 'ls '\ns += q\nos.system(s)",
		"one of two branches":          "s = 'ls'\nif q == os.name:\n    pass\nelse:\n    s = q\nos.system(s)",
		"a loop":                       "s = ''\nfor x in [q]:\n    s = s + x\nos.system(s)",
		"what a turn stores":           "a = b = ''\nwhile os.name:\n    b = a\n    a = q\nos.system(b)",
		"break":                        "s = ''\nfor x in request.form.keys():\n    if x:\n        s = x\n        break\nos.system(s)",
		"try":                          "try:\n    s = q\nexcept ValueError:\n    s = ''\nos.system(s)",
		"with":                         "with open('/tmp/x') as f:\n    s = q\nos.system(s)",
		"walrus":                       "if (s := q):\n    os.system(s)",
		"or":                           "os.system(q or 'ls')",
		"conditional expression":       "os.system('ls' if os.name == 'x' else q)",
		"tuple":                        "a, b = 1, q\nos.system(b)",
		"starred":                      "a, *b = [1, q]\nos.system(b[0])",
		"dict by key":                  "d = {'a': 1, 'b': q}\nos.system(d['b'])",
		"dict by unknown key":          "d = {'a': q}\nos.system(d[os.name])",
		"dict get":                     "d = {}\nd['b'] = q\nos.system(d.get('b'))",
		"dict items":                   "for k, x in {'a': q}.items():\n    os.system(x)",
		"list append":                  "l = []\nl.append(q)\nos.system(l[0])",
		"alias":                        "a = []\nb = a\nb.append(q)\nos.system(a[0])",
		"comprehension":                "os.system([x.strip() for x in [q]][0])",
		"sorted, reversed":             "os.system(list(reversed(sorted([q])))[0])",
		"map and lambda":               "os.system(next(map(str, [q])))",
		"slice that keeps it":          "s = 'help'\ns += q\ns += 'plane'\nos.system(s[4:-5])",
		"str methods":                  "os.system(q.strip().lower().split(',')[0])",
		"decoded after it was encoded": "import base64\nos.system(base64.b64decode(base64.b64encode(q)))",
		"a buffer":                     "import io\nb = io.StringIO()\nb.write(q)\nos.system(b.getvalue())",
		"global":                       "global G\nG = q\nos.system(G)",
		"getattr":                      "class C: pass\nc = C()\nc.x = q\nos.system(getattr(c, 'x'))",
		"match":                        "match q:\n    case 'a': s = 'a'\n    case other: s = other\nos.system(s)",
		"a shell by name":              "subprocess.run(['sh', '-c', 'ls ' + q])",
		"a thread":                     "import threading\ndef work(x):\n    os.system(x)\nthreading.Thread(target=work, args=(q,)).start()",
		"a closure":                    "def inner():\n    os.system(q)\ninner()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !has(follow(t, view(body)), flow.Command) {
				t.Errorf("not found:\n%s", body)
			}
		})
	}
}

func has(flows []*flow.Flow, kind flow.Kinds) bool {
	return slices.ContainsFunc(flows, func(f *flow.Flow) bool { return f.Kind&kind != 0 && f.Origin.Source == flow.Request })
}

// TestStops: none of these lets it get there.
func TestStops(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a number":                "os.system('ls %d' % q)",
		"int":                     "os.system('ls ' + str(int(q)))",
		"another key":             "d = {'a': 'ls', 'b': q}\nos.system(d['a'])",
		"another element":         "l = ['ls', q]\nos.system(l[0])",
		"after pop":               "l = ['a', q, 'b']\nl.pop(0)\nos.system(l[1])",
		"overwritten":             "s = q\ns = 'ls'\nos.system(s)",
		"a branch never taken":    "s = 'ls'\nif 7 * 6 < 3:\n    s = q\nos.system(s)",
		"a constant conditional":  "os.system('ls' if 7 * 18 + 106 > 200 else q)",
		"a constant match":        "g = 'ABC'[1]\nmatch g:\n    case 'A': s = q\n    case 'B': s = 'bob'\n    case _: s = q\nos.system(s)",
		"text in a constant":      "s = 'never'\nif 'should' in s:\n    s = q\nos.system(s)",
		"slice that drops it":     "s = 'help' + q\nos.system(s[:4])",
		"one of a few":            "if q not in ('a', 'b'):\n    return ''\nos.system(q)",
		"one of a set":            "A = {'a', 'b'}\nif q in A:\n    os.system(q)",
		"equal to a constant":     "if q == 'ls':\n    os.system(q)",
		"digits only":             "if q.isdigit():\n    os.system(q)",
		"narrow pattern":          "import re\nif not re.fullmatch(r'[a-z0-9_]+', q):\n    abort(400)\nos.system(q)",
		"quoted for the shell":    "import shlex\nos.system('ls ' + shlex.quote(q))",
		"an argument":             "subprocess.run(['ls', '--', q])",
		"only its length":         "os.system('ls ' + str(len(q)))",
		"encoded":                 "import base64\nos.system(base64.b64encode(q))",
		"a checking function":     "def ok(x):\n    return x in ('a', 'b')\nif ok(q):\n    os.system(q)",
		"after abort":             "abort(404)\nos.system(q)",
		"stored under other name": "session['a'] = q\nos.system(session['b'])",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range follow(t, view(body)) {
				if f.Kind == flow.Command {
					t.Errorf("found, from %s:\n%s", f.Origin.Note, body)
				}
			}
		})
	}
}

// TestWholeProgram: values cross functions, files, classes, the session, models and templates.
func TestWholeProgram(t *testing.T) {
	t.Parallel()
	const head = "from flask import *\nimport os\napp = Flask(__name__)\n"
	for name, c := range map[string]struct {
		source string
		kind   flow.Kinds
	}{
		"a function of another file": {head + "from tools import run\n@app.route('/')\ndef v():\n    run(request.args['q'])\n-- tools.py --\nimport os\ndef run(x):\n    os.system('ls ' + x)\n", flow.Command},
		"a relative import":          {"-- shop/__init__.py --\n-- shop/app.py --\n" + head + "from .tools import run\n@app.route('/')\ndef v():\n    run(request.args['q'])\n-- shop/tools.py --\nimport os\ndef run(x):\n    os.system(x)\n", flow.Command},
		"through three functions":    {head + "def a(x): return b(x)\ndef b(x): return c(y=x)\ndef c(y): return '!' + y\n@app.route('/')\ndef v():\n    os.system(a(request.args['q']))\n", flow.Command},
		"an attribute of self":       {head + "class C:\n    def __init__(self, x):\n        self.x = x\n    def run(self):\n        os.system(self.x)\n@app.route('/')\ndef v():\n    C(request.args['q']).run()\n", flow.Command},
		"an inherited method":        {head + "class A:\n    def run(self, x):\n        os.system(x)\nclass B(A): pass\n@app.route('/')\ndef v():\n    B().run(request.args['q'])\n", flow.Command},
		"a property":                 {head + "class C:\n    @property\n    def q(self):\n        return request.args['q']\n@app.route('/')\ndef v():\n    os.system(C().q)\n", flow.Command},
		"keyword arguments":          {head + "def run(**kw):\n    os.system(kw['x'])\n@app.route('/')\ndef v():\n    run(x=request.args['q'])\n", flow.Command},
		"a generator":                {head + "def each():\n    yield request.args['q']\n@app.route('/')\ndef v():\n    for x in each():\n        os.system(x)\n", flow.Command},
		"the session":                {head + "@app.route('/a')\ndef a():\n    session['k'] = request.args['q']\n    return ''\n@app.route('/b')\ndef b():\n    os.system(session['k'])\n", flow.Command},
		"g":                          {head + "@app.before_request\ndef a():\n    g.q = request.args.get('q')\n@app.route('/b')\ndef b():\n    os.system(g.q)\n", flow.Command},
		"a global of a module":       {head + "STORE = {}\n@app.route('/a')\ndef a():\n    STORE['k'] = request.args['q']\n    return ''\n@app.route('/b')\ndef b():\n    os.system(STORE['k'])\n", flow.Command},
		"a row of a model":           {head + "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy(app)\nclass N(db.Model):\n    t = db.Column(db.Text)\n@app.route('/a')\ndef a():\n    db.session.add(N(t=request.form['t']))\n    return ''\n@app.route('/b')\ndef b():\n    os.system(N.query.first().t)\n", flow.Command},
		"a URL's parameter":          {head + "@app.route('/<name>')\ndef v(name):\n    os.system(name)\n", flow.Command},
		"a view class":               {head + "from flask.views import MethodView\nclass V(MethodView):\n    def get(self, name):\n        os.system(name)\napp.add_url_rule('/<name>', view_func=V.as_view('v'))\n", flow.Command},
		"a form's field":             {head + "from flask_wtf import FlaskForm\nfrom wtforms import StringField\nclass F(FlaskForm):\n    n = StringField()\n@app.route('/', methods=['POST'])\ndef v():\n    f = F()\n    os.system(f.n.data)\n", flow.Command},
		"a decorated function":       {head + "def log(f):\n    return f\n@log\ndef run(x):\n    os.system(x)\n@app.route('/')\ndef v():\n    run(request.args['q'])\n", flow.Command},
		"an unknown object's method": {head + "class T:\n    def doit(self, x):\n        return x\n@app.route('/')\ndef v():\n    t = (lambda: T())()\n    os.system(t.doit(request.args['q']))\n", flow.Command},
		"a template, unescaped":      {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n<p>{{ n|safe }}</p>\n", flow.HTML},
		"a template's loop":          {head + "@app.route('/')\ndef v():\n    return render_template('a.html', all=[{'n': request.args['q']}])\n-- templates/a.html --\n{% for x in all %}<p>{{ x.n|safe }}</p>{% endfor %}\n", flow.HTML},
		"an attribute, no quotes":    {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n<p class={{ n }}>\n", flow.HTMLAttr},
		"a link":                     {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n<a href=\"{{ n }}\">x</a>\n", flow.URL},
		"a script":                   {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n<script>var x = {{ n }};</script>\n", flow.Script},
		"an event":                   {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n<p onclick=\"f('{{ n }}')\">\n", flow.Script},
		"an included template":       {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n{% include 'b.html' %}\n-- templates/b.html --\n{{ n|safe }}\n", flow.HTML},
		"a macro":                    {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n{% from 'm.html' import show %}{{ show(n) }}\n-- templates/m.html --\n{% macro show(x) %}{{ x|safe }}{% endmacro %}\n", flow.HTML},
		"a parent's variable":        {head + "@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n{% extends 'base.html' %}\n-- templates/base.html --\n{{ n|safe }}\n", flow.HTML},
		"no escaping by name":        {head + "@app.route('/')\ndef v():\n    return render_template('a.j2', n=request.args['q'])\n-- templates/a.j2 --\n<p>{{ n }}</p>\n", flow.HTML},
		"a template in the source":   {head + "@app.route('/')\ndef v():\n    return render_template_string('<p>{{ n|safe }}</p>', n=request.args['q'])\n", flow.HTML},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !has(follow(t, c.source), c.kind) {
				t.Errorf("not found:\n%s", c.source)
			}
		})
	}
}

// TestEscaped: what a template escapes, or gets in a place where that is enough, is no flow.
func TestEscaped(t *testing.T) {
	t.Parallel()
	for _, page := range []string{
		"<p>{{ n }}</p>", "<p title=\"{{ n }}\">", "<p title='{{ n }}'>", "<a href=\"/x/{{ n }}\">", "<a href=\"{{ url_for('v', n=n) }}\">",
		"<script>var x = {{ n|tojson }};</script>", "<p class={{ n|int }}>", "<img src=\"{{ n }}\">", "{# {{ n|safe }} #}", "<p>{{ n|e|safe }}</p>", "<textarea>{{ n }}</textarea>",
	} {
		source := "from flask import *\napp = Flask(__name__)\n@app.route('/')\ndef v():\n    return render_template('a.html', n=request.args['q'])\n-- templates/a.html --\n" + page + "\n"
		for _, f := range follow(t, source) {
			if f.Kind&flow.Markup != 0 {
				t.Errorf("%s: found as %s", page, f.What)
			}
		}
	}
}

// TestSteps: a flow tells the way, from where the value came in to where it does harm.
func TestSteps(t *testing.T) {
	t.Parallel()
	source := "from flask import *\nimport os\napp = Flask(__name__)\ndef run(x):\n    cmd = 'ls ' + x\n    os.system(cmd)\n@app.route('/')\ndef v():\n    run(request.args['q'])\n"
	p, _ := read(t, source)
	var got []string
	for _, f := range flow.Run(t.Context(), p, nil) {
		if f.Kind == flow.Command {
			for _, s := range f.Way {
				line, _ := p.Modules[0].File.Position(s.Where.Span.Start)
				got = append(got, fmt.Sprintf("%d %s", line, s.Note))
			}
		}
	}
	want := []string{"9 the query of the URL", "9 passed to run", "5 becomes part of a text", "6 given to os.system"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("steps\n%q\nwant\n%q", got, want)
	}
}

// TestEnds: programs that turn in circles end, and soon.
func TestEnds(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a list in itself":         "l = []\nfor i in l:\n    l.append(l)\n    l.append([l])\nd = {}\nd['d'] = d\nfor k in d:\n    d[k] = {'d': d}",
		"a name made of itself":    strings.Repeat("s = s.replace('a', 'b').strip()\n", 60),
		"functions in circles":     "def a(x): return b(x) + a(x)\ndef b(x): return a(x) + b([x])\na(q)",
		"classes in circles":       "class A(B): pass\nclass B(A): pass\nB().x(q)",
		"loops in loops":           deep("for x in q:\n", 60),
		"conditions in conditions": "x = " + strings.Repeat("(1 if q == (", 30) + "q" + strings.Repeat(") else 2)", 30),
		"named in named":           "x = " + strings.Repeat("(a := (q and ", 30) + "q" + strings.Repeat("))", 30),
		"deep conditions":          strings.Repeat("q = q if q else ''\n", 60),
		"many branches":            strings.Repeat("if q:\n    s = q + 'a'\nelse:\n    s = 'b' + q\n", 200) + "os.system(s)",
		"an attribute of itself":   "x = q\n" + strings.Repeat("x = x.next\n", 300),
		"a template in a circle":   "render_template('a.html')",
		"comprehensions in loops":  strings.Repeat("s = [[x for x in [q]] for y in [q]]\n", 100),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			p, templates := read(t, view(body)+"-- templates/a.html --\n{% extends 'a.html' %}{% include 'a.html' %}\n")
			flow.Run(ctx, p, templates)
			if ctx.Err() != nil {
				t.Error("took more than a minute")
			}
		})
	}
}

// deep nests a block n times.
func deep(head string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + head)
	}
	return b.String() + strings.Repeat(" ", n) + "os.system(q)"
}

// TestSame: two runs find the same, in the same order and by the same ways.
func TestSame(t *testing.T) {
	t.Parallel()
	source := view("a = [q, request.form['b'], request.cookies['c']]\nfor x in a:\n    os.system(x)\nd = {'x': q, 'y': a}\nos.system(str(d))\nreturn d['x'] + a[1]")
	first := follow(t, source)
	for range 20 {
		if again := follow(t, source); !reflect.DeepEqual(first, again) && fmt.Sprint(ways(first)) != fmt.Sprint(ways(again)) {
			t.Fatal("two runs differ")
		}
	}
}

func ways(flows []*flow.Flow) []string {
	var all []string
	for _, f := range flows {
		all = append(all, fmt.Sprint(f.Kind, f.Use, f.What, f.Origin.Note, f.Way))
	}
	return all
}

// FuzzRun: no program makes the engine fail.
func FuzzRun(f *testing.F) {
	f.Add(view("os.system(q)"), "<p>{{ q|safe }}</p>")
	f.Add(view("d = {**d, 'a': [*x]}\nmatch q:\n    case {'a': b, **c}: pass\nlambda *a, **k: a[0](k)"), "{% macro m(a) %}{{ m(a) }}{% endmacro %}{{ m(1) }}")
	f.Fuzz(func(t *testing.T, source, page string) {
		source, page = source[:min(len(source), 4000)], page[:min(len(page), 4000)]
		p := program.New([]*python.File{python.Parse("app.py", source)})
		_, crashed := flow.Follow(t.Context(), p, flow.Link([]*jinja.Template{jinja.Parse("templates/a.html", page, jinja.Options{Autoescape: true})}), nil)
		for _, c := range append(p.Crashed, crashed...) {
			if c.Crash {
				t.Errorf("%+v", c)
			}
		}
	})
}

// TestTellsHowFar: whoever waits is told how many functions were read, ever more, and of no
// more than there are.
func TestTellsHowFar(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "def f%d(a):\n    return f%d(a)\n", i, i+1)
	}
	p, templates := read(t, b.String())
	before, told := 0, 0
	flow.Follow(t.Context(), p, flow.Link(templates), func(done, total int) {
		told++
		if done <= before || total < done || total > 20_000 {
			t.Errorf("%d of %d after %d", done, total, before)
		}
		before = done
	})
	if told < 10 {
		t.Errorf("told %d times", told)
	}
}
