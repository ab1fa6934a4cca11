package program

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// operations reads the operationId lines of OpenAPI documents in YAML or JSON. Connexion
// calls the function of that dotted name with the request's parameters.
func operations(descriptions []string) map[string]bool {
	all := map[string]bool{}
	for _, d := range descriptions {
		for line := range strings.Lines(d) {
			_, value, ok := strings.Cut(line, "operationId")
			if !ok {
				continue
			}
			value = strings.Trim(strings.TrimSpace(value), "\"':, ")
			if strings.Contains(value, ".") {
				all[value] = true
			}
		}
	}
	return all
}

// findFilters finds @app.template_filter("name") and app.jinja_env.filters["name"] = f.
func (p *Program) findFilters() {
	p.Filters = map[string]*Function{}
	for _, f := range p.Functions {
		if f.Node != nil {
			p.guard(f.Module, f.Node, func() { p.decoratedFilter(f) })
		}
	}
	for f := range p.naming("filters") {
		p.guard(f.Module, f.node(), func() {
			for _, s := range f.Body {
				p.assignedFilter(f, s)
			}
		})
	}
}

func (p *Program) decoratedFilter(f *Function) {
	for _, d := range f.Node.Decorators {
		call, _ := d.(*python.Call)
		if call == nil {
			continue
		}
		a, ok := call.Func.(*python.Attribute)
		if !ok || a.Attr != "template_filter" && a.Attr != "app_template_filter" {
			continue
		}
		name := f.Name
		if s, ok := argument(call, 0, "name").(*python.Str); ok {
			name = s.Value
		}
		p.Filters[name] = f
	}
}

func (p *Program) assignedFilter(f *Function, s python.Stmt) {
	a, ok := s.(*python.Assign)
	if !ok {
		return
	}
	for _, t := range a.Targets {
		sub, ok := t.(*python.Subscript)
		if !ok {
			continue
		}
		key, isStr := sub.Index.(*python.Str)
		of, isAttr := sub.Value.(*python.Attribute)
		if isStr && isAttr && of.Attr == "filters" {
			if r := p.Resolve(a.Value, f.Scope); r.Function != nil {
				p.Filters[key.Value] = r.Function
			}
		}
	}
}
