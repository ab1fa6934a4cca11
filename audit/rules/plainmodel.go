package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// intoModel is a password that was sent and is given to a model which keeps it as it is; nil
// for none.
func (w *passwords) intoModel(c *python.Call) python.Expr {
	made := c.Func
	if a, ok := made.(*python.Attribute); ok && (a.Attr == "create" || a.Attr == "insert") { // of peewee, or like it
		made = a.Value
	}
	name := python.NameOrKey(made)
	if name == "" || name[0] < 'A' || name[0] > 'Z' {
		return nil
	}
	class := w.p.Program.Resolve(made, w.f.Scope).Class
	if class == nil || !isModelClass(class) || !keepsLogins(class.Name) && !class.Inherits(isUserMixin) || !w.p.Facts.uses(w.f, "create", "add", "add_all", "save", "commit", "merge", "insert", "put", "flush") {
		return nil
	}
	init := class.Method("__init__")
	for i := range c.Keywords {
		k := &c.Keywords[i]
		if isPassword(k.Name) && !mentionsHash(&python.Name{ID: k.Name}) && w.sent(k.Value) && hasColumn(class, k.Name) && keepsAsIs(class, init, k.Name) {
			return k.Value
		}
	}
	if init == nil || init.Node == nil {
		return nil
	}
	for i, a := range c.Args {
		if i+1 >= len(init.Node.Params.List) {
			break
		}
		param := init.Node.Params.List[i+1].Name // after self
		if isPassword(param) && w.sent(a) && hasColumn(class, param) && keepsAsIs(class, init, param) {
			return a
		}
	}
	return nil
}

func isUserMixin(path string) bool { return strings.HasSuffix(path, "UserMixin") }

// keepsAsIs reports whether a model keeps a password as its constructor gets it: no setter, no
// validator, no type of column and no line of the constructor hashes it.
func keepsAsIs(class *program.Class, init *program.Function, attr string) bool {
	for _, k := range class.Line() {
		if k.Methods.Get(attr) != nil || strings.Contains(k.Module.File.Source, "listens_for") {
			return false
		}
		for _, m := range k.Methods.All() {
			if m != init && hashesInto(m, attr) {
				return false
			}
			if m.Node != nil && slices.ContainsFunc(m.Node.Decorators, func(d python.Expr) bool { return decoratorName(d) == "validates" }) {
				return false
			}
		}
		if sym := k.Scope.Names.Get(attr); sym != nil {
			for _, v := range sym.Values {
				if hashingColumn(v) {
					return false
				}
			}
		}
	}
	if init == nil {
		return true
	}
	calls := false
	for _, s := range init.Body {
		python.Inspect(s, func(n python.Node) bool {
			c, ok := n.(*python.Call)
			calls = calls || ok && isPassword(python.NameOrKey(c.Func)) // self.set_password(password)
			return !calls
		})
	}
	return !calls && !hashesIn(init)
}

// hashesInto reports whether a method sets an attribute to a hash.
func hashesInto(m *program.Function, attr string) bool {
	found := false
	for _, s := range m.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Assign); ok {
				for _, t := range a.Targets {
					found = found || isMember(t) && python.NameOrKey(t) == attr && mentionsHash(a.Value)
				}
			}
			return !found
		})
	}
	return found
}

// hashesIn reports whether a method speaks of hashing.
func hashesIn(m *program.Function) bool {
	found := false
	for _, s := range m.Body {
		python.Inspect(s, func(n python.Node) bool {
			if e, ok := n.(python.Expr); ok && !found {
				found = mentionsHash(e)
			}
			return !found
		})
	}
	return found
}

// hashingColumn tells types of columns that hash or encrypt by themselves.
func hashingColumn(v python.Expr) bool {
	found := false
	python.Inspect(v, func(n python.Node) bool {
		name := ""
		switch n := n.(type) {
		case *python.Name:
			name = n.ID
		case *python.Attribute:
			name = n.Attr
		}
		found = found || strings.Contains(name, "Password") || strings.Contains(name, "Encrypted") || strings.Contains(name, "Hash")
		return !found
	})
	return found
}

// keepsPlain reports whether an attribute of that name is a plain column of some model: one
// that is a property hashes what it is given.
func (f *Facts) keepsPlain(attr string) bool { return f.plain.ask(attr, f.findPlain) }

