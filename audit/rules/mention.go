package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// modulesWith are the modules outside of the tests whose source has a text. It is for rules
// that look for what is nowhere: a text in a comment counts too.
func (f *Facts) modulesWith(text string) map[*program.Module]bool {
	found, known := f.mentioned[text]
	if known {
		return found
	}
	for _, m := range f.program.Modules {
		if !m.Test && strings.Contains(m.File.Source, text) {
			if found == nil {
				found = map[*program.Module]bool{}
			}
			found[m] = true
		}
	}
	if f.mentioned == nil {
		f.mentioned = map[string]map[*program.Module]bool{}
	}
	f.mentioned[text] = found
	return found
}

// mentions reports whether the source of the program has one of the texts.
func (f *Facts) mentions(texts ...string) bool {
	for _, t := range texts {
		if len(f.modulesWith(t)) > 0 {
			return true
		}
	}
	return false
}

// firstApp is where the first Flask app is made that is not in a folder of examples; nil
// without one.
func (f *Facts) firstApp() *Site {
	if f.app != nil || f.noApp {
		return f.app
	}
	in := f.modulesWith("Flask(")
	for _, fn := range f.program.Functions {
		if !in[fn.Module] || asideFolder(fn.Module.Path) != "" {
			continue
		}
		for _, s := range fn.Body {
			python.Inspect(s, func(n python.Node) bool {
				if c, ok := n.(*python.Call); ok && f.app == nil && python.NameOrKey(c.Func) == "Flask" {
					f.app = &Site{Call: c, Func: fn, Scope: fn.Scope}
				}
				_, inner := n.(*python.Function)
				return !inner && f.app == nil
			})
		}
		if f.app != nil {
			break
		}
	}
	f.noApp = f.app == nil
	return f.app
}
