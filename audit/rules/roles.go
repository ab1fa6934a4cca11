package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// roles are the rules for what somebody may do once they are logged in.
func roles() []*Rule { return []*Rule{missingRoleCheck(), roleFromClient(), roleByForm()} }

func missingRoleCheck() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "missing-role-check", Title: "A page for admins that everybody with a login gets", CWE: 862, OWASP: "A01:2021", ASVS: []string{"8.2.1", "8.3.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "The view is meant for admins, but all that is asked for is a login. Whoever has an account opens its URL and does what only admins should.",
			Fix:   "@admin_required",
			Canon: []string{"rbac"},
			Guard: "",
		},
		Program: rolesAsked,
	}
}

// rolesAsked reports views for admins that ask who is calling and not whether they may, in
// apps that know admins.
func rolesAsked(p *Pass) {
	if !p.Facts.knowsRoles() {
		return
	}
	hidden := p.Facts.hiddenFromUsers()
	for _, v := range p.Facts.views() {
		if v.asks != asksLogin || isPublic(v.fn) || onlyRedirects(v.fn) && !p.Facts.writes(v.fn) {
			continue
		}
		why := ""
		switch {
		case v.forAdmins():
			why = v.fn.Name + " is for admins, but any login is enough"
		case isHidden(hidden, v) && !p.Facts.asksOwner(v.fn):
			why = v.fn.Name + " is linked for admins only, but any login is enough"
		case p.Facts.managesUsers(v) && !p.Facts.asksOwner(v.fn):
			why = v.fn.Name + " manages other people's accounts, but any login is enough"
		default:
			continue
		}
		p.Report(v.fn, v.node(), why)
	}
}

// forAdmins tells views that say themselves whom they are for, at the start or the end of
// their name, of a part of their path, or of the name of their class or blueprint.
func (v *view) forAdmins() bool {
	if v.has("login", "signin", "logout", "contact", "register") {
		return false
	}
	names := []string{v.fn.Name}
	if v.fn.Class != nil {
		names = append(names, v.fn.Class.Name)
	}
	for _, r := range v.fn.Routes {
		names = append(names, strings.Split(r.Pattern, "/")...)
		if r.Receiver != nil {
			names = append(names, python.NameOrKey(r.Receiver))
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		words := wordsOf(name)
		return len(words) > 0 && (isAdminWord(words[0]) || isAdminWord(words[len(words)-1]))
	})
}

func isAdminWord(word string) bool {
	switch word {
	case "admin", "admins", "administrator", "administration", "superuser", "superadmin", "backoffice", "adminpanel":
		return true
	}
	return false
}

// onlyRedirects reports whether a view does nothing but send people on.
func onlyRedirects(fn *program.Function) bool {
	all, some := true, false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			if r, ok := n.(*python.Return); ok {
				c, isCall := r.Value.(*python.Call)
				some = true
				all = all && isCall && python.NameOrKey(c.Func) == "redirect"
			}
			return true
		})
	}
	return all && some
}

// managesUsers tells views that do with an account what its owner does not do: change its
// role, ban or delete it by its number, or list all of them.
func (f *Facts) managesUsers(v *view) bool {
	if !v.has("user", "users", "member", "members", "account", "accounts", "employee", "employees", "customer", "customers", "staff", "role", "roles") {
		return false
	}
	if v.forStrangers() && !v.has("activate") || byToken(v.fn) {
		return false
	}
	h := f.bindings(v.fn)
	switch {
	case v.has("promote", "demote", "ban", "unban", "suspend", "unsuspend", "approve", "activate", "deactivate", "impersonate", "unlock", "elevate", "grant", "revoke") || v.has("role", "roles") && v.has("set", "change", "update", "assign", "add", "remove"):
		return len(h.sent) > 0 && f.writes(v.fn) && !v.has("me", "my", "self", "own")
	case !v.has("me", "my", "self", "own", "profile", "settings") && v.asks == asksLogin && h.setsRole(v.fn):
		return f.writes(v.fn)
	case v.has("delete", "remove", "destroy") && !v.has("role", "roles"):
		return v.byNumber() && f.writes(v.fn) && !v.has("me", "my", "self", "own")
	}
	return false
}

// setsRole reports whether a function sets what somebody may do on an account that was looked up,
// by what was sent: account.staff = request.form["staff"] == "1".
func (h *bindings) setsRole(fn *program.Function) bool {
	found := false
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Assign); ok {
				to, isAttr := a.Targets[0].(*python.Attribute)
				found = found || isAttr && isRoleWord(to.Attr) && h.mentions(to.Value, h.found) && (h.isSent(a.Value) || givenData(a.Value))
			}
			return !found
		})
	}
	return found
}

// byNumber reports whether the URL says which object it is about.
func (v *view) byNumber() bool {
	for _, r := range v.fn.Routes {
		if len(r.Params) > 0 || r.Unknown {
			return true
		}
	}
	return len(v.fn.Routes) == 0
}

