package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// debugCall finds calls that start the debugger, or tell Flask to.
func debugCall(p *Pass, s *Site) {
	switch s.Method { // few calls are looked at longer
	case "run", "run_simple", "DebuggedApplication", "setdefault", "putenv", "DebugToolbarExtension":
	default:
		return
	}
	if underDebug(s.Func.Body, s.Call.Span) {
		return
	}
	switch s.Method {
	case "run", "run_simple", "DebuggedApplication":
		v, name := debugSwitch(s)
		switch {
		case onByDefault(v):
			p.Report(s.Func, v, "the debugger starts unless the environment says no", Graded(finding.Medium, finding.Likely))
		case isTrue(v):
			p.Report(s.Func, v, name+"=True starts the debugger", func(f *finding.Finding) {
				if staysHome(s) {
					f.Severity = finding.Medium
				}
			})
		}
	case "setdefault", "putenv":
		if len(s.Call.Args) != 2 {
			return
		}
		name, _ := literal(s.Call.Args[0])
		if value, ok := literal(s.Call.Args[1]); ok && switchesDebug(name, value) && !isDevModule(s.Func.Module.Path) {
			p.Report(s.Func, s.Call, name+" is "+value, Graded(finding.Medium, finding.Likely))
		}
	case "DebugToolbarExtension":
		p.Report(s.Func, s.Call, "the toolbar shows settings and statements where debug mode is on", Graded(finding.Low, finding.Unsure))
	}
}

// underDebug reports whether a place is reached only where a condition says that the app is
// debugged.
func underDebug(body []python.Stmt, at python.Span) bool {
	found := false
	for _, s := range python.Holding(body, at) {
		python.Inspect(s, func(n python.Node) bool {
			span := n.At()
			if found || at.Start < span.Start || at.End > span.End {
				return false
			}
			if i, ok := n.(*python.If); ok && len(i.Body) > 0 && at.Start >= i.Body[0].At().Start && at.End <= i.Body[len(i.Body)-1].At().End {
				found = asksDebug(i.Test)
			}
			return !found
		})
	}
	return found
}

// asksDebug reports whether a condition is true where the app is debugged.
func asksDebug(test python.Expr) bool {
	switch e := test.(type) {
	case *python.Name, *python.Attribute, *python.Subscript:
		name := strings.ToLower(python.NameOrKey(e))
		return strings.Contains(name, "debug") || strings.HasPrefix(name, "dev")
	case *python.Call:
		text, _ := firstText(e)
		return strings.Contains(strings.ToLower(text+python.NameOrKey(e.Func)), "debug")
	case *python.BoolOp:
		for _, v := range e.Values {
			if asksDebug(v) {
				return true
			}
		}
	case *python.Compare:
		return asksDebug(e.Left)
	}
	return false
}

// isDevModule reports whether a file says by its name that it is for developers.
func isDevModule(file string) bool {
	for _, w := range wordsOf(stem(file)) {
		if strings.HasPrefix(w, "dev") || w == "debug" || w == "local" {
			return true
		}
	}
	return false
}

// debugSwitch is the argument that starts the debugger, and its name; nil without one.
func debugSwitch(s *Site) (python.Expr, string) {
	for _, name := range []string{"debug", "use_debugger", "evalex"} {
		if v := s.Arg(-1, name); v != nil {
			return v, name
		}
	}
	switch {
	case s.Method == "run" && len(s.Call.Args) > 2:
		return s.Call.Args[2], "debug"
	case s.Method == "DebuggedApplication" && len(s.Call.Args) > 1:
		return s.Call.Args[1], "evalex"
	}
	return nil, ""
}

// switchesDebug reports whether a variable of the environment switches Flask's debug mode on.
func switchesDebug(name, value string) bool {
	switch name {
	case "FLASK_ENV":
		return value == "development"
	case "FLASK_DEBUG":
		return isOn(value)
	}
	return false
}

// onByDefault reports whether a switch is on where the environment says nothing, such as
// os.environ.get("DEBUG", "1") == "1".
func onByDefault(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Compare:
		return len(e.Ops) == 1 && (e.Ops[0] == python.Eq || e.Ops[0] == python.In) && onByDefault(e.Left)
	case *python.Call:
		switch python.NameOrKey(e.Func) {
		case "get", "getenv":
			if len(e.Args) == 2 && fromEnvironment(e.Func) {
				text, ok := literal(e.Args[1])
				return isTrue(e.Args[1]) || ok && isOn(text)
			}
		case "bool", "int", "str", "strtobool":
			return len(e.Args) == 1 && onByDefault(e.Args[0])
		case "lower", "strip", "upper":
			a, ok := e.Func.(*python.Attribute)
			return ok && onByDefault(a.Value)
		}
	}
	return false
}

// fromEnvironment reports whether what is called is os.environ.get or os.getenv.
func fromEnvironment(callee python.Expr) bool {
	a, ok := callee.(*python.Attribute)
	return ok && (python.NameOrKey(a.Value) == "environ" || a.Attr == "getenv")
}
