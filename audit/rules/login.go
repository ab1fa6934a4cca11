package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// login are the rules for passwords, tokens and what a login tells.
func login() []*Rule {
	return []*Rule{plainPassword(), tokenUnchecked(), userEnumeration(), passwordInAnswer(), unsignedCookie(), redirectCheck()}
}

func plainPassword() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "plain-password", Title: "Passwords are kept as they are", CWE: 256, OWASP: "A02:2021", ASVS: []string{"11.4.2"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "The password of the request is looked up or compared as it is, so the table holds it readable. Whoever gets the table has everybody's password.",
			Fix:   `if check_password_hash(user.password_hash, password): ...`,
			Canon: []string{"password-hash"},
			Guard: "",
		},
		Function: plainCompared,
	}
}

func plainCompared(p *Pass, f *program.Function) {
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Compare:
				if len(n.Ops) == 1 && n.Ops[0] == python.Eq && (storedPassword(n.Left) && givenPassword(n.Rights[0]) || storedPassword(n.Rights[0]) && givenPassword(n.Left)) {
					p.Report(f, n, "a stored password is compared with the one that was sent")
				}
			case *python.Call:
				if m := lastPart(n.Func); m != "filter_by" && m != "find_one" && m != "get_or_none" {
					return true
				}
				for i := range n.Keywords {
					if k := &n.Keywords[i]; isPassword(k.Name) && !strings.Contains(k.Name, "hash") && !mentionsHash(k.Value) {
						p.Report(f, n, "a row is looked up by its password")
					}
				}
			case *python.Str:
				if s := strings.ToLower(n.Value); strings.Contains(s, "select ") && (strings.Contains(s, "and password =") || strings.Contains(s, "and password=") || strings.Contains(s, "and pass=")) &&
					!p.Facts.uses(f, "sha256", "md5", "hexdigest", "hash") {
					p.Report(f, n, "a row is looked up by its password")
				}
			}
			return true
		})
	}
}

// storedPassword is x.password of an object that is no request and no form.
func storedPassword(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Attribute:
		if e.Attr == "data" {
			return false
		}
		owner := strings.ToLower(lastPart(e.Value))
		return isPassword(e.Attr) && !strings.Contains(strings.ToLower(e.Attr), "hash") && owner != "form" && owner != "self" && owner != "args" && owner != "request" && owner != "data"
	case *python.Subscript:
		owner := strings.ToLower(lastPart(e.Value))
		return isPassword(lastPart(e)) && (owner == "user" || owner == "row" || owner == "account" || owner == "users")
	}
	return false
}

func givenPassword(e python.Expr) bool {
	if mentionsHash(e) {
		return false
	}
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || isPassword(n.ID)
		case *python.Str:
			found = found || isPassword(n.Value)
		case *python.Attribute:
			found = found || isPassword(n.Attr)
		}
		return !found
	})
	return found
}

func mentionsHash(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		name := ""
		switch n := n.(type) {
		case *python.Name:
			name = n.ID
		case *python.Attribute:
			name = n.Attr
		}
		name = strings.ToLower(name)
		found = found || strings.Contains(name, "hash") || strings.Contains(name, "crypt") || strings.Contains(name, "digest") || strings.HasPrefix(name, "sha") || name == "md5"
		return !found
	})
	return found
}

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
		Function: func(p *Pass, f *program.Function) {
			if !isHandler(p, f) {
				return
			}
			var name, password *python.Str
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					if t, ok := n.(*python.Str); ok && strings.Contains(t.Value, " ") && len(t.Value) < 120 {
						low := strings.ToLower(t.Value)
						if name == nil && saysNoUser(low) {
							name = t
						}
						if password == nil && strings.Contains(low, "password") && saysWrong(low) && !strings.Contains(low, "username or") && !strings.Contains(low, "name or") && !strings.Contains(low, "email or") && !saysNoUser(low) {
							password = t
						}
					}
					return true
				})
			}
			if name != nil && password != nil {
				p.Report(f, name, "this answer and the one for a wrong password differ")
			}
		},
	}
}

func saysNoUser(s string) bool {
	if !strings.Contains(s, "user") && !strings.Contains(s, "account") && !strings.Contains(s, "email") {
		return false
	}
	for _, w := range []string{"not exist", "not found", "no such", "unknown user", "doesn't exist", "no user", "invalid username", "invalid user ", "no account", "not registered"} {
		if strings.Contains(s, w) {
			return !strings.Contains(s, "or password")
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

func passwordInAnswer() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "secret-in-answer", Title: "Passwords or numbers of cards in an answer", CWE: 200, OWASP: "A01:2021", ASVS: []string{"15.3.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A row's password, hash or card number is put into what the app sends. Whoever calls this URL collects them.",
			Fix:   `return {"id": user.id, "name": user.name}`,
			Canon: []string{"data-exposure"},
			Guard: "",
		},
		Function: func(p *Pass, f *program.Function) {
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					d, ok := n.(*python.Dict)
					if !ok {
						return true
					}
					for i, k := range d.Keys {
						key, _ := literal(k)
						a, isAttr := d.Values[i].(*python.Attribute)
						if isAttr && isPrivate(key) && isPrivate(a.Attr) {
							p.Report(f, d.Values[i], key+" of a row is sent")
							return false
						}
					}
					return true
				})
			}
		},
	}
}

func isPrivate(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "password", "passwd", "pwd", "password_hash", "hash", "ssn", "cc_num", "ccn", "card_number", "credit_card", "cvv", "secret", "api_key", "otp_secret", "pin", "iban":
		return true
	}
	return strings.HasPrefix(name, "password_hash")
}
