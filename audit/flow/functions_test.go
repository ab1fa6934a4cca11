package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

const webHead = "from flask import *\nimport os, functools\nfrom functools import wraps, partial\napp = Flask(__name__)\n"

// twins are two programs that differ in little: in one a visitor's text gets to a dangerous
// use, in the other it does not.
type twins struct{ harmful, harmless string }

func (c twins) check(t *testing.T, kind flow.Kinds) {
	t.Helper()
	if c.harmful != "" && !has(follow(t, c.harmful), kind) {
		t.Errorf("not found:\n%s", c.harmful)
	}
	if c.harmless == "" {
		return
	}
	for _, f := range follow(t, c.harmless) {
		if f.Kind&kind != 0 && f.Origin.Source == flow.Request {
			t.Errorf("found, from %s:\n%s", f.Origin.Note, c.harmless)
		}
	}
}

func app(head, body string) string {
	return webHead + head + "@app.route('/v', methods=['GET', 'POST'])\ndef v():\n    q = request.args['q']\n    " + body + "\n    return ''\n"
}

// TestFunctionsAsValues: functions, lambdas and methods that are made, kept, handed on and
// called elsewhere.
func TestFunctionsAsValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]twins{
		"a closure that is returned": {
			app("def make(x):\n    def run():\n        os.system(x)\n    return run\n", "make(q)()"),
			app("def make(x):\n    def run():\n        os.system(x)\n    return run\n", "make('ls')()\n    print(q)"),
		},
		"a closure in a closure": {
			app("def a(x):\n    def b(y):\n        def c():\n            os.system(x + y)\n        return c\n    return b\n", "a('ls')(q)()"),
			app("def a(x):\n    def b(y):\n        def c():\n            os.system(x)\n        return c\n    return b\n", "a('ls')(q)()"),
		},
		"a closure called where it stands": {
			app("def go(x):\n    def run():\n        os.system(x)\n    run()\n", "go(q)"),
			app("def go(x):\n    y = int(x)\n    def run():\n        os.system('kill %s' % y)\n    run()\n", "go(q)"),
		},
		"a lambda that is called": {
			app("", "f = lambda c: os.system(c)\n    f(q)"),
			app("", "f = lambda c: os.system(c)\n    f('ls')"),
		},
		"a lambda of a module": {
			app("f = lambda c, *a: os.system(c)\n", "f('ls ' + q)"),
			app("f = lambda c, *a: os.system(c)\n", "f('ls', q)"),
		},
		"a lambda's result": {
			app("", "f = lambda c: 'ls ' + c\n    os.system(f(q))"),
			app("", "f = lambda c: str(len(c))\n    os.system(f(q))"),
		},
		"a lambda's default": {
			app("", "f = lambda c=q: os.system(c)\n    f()"),
			app("", "f = lambda c=q: os.system('ls')\n    f()"),
		},
		"a lambda that holds a variable": {
			app("def make(x):\n    return lambda y: os.system(x + y)\n", "make('ls ')(q)"),
			app("def make(x):\n    return lambda y: os.system(x)\n", "make('ls ')(q)"),
		},
		"partial": {
			app("", "partial(os.system, 'ls ' + q)()"),
			app("", "partial(os.system, 'ls')()\n    print(q)"),
		},
		"partial of an own function": {
			app("def run(a, b):\n    os.system(b)\n", "f = partial(run, 'x')\n    f(q)"),
			app("def run(a, b):\n    os.system(b)\n", "f = partial(run, q)\n    f('x')"),
		},
		"partial with a name": {
			app("def run(a, b):\n    os.system(b)\n", "functools.partial(run, b=q)('x')"),
			app("def run(a, b):\n    os.system(b)\n", "functools.partial(run, b='ls')(q)"),
		},
		"a dict of functions": {
			app("def a(x): pass\ndef b(x): os.system(x)\nD = {'a': a, 'b': b}\n", "D[request.args['k']](q)"),
			app("def a(x): pass\ndef b(x): os.system(x)\nD = {'a': a, 'b': b}\n", "D['a'](q)"),
		},
		"get from a dict of functions": {
			app("def a(x): pass\ndef b(x): os.system(x)\nD = {'a': a, 'b': b}\n", "f = D.get(request.args['k'], a)\n    f(q)"),
			app("def a(x): pass\ndef b(x): return x\nD = {'a': a, 'b': b}\n", "f = D.get(request.args['k'], a)\n    f(q)"),
		},
		"a list of functions": {
			app("def a(x): return x.strip()\ndef b(x): return os.system(x)\n", "for f in [a, b]:\n        f(q)"),
			app("def a(x): return x.strip()\ndef b(x): return int(x)\n", "for f in [a, b]:\n        f(q)"),
		},
		"a function as a parameter": {
			app("def apply(f, v):\n    return f(v)\n", "apply(os.system, q)"),
			app("def apply(f, v):\n    return f(v)\n", "apply(len, q)\n    apply(os.system, 'ls')"),
		},
		"an own function as a parameter": {
			app("def apply(f, v):\n    return f(v)\ndef run(x):\n    os.system(x)\ndef other(x):\n    pass\n", "apply(run, q)"),
			app("def apply(f, v):\n    return f(v)\ndef run(x):\n    os.system(x)\ndef other(x):\n    pass\n", "apply(other, q)\n    apply(run, 'ls')"),
		},
		"over two functions": {
			app("def one(f, v):\n    return two(v, f)\ndef two(v, f):\n    return f(v)\n", "one(lambda x: os.system(x), q)"),
			app("def one(f, v):\n    return two(v, f)\ndef two(v, f):\n    return f('ls')\n", "one(lambda x: os.system(x), q)"),
		},
		"a result of a function that was passed": {
			app("def apply(f, v):\n    return f(v)\n", "os.system(apply(str.strip, q))"),
			app("def apply(f, v):\n    return f(v)\n", "os.system(str(apply(int, q)))"),
		},
		"a default function": {
			app("def run(x): os.system(x)\ndef go(v, f=run):\n    f(v)\n", "go(q, f=run)"),
			app("def run(x): os.system(x)\ndef go(v, f=run):\n    f(v)\n", "go('ls', f=run)"),
		},
		"a method as a value": {
			app("class C:\n    def run(self, x):\n        os.system(x)\n", "f = C().run\n    f(q)"),
			app("class C:\n    def run(self, x):\n        os.system('ls')\n", "f = C().run\n    f(q)"),
		},
		"a method that is handed on": {
			app("class C:\n    def run(self, x):\n        os.system(x)\ndef each(f, all):\n    for x in all:\n        f(x)\n", "each(C().run, request.form.values())"),
			app("class C:\n    def run(self, x):\n        os.system(x)\ndef each(f, all):\n    for x in all:\n        f('ls')\n", "each(C().run, request.form.values())"),
		},
		"a function in an attribute": {
			app("class C:\n    def __init__(self, f):\n        self.f = f\n    def go(self, x):\n        self.f(x)\n", "C(os.system).go(q)"),
			app("class C:\n    def __init__(self, f):\n        self.f = f\n    def go(self, x):\n        self.f(x)\n", "C(print).go(q)\n    C(os.system).go('ls')"),
		},
		"a table of methods": {
			app("class C:\n    def __init__(self):\n        self.all = {'a': self.a, 'b': self.b}\n    def a(self, x): pass\n    def b(self, x): os.system(x)\n    def go(self, k, x):\n        self.all[k](x)\n", "C().go(request.args['k'], q)"),
			app("class C:\n    def __init__(self):\n        self.all = {'a': self.a, 'b': self.b}\n    def a(self, x): pass\n    def b(self, x): os.system('ls')\n    def go(self, k, x):\n        self.all[k](x)\n", "C().go(request.args['k'], q)"),
		},
		"a method by name": {
			app("class C:\n    def do_a(self, x): pass\n    def do_b(self, x): os.system(x)\n    def other(self, x): pass\n", "getattr(C(), 'do_' + request.args['k'])(q)"),
			app("class C:\n    def do_a(self, x): pass\n    def do_b(self, x): pass\n    def other(self, x): os.system(x)\n", "getattr(C(), 'do_' + request.args['k'])(q)"),
		},
		"map with an own function": {
			app("def run(x): os.system(x)\n", "list(map(run, request.form.getlist('a')))"),
			app("def run(x): os.system(x)\n", "list(map(run, ['ls']))\n    print(q)"),
		},
		"filter with a lambda": {
			app("", "os.system(' '.join(filter(lambda x: x, [q])))"),
			app("", "os.system(' '.join(filter(lambda x: x in ('a', 'b'), [q])))"),
		},
		"filter with an own function": {
			app("def ok(x):\n    return len(x) < 9\n", "os.system(' '.join(filter(ok, [q])))"),
			app("def ok(x):\n    return x in ('a', 'b')\n", "os.system(' '.join(filter(ok, [q])))"),
		},
		"reduce": {
			app("", "os.system(functools.reduce(lambda a, b: a + b, [q, 'x'], 'ls '))"),
			app("", "os.system(str(functools.reduce(lambda a, b: a + int(b), [q, '1'], 0)))"),
		},
		"a key of sorted": {
			app("", "os.system(sorted([q], key=lambda x: x.lower())[0])"),
			app("", "os.system(str(sorted([len(q)], key=lambda x: -x)[0]))"),
		},
		"a class that is called": {
			app("class Run:\n    def __call__(self, x):\n        os.system(x)\n", "Run()(q)"),
			app("class Run:\n    def __call__(self, x):\n        os.system('ls')\n", "Run()(q)"),
		},
		"an instance that is handed on": {
			app("class Run:\n    def __init__(self, a):\n        self.a = a\n    def __call__(self, x):\n        os.system(x)\ndef go(f, x):\n    f(x)\n", "go(Run('a'), q)"),
			app("class Run:\n    def __init__(self, a):\n        self.a = a\n    def __call__(self, x):\n        os.system('ls')\ndef go(f, x):\n    f(x)\n", "go(Run(q), 'x')"),
		},
		"a proxy": {
			app("from werkzeug.local import LocalProxy\nwanted = LocalProxy(lambda: request.args['w'])\n", "os.system(wanted)"),
			app("from werkzeug.local import LocalProxy\nwanted = LocalProxy(lambda: os.name)\n", "os.system(wanted)"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}

// TestCallbacks: functions that something outside of the project calls.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	const run = "def run(x, y=''):\n    os.system(x)\n"
	for name, c := range map[string]twins{
		"a task":               {app("from celery import Celery\nc = Celery()\n@c.task\n"+run, "run.delay(q)"), app("from celery import Celery\nc = Celery()\n@c.task\n"+run, "run.delay('ls', q)")},
		"apply_async":          {app("from celery import shared_task\n@shared_task\n"+run, "run.apply_async(args=(q,), countdown=3)"), app("from celery import shared_task\n@shared_task\n"+run, "run.apply_async(args=('ls', q))")},
		"apply_async by name":  {app("from celery import shared_task\n@shared_task\n"+run, "run.apply_async(kwargs={'x': q})"), app("from celery import shared_task\n@shared_task\n"+run, "run.apply_async(kwargs={'x': 'ls', 'y': q})")},
		"a bound task":         {app("from celery import Celery\nc = Celery()\n@c.task(bind=True)\ndef run(self, x, y=''):\n    os.system(x)\n", "run.delay(q)"), app("from celery import Celery\nc = Celery()\n@c.task(bind=True)\ndef run(self, x, y=''):\n    os.system(x)\n", "run.delay('ls', q)")},
		"a signature":          {app("from celery import shared_task\n@shared_task\n"+run, "run.s(q).delay()"), app("from celery import shared_task\n@shared_task\n"+run, "run.s('ls', q).delay()")},
		"an executor":          {app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\n"+run, "ex.submit(run, q)"), app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\n"+run, "ex.submit(run, 'ls', q)")},
		"an executor's map":    {app("from concurrent.futures import ThreadPoolExecutor\n"+run, "with ThreadPoolExecutor() as ex:\n        ex.map(run, [q])"), app("from concurrent.futures import ThreadPoolExecutor\n"+run, "with ThreadPoolExecutor() as ex:\n        ex.map(run, ['ls'])")},
		"an executor's result": {app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\ndef t(x): return x.strip()\n", "os.system(ex.submit(t, q).result())"), app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\ndef t(x): return 'ls'\n", "ex.submit(t, q)\n    os.system(t(q))")},
		"a closure, submitted": {app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\ndef go(x):\n    def run():\n        os.system(x)\n    ex.submit(run)\n", "go(q)"), app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\ndef go(x):\n    def run():\n        os.system('ls')\n    ex.submit(run)\n", "go(q)")},
		"an unknown executor":  {app(run, "app.extensions['jobs'].submit(run, q)"), app(run, "app.extensions['jobs'].submit(run, 'ls', q)")},
		"an event loop":        {app("import asyncio\n"+run, "asyncio.get_event_loop().run_in_executor(None, run, q)"), app("import asyncio\n"+run, "asyncio.get_event_loop().run_in_executor(None, run, 'ls', q)")},
		"a timer":              {app("from threading import Timer\n"+run, "Timer(5, run, [q]).start()"), app("from threading import Timer\n"+run, "Timer(5, run, ['ls', q]).start()")},
		"a process":            {app("from multiprocessing import Process\n"+run, "Process(target=run, kwargs={'x': q}).start()"), app("from multiprocessing import Process\n"+run, "Process(target=run, kwargs={'x': 'ls', 'y': q}).start()")},
		"a pool":               {app("from multiprocessing.pool import Pool\n"+run, "Pool().apply_async(run, (q,))"), app("from multiprocessing.pool import Pool\n"+run, "Pool().apply_async(run, ('ls', q))")},
		"a thread and lambda":  {app("import threading\n", "threading.Thread(target=lambda: os.system(q)).start()"), app("import threading\n", "threading.Thread(target=lambda: os.system('ls')).start()\n    print(q)")},
		"a scheduler":          {app("from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\n"+run, "s.add_job(run, 'date', args=[q])"), app("from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\n"+run, "s.add_job(run, 'date', args=['ls', q])")},
		"a queue":              {app("from rq import Queue\nqueue = Queue()\n"+run, "queue.enqueue(run, q)"), app("from rq import Queue\nqueue = Queue()\n"+run, "queue.enqueue(run, 'ls', q)")},
		"re.sub":               {app("import re\n", "os.system(re.sub('x', lambda m: q, 'ls x'))"), app("import re\n", "os.system(re.sub('x', lambda m: str(len(q)), 'ls x'))")},
		"a command":            {"", webHead + "@app.cli.command('x')\ndef run(name):\n    os.system(name)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}

// TestDecorators: what the project's own decorators hand to a function, check before it and
// make of its result.
func TestDecorators(t *testing.T) {
	t.Parallel()
	view := func(deco, route, head, body string) string {
		return webHead + deco + "@app.route('" + route + "', methods=['POST'])\n" + head + "    " + body + "\n    return ''\n"
	}
	const withJSON = "def with_json(f):\n    @wraps(f)\n    def w(*a, **k):\n        return f(request.get_json(), *a, **k)\n    return w\n"
	const withArgs = "def given(*names):\n    def deco(f):\n        @wraps(f)\n        def w(*a, **k):\n            for n in names:\n                k[n] = request.form[n]\n            return f(*a, **k)\n        return w\n    return deco\n"
	const checked = "def checked(f):\n    @wraps(f)\n    def w(name):\n        if name not in ('a', 'b'):\n            abort(404)\n        return f(name)\n    return w\n"
	const logged = "def logged(f):\n    @wraps(f)\n    def w(*a, **k):\n        print(f)\n        return f(*a, **k)\n    return w\n"
	for name, c := range map[string]twins{
		"what it hands on": {
			view(withJSON, "/v", "@with_json\ndef v(data):\n", "os.system(data['c'])"),
			view(withJSON, "/v", "@with_json\ndef v(data):\n", "os.system(str(len(data)))"),
		},
		"what it hands on beside the URL": {
			view(withJSON, "/v/<name>", "@with_json\ndef v(data, name):\n", "os.system(name)"),
			view(withJSON, "/v/<int:name>", "@with_json\ndef v(data, name):\n", "os.system(name)"),
		},
		"with arguments": {
			view(withArgs, "/v", "@given('q')\ndef v(q=None):\n", "os.system(q)"),
			view(withArgs, "/v", "@given('q')\ndef v(q=None, z=None):\n", "os.system(z)"),
		},
		"a check before it": {
			view(checked, "/v/<name>", "def v(name):\n", "os.system(name)"),
			view(checked, "/v/<name>", "@checked\ndef v(name):\n", "os.system(name)"),
		},
		"one that only looks on": {
			view(logged, "/v/<name>", "@logged\ndef v(name):\n", "os.system(name)"),
			view(logged, "/v/<name>", "@logged\ndef v(name):\n", "os.system('ls')"),
		},
		"two of them": {
			view(logged+withJSON, "/v", "@logged\n@with_json\ndef v(data):\n", "os.system(data['c'])"),
			view(logged+checked, "/v/<name>", "@logged\n@checked\ndef v(name):\n", "os.system(name)"),
		},
		"a class": {
			view("class With:\n    def __init__(self, f):\n        self.f = f\n    def __call__(self, *a, **k):\n        return self.f(request.form['q'], *a, **k)\n", "/v", "@With\ndef v(q):\n", "os.system(q)"),
			view("class With:\n    def __init__(self, f):\n        self.f = f\n    def __call__(self, *a, **k):\n        return self.f(os.name, *a, **k)\n", "/v", "@With\ndef v(q):\n", "os.system(q)"),
		},
		"a class with arguments": {
			view("class With:\n    def __init__(self, name):\n        self.name = name\n    def __call__(self, f):\n        def w(*a):\n            return f(request.form[self.name], *a)\n        return w\n", "/v", "@With('q')\ndef v(q):\n", "os.system(q)"),
			view("class With:\n    def __init__(self, name):\n        self.name = name\n    def __call__(self, f):\n        def w(*a):\n            return f(self.name, *a)\n        return w\n", "/v", "@With('q')\ndef v(q):\n", "os.system(q)"),
		},
		"a function that is no view": {
			app(logged+"@logged\ndef run(x):\n    os.system(x)\n", "run(q)"),
			app(checked+"@checked\ndef run(x):\n    os.system(x)\n", "run(q)"),
		},
		"a result": {
			app("def upper(f):\n    def w(*a):\n        return f(*a).upper()\n    return w\n@upper\ndef get(x):\n    return x\n", "os.system(get(q))"),
			app("def length(f):\n    def w(*a):\n        return str(len(f(*a)))\n    return w\n@length\ndef get(x):\n    return x\n", "os.system(get(q))"),
		},
		"a method": {
			app(logged+"class C:\n    @logged\n    def run(self, x):\n        os.system(x)\n", "C().run(q)"),
			app("def plain(f):\n    @wraps(f)\n    def w(self, x):\n        return f(self, int(x))\n    return w\nclass C:\n    @plain\n    def run(self, x):\n        os.system('kill %s' % x)\n", "C().run(q)"),
		},
		"what one hands to many": {
			app("def with_db(f):\n    def w(*a):\n        return f(os.name, *a)\n    return w\n@with_db\ndef one(db, x):\n    os.system(x)\n@with_db\ndef two(db, x):\n    pass\n", "one(q)"),
			app("def with_db(f):\n    def w(*a):\n        return f(os.name, *a)\n    return w\n@with_db\ndef one(db, x):\n    os.system(x)\n@with_db\ndef two(db, x):\n    pass\n", "two(q)"),
		},
		"a register": {
			app("ALL = {}\ndef register(f):\n    ALL[f.__name__] = f\n    return f\n@register\ndef run(x):\n    os.system(x)\n", "ALL[request.args['n']](q)"),
			app("ALL = {}\ndef register(f):\n    ALL[f.__name__] = f\n    return f\n@register\ndef run(x):\n    os.system('ls')\n", "ALL[request.args['n']](q)"),
		},
		"a register by name": {
			app("ALL = {}\ndef register(name):\n    def deco(f):\n        ALL[name] = f\n        return f\n    return deco\n@register('a')\ndef run(x):\n    os.system(x)\n", "ALL[request.args['n']](q)"),
			app("ALL = {}\ndef register(name):\n    def deco(f):\n        ALL[name] = f\n        return f\n    return deco\n@register('a')\ndef run(x):\n    os.system(x)\n@register('b')\ndef other(x):\n    pass\n", "ALL['b'](q)"),
		},
		"wraps as a call": {
			view("def with_json(f):\n    def w(*a):\n        return f(request.json, *a)\n    return wraps(f)(w)\n", "/v", "@with_json\ndef v(data):\n", "os.system(data['c'])"),
			view("def with_json(f):\n    def w(*a):\n        return f(os.name, *a)\n    return functools.update_wrapper(w, f)\n", "/v", "@with_json\ndef v(data):\n", "os.system(data['c'])"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
	const asJSON = "def as_json(f):\n    @wraps(f)\n    def w(*a, **k):\n        return jsonify(f(*a, **k))\n    return w\n"
	const asPage = "def as_page(f):\n    @wraps(f)\n    def w(*a, **k):\n        return f(*a, **k)\n    return w\n"
	t.Run("an answer", func(t *testing.T) {
		t.Parallel()
		body := "def v(name):\n    return '<p>' + name\n"
		twins{webHead + asPage + "@app.route('/<name>')\n@as_page\n" + body, webHead + asJSON + "@app.route('/<name>')\n@as_json\n" + body}.check(t, flow.HTML)
	})
}
