package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func shortPassword() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "short-password", Title: "Passwords of a few letters are taken", CWE: 521, OWASP: "A07:2021", ASVS: []string{"6.2.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A new password may have fewer than eight letters, or is not looked at. Short ones are in every word list, and a stolen hash of one is undone at once.",
			Fix:   `if len(password) < 12: ...`,
			Canon: []string{"brute-force", "validate"},
			Guard: "",
		},
		Words:    passwordWords(),
		Function: lengthsAsked,
		Class:    formLengths,
	}
}

// shortest is the length below which no password may be: NIST SP 800-63B and ASVS 6.2.1.
const shortest = 8

func lengthsAsked(p *Pass, f *program.Function) {
	if words := (&view{words: wordsOf(f.Name)}); isPassword(f.Name) && words.has("complexity", "strength", "strong", "policy", "valid", "validate", "complex", "acceptable") && alwaysYes(f) {
		p.Report(f, f.Node, f.Name+" says yes to every password")
		return
	}
	if isLogin(f) {
		return
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Compare:
				if tooShort(n) {
					p.Report(f, n, "a password of fewer than eight letters is long enough here")
				}
			}
			return true
		})
	}
}

// alwaysYes reports whether a function does nothing but return True.
func alwaysYes(f *program.Function) bool {
	if f.Node == nil || len(f.Body) == 0 {
		return false
	}
	for i, s := range f.Body {
		switch s := s.(type) {
		case *python.Return:
			return isConstant(s.Value, python.True)
		case *python.ExprStmt:
			if _, doc := s.Value.(*python.Str); !doc || i > 0 {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// tooShort tells len(password) < 6, and the same the other way round.
func tooShort(c *python.Compare) bool {
	if len(c.Ops) != 1 {
		return false
	}
	left, right, op := c.Left, c.Rights[0], c.Ops[0]
	n, ok := right.(*python.Number)
	call, isCall := left.(*python.Call)
	if !ok || !isCall || python.NameOrKey(call.Func) != "len" || len(call.Args) != 1 || !givenPassword(call.Args[0]) {
		return false
	}
	if inner, words := call.Args[0].(*python.Call); words && python.NameOrKey(inner.Func) != "get" && python.NameOrKey(inner.Func) != "strip" { // of words, not of letters
		return false
	}
	least := number(n)
	switch op {
	case python.Lt, python.GtE: // len(p) < 6: refused; len(p) >= 6: taken
	case python.LtE, python.Gt:
		least++
	default:
		return false
	}
	return least > 1 && least < shortest
}

// formLengths looks at the forms in which a password is chosen: they have a second field for
// it, or say so by their names.
func formLengths(p *Pass, c *program.Class) {
	form := view{words: wordsOf(c.Name)}
	if form.has("login", "signin") {
		return
	}
	chooses := form.has("register", "registration", "signup", "reset", "change", "create", "new", "add", "set")
	var short python.Expr
	for name, sym := range c.Scope.Names.All() {
		if len(sym.Values) != 1 {
			continue
		}
		call, ok := sym.Values[0].(*python.Call)
		if !ok || !isPassword(name) && python.NameOrKey(call.Func) != "PasswordField" {
			continue
		}
		python.Inspect(call, func(n python.Node) bool {
			v, ok := n.(*python.Call)
			if !ok {
				return true
			}
			switch python.NameOrKey(v.Func) {
			case "EqualTo":
				chooses = true
			case "Length":
				site := Site{Call: v}
				if n, ok := site.Arg(0, "min").(*python.Number); ok && number(n) > 0 && number(n) < shortest && (short == nil || v.Span.Start < short.At().Start) {
					short = v
				}
			}
			return true
		})
	}
	if chooses && short != nil {
		p.Report(c.Module.Main, short, "a password of fewer than eight letters is long enough here")
	}
}
