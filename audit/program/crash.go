package program

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// guard does a part of the work; a panic of it is noted at the node, or at the whole module
// without one, and the rest goes on.
func (p *Program) guard(m *Module, n python.Node, part func()) {
	p.Crashed = append(p.Crashed, guarded(m, n, part)...)
}

// guarded does a part of the work, and returns what is said of a panic of it.
func guarded(m *Module, n python.Node, part func()) (crashed []finding.Skipped) {
	defer func() {
		if r := recover(); r != nil {
			crashed = []finding.Skipped{finding.Crashed(placeOf(m, n), "", r)}
		}
	}()
	part()
	return nil
}

func placeOf(m *Module, n python.Node) finding.Place {
	place := finding.Place{File: m.Path, Line: 1, Column: 1}
	if n != nil {
		place.Line, place.Column = m.File.Position(n.At().Start)
	}
	place.EndLine, place.EndColumn = place.Line, place.Column
	return place
}
