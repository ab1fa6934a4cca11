package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/internal/secret"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func hardcodedLogin() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "hardcoded-login", Title: "A login that stands in the source", CWE: 798, OWASP: "A07:2021", ASVS: []string{"13.3.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A password is compared with a text in the source. Whoever reads the source logs in, and nobody can change the password.",
			Fix:   `if check_password_hash(user.password_hash, password): ...`,
			Canon: []string{"secret-key"},
			Guard: "",
		},
		Compare: comparedPassword,
		Call:    comparedByCall,
	}
}

// comparedPassword finds password == "text", and what is looked up in a dict of passwords.
func comparedPassword(p *Pass, c *Comparison) {
	if len(c.Node.Ops) != 1 || c.Func.Node == nil {
		return
	}
	op, left, right := c.Node.Ops[0], c.Node.Left, c.Node.Rights[0]
	switch {
	case op != python.Eq && op != python.NotEq && op != python.In:
	case op != python.NotEq && p.comparesPair(left, right):
		p.Report(c.Func, c.Node, "a login is compared with one in the source")
	case p.comparesPassword(left, right, c, op) || p.comparesPassword(right, left, c, op):
		p.Report(c.Func, c.Node, "a password is compared with a text in the source")
	case op != python.In && (p.comparesKey(left, right, c.Scope) || p.comparesKey(right, left, c.Scope)):
		p.Report(c.Func, c.Node, "a key is compared with a text in the source")
	case op != python.In && (hashOfPassword(left, right) || hashOfPassword(right, left)):
		p.Report(c.Func, c.Node, "a password is compared with a hash in the source")
	case op != python.In:
		for _, pair := range [...][2]python.Expr{{left, right}, {right, left}} {
			if table := p.passwordTable(pair[0], c.Scope); table != nil && secret.ClassOf(asked(pair[1])) == secret.Password {
				p.Report(c.Func, table, "the passwords of accounts are written in the source")
			}
		}
	}
}

// comparesPassword reports whether a is a password and b a text.
func (p *Pass) comparesPassword(a, b python.Expr, c *Comparison, op python.Op) bool {
	text := p.writtenText(b, c.Scope)
	if len(text) < 3 || strings.Trim(text, "*") == "" {
		return false
	}
	if op == python.NotEq && (secret.Placeholder(text) && !secret.Known(text) || strings.Contains(text, " ")) {
		return false
	}
	name := asked(a)
	if ofSettings(a) {
		return false // a default that nobody may keep
	}
	if (name == "p" || name == "passw") && op == python.Eq && hasWord(c.Func.Name, "auth", "authenticate", "login", "verify", "check") {
		return true
	}
	return secret.ClassOf(name) == secret.Password || op != python.NotEq && secret.ClassOf(given(name)) == secret.Password
}

// ofSettings reports whether a value is one of the app's own settings.
func ofSettings(e python.Expr) bool {
	var of python.Expr
	switch e := e.(type) {
	case *python.Subscript:
		of = e.Value
	case *python.Attribute:
		of = e.Value
	case *python.Call:
		if at, ok := e.Func.(*python.Attribute); ok {
			of = at.Value
		}
	}
	return of != nil && hasWord(python.NameOrKey(of), "config", "settings", "environ", "conf", "env")
}

// comparesPair reports whether (name, password) == ("a", "b").
func (p *Pass) comparesPair(a, b python.Expr) bool {
	elements := func(e python.Expr) []python.Expr {
		switch e := e.(type) {
		case *python.Tuple:
			return e.Elts
		case *python.List:
			return e.Elts
		}
		return nil
	}
	left, right := elements(a), elements(b)
	if len(right) > 0 && len(elements(right[0])) == len(left) { // in [("a", "b"), ...]
		right = elements(right[0])
	}
	for i := range min(len(left), len(right)) {
		text, ok := literal(right[i])
		if ok && len(text) >= 3 && secret.ClassOf(asked(left[i])) == secret.Password {
			return true
		}
	}
	return false
}

// given is a name without what says that somebody has entered it: password of password_input
// and of password1.
func given(name string) string {
	name = strings.TrimRight(strings.ToLower(name), "0123456789")
	for _, end := range [...]string{"_input", "_value", "_given", "_entered", "_attempt", "_data", "_str", "_provided", "_submitted", "_try", "_text"} {
		name = strings.TrimSuffix(name, end)
	}
	for _, start := range [...]string{"input_", "given_", "entered_"} {
		name = strings.TrimPrefix(name, start)
	}
	return strings.TrimRight(name, "_")
}

