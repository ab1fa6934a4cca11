package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/settings"
)

// config are the rules for switches of Flask and of its extensions.
func config() []*Rule {
	return []*Rule{debugOn(), bindAll(), cookieFlags(), csrfOff(), autoescapeOff(), statementsPrinted()}
}

func debugOn() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "debug-on", Title: "Debug mode", CWE: 489, OWASP: "A05:2021", ASVS: []string{"13.4.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "Debug mode shows a console in the browser when something fails. Whoever reaches it runs Python on the server.",
			Fix:   `app.run()`,
			Canon: []string{"debug-off"},
			Guard: "fumehood run",
		},
		Setting: debugSetting,
		Call:    debugCall,
		Assign: func(p *Pass, a *Assignment) {
			switch t := a.Target.(type) {
			case *python.Attribute:
				if t.Attr != "debug" && t.Attr != "DEBUG" || !p.isApp(t.Value, a) {
					return
				}
			case *python.Subscript:
				if value, ok := literal(a.Value); ok && !isDevModule(a.Func.Module.Path) && (switchesDebug(a.Name, value) || a.Name == "ENV" && value == "development" && python.NameOrKey(t.Value) == "config") {
					p.Report(a.Func, a.Node, a.Name+" is "+value, Graded(finding.Medium, finding.Likely))
				}
				if a.Name == "PROPAGATE_EXCEPTIONS" && isTrue(a.Value) {
					p.Report(a.Func, a.Node, "what goes wrong is left to the server to show", Graded(finding.Low, finding.Unsure))
				}
				if a.Name != "DEBUG" {
					return
				}
			case *python.Name:
				if a.Name != "DEBUG" || !configLike(a) {
					return
				}
			default:
				if a.Name != "DEBUG" {
					return
				}
			}
			if isTrue(a.Value) {
				p.Report(a.Func, a.Node, "debug mode is on")
			}
		},
	}
}

// staysHome reports whether a development server listens only to its own machine: nobody else
// reaches its debugger.
func staysHome(s *Site) bool {
	if s.Method != "run" {
		return false
	}
	host := s.Arg(0, "host")
	if host == nil {
		return len(s.Call.Keywords) == 0 || s.Call.Keywords[len(s.Call.Keywords)-1].Name != ""
	}
	name, _ := literal(host)
	return name == "localhost" || name == "::1" || strings.HasPrefix(name, "127.")
}

// isTrue reports whether a switch is on for sure.
func isTrue(e python.Expr) bool {
	if n, ok := e.(*python.Number); ok {
		return n.Text == "1"
	}
	return isConstant(e, python.True)
}

// isApp reports whether an expression is a Flask app, by what it was made from or by name.
func (p *Pass) isApp(e python.Expr, a *Assignment) bool {
	path := p.Program.Resolve(e, a.Scope).Path()
	name := python.NameOrKey(e)
	return strings.HasSuffix(path, "Flask()") || strings.HasSuffix(path, "App()") || name == "app" || name == "application"
}

// configLike reports whether a plain name is a setting: in a file or a class of settings that
// is not for development or tests.
func configLike(a *Assignment) bool {
	where := strings.ToLower(a.Func.Module.Path)
	if c := className(a); c != "" {
		where = strings.ToLower(c)
		for _, w := range []string{"dev", "test", "local", "debug"} {
			if strings.Contains(where, w) {
				return false
			}
		}
		return strings.Contains(where, "config") || strings.Contains(where, "setting") || strings.Contains(where, "prod")
	}
	return strings.Contains(where, "config") || strings.Contains(where, "setting")
}

// className is the class in whose body an assignment stands, "" for none.
func className(a *Assignment) string {
	if a.Scope == a.Func.Scope {
		return ""
	}
	for _, c := range a.Func.Module.Classes {
		if c.Scope == a.Scope {
			return c.Name
		}
	}
	return ""
}

func bindAll() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "bind-all", Title: "The development server on all interfaces", CWE: 605, OWASP: "A05:2021", ASVS: []string{"13.4.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "Flask's development server listens on every address of the machine. It is made for one developer, not for the internet.",
			Fix:   `app.run(host="127.0.0.1")`,
			Canon: []string{"debug-off"},
			Guard: "fumehood run",
		},
		Setting: bindSetting,
		Call: func(p *Pass, s *Site) {
			if s.Method != "run" && s.Method != "run_simple" {
				return
			}
			debug, _ := debugSwitch(s)
			if v, ok := literal(s.Arg(0, "host")); ok && (v == "0.0.0.0" || v == "::") && !isTrue(debug) && !onByDefault(debug) {
				p.Report(s.Func, s.Call, "the development server listens on "+v)
			}
		},
	}
}

// sensitiveCookie reports whether a script should never see the cookie.
func sensitiveCookie(s *Site) bool {
	name, ok := literal(s.Arg(0, "key"))
	if low := strings.ToLower(name); strings.Contains(low, "csrf") || strings.Contains(low, "xsrf") { // scripts send it back
		return false
	}
	return !ok || isSecretWord(name) || strings.Contains(strings.ToLower(name), "auth") || strings.HasSuffix(strings.ToLower(name), "id")
}

func development(a *Assignment) bool {
	c := strings.ToLower(className(a))
	return strings.Contains(c, "dev") || strings.Contains(c, "test") || strings.Contains(c, "local")
}

func statementsPrinted() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "statements-printed", Title: "SQL statements are printed with their values", CWE: 532, OWASP: "A09:2021", ASVS: []string{"16.2.5"},
			Severity: finding.Low, Confidence: finding.Sure,
			Why:   "Every statement is written out together with its values. Passwords and tokens of the users end up in the log.",
			Fix:   `conn.set_trace_callback(None)`,
			Canon: []string{"logging"},
			Guard: "",
		},
		Setting: func(p *Pass, s *settings.Setting) {
			if strings.ToUpper(s.Key) == "SQLALCHEMY_ECHO" && isOn(s.Value) && !forWork(s) {
				p.ReportSetting(s, "every statement is printed", Fix(s.Key+"=False"))
			}
		},
		PerFile: true,
		Call: func(p *Pass, s *Site) {
			if s.Method == "set_trace_callback" && len(s.Call.Args) == 1 && python.NameOrKey(s.Call.Args[0]) == "print" {
				p.Report(s.Func, s.Call, "every statement of this connection is printed")
			}
			if s.Method == "create_engine" && isTrue(s.Arg(-1, "echo")) {
				p.Report(s.Func, s.Call, "every statement of this engine is printed")
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			if a.Name == "SQLALCHEMY_ECHO" && isTrue(a.Value) && !development(a) {
				p.Report(a.Func, a.Node, "every statement is printed")
			}
		},
	}
}
