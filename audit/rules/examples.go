package rules

import (
	"path"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
)

// holdBackExamples holds back what is found in examples and documentation that the app itself does not
// use: it is shown with --min-confidence low. Nobody serves these, and their keys and debug
// switches are there to be read.
func holdBackExamples(p *program.Program, found []finding.Finding) {
	var folders map[string]bool
	for i := range found {
		folder := exampleFolder(found[i].Place.File)
		if folder == "" {
			continue
		}
		if folders == nil {
			folders = unusedFolders(p)
		}
		if folders[folder] {
			found[i].Confidence = finding.Unsure
		}
	}
}

// exampleFolder is the folder of examples or documentation that a file is in, or the file itself
// if it is a sample; "" for all others.
func exampleFolder(file string) string {
	for i, c := range file {
		if c == '/' && isExampleFolder(path.Base(file[:i])) {
			return file[:i]
		}
	}
	base := strings.ToLower(path.Base(file))
	if strings.Contains(base, "sample") || strings.Contains(base, "example") {
		return file
	}
	return ""
}

func isExampleFolder(folder string) bool {
	switch strings.ToLower(folder) {
	case "example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "benchmarks", "cookbook":
		return true
	}
	return false
}

// unusedFolders are the folders and files beside the app that nothing of the app imports.
// Without an app they are what the project is.
func unusedFolders(p *program.Program) map[string]bool {
	unused := map[string]bool{}
	app := false
	for _, m := range p.Modules {
		switch folder := exampleFolder(m.Path); {
		case folder != "":
			unused[folder] = true
		case !m.Test && m.Path != "setup.py":
			app = app || len(m.Classes) > 0
		}
	}
	for _, f := range p.Functions {
		if !f.Module.Test && f.Node != nil && f.Module.Path != "setup.py" && exampleFolder(f.Module.Path) == "" {
			app = true
		}
	}
	if !app || len(unused) == 0 {
		return nil
	}
	use := func(s *program.Scope) {
		for _, sym := range s.Names.All() {
			if sym.Import == nil {
				continue
			}
			for _, name := range []string{sym.Import.Module, sym.Import.Module + "." + sym.Import.Name} {
				if m := p.Lookup(name, s.Module); m != nil {
					if folder := exampleFolder(m.Path); strings.Contains(name, stem(folder)) { // not a config.py of any folder
						delete(unused, folder)
					}
				}
			}
		}
	}
	for _, m := range p.Modules {
		if !m.Test && exampleFolder(m.Path) == "" {
			use(m.Scope)
		}
	}
	for _, f := range p.Functions {
		if !f.Module.Test && exampleFolder(f.Module.Path) == "" {
			use(f.Scope)
		}
	}
	return unused
}

// stem is the name by which a folder or a file is imported.
func stem(file string) string { return strings.TrimSuffix(path.Base(file), ".py") }

// isScript reports whether a file is run by hand: a change of the tables, or a tool of who
// works on the project. No visitor's text gets there.
func isScript(file string) bool {
	for i, folder := range strings.Split(path.Dir(file), "/") {
		switch strings.ToLower(folder) {
		case "migrations", "alembic", "scripts", "script", "maintenance":
			return true
		case "bin", "tools":
			if i == 0 {
				return true
			}
		}
	}
	base := path.Base(file)
	return strings.HasPrefix(base, "populate") || strings.HasPrefix(base, "seed") || base == "testdata.py" || base == "fake.py"
}
