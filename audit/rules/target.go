package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// firstApp is where the first Flask app is made, one in a folder of examples only where there
// is no other; nil without one.
func (f *Facts) firstApp() *Site {
	if f.appKnown {
		return f.app
	}
	f.appKnown = true
	in := f.modulesWith("Flask(")
	for _, fn := range f.program.Functions {
		if !in[fn.Module] {
			continue
		}
		example := exampleFolder(fn.Module.Path) != ""
		if example && f.app != nil {
			continue
		}
		if site := appIn(fn); site != nil && (f.app == nil || !example) {
			f.app = site
			if !example {
				break
			}
		}
	}
	return f.app
}

// appIn is where a function makes a Flask app; functions in it have their own turn.
func appIn(fn *program.Function) (site *Site) {
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Call:
				if site == nil && python.NameOrKey(n.Func) == "Flask" {
					site = &Site{Call: n, Func: fn, Scope: fn.Scope}
				}
			}
			return site == nil
		})
	}
	return site
}

// App is what fumehood run would serve of the project, as far as the source tells; nil where it
// does not.
func (w *Work) App() *finding.App {
	w.Wait()
	if len(w.passes) == 0 {
		return nil
	}
	return w.passes[0].Facts.served()
}

// served is the variable that holds the app, or a call of the function that makes it.
func (f *Facts) served() *finding.App {
	site := f.firstApp()
	if site == nil {
		return nil
	}
	if site.Func.Node == nil {
		return f.named(site.Func.Module, variable(site.Func.Module, func(v python.Expr) bool { return v == python.Expr(site.Call) }))
	}
	if site.Func.Parent != nil || site.Func.Class != nil {
		return nil
	}
	for _, m := range f.program.Modules { // app = create_app() in wsgi.py
		if m.Test || exampleFolder(m.Path) != exampleFolder(site.Func.Module.Path) {
			continue
		}
		if app := f.named(m, variable(m, func(v python.Expr) bool { return f.makes(v, m, site.Func) })); app != nil {
			return app
		}
	}
	if slices.ContainsFunc(site.Func.Node.Params.List, func(p python.Param) bool {
		return p.Default == nil && p.Kind != python.VarPositional && p.Kind != python.VarKeyword
	}) {
		return nil
	}
	return f.named(site.Func.Module, site.Func.Name+"()")
}

// makes reports whether an expression is a call of the function that makes the app.
func (f *Facts) makes(v python.Expr, m *program.Module, factory *program.Function) bool {
	c, ok := v.(*python.Call)
	return ok && python.NameOrKey(c.Func) == factory.Name && f.program.Resolve(c.Func, m.Scope).Function == factory
}

// variable is the global name of a module that is given such a value, the first in the order of
// names; "" for none.
func variable(m *program.Module, is func(python.Expr) bool) string {
	found := ""
	for name, sym := range m.Scope.Names.All() {
		if slices.ContainsFunc(sym.Values, is) && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

func (f *Facts) named(m *program.Module, name string) *finding.App {
	if name == "" {
		return nil
	}
	folder, module := f.program.ImportedAs(m)
	return &finding.App{Folder: folder, Target: module + ":" + name}
}

// runCommand is the command that serves the project.
func (p *Pass) runCommand() string { return p.Facts.served().Command("") }
