package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// bindings are the names of a function that hold what the caller sent, what was looked up by
// that, and who the caller is. Names are enough here: where a value really goes is the
// business of audit/flow, and who somebody is has no one source.
type bindings struct {
	sent, found, who map[string]bool
	claims           map[string]bool         // of what was sent, what a cookie or a header says
	asked            func(*python.Call) bool // whether a call asks a function of the project who is calling
}

// bindings are those of a function, found once.
func (f *Facts) bindings(fn *program.Function) *bindings {
	if h := f.bound[fn]; h != nil {
		return h
	}
	h := &bindings{sent: map[string]bool{}, claims: map[string]bool{}, found: map[string]bool{}, who: map[string]bool{"current_user": true, "current_identity": true, "current_account": true}}
	if f.bound == nil {
		f.bound = map[*program.Function]*bindings{}
	}
	f.bound[fn] = h
	h.asked = func(c *python.Call) bool { return f.tellsWho(c, fn) }
	if fn.Node != nil && (len(fn.Routes) > 0 || f.program.Operation(fn)) {
		h.parameters(fn)
	}
	for range 2 { // assignments may stand in any order in loops
		for _, s := range fn.Body {
			python.Inspect(s, h.bind)
		}
	}
	return h
}

// tellsWho reports whether a call without arguments, such as user_id(), has a function of the
// project give back what the session says of who is calling.
func (f *Facts) tellsWho(c *python.Call, in *program.Function) bool {
	if _, plain := c.Func.(*python.Name); !plain || len(c.Args)+len(c.Keywords) > 0 {
		return false
	}
	to := f.program.Resolve(c.Func, in.Scope).Function
	if to == nil || to == in || to.Node == nil || len(to.Routes) > 0 {
		return false
	}
	tells, known := f.tells[to]
	if known {
		return tells
	}
	for _, s := range to.Body {
		python.Inspect(s, func(n python.Node) bool {
			if r, ok := n.(*python.Return); ok && r.Value != nil {
				tells = namesWho(r.Value)
			}
			return !tells
		})
	}
	if f.tells == nil {
		f.tells = map[*program.Function]bool{}
	}
	f.tells[to] = tells
	return tells
}

// namesWho reports whether an expression is made of who is calling. What an app keeps in g is
// more often its database.
func namesWho(e python.Expr) (found bool) {
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || n.ID == "current_user"
		case *python.Attribute:
			found = found || asksWhoHere(n) && hasWord(n.Attr, "user", "uid", "account", "member", "identity", "customer", "claims")
		default:
			found = found || asksWhoHere(n)
		}
		return !found
	})
	return found
}

// parameters are those of the URL, and others that a decorator hands in: the one that asked
// for the login tells who it was.
func (h *bindings) parameters(fn *program.Function) {
	for i := range fn.Node.Params.List {
		name := fn.Node.Params.List[i].Name
		if name == "self" || name == "cls" {
			continue
		}
		fromURL, known := false, len(fn.Routes) > 0
		for _, r := range fn.Routes {
			_, ok := r.Params[name]
			fromURL = fromURL || ok
			known = known && !r.Unknown
		}
		injected := name == "token_info" || known && !fromURL || !fromURL && hasWord(name, "current", "identity", "claims", "payload")
		if len(fn.Routes) == 0 { // an operation: connexion hands in user and token_info
			injected = name == "token_info" || name == "user"
		}
		if injected {
			h.who[name] = true
			continue
		}
		h.sent[name] = true
	}
}

func (h *bindings) bind(n python.Node) bool {
	switch n := n.(type) {
	case *python.Function:
		return false
	case *python.Assign:
		for _, t := range n.Targets {
			h.assign(t, n.Value)
		}
	case *python.AnnAssign:
		if n.Value != nil {
			h.assign(n.Target, n.Value)
		}
	case *python.NamedExpr:
		h.assign(n.Target, n.Value)
	case *python.For:
		h.assign(n.Target, n.Iter)
	}
	return true
}

func (h *bindings) assign(target, value python.Expr) {
	switch t := target.(type) {
	case *python.Tuple:
		if v, ok := value.(*python.Tuple); ok && len(v.Elts) == len(t.Elts) {
			for i, e := range t.Elts {
				h.assign(e, v.Elts[i])
			}
			return
		}
		for _, e := range t.Elts {
			h.assign(e, value)
		}
		return
	case *python.Name:
		switch sent := h.isSent(value); {
		case asksWho(value):
			h.who[t.ID] = true
		case sent && h.given(value):
			h.sent[t.ID] = true
			if part := requestPart(value); part == "cookies" || part == "headers" {
				h.claims[t.ID] = true
			}
		case sent || h.mentions(value, h.found):
			h.found[t.ID] = true
		case h.isWho(value):
			h.who[t.ID] = true
		}
	}
}

