package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// hashesPasswords reports whether a fast hash is made of what a function is given, and that is a
// password: the function says so by its name, or what it gives is kept as one.
func (p *Pass) hashesPasswords(s *Site) bool {
	f := s.Func
	if f.Node == nil || !hashesParameter(s) || p.Facts.uses(f, "pbkdf2_hmac", "scrypt", "bcrypt", "argon2", "hashpw", "PasswordHasher", "gensalt") {
		return false
	}
	return makesPassword(f.Name) || p.Facts.keptAsPassword(f)
}

// makesPassword tells functions that make what is kept of a password. One that checks a password
// has the same hash, and is changed with it.
func makesPassword(name string) bool {
	return !isQuestion(name) && hasWord(name, "password", "passwords", "passwd", "pw", "pwd", "passwort", "kennwort", "contrasena", "senha", "clave") &&
		hasWord(name, "make", "hash", "hashed", "encode", "encrypt", "digest", "crypt", "create", "store", "set", "salt", "salted", "generate", "hashen", "hashear", "cifrar", "encriptar", "verschluesseln")
}

// hashesParameter reports whether a parameter is a part of what is hashed, by itself or under
// another name.
func hashesParameter(s *Site) bool {
	holds := map[string]bool{}
	for i := range s.Func.Node.Params.List {
		if name := s.Func.Node.Params.List[i].Name; name != "self" && name != "cls" && !hasWord(name, "salt", "length", "size") {
			holds[name] = true
		}
	}
	fed := false
	for _, st := range s.Func.Body {
		python.Inspect(st, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				if name, ok := n.Targets[0].(*python.Name); ok && mentions(n.Value, holds) {
					holds[name.ID] = true
				}
			case *python.Call:
				fed = fed || len(s.Call.Args) == 0 && python.NameOrKey(n.Func) == "update" && len(n.Args) == 1 && mentions(n.Args[0], holds)
			}
			return true
		})
	}
	return fed || slices.ContainsFunc(s.Call.Args, func(a python.Expr) bool { return mentions(a, holds) })
}

// keptAsPassword reports whether what a function gives is kept as somebody's password.
func (f *Facts) keptAsPassword(fn *program.Function) bool {
	is := func(e python.Expr, in *program.Function) bool {
		c, ok := e.(*python.Call)
		if !ok || python.NameOrKey(c.Func) != fn.Name {
			return false
		}
		if fn.Class == nil {
			return f.program.Resolve(c.Func, in.Scope).Function == fn
		}
		return len(c.Args) == 1 && isPassword(python.NameOrKey(c.Args[0])+" "+fieldOf(c.Args[0]))
	}
	if fn.Class != nil && slices.ContainsFunc(f.program.Classes, func(c *program.Class) bool { return c.Methods.Get(fn.Name) != nil && c != fn.Class }) { // whose method is called cannot be told by its name
		return false
	}
	modules := f.withPasswords(fn.Name + "(")
	for _, in := range f.program.Functions {
		if !modules[in.Module.ID] {
			continue
		}
		found := false
		for _, s := range in.Body {
			python.Inspect(s, func(n python.Node) bool {
				switch n := n.(type) {
				case *python.Function:
					return false
				case *python.Assign:
					found = found || isMember(n.Targets[0]) && isPassword(python.NameOrKey(n.Targets[0])) && is(n.Value, in)
				case *python.Call:
					for i := range n.Keywords {
						found = found || isPassword(n.Keywords[i].Name) && is(n.Keywords[i].Value, in)
					}
				case *python.Dict:
					for i, k := range n.Keys {
						key, _ := literal(k)
						found = found || isPassword(key) && is(n.Values[i], in)
					}
				}
				return !found
			})
		}
		if found {
			return true
		}
	}
	return false
}
