package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
)

// modulesWith are the modules outside of the tests whose source has a text. It is for rules
// that look for what is nowhere: a text in a comment counts too.
func (f *Facts) modulesWith(text string) map[*program.Module]bool {
	found, known := f.mentioned[text]
	if known {
		return found
	}
	low := strings.ToLower(text)
	_, indexed := f.index.Number(low)
	for _, m := range f.program.Modules {
		if !m.Test && (!indexed || f.sourceHas(m, low)) && strings.Contains(m.File.Source, text) {
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

// withPasswords tells by Module.ID the modules of modulesWith that speak of passwords: a text that
// stands for one function only is not looked for in all others.
func (f *Facts) withPasswords(text string) []bool {
	found := make([]bool, len(f.program.Modules))
	for _, m := range f.program.Modules {
		if !m.Test && slices.ContainsFunc(passwordWords(), func(w string) bool { return f.sourceHas(m, w) }) && strings.Contains(m.File.Source, text) {
			found[m.ID] = true
		}
	}
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
