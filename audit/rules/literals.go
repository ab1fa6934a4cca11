package rules

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// constant is the text that a name stands for, here or in the module that it is imported from;
// "" if it is not always the same.
func (p *Pass) constant(name *python.Name, scope *program.Scope) string {
	if v := p.onlyValue(name, scope); v != nil {
		text, _ := literal(v)
		return text
	}
	return ""
}

// onlyValue is the one value that a name has, nil if it has several or none that is written out.
func (p *Pass) onlyValue(name *python.Name, scope *program.Scope) python.Expr {
	sym, _ := scope.Find(name.ID)
	if sym != nil && sym.Import != nil && sym.Import.Name != "" && len(sym.Values) == 0 {
		if m := p.Program.Lookup(sym.Import.Module, scope.Module); m != nil {
			sym = m.Scope.Names.Get(sym.Import.Name)
		}
	}
	if sym == nil || sym.Other || len(sym.Values) != 1 {
		return nil
	}
	return sym.Values[0]
}

const inEnvironment = "written in the source for where the environment has none"

// literalSecret is the text of a secret that stands in the source, and in which way: as it
// is, or as what is used where the environment has none.
func literalSecret(e python.Expr) (text, how string) {
	if _, text := environmentDefault(e); text != "" {
		return text, inEnvironment
	}
	switch e := e.(type) {
	case *python.Str, *python.Bytes:
		text, _ := literal(e)
		return text, "written in the source"
	case *python.BoolOp:
		if e.Op == python.Or {
			if text, ok := literal(e.Values[len(e.Values)-1]); ok {
				return text, "written in the source for where there is none"
			}
		}
	case *python.IfExp:
		if text, ok := literal(e.Else); ok {
			return text, "written in the source for one case"
		}
	case *python.Call:
		switch name := python.NameOrKey(e.Func); name {
		case "get", "getenv", "config", "env", "Field", "field", "Column", "mapped_column", "StringField", "CharField", "String", "str", "PasswordField":
			return callDefault(e, name), inEnvironment
		case "SecretStr", "SecretBytes", "bytes", "bytearray":
			if len(e.Args) > 0 {
				return literalSecret(e.Args[0])
			}
		case "encode", "strip":
			if at, ok := e.Func.(*python.Attribute); ok {
				return literalSecret(at.Value)
			}
		}
	}
	return "", ""
}

// callDefault is the default that a call has for what is not set.
func callDefault(e *python.Call, name string) string {
	for _, k := range e.Keywords {
		if text, ok := literal(k.Value); ok && k.Name == "default" {
			return text
		}
	}
	n := 1
	if name == "Field" || name == "SecretStr" {
		n = 0
	}
	if len(e.Args) == n+1 && name != "Column" && name != "mapped_column" {
		text, _ := literal(e.Args[n])
		return text
	}
	return ""
}

// environmentDefault is the name of a variable of the environment that is read, and the text
// that stands for it where there is none: os.environ.get("NAME", "text"), os.getenv("NAME") or
// "text".
func environmentDefault(e python.Expr) (name, text string) {
	switch e := e.(type) {
	case *python.BoolOp:
		if e.Op == python.Or && len(e.Values) == 2 {
			if name := environmentName(e.Values[0]); name != "" {
				text, _ := literal(e.Values[1])
				return name, text
			}
		}
	case *python.Call:
		if name := environmentName(e); name != "" {
			return name, callDefault(e, "get")
		}
		if method := python.NameOrKey(e.Func); method == "str" && len(e.Args) == 1 {
			return environmentDefault(e.Args[0])
		} else if at, ok := e.Func.(*python.Attribute); ok && (method == "encode" || method == "strip") {
			return environmentDefault(at.Value)
		}
	}
	return "", ""
}

// environmentName is the name that a call reads from the environment or from the app's
// configuration, "" for other calls.
func environmentName(e python.Expr) string {
	c, ok := e.(*python.Call)
	if !ok || len(c.Args) == 0 {
		return ""
	}
	switch f := c.Func.(type) {
	case *python.Name:
		if f.ID != "getenv" && f.ID != "env" && f.ID != "config" {
			return ""
		}
	case *python.Attribute:
		of := python.NameOrKey(f.Value)
		if f.Attr != "getenv" && !(f.Attr == "get" && (of == "environ" || of == "config" || of == "env")) && !(f.Attr == "str" && of == "env") {
			return ""
		}
	default:
		return ""
	}
	name, _ := literal(c.Args[0])
	return name
}
