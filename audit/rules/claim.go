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
	c := claims{named: map[string]python.Expr{}}
	for _, s := range f.Body {
		python.Inspect(s, c.see)
	}
	if c.at == nil {
		return
	}
	sure := finding.Likely
	if claimOf(c.at) == "headers" {
		sure = finding.Unsure // behind a gateway that sets it, it is right
	}
	p.Report(f, c.at, "what this says of who is calling is believed", Graded(finding.High, sure))
}

// claims follows what cookies and headers say of who is calling to where it is believed.
type claims struct {
	named map[string]python.Expr // variables, and what was read into them
	at    python.Expr            // the first that is believed
}

func (c *claims) see(n python.Node) bool {
	switch n := n.(type) {
	case *python.Function:
		return false
	case *python.Assign:
		if name, ok := n.Targets[0].(*python.Name); ok && claimOf(n.Value) != "" {
			c.named[name.ID] = n.Value
		} else if isMember(n.Targets[0]) && (rootOf(n.Targets[0]) == "g" || sessionTarget(n.Targets[0])) {
			c.use(n.Value)
		}
	case *python.If:
		c.use(n.Test)
	case *python.Call:
		if looksUp(n) {
			for _, a := range n.Args {
				c.use(a)
			}
			for i := range n.Keywords {
				c.use(n.Keywords[i].Value)
			}
		}
	case *python.Subscript:
		if isPerson(python.NameOrKey(n.Value)) {
			c.use(n.Index)
		}
	}
	return c.at == nil
}

// use looks for a claim in something that is asked or looked up by.
func (c *claims) use(e python.Expr) {
	python.Inspect(e, func(n python.Node) bool {
		x, ok := n.(python.Expr)
		if !ok || c.at != nil {
			return c.at == nil
		}
		if name, isName := x.(*python.Name); isName {
			c.at = c.named[name.ID]
		} else if claimOf(x) != "" {
			c.at = x
		}
		return c.at == nil
	})
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
	switch python.NameOrKey(c.Func) {
	case "get", "filter_by", "find_one", "execute", "get_or_404", "filter", "query", "query_db", "where", "first_or_404", "get_user", "load_user", "find_user", "get_user_by_id", "get_user_by_username", "int":
		return !isRequestCall(c)
	}
	return false
}

func isRequestCall(c *python.Call) bool { return requestPart(c) != "" }
