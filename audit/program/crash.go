package program

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// guard does a part of the work; a panic of it is noted at the node, or at the whole module
// without one, and the rest goes on.
func (p *Program) guard(m *Module, n python.Node, part func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			ok = false
			p.Crashed = append(p.Crashed, finding.Crashed(placeOf(m, n), "", r))
		}
	}()
	part()
	return true
}

func placeOf(m *Module, n python.Node) finding.Place {
	place := finding.Place{File: m.Path, Line: 1, Column: 1}
	if n != nil {
		place.Line, place.Column = m.File.Position(n.At().Start)
	}
	place.EndLine, place.EndColumn = place.Line, place.Column
	return place
}

// collectSafely makes the symbols of a module. A module at which that fails stays, without a
// name in it: half of them would be worse, as what is missing cannot be told.
func (p *Program) collectSafely(m *Module) {
	functions, classes := len(p.Functions), len(p.Classes)
	if p.guard(m, nil, func() { p.collect(m) }) {
		return
	}
	p.Functions, p.Classes = p.Functions[:functions], p.Classes[:classes]
	m.Classes, m.File = nil, &python.File{Name: m.Path}
	p.collect(m)
}
