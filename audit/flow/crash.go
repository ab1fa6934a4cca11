package flow

import (
	"slices"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
)

// guard does a part of the work; a panic of it is noted, and the rest goes on.
func (e *Engine) guard(place finding.Place, part func()) {
	depth := e.depth
	defer func() {
		if r := recover(); r != nil {
			e.depth = depth
			e.crashes = append(e.crashes, finding.Crashed(place, "", r))
		}
	}()
	part()
}

// tangled says that a function or a template was not read to its end.
func (e *Engine) tangled(place finding.Place, name string) {
	s := finding.Skipped{Place: place, Reason: "nested too deep to follow all values of " + name}
	if !slices.Contains(e.crashes, s) {
		e.crashes = append(e.crashes, s)
	}
}

// guardIn is guard for a part that reads a function. The place is made only after a panic.
func (e *Engine) guardIn(f *program.Function, part func()) (crashed bool) {
	depth := e.depth
	defer func() {
		if r := recover(); r != nil {
			e.depth, crashed = depth, true
			e.crashes = append(e.crashes, finding.Crashed(placeOf(f), "", r))
		}
	}()
	part()
	return false
}

// readBody reads the body of f into its summary.
func (e *Engine) readBody(f *program.Function, s *summary) {
	crashed := e.guardIn(f, func() {
		fr := newFrame(e, f, s)
		fr.run()
		fr.enter()
		if fr.steps > maxSteps {
			s.returns = true
			e.tangled(placeOf(f), f.Name)
		}
		e.spare.frames.free(fr)
	})
	s.returns = s.returns || crashed
}

// placeOf is where a function starts.
func placeOf(f *program.Function) finding.Place {
	place := finding.Place{File: f.Module.Path, Line: 1, Column: 1}
	if f.Node != nil {
		place.Line, place.Column = f.Module.File.Position(f.Node.Start)
	}
	place.EndLine, place.EndColumn = place.Line, place.Column
	return place
}
