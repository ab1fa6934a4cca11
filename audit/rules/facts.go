package rules

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// Facts are what several rules want to know of the whole program, found once.
type Facts struct {
	program *program.Program
	files   map[string]*python.File
}

func newFacts(p *program.Program) *Facts { return &Facts{program: p} }