// writtenText is a text that is written out, here or as the constant that a name stands for.
func (p *Pass) writtenText(e python.Expr, scope *program.Scope) string {
	if name, ok := e.(*python.Name); ok {
		return p.constant(name, scope)
	}
	text, _ := literal(e)
	return text
}

// asked is the name of what is compared: of a variable, or of the field that a form is asked
// for.
func asked(e python.Expr) string {
	for range 4 {
		call, ok := e.(*python.Call)
		if !ok {
			break
		}
		at, isMethod := call.Func.(*python.Attribute)
		if isMethod && (at.Attr == "strip" || at.Attr == "lower" || at.Attr == "encode" || at.Attr == "decode") {
			e = at.Value
			continue
		}
		if len(call.Args) > 0 { // request.form.get("password")
			key, _ := literal(call.Args[0])
			return key
		}
		break
	}
	return python.NameOrKey(e)
}

// comparesKey reports whether a is a key that a client sends and b a text.
func (p *Pass) comparesKey(a, b python.Expr, scope *program.Scope) bool {
	class := secret.ClassOf(asked(a))
	if class != secret.Key && class != secret.Vague {
		return false
	}
	text := p.writtenText(b, scope)
	if name := strings.ToLower(asked(a)); strings.HasSuffix(name, "secret_key") || secret.Signs(name) || ofSettings(a) {
		return false
	}
	if len(text) < 6 || strings.Contains(text, " ") || secret.Placeholder(text) && !secret.Known(text) {
		return false
	}
	if class == secret.Vague {
		return asked(a) != "key" && len(text) >= 8 && (secret.Mixed(text) || hasWord(text, "secret", "admin", "super", "master", "backdoor"))
	}
	return secret.Mixed(text) || secret.Known(text) && secret.ClassOf(text) == secret.No
}

// hashOfPassword reports whether a is a digest of a password and b one that is written out.
func hashOfPassword(a, b python.Expr) bool {
	text, _ := literal(b)
	call, ok := a.(*python.Call)
	if !ok || len(text) != 32 && len(text) != 40 && len(text) != 64 && len(text) != 128 || strings.Trim(strings.ToLower(text), "0123456789abcdef") != "" || python.NameOrKey(call.Func) != "hexdigest" {
		return false
	}
	found := false
	python.Inspect(call, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || isPassword(n.ID)
		case *python.Str:
			found = found || isPassword(n.Value)
		}
		return !found
	})
	return found
}

// passwordTable is the dict of texts that x is in x[name] and x.get(name), nil for others.
func (p *Pass) passwordTable(e python.Expr, scope *program.Scope) *python.Dict {
	var of python.Expr
	switch e := e.(type) {
	case *python.Subscript:
		of = e.Value
	case *python.Call:
		if at, ok := e.Func.(*python.Attribute); ok && at.Attr == "get" {
			of = at.Value
		}
	}
	name, ok := of.(*python.Name)
	if !ok {
		return nil
	}
	table, ok := p.onlyValue(name, scope).(*python.Dict)
	if !ok || len(table.Keys) == 0 {
		return nil
	}
	for _, v := range table.Values {
		if text, ok := literal(v); !ok || !looksPassword(text) {
			return nil
		}
	}
	return table
}

// comparedByCall finds hmac.compare_digest(password, "text") and check_password_hash("hash", x).
func comparedByCall(p *Pass, s *Site) {
	switch {
	case s.Method == "compare_digest" && len(s.Call.Args) == 2:
		a, b := unencoded(s.Call.Args[0]), unencoded(s.Call.Args[1])
		for _, pair := range [...][2]python.Expr{{a, b}, {b, a}} {
			text := p.writtenText(pair[1], s.Scope)
			if class := secret.ClassOf(asked(pair[0])); class != secret.No && len(text) >= 3 && !secret.Elsewhere(text) {
				p.Report(s.Func, s.Call, "a password is compared with a text in the source")
				return
			}
		}
	case s.Method == "check_password_hash" || s.Method == "checkpw":
		e := s.Arg(0, "pwhash")
		if s.Method == "checkpw" {
			e = s.Arg(1, "hashed_password")
		}
		if text := p.writtenText(unencoded(e), s.Scope); len(text) > 20 && strings.ContainsAny(text, "$:") {
			p.Report(s.Func, s.Call, "a password is compared with a hash in the source", Graded(finding.Medium, finding.Likely))
		}
	}
}

// unencoded takes .encode() away.
func unencoded(e python.Expr) python.Expr {
	if c, ok := e.(*python.Call); ok && python.NameOrKey(c.Func) == "encode" {
		if at, ok := c.Func.(*python.Attribute); ok {
			return at.Value
		}
	}
	return e
}
