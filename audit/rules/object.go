package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func foreignObject() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "foreign-object", Title: "Objects of other users by their number", CWE: 639, OWASP: "A01:2021", ASVS: []string{"8.2.2"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "An object is fetched by an id of the request and nothing asks whose it is. Whoever counts the number up sees what belongs to others.",
			Fix:   `Note.query.filter_by(id=id, user_id=current_user.id).first_or_404()`,
			Canon: []string{"idor"},
			Guard: "",
		},
		Function: func(p *Pass, f *program.Function) {
			if len(f.Routes) == 0 && !p.Program.Operation(f) || p.Facts.knowsOwner(f) || beforeLogin(f) || slices.ContainsFunc(f.Node.Decorators, isRoleCheck) {
				return
			}
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					if c, ok := n.(*python.Call); ok {
						if model := p.fetched(c, f); model != nil && hasOwner(model) {
							p.Report(f, c, "a "+model.Name+" is fetched for whoever asks")
							return false
						}
					}
					return true
				})
			}
		},
	}
}

// beforeLogin tells views for people who are not logged in yet: a name that they send is
// looked up, but nothing of it is shown.
func beforeLogin(f *program.Function) bool {
	text := strings.ToLower(f.Name)
	for _, r := range f.Routes {
		text += " " + strings.ToLower(r.Pattern)
	}
	for _, w := range []string{"login", "log_in", "signin", "sign_in", "register", "signup", "sign_up", "forgot", "reset", "confirm", "activate", "oauth", "callback", "authorize", "unsubscribe"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// isRoleCheck tells decorators that let only some users in.
func isRoleCheck(d python.Expr) bool {
	name := strings.ToLower(decoratorName(d))
	for _, w := range []string{"admin", "role", "permission", "owner", "staff", "superuser", "access"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// knowsOwner reports whether a function speaks of whose something is.
func (f *Facts) knowsOwner(fn *program.Function) bool {
	return f.uses(fn, "current_user", "session", "get_jwt_identity", "owner", "owner_id", "is_admin", "get_current_user", "user_id", "author", "author_id", "check_permission", "authorize", "g")
}

// fetched is the model of which the call gets rows by something of the request.
func (p *Pass) fetched(c *python.Call, f *program.Function) *program.Class {
	switch lastPart(c.Func) {
	case "get", "get_or_404", "filter_by", "filter", "where", "find_one", "get_or_none":
	default:
		return nil
	}
	if !p.Facts.byRequest(c, f) || namesOwner(c) {
		return nil
	}
	var model *program.Class
	see := func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok && model == nil {
			if k := p.Program.Resolve(name, f.Scope).Class; k != nil && isModelClass(k) {
				model = k
			}
		}
		if a, ok := n.(*python.Attribute); ok && model == nil {
			if k := p.Program.Resolve(a, f.Scope).Class; k != nil && isModelClass(k) {
				model = k
			}
		}
		return model == nil
	}
	python.Inspect(c.Func, see)
	if model == nil && len(c.Args) > 0 {
		python.Inspect(c.Args[0], see)
	}
	return model
}

// namesOwner reports whether the call asks for the rows of one owner.
func namesOwner(c *python.Call) bool {
	for i := range c.Keywords {
		switch strings.ToLower(c.Keywords[i].Name) {
		case "user", "user_id", "owner", "owner_id", "author", "author_id", "created_by", "account_id", "customer_id", "member_id":
			return true
		}
	}
	return false
}

// byRequest reports whether an argument comes from the request: a parameter of the route, or
// a variable that was made of the request's fields.
func (f *Facts) byRequest(c *python.Call, fn *program.Function) bool {
	sent := f.sent(fn)
	found := false
	see := func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok {
			found = found || sent[name.ID]
		}
		return !found
	}
	for _, a := range c.Args {
		python.Inspect(a, see)
	}
	for i := range c.Keywords {
		if c.Keywords[i].Name != "" { // **filters of a list are no number of one object
			python.Inspect(c.Keywords[i].Value, see)
		}
	}
	return found
}

// sent are the names of a function that hold something of the request.
func (f *Facts) sent(fn *program.Function) map[string]bool {
	all := map[string]bool{"request": true}
	for i := range fn.Node.Params.List {
		if name := fn.Node.Params.List[i].Name; name != "self" && name != "cls" {
			all[name] = true
		}
	}
	for range 2 { // assignments may stand in any order in loops
		for _, s := range fn.Body {
			python.Inspect(s, func(n python.Node) bool {
				if a, ok := n.(*python.Assign); ok && mentions(a.Value, all) {
					if _, isQuery := a.Value.(*python.Call); !isQuery || requestCall(a.Value, all) {
						for _, t := range a.Targets {
							if name, ok := t.(*python.Name); ok {
								all[name.ID] = true
							}
						}
					}
				}
				return true
			})
		}
	}
	return all
}

// requestCall reports whether a call reads the request, or changes what was read: not what a
// database gives back for it.
func requestCall(e python.Expr, sent map[string]bool) bool {
	c, ok := e.(*python.Call)
	if !ok {
		return true
	}
	a, ok := c.Func.(*python.Attribute)
	if !ok {
		n, isName := c.Func.(*python.Name)
		return isName && (n.ID == "int" || n.ID == "str" || n.ID == "uuid")
	}
	return mentions(a.Value, sent)
}

func mentions(e python.Expr, names map[string]bool) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		if name, ok := n.(*python.Name); ok && names[name.ID] {
			found = true
		}
		return !found
	})
	return found
}

func isModelClass(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		return strings.HasSuffix(path, ".Model") || strings.HasSuffix(path, "declarative_base()") || strings.HasSuffix(path, "DeclarativeBase") || strings.HasSuffix(path, ".Document")
	})
}

// hasOwner reports whether rows of a model belong to somebody, or are somebody.
func hasOwner(c *program.Class) bool {
	for _, k := range c.Line() {
		for name := range k.Scope.Names {
			switch strings.ToLower(name) {
			case "user_id", "owner_id", "owner", "author_id", "created_by", "customer_id", "account_id", "userid", "user", "member_id":
				return true
			}
		}
	}
	switch strings.ToLower(c.Name) {
	case "user", "users", "customer", "account", "member", "patient", "employee", "profile", "order", "invoice":
		return true
	}
	return false
}
