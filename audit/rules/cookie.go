package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func unsignedCookie() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "unsigned-cookie", Title: "A cookie that is believed without a signature", CWE: 565, OWASP: "A08:2021", ASVS: []string{"7.2.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A cookie is decoded and used as the session without a check of who wrote it. Whoever writes one by hand is whoever they say they are.",
			Fix:   `session["user"] = name  # Flask signs its own session`,
			Canon: []string{"login-state"},
			Guard: "",
		},
		Function: cookieBelieved,
	}
}

func cookieBelieved(p *Pass, f *program.Function) {
	if !p.Facts.uses(f, "cookies") || !p.Facts.uses(f, "b64decode", "urlsafe_b64decode", "b32decode", "unhexlify") {
		return
	}
	if p.Facts.uses(f, "hmac", "compare_digest", "decrypt", "verify", "unsign", "Fernet", "Signer", "URLSafeSerializer", "URLSafeTimedSerializer", "new", "pickle") {
		return
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			c, ok := n.(*python.Call)
			if ok && slices.Contains([]string{"b64decode", "urlsafe_b64decode", "b32decode", "unhexlify"}, lastPart(c.Func)) {
				p.Report(f, c, "what this cookie says is believed")
				return false
			}
			return true
		})
	}
}

func redirectCheck() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "weak-redirect-check", Title: "A check of redirects that can be passed by", CWE: 601, OWASP: "A01:2021", ASVS: []string{"3.7.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "The address is joined to this site's before its host is compared. Browsers read addresses with backslashes or several slashes differently and go elsewhere.",
			Fix:   `return target.startswith("/") and target[1:2] not in ("/", "\\")`,
			Canon: []string{"beyond"},
			Guard: "guard/redirects",
		},
		Function: func(p *Pass, f *program.Function) {
			if !p.Facts.uses(f, "urljoin") || !p.Facts.uses(f, "netloc", "hostname") || !p.Facts.uses(f, "host_url", "url_root", "host") {
				return
			}
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					if c, ok := n.(*python.Call); ok && lastPart(c.Func) == "urljoin" && len(c.Args) == 2 {
						if _, isName := c.Args[1].(*python.Name); isName {
							p.Report(f, c, "joined before it is compared")
						}
					}
					return true
				})
			}
		},
	}
}
