package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func tokenUnchecked() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "token-unchecked", Title: "A token whose signature is not checked", CWE: 347, OWASP: "A02:2021", ASVS: []string{"9.1.1", "9.1.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A token is read without a look at its signature, or says itself how it is to be checked. Whoever writes a token by hand is whoever they say they are.",
			Fix:   `jwt.decode(token, key, algorithms=["HS256"])`,
			Canon: []string{"jwt-api"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			switch {
			case s.Method == "decode" && isJWT(s.Path):
				p.decoded(s)
			case s.Method == "encode" && isJWT(s.Path):
				if alg, ok := literal(s.Arg(2, "algorithm")); ok && strings.EqualFold(alg, "none") || isConstant(s.Arg(2, "algorithm"), python.None) {
					p.Report(s.Func, s.Call, "a token is made without a signature")
				}
			case s.Method == "get_unverified_claims" && isJWT(s.Path) && !checksToken(s.Func) && !p.onlyShown(s):
				p.Report(s.Func, s.Call, "what the token says is believed")
			case s.Method == "loads_unsafe" && strings.HasPrefix(s.Path, "itsdangerous."):
				p.Report(s.Func, s.Call, "a wrong signature is no error here", Graded(finding.High, finding.Likely))
			case strings.HasSuffix(s.Method, "b64decode") && readsTokenPart(s):
				p.Report(s.Func, s.Call, "a token is taken apart by hand, and nothing checks its signature", Graded(finding.High, finding.Likely))
			}
		},
	}
}

func isJWT(path string) bool {
	return strings.HasPrefix(path, "jwt.") || strings.HasPrefix(path, "jose.") || strings.HasPrefix(path, "authlib.jose.")
}

// decoded looks at how a token is read.
func (p *Pass) decoded(s *Site) {
	if isConstant(s.Arg(-1, "verify"), python.False) {
		p.Report(s.Func, s.Call, "verify=False takes any token")
		return
	}
	if v := optionOf(s, "verify_signature"); isConstant(v, python.False) {
		if !checksToken(s.Func) && !onlyAddressed(s) && !p.onlyShown(s) {
			p.Report(s.Func, s.Call, "verify_signature is off")
		}
		return
	}
	if strings.HasPrefix(s.Path, "authlib.") {
		return
	}
	list := s.Arg(2, "algorithms")
	if list == nil {
		if splat(s.Call) {
			return
		}
		how, sure := finding.Medium, finding.Likely
		if strings.HasPrefix(s.Path, "jwt.") { // PyJWT refuses it since 2.0
			how, sure = finding.Low, finding.Unsure
		}
		p.Report(s.Func, s.Call, "no algorithms are named, so the token chooses", Graded(how, sure))
		return
	}
	if name, ok := list.(*python.Name); ok {
		if sym, _ := s.Scope.Find(name.ID); sym != nil && len(sym.Values) == 1 {
			list = sym.Values[0]
		}
	}
	if why := wrongAlgorithm(list); why != "" {
		p.Report(s.Func, s.Call, why)
	}
}

// onlyAddressed reports whether nothing is read of a token but who made it and for whom: that
// chooses the key to check it with.
func onlyAddressed(s *Site) bool {
	name, reads, others := "", 0, 0
	for _, st := range s.Func.Body {
		python.Inspect(st, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				if t, ok := n.Targets[0].(*python.Name); ok && n.Value == python.Expr(s.Call) {
					name = t.ID
				}
			case *python.Subscript, *python.Call:
				if e := n.(python.Expr); name != "" && rootName(e) == name {
					switch fieldOf(e) {
					case "iss", "aud", "kid", "azp", "typ":
						reads++
					default:
						others++
					}
					return false
				}
			case *python.Name:
				if name != "" && n.ID == name {
					others++
				}
			}
			return true
		})
	}
	return reads > 0 && others <= 1 // the target itself
}

// wrongAlgorithm tells lists of algorithms that let the token choose, "" for others.
func wrongAlgorithm(list python.Expr) (why string) {
	python.Inspect(list, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Str:
			if strings.EqualFold(n.Value, "none") {
				why = "the algorithm none is allowed"
			}
		case *python.Subscript, *python.Call:
			if key := fieldOf(n.(python.Expr)); key == "alg" {
				why = "the token says by which algorithm it is checked"
				return false
			}
		}
		return true
	})
	return why
}

// optionOf is an entry of the options of a call, which may stand in a variable.
func optionOf(s *Site, key string) python.Expr {
	options := s.Arg(-1, "options")
	if name, ok := options.(*python.Name); ok {
		if sym, _ := s.Scope.Find(name.ID); sym != nil && len(sym.Values) == 1 {
			options = sym.Values[0]
		}
	}
	d, ok := options.(*python.Dict)
	if !ok {
		return nil
	}
	for i, k := range d.Keys {
		if text, _ := literal(k); text == key {
			return d.Values[i]
		}
	}
	return nil
}

// splat reports whether a call is given *args or **options.
func splat(c *python.Call) bool {
	for i := range c.Keywords {
		if c.Keywords[i].Name == "" {
			return true
		}
	}
	return slices.ContainsFunc(c.Args, func(e python.Expr) bool { _, star := e.(*python.Starred); return star })
}

// checksToken reports whether a function also reads a token with its signature: what was read
// before only said which key to take.
func checksToken(f *program.Function) bool {
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			c, ok := n.(*python.Call)
			if !ok || found {
				return !found
			}
			switch python.NameOrKey(c.Func) {
			case "decode":
				site := Site{Call: c, Scope: f.Scope}
				a, isAttr := c.Func.(*python.Attribute)
				list := site.Arg(2, "algorithms")
				found = isAttr && python.NameOrKey(a.Value) == "jwt" && list != nil && wrongAlgorithm(list) == "" && optionOf(&site, "verify_signature") == nil && !isConstant(site.Arg(-1, "verify"), python.False)
			case "verify", "compare_digest", "verify_signature":
				found = true
			}
			return !found
		})
	}
	return found
}

// readsTokenPart reports whether a part of a token, split at its dots, is decoded in a
// function that checks nothing.
func readsTokenPart(s *Site) bool {
	split, token := false, false
	for _, st := range s.Func.Body {
		python.Inspect(st, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				if python.NameOrKey(n.Func) == "split" && len(n.Args) == 1 {
					sep, _ := literal(n.Args[0])
					split = split || sep == "."
				}
				if name := python.NameOrKey(n.Func); name == "new" || name == "compare_digest" || name == "verify" || name == "unsign" || name == "decrypt" || name == "sign" || name == "digest" || name == "hexdigest" {
					token, split = false, false
					return false
				}
			case *python.Name:
				token = token || hasWord(n.ID, "token", "jwt", "bearer")
			}
			return true
		})
	}
	return split && token && !checksToken(s.Func)
}
