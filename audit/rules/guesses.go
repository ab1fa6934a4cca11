package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func loginUnlimited() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "login-unlimited", Title: "As many login attempts as one likes", CWE: 307, OWASP: "A07:2021", ASVS: []string{"6.3.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "Nothing limits how often a password can be tried. A word list goes through in minutes.",
			Fix:   `@limiter.limit("5 per minute")`,
			Canon: []string{"brute-force"},
			Guard: "guard/login",
		},
		Function: func(p *Pass, f *program.Function) {
			v := p.Facts.view(f)
			if v == nil || p.Facts.limited(f) || countsTries(p.Facts, f) {
				return
			}
			if p.Facts.triesPassword(v) || isLogin(f) && !onlyLooks(f) && !v.has("callback", "authorized", "google", "github", "facebook", "sso", "saml", "oidc", "oauth", "oauth2", "refresh", "status", "logout", "page") && p.Facts.reads(f) {
				p.Report(f, v.node(), f.Name+" can be tried without end", func(x *finding.Finding) { x.Guard = p.Facts.loginGuard(f) })
			}
		},
	}
}

// loginGuard is what limits a login at run time. guard/login finds one by itself where a form of
// the app's leads to it, is told of one that takes JSON, and knows none in a header.
func (f *Facts) loginGuard(fn *program.Function) string {
	switch {
	case f.uses(fn, "form", "values", "validate_on_submit") && f.asksForPassword():
		return "guard/login"
	case f.uses(fn, "form", "values", "json", "get_json", "data", "args", "parse_args", "validate_on_submit"):
		return finding.LoginNamed
	}
	return ""
}

// asksForPassword reports whether the app shows a form with a field for a password.
func (f *Facts) asksForPassword() bool {
	if f.mentions("PasswordField") {
		return true
	}
	for _, input := range []string{`type="password"`, `type='password'`, "type=password"} {
		if f.mentions(input) {
			return true
		}
		for _, t := range f.templates {
			if strings.Contains(t.Source, input) {
				return true
			}
		}
	}
	return false
}

// reads reports whether a view reads what the caller sent.
func (f *Facts) reads(fn *program.Function) bool {
	return f.uses(fn, "form", "json", "get_json", "values", "args", "authorization", "data", "validate_on_submit", "parse_args")
}

// isLogin tells the views that check a password or make a key for one, by their names.
func isLogin(f *program.Function) bool {
	names := []string{f.Name}
	for _, r := range f.Routes {
		if slices.Contains(r.Methods, "POST") || slices.Contains(r.Methods, "GET") {
			names = append(names, strings.Split(r.Pattern, "/")...)
		}
	}
	if f.Class != nil && len(f.Routes) > 0 {
		names = append(names, f.Class.Name)
	}
	return slices.ContainsFunc(names, func(name string) bool {
		words := wordsOf(name)
		if len(words) == 1 && (words[0] == "auth" || words[0] == "token") {
			return name != f.Name
		}
		if len(words) > 1 && (words[len(words)-1] == "required" || words[len(words)-1] == "help") {
			return false
		}
		for i, w := range words {
			two := ""
			if i+1 < len(words) {
				two = w + words[i+1]
			}
			if isLoginWord(w) && (i == len(words)-1 || fillers(words[:i]) && fillers(words[i+1:])) || isLoginWord(two) {
				return true
			}
		}
		return false
	})
}

func isLoginWord(word string) bool {
	switch word {
	case "login", "signin", "logon", "authenticate", "dologin", "userlogin", "adminlogin":
		return true
	}
	return false
}

// fillers reports whether words say nothing of what a view does.
func fillers(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "api", "user", "users", "admin", "do", "post", "get", "view", "page", "form", "action", "submit", "process", "handle", "handler", "route", "endpoint", "resource", "controller", "json", "ajax", "new", "account", "customer",
			"member", "by", "with", "email", "password", "check", "auth", "verify", "validate", "and", "local", "web", "request", "try", "attempt", "step", "unsafe", "safe", "insecure", "secure", "vulnerable", "v", "normal", "app", "bp":
			return false
		}
		return true
	})
}

