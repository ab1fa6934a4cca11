package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// access are the rules for who may call what.
func access() []*Rule {
	return []*Rule{decoratorOrder(), missingLogin(), csrfMissing(), changeByGet(), loginUnlimited(), foreignObject()}
}

func decoratorOrder() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "auth-decorator-order", Title: "A login check that never runs", CWE: 306, OWASP: "A01:2021", ASVS: []string{"8.2.1"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "The decorator that checks the login stands above the route decorator, so the route is made of the unchecked function. Anyone can call it.",
			Fix:   "@app.route(\"/admin\")\n@login_required",
			Canon: []string{"login-state", "rbac"},
			Guard: "",
		},
		Function: func(p *Pass, f *program.Function) {
			var above python.Expr
			for _, d := range f.Node.Decorators {
				if slices.ContainsFunc(f.Routes, func(r *program.Route) bool { return r.Node == d }) {
					if above != nil {
						p.Report(f, above, decoratorName(above)+" stands above the route and is never asked")
					}
					return
				}
				if above == nil && isAuthCheck(d) {
					above = d
				}
			}
		},
	}
}

// decoratorName is the name of a decorator, without what it is called with.
func decoratorName(d python.Expr) string {
	if c, ok := d.(*python.Call); ok {
		d = c.Func
	}
	return lastPart(d)
}

// isAuthCheck reports whether a decorator looks like one that checks who is asking. Markers
// such as csrf.exempt do not.
func isAuthCheck(d python.Expr) bool {
	name := strings.ToLower(decoratorName(d))
	for _, w := range []string{"exempt", "csrf", "limit", "cache", "author_", "authors", "optional_auth", "anonymous", "user_loader", "unauthor", "handler", "context"} {
		if strings.Contains(name, w) {
			return false
		}
	}
	for _, w := range []string{"login", "logged_in", "auth", "require", "permission", "admin", "role", "token", "jwt", "protected", "roles_", "check_access", "has_access", "verified"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

func missingLogin() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "missing-login", Title: "A route without the check that its siblings have", CWE: 306, OWASP: "A01:2021", ASVS: []string{"8.2.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "Most routes of this part of the app check who is asking, this one does not. Whoever finds its URL uses it without a login.",
			Fix:   "@login_required",
			Canon: []string{"login-state", "rbac"},
			Guard: "",
		},
		Program: siblings,
	}
}

// siblings compares the routes of each blueprint, app or class of views.
func siblings(p *Pass) {
	groups := map[any][]*program.Function{}
	var order []any
	for _, f := range p.Program.Functions {
		if len(f.Routes) == 0 || f.Module.Test {
			continue
		}
		key := groupOf(p, f)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], f)
	}
	for _, key := range order {
		group := groups[key]
		if p.Facts.checkedBefore(group) {
			continue
		}
		var open []*program.Function
		checked := 0
		for _, f := range group {
			switch {
			case p.Facts.checks(f):
				checked++
			case !isPublic(f):
				open = append(open, f)
			}
		}
		if checked < 2 || checked < 3*len(open) {
			continue
		}
		for _, f := range open {
			p.Report(f, f.Routes[0].Node, f.Name+" can be called by anyone; its siblings check the login")
		}
	}
}

// groupOf is what the routes of a function have in common with others: the module and the
// object that they are made on, or the module for classes of views.
func groupOf(p *Pass, f *program.Function) any {
	type group struct {
		module *program.Module
		name   string
	}
	if r := f.Routes[0].Receiver; r != nil {
		return group{f.Module, lastPart(r)}
	}
	return group{f.Module, ""}
}

// isPublic tells the routes that everybody is meant to use, by name.
func isPublic(f *program.Function) bool {
	text := strings.ToLower(f.Name)
	for _, r := range f.Routes {
		text += " " + strings.ToLower(r.Pattern)
		if r.Pattern == "/" {
			return true
		}
	}
	for _, w := range []string{"login", "logout", "register", "signup", "sign_up", "signin", "sign_in", "static", "health", "ping", "robots", "favicon", "reset", "forgot", "confirm", "verify",
		"about", "index", "home", "public", "callback", "oauth", "webhook", "hook", "error", "rss", "feed", "sitemap", "manifest", "locale", "captcha", "status", "version", "unsubscribe", "welcome", "setup", "swagger", "docs", "metrics", "saml", "sso"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func loginUnlimited() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "login-unlimited", Title: "As many login attempts as one likes", CWE: 307, OWASP: "A07:2021", ASVS: []string{"6.3.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "Nothing limits how often a password or a code can be tried. A word list goes through in minutes.",
			Fix:   `@limiter.limit("5 per minute")`,
			Canon: []string{"brute-force"},
			Guard: "guard/login",
		},
		Function: func(p *Pass, f *program.Function) {
			if !isLogin(f) || p.Facts.limited(f) {
				return
			}
			if p.Facts.uses(f, "form", "json", "get_json", "values", "args", "authorization", "data", "validate_on_submit") {
				p.Report(f, placeOfRoute(f), f.Name+" can be tried without end")
			}
		},
	}
}

// isLogin tells the routes that check a password or make a key for one.
func isLogin(f *program.Function) bool {
	if len(f.Routes) == 0 {
		return false
	}
	words := []string{"login", "signin", "sign_in", "sign-in", "authenticate", "/auth", "/token"}
	name := strings.ToLower(f.Name)
	for _, r := range f.Routes {
		text := name + " " + strings.ToLower(r.Pattern)
		if !slices.Contains(r.Methods, "POST") && !slices.Contains(r.Methods, "GET") {
			continue
		}
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
	}
	return false
}

func placeOfRoute(f *program.Function) python.Node {
	if len(f.Routes) > 0 {
		return f.Routes[0].Node
	}
	return f.Node
}
