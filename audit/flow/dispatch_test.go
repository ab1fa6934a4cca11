package flow_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

func replaceAll(s, old, by string) string { return strings.ReplaceAll(s, old, by) }

// TestDispatch: which method runs is chosen at run time: by the class of an instance, by a
// register, by a name.
func TestDispatch(t *testing.T) {
	t.Parallel()
	const base = "class Job:\n    def __init__(self, options):\n        self.options = options\n    def command(self):\n        raise NotImplementedError\n    def run(self):\n        cmd = self.command()\n        os.system(cmd)\n"
	const dump = "class Dump(Job):\n    def command(self):\n        return 'dump ' + self.options['db']\n"
	const list = "class List(Job):\n    def command(self):\n        return 'ls -l'\n"
	const reg = "KINDS = {}\ndef kind(name):\n    def add(cls):\n        KINDS[name] = cls\n        return cls\n    return add\n"
	marked := func(s string) string { return replaceAll(s, "class ", "@kind('x')\nclass ") }
	const sub = "class Job:\n    kinds = {}\n    def __init_subclass__(cls, name='', **kw):\n        super().__init_subclass__(**kw)\n        Job.kinds[name] = cls\n    def __init__(self, options):\n        self.options = options\n    def run(self):\n        os.system(self.command())\n"
	for name, c := range map[string]twins{
		"a method of the class below": {
			app(base+dump, "Dump({'db': q}).run()"),
			app(base+list, "List({'db': q}).run()"),
		},
		"a dict of classes": {
			app(base+dump+list+"KINDS = {'dump': Dump, 'list': List}\n", "KINDS[request.args['k']]({'db': q}).run()"),
			app(base+list+"KINDS = {'list': List}\n", "KINDS[request.args['k']]({'db': q}).run()"),
		},
		"a dict, in two steps": {
			app(base+dump+list+"KINDS = {'list': List, 'dump': Dump}\n", "cls = KINDS.get(request.args['k'], List)\n    job = cls({'db': q})\n    job.run()"),
			app(base+list+"KINDS = {'list': List}\n", "cls = KINDS.get(request.args['k'], List)\n    job = cls({'db': q})\n    job.run()"),
		},
		"a decorator that keeps classes": {
			app(reg+base+marked(dump)+marked(list), "KINDS[request.args['k']]({'db': q}).run()"),
			app(reg+base+marked(list), "KINDS[request.args['k']]({'db': q}).run()"),
		},
		"a decorator without arguments": {
			app("KINDS = {}\ndef kind(cls):\n    KINDS[cls.__name__] = cls\n    return cls\n"+base+replaceAll(dump, "class ", "@kind\nclass "), "KINDS[request.args['k']]({'db': q}).run()"),
			app("KINDS = {}\ndef kind(cls):\n    KINDS[cls.__name__] = cls\n    return cls\n"+base+replaceAll(list, "class ", "@kind\nclass "), "KINDS[request.args['k']]({'db': q}).run()"),
		},
		"a decorator that keeps functions": {
			app(reg+"@kind('dump')\ndef dump(x):\n    os.system('dump ' + x)\n@kind('list')\ndef list_(x):\n    pass\n", "KINDS[request.args['k']](q)"),
			app(reg+"@kind('list')\ndef list_(x):\n    os.system('ls')\n", "KINDS[request.args['k']](q)"),
		},
		"__init_subclass__": {
			app(sub+replaceAll(dump, "(Job)", "(Job, name='dump')"), "Job.kinds[request.args['k']]({'db': q}).run()"),
			app(sub+replaceAll(list, "(Job)", "(Job, name='list')"), "Job.kinds[request.args['k']]({'db': q}).run()"),
		},
		"__subclasses__": {
			app(base+dump, "for c in Job.__subclasses__():\n        c({'db': q}).run()"),
			app(base+list, "for c in Job.__subclasses__():\n        c({'db': q}).run()"),
		},
		"a method of the subclass that is given": {
			app("class Base:\n    def go(self, x):\n        self.step(x)\n    def step(self, x):\n        pass\nclass Sub(Base):\n    def step(self, x):\n        os.system(x)\n", "Sub().go(q)"),
			app("class Base:\n    def go(self, x):\n        self.step(x)\n    def step(self, x):\n        pass\nclass Sub(Base):\n    def step(self, x):\n        print(x)\nclass Other(Base):\n    def step(self, x):\n        os.system('ls')\n", "Sub().go(q)"),
		},
		"an abstract method": {
			app("import abc\nclass Base(abc.ABC):\n    def go(self, x):\n        return self.step(x)\n    @abc.abstractmethod\n    def step(self, x):\n        ...\nclass Sub(Base):\n    def step(self, x):\n        os.system(x)\ndef pick(b: Base, x):\n    b.go(x)\n", "pick(Sub(), q)"),
			app("import abc\nclass Base(abc.ABC):\n    def go(self, x):\n        return self.step(x)\n    @abc.abstractmethod\n    def step(self, x):\n        ...\nclass Sub(Base):\n    def step(self, x):\n        os.system('ls')\ndef pick(b: Base, x):\n    b.go(x)\n", "pick(Sub(), q)"),
		},
		"a text or a list": {
			app("class J:\n    def __init__(self, o):\n        self.o = o\n    def command(self):\n        raise NotImplementedError\n    def run(self):\n        c = self.command()\n        if isinstance(c, str):\n            os.system(c)\nclass A(J):\n    def command(self):\n        return ['ls', self.o]\nclass B(J):\n    def command(self):\n        return 'ls ' + self.o\n", "B(q).run()"),
			app("class J:\n    def __init__(self, o):\n        self.o = o\n    def command(self):\n        raise NotImplementedError\n    def run(self):\n        c = self.command()\n        if isinstance(c, str):\n            os.system(c)\nclass A(J):\n    def command(self):\n        return ['ls', self.o]\nclass B(J):\n    def command(self):\n        return 'ls -l'\n", "B(q).run()"),
		},
		"a factory": {
			app(base+dump+list+"def make(k, o):\n    if k == 'dump':\n        return Dump(o)\n    return List(o)\n", "make(request.args['k'], {'db': q}).run()"),
			app(base+list+"def make(k, o):\n    return List(o)\n", "make(request.args['k'], {'db': q}).run()"),
		},
		"a list of instances": {
			app("class A:\n    def take(self, x):\n        pass\nclass B:\n    def take(self, x):\n        os.system(x)\nALL = [A(), B()]\n", "for one in ALL:\n        one.take(q)"),
			app("class A:\n    def take(self, x):\n        pass\nclass B:\n    def take(self, x):\n        os.system('ls')\nALL = [A(), B()]\n", "for one in ALL:\n        one.take(q)"),
		},
		"a register of instances": {
			app("class Reg:\n    def __init__(self):\n        self.all = {}\n    def add(self, k, v):\n        self.all[k] = v\n    def get(self, k):\n        return self.all[k]\nreg = Reg()\nclass B:\n    def take(self, x):\n        os.system(x)\nreg.add('b', B())\n"+manyTakes, "reg.get('b').take(q)"),
			app("class Reg:\n    def __init__(self):\n        self.all = {}\n    def add(self, k, v):\n        self.all[k] = v\n    def get(self, k):\n        return self.all[k]\nreg = Reg()\nclass B:\n    def take(self, x):\n        os.system('ls')\nreg.add('b', B())\n"+manyTakes, "reg.get('b').take(q)"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}

const manyTakes = "class T1:\n    def take(self, x):\n        pass\nclass T2:\n    def take(self, x):\n        pass\nclass T3:\n    def take(self, x):\n        pass\nclass T4:\n    def take(self, x):\n        pass\n"

// TestModulesByName: getattr of a module with a name that the program writes.
func TestModulesByName(t *testing.T) {
	t.Parallel()
	program := func(name string) string {
		return "-- jobs.py --\nimport os\ndef dump(x):\n    os.system(x)\ndef size(x):\n    return len(x)\n-- app.py --\nfrom flask import Flask, request\nimport jobs, importlib, sys\napp = Flask(__name__)\nNAMES = {'a': '" + name + "'}\n@app.route('/')\ndef v():\n    getattr(jobs, '" + name + "')(request.args['q'])\n    return ''\n"
	}
	twins{program("dump"), program("size")}.check(t, flow.Command)
	imported := func(name string) string {
		return replaceAll(program(name), "getattr(jobs,", "getattr(importlib.import_module('jobs'),")
	}
	twins{imported("dump"), imported("size")}.check(t, flow.Command)
}
