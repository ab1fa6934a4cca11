package rules

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// byHand reports whether a module is a program beside the app that somebody starts: it asks
// whether it is the main one, nothing imports it, and it has no app and no route. What is read
// there is not what visitors send.
func (f *Facts) byHand(m *program.Module) bool {
	if f.tools == nil {
		f.tools = map[*program.Module]bool{}
		for _, m := range f.program.Modules {
			if asksWhetherMain(m) {
				f.tools[m] = true
			}
		}
		for _, fn := range f.program.Functions {
			if len(fn.Routes) > 0 {
				delete(f.tools, fn.Module)
			}
			f.imported(fn.Scope)
		}
		for _, m := range f.program.Modules {
			f.imported(m.Scope)
		}
	}
	return f.tools[m]
}

// imported takes the modules that a scope imports from the programs that are started by hand,
// and those that make an app.
func (f *Facts) imported(s *program.Scope) {
	for _, sym := range s.Names.All() {
		if sym.Import == nil {
			continue
		}
		if sym.Import.Module == "flask" && sym.Import.Name == "Flask" {
			delete(f.tools, s.Module)
		}
		for _, name := range []string{sym.Import.Module, sym.Import.Module + "." + sym.Import.Name} {
			if m := f.program.Lookup(name, s.Module); m != nil && m != s.Module {
				delete(f.tools, m)
			}
		}
	}
}

func asksWhetherMain(m *program.Module) bool {
	for _, s := range m.File.Body {
		branch, ok := s.(*python.If)
		if !ok {
			continue
		}
		if c, ok := branch.Test.(*python.Compare); ok && python.LastName(c.Left) == "__name__" {
			return true
		}
	}
	return false
}
