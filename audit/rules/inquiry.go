package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// inquiry looks for what one function asks of whoever calls it.
type inquiry struct {
	facts    *Facts
	fn       *program.Function
	bindings *bindings
	depth    int
	found    authLevel
	cut      bool // calls were not looked into
}

// maxInquiry bounds how deep calls are looked into.
const maxInquiry = 2

func (q *inquiry) least(d authLevel) { q.found = max(q.found, d) }

// defaults looks at what is handed in for a parameter by whoever answers requests, such as
// user = Depends(get_current_user).
func (q *inquiry) defaults(params python.Params, scope *program.Scope) {
	for i := range params.List {
		if c, ok := params.List[i].Default.(*python.Call); ok && (python.NameOrKey(c.Func) == "Depends" || python.NameOrKey(c.Func) == "Security") && len(c.Args) > 0 {
			q.decorator(c.Args[0], scope)
			if isLoginQuestion(decoratorName(c.Args[0])) || hasWord(decoratorName(c.Args[0]), "current", "authenticated") {
				q.least(asksLogin)
			}
		}
	}
}

// decorator looks at a decorator's name and arguments, and into one of the project's own.
func (q *inquiry) decorator(d python.Expr, scope *program.Scope) {
	if isAuthCheck(d) {
		q.least(asksLogin)
		if isRoleCheck(d) || toldRole(d) {
			q.least(asksRole)
		}
	}
	if name := decoratorName(d); isQuestion(name) && isRoleQuestion(name) {
		q.least(asksRole)
	}
	call, ok := d.(*python.Call)
	if ok {
		d = call.Func
	}
	fn := q.facts.program.Resolve(d, scope).Function
	if fn == nil || q.found == asksRole {
		return
	}
	if python.NameOrKey(d) == "route" || isExempt(python.NameOrKey(d)) {
		return
	}
	q.least(q.inner(fn))
}

// toldRole reports whether a decorator is told who may: requires(IsModerator()).
func toldRole(d python.Expr) bool {
	call, ok := d.(*python.Call)
	if !ok {
		return false
	}
	found := false
	for _, a := range call.Args {
		python.Inspect(a, func(n python.Node) bool {
			if n, ok := n.(*python.Name); ok {
				found = found || isRoleQuestion(n.ID) || isRoleWord(n.ID)
			}
			return !found
		})
	}
	return found
}

// isExempt tells markers that take a check away.
func isExempt(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "exempt") || strings.Contains(name, "public") || strings.Contains(name, "anonymous") || strings.Contains(name, "optional")
}

// inner is what a function asks that runs before, or is called by, the one that is looked at.
func (q *inquiry) inner(fn *program.Function) authLevel {
	if q.depth >= maxInquiry {
		q.cut = true
		return asksNothing
	}
	return q.facts.requiredAuth(fn, q.depth+1)
}

// class looks at the decorators of a class of views, at the list of them that Flask and
// Flask-RESTful know, and at the methods that run first.
func (q *inquiry) class(c *program.Class) {
	for _, k := range c.Line() {
		for _, d := range k.Node.Decorators {
			q.decorator(d, k.Outer)
		}
		for _, name := range []string{"decorators", "method_decorators", "__decorators__"} {
			if sym := k.Scope.Names.Get(name); sym != nil {
				if slices.ContainsFunc(sym.Values, func(v python.Expr) bool { return q.mayAsk(v, k.Scope) }) {
					q.least(asksLogin)
				}
				for _, v := range sym.Values {
					q.listed(v, k)
				}
			}
		}
		for _, name := range []string{"dispatch_request", "_handle_view", "is_accessible", "before_request", "_check_access", "check_access", "prepare", "check_permissions"} {
			if m := k.Methods.Get(name); m != nil && m != q.fn {
				if asks, ok := q.facts.gateOf(c, m); ok {
					q.least(asks)
				} else {
					q.least(q.inner(m))
				}
			}
		}
	}
}

func (q *inquiry) listed(v python.Expr, k *program.Class) {
	python.Inspect(v, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Call:
			q.decorator(n, k.Scope)
			return false
		case *python.Name:
			q.decorator(n, k.Scope)
		case *python.Attribute:
			q.decorator(n, k.Scope)
			return false
		}
		return true
	})
}

// body looks at what is read, at what is asked in conditions, and into what is called. What
// is only written, such as session["user"] at a login, asks nothing.
func (q *inquiry) body(body []python.Stmt) {
	q.bindings = q.facts.bindings(q.fn)
	for _, s := range body {
		python.Inspect(s, q.see)
	}
}

func (q *inquiry) see(n python.Node) bool {
	switch n := n.(type) {
	case *python.Assign:
		python.Inspect(n.Value, q.see)
		return false
	case *python.If:
		q.condition(n.Test)
	case *python.While:
		q.condition(n.Test)
	case *python.Assert:
		q.condition(n.Test)
	case *python.IfExp:
		q.condition(n.Test)
	case *python.Match:
		q.condition(n.Subject)
	case *python.Compare, *python.BoolOp:
		q.condition(n)
	case *python.Comprehension:
		python.Inspect(n.Elt, q.see)
		for i := range n.Fors {
			python.Inspect(n.Fors[i].Iter, q.see)
		}
		return false
	case *python.Call:
		return q.call(n)
	case *python.Subscript:
		if key, ok := literal(n.Index); ok && python.NameOrKey(n.Value) == "session" && !isIdentityKey(key) {
			return false
		}
	case *python.Name:
		if n.ID != "session" || !q.ofDatabase(n) {
			q.name(n.ID)
		}
	case *python.Attribute:
		if n.Attr != "session" || flaskSession(n) { // db.session is another
			q.name(n.Attr)
		}
		if owner, ok := n.Value.(*python.Name); ok && owner.ID == "g" && isIdentityKey(n.Attr) {
			q.least(asksLogin)
		}
	case *python.Str:
		if isCredentialHeader(n.Value) || strings.HasPrefix(n.Value, "ALLOW_") {
			q.least(asksLogin)
		}
	case *python.Number:
		if n.Text == "401" || n.Text == "403" {
			q.least(asksLogin)
		}
	}
	return true
}

