package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func slowCompare() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "timing-compare", Title: "A secret is compared letter by letter", CWE: 208, OWASP: "A02:2021", ASVS: []string{"11.2.4"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A comparison with == ends at the first letter that differs, so its time tells how many were right. Whoever measures often enough finds a signature or a key letter by letter.",
			Fix:   `hmac.compare_digest(signature, expected)`,
			Canon: []string{"jwt-api"},
			Guard: "",
		},
		Words:    []string{"hmac", "key", "token", "secret", "signature"},
		Inside:   true,
		Function: secretsCompared,
	}
}

func secretsCompared(p *Pass, f *program.Function) {
	if f.Node == nil {
		return
	}
	digests := map[string]bool{}
	values := map[string]python.Expr{} // what a name was set to last
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Assign:
				if isSignature(n.Value) {
					if name, ok := n.Targets[0].(*python.Name); ok {
						digests[name.ID] = true
					}
				}
				if name, ok := n.Targets[0].(*python.Name); ok {
					values[name.ID] = n.Value
				}
			case *python.Compare:
				if len(n.Ops) != 1 || n.Ops[0] != python.Eq && n.Ops[0] != python.NotEq {
					return true
				}
				left, right := n.Left, n.Rights[0]
				switch {
				case isSignature(left) || isSignature(right) || isOneOf(left, digests) || isOneOf(right, digests):
					p.Report(f, n, "a signature is compared with ==")
				case p.headerWithKey(f, left, right, values) || p.headerWithKey(f, right, left, values):
					sure := finding.Unsure
					if configured(left, values) || configured(right, values) {
						sure = finding.Likely
					}
					p.Report(f, n, "a key is compared with ==", Graded(finding.Low, sure))
				}
			}
			return true
		})
	}
}

func isOneOf(e python.Expr, names map[string]bool) bool {
	name, ok := e.(*python.Name)
	return ok && names[name.ID]
}

// isSignature tells hmac.new(...).hexdigest() and what is made of it.
func isSignature(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if c, ok := n.(*python.Call); ok {
			if a, isAttr := c.Func.(*python.Attribute); isAttr && a.Attr == "new" && python.NameOrKey(a.Value) == "hmac" || isAttr && a.Attr == "digest" && python.NameOrKey(a.Value) == "hmac" {
				found = true
			}
		}
		return !found
	})
	return found
}

// headerWithKey reports whether a header for a key is compared with a key that is kept.
func (p *Pass) headerWithKey(f *program.Function, sent, kept python.Expr, values map[string]python.Expr) bool {
	if isWritten(kept) || !isKeyName(python.NameOrKey(kept)) && !isKeyName(fieldOf(setTo(kept, values))) && !isKeyName(python.NameOrKey(setTo(kept, values))) {
		return false
	}
	h := p.Facts.bindings(f)
	if !h.isSent(sent) || h.isSent(kept) {
		return false
	}
	field := strings.ToLower(fieldOf(setTo(sent, values)))
	return isCredentialHeader(field) || hasWord(field, "signature", "token", "secret") && len(field) > 0
}

func isKeyName(name string) bool {
	return hasWord(name, "key", "token", "secret", "signature", "apikey")
}

// setTo is what a name was set to in its function, or the expression itself.
func setTo(e python.Expr, values map[string]python.Expr) python.Expr {
	if name, ok := e.(*python.Name); ok && values[name.ID] != nil {
		return values[name.ID]
	}
	return e
}

// configured reports whether an expression reads a setting of the app or of its environment.
func configured(e python.Expr, values map[string]python.Expr) bool {
	found := false
	python.Inspect(setTo(e, values), func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || len(n.ID) > 3 && strings.ToUpper(n.ID) == n.ID
		case *python.Attribute:
			found = found || n.Attr == "config" || n.Attr == "environ" || n.Attr == "getenv" || strings.HasSuffix(strings.ToLower(python.NameOrKey(n.Value)), "settings")
		}
		return !found
	})
	return found
}
