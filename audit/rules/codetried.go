package rules

import (
	"slices"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// guessed is the field of a short secret that a view takes guesses of, told by what it does with
// it: something for one-time codes is asked whether it is right, or it is compared with a code
// that is kept. It is "" where the view does neither.
func guessed(p *Pass, f *program.Function) string {
	fields := map[string]string{} // names, and the field that each holds
	sentFields(f, func(field string, e python.Expr) {
		if p.isGiven(e, f) {
			fields[""] = field
		}
	})
	if len(fields) == 0 {
		return ""
	}
	makers := map[string]bool{} // names of what pyotp made
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if a, ok := n.(*python.Assign); ok {
				name, isName := a.Targets[0].(*python.Name)
				if field := p.sentField(a.Value, f); isName && field != "" {
					fields[name.ID] = field
				}
				if isName && speaksOfOTP(a.Value) {
					makers[name.ID] = true
				}
			}
			return true
		})
	}
	given := func(e python.Expr) string {
		if name := rootName(e); name != "" && fields[name] != "" {
			return fields[name]
		}
		return p.sentField(e, f)
	}
	found := ""
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				name := python.NameOrKey(n.Func)
				asks := isQuestion(name) && hasWord(name, "otp", "totp", "hotp", "mfa", "2fa", "twofactor", "code", "pin") || name == "verify" && (speaksOfOTP(n.Func) || makers[rootName(n.Func)])
				for _, a := range n.Args {
					if asks && found == "" {
						found = given(a)
					}
				}
			case *python.Compare:
				if len(n.Ops) == 1 && (n.Ops[0] == python.Eq || n.Ops[0] == python.NotEq) && found == "" {
					switch left, right := n.Left, n.Rights[0]; {
					case keptCode(right):
						found = given(left)
					case keptCode(left):
						found = given(right)
					}
				}
			}
			return found == ""
		})
	}
	return found
}

// sentField is the field of the request that an expression reads: code of request.form["code"],
// of form.code.data and of request.form.get("code", "").strip(). It is "" for others.
func (p *Pass) sentField(e python.Expr, f *program.Function) string {
	if a, ok := e.(*python.Attribute); ok && a.Attr == "data" {
		if inner, ok := a.Value.(*python.Attribute); ok {
			return inner.Attr
		}
		return ""
	}
	if c, ok := e.(*python.Call); ok {
		if a, ok := c.Func.(*python.Attribute); ok && slices.Contains([]string{"strip", "replace", "upper", "lower"}, a.Attr) {
			return p.sentField(a.Value, f)
		}
	}
	if field := fieldOf(e); field != "" && p.Facts.bindings(f).rooted(e) {
		return field
	}
	return ""
}

// speaksOfOTP reports whether an expression makes or names something for one-time codes.
func speaksOfOTP(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || hasWord(n.ID, "totp", "hotp", "pyotp")
		case *python.Attribute:
			found = found || n.Attr == "TOTP" || n.Attr == "HOTP"
		}
		return !found
	})
	return found
}

// keptCode tells user.otp, session["code"] and row.pin_code: a short secret that was kept.
func keptCode(e python.Expr) bool {
	switch e.(type) {
	case *python.Attribute, *python.Subscript, *python.Call:
	default:
		return false
	}
	name := python.NameOrKey(e)
	if c, ok := e.(*python.Call); ok {
		if a, isAttr := c.Func.(*python.Attribute); !isAttr || a.Attr != "get" && a.Attr != "pop" || !isSession(a.Value) || len(c.Args) == 0 {
			return false
		}
		name, _ = literal(e.(*python.Call).Args[0])
	}
	return hasWord(name, "otp", "totp", "pin", "passcode", "2fa", "mfa") ||
		hasWord(name, "code", "codigo", "kode") && hasWord(name, "verification", "verify", "login", "reset", "confirm", "confirmation", "sms", "email", "auth", "access", "activation", "recovery", "security")
}

// unknownAnswered is the answer of a view that is asked to reset a password to a name that nobody
// has, where it gives another to one that somebody has; nil where both get the same.
func unknownAnswered(p *Pass, f *program.Function) (at python.Node) {
	h := p.Facts.bindings(f)
	look := func(block []python.Stmt) {
		for i, s := range block {
			branch, ok := s.(*python.If)
			if !ok || at != nil {
				continue
			}
			unknown, known := branch.Body, branch.Else
			if !h.missing(branch.Test) {
				name, isName := branch.Test.(*python.Name)
				if !isName || !h.found[name.ID] {
					continue
				}
				unknown, known = known, unknown
			}
			rest := block[i+1:]
			if !leaves(known) {
				known = slices.Concat(known, rest)
			}
			if !leaves(unknown) {
				unknown = slices.Concat(unknown, rest)
			}
			at = toldApart(unknown, known)
		}
	}
	look(f.Body)
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			if branch, ok := n.(*python.If); ok {
				look(branch.Body)
				look(branch.Else)
			}
			return at == nil
		})
	}
	return at
}

// leaves reports whether a block ends the view.
func leaves(block []python.Stmt) bool {
	if len(block) == 0 {
		return false
	}
	switch s := block[len(block)-1].(type) {
	case *python.Return, *python.Raise:
		return true
	case *python.ExprStmt:
		c, ok := s.Value.(*python.Call)
		return ok && python.NameOrKey(c.Func) == "abort"
	}
	return false
}

// toldApart is the first text of one block that the caller reads and that the other has not; nil
// where one of them says nothing.
func toldApart(unknown, known []python.Stmt) python.Node {
	a, b := textsTold(unknown), textsTold(known)
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	for _, t := range a {
		if !slices.ContainsFunc(b, func(o *python.Str) bool { return o.Value == t.Value }) {
			return t
		}
	}
	return nil
}

// textsTold are the texts with several words that a block flashes or answers.
func textsTold(block []python.Stmt) (all []*python.Str) {
	var collect func(n python.Node) bool
	collect = func(n python.Node) bool {
		if t, ok := n.(*python.Str); ok && len(wordsOf(t.Value)) > 1 {
			all = append(all, t)
		}
		if c, ok := n.(*python.Call); ok {
			switch python.NameOrKey(c.Func) {
			case "render_template", "url_for", "redirect":
				for i := range c.Keywords {
					if hasWord(c.Keywords[i].Name, "error", "message", "msg", "info", "success", "notice", "fehler", "mensaje", "meldung") {
						python.Inspect(c.Keywords[i].Value, collect)
					}
				}
				return false
			}
		}
		return true
	}
	for _, s := range block {
		switch s := s.(type) {
		case *python.Return:
			if s.Value != nil {
				python.Inspect(s.Value, collect)
			}
		case *python.Raise, *python.With:
			python.Inspect(s, collect)
		case *python.ExprStmt:
			if c, ok := s.Value.(*python.Call); ok && (python.NameOrKey(c.Func) == "flash" || python.NameOrKey(c.Func) == "abort") {
				python.Inspect(s.Value, collect)
			}
		}
	}
	return all
}
