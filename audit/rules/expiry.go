package rules

import (
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func sessionEndless() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "session-endless", Title: "A login that never ends", CWE: 613, OWASP: "A07:2021", ASVS: []string{"7.3.1", "7.3.2", "9.2.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A session or a token is good for years, or for ever. Whoever finds one in a log, a backup or an old computer is logged in.",
			Fix:   `jwt.encode({"sub": user.id, "exp": now + timedelta(minutes=30)}, key, algorithm="HS256")`,
			Canon: []string{"fixation", "jwt-api"},
			Guard: "",
		},
		Assign: lifetimeSet,
		Call:   lifetimeGiven,
	}
}

// The longest that a login may last, in days: a session of the browser, and a token that no
// logout takes back.
const (
	longestSession = 93
	longestToken   = 32
)

func lifetimeSet(p *Pass, a *Assignment) {
	longest := 0.0
	switch a.Name {
	case "PERMANENT_SESSION_LIFETIME", "permanent_session_lifetime":
		longest = longestSession
	case "REMEMBER_COOKIE_DURATION":
		longest = 400 // the default of Flask-Login is a year
	case "JWT_ACCESS_TOKEN_EXPIRES", "JWT_EXPIRATION_DELTA":
		longest = longestToken
		if isConstant(a.Value, python.False) && !development(a) {
			p.Report(a.Func, a.Node, "tokens that never expire")
			return
		}
	default:
		return
	}
	if days(a.Value, a.Scope, maxDays) > longest {
		p.Report(a.Func, a.Node, "a login that lasts for "+strconv.Itoa(int(days(a.Value, a.Scope, maxDays)))+" days")
	}
}

func lifetimeGiven(p *Pass, s *Site) {
	switch {
	case s.Method == "encode" && isJWT(s.Path) && len(s.Call.Args) > 0:
		claimsWithoutEnd(p, s)
	case s.Method == "decode" && isJWT(s.Path) && isConstant(optionOf(s, "verify_exp"), python.False) && !isConstant(optionOf(s, "verify_signature"), python.False):
		p.Report(s.Func, s.Call, "a token that has expired is taken all the same")
	case s.Method == "create_access_token":
		v := s.Arg(2, "expires_delta")
		if isConstant(v, python.False) {
			p.Report(s.Func, s.Call, "a token that never expires")
		} else if v != nil && days(v, s.Scope, maxDays) > longestToken {
			p.Report(s.Func, v, "a token that lasts for "+strconv.Itoa(int(days(v, s.Scope, maxDays)))+" days")
		}
	case s.Method == "loads" && s.Path == "itsdangerous.URLSafeTimedSerializer().loads" && s.Arg(1, "max_age") == nil && !splat(s.Call) && !strings.Contains(strings.ToLower(s.Func.Name), "csrf"):
		p.Report(s.Func, s.Call, "the serializer writes down when, and nobody asks: max_age is missing")
	case s.Method == "unsign" && s.Path == "itsdangerous.TimestampSigner().unsign" && s.Arg(1, "max_age") == nil && !splat(s.Call):
		p.Report(s.Func, s.Call, "the signer writes down when, and nobody asks: max_age is missing")
	}
}

// claimsWithoutEnd reports a token that is made without exp, or with one that is far away.
func claimsWithoutEnd(p *Pass, s *Site) {
	d, ok := s.Call.Args[0].(*python.Dict)
	name, isName := s.Call.Args[0].(*python.Name)
	if isName {
		sym, _ := s.Scope.Find(name.ID)
		if sym == nil || len(sym.Values) != 1 || sym.Other {
			return
		}
		d, ok = sym.Values[0].(*python.Dict)
	}
	if !ok || len(d.Keys) == 0 {
		return
	}
	person := false
	for i, k := range d.Keys {
		key, isText := literal(k)
		if !isText { // **claims, or a name
			return
		}
		person = person || hasWord(key, "sub", "user", "username", "uid", "email", "id", "identity", "role", "admin", "account", "name", "userid", "isadmin", "login")
		if key == "exp" {
			if n := addedDays(d.Values[i], s.Scope); n > longestToken {
				p.Report(s.Func, d.Values[i], "a token that lasts for "+strconv.Itoa(int(n))+" days")
			}
			return
		}
	}
	if !person || isName && endSetLater(s.Func, name.ID) {
		return
	}
	p.Report(s.Func, s.Call, "a token without exp, which is good for ever")
}

// endSetLater reports whether a function gives a dict its exp after it was made.
func endSetLater(f *program.Function, name string) bool {
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				for _, t := range n.Targets {
					if sub, ok := t.(*python.Subscript); ok && rootOf(sub) == name {
						key, isText := literal(sub.Index)
						found = found || key == "exp" || !isText
					}
				}
			case *python.Call:
				if a, ok := n.Func.(*python.Attribute); ok && a.Attr == "update" && rootOf(a) == name {
					found = true
				}
			}
			return !found
		})
	}
	return found
}

// addedDays is how far in the future a time is: now + timedelta(days=30).
func addedDays(e python.Expr, scope *program.Scope) float64 {
	if b, ok := e.(*python.BinOp); ok && b.Op == python.Add {
		return max(addedDays(b.Left, scope), addedDays(b.Right, scope))
	}
	if c, ok := e.(*python.Call); ok && python.NameOrKey(c.Func) == "int" && len(c.Args) == 1 {
		return addedDays(c.Args[0], scope)
	}
	return days(e, scope, maxDays)
}

// maxDays bounds how far a length of time is followed through names.
const maxDays = 6

// days is a length of time in days: a timedelta, or a number of seconds; 0 where it is not
// written out.
func days(e python.Expr, scope *program.Scope, depth int) float64 {
	if depth == 0 {
		return 0
	}
	switch e := e.(type) {
	case *python.Number:
		return number(e) / 86400
	case *python.BinOp:
		if e.Op == python.Mult {
			if n, ok := e.Left.(*python.Number); ok {
				return number(n) * days(e.Right, scope, depth-1)
			}
			if n, ok := e.Right.(*python.Number); ok {
				return number(n) * days(e.Left, scope, depth-1)
			}
		}
		return 0
	case *python.Name:
		if sym, at := scope.Find(e.ID); sym != nil && len(sym.Values) == 1 {
			return days(sym.Values[0], at, depth-1)
		}
		return 0
	case *python.Call:
		if python.NameOrKey(e.Func) != "timedelta" {
			return 0
		}
		sum := 0.0
		if len(e.Args) > 0 {
			sum = days(e.Args[0], scope, depth-1) * 86400
		}
		for i := range e.Keywords {
			in := map[string]float64{"weeks": 7, "days": 1, "hours": 1. / 24, "minutes": 1. / 1440, "seconds": 1. / 86400}[e.Keywords[i].Name]
			sum += in * days(e.Keywords[i].Value, scope, depth-1) * 86400
		}
		return sum
	}
	return 0
}

func number(n *python.Number) float64 {
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), 64)
	if err != nil {
		return 0
	}
	return f
}