func (f *Facts) findPlain(attr string) bool {
	plain := false
	for _, c := range f.program.Classes {
		if c.Module.Test || !isModelClass(c) {
			continue
		}
		if c.Methods.Get(attr) != nil {
			return false
		}
		plain = plain || hasColumn(c, attr) && keepsAsIs(c, nil, attr)
	}
	return plain
}

// hasColumn reports whether a model has a column of that name.
func hasColumn(class *program.Class, attr string) bool {
	for _, k := range class.Line() {
		if sym := k.Scope.Names.Get(attr); sym != nil {
			for _, v := range sym.Values {
				if c, ok := v.(*python.Call); ok && (isColumn(c) || strings.HasSuffix(python.NameOrKey(c.Func), "Field")) {
					return true
				}
			}
		}
	}
	return false
}

// hashesItself reports whether an attribute of that name compares or hashes by itself in some
// class of the project: it is a property, or is made by something for passwords.
func (f *Facts) hashesItself(attr string) bool { return f.hashing.ask(attr, f.findHashing) }

func (f *Facts) findHashing(attr string) bool {
	for _, c := range f.program.Classes {
		if c.Module.Test {
			continue
		}
		if c.Methods.Get(attr) != nil {
			return true
		}
		if sym := c.Scope.Names.Get(attr); sym != nil {
			for _, v := range sym.Values {
				if call, ok := v.(*python.Call); ok && (strings.HasPrefix(python.NameOrKey(call.Func), "Password") && !strings.HasSuffix(python.NameOrKey(call.Func), "Field") || hashingColumn(v) && isColumn(call)) {
					return true
				}
			}
		}
	}
	return false
}

func isColumn(c *python.Call) bool {
	name := strings.ToLower(python.NameOrKey(c.Func))
	return strings.Contains(name, "column") || strings.Contains(name, "mapped")
}

// handedPassword reports whether some caller of a helper hands in a password as it was sent.
func (f *Facts) handedPassword(fn *program.Function, param string) bool {
	at := slices.IndexFunc(fn.Node.Params.List, func(p python.Param) bool { return p.Name == param })
	if fn.Class != nil && !fn.Static {
		at--
	}
	for _, c := range f.callsWithPasswords(fn) {
		var arg python.Expr
		if at >= 0 && at < len(c.call.Args) {
			arg = c.call.Args[at]
		}
		for i := range c.call.Keywords {
			if c.call.Keywords[i].Name == param {
				arg = c.call.Keywords[i].Value
			}
		}
		if arg == nil {
			continue
		}
		w := &passwords{f: c.in, h: f.bindings(c.in), hashed: map[string]bool{}}
		w.names()
		if w.given(arg) && (w.h.isSent(arg) || givenData(arg)) {
			return true
		}
	}
	return false
}

// caller is a call of a function, and where it stands.
type caller struct {
	call *python.Call
	in   *program.Function
}

// callsWithPasswords are the calls of a function in modules that speak of passwords, found once
// for each function that is asked for.
func (f *Facts) callsWithPasswords(fn *program.Function) []caller {
	if all, known := f.calls[fn]; known {
		return all
	}
	var all []caller
	modules := f.withPasswords(fn.Name + "(")
	for _, in := range f.program.Functions {
		if in.Node == nil || !modules[in.Module.ID] {
			continue
		}
		for _, s := range in.Body {
			python.Inspect(s, func(n python.Node) bool {
				switch n := n.(type) {
				case *python.Function:
					return false
				case *python.Call:
					if python.NameOrKey(n.Func) == fn.Name && f.program.Resolve(n.Func, in.Scope).Function == fn {
						all = append(all, caller{n, in})
					}
				}
				return true
			})
		}
	}
	if f.calls == nil {
		f.calls = map[*program.Function][]caller{}
	}
	f.calls[fn] = all
	return all
}

// typedTwice reports whether two passwords are parts of one thing: data["password"] and
// data["again"] were both sent.
func typedTwice(a, b python.Expr) bool {
	whole := func(e python.Expr) string {
		switch e := e.(type) {
		case *python.Attribute:
			return python.NameOrKey(e.Value)
		case *python.Subscript:
			return python.NameOrKey(e.Value)
		}
		return ""
	}
	return whole(a) != "" && whole(a) == whole(b)
}
