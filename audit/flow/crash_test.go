package flow_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// TestCrash: a node that cannot be, here a nil one, costs its function or its template and
// nothing else, and is told.
func TestCrash(t *testing.T) {
	t.Parallel()
	file := python.Parse("app.py", `import os
from flask import Flask, render_template, request
app = Flask(__name__)
def helper(a):
    os.system(a)
    crash
    return a
@app.get("/a")
def a():
    helper(request.args["a"])
    return render_template("bad.html", a=request.args["a"])
@app.get("/b")
def b():
    crash
@app.get("/c")
def c():
    return render_template("good.html", c=request.args["c"])
`)
	for _, s := range file.Body {
		if f, ok := s.(*python.Function); ok {
			for _, s := range f.Body {
				if e, ok := s.(*python.ExprStmt); ok && file.Text(e) == "crash" {
					e.Value = (*python.Call)(nil)
				}
			}
		}
	}
	bad := jinja.Parse("templates/bad.html", "{{ a|safe }}{{ b|safe }}{{ c }}", jinja.Options{Autoescape: true})
	bad.Body[1] = (*jinja.Output)(nil)
	good := jinja.Parse("templates/good.html", "{{ c|safe }}", jinja.Options{Autoescape: true})
	flows, crashed := flow.Follow(t.Context(), program.New([]*python.File{file}), flow.Link([]*jinja.Template{bad, good}), nil)
	at := map[string]int{}
	for _, s := range crashed {
		if !s.Crash || !strings.Contains(s.Reason, ".go:") {
			t.Errorf("%+v", s)
		}
		at[s.Place.File]++
		if s.Place.File == "app.py" && s.Place.Line != 4 && s.Place.Line != 12 {
			t.Errorf("%+v", s)
		}
	}
	if at["app.py"] < 2 || at["templates/bad.html"] == 0 || len(at) != 2 {
		t.Errorf("failed at %v", at)
	}
	found := map[string]bool{}
	for _, f := range flows {
		found[f.Use.File] = true
	}
	if !found["app.py"] || !found["templates/bad.html"] || !found["templates/good.html"] {
		t.Errorf("flows in %v", found)
	}
}
