package program_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

const wellMade = `from flask import Flask
app = Flask(__name__)
@app.get("/")
def index(): pass
@app.template_filter("f")
def f(): pass
`

// TestCrash: a node that cannot be, here a nil one, costs its module, class or function and
// nothing else, and is told.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source string
		spoil        func(second python.Stmt) python.Stmt
		line         int // at which the crash is told; the module's is 1
		functions    int // that are known of the file, its own code among them
	}{
		{"a statement", "def a(): pass\ndef b(): pass\n", func(python.Stmt) python.Stmt {
			return (*python.Function)(nil)
		}, 1, 1},
		{"a base", "def a(): pass\nclass B(C): pass\n", func(s python.Stmt) python.Stmt {
			s.(*python.Class).Bases[0] = (*python.Subscript)(nil)
			return s
		}, 2, 2},
		{"a decorator", "def a(): pass\n@x()\ndef b(): pass\n", func(s python.Stmt) python.Stmt {
			s.(*python.Function).Decorators[0] = &python.Call{Func: (*python.Attribute)(nil)}
			return s
		}, 2, 3},
		{"a call", "def a(): pass\ndef b():\n    c.add_url_rule('/', view_func=d)\n", func(s python.Stmt) python.Stmt {
			s.(*python.Function).Body[0].(*python.ExprStmt).Value = (*python.Call)(nil)
			return s
		}, 2, 3},
		{"a class of views", "import flask.views\nclass V(flask.views.View):\n    def get(self): pass\n", func(s python.Stmt) python.Stmt {
			route := &python.Attribute{Attr: "route", Value: &python.Name{ID: "a"}}
			s.(*python.Class).Decorators = []python.Expr{&python.Call{Func: route, Args: []python.Expr{(*python.Str)(nil)}}}
			return s
		}, 2, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bad := python.Parse("bad.py", test.source)
			bad.Body[1] = test.spoil(bad.Body[1])
			p := program.New([]*python.File{bad, python.Parse("good.py", wellMade)})
			if !slices.ContainsFunc(p.Crashed, func(s finding.Skipped) bool { return s.Place.Line == test.line }) {
				t.Errorf("line %d is not among %+v", test.line, p.Crashed)
			}
			for _, s := range p.Crashed {
				if !s.Crash || s.Place.File != "bad.py" || !strings.Contains(s.Reason, ".go:") {
					t.Errorf("%+v", s)
				}
			}
			functions := 0
			for i, f := range p.Functions {
				if f.ID != i || f.Scope == nil {
					t.Errorf("%s: ID %d at %d", f.Name, f.ID, i)
				}
				if f.Module.Path == "bad.py" {
					functions++
				}
			}
			if functions != test.functions {
				t.Errorf("%d functions, want %d", functions, test.functions)
			}
			if i := slices.IndexFunc(p.Routes, func(r *program.Route) bool { return r.Function.Name == "index" }); i < 0 || p.Filters["f"] == nil {
				t.Errorf("of the other file: route %d, filter %v", i, p.Filters["f"])
			}
		})
	}
}
