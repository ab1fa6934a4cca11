package flow

import (
	"github.com/fumehood/fumehood/audit/internal/table"
	"github.com/fumehood/fumehood/audit/program"
)

// cell is a place that all functions share, and who looked into it.
type cell struct {
	value   *Value
	readers []*program.Function
	home    *home // of the list or the dict that it holds
}

// cells are the places that functions share, by what they belong to and by name: global
// variables, attributes of a class's instances, variables of enclosing functions, and what
// has a name of its own, such as the keys of the session.
type cells struct {
	modules   []table.Of[*cell] // by ID, as the next two
	classes   []table.Of[*cell]
	functions []table.Of[*cell]
	others    map[string]*table.Of[*cell]
}

func newCells(p *program.Program) cells {
	return cells{
		modules: make([]table.Of[*cell], len(p.Modules)), classes: make([]table.Of[*cell], len(p.Classes)),
		functions: make([]table.Of[*cell], len(p.Functions)), others: map[string]*table.Of[*cell]{},
	}
}

// of are the cells of a module, a class, a function, or of the string that names them.
func (c *cells) of(owner any) *table.Of[*cell] {
	switch o := owner.(type) {
	case *program.Module:
		return &c.modules[o.ID]
	case *program.Class:
		return &c.classes[o.ID]
	case *program.Function:
		return &c.functions[o.ID]
	}
	name := owner.(string)
	all := c.others[name]
	if all == nil {
		all = &table.Of[*cell]{}
		c.others[name] = all
	}
	return all
}

func (e *Engine) cell(owner any, name string) *cell {
	if e.alone {
		e.needs = true
		return &cell{}
	}
	all := e.cells.of(owner)
	c := all.Get(name)
	if c == nil {
		c = e.newCells.One()
		all.Set(name, c)
	}
	return c
}

// readCell is what the place may hold; fn is read again when that changes.
func (e *Engine) readCell(fn *program.Function, owner any, name string) *Value {
	c := e.cell(owner, name)
	if fn.ID >= 0 { // not a template: those are all read once more at the end
		c.readers = noted(c.readers, fn)
	}
	return c.value
}

// noted adds a function to a list in which it may be already: those that use a thing again
// and again are told by a look at the last ones, however long the list is. To be in it twice
// does no harm, as nothing is read again twice.
func noted(list []*program.Function, fn *program.Function) []*program.Function {
	for i := len(list) - 1; i >= max(0, len(list)-8); i-- {
		if list[i] == fn {
			return list
		}
	}
	return append(list, fn)
}

// writeCell adds to what the place may hold. Marks of parameters are left out: who passes
// them says so by an effect of the summary.
func (e *Engine) writeCell(owner any, name string, v *Value) {
	c := e.cell(owner, name)
	v = v.withoutParams(3)
	next := join(c.value, v)
	if c.value != nil && !grew(c.value, next, 3) {
		return
	}
	c.value = next
	c.settle(owner, name)
	e.changes++
	for _, r := range c.readers {
		e.enqueue(r)
	}
}
