package flow_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
)

// TestFilledElsewhere: lists and dicts that functions share, filled by one and read by another.
func TestFilledElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]twins{
		"a dict": {
			app("STORE = {}\ndef put(x):\n    STORE['k'] = x\ndef run():\n    os.system(STORE['k'])\n", "put(q)\n    run()"),
			app("STORE = {}\ndef put(x):\n    STORE['k'] = x\ndef run(y):\n    os.system(STORE['k'])\n", "put('ls')\n    run(q)"),
		},
		"another key": {
			app("STORE = {}\ndef put(k, x):\n    STORE[k] = x\ndef run():\n    os.system(STORE['k'])\n", "put('k', q)\n    run()"),
			app("STORE = {}\ndef put(x):\n    STORE['j'] = x\ndef run(y):\n    os.system(STORE['k'])\n", "put(q)\n    run(q)"),
		},
		"a list": {
			app("ALL = []\ndef put(x):\n    ALL.append(x)\ndef run():\n    for x in ALL:\n        os.system(x)\n", "put(q)\n    run()"),
			app("ALL = []\ndef put(x):\n    ALL.append(x)\ndef run(y):\n    for x in ALL:\n        os.system(x)\n", "put('ls')\n    run(q)"),
		},
		"a dict of the class": {
			app("class C:\n    d = {}\n    def put(self, x):\n        self.d['k'] = x\n    def run(self, y=''):\n        os.system(self.d['k'])\n", "C().put(q)\n    C().run()"),
			app("class C:\n    d = {}\n    def put(self, x):\n        self.d['k'] = x\n    def run(self, y=''):\n        os.system(self.d['k'])\n", "C().put('ls')\n    C().run(q)"),
		},
		"a dict of the instance": {
			app("class C:\n    def __init__(self):\n        self.d = {}\n    def put(self, x):\n        self.d['k'] = x\n    def run(self, y=''):\n        os.system(self.d['k'])\n", "c = C()\n    c.put(q)\n    c.run()"),
			app("class C:\n    def __init__(self):\n        self.d = {}\n    def put(self, x):\n        self.d['k'] = x\n    def run(self, y=''):\n        os.system(self.d['k'])\n", "c = C()\n    c.put('ls')\n    c.run(q)"),
		},
		"a list of the instance": {
			app("class C:\n    def __init__(self):\n        self.d = []\n    def put(self, x):\n        self.d.append(x)\n    def run(self, y=''):\n        os.system(' '.join(self.d))\n", "c = C()\n    c.put(q)\n    c.run()"),
			app("class C:\n    def __init__(self):\n        self.d = []\n    def put(self, x):\n        self.d.append(x)\n    def run(self, y=''):\n        os.system(' '.join(self.d))\n", "c = C()\n    c.put('ls')\n    c.run(q)"),
		},
		"a parameter": {
			app("def put(d, x):\n    d['k'] = x\n", "d = {}\n    put(d, q)\n    os.system(d['k'])"),
			app("def put(d, x):\n    d['k'] = x\n", "d = {'j': 'ls'}\n    put(d, q)\n    os.system(d['j'])"),
		},
		"a list as a parameter": {
			app("def put(l, x):\n    l.append(x)\n", "l = []\n    put(l, q)\n    os.system(l[0])"),
			app("def put(l, x):\n    l.append(x)\n", "l = []\n    put(l, 'ls')\n    os.system(l[0])\n    print(q)"),
		},
		"what another module fills": {
			webHead + "import store\n@app.route('/')\ndef v():\n    store.put(request.args['q'])\n    os.system(store.ALL['k'])\n-- store.py --\nALL = {}\ndef put(x):\n    ALL['k'] = x\n",
			webHead + "import store\n@app.route('/')\ndef v():\n    store.put(request.args['q'])\n    os.system(store.ALL['j'])\n-- store.py --\nALL = {'j': 'ls'}\ndef put(x):\n    ALL['k'] = x\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, flow.Command)
		})
	}
}
