package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit"
)

// each joins n texts that are made with their number.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprint(&b, strings.ReplaceAll(strings.ReplaceAll(format, "#+", fmt.Sprint(i+1)), "#", fmt.Sprint(i)))
	}
	return b.String()
}

// inView are the lines of a function that answers a request, whose text is in a.
func inView(lines string) map[string]string {
	return map[string]string{"app.py": "import os\nfrom flask import Flask, request, render_template\napp = Flask(__name__)\n@app.get('/')\ndef view():\n" +
		"    a = request.args['a']\n" + lines + "    os.system(a)\n"}
}

// hostile are projects that cost more than their length where the audit is careless.
func hostile(n int) map[string]map[string]string {
	r := strings.Repeat
	ringOfStars, ringOfPages := map[string]string{}, inView("    render_template('0.html', a=a)\n")
	for i := range n / 100 {
		ringOfStars[fmt.Sprintf("m%d.py", i)] = each(30, fmt.Sprintf("from m@%d import *\n", i)) + "missing(absent)\n"
		for j := range 30 {
			ringOfStars[fmt.Sprintf("m%d.py", i)] = strings.Replace(ringOfStars[fmt.Sprintf("m%d.py", i)], fmt.Sprintf("m@%d", i), fmt.Sprintf("m%d", (i+j+1)%(n/100)), 1)
			ringOfPages[fmt.Sprintf("templates/%d.html", i)] += fmt.Sprintf("{%% include '%d.html' %%}{{ a|safe }}", (i+j+1)%(n/100))
		}
	}
	return map[string]map[string]string{
		"modules that import all from each other": ringOfStars,
		"templates that include each other":       ringOfPages,
		"a folder in a folder in a folder":        {r("d/", min(n/10, 1500)) + "a.py": "x = 1\n"},
		"a text that doubles":                     inView("    b = 'x'\n" + r("    b = b + b\n", 30)),
		"a text that doubles by replace":          inView("    b = 'x'\n" + r("    b = b.replace('x', b + b)\n", 30)),
		"a list that doubles":                     inView("    b = [a]\n" + r("    b = [b, b]\n", 300)),
		"a dict in itself":                        inView("    d = {}\n" + r("    d['d'] = {**d, 'x': [d, d]}\n", 300)),
		"an elif for each name":                   inView("    if a == 1: b = a\n" + each(2900, "    elif a == #: b# = a + b\n")),
		"a branch for each name":                  inView(each(n/4, "    if a == #: b# = a\n    else: b# = 2\n")),
		"a try for each name":                     inView(each(n/8, "    try: b# = a\n    except E: b# = 2\n")),
		"a long chain of calls":                   inView("    b = a" + r(".strip()", 2900) + "\n"),
		"a long sum":                              inView("    b = a" + r(" + a", 2900) + "\n"),
		"a long dict":                             inView("    d = {" + each(n, "'#': a, ") + "}\n    f(d, **d)\n"),
		"loops in loops":                          inView(loops(90)),
		"functions that call each other":          {"app.py": inView("    f0(a)\n")["app.py"] + each(n/10, "def f#(a):\n    os.system(a)\n    f#0(a)\n    return f#+(a) + f#+(a)\n")},
		"a class from a class":                    {"app.py": each(n/4, "class C#+(C#):\n    def m#(self): return self.m0()\n")},
		"closures that call each other":           inView(each(n/10, "    def f#(b):\n        nonlocal a\n        a = a + b\n        return f#+(a)\n")),
		"methods of one name":                     {"app.py": inView("    b.run(a)\n")["app.py"] + each(n/10, "class C#:\n    def run(self, a): os.system(a); b.run(a)\n")},
		"findings in one line":                    {"app.py": "from flask import request\n" + r("eval(request.args['a']);", n) + "\n"},
		"findings in one wide line":               {"app.py": "from flask import request\n'ä';" + r("eval(request.args['a']);", n) + "\n"},
		"findings in one line of a template":      {"templates/a.html": r("{{ request.args.a|safe }}", n)},
		"a finding a line":                        {"app.py": "from flask import request\n" + r("eval(request.args['a'])\n", n)},
		"an ignore a line":                        {"app.py": "from flask import request\n" + r("eval(request.args['a'])  # fumehood: ignore[code-injection] mine\n", n)},
		"an ignore above an ignore":               {"app.py": r("# fumehood: ignore[code-injection] mine\n", n*4) + "eval(input())\n"},
		"routes":                                  {"app.py": inView("")["app.py"] + each(n/4, "@app.route('/#/<a>')\ndef f#(a):\n    os.system(a)\n")},
		"routes of one function":                  {"app.py": inView("")["app.py"] + r("@app.route('/a')\n", n) + "def f(): pass\n"},
		"a name with many values":                 {"app.py": r("x = x.a(x)\n", n) + r("x.route('/')\n", n)},
		"visitors of a tree":                      visitors(n / 20),
		"parts of parts":                          {"app.py": inView("    f0(a)\n")["app.py"] + "k = K()\n" + each(n/20, "def f#(a):\n    k.a# = a.x#\n    os.system(a.y#)\n    for b in a[0]:\n        k.b# = f#+(b)\n    return [f#+(a), f#+(a.z), a]\n")},
		"functions that hand on functions":        {"app.py": inView("    f0(a, view)\n")["app.py"] + each(n/20, "def f#(a, g):\n    def h(b):\n        return g(b + a)\n    return f#+(a, h) + f#+(g(a), g)\n")},
	}
}

// loops are loops in loops.
func loops(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "    %sfor x%d in a:\n", strings.Repeat(" ", i), i)
	}
	return b.String() + strings.Repeat(" ", n+4) + "a = a + x0 + x1\n"
}

// visitors is a class whose methods are called by names that are put together, as converters of
// documents are written: each may call each.
func visitors(n int) map[string]string {
	files := inView("    V(a).visit(a)\n")
	files["app.py"] += "class V:\n    def __init__(self, a): self.a = a\n    def visit(self, e): return getattr(self, 'visit_' + e.name)(e)\n" +
		"    def children(self, e):\n        for c in e:\n            self.visit(c)\n        return e\n    def new(self, e, d): return [e, d, self.children(e)]\n" +
		each(n, "    def visit_#(self, e):\n        self.a# = self.children(e[0])\n        os.system(e.b#)\n        return self.new(e, {'x': self.a#})\n")
	return files
}

// TestHostile: no project takes long for its length, or all memory. Where the cost is a
// square, each takes minutes.
func TestHostile(t *testing.T) {
	t.Parallel()
	n := 20_000
	if testing.Short() || raced {
		n = 4000
	}
	for name, files := range hostile(n) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			k := &kept{}
			if err := audit.Run(ctx, audit.Options{Root: project(t, files)}, k); err != nil {
				t.Fatal(err)
			}
			t.Logf("%.2f s, %d findings, %d suppressed, %d skipped", k.summary.Seconds, len(k.found), len(k.suppressed), len(k.skipped))
			if k.summary.Crashes > 0 {
				t.Errorf("%d crashes: %+v", k.summary.Crashes, k.skipped)
			}
		})
	}
}
