package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestSignals: what is handed to functions by signals, and those that run after the answer.
func TestSignals(t *testing.T) {
	t.Parallel()
	const ping = "from blinker import Namespace, signal\nspace = Namespace()\nping = space.signal('ping')\n"
	for name, c := range map[string]twins{
		"a signal": {
			app(ping+"def run(sender, x=None, **extra):\n    os.system(x)\nping.connect(run)\n", "ping.send(app, x=q)"),
			app(ping+"def run(sender, x=None, **extra):\n    os.system(x)\nping.connect(run)\n", "ping.send(app, x='ls', y=q)"),
		},
		"a signal by decorator": {
			app(ping+"@ping.connect\ndef run(sender, x):\n    os.system(x)\n", "ping.send(app, x=q)"),
			app(ping+"@ping.connect\ndef run(sender, x):\n    os.system('ls')\n", "ping.send(app, x=q)"),
		},
		"a signal by connect_via": {
			app(ping+"@ping.connect_via(app)\ndef run(sender, **kw):\n    os.system(kw['x'])\n", "ping.send(app, x=q)"),
			app(ping+"@ping.connect_via(app)\ndef run(sender, **kw):\n    os.system('ls')\n", "ping.send(app, x=q)"),
		},
		"a sender": {
			app(ping+"@ping.connect\ndef run(sender):\n    os.system(sender)\n", "ping.send(q)"),
			app(ping+"@ping.connect\ndef run(sender):\n    os.system('ls')\n", "ping.send(q)"),
		},
		"another signal": {
			app(ping+"def run(sender, x):\n    os.system(x)\nspace.signal('pong').connect(run)\n", "space.signal('pong').send(app, x=q)"),
			app(ping+"def run(sender, x):\n    os.system(x)\nspace.signal('pong').connect(run)\n", "ping.send(app, x=q)"),
		},
		"a signal by its name": {
			app(ping+"@signal('done').connect\ndef run(sender, x):\n    os.system(x)\n", "signal('done').send(app, x=q)"),
			app(ping+"@signal('done').connect\ndef run(sender, x):\n    os.system(x)\n", "signal('other').send(app, x=q)"),
		},
		"a signal of another module": {
			webHead + "from events import ping\nimport handlers\n@app.route('/')\ndef v():\n    ping.send(app, x=request.args['q'])\n-- events.py --\nfrom blinker import Signal\nping = Signal()\npong = Signal()\n-- handlers.py --\nimport os\nfrom events import ping\n@ping.connect\ndef run(sender, x):\n    os.system(x)\n",
			webHead + "from events import ping, pong\nimport handlers\n@app.route('/')\ndef v():\n    ping.send(app, x=request.args['q'])\n-- events.py --\nfrom blinker import Signal\nping = Signal()\npong = Signal()\n-- handlers.py --\nimport os\nfrom events import pong\n@pong.connect\ndef run(sender, x):\n    os.system(x)\n",
		},
		"a signal of Flask": {
			app("from flask.signals import Namespace\nsaved = Namespace().signal('saved')\ndef run(sender, x):\n    os.system(x)\nsaved.connect(run, app)\n", "saved.send(current_app._get_current_object(), x=q)"),
			app("from flask.signals import Namespace\nsaved = Namespace().signal('saved')\ndef run(sender, x):\n    os.system(sender.name)\nsaved.connect(run, app)\n", "saved.send(current_app._get_current_object(), x=q)"),
		},
		"a method that is connected": {
			app(ping+"class C:\n    def __init__(self):\n        ping.connect(self.run)\n    def run(self, sender, x):\n        os.system(x)\nc = C()\n", "ping.send(app, x=q)"),
			app(ping+"class C:\n    def __init__(self):\n        ping.connect(self.run)\n    def run(self, sender, x):\n        os.system('ls')\nc = C()\n", "ping.send(app, x=q)"),
		},
		"a task of another module": {
			webHead + "from tasks import run\n@app.route('/')\ndef v():\n    run.delay(request.args['q'])\n-- tasks.py --\nimport os\nfrom celery import shared_task\n@shared_task\ndef run(x):\n    os.system(x)\n",
			webHead + "from tasks import run\n@app.route('/')\ndef v():\n    run.delay(request.args['q'])\n-- tasks.py --\nimport os\nfrom celery import shared_task\n@shared_task\ndef run(x):\n    os.system('ls')\n",
		},
		"apply_async with a list": {
			app("from celery import Celery\nc = Celery()\n@c.task\ndef run(x, y=''):\n    os.system(x)\n", "run.apply_async(args=[q])"),
			app("from celery import Celery\nc = Celery()\n@c.task\ndef run(x, y=''):\n    os.system(x)\n", "run.apply_async(args=['ls', q])"),
		},
		"apply_async by place": {
			app("from celery import Celery\nc = Celery()\n@c.task\ndef run(x, y=''):\n    os.system(x)\n", "run.apply_async((q,), {'y': 1})"),
			app("from celery import Celery\nc = Celery()\n@c.task\ndef run(x, y=''):\n    os.system(x)\n", "run.apply_async(('ls',), {'y': q})"),
		},
		"send_task": {
			app("from celery import Celery\nc = Celery()\n@c.task(name='jobs.run')\ndef run(x, y=''):\n    os.system(x)\n", "c.send_task('jobs.run', args=[q])"),
			app("from celery import Celery\nc = Celery()\n@c.task(name='jobs.run')\ndef run(x, y=''):\n    os.system(x)\n@c.task(name='jobs.other')\ndef other(x): pass\n", "c.send_task('jobs.other', args=[q])"),
		},
		"a chain of tasks": {
			app("from celery import Celery, chain\nc = Celery()\n@c.task\ndef run(x):\n    os.system(x)\n", "chain(run.s(q))()"),
			app("from celery import Celery, chain\nc = Celery()\n@c.task\ndef run(x):\n    os.system(x)\n", "chain(run.s('ls'))()\n    print(q)"),
		},
		"a thread": {
			app("from threading import Thread\ndef run(x, y=''):\n    os.system(x)\n", "t = Thread(target=run, args=(q,), daemon=True)\n    t.start()"),
			app("from threading import Thread\ndef run(x, y=''):\n    os.system(x)\n", "t = Thread(target=run, args=('ls', q), daemon=True)\n    t.start()"),
		},
		"a thread's names": {
			app("from threading import Thread\ndef run(x, y=''):\n    os.system(x)\n", "Thread(target=run, kwargs=dict(x=q)).start()"),
			app("from threading import Thread\ndef run(x, y=''):\n    os.system(x)\n", "Thread(target=run, kwargs=dict(x='ls', y=q)).start()"),
		},
		"a class of Thread": {
			app("from threading import Thread\nclass Job(Thread):\n    def __init__(self, x):\n        super().__init__()\n        self.x = x\n    def run(self):\n        os.system(self.x)\n", "Job(q).start()"),
			app("from threading import Thread\nclass Job(Thread):\n    def __init__(self, x):\n        super().__init__()\n        self.x = x\n    def run(self):\n        os.system('ls')\n", "Job(q).start()"),
		},
		"a method in a thread": {
			app("from threading import Thread\nclass C:\n    def run(self, x):\n        os.system(x)\n", "Thread(target=C().run, args=[q]).start()"),
			app("from threading import Thread\nclass C:\n    def run(self, x):\n        os.system('ls')\n", "Thread(target=C().run, args=[q]).start()"),
		},
		"submit with names": {
			app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\ndef run(x, y=''):\n    os.system(x)\n", "ex.submit(run, x=q)"),
			app("from concurrent.futures import ThreadPoolExecutor\nex = ThreadPoolExecutor()\ndef run(x, y=''):\n    os.system(x)\n", "ex.submit(run, x='ls', y=q)"),
		},
		"after_this_request": {
			app("", "@after_this_request\n    def done(response):\n        os.system(q)\n        return response"),
			app("", "n = len(q)\n    @after_this_request\n    def done(response):\n        os.system('echo %d' % n)\n        return response"),
		},
		"after_this_request called": {
			app("", "def done(response):\n        os.system(request.args['x'])\n        return response\n    after_this_request(done)"),
			app("", "def done(response):\n        os.system('ls')\n        return response\n    after_this_request(done)"),
		},
		"call_on_close": {
			app("", "r = make_response('')\n    @r.call_on_close\n    def done():\n        os.system(q)\n    return r"),
			app("", "r = make_response('')\n    @r.call_on_close\n    def done():\n        os.system('ls')\n    return r"),
		},
		"a command of click": {
			"", webHead + "import click\n@app.cli.command('x')\n@click.argument('name')\ndef run(name):\n    os.system(name)\n@click.command()\n@click.option('--n')\ndef other(n):\n    os.system(n)\n",
		},
		"a command of a blueprint": {
			"", webHead + "import click\nbp = Blueprint('b', __name__)\n@bp.cli.command('x')\n@click.argument('name')\ndef run(name):\n    os.system('ls ' + name)\nadmin = AppGroup('admin')\n@admin.command('y')\ndef y(name):\n    os.system(name)\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}