// triesPassword reports whether a view checks a name and a password that were sent, whatever
// it is called.
func (f *Facts) triesPassword(v *view) bool {
	if v.registers() || v.has("password", "passwd", "reset", "forgot", "profile", "settings", "change", "update", "edit", "delete") || len(v.fn.Routes) > 0 && !v.takes("POST", "GET") {
		return false
	}
	name, password, again := false, false, false
	sentFields(v.fn, func(field string, _ python.Expr) {
		again = again || isPassword(field) && hasWord(field, "new", "again", "confirm", "confirmation", "repeat", "old", "current", "verify", "retype")
		name = name || hasWord(field, "username", "user", "email", "login", "name", "uname", "mail")
		password = password || isPassword(field)
	})
	if !name || !password || again { // a second one changes the password
		return false
	}
	found := false
	for _, s := range v.fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				word := python.NameOrKey(n.Func)
				found = found || isPassword(word) && isQuestion(word) || givenArg(n) && (isCredentialCheck(word) || f.checksCredentials(n, v.fn))
			case *python.Compare:
				found = found || givenPassword(n.Left) != givenPassword(n.Rights[0]) && !isWritten(n.Left) && !isWritten(n.Rights[0])
			}
			return !found
		})
	}
	return found
}

// checksCredentials reports whether a function of the project that a call hands a password asks
// whether it is right.
func (f *Facts) checksCredentials(c *python.Call, in *program.Function) bool {
	to := f.program.Resolve(c.Func, in.Scope).Function
	if to == nil || to.Node == nil {
		return false
	}
	found := false
	for _, s := range to.Body {
		python.Inspect(s, func(n python.Node) bool {
			if call, ok := n.(*python.Call); ok {
				word := python.NameOrKey(call.Func)
				found = found || givenArg(call) && (isPassword(word) && isQuestion(word) || isCredentialCheck(word))
			}
			return !found
		})
	}
	return found
}

// isCredentialCheck tells functions that take a name and a password.
func isCredentialCheck(name string) bool {
	return hasWord(name, "login", "signin", "authenticate", "auth", "credentials", "credential") || isQuestion(name) && hasWord(name, "user", "account", "hash", "pw")
}

// givenArg reports whether a password is among the arguments of a call.
func givenArg(c *python.Call) bool {
	for i := range c.Keywords {
		if givenPassword(c.Keywords[i].Value) {
			return true
		}
	}
	return slices.ContainsFunc(c.Args, givenPassword)
}

// sentFields visits the fields of the request that a function reads by name: request.form["x"],
// data.get("x"), form.x.data.
func sentFields(fn *program.Function, visit func(field string, e python.Expr)) {
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Attribute:
				if inner, ok := n.Value.(*python.Attribute); ok && n.Attr == "data" {
					visit(inner.Attr, n)
				}
			case *python.Subscript, *python.Call:
				e := n.(python.Expr)
				if field := fieldOf(e); field != "" && !strings.Contains(field, " ") {
					visit(field, e)
				}
			}
			return true
		})
	}
}

func codeUnlimited() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "code-unlimited", Title: "As many guesses of a code as one likes", CWE: 307, OWASP: "A07:2021", ASVS: []string{"6.3.1", "6.5.5"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "Nothing limits how often a one-time code, a PIN or a coupon can be tried, or a reset be asked for. A million codes of six digits go through in hours, and a mailbox is filled in minutes.",
			Fix:   `@limiter.limit("5 per minute")`,
			Canon: []string{"brute-force", "mfa"},
			Guard: "",
		},
		Function: codesTried,
	}
}

func codesTried(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil || isLogin(f) || v.has("callback", "oauth", "authorized", "oauth2", "oidc", "webhook", "enable", "setup", "enroll") || v.asks == asksRole || len(f.Routes) > 0 && !v.takes("POST", "PUT") && !p.Facts.uses(f, "args") {
		return
	}
	code := ""
	verifies := v.has("verify", "verification", "confirm", "mfa", "2fa", "otp", "totp", "factor", "activate", "validate", "redeem", "pin", "reset", "recover")
	sentFields(f, func(field string, e python.Expr) {
		if code == "" && (isCodeField(field) || verifies && (field == "code" || hasWord(field, "code") && hasWord(field, "verification", "reset", "auth", "email", "sms", "confirm", "access"))) && p.isGiven(e, f) {
			code = field
		}
	})
	if code == "" {
		code = guessed(p, f)
	}
	switch {
	case code != "" && comparesSent(p, f) && !p.Facts.limited(f) && !countsTries(p.Facts, f):
		p.Report(f, v.node(), f.Name+" takes any number of guesses of "+code)
	case v.registers() && v.asks == asksNothing && v.takes("POST") && p.Facts.reads(f) && takesPassword(f) && !p.Facts.limited(f) && !countsTries(p.Facts, f):
		p.Report(f, v.node(), f.Name+" makes as many accounts as one asks for", Graded(finding.Low, finding.Unsure))
	case code == "" && asksForReset(p, v) && !p.Facts.limited(f) && !countsTries(p.Facts, f):
		p.Report(f, v.node(), f.Name+" sends as many messages as one asks for", Graded(finding.Low, finding.Likely))
	}
}

