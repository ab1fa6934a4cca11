package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func userEnumeration() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "user-enumeration", Title: "A login that tells which names exist", CWE: 204, OWASP: "A07:2021", ASVS: []string{"6.3.8"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A wrong name and a wrong password are answered differently. Whoever tries a list of names learns which of them are worth a password list.",
			Fix:   `return {"error": "Wrong name or password."}, 401`,
			Canon: []string{"brute-force"},
			Guard: "",
		},
		Function: namesTold,
	}
}

// namesTold reports views for logging in and for resets that answer differently for names that
// nobody has.
func namesTold(p *Pass, f *program.Function) {
	if !isHandler(p, f) {
		return
	}
	v := p.Facts.view(f)
	name, password := answersOf(f)
	switch forgets := v.has("forgot", "forget", "forgotten", "recover", "recovery") || v.has("reset") && v.has("password", "request"); {
	case name != nil && password != nil:
		p.Report(f, name, "this answer and the one for a wrong password differ")
	case forgets && name != nil && !v.byURL():
		p.Report(f, name, "whoever asks for a reset learns which names exist")
	case forgets && !v.byURL() && !takesPassword(f) && unknownAnswered(p, f) != nil:
		p.Report(f, unknownAnswered(p, f), "whoever asks for a reset learns which names exist")
	case v.registers():
		if taken := says(f, saysTaken); taken != nil {
			p.Report(f, taken, "whoever registers learns which names exist", Graded(finding.Low, finding.Unsure))
		}
	case isLogin(f) || p.Facts.triesPassword(v):
		if n := statusesDiffer(p, f); n != nil {
			p.Report(f, n, "the status for a name that nobody has is another than that for a wrong password")
		}
	}
}

// answersOf are the texts that say that there is no such user, and that the password is wrong.
func answersOf(f *program.Function) (name, password python.Expr) {
	name = says(f, saysNoUser)
	password = says(f, func(low string) bool {
		return strings.Contains(low, "password") && saysWrong(low) && !strings.Contains(low, "name or") && !strings.Contains(low, "email or") && !strings.Contains(low, "name and") && !strings.Contains(low, "email and") && !saysNoUser(low)
	})
	return name, password
}

// says is the first text of a function that is like that, in lower case.
func says(f *program.Function, like func(string) bool) (found python.Expr) {
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if c, ok := n.(*python.Call); ok && isLogCall(c) {
				return false
			}
			if t, ok := n.(*python.Str); ok && found == nil && strings.Contains(t.Value, " ") && len(t.Value) < 120 && like(strings.ToLower(t.Value)) {
				found = t
			}
			return found == nil
		})
	}
	return found
}

// isLogCall tells calls whose text nobody but the owner reads.
func isLogCall(c *python.Call) bool {
	root := strings.ToLower(rootOf(c.Func))
	if a, ok := c.Func.(*python.Attribute); ok {
		owner := strings.ToLower(python.NameOrKey(a.Value))
		return strings.Contains(owner, "log") && !strings.Contains(owner, "login") || strings.HasPrefix(root, "log") && !strings.HasPrefix(root, "login")
	}
	return root == "print"
}

func saysTaken(s string) bool {
	return (strings.Contains(s, "user") || strings.Contains(s, "email") || strings.Contains(s, "account")) && (strings.Contains(s, "already") || strings.Contains(s, "taken") || strings.Contains(s, "in use"))
}

// statusesDiffer is where a login answers a name that nobody has with another status than a
// wrong password, nil where it does not.
func statusesDiffer(p *Pass, f *program.Function) (at python.Node) {
	h := p.Facts.bindings(f)
	unknown, wrong := "", ""
	var place python.Node
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				if m := python.NameOrKey(n.Func); (m == "first_or_404" || m == "get_or_404" || m == "one_or_404") && at == nil {
					at = n
				}
			case *python.If:
				status, where := statusOf(n.Body)
				switch {
				case status == "":
				case h.missing(n.Test) && unknown == "":
					unknown, place = status, where
				case testsPassword(n.Test) && wrong == "":
					wrong = status
				}
			}
			return true
		})
	}
	if at == nil && unknown != "" && wrong != "" && unknown != wrong {
		return place
	}
	return at
}

// missing reports whether a condition is that something was not found: not user, user is None.
func (h *bindings) missing(test python.Expr) bool {
	switch t := test.(type) {
	case *python.UnaryOp:
		name, ok := t.Operand.(*python.Name)
		return ok && t.Op == python.Not && h.found[name.ID]
	case *python.Compare:
		name, ok := t.Left.(*python.Name)
		return len(t.Ops) == 1 && (ok && h.found[name.ID] && (t.Ops[0] == python.Is || t.Ops[0] == python.Eq) && isConstant(t.Rights[0], python.None) || t.Ops[0] == python.NotIn && h.isSent(t.Left))
	}
	return false
}

// testsPassword reports whether a condition is that a password is wrong.
func testsPassword(test python.Expr) bool {
	found := false
	python.Inspect(test, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Call:
			found = found || isPassword(python.NameOrKey(n.Func)) || python.NameOrKey(n.Func) == "checkpw" || givenArg(n)
		case *python.Compare:
			found = found || givenPassword(n.Left) && givenPassword(n.Rights[0])
		}
		return !found
	})
	return found
}

// statusOf is the status of the answer at the end of a block, and where it stands.
func statusOf(block []python.Stmt) (status string, at python.Node) {
	for _, s := range block {
		var e python.Expr
		switch s := s.(type) {
		case *python.Return:
			e = s.Value
		case *python.ExprStmt:
			e = s.Value
		}
		switch e := e.(type) {
		case *python.Tuple:
			if len(e.Elts) > 1 {
				status = statusNumber(e.Elts[1])
			}
		case *python.Call:
			site := Site{Call: e}
			if python.NameOrKey(e.Func) == "abort" && len(e.Args) > 0 {
				status = statusNumber(e.Args[0])
			} else if v := site.Arg(-1, "status"); v != nil {
				status = statusNumber(v)
			}
		}
		if status != "" {
			return status, s
		}
	}
	return "", nil
}

func statusNumber(e python.Expr) string {
	if n, ok := e.(*python.Number); ok && len(n.Text) == 3 && n.Text[0] == '4' {
		return n.Text
	}
	return ""
}

func saysNoUser(s string) bool {
	if !strings.Contains(s, "user") && !strings.Contains(s, "account") && !strings.Contains(s, "email") {
		return false
	}
	for _, w := range []string{"not exist", "not found", "no such", "unknown user", "doesn't exist", "no user", "invalid username", "invalid user ", "no account", "not registered", "incorrect user", "wrong user", "incorrect email", "wrong email",
		"unknown email", "unknown account", "invalid email.", "couldn't find", "could not find", "isn't registered", "no registered"} {
		if strings.Contains(s, w) {
			return !strings.Contains(s, "or password") && !strings.Contains(s, "and password")
		}
	}
	return false
}

func saysWrong(s string) bool {
	for _, w := range []string{"wrong", "incorrect", "not correct", "invalid", "bad ", "mismatch", "does not match for"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// isHandler reports whether a function answers requests.
func isHandler(p *Pass, f *program.Function) bool {
	return f.Node != nil && (len(f.Routes) > 0 || p.Program.Operation(f))
}
