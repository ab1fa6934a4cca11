package flow

import (
	"maps"
	"slices"

	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/python"
)

// scoped reads a body whose names end with it, and what is known in it.
func (f *frame) scoped(read func()) {
	mark, known := len(f.extra), f.places
	read()
	f.extra, f.places = f.extra[:mark], known
}

// branches reads the branches of an if with what their tests say. What is set there lives on
// behind it: as any of them has it, or, where one does not set it, as it was.
func (f *frame) branches(n *jinja.If) {
	known, mark, total := f.places, len(f.extra), false
	set, times := map[string]*Value{}, map[string]int{}
	for i := range n.Tests {
		var c condition
		if test := n.Tests[i].Test; test != nil {
			f.eval(test)
			c = f.check(test)
		} else {
			total = true
		}
		outside := f.places
		f.refine(c.then)
		f.nodes(n.Tests[i].Body)
		here := map[string]bool{}
		for _, b := range slices.Backward(f.extra[mark:]) {
			if !here[b.name] { // the last counts
				here[b.name] = true
				set[b.name] = join(set[b.name], b.value)
				times[b.name]++
			}
		}
		f.extra, f.places = f.extra[:mark], outside
		f.refine(c.otherwise)
	}
	for name, v := range set {
		if !total || times[name] < len(n.Tests) {
			set[name] = join(v, f.refined(&python.Name{ID: name}, f.lookup(name, n.Tests[0].Test)))
		}
	}
	f.places = known
	for _, name := range slices.Sorted(maps.Keys(set)) {
		f.bindTarget(&python.Name{ID: name}, set[name])
	}
}

func (f *frame) set(n *jinja.Set) {
	if n.Value == nil { // what a body makes is escaped already
		f.nodes(n.Body)
		for _, t := range n.Targets {
			f.bindTarget(t, f.e.unknown)
		}
		return
	}
	v := f.eval(n.Value)
	for _, t := range n.Targets {
		f.bindTarget(t, v)
	}
}
