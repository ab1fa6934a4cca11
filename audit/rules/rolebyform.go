package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func roleByForm() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "role-by-form", Title: "Whoever makes an account chooses its role", CWE: 915, OWASP: "A08:2021", ASVS: []string{"15.3.3", "8.2.3"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "The role of an account is taken from the request that makes or changes it. Whoever adds is_admin to the form is an admin.",
			Fix:   `User(name=data["name"], role="user")`,
			Canon: []string{"rbac", "validate"},
			Guard: "",
		},
		Function: roleTaken,
	}
}

// roleTaken finds accounts that get a role from the request, in views that do not ask for one
// themselves.
func roleTaken(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil || v.asks == asksRole {
		return
	}
	h := p.Facts.bindings(f)
	chosen := p.Facts.chosenRoles(f, h)
	isChosen := func(e python.Expr) bool {
		if name, ok := e.(*python.Name); ok {
			return chosen[name.ID]
		}
		return h.isSent(e) && isRoleWord(fieldOf(e))
	}
	done := false
	report := func(n python.Node) {
		if !done {
			p.Report(f, n, "the request says which role the account gets")
		}
		done = true
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Call:
				for i := range n.Keywords {
					if k := &n.Keywords[i]; isRoleWord(k.Name) && isChosen(k.Value) && !isFilter(n) && makesAccount(n) {
						report(n)
					}
				}
				if name := python.NameOrKey(n.Func); (name == "insert_one" || name == "insert") && len(n.Args) == 1 && h.rooted(n.Args[0]) && isPerson(collectionOf(n)) {
					report(n)
				}
				if fillsRole(n, f.Scope, isChosen) {
					report(n)
				}
			case *python.Assign:
				for _, t := range n.Targets {
					if isRoleWord(python.NameOrKey(t)) && !sessionTarget(t) && isMember(t) && isChosen(n.Value) && ofAccount(t) {
						report(n)
					}
				}
			case *python.Dict:
				for i, k := range n.Keys {
					if key, _ := literal(k); isRoleWord(key) && isChosen(n.Values[i]) && p.Facts.writes(f) {
						report(n.Values[i])
					}
				}
			}
			return !done
		})
	}
}

// makesAccount tells calls that make somebody's account: User(...), User.create(...),
// create_user(...).
func makesAccount(c *python.Call) bool {
	name := python.NameOrKey(c.Func)
	if a, ok := c.Func.(*python.Attribute); ok && (name == "create" || name == "insert" || name == "update" || name == "objects") {
		return keepsLogins(python.NameOrKey(a.Value))
	}
	return keepsLogins(name) || hasWord(name, "register", "signup", "values", "dict")
}

// ofAccount tells user.role and user["role"].
func ofAccount(t python.Expr) bool {
	switch t := t.(type) {
	case *python.Attribute:
		return isUserName(python.NameOrKey(t.Value)) || keepsLogins(python.NameOrKey(t.Value)) || keepsLogins(rootOf(t.Value))
	case *python.Subscript:
		return isUserName(python.NameOrKey(t.Value)) || keepsLogins(rootOf(t.Value)) || hasWord(rootOf(t.Value), "data", "row", "doc", "record")
	}
	return false
}

// collectionOf is users of db.users.insert_one(...), also by way of a variable of that name.
func collectionOf(c *python.Call) string {
	if a, ok := c.Func.(*python.Attribute); ok {
		return python.NameOrKey(a.Value)
	}
	return ""
}

// isFilter reports whether a call only chooses rows, or shows a page.
func isFilter(c *python.Call) bool {
	switch python.NameOrKey(c.Func) {
	case "filter_by", "filter", "where", "get", "find", "find_one", "render_template", "url_for", "jsonify", "redirect":
		return true
	}
	return false
}

func isMember(t python.Expr) bool {
	_, isAttr := t.(*python.Attribute)
	_, isItem := t.(*python.Subscript)
	return isAttr || isItem
}

// fillsRole reports whether a call inserts or updates a row with a chosen role.
func fillsRole(c *python.Call, scope *program.Scope, isChosen func(python.Expr) bool) bool {
	text := strings.ToLower(statementText(c, scope))
	if !isChange(text) || !strings.Contains(text, "role") && !strings.Contains(text, "admin") && !strings.Contains(text, "user_type") {
		return false
	}
	found := false
	for _, a := range c.Args {
		python.Inspect(a, func(n python.Node) bool {
			if e, ok := n.(python.Expr); ok && isChosen(e) {
				found = true
			}
			return !found
		})
	}
	return found
}

// chosenRoles are the variables that hold a role of the request. A constant that is assigned
// where the request's field says so counts too: if data["admin"]: admin = True.
func (f *Facts) chosenRoles(fn *program.Function, h *bindings) map[string]bool {
	chosen := map[string]bool{}
	note := func(target python.Expr) {
		if name, ok := target.(*python.Name); ok {
			chosen[name.ID] = true
		}
	}
	for _, s := range fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				if h.isSent(n.Value) && isRoleWord(fieldOf(n.Value)) {
					for _, t := range n.Targets {
						note(t)
					}
				}
			case *python.If:
				if h.isSent(n.Test) && namesRole(n.Test) {
					for _, s := range n.Body {
						if a, ok := s.(*python.Assign); ok && len(a.Targets) == 1 && isRoleWord(python.NameOrKey(a.Targets[0])) {
							note(a.Targets[0])
						}
					}
				}
			}
			return true
		})
	}
	return chosen
}

// namesRole reports whether a condition is about a field for a role.
func namesRole(test python.Expr) bool {
	found := false
	python.Inspect(test, func(n python.Node) bool {
		if e, ok := n.(python.Expr); ok && isRoleWord(fieldOf(e)) {
			found = true
		}
		return !found
	})
	return found
}
