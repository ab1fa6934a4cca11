package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// hiddenFromUsers are the names of the views that templates link for admins only: a link that
// is not shown keeps nobody from opening its address.
func (f *Facts) hiddenFromUsers() map[string]bool {
	hidden, open := map[string]bool{}, map[string]bool{}
	for _, t := range f.templates {
		linked(t.Body, false, hidden, open)
	}
	for name := range open {
		delete(hidden, name)
	}
	return hidden
}

// linked sorts the views that a part of a template links by whether only admins see the link.
func linked(nodes []jinja.Node, forAdmins bool, hidden, open map[string]bool) {
	jinja.Walk(nodes, func(n jinja.Node) bool {
		switch n := n.(type) {
		case *jinja.If:
			for _, b := range n.Tests {
				linked(b.Body, forAdmins || b.Test != nil && namesAdmins(b.Test), hidden, open)
			}
			return false
		case *jinja.Output:
			python.Inspect(n.Expr, func(n python.Node) bool {
				c, ok := n.(*python.Call)
				if !ok || python.NameOrKey(c.Func) != "url_for" || len(c.Args) == 0 {
					return true
				}
				endpoint, _ := literal(c.Args[0])
				if forAdmins {
					hidden[endpoint] = true
				} else {
					open[endpoint] = true
				}
				return true
			})
		}
		return true
	})
}

// namesAdmins reports whether a condition of a template is that somebody is an admin.
func namesAdmins(test python.Expr) bool {
	found, not := false, false
	python.Inspect(test, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.UnaryOp:
			not = not || n.Op == python.Not
		case *python.Compare:
			not = not || n.Ops[0] == python.NotEq || n.Ops[0] == python.NotIn
		case *python.Attribute:
			found = found || hasWord(n.Attr, "admin", "superuser", "staff", "administrator")
		case *python.Name:
			found = found || hasWord(n.ID, "admin", "superuser", "staff", "administrator")
		case *python.Str:
			found = found || hasWord(n.Value, "admin", "superuser", "administrator")
		}
		return true
	})
	return found && !not
}

// isHidden reports whether a view is among names, alone or with the name of a blueprint.
func isHidden(hidden map[string]bool, v *view) bool {
	if len(hidden) == 0 || v.fn.Class != nil {
		return false
	}
	for name := range hidden {
		blueprint, last, ok := strings.Cut(name, ".")
		if !ok {
			last = name
		}
		if last != v.fn.Name {
			continue
		}
		if !ok || len(v.fn.Routes) == 0 || v.fn.Routes[0].Receiver == nil {
			return true
		}
		return blueprintNamed(v, blueprint)
	}
	return false
}

// blueprintNamed reports whether a view is on the blueprint of that name, as far as the name
// of its variable or its file tells.
func blueprintNamed(v *view, name string) bool {
	receiver := strings.ToLower(python.NameOrKey(v.fn.Routes[0].Receiver))
	return name == "" || strings.Contains(receiver, strings.ToLower(name)) || strings.Contains(strings.ToLower(v.fn.Module.Path), strings.ToLower(name))
}

// adminViewOpen reports views of Flask-Admin that anybody may open: is_accessible says yes
// unless a class of the project says otherwise.
func adminViewOpen(p *Pass, s *Site) {
	if s.Method != "add_view" || len(s.Call.Args) == 0 {
		return
	}
	made, ok := s.Call.Args[0].(*python.Call)
	if !ok {
		return
	}
	ref := p.Program.Resolve(made.Func, s.Scope)
	open := strings.HasPrefix(ref.Path(), "flask_admin.")
	if c := ref.Class; c != nil {
		open = c.Inherits(func(path string) bool { return strings.HasPrefix(path, "flask_admin.") }) && c.Method("is_accessible") == nil && !outsideMixin(c)
	}
	if !open {
		return
	}
	for _, b := range p.Facts.befores() {
		if b.all {
			return
		}
	}
	p.Report(s.Func, s.Call, "this view of Flask-Admin has no is_accessible, so anyone changes its rows", Graded(finding.High, finding.Likely))
}

// outsideMixin reports whether a class has a base that is neither of the project nor of
// Flask-Admin: it may ask for the login.
func outsideMixin(c *program.Class) bool {
	for _, k := range c.Line() {
		if len(k.Own)+len(k.External) < len(k.Node.Bases) {
			return true
		}
		for _, e := range k.External {
			if !strings.HasPrefix(e.Path, "flask_admin.") && e.Path != "builtins.object" {
				return true
			}
		}
	}
	return false
}
