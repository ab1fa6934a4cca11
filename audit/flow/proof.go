package flow

import (
	"github.com/fumehood/fumehood/audit/python"
)

// comesBack notes that the function ends here without an exception, and what its own checks
// have proven of its parameters by then: a helper that raises where a path leaves its folder
// says of every path after it that it does not.
func (f *frame) comesBack() {
	s := f.sum
	if f.fn.Node == nil || f.class != nil {
		return
	}
	var now []guarded
	for _, v := range f.env {
		if v == nil || v.proven == 0 {
			continue
		}
		o := v.proofOf()
		if o == nil {
			continue
		}
		now = append(now, guarded{o.Param, v.proven})
	}
	s.proven = meetGuards(s.proven, now, s.returns)
	s.returns = true
}

// guards notes what a true result of this function says of its parameters.
func (f *frame) guards(s *python.Return) {
	if f.fn.Node == nil {
		return
	}
	c := f.condition(s.Value)
	if c.known && !c.is {
		return
	}
	var now []guarded
	for i := range f.fn.Node.Params.List {
		name := f.fn.Node.Params.List[i].Name
		v := f.env[f.scope.Names[name].Slot]
		if v == nil {
			continue
		}
		kinds := Every
		for _, m := range v.Marks {
			kinds &= m.Safe
		}
		if len(v.Marks) == 0 {
			kinds = 0
			if f.fn.Node.Params.List[i].Annotation == nil && v.empty() {
				kinds = Every // all its marks are gone: it was checked
			}
		}
		for _, r := range c.then {
			if r.name == name {
				kinds |= r.kinds
			}
		}
		if kinds = kinds.local(); kinds != 0 {
			now = append(now, guarded{i, kinds})
		}
	}
	f.sum.safe = meetGuards(f.sum.safe, now, f.sum.checked)
	f.sum.checked = true
}

// meetGuards keeps what all true results say.
func meetGuards(old, now []guarded, checked bool) []guarded {
	if !checked {
		return now
	}
	var both []guarded
	for _, o := range old {
		for _, n := range now {
			if o.param == n.param && o.kinds&n.kinds != 0 {
				both = append(both, guarded{o.param, o.kinds & n.kinds})
			}
		}
	}
	return both
}

// proofOf is the parameter that a value stands for by itself, whole and not made harmless in
// another way than by checks; nil for all others.
func (v *Value) proofOf() *Origin {
	if v.proof != nil {
		return v.proof
	}
	if len(v.Marks) != 1 || v.Parts != nil {
		return nil
	}
	m := v.Marks[0]
	if m.From.Source != Param || m.From.Path != "" || m.Safe&^(v.proven|normal) != 0 {
		return nil
	}
	return m.From
}

// unwritten notes that what is not implemented here is implemented by others, and comes back.
func (f *frame) unwritten(e python.Expr) {
	if c, ok := e.(*python.Call); ok {
		e = c.Func
	}
	if n, ok := e.(*python.Name); ok && n.ID == "NotImplementedError" {
		f.sum.proven, f.sum.returns = nil, true
	}
}

// provenBy refines what was passed to a function that has come back.
func (f *frame) provenBy(callee *Value, e *python.Call) {
	if e == nil || f.page != nil {
		return
	}
	params := callee.Func.Node.Params.List
	for _, g := range f.e.summary(callee.Func).proven {
		var passed python.Expr
		i := g.param
		if callee.Self != nil && !callee.Func.Static {
			i--
		}
		if i >= 0 && i < len(e.Args) {
			passed = e.Args[i]
		}
		for k := range e.Keywords {
			if e.Keywords[k].Name == params[g.param].Name {
				passed = e.Keywords[k].Value
			}
		}
		if n, ok := passed.(*python.Name); ok {
			f.refine([]refinement{{name: n.ID, kinds: g.kinds}})
		}
	}
}

// normalised is x of os.path.realpath(x), x.resolve() and their kin, where x is a name.
func (f *frame) normalised(e python.Expr) *python.Name {
	c, ok := e.(*python.Call)
	if !ok {
		return nil
	}
	if n, ok := c.Func.(*python.Name); ok && n.ID == "str" && len(c.Args) == 1 {
		return f.normalised(c.Args[0])
	}
	if a, ok := c.Func.(*python.Attribute); ok && a.Attr == "resolve" {
		n, _ := a.Value.(*python.Name)
		return n
	}
	n, ok := firstName(c)
	if !ok {
		return nil
	}
	if to := f.eval(c.Func); to.API != nil {
		switch to.API.Path {
		case "os.path.realpath", "os.path.abspath", "os.path.normpath":
			return n
		}
	}
	return nil
}

// inFolder believes a check that a path is below a folder if the path was normalised.
func (f *frame) inFolder(n *python.Name) []refinement {
	v := f.lookup(n.ID, n)
	for _, m := range v.Marks {
		if m.Safe&normal == 0 {
			return nil
		}
	}
	return []refinement{{name: n.ID, kinds: Path}}
}

// common is the paths of os.path.commonpath([folder, path]), which is compared with a folder.
func (f *frame) common(e *python.Call) []refinement {
	to := f.eval(e.Func)
	if to.API == nil || to.API.Path != "os.path.commonpath" || len(e.Args) != 1 {
		return nil
	}
	var elts []python.Expr
	switch list := e.Args[0].(type) {
	case *python.List:
		elts = list.Elts
	case *python.Tuple:
		elts = list.Elts
	}
	var all []refinement
	for _, x := range elts {
		if n, ok := x.(*python.Name); ok {
			all = append(all, f.inFolder(n)...)
		} else if n := f.normalised(x); n != nil {
			all = append(all, refinement{name: n.ID, kinds: Path})
		}
	}
	return all
}
