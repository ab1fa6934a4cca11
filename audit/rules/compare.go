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
		Function: secretsCompared,
	}
}

func secretsCompared(p *Pass, f *program.Function) {
	if f.Node == nil {
		return
	}
	digests := map[string]bool{}
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
			case *python.Compare:
				if len(n.Ops) != 1 || n.Ops[0] != python.Eq && n.Ops[0] != python.NotEq {
					return true
				}
				left, right := n.Left, n.Rights[0]
				switch {
				case isSignature(left) || isSignature(right) || isOneOf(left, digests) || isOneOf(right, digests):
					p.Report(f, n, "a signature is compared with ==")
				case p.headerWithKey(f, left, right) || p.headerWithKey(f, right, left):
					p.Report(f, n, "a key is compared with ==", Graded(finding.Low, finding.Unsure))
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
func (p *Pass) headerWithKey(f *program.Function, sent, kept python.Expr) bool {
	if isWritten(kept) || !hasWord(python.NameOrKey(kept), "key", "token", "secret", "signature", "apikey") {
		return false
	}
	h := p.Facts.bindings(f)
	if !h.isSent(sent) || h.isSent(kept) {
		return false
	}
	field := strings.ToLower(fieldOf(sent))
	return isCredentialHeader(field) || hasWord(field, "signature", "token", "secret") && len(field) > 0
}
