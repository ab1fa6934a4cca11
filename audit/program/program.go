// Package program knows a Flask project as a whole: which file is which module, what an
// imported name means, which function answers which URL, which class is a model, a form or a
// view, and which file a template's name stands for. It reads syntax trees only; nothing of
// the project is run. Values are followed by audit/flow, which builds on it.
package program

import (
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// Program is all that was read. Looking things up writes down what was found, so a Program is
// for one goroutine; Fork makes one for another.
type Program struct {
	Modules   []*Module   // sorted by path
	Functions []*Function // all of them, nested ones and methods too; Function.ID is the index
	Classes   []*Class
	Routes    []*Route
	APIs      APIs
	Filters   map[string]*Function // the project's own filters of templates, by name
	Crashed   []finding.Skipped    // where the audit itself failed: what it would have known is missing

	// operations are the functions that an API description names as handlers, such as
	// "shop.views.find": their parameters come from the request.
	operations map[string]bool

	// known is what names and imports stand for, as far as somebody asked, by their numbers.
	known   []*Ref
	nothing *Ref // of a name that stands for nothing
	numbers int  // of all modules together
	forked  bool

	decorates bool // a module imports what makes resolvers by decorators

	byName   map[string][]*Module // every dotted name under which a module may be imported
	inside   map[string]bool      // names that mean a module in some folder of a package only
	packages map[string]bool      // folders with an __init__.py
}

// Module is one Python file.
type Module struct {
	ID      int    // the index in Program.Modules
	Name    string // dotted, from the root of the project, such as "src.shop.models"
	Path    string // with slashes, from the root of the project
	File    *python.File
	Package bool      // an __init__.py
	Test    bool      // it belongs to the tests: tests/, test_x.py, conftest.py
	Scope   *Scope    // its global names
	Main    *Function // its top-level code, as a function without parameters
	Classes []*Class

	speaks  uint64    // of which of the words that New looks for, as bits
	first   int       // of the numbers of its names and imports in Program.known
	stars   []*Module // of the project, that it imports with *, nearest first
	outside string    // the outside module that it imports so
}

// New builds a program of the files, which are Python and were parsed before. Their names are
// paths from the root of the project, with slashes. Descriptions are the texts of its OpenAPI
// documents.
func New(files []*python.File, descriptions ...string) *Program {
	p := &Program{operations: operations(descriptions), byName: map[string][]*Module{}, inside: map[string]bool{}, packages: map[string]bool{}}
	files = slices.Clone(files)
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	for _, f := range files {
		if path.Base(f.Name) == "__init__.py" {
			p.packages[path.Dir(f.Name)] = true
		}
	}
	for _, f := range files {
		p.addModule(f)
	}
	p.addNamespaces(files)
	p.collect()
	for _, m := range p.Modules {
		p.guard(m, nil, func() { p.followStars(m) })
	}
	p.forget()
	for _, c := range p.Classes {
		p.guard(c.Module, c.Node, func() { p.resolveBases(c) })
	}
	for i, c := range p.Classes {
		c.ID, c.line = i, c.Line()
	}
	p.findRoutes()
	p.findFilters()
	p.findOperations()
	return p
}

// forget has the program know nothing of what names stand for.
func (p *Program) forget() {
	p.known = make([]*Ref, p.numbers)
	p.nothing = &Ref{}
}

// Fork returns the same program for use in another goroutine: what either is asked for it
// keeps for itself. Modules, functions, classes and routes are shared; of an API of the other
// one only the path may be used.
func (p *Program) Fork() *Program {
	other := *p
	other.APIs = APIs{}
	other.forked = true
	other.forget()
	return &other
}

// own is the node of the program's own tree for one of a base class, which New made.
func (p *Program) own(n *API) *API {
	if p.forked {
		return p.APIs.like(n)
	}
	return n
}

// maxFolders bounds how many folders in front of a module its names leave out.
const maxFolders = 16

func (p *Program) addModule(f *python.File) {
	stem := strings.TrimSuffix(f.Name, path.Ext(f.Name))
	m := &Module{Path: f.Name, File: f, Test: IsTest(f.Name)}
	if path.Base(stem) == "__init__" {
		m.Package = true
		stem = path.Dir(stem)
	}
	m.Name = strings.ReplaceAll(stem, "/", ".")
	p.Modules = append(p.Modules, m)
	p.byName[m.Name] = append(p.byName[m.Name], m)
	// Without the folders in front that are no packages: src/shop/models.py is shop.models.
	dir, rest := "", stem
	for range maxFolders {
		first, after, more := strings.Cut(rest, "/")
		if !more {
			return
		}
		dir, rest = path.Join(dir, first), after
		if p.packages[dir] {
			// what is run in a package's own folder may import what is there by its bare name
			name := strings.ReplaceAll(rest, "/", ".")
			p.byName["."+dir+":"+name] = []*Module{m}
			p.inside[name] = true
			continue
		}
		name := strings.ReplaceAll(rest, "/", ".")
		p.byName[name] = append(p.byName[name], m)
	}
}

// addNamespaces makes modules of the folders without an __init__.py (PEP 420).
func (p *Program) addNamespaces(files []*python.File) {
	seen := map[string]bool{".": true}
	for _, f := range files {
		for dir := path.Dir(f.Name); !seen[dir] && !p.packages[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			p.addModule(&python.File{Name: dir + "/__init__.py"})
		}
	}
}

// IsTest tells the tests of a project by the usual names.
func IsTest(file string) bool {
	base := path.Base(file)
	if base == "conftest.py" || strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py") || base == "tests.py" {
		return true
	}
	for _, part := range strings.Split(path.Dir(file), "/") {
		if part == "tests" || part == "test" || part == "testing" || part == "unittests" {
			return true
		}
	}
	return false
}

// Lookup finds the project's own module that the dotted name means when from imports it; nil
// if it is not one of the project's.
func (p *Program) Lookup(name string, from *Module) *Module {
	found := p.byName[name]
	if len(found) == 0 {
		if !p.inside[name] {
			return nil
		}
		for dir := path.Dir(from.Path); len(found) == 0 && dir != "."; dir = path.Dir(dir) {
			found = p.byName["."+dir+":"+name]
		}
	}
	var best *Module
	shared := -1
	for _, m := range found {
		if !m.Package && m.Name != name && !strings.Contains(name, ".") && !strings.HasPrefix(from.Path, path.Dir(m.Path)+"/") {
			continue // a script's neighbour, for scripts of that folder only: sub/json.py is no json
		}
		if n := sharedPrefix(m.Path, from.Path); n > shared && m != from {
			best, shared = m, n
		}
	}
	return best
}

// ImportedAs is the folder that a module is imported from, with its dotted name there: the folder
// above the packages that it is in.
func (p *Program) ImportedAs(m *Module) (folder, name string) {
	stem := strings.TrimSuffix(m.Path, path.Ext(m.Path))
	if m.Package {
		stem = path.Dir(stem)
	}
	folder = path.Dir(stem)
	for folder != "." && p.packages[folder] {
		folder = path.Dir(folder)
	}
	return folder, strings.ReplaceAll(strings.TrimPrefix(stem, folder+"/"), "/", ".")
}

func sharedPrefix(a, b string) int {
	n := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			n++
		}
	}
	return n
}

// relative is the dotted name that a relative import means: level dots and then name.
func (m *Module) relative(level int, name string) string {
	parts := strings.Split(m.Name, ".")
	if m.Package {
		level--
	}
	if level > len(parts) {
		return name
	}
	parts = parts[:len(parts)-level]
	if name != "" {
		parts = append(parts, name)
	}
	return strings.Join(parts, ".")
}
