package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func insideShown() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "debug-view", Title: "The inside of the app, for anyone to read", CWE: 200, OWASP: "A05:2021", ASVS: []string{"13.4.2", "14.2.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A view answers with the environment, the configuration or the variables of the app. Whoever calls it reads its keys and passwords.",
			Fix:   `return {"version": app.config["VERSION"]}`,
			Canon: []string{"data-exposure", "debug-off"},
			Guard: "",
		},
		Function: insideSent,
	}
}

func insideSent(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil || v.asks == asksRole {
		return
	}
	values := map[string][]python.Expr{}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Assign); ok {
				if name, isName := a.Targets[0].(*python.Name); isName {
					values[name.ID] = append(values[name.ID], a.Value)
				}
			}
			return true
		})
	}
	done := false
	report := func(e python.Expr) {
		at, what := inside(e)
		if at == nil || done {
			return
		}
		done = true
		if what == "the versions and the paths of the server" {
			p.Report(f, at, what+" are sent", Graded(finding.Low, finding.Unsure))
			return
		}
		p.Report(f, at, what+" is sent")
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Return:
				if n.Value == nil {
					return false
				}
				report(n.Value)
				python.Inspect(n.Value, func(n python.Node) bool {
					if c, ok := n.(*python.Call); ok && !passesOn(c) {
						return false
					}
					if name, ok := n.(*python.Name); ok {
						for _, value := range values[name.ID] {
							report(value)
						}
					}
					return true
				})
				return false
			}
			return true
		})
	}
}

// inside is a part of an answer that says what the app is made of, as a whole: one variable of
// the environment, or one setting, is for the app to choose.
func inside(e python.Expr) (at python.Node, what string) {
	see := func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Subscript:
			if isInside(n.Value) != "" {
				return false
			}
		case *python.Call:
			name := python.NameOrKey(n.Func)
			if a, ok := n.Func.(*python.Attribute); ok && isInside(a.Value) != "" && name != "items" && name != "copy" && name != "values" && name != "to_dict" {
				return false // get("NAME")
			}
			if _, bare := n.Func.(*python.Name); bare && len(n.Args) == 0 && (name == "globals" || name == "locals") {
				at, what = n, "every variable"
			}
			if !passesOn(n) && lastOwner(n) != "platform" {
				return false
			}
		case *python.Compare:
			return false
		case *python.Attribute:
			if w := isInside(n); w != "" && at == nil {
				at, what = n, w
			}
		}
		return at == nil
	}
	python.Inspect(e, see)
	return at, what
}

// passesOn tells calls that give on what they are given: into an answer, or as a text.
func passesOn(c *python.Call) bool {
	switch python.NameOrKey(c.Func) {
	case "dict", "str", "repr", "jsonify", "dumps", "list", "sorted", "make_response", "Response", "pformat", "items", "copy", "values", "to_dict", "vars", "join", "format", "escape", "render_template_string", "safe_dump", "dump", "set", "tuple":
		return true
	}
	return false
}

func lastOwner(c *python.Call) string {
	a, ok := c.Func.(*python.Attribute)
	if !ok {
		return ""
	}
	return python.NameOrKey(a.Value)
}

// isInside names what an attribute tells of the app, "" for all others.
func isInside(e python.Expr) string {
	a, ok := e.(*python.Attribute)
	if !ok {
		return ""
	}
	owner := python.NameOrKey(a.Value)
	switch {
	case a.Attr == "environ" && owner == "os":
		return "the environment"
	case a.Attr == "config" && (owner == "app" || owner == "current_app" || owner == "application"):
		return "the configuration"
	case a.Attr == "modules" && owner == "sys", a.Attr == "__dict__" && (owner == "app" || owner == "current_app"):
		return "every variable"
	case owner == "sys" && (a.Attr == "path" || a.Attr == "version" || a.Attr == "argv") || owner == "platform":
		return "the versions and the paths of the server"
	}
	return ""
}