// ofDatabase reports whether the name session is known to be another than Flask's.
func (q *inquiry) ofDatabase(n *python.Name) bool {
	ref := q.facts.program.Resolve(n, q.fn.Scope)
	return ref.Known() && ref.Path() != "flask.session"
}

func (q *inquiry) name(name string) {
	switch name {
	case "current_user", "current_auth", "session", "is_authenticated", "authorization", "Unauthorized", "Forbidden", "current_identity", "logged_in", "is_logged_in", "authed", "current_account", "jwt_payload", "current_token":
		q.least(asksLogin)
	}
}

// call looks at what a call's name asks, and into a function of the project.
func (q *inquiry) call(c *python.Call) bool {
	name := python.NameOrKey(c.Func)
	switch name {
	case "filter", "filter_by", "where", "order_by", "execute", "render_template", "url_for": // rows and pages that are chosen, not callers
		python.Inspect(c.Func, q.see)
		for _, a := range c.Args {
			if _, isText := a.(*python.Str); !isText {
				q.arguments(a)
			}
		}
		for i := range c.Keywords {
			q.arguments(c.Keywords[i].Value)
		}
		return false
	case "get", "pop", "setdefault":
		if a, ok := c.Func.(*python.Attribute); ok && python.NameOrKey(a.Value) == "session" && len(c.Args) > 0 {
			if key, ok := literal(c.Args[0]); ok && (!isIdentityKey(key) || name == "pop") {
				return false
			}
		}
	case "clear":
		if a, ok := c.Func.(*python.Attribute); ok && python.NameOrKey(a.Value) == "session" {
			return false
		}
	}
	if isLoginQuestion(name) {
		q.least(asksLogin)
	}
	if isRoleQuestion(name) {
		q.least(asksRole)
	}
	if q.found < asksRole {
		if fn := q.facts.program.Resolve(c.Func, q.fn.Scope).Function; fn != nil && fn != q.fn && fn.Node != nil && len(fn.Routes) == 0 {
			d := q.inner(fn)
			if d == asksRole && !isQuestion(name) && !aborts(fn) { // a page that shows more to admins asks nothing
				d = asksLogin
			}
			q.least(d)
		}
	}
	return true
}

// arguments looks for who is calling in what rows are chosen by, but not for conditions: a
// filter by role chooses users.
func (q *inquiry) arguments(e python.Expr) {
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Compare:
			python.Inspect(n.Left, q.see)
			for _, r := range n.Rights {
				python.Inspect(r, q.see)
			}
			return false
		case *python.Name, *python.Attribute, *python.Subscript, *python.Call:
			return q.see(n)
		}
		return true
	})
}

// condition looks for roles in something that is asked. What the caller sent is passed over:
// whoever asks a request for its role believes anything.
func (q *inquiry) condition(n python.Node) {
	python.Inspect(n, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Compare:
			return !q.bindings.rooted(n.Left) && !slices.ContainsFunc(n.Rights, q.bindings.rooted)
		case *python.Call:
			if q.bindings.rooted(n) {
				return false
			}
			switch python.NameOrKey(n.Func) {
			case "filter", "filter_by", "where", "execute":
				return false
			}
		case *python.Comprehension:
			return false
		case *python.Subscript:
			if q.bindings.rooted(n) {
				return false
			}
		case *python.Attribute:
			if q.bindings.rooted(n) {
				return false
			}
			if isRoleWord(n.Attr) {
				q.least(asksRole)
			}
		case *python.Name:
			if !q.bindings.sent[n.ID] && isRoleWord(n.ID) {
				q.least(asksRole)
			}
		case *python.Str:
			if len(n.Value) < 30 && !strings.ContainsAny(n.Value, " /.@") && isRoleWord(n.Value) {
				q.least(asksRole)
			}
		}
		return true
	})
}

// isIdentityKey tells keys of a session, and attributes of g, that say who somebody is: all
// but those of what else is kept there.
func isIdentityKey(key string) bool {
	return !hasWord(key, "cart", "basket", "lang", "language", "locale", "theme", "csrf", "captcha", "messages", "flashes", "next", "counter", "visits", "count", "color", "db", "conn", "cursor",
		"history", "score", "game", "start", "time", "page", "filter", "sort", "redirect", "nonce", "state", "otp", "code", "debug", "settings")
}

// isCredentialHeader tells headers by which callers of an API say who they are.
func isCredentialHeader(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "x-api-key", "x-apikey", "api-key", "apikey", "x-auth-token", "x-access-token", "x-access-tokens", "x-token", "x-auth", "api_key", "access_token", "x-signature", "x-hub-signature", "x-hub-signature-256",
		"x-csrf-token", "auth_token", "session_id", "sessionid", "session":
		return true
	}
	return false
}