// knowsRoles reports whether the app tells admins from others: a view asks for a role, or a
// model or a table has a column for it.
func (f *Facts) knowsRoles() bool {
	if f.roles.known {
		return f.roles.yes
	}
	f.roles.known = true
	for _, v := range f.views() {
		if v.asks == asksRole {
			f.roles.yes = true
			return true
		}
	}
	for _, c := range f.program.Classes {
		if c.Module.Test || !isModelClass(c) {
			continue
		}
		for name := range c.Scope.Names.All() {
			if isRoleWord(name) {
				f.roles.yes = true
				return true
			}
		}
	}
	for _, t := range f.tables() {
		for name := range t.columns {
			if isRoleWord(name) {
				f.roles.yes = true
				return true
			}
		}
	}
	return false
}

func roleFromClient() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "role-from-client", Title: "The caller says what they may do", CWE: 863, OWASP: "A01:2021", ASVS: []string{"8.3.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A cookie, a header or a field of the request decides whether somebody is an admin. Whoever writes admin into it is one.",
			Fix:   `if current_user.role != "admin": abort(403)`,
			Canon: []string{"rbac"},
			Guard: "",
		},
		Words:    []string{"request"},
		Inside:   true,
		Function: roleBelieved,
	}
}

// roleBelieved finds conditions on a role that the request names, and sessions that keep it.
func roleBelieved(p *Pass, f *program.Function) {
	named := map[string]bool{} // variables that hold such a role
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Assign:
				if sentRole(n.Value) != "" {
					for _, t := range n.Targets {
						if key := python.NameOrKey(t); isRoleWord(key) && sessionTarget(t) {
							p.Report(f, n, "the session keeps the role that the request names")
						} else if name, ok := t.(*python.Name); ok && sentRole(n.Value) == "token" {
							named[name.ID] = true
						}
					}
				}
			case *python.If:
				p.roleAsked(f, n.Test, named)
			case *python.IfExp:
				p.roleAsked(f, n.Test, named)
			case *python.Compare:
				p.roleAsked(f, n, named)
			}
			return true
		})
	}
}

// roleAsked reports a condition on a role in a cookie or a header, or on a field of the
// request that says admin.
func (p *Pass) roleAsked(f *program.Function, test python.Expr, named map[string]bool) {
	done := false
	python.Inspect(test, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			if named[n.ID] && !done {
				p.Report(f, n, "what the caller sent decides what they may do")
				done = true
			}
		case *python.Compare:
			if sentRole(n.Left) == "field" && len(n.Rights) == 1 && !done && (hasWord(fieldOf(n.Left), "admin") || saysAdmin(n.Rights[0])) && !p.Facts.writes(f) {
				p.Report(f, n, "what the caller sent decides what they may do")
				done = true
			}
		case python.Expr:
			if sentRole(n) == "token" && !done {
				p.Report(f, n, "what the caller sent decides what they may do")
				done = true
			}
		}
		return !done
	})
}

// saysAdmin reports whether a literal names an admin.
func saysAdmin(e python.Expr) bool {
	text, ok := literal(e)
	return ok && hasWord(text, "admin", "administrator", "superuser", "root")
}

// sentRole tells a role that the request names: "token" in a cookie or a header, where none
// belongs; "field" in the query or the body, where a form may ask for one; "" for others.
func sentRole(e python.Expr) string {
	if key := fieldOf(e); key == "" || !isRoleWord(key) {
		return ""
	}
	kind := ""
	python.Inspect(e, func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok && isRequest(a.Value) {
			switch a.Attr {
			case "cookies", "headers":
				kind = "token"
			case "args", "form", "json", "get_json", "values":
				kind = "field"
			}
		}
		return kind == ""
	})
	return kind
}

// fieldOf is the field of a request that is read: role of request.form["role"] and of
// request.args.get("role"), "" for others.
func fieldOf(e python.Expr) string {
	switch e := e.(type) {
	case *python.Subscript:
		if key, ok := literal(e.Index); ok {
			return key
		}
	case *python.Call:
		if a, ok := e.Func.(*python.Attribute); ok {
			if a.Attr == "get" || a.Attr == "getlist" || a.Attr == "pop" {
				if len(e.Args) > 0 {
					key, _ := literal(e.Args[0])
					return key
				}
			}
			if a.Attr == "lower" || a.Attr == "strip" || a.Attr == "upper" {
				return fieldOf(a.Value)
			}
		}
		if name, ok := e.Func.(*python.Name); ok && len(e.Args) == 1 && (name.ID == "bool" || name.ID == "int" || name.ID == "str") {
			return fieldOf(e.Args[0])
		}
	}
	return ""
}

// sessionTarget reports whether session[...] is assigned to.
func sessionTarget(t python.Expr) bool {
	s, ok := t.(*python.Subscript)
	return ok && isSession(s.Value)
}
