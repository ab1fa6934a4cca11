package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// dumpsSent reports rows of a model with a secret that a view answers with by a method that
// gives out all columns: [u.to_dict() for u in User.query]. The method may be of a base class
// that knows nothing of secrets.
func dumpsSent(p *Pass, f *program.Function) {
	done := false
	models := p.modelsHeld(f)
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			c, ok := n.(*python.Call)
			if !ok || done || len(c.Args)+len(c.Keywords) > 0 { // arguments may choose
				return !done
			}
			a, isAttr := c.Func.(*python.Attribute)
			if !isAttr {
				return true
			}
			for _, class := range models(a.Value) {
				if secret := dumped(class, a.Attr); secret != "" && !done {
					done = true
					p.Report(f, c, "all columns of a "+class.Name+" are sent, its "+secret+" too")
				}
			}
			return !done
		})
	}
}

// modelsHeld tells of which models an expression of a function speaks, by itself or by names that
// were set to what speaks of them.
func (p *Pass) modelsHeld(f *program.Function) func(python.Expr) []*program.Class {
	from := map[string][]*program.Class{}
	models := func(e python.Expr) (all []*program.Class) {
		python.Inspect(e, func(n python.Node) bool {
			name, ok := n.(*python.Name)
			if !ok {
				return true
			}
			held := from[name.ID]
			if c := p.Program.Resolve(name, f.Scope).Class; c != nil && isModelClass(c) {
				held = []*program.Class{c}
			}
			for _, c := range held {
				if !slices.Contains(all, c) {
					all = append(all, c)
				}
			}
			return true
		})
		return all
	}
	keep := func(target, value python.Expr) {
		if name, ok := target.(*python.Name); ok && len(from[name.ID]) == 0 {
			from[name.ID] = models(value)
		}
	}
	for range 2 {
		for _, s := range f.Body {
			python.Inspect(s, func(n python.Node) bool {
				switch n := n.(type) {
				case *python.Function:
					return false
				case *python.Assign:
					keep(n.Targets[0], n.Value)
				case *python.For:
					keep(n.Target, n.Iter)
				case *python.Comprehension:
					for i := range n.Fors {
						keep(n.Fors[i].Target, n.Fors[i].Iter)
					}
				}
				return true
			})
		}
	}
	return models
}

// dumped is a secret column of a model that one of its methods gives out with all others; "" for
// none.
func dumped(class *program.Class, method string) string {
	m := class.Method(method)
	if m == nil || m.Node == nil || !givesDict(m) || !dumpsColumns(m) || m.Class == class && hasPrivate(class) && comprehends(m) { // that is reported where it stands
		return ""
	}
	left := map[string]bool{} // names that the method or the class leave out
	note := func(e python.Node) {
		python.Inspect(e, func(n python.Node) bool {
			if t, ok := n.(*python.Str); ok {
				left[t.Value] = true
			}
			return true
		})
	}
	for _, s := range m.Body {
		note(s)
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Attribute); ok && (python.LastName(a.Value) == "self" || python.LastName(a.Value) == "cls") {
				for _, k := range class.Line() {
					if sym := k.Scope.Names.Get(a.Attr); sym != nil && sym.Function == nil {
						for _, v := range sym.Values {
							note(v)
						}
						break
					}
				}
			}
			return true
		})
	}
	return secretColumn(class, left)
}

// secretColumn is the first secret column of a model by name, but for those that are left out; ""
// for none.
func secretColumn(class *program.Class, left map[string]bool) string {
	least := ""
	for _, k := range class.Line() {
		for name := range k.Scope.Names.All() {
			if left[name] || least != "" && name > least || !hasColumn(k, name) {
				continue
			}
			if isPrivate(name) || hasWord(name, "reset", "auth", "api", "access", "session", "confirm") && hasWord(name, "token", "code", "key") {
				least = name
			}
		}
	}
	return least
}

// givesDict tells methods that give out what a row holds, and not another row or a text of it.
func givesDict(m *program.Function) bool {
	if !hasWord(m.Name, "dict", "todict", "asdict", "json", "tojson", "asjson", "serialize", "serialise", "serialized", "serializable", "dump", "export", "data", "datos", "daten", "columns", "fields", "attributes", "row", "values", "map", "raw", "object", "info") {
		return false
	}
	found := false
	for _, s := range m.Body {
		python.Inspect(s, func(n python.Node) bool {
			c, ok := n.(*python.Call)
			found = found || ok && python.LastName(c.Func) == "__class__"
			return !found
		})
	}
	return !found
}

// dumpsColumns reports whether a method goes over all columns or attributes of a row and reads each.
func dumpsColumns(m *program.Function) bool {
	over, reads := false, false
	see := func(e python.Node) {
		python.Inspect(e, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Attribute:
				over = over || n.Attr == "__table__" || n.Attr == "__mapper__" || n.Attr == "column_attrs" || n.Attr == "__dict__" && python.LastName(n.Value) == "self"
				reads = reads || n.Attr == "__dict__"
			case *python.Call:
				if name := python.NameOrKey(n.Func); name == "vars" && len(n.Args) == 1 && python.LastName(n.Args[0]) == "self" {
					over, reads = true, true
				}
			}
			return true
		})
	}
	for _, s := range m.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.For:
				see(n.Iter)
			case *python.Comprehension:
				for i := range n.Fors {
					see(n.Fors[i].Iter)
				}
			case *python.Call:
				name := python.NameOrKey(n.Func)
				reads = reads || name == "getattr" && len(n.Args) > 1 && python.LastName(n.Args[0]) == "self"
				if name == "dict" || name == "copy" {
					see(n)
				}
			}
			return true
		})
	}
	return over && reads
}

// comprehends reports whether a method makes its dict of columns in one expression.
func comprehends(m *program.Function) bool {
	found := false
	for _, s := range m.Body {
		python.Inspect(s, func(n python.Node) bool {
			c, ok := n.(*python.Comprehension)
			found = found || ok && c.Kind == python.DictComp && copiesColumns(c)
			return !found
		})
	}
	return found
}
