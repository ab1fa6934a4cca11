package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// sessions are the rules for how a session begins and ends.
func sessions() []*Rule { return []*Rule{sessionFixation(), sessionEndless(), logoutKeeps()} }

func sessionFixation() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "session-fixation", Title: "A session that was there before the login", CWE: 384, OWASP: "A07:2021", ASVS: []string{"7.2.4"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "The session after the login has the id that it had before, or one that the request names. Whoever plants an id in a browser is logged in with whoever logs in there.",
			Fix:   `app.session_interface.regenerate(session)`,
			Canon: []string{"fixation"},
			Guard: "",
		},
		Function: sessionKept,
	}
}

func sessionKept(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil {
		return
	}
	h := p.Facts.bindings(f)
	logsIn := isLogin(f) || p.Facts.triesPassword(v)
	kept := logsIn && p.Facts.keepsSessions() && !p.Facts.uses(f, "clear", "regenerate", "regenerate_session", "cycle_key", "new_session")
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Assign:
				for _, t := range n.Targets {
					if a, ok := t.(*python.Attribute); ok && a.Attr == "sid" && h.isSent(n.Value) {
						p.Report(f, n, "the request says which session this is", Graded(finding.High, finding.Likely))
					}
					if key := python.NameOrKey(t); kept && sessionTarget(t) && (key == "" || isIdentityKey(key)) {
						p.Report(f, n, "the session keeps the id that it had before the login", Graded(finding.Medium, p.Facts.ownSessions()))
						kept = false
					}
				}
			case *python.Call:
				if python.NameOrKey(n.Func) == "set_cookie" && len(n.Args) > 1 && isSessionCookie(n.Args[0]) {
					p.planted(f, h, n, logsIn)
				}
			}
			return true
		})
	}
}

// keepsSessions reports whether sessions are kept on the server, under an id: Flask's own
// travel in the cookie as a whole, and are new whenever they change.
func (f *Facts) keepsSessions() bool {
	return f.mentions("flask_session", "flask_kvsession")
}

// ownSessions is less sure where the app keeps sessions by a class of its own.
func (f *Facts) ownSessions() finding.Confidence {
	for _, c := range f.program.Classes {
		if strings.HasSuffix(c.Name, "SessionInterface") && !c.Module.Test {
			return finding.Unsure
		}
	}
	return finding.Likely
}

func isSessionCookie(e python.Expr) bool {
	name, ok := literal(e)
	return ok && (hasWord(name, "session", "sessionid", "sid", "sess", "auth", "token", "jsessionid", "phpsessid") || strings.EqualFold(name, "session_id"))
}

// planted reports a session's cookie whose value the request brought along: in a URL or a
// form always, in a cookie where it is logged in.
func (p *Pass) planted(f *program.Function, h *bindings, c *python.Call, logsIn bool) {
	value := c.Args[1]
	from := requestPart(value)
	at := python.Node(c)
	if name, ok := value.(*python.Name); ok {
		for _, s := range f.Body {
			python.Inspect(s, func(n python.Node) bool {
				if a, ok := n.(*python.Assign); ok && len(a.Targets) == 1 {
					if t, ok := a.Targets[0].(*python.Name); ok && t.ID == name.ID {
						if part := requestPart(a.Value); part != "" && h.sent[name.ID] {
							from, at = part, a
						}
					}
				}
				return true
			})
		}
	}
	if from == "args" || from == "form" || from == "values" || from == "cookies" && logsIn {
		p.Report(f, at, "the session's id comes from the request")
	}
}

// requestPart is the part of the request that an expression reads: args, form, cookies; "" for
// none, and for what a function makes of it.
func requestPart(e python.Expr) string {
	switch e := e.(type) {
	case *python.BoolOp:
		return requestPart(e.Values[0])
	case *python.IfExp:
		return requestPart(e.Body) + requestPart(e.Else)
	case *python.Subscript:
		return requestPart(e.Value)
	case *python.Call:
		if a, ok := e.Func.(*python.Attribute); ok {
			return requestPart(a.Value)
		}
	case *python.Attribute:
		if isRequest(e.Value) {
			return e.Attr
		}
	}
	return ""
}

func logoutKeeps() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "logout-keeps-session", Title: "A logout that ends nothing", CWE: 613, OWASP: "A07:2021", ASVS: []string{"7.4.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "The view for logging out answers and leaves the session, or the token, as it was. Whoever has a copy of it, or sits down at the same computer, is still logged in.",
			Fix:   `session.clear()`,
			Canon: []string{"login-state"},
			Guard: "",
		},
		Function: func(p *Pass, f *program.Function) {
			v := p.Facts.view(f)
			if v != nil && isLogout(f) && !doesSomething(f) {
				p.Report(f, v.node(), f.Name+" leaves the session as it is")
			}
		},
	}
}

func isLogout(f *program.Function) bool {
	text := strings.ToLower(f.Name)
	if f.Class != nil {
		text += " " + strings.ToLower(f.Class.Name)
	}
	for _, r := range f.Routes {
		text += " " + strings.ToLower(r.Pattern)
	}
	return strings.Contains(text, "logout") || strings.Contains(text, "log_out") || strings.Contains(text, "signout") || strings.Contains(text, "sign_out") || strings.Contains(text, "sign-out")
}

// doesSomething reports whether a function does more than answer: it calls a function that is
// not only for answers, deletes or assigns something of the session.
func doesSomething(f *program.Function) bool {
	found := false
	for _, d := range f.Node.Decorators {
		if isAuthCheck(d) && hasWord(decoratorName(d), "logout") {
			return true
		}
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Call:
				switch python.NameOrKey(n.Func) {
				case "redirect", "url_for", "jsonify", "flash", "render_template", "make_response", "print", "info", "debug", "warning", "get", "Response", "get_flashed_messages", "dumps", "_", "gettext", "error", "log", "str", "format":
				default:
					found = true
				}
			case *python.Delete, *python.Raise:
				found = true
			case *python.Number:
				found = found || n.Text == "404" || n.Text == "410" || n.Text == "501" // there is no logout here
			case *python.Assign:
				for _, t := range n.Targets {
					_, local := t.(*python.Name)
					found = found || !local
				}
			}
			return !found
		})
	}
	return found
}