// given tells what was sent, or made of it, from what was looked up by it.
func (h *bindings) given(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Call:
		if h.rooted(e) {
			return true
		}
		switch python.NameOrKey(e.Func) {
		case "int", "str", "float", "bool", "UUID", "ObjectId", "escape", "unquote", "loads", "load", "dict", "list", "tuple", "set", "sorted", "getattr", "b64decode", "urlsafe_b64decode", "lower", "strip", "join",
			"format", "parse_args", "secure_filename", "PydanticObjectId", "max", "min", "zip", "enumerate", "iter", "reversed", "validate", "from_json", "parse", "isoformat", "fromisoformat", "strptime", "literal_eval":
			return true
		}
		return strings.HasSuffix(python.NameOrKey(e.Func), "Form")
	case *python.Subscript:
		return h.rooted(e)
	case *python.Attribute:
		return h.rooted(e)
	case *python.Await:
		return h.given(e.Value)
	}
	return true
}

// isSent reports whether an expression speaks of something that the caller sent.
func (h *bindings) isSent(e python.Expr) bool {
	if e == nil {
		return false
	}
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || h.sent[n.ID]
		case *python.Attribute:
			if isRequest(n.Value) {
				found = found || sentAttr(n.Attr)
				return false
			}
		case *python.Call:
			found = found || python.NameOrKey(n.Func) == "parse_args" || strings.HasSuffix(python.NameOrKey(n.Func), "Form")
		}
		return !found
	})
	return found
}

// rooted reports whether an expression is a part of what the caller sent: request.form["x"],
// data.get("x").
func (h *bindings) rooted(e python.Expr) bool {
	for {
		switch n := e.(type) {
		case *python.Name:
			return h.sent[n.ID]
		case *python.Attribute:
			if isRequest(n.Value) {
				return sentAttr(n.Attr)
			}
			e = n.Value
		case *python.Subscript:
			e = n.Value
		case *python.Call:
			e = n.Func
		case *python.BoolOp: // (request.json or {}).get("x")
			e = n.Values[0]
		default:
			return false
		}
	}
}

func isRequest(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name:
		return e.ID == "request"
	case *python.Attribute:
		return e.Attr == "request"
	}
	return false
}

// sentAttr tells what of a request the caller wrote. Others that Flask does not know, such as
// request.user, were put there by the app.
func sentAttr(attr string) bool {
	switch attr {
	case "args", "form", "json", "get_json", "values", "cookies", "headers", "files", "data", "get_data", "view_args", "stream", "query_string":
		return true
	}
	return false
}

// isWho reports whether an expression speaks of who is calling.
func (h *bindings) isWho(e python.Expr) bool {
	if e == nil {
		return false
	}
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || h.who[n.ID]
		case *python.Call:
			found = found || asksWhoHere(n) || h.asked(n)
		case python.Expr:
			found = found || asksWhoHere(n)
		}
		return !found
	})
	return found
}

// asksWho reports whether an expression asks who is calling, by whatever was sent.
func asksWho(e python.Expr) bool {
	if c, ok := e.(*python.Call); ok {
		name := python.NameOrKey(c.Func)
		if a, isAttr := c.Func.(*python.Attribute); isAttr && (name == "decode" || name == "loads") {
			root := strings.ToLower(python.NameOrKey(a.Value))
			return strings.Contains(root, "jwt") || strings.Contains(root, "serializer") || root == "s" || strings.Contains(root, "signer")
		}
		return isLoginQuestion(name)
	}
	return false
}

// asksWhoHere is about one node of an expression.
func asksWhoHere(n python.Node) bool {
	switch n := n.(type) {
	case *python.Subscript:
		if isSession(n.Value) {
			key, ok := literal(n.Index)
			return !ok || isIdentityKey(key)
		}
	case *python.Attribute:
		if owner, ok := n.Value.(*python.Name); ok && owner.ID == "g" {
			return isIdentityKey(n.Attr)
		}
		if isRequest(n.Value) {
			return n.Attr == "authorization" || !sentAttr(n.Attr) && hasWord(n.Attr, "user", "identity", "account", "uid", "claims", "payload", "auth", "username")
		}
		return n.Attr == "current_user" || n.Attr == "current_account"
	case *python.Call:
		if a, ok := n.Func.(*python.Attribute); ok && a.Attr == "get" && isSession(a.Value) && len(n.Args) > 0 {
			key, ok := literal(n.Args[0])
			return ok && isIdentityKey(key)
		}
		name := python.NameOrKey(n.Func)
		return name != "decode" && isLoginQuestion(name)
	}
	return false
}

// isSession tells Flask's session from a database's.
func isSession(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name:
		return e.ID == "session" || e.ID == "login_session" || e.ID == "flask_session"
	case *python.Attribute:
		return flaskSession(e)
	}
	return false
}

func flaskSession(a *python.Attribute) bool {
	of, ok := a.Value.(*python.Name)
	return ok && a.Attr == "session" && (of.ID == "flask" || of.ID == "g" || of.ID == "request")
}

func (h *bindings) mentions(e python.Expr, names map[string]bool) bool {
	if len(names) == 0 {
		return false
	}
	return mentions(e, names)
}
