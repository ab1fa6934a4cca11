package rules

import (
	"slices"
	"strings"

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
		Words:  []string{"cookies", "headers"},
		Inside: true,
		Function: func(p *Pass, f *program.Function) {
			cookieBelieved(p, f)
			claimBelieved(p, f)
		},
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
			if ok && slices.Contains([]string{"b64decode", "urlsafe_b64decode", "b32decode", "unhexlify"}, python.NameOrKey(c.Func)) {
				p.Report(f, c, "what this cookie says is believed")
				return false
			}
			return true
		})
	}
}

func cookieFlags() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "cookie-flags", Title: "A cookie without its flags", CWE: 614, OWASP: "A05:2021", ASVS: []string{"3.3.1", "3.3.4"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A cookie is set that scripts can read or that travels over plain http. Whoever injects a script or listens on the way takes over the session.",
			Fix:   `response.set_cookie(name, value, secure=True, httponly=True, samesite="Lax")`,
			Canon: []string{"cookies"},
			Guard: "guard/cookies",
		},
		Setting: cookieSetting,
		Call:    cookieSet,
		Assign:  cookieAssigned,
		Program: sessionCookie,
	}
}

// cookieSet looks at response.set_cookie(...).
func cookieSet(p *Pass, s *Site) {
	if s.Method != "set_cookie" || len(s.Call.Args) == 0 && s.Arg(0, "key") == nil || endsCookie(s) {
		return
	}
	for i := range s.Call.Keywords {
		if s.Call.Keywords[i].Name == "" { // **options
			return
		}
	}
	var missing []string
	if v := s.Arg(6, "secure"); v == nil || isConstant(v, python.False) {
		missing = append(missing, "secure")
	}
	if v := s.Arg(7, "httponly"); (v == nil || isConstant(v, python.False)) && sensitiveCookie(s) {
		missing = append(missing, "httponly")
	}
	if len(missing) > 0 {
		p.Report(s.Func, s.Call, "set without "+strings.Join(missing, " and "), func(f *finding.Finding) {
			if !sensitiveCookie(s) {
				f.Severity = finding.Low
			}
		})
	} else if s.Arg(8, "samesite") == nil && sensitiveCookie(s) {
		p.Report(s.Func, s.Call, "set without samesite: browsers decide whether other sites send it along", Graded(finding.Low, finding.Unsure))
	}
}

// endsCookie reports whether a cookie is set only to be forgotten.
func endsCookie(s *Site) bool {
	for _, v := range []python.Expr{s.Arg(2, "max_age"), s.Arg(3, "expires")} {
		if n, ok := v.(*python.Number); ok && n.Text == "0" {
			return true
		}
	}
	return false
}

// cookieAssigned looks at the settings of cookies, and at cookies that are written out.
func cookieAssigned(p *Pass, a *Assignment) {
	switch a.Name {
	case "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "REMEMBER_COOKIE_SECURE", "REMEMBER_COOKIE_HTTPONLY", "JWT_COOKIE_SECURE":
		if isConstant(a.Value, python.False) && !development(a) {
			p.Report(a.Func, a.Node, a.Name+" is off")
		}
	case "SESSION_COOKIE_SAMESITE", "REMEMBER_COOKIE_SAMESITE", "JWT_COOKIE_SAMESITE":
		if s, ok := literal(a.Value); ok && strings.EqualFold(s, "none") {
			p.Report(a.Func, a.Node, "the session's cookie is sent along from every site")
		}
		if isConstant(a.Value, python.None) && !development(a) {
			p.Report(a.Func, a.Node, "browsers decide whether the session's cookie is sent along from other sites", Graded(finding.Low, finding.Unsure))
		}
	case "Set-Cookie":
		text, ok := headerText(a.Value)
		low := strings.ToLower(text)
		if ok && strings.Contains(low, "=") && (!strings.Contains(low, "httponly") || !strings.Contains(low, "secure")) && !strings.Contains(low, "1970") && !strings.Contains(low, "max-age=0") {
			p.Report(a.Func, a.Node, "written without HttpOnly and Secure")
		}
	}
}

// sessionCookie looks for an app with logins that says nothing of its session's cookie.
func sessionCookie(p *Pass) {
	app := p.Facts.firstApp()
	if app != nil && p.Facts.mentions("login_user(", "session[") && !p.Facts.mentions("SESSION_COOKIE_SECURE", "session_cookie_secure", "alisman") {
		p.Report(app.Func, app.Call, "SESSION_COOKIE_SECURE is not set: the session's cookie travels over plain http too", Graded(finding.Low, finding.Unsure))
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
		Words:  []string{"urljoin"},
		Inside: true,
		Function: func(p *Pass, f *program.Function) {
			if !p.Facts.uses(f, "urljoin") || !p.Facts.uses(f, "netloc", "hostname") || !p.Facts.uses(f, "host_url", "url_root", "host") {
				return
			}
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					if c, ok := n.(*python.Call); ok && python.NameOrKey(c.Func) == "urljoin" && len(c.Args) == 2 {
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