func takesPassword(f *program.Function) bool {
	found := false
	sentFields(f, func(field string, _ python.Expr) { found = found || isPassword(field) })
	return found
}

// isGiven reports whether an expression reads what was sent.
func (p *Pass) isGiven(e python.Expr, f *program.Function) bool {
	if a, ok := e.(*python.Attribute); ok {
		return a.Attr == "data"
	}
	return p.Facts.bindings(f).rooted(e)
}

// isCodeField tells fields for short secrets.
func isCodeField(field string) bool {
	return hasWord(field, "otp", "totp", "pin", "mfa", "2fa", "passcode", "coupon", "voucher", "promo", "twofactor") || hasWord(field, "answer") && hasWord(field, "security", "secret") ||
		field == "otp_code" || field == "coupon_code" || field == "promo_code" || field == "security_answer"
}

// comparesSent reports whether a view compares something, asks a function whether it is right,
// or looks it up.
func comparesSent(p *Pass, f *program.Function) bool {
	h := p.Facts.bindings(f)
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Compare:
				if op := n.Ops[0]; op == python.Eq || op == python.NotEq || op == python.In || op == python.NotIn {
					found = found || (h.isSent(n.Left) || h.isSent(n.Rights[0]) || givenData(n)) && !isWritten(n.Left) && !isWritten(n.Rights[0])
				}
			case *python.Call:
				name := python.NameOrKey(n.Func)
				known := isQuestion(name) || name == "filter_by" || name == "find_one" || name == "execute" || name == "compare_digest" || name == "query_db" || name == "query" || name == "fetchone" || name == "fetch_one" || name == "get" && !h.rooted(n) || name == "filter"
				found = found || known && (slices.ContainsFunc(n.Args, h.isSent) || slices.ContainsFunc(n.Args, givenData) || keywordSent(n, h))
			}
			return !found
		})
	}
	return found
}

func keywordSent(c *python.Call, h *bindings) bool {
	for i := range c.Keywords {
		if h.isSent(c.Keywords[i].Value) || givenData(c.Keywords[i].Value) {
			return true
		}
	}
	return false
}

// givenData reports whether an expression reads form.x.data.
func givenData(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok && a.Attr == "data" {
			_, inner := a.Value.(*python.Attribute)
			found = found || inner
		}
		return !found
	})
	return found
}

// asksForReset tells views that send a message for resetting a password to an address that is
// sent.
func asksForReset(p *Pass, v *view) bool {
	if !v.has("forgot", "forget", "forgotten", "recover", "recovery") && !(v.has("reset") && v.has("request", "password", "send", "email")) && !(v.has("send", "resend") && v.has("otp", "code", "verification", "sms")) {
		return false
	}
	if v.byURL() || !v.takes("POST") && !p.Facts.uses(v.fn, "args") {
		return false
	}
	address, password := false, false
	sentFields(v.fn, func(field string, _ python.Expr) {
		address = address || hasWord(field, "email", "mail", "username", "phone", "user", "mobile")
		password = password || isPassword(field)
	})
	return address && !password
}

// countsTries reports whether a function counts tries, or asks for proof of a person.
func countsTries(facts *Facts, fn *program.Function) bool {
	for name := range facts.namesIn(fn) {
		if !strings.HasPrefix(name, "'") && hasWord(name, "attempt", "attempts", "tries", "retries", "locked", "lock", "lockout", "captcha", "recaptcha", "hcaptcha", "throttle", "throttled", "blocked", "failures", "ratelimit", "limiter", "turnstile") {
			return true
		}
	}
	return slices.ContainsFunc(fn.Node.Decorators, func(d python.Expr) bool {
		return hasWord(decoratorName(d), "limit", "limits", "limited", "throttle", "ratelimit", "rate", "captcha")
	})
}
