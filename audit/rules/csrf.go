package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func csrfMissing() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "csrf-missing", Title: "Forms that other sites can send", CWE: 352, OWASP: "A01:2021", ASVS: []string{"3.5.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "The app changes things by forms and sessions but asks for no proof of where a form comes from. Another site sends it in the name of whoever visits it.",
			Fix:   `CSRFProtect(app)`,
			Canon: []string{"csrf"},
			Guard: "guard/csrf",
		},
		Program: csrfOfApp,
	}
}

// manyViews is from how many on one finding where the app is made says more than one for
// each view.
const manyViews = 10

// csrfOfApp reports the routes that take a form of somebody who is logged in, where nothing
// in the app checks forms.
func csrfOfApp(p *Pass) {
	if p.Facts.csrfProtected() || p.Facts.cookieless() {
		return
	}
	var views []*program.Function
	for _, f := range p.Program.Functions {
		if len(f.Routes) == 0 || f.Module.Test || !changes(f.Routes) || isLogin(f) || isPublicForm(f) || !p.takesForm(f) {
			continue
		}
		if v := p.Facts.view(f); v != nil && v.asks == asksNothing && v.registers() {
			continue
		}
		if p.Facts.importsLogin(f.Module) {
			views = append(views, f)
		}
	}
	confidence := p.rule.Confidence
	if len(views) >= manyViews && csrfAtApp(p, views) {
		confidence = finding.Unsure
	}
	for _, f := range views {
		p.Report(f, placeOfRoute(f), f.Name+" takes forms from any site", Graded(p.rule.Severity, confidence))
	}
}

// takesForm reports whether a view reads a form by itself, or does something on a POST without
// reading anything: another site's page can send both. Forms of Flask-WTF check by themselves.
func (p *Pass) takesForm(f *program.Function) bool {
	v := p.Facts.view(f)
	reads, checks := false, p.Facts.uses(f, "validate_on_submit")
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Attribute); ok && isRequest(a.Value) {
				reads = reads || a.Attr == "form" || a.Attr == "values" || a.Attr == "files" && v != nil && v.asks != asksNothing
			}
			return !reads
		})
	}
	if reads || checks {
		return reads && !(checks && !p.Facts.uses(f, "request"))
	}
	return v != nil && f.Class == nil && v.asks != asksNothing && !v.takes("GET") && v.takes("POST") && p.Facts.writes(f) && !p.Facts.byKey(f) && !p.Facts.uses(f, "get_json", "json", "parse_args", "get_jwt_identity", "files")
}

// csrfAtApp reports where the app is made, if that is in sight.
func csrfAtApp(p *Pass, views []*program.Function) bool {
	app := p.Facts.firstApp()
	if app == nil {
		return false
	}
	p.Report(app.Func, app.Call, fmt.Sprintf("nothing checks where forms come from: %d views take them from any site", len(views)), func(x *finding.Finding) {
		for _, f := range views {
			x.Steps = append(x.Steps, finding.Step{Place: Place(f.Module.File, placeOfRoute(f).At()), Note: f.Name + " takes forms"})
		}
	})
	return true
}

// isPublicForm tells forms that are filled in by people who are not logged in: another site
// gains nothing by sending them.
func isPublicForm(f *program.Function) bool {
	name := strings.ToLower(f.Name)
	for _, r := range f.Routes {
		name += strings.ToLower(r.Pattern)
	}
	for _, w := range []string{"register", "signup", "sign_up", "contact", "search", "forgot"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

func changes(routes []*program.Route) bool {
	for _, r := range routes {
		for _, m := range r.Methods {
			if m == "POST" || m == "PUT" || m == "PATCH" || m == "DELETE" {
				return true
			}
		}
	}
	return false
}

func changeByGet() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "change-by-get", Title: "A link that changes something", CWE: 352, OWASP: "A01:2021", ASVS: []string{"3.5.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A GET changes or deletes data. A picture on another site is enough to do it in the name of whoever visits it.",
			Fix:   `@app.route("/items/<int:id>/delete", methods=["POST"])`,
			Canon: []string{"csrf"},
			Guard: "",
		},
		Function: func(p *Pass, f *program.Function) {
			v := p.Facts.view(f)
			if v == nil || v.forStrangers() || v.has("lang", "language", "locale", "theme", "mode", "timezone") || p.Facts.byKey(f) {
				return
			}
			for _, r := range f.Routes {
				if slices.Contains(r.Methods, "GET") && changingName(f, r) && p.Facts.writes(f) && !p.Facts.asksMethod(f) {
					p.Report(f, placeOfRoute(f), f.Name+" changes data on GET")
					return
				}
			}
		},
	}
}

// byKey reports whether a view's callers show a key or a password of their own, which no other
// site's page can send along.
func (f *Facts) byKey(fn *program.Function) bool {
	return slices.ContainsFunc(fn.Node.Decorators, func(d python.Expr) bool {
		if hasWord(decoratorName(d), "basic", "apikey", "token", "jwt", "key", "bearer", "hmac", "signature", "dyndns") {
			return true
		}
		if c, ok := d.(*python.Call); ok {
			d = c.Func
		}
		to := f.program.Resolve(d, fn.Scope.Parent).Function
		return to != nil && f.uses(to, "authorization", "auth_token", "api_key", "get_auth_token", "'Authorization", "'X-API-Key", "'X-Api-Key")
	}) || f.uses(fn, "authorization", "'Authorization", "'X-API-Key", "'X-Api-Key", "'X-Auth-Token")
}

// changingName tells routes that say themselves that they change something.
func changingName(f *program.Function, r *program.Route) bool {
	return slices.ContainsFunc(append(wordsOf(f.Name), wordsOf(r.Pattern)...), func(word string) bool {
		switch word {
		case "add", "set", "new", "like", "unlike", "vote", "upvote", "downvote", "buy", "pay", "ban", "unban", "block", "unblock", "join", "leave", "kick", "follow", "unfollow", "mark", "accept", "cancel", "close", "reopen",
			"archive", "unarchive", "publish", "unpublish", "subscribe", "promote", "demote", "assign", "complete", "withdraw", "deposit", "checkout", "redeem", "star", "unstar", "pin", "unpin", "finish", "kill", "install", "uninstall", "sync":
			return true
		}
		return slices.ContainsFunc(changing(), func(w string) bool { return strings.HasPrefix(word, w) })
	})
}

// changing are beginnings of words for changes, as in deleteuser.
func changing() []string {
	return []string{"delete", "remove", "create", "update", "edit", "toggle", "reset", "clear", "enable", "disable", "approve", "reject", "activate", "deactivate", "mute", "unmute", "unlink", "rename", "backup", "restart", "upload", "save", "transfer",
		"purge", "revoke", "change", "insert", "destroy", "drop", "shutdown", "reboot"}
}
