package rules

import (
	"path"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func exposedFiles() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "exposed-files", Title: "The project's own files are part of the site", CWE: 552, OWASP: "A01:2021", ASVS: []string{"13.4.1", "13.4.7"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "The folder of the project is handed out as files of the site. Whoever asks for app.py, .env or the database gets it, with the keys in it.",
			Fix:   `app = Flask(__name__, static_folder="static")`,
			Canon: []string{"config-leak"},
			Guard: "guard/paths",
		},
		Call: func(p *Pass, s *Site) {
			switch lastOf(s.Path) {
			case "Flask", "Blueprint", "APIFlask", "Quart", "OpenAPI":
				if v := s.Arg(-1, "static_folder"); v != nil && p.isProjectFolder(v, s.Scope, 3) {
					p.Report(s.Func, v, "the folder of static files is that of the source")
				}
			case "send_from_directory":
				if d, f := s.Arg(0, "directory"), s.Arg(1, "path"); d != nil && f != nil && p.isProjectFolder(d, s.Scope, 3) && p.chosenByVisitor(f, s) {
					p.Report(s.Func, s.Call, "any file beside the source is sent")
				}
			case "AutoIndex":
				if v := s.Arg(1, "browse_root"); v != nil && p.isProjectFolder(v, s.Scope, 3) {
					p.Report(s.Func, s.Call, "the folder of the source is listed")
				}
			}
		},
	}
}

// isProjectFolder reports whether an expression is the folder of the source, or one above it.
func (p *Pass) isProjectFolder(e python.Expr, scope *program.Scope, depth int) bool {
	if depth == 0 {
		return false
	}
	switch e := e.(type) {
	case *python.Str:
		return isRootName(e.Value)
	case *python.Name:
		sym, at := scope.Find(e.ID)
		return sym != nil && len(sym.Values) == 1 && !sym.Other && p.isProjectFolder(sym.Values[0], at, depth-1)
	case *python.Attribute:
		return e.Attr == "root_path" || e.Attr == "curdir" || e.Attr == "parent" && isHere(e.Value)
	case *python.Call:
		switch python.NameOrKey(e.Func) {
		case "getcwd", "cwd":
			return len(e.Args) == 0
		case "dirname", "abspath", "realpath", "normpath", "str", "resolve", "Path":
			if len(e.Args) == 0 {
				a, ok := e.Func.(*python.Attribute)
				return ok && p.isProjectFolder(a.Value, scope, depth)
			}
			return python.NameOrKey(e.Func) == "dirname" && isHere(e.Args[0]) || p.isProjectFolder(e.Args[0], scope, depth)
		}
	}
	return false
}

// isRootName tells the names of folders that hold the source: ".", "..", "/".
func isRootName(s string) bool {
	s = path.Clean(strings.TrimSpace(s))
	return s == "." || s == "/" || strings.Trim(s, "./") == "" && strings.HasPrefix(s, "..")
}

// isHere reports whether an expression is __file__, or made of it without leaving the folder.
func isHere(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name:
		return e.ID == "__file__"
	case *python.Call:
		switch python.NameOrKey(e.Func) {
		case "abspath", "realpath", "Path", "resolve", "absolute":
			if len(e.Args) > 0 {
				return isHere(e.Args[0])
			}
			a, ok := e.Func.(*python.Attribute)
			return ok && isHere(a.Value)
		}
	}
	return false
}

// chosenByVisitor reports whether a file's name is a parameter of the view that it does not
// look at.
func (p *Pass) chosenByVisitor(e python.Expr, s *Site) bool {
	n, ok := e.(*python.Name)
	if !ok || s.Func.Node == nil || len(s.Func.Routes) == 0 {
		return false
	}
	given := false
	for i := range s.Func.Node.Params.List {
		given = given || s.Func.Node.Params.List[i].Name == n.ID
	}
	if !given {
		return false
	}
	looked := false
	for _, st := range s.Func.Body {
		python.Inspect(st, func(x python.Node) bool {
			switch x := x.(type) {
			case *python.Compare:
				looked = looked || mentionsName(x, n.ID)
			case *python.If:
				looked = looked || mentionsName(x.Test, n.ID)
			}
			return !looked
		})
	}
	return !looked
}

// mentionsName reports whether a name stands in an expression.
func mentionsName(n python.Node, name string) bool {
	found := false
	python.Inspect(n, func(n python.Node) bool {
		if x, ok := n.(*python.Name); ok {
			found = found || x.ID == name
		}
		return !found
	})
	return found
}
