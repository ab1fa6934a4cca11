package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// access are the rules for who may call what.
func access() []*Rule {
	return []*Rule{decoratorOrder(), missingLogin(), csrfMissing(), changeByGet(), loginUnlimited(), codeUnlimited(), foreignObject()}
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
	return python.NameOrKey(d)
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
			ID: "missing-login", Title: "A route that asks nobody who they are", CWE: 306, OWASP: "A01:2021", ASVS: []string{"8.2.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "The route shows or changes what is not for everybody, and checks no login. Whoever finds its URL uses it.",
			Fix:   "@login_required",
			Canon: []string{"login-state", "rbac"},
			Guard: "",
		},
		Call:    adminViewOpen,
		Program: siblings,
	}
}

// siblings compares the routes of each blueprint, app or class of views, and then all that
// change data.
func siblings(p *Pass) {
	groups := map[any][]*view{}
	var order []any
	for _, v := range p.Facts.views() {
		key := groupOf(v.fn)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], v)
	}
	reported := map[*view]bool{}
	for _, key := range order {
		var open []*view
		checked := 0
		for _, v := range groups[key] {
			switch {
			case isLogin(v.fn) || v.registers() && v.asks == asksNothing:
			case v.asks != asksNothing:
				checked++
			case !isPublic(v.fn) && !v.showsPublished(p) && !(v.onlyGet() && isStill(v.fn)):
				open = append(open, v)
			}
		}
		if checked < 2 || checked < 3*len(open) {
			continue
		}
		for _, v := range open {
			reported[v] = true
			sure := finding.Likely
			if p.harmless(v) {
				sure = finding.Unsure
			}
			p.Report(v.fn, v.node(), v.fn.Name+" can be called by anyone; the routes beside it check the login", Graded(finding.High, sure))
		}
	}
	p.sensitive(reported)
}

// harmless tells views that only read, take nothing, and ask no table for anything.
func (p *Pass) harmless(v *view) bool {
	if v.onlyGet() && v.has("tile", "tiles", "icon", "icons", "logo", "sprite", "sprites", "font", "fonts", "glyphs", "css", "js", "asset", "assets", "thumbnail") && p.Facts.uses(v.fn, "send_from_directory", "send_file") {
		return true // parts of pages and maps
	}
	return v.onlyGet() && !v.byNumber() && !p.Facts.writes(v.fn) && !p.Facts.aboutPeople(v) &&
		!p.Facts.uses(v.fn, "request", "query", "execute", "session", "objects", "find", "find_one", "select", "fetchall", "all", "get_or_404", "config", "environ", "open", "system", "run", "Popen")
}

// sensitive reports views that nobody should call without a login, in apps that have one,
// wherever their siblings are.
func (p *Pass) sensitive(reported map[*view]bool) {
	if !p.Facts.knowsLogin() {
		p.openApp()
		return
	}
	checked, open := 0, 0 // views that change data
	for _, v := range p.Facts.views() {
		if !p.Facts.writes(v.fn) || isPublic(v.fn) || v.registers() {
			continue
		}
		if v.asks == asksNothing {
			open++
		} else {
			checked++
		}
	}
	for _, v := range p.Facts.views() {
		if v.asks != asksNothing || reported[v] || isPublic(v.fn) || v.registers() {
			continue
		}
		writes := p.Facts.writes(v.fn)
		switch {
		case v.forAdmins():
			p.Report(v.fn, v.node(), v.fn.Name+" is for admins, and can be called by anyone")
		case p.Facts.destroys(v.fn):
			p.Report(v.fn, v.node(), v.fn.Name+" can be called by anyone and throws data away")
		case p.Facts.listsUsers(v):
			p.Report(v.fn, v.node(), v.fn.Name+" lists all users to anyone", Graded(finding.Medium, finding.Likely))
		case writes && checked >= 2 && checked >= 2*open && !v.forStrangers():
			p.Report(v.fn, v.node(), v.fn.Name+" changes data for anyone; other views that do check the login")
		}
	}
}

// openApp reports an app that changes data of people and asks nobody who they are: once, at the
// first view that does.
func (p *Pass) openApp() {
	var first *view
	more := 0
	for _, v := range p.Facts.views() {
		if !p.Facts.writes(v.fn) || isPublic(v.fn) || v.onlyGet() && !v.has("delete", "remove", "add", "update", "edit", "create") || !p.Facts.aboutPeople(v) {
			continue
		}
		if first == nil {
			first = v
		} else {
			more++
		}
	}
	if first != nil {
		why := first.fn.Name + " changes data of people, and nothing in the app asks who is calling"
		if more > 0 {
			why += fmt.Sprintf("; %d more views do", more)
		}
		p.Report(first.fn, first.node(), why, Graded(finding.Medium, finding.Likely))
	}
}

// aboutPeople reports whether a view is about accounts or about what belongs to somebody: by
// its name, its statements or its models.
func (f *Facts) aboutPeople(v *view) bool {
	found := false
	for _, s := range v.fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Name:
				found = found || n.ID[0] >= 'A' && n.ID[0] <= 'Z' && isPerson(n.ID)
			case *python.Str:
				low := strings.ToLower(n.Value)
				for _, lead := range []string{"insert into ", "update ", "delete from "} {
					if at := strings.Index(low, lead); at >= 0 {
						words := strings.FieldsFunc(low[at+len(lead):], func(r rune) bool { return isBlank(r) || r == '(' })
						found = found || len(words) > 0 && isPerson(bare(words[0]))
					}
				}
			}
			return !found
		})
	}
	return found || isPerson(strings.Join(v.words, " "))
}

