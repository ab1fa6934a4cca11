package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// login are the rules for passwords, tokens and what a login tells.
func login() []*Rule {
	return []*Rule{plainPassword(), shortPassword(), weakReset(), slowCompare(), tokenUnchecked(), userEnumeration(), passwordInAnswer(), unsignedCookie(), redirectCheck()}
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
