package program

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/internal/slab"
	"github.com/fumehood/fumehood/audit/internal/words"
	"github.com/fumehood/fumehood/audit/python"
)

// gathered is what one module defines.
type gathered struct {
	functions []*Function
	classes   []*Class
	numbers   int // of names with values and of imports
	crashed   []finding.Skipped
	decorates bool // it imports what makes resolvers by decorators

	lastImport *Import
	*shared
}

// shared is what the modules that one goroutine gathers have in common.
type shared struct {
	program      *Program // of which the names of modules are known
	wanted       *words.Index
	newSymbols   slab.Of[Symbol]
	newImports   slab.Of[Import]
	newFunctions slab.Of[Function]
	newScopes    slab.Of[Scope]
}

// number is a new number. What has one is looked up once by each Program that shares it.
func (g *gathered) number() int32 {
	g.numbers++
	return int32(g.numbers)
}

// imported is a new Import of the module m.
func (g *gathered) imported(m *Module, i Import) *Import {
	if last := g.lastImport; last != nil && last.Module == i.Module { // from x import a, b
		i.own, i.outside = last.own, last.outside
	} else {
		i.own = g.program.Lookup(i.Module, m)
		i.outside = i.own == nil && len(g.program.byName[i.Module]) == 0 && !g.program.inside[i.Module]
	}
	i.id = g.number()
	g.lastImport = g.newImports.One()
	*g.lastImport = i
	return g.lastImport
}

// collect makes the symbols, functions and classes of all modules, on all processors: none of
// them needs another one for it. Then they are put together in the order of the modules.
func (p *Program) collect() {
	all := make([]gathered, len(p.Modules))
	index := words.New(nil, wanted())
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wg.Go(func() {
			with := &shared{program: p, wanted: index}
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				all[i].shared = with
				all[i].module(p.Modules[i])
			}
		})
	}
	wg.Wait()
	for i, m := range p.Modules {
		g := &all[i]
		m.ID, m.first, m.Classes = i, p.numbers, g.classes
		p.numbers += g.numbers + 1
		for _, f := range g.functions {
			f.ID = len(p.Functions)
			p.Functions = append(p.Functions, f)
		}
		p.Classes = append(p.Classes, g.classes...)
		p.Crashed = append(p.Crashed, g.crashed...)
		p.decorates = p.decorates || g.decorates
	}
}

// module gathers a module. One at which that fails stays, without a name in it: half of them
// would be worse, as what is missing cannot be told.
func (g *gathered) module(m *Module) {
	if crashed := guarded(m, nil, func() { g.walk(m) }); crashed != nil {
		m.File = &python.File{Name: m.Path}
		*g = gathered{crashed: crashed, shared: g.shared}
		g.walk(m)
	}
}

// walk walks the statements of a module.
func (g *gathered) walk(m *Module) {
	m.speaks = ^uint64(0)
	if m.File.ASCII() {
		m.speaks = g.wanted.Read(m.File.Source).All[1]
	}
	m.Scope = &Scope{Module: m}
	m.Main = &Function{Name: "<module>", Module: m, Body: m.File.Body, Scope: m.Scope}
	g.functions = append(g.functions, m.Main)
	c := collector{gathered: g, m: m, scope: m.Scope, fn: m.Main}
	c.block(m.File.Body)
}