// knowsLogin reports whether anything in the app asks who is calling, or lets people log in.
func (f *Facts) knowsLogin() bool {
	if !f.logins.known {
		f.logins.known = true
		f.logins.yes = slices.ContainsFunc(f.views(), func(v *view) bool { return v.asks != asksNothing && !isLogin(v.fn) })
		f.logins.yes = f.logins.yes || slices.ContainsFunc(f.views(), func(v *view) bool {
			return isLogin(v.fn) && f.uses(v.fn, "session", "login_user", "create_access_token", "encode", "set_cookie")
		})
	}
	return f.logins.yes
}

// destroys reports whether a function throws whole tables away.
func (f *Facts) destroys(fn *program.Function) bool {
	return f.uses(fn, "drop_all", "drop_database", "drop_collection", "flushall", "flushdb")
}

// listsUsers reports whether a view answers with all users.
func (f *Facts) listsUsers(v *view) bool {
	if !v.has("users", "accounts", "customers", "employees", "members", "patients") || v.byURL() || !v.takes("GET") {
		return false
	}
	return f.reaches(v.fn, "all", "fetchall", "find", "scalars")
}

// reaches reports whether a function, or one that it calls, speaks of one of the names.
func (f *Facts) reaches(fn *program.Function, names ...string) bool {
	found := f.uses(fn, names...)
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			if c, ok := n.(*python.Call); ok && !found {
				if to := f.program.Resolve(c.Func, fn.Scope).Function; to != nil && to.Node != nil && len(to.Routes) == 0 {
					found = f.uses(to, names...)
				}
			}
			return !found
		})
	}
	return found
}

// registers tells views that make an account for whoever asks.
func (v *view) registers() bool {
	return v.has("register", "signup", "registration", "join") || v.has("create", "new", "add") && v.has("user", "account", "users", "accounts") && !v.byURL() || v.has("sign") && v.has("up")
}

// byURL reports whether the URL says which object a view is about.
func (v *view) byURL() bool {
	for _, r := range v.fn.Routes {
		if len(r.Params) > 0 {
			return true
		}
	}
	return len(v.fn.Routes) == 0 && len(v.fn.Node.Params.List) > 0
}

// showsPublished tells views that only read what is made for everybody.
func (v *view) showsPublished(p *Pass) bool {
	if !v.onlyGet() || p.Facts.writes(v.fn) {
		return false
	}
	if hasParam(v.fn, "username") { // a page about somebody, for others
		return true
	}
	return isPublished(strings.Join(v.words, " ")) || p.readsPublished(v.fn)
}

// readsPublished reports whether all models that a function speaks of are made for everybody.
func (p *Pass) readsPublished(fn *program.Function) bool {
	some, all := false, true
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			name, ok := n.(*python.Name)
			if !ok {
				return all
			}
			if c := p.Program.Resolve(name, fn.Scope).Class; c != nil && isModelClass(c) {
				some, all = true, all && isPublished(c.Name)
			}
			return all
		})
	}
	return some && all
}

// isStill tells views that give everybody the same: nothing is looked up and nothing changed.
func isStill(fn *program.Function) bool {
	still := true
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				switch python.NameOrKey(n.Func) {
				case "render_template", "url_for", "redirect", "_", "gettext", "jsonify", "flash":
				default:
					still = false
				}
			case *python.Assign, *python.AugAssign, *python.Delete, *python.With, *python.For:
				still = false
			case *python.Name:
				still = still && n.ID != "request" && n.ID != "config"
			}
			return still
		})
	}
	return still
}

// groupOf is what the routes of a function have in common with others: the module and the
// object that they are made on, or the module for classes of views.
func groupOf(f *program.Function) any {
	type group struct {
		module *program.Module
		name   string
	}
	if len(f.Routes) > 0 && f.Routes[0].Receiver != nil {
		return group{f.Module, python.NameOrKey(f.Routes[0].Receiver)}
	}
	return group{f.Module, ""}
}

// isPublic tells the routes that everybody is meant to use, by name.
func isPublic(f *program.Function) bool {
	text := strings.ToLower(f.Name)
	if f.Class != nil { // post of ResetPasswordResource
		text += " " + strings.ToLower(f.Class.Name)
	}
	for _, r := range f.Routes {
		text += " " + strings.ToLower(r.Pattern)
		if r.Pattern == "/" {
			return true
		}
	}
	for _, w := range []string{"login", "logout", "register", "signup", "sign_up", "signin", "sign_in", "static", "health", "ping", "robots", "favicon", "reset", "forgot", "confirm", "verify",
		"about", "index", "home", "public", "callback", "oauth", "webhook", "hook", "error", "rss", "feed", "sitemap", "manifest", "locale", "captcha", "status", "version", "unsubscribe", "welcome", "setup", "swagger", "docs", "metrics", "saml", "sso", "otp", "forget", ".well-known", "jwks"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// placeOfRoute is the decorator that makes a route of the function, or the function: a call
// that adds the route may stand in another file.
func placeOfRoute(f *program.Function) python.Node {
	for _, r := range f.Routes {
		if slices.ContainsFunc(f.Node.Decorators, func(d python.Expr) bool { return d == r.Node }) {
			return r.Node
		}
	}
	return f.Node
}
