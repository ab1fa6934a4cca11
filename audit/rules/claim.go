package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// claimBelieved reports cookies and headers that say who somebody is, in a function that looks
// that person up or asks for it, and checks no signature.
func claimBelieved(p *Pass, f *program.Function) {
	if f.Node == nil || p.Facts.uses(f, "hmac", "compare_digest", "decrypt", "verify", "unsign", "loads", "decode", "Fernet", "Signer", "URLSafeSerializer", "URLSafeTimedSerializer", "verify_token", "check_token", "unpad", "b64decode") {
		return
	}
	named := map[string]python.Expr{}
	var at python.Node
	sure := finding.Likely
	claim := func(e python.Expr) python.Expr {
		if name, ok := e.(*python.Name); ok {
			return named[name.ID]
		}
		if kind := claimOf(e); kind != "" {
			return e
		}
		return nil
	}
	use := func(e python.Expr) {
		python.Inspect(e, func(n python.Node) bool {
			x, ok := n.(python.Expr)
			if !ok || at != nil {
				return at == nil
			}
			if c := claim(x); c != nil {
				at = c
				if claimOf(c) == "headers" {
					sure = finding.Unsure // behind a gateway that sets it, it is right
				}
				return false
			}
			return true
		})
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Assign:
				if name, ok := n.Targets[0].(*python.Name); ok && claimOf(n.Value) != "" {
					named[name.ID] = n.Value
				} else if isMember(n.Targets[0]) && (rootOf(n.Targets[0]) == "g" || sessionTarget(n.Targets[0])) {
					use(n.Value)
				}
			case *python.If:
				use(n.Test)
			case *python.Call:
				if looksUp(n) {
					for _, a := range n.Args {
						use(a)
					}
					for i := range n.Keywords {
						use(n.Keywords[i].Value)
					}
				}
			case *python.Subscript:
				if isPerson(lastPart(n.Value)) {
					use(n.Index)
				}
			}
			return at == nil
		})
	}
	if at != nil {
		p.Report(f, at, "what this says of who is calling is believed", Graded(finding.High, sure))
	}
}

// claimOf is "cookies" or "headers" where an expression reads one that says who somebody is.
func claimOf(e python.Expr) string {
	part := requestPart(e)
	if part != "cookies" && part != "headers" {
		return ""
	}
	key := fieldOf(e)
	if c, ok := e.(*python.Call); ok && key == "" && len(c.Args) > 0 {
		key = fieldOf(c.Args[0])
	}
	if hasWord(key, "token", "session", "sid", "csrf", "agent", "remote", "forwarded", "lang", "theme", "remember", "key", "signature") {
		return ""
	}
	if hasWord(key, "user", "username", "userid", "uid", "logged", "loggedin", "authenticated", "account", "login", "customer", "isloggedin", "auth") || part == "cookies" && hasWord(key, "email", "id") && strings.ToLower(key) != "id" {
		return part
	}
	return ""
}

// looksUp tells calls that find somebody.
func looksUp(c *python.Call) bool {
	switch lastPart(c.Func) {
	case "get", "filter_by", "find_one", "execute", "get_or_404", "filter", "query", "query_db", "where", "first_or_404", "get_user", "load_user", "find_user", "get_user_by_id", "get_user_by_username", "int":
		return !isRequestCall(c)
	}
	return false
}

func isRequestCall(c *python.Call) bool { return requestPart(c) != "" }
