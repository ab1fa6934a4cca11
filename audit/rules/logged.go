package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func secretLogged() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "secret-logged", Title: "A password in the log", CWE: 532, OWASP: "A09:2021", ASVS: []string{"16.2.5"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A password or a token is written to the log. Whoever reads the log, or a copy of it, can use it.",
			Fix:   `log.info("login of %r", name)`,
			Canon: []string{"logging"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			switch {
			case s.Path == "builtins.print":
			case (s.Method == "info" || s.Method == "debug" || s.Method == "warning" || s.Method == "error" || s.Method == "critical" || s.Method == "exception") && s.Callee.Function == nil:
			default:
				return
			}
			for _, a := range s.Call.Args {
				if printed(a) {
					p.Report(s.Func, s.Call, "a secret is written out", func(f *finding.Finding) {
						if s.Path == "builtins.print" && !p.Facts.modulesWith("flask")[s.Func.Module] { // on the screen of who runs a script
							f.Confidence = finding.Unsure
						}
					})
					return
				}
			}
			for _, a := range s.Call.Args {
				if what := wholeRequest(a); what != "" {
					p.Report(s.Func, s.Call, what+" of every request is written out, with what is secret in it", func(f *finding.Finding) {
						if !readsPassword(p, s.Func) {
							f.Severity, f.Confidence = finding.Low, finding.Unsure
						}
					})
					return
				}
			}
		},
	}
}

// printed reports whether an argument is a secret, alone or in a text.
func printed(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name, *python.Attribute, *python.Subscript:
		return isLoggedSecret(python.NameOrKey(e))
	case *python.Call: // request.form.get("password"), str(password)
		switch python.NameOrKey(e.Func) {
		case "get":
			name, _ := firstText(e)
			return isLoggedSecret(name)
		case "str", "repr":
			return len(e.Args) == 1 && printed(e.Args[0])
		case "format":
			for _, a := range e.Args {
				if printed(a) {
					return true
				}
			}
		}
	case *python.FString:
		for _, p := range e.Parts {
			if i, ok := p.(*python.Interpolation); ok && printed(i.Value) {
				return true
			}
		}
	case *python.BinOp:
		return printed(e.Left) || printed(e.Right)
	case *python.Tuple:
		for _, x := range e.Elts {
			if printed(x) {
				return true
			}
		}
	}
	return false
}

// isLoggedSecret tells the names of what must not be in a log.
func isLoggedSecret(name string) bool {
	name = strings.ToLower(name)
	if isPassword(name) {
		if hasWord(name, "strength", "length", "policy", "count", "expires", "expiry", "changed", "error", "errors", "valid", "form", "url", "id", "age", "history", "min", "max", "required", "type") {
			return false
		}
		return !strings.Contains(name, "hash") && !strings.Contains(name, "field")
	}
	switch name {
	case "access_token", "secret_key", "api_key", "refresh_token", "session_token", "auth_token", "client_secret", "private_key", "otp_secret", "reset_token", "cvv", "card_number":
		return true
	}
	return false
}

// wholeRequest says which part of the request an argument is as a whole; "" for all else.
func wholeRequest(e python.Expr) string {
	switch e := e.(type) {
	case *python.Call:
		switch python.NameOrKey(e.Func) {
		case "dict", "str", "repr", "dumps", "to_dict":
			if len(e.Args) == 1 {
				return wholeRequest(e.Args[0])
			}
		}
		if len(e.Args) == 0 {
			return wholeRequest(e.Func)
		}
	case *python.FString:
		for _, p := range e.Parts {
			if i, ok := p.(*python.Interpolation); ok && wholeRequest(i.Value) != "" {
				return wholeRequest(i.Value)
			}
		}
	case *python.BinOp:
		if what := wholeRequest(e.Left); what != "" {
			return what
		}
		return wholeRequest(e.Right)
	case *python.Attribute:
		if r, ok := e.Value.(*python.Name); ok && r.ID == "request" {
			switch e.Attr {
			case "form", "json", "get_json", "data", "get_data", "values":
				return "the body"
			case "headers", "cookies":
				return "the " + e.Attr
			}
			return ""
		}
		if e.Attr == "to_dict" {
			return wholeRequest(e.Value)
		}
	}
	return ""
}

// readsPassword reports whether the requests that a function answers have a password in them.
func readsPassword(p *Pass, f *program.Function) bool {
	for name := range p.Facts.namesIn(f) {
		if isPassword(strings.TrimPrefix(name, "'")) {
			return true
		}
	}
	return isLogin(f)
}
