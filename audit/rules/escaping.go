package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func autoescapeOff() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "autoescape-off", Title: "Templates without escaping", CWE: 79, OWASP: "A03:2021", ASVS: []string{"1.2.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "Templates put text out as it is. Whoever gets a script into a value acts as everybody who sees the page.",
			Fix:   `Environment(autoescape=select_autoescape())`,
			Canon: []string{"xss"},
			Guard: "guard/csp",
		},
		Call: func(p *Pass, s *Site) {
			switch s.Path {
			case "jinja2.Environment", "jinja2.environment.Environment", "jinja2.nativetypes.NativeEnvironment":
				if s.Arg(-1, "autoescape") == nil && !makesTeX(s.Call) {
					p.Report(s.Func, s.Call, "an environment that escapes nothing", func(f *finding.Finding) {
						if isTool(s.Func.Module.Path) {
							f.Confidence = finding.Unsure
						}
					})
				}
			case "jinja2.select_autoescape", "jinja2.utils.select_autoescape":
				if !selectsHTML(s) {
					p.Report(s.Func, s.Call, "HTML is not among what is escaped")
				}
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			if a.Name != "autoescape" || !isConstant(a.Value, python.False) {
				return
			}
			if _, isName := a.Target.(*python.Name); isName { // not of an environment, in its options, or given to it
				return
			}
			if c, isCall := a.In.(*python.Call); !isCall || !makesTeX(c) {
				p.Report(a.Func, a.Node, "escaping is switched off")
			}
		},
		Function: func(p *Pass, f *program.Function) {
			if f.Name != "select_jinja_autoescape" || len(f.Body) == 0 {
				return
			}
			if r, ok := f.Body[len(f.Body)-1].(*python.Return); ok && r.Value != nil && len(f.Body) <= 2 && isConstant(r.Value, python.False) {
				p.Report(f, r, "escaping is switched off in all templates")
			}
		},
	}
}

// isTool reports whether a file is a tool of the command line, or writes mails or settings.
func isTool(file string) bool {
	return hasWord(file, "cli", "command", "commands", "manage", "scripts", "mail", "mails", "email", "emails", "config", "generate", "generator", "codegen", "build")
}

// makesTeX reports whether an environment has delimiters of its own, as those for LaTeX have,
// which is not escaped like HTML.
func makesTeX(c *python.Call) bool {
	for i := range c.Keywords {
		if c.Keywords[i].Name == "block_start_string" || c.Keywords[i].Name == "" {
			return true
		}
	}
	return false
}

// selectsHTML reports whether select_autoescape(...) may escape HTML.
func selectsHTML(s *Site) bool {
	if names := texts(s.Arg(1, "disabled_extensions")); slices.Contains(names, "html") {
		return false
	}
	enabled := s.Arg(0, "enabled_extensions")
	if enabled == nil || isTrue(s.Arg(3, "default")) {
		return true
	}
	names := texts(enabled)
	return len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return n == "html" || n == "htm" || strings.HasPrefix(n, "j") })
}

// texts are the extensions in a list that is written out.
func texts(e python.Expr) []string {
	var all []string
	if e == nil {
		return nil
	}
	python.Inspect(e, func(n python.Node) bool {
		if s, ok := n.(*python.Str); ok {
			all = append(all, strings.TrimPrefix(s.Value, "."))
		}
		return true
	})
	return all
}
