package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// cookieless reports whether nothing in the app knows its callers by what a browser sends along by
// itself: no session, no cookie, no login of a library that keeps one, no password of the browser.
// Another site's page can then send a form, but in nobody's name.
func (f *Facts) cookieless() bool {
	if f.mentions("login_user", "flask_login", "flask_security", "flask_user", "flask_session", "flask_admin", "flask_appbuilder", "set_cookie", ".cookies", "get_jwt_identity", "jwt_required", "session[", "session.get(", "session.pop(", ".authorization", "HTTPBasicAuth", "REMOTE_USER", "remote_user", "SSL_CLIENT", "ssl_client") {
		return false
	}
	return f.knowsKeys()
}

// knowsKeys reports whether some view of the app asks for a key or a signature in a header.
func (f *Facts) knowsKeys() bool {
	return slices.ContainsFunc(f.program.Functions, func(fn *program.Function) bool {
		if fn.Node == nil || fn.Module.Test || !f.uses(fn, "headers") {
			return false
		}
		found := false
		sentFields(fn, func(field string, _ python.Expr) {
			found = found || isCredentialHeader(field) || hasWord(field, "signature", "token", "key", "apikey", "secret", "hmac", "sign", "auth")
		})
		return found
	})
}

// onlyLooks tells views below a path for tokens that make none: /token/peek.
func onlyLooks(fn *program.Function) bool {
	if hasWord(fn.Name, "login", "signin", "authenticate") {
		return false
	}
	return len(fn.Routes) > 0 && !slices.ContainsFunc(fn.Routes, func(r *program.Route) bool {
		parts := strings.FieldsFunc(r.Pattern, func(c rune) bool { return c == '/' })
		return len(parts) == 0 || !hasWord(parts[len(parts)-1], "peek", "info", "introspect", "inspect", "decode", "check", "revoke", "me", "whoami", "expiry", "show", "list", "delete")
	})
}

// onlyShown reports whether a token that was sent in the body or the query is read without a look
// at its signature, and nothing of it goes anywhere but back to whoever sent it.
func (p *Pass) onlyShown(s *Site) bool {
	if len(s.Func.Routes) == 0 || len(s.Call.Args) == 0 || p.Facts.writes(s.Func) {
		return false
	}
	h := p.Facts.bindings(s.Func)
	if part := requestPart(s.Call.Args[0]); !h.isSent(s.Call.Args[0]) || part == "headers" || part == "cookies" || h.mentions(s.Call.Args[0], h.claims) {
		return false
	}
	name, kept, shown := "", 0, 0
	returned := func(n python.Node) {
		python.Inspect(n, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Name:
				if n.ID == name {
					shown++
				}
			case *python.Call:
				switch python.NameOrKey(n.Func) {
				case "jsonify", "get", "dict", "str", "int", "fromtimestamp", "isoformat", "items", "dumps", "render_template", "utcfromtimestamp":
				default:
					shown-- // given to something else
				}
			}
			return true
		})
	}
	for _, st := range s.Func.Body {
		python.Inspect(st, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				if t, ok := n.Targets[0].(*python.Name); ok && n.Value == python.Expr(s.Call) {
					name = t.ID
				}
			case *python.Return:
				if n.Value != nil && name != "" {
					returned(n.Value)
				}
			case *python.Name:
				if name != "" && n.ID == name {
					kept++
				}
			}
			return true
		})
	}
	return name != "" && shown > 0 && kept == shown+1 // the target itself
}
