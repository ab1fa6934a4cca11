package program

import (
	"slices"

	"github.com/fumehood/fumehood/audit/python"
)

func (p *Program) resolveBases(c *Class) {
	for _, b := range c.Node.Bases {
		if sub, ok := b.(*python.Subscript); ok { // Generic[T]
			b = sub.Value
		}
		switch r := p.Resolve(b, c.Outer); {
		case r.Class != nil && r.Class != c:
			c.Own = append(c.Own, r.Class)
		case r.API != nil:
			c.External = append(c.External, r.API)
		}
	}
}

// Line is the class and the classes of the project that it inherits from, nearest first.
func (c *Class) Line() []*Class {
	if c.line != nil {
		return c.line
	}
	line := []*Class{c}
	for i := 0; i < len(line) && len(line) < 32; i++ {
		for _, b := range line[i].Own {
			if !slices.Contains(line, b) {
				line = append(line, b)
			}
		}
	}
	return line
}

// Method finds a method by name, the class's own or an inherited one.
func (c *Class) Method(name string) *Function {
	if f := c.Methods.Get(name); f != nil {
		return f
	}
	if len(c.Own) == 0 {
		return nil
	}
	for _, k := range c.Line()[1:] {
		if f := k.Methods.Get(name); f != nil {
			return f
		}
	}
	return nil
}

// Inherits reports whether the class comes, over whatever way, from an outside class that
// match accepts by its path.
func (c *Class) Inherits(match func(path string) bool) bool {
	for _, k := range c.Line() {
		for _, e := range k.External {
			if match(e.Path) {
				return true
			}
		}
	}
	return false
}
