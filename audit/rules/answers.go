package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// answers are the rules for what the answers of an app tell browsers.
func answers() []*Rule {
	return []*Rule{weakCSP(), framingAllowed(), weakHeaders(), headersMissing(), graphQLOpen()}
}

// Header is a header that the program sets on answers.
type header struct {
	name  string // in lower case
	value python.Expr
}

// ofCall reads headers.set(name, value) and its kin.
func headerOfCall(s *Site) (header, bool) {
	switch s.Method {
	case "set", "add", "setdefault", "__setitem__", "add_header":
	default:
		return header{}, false
	}
	a, ok := s.Call.Func.(*python.Attribute)
	if !ok || python.NameOrKey(a.Value) != "headers" || len(s.Call.Args) < 2 {
		return header{}, false
	}
	name, ok := literal(s.Call.Args[0])
	return header{strings.ToLower(name), s.Call.Args[1]}, ok
}

// onHeader has a rule look at the headers that are assigned, given in a dict or set by a call.
func onHeader(r *Rule, look func(h header, report func(message string, more ...func(*finding.Finding)), p *Pass)) *Rule {
	r.Assign = func(p *Pass, a *Assignment) {
		if strings.Contains(a.Name, "-") {
			look(header{strings.ToLower(a.Name), a.Value}, func(message string, more ...func(*finding.Finding)) {
				p.Report(a.Func, a.Node, message, more...)
			}, p)
		}
	}
	r.Call = func(p *Pass, s *Site) {
		if h, ok := headerOfCall(s); ok {
			look(h, func(message string, more ...func(*finding.Finding)) { p.Report(s.Func, s.Call, message, more...) }, p)
		}
	}
	return r
}

func weakCSP() *Rule {
	r := &Rule{
		Rule: finding.Rule{
			ID: "weak-csp", Title: "A content security policy that lets scripts in", CWE: 693, OWASP: "A05:2021", ASVS: []string{"3.4.3"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "The policy allows inline scripts, or scripts from anywhere. Whoever gets markup into a page has it run as if there were no policy.",
			Fix:   `response.headers["Content-Security-Policy"] = "default-src 'self'; object-src 'none'; base-uri 'none'"`,
			Canon: []string{"csp"},
			Guard: "",
		},
	}
	return onHeader(r, func(h header, report func(string, ...func(*finding.Finding)), _ *Pass) {
		if h.name != "content-security-policy" {
			return
		}
		if text, ok := headerText(h.value); ok {
			if why := scriptsLetIn(text); why != "" {
				report("the policy allows " + why)
			}
		}
	})
}

// headerText is the text of a literal; of one with values in it, what is written.
func headerText(e python.Expr) (string, bool) {
	if f, ok := e.(*python.FString); ok {
		return filled(f, "{}"), true
	}
	return literal(e)
}

// scriptsLetIn says by what a policy lets scripts in; "" if it does not.
func scriptsLetIn(policy string) string {
	directives := map[string][]string{}
	for d := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(strings.ToLower(d)); len(words) > 0 {
			directives[words[0]] = words[1:]
		}
	}
	scripts, ok := directives["script-src"]
	if !ok {
		if scripts, ok = directives["default-src"]; !ok {
			return ""
		}
	}
	inline, proof, any := false, false, ""
	for _, s := range scripts {
		switch {
		case s == "'unsafe-inline'":
			inline = true
		case strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha") || s == "'strict-dynamic'": // browsers then ignore unsafe-inline
			proof = true
		case s == "*" || s == "data:" || s == "http:" || s == "https:":
			any = "scripts from " + s
		}
	}
	if inline && !proof {
		return "inline scripts"
	}
	return any
}

func framingAllowed() *Rule {
	r := &Rule{
		Rule: finding.Rule{
			ID: "framing-allowed", Title: "Other sites may show the pages in a frame", CWE: 1021, OWASP: "A05:2021", ASVS: []string{"3.4.6"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "The header that keeps pages out of foreign frames is taken away or allows all. Another site lays its own page over the frame and has visitors click what they do not see.",
			Fix:   `response.headers["X-Frame-Options"] = "DENY"`,
			Canon: []string{"clickjacking"},
			Guard: "guard/headers",
		},
	}
	onHeader(r, func(h header, report func(string, ...func(*finding.Finding)), _ *Pass) {
		text, ok := headerText(h.value)
		switch low := strings.ToLower(text); {
		case !ok:
		case h.name == "x-frame-options" && (strings.HasPrefix(low, "allowall") || strings.HasPrefix(low, "allow-from")):
			report("browsers take " + text + " for no header at all")
		case h.name == "content-security-policy" && (strings.Contains(low, "frame-ancestors *") || strings.Contains(low, "frame-ancestors http: ") || strings.Contains(low, "frame-ancestors https:")):
			report("the policy allows any site to frame the pages")
		}
	})
	set := r.Call
	r.Call = func(p *Pass, s *Site) {
		set(p, s)
		if a, ok := s.Call.Func.(*python.Attribute); ok && (s.Method == "pop" || s.Method == "remove") && python.NameOrKey(a.Value) == "headers" && len(s.Call.Args) > 0 {
			if name, _ := literal(s.Call.Args[0]); strings.EqualFold(name, "X-Frame-Options") {
				p.Report(s.Func, s.Call, "the header is taken away")
			}
		}
	}
	r.Program = headersDeleted
	return r
}

// headersDeleted finds del response.headers["X-Frame-Options"].
func headersDeleted(p *Pass) {
	in := p.Facts.modulesWith("X-Frame-Options")
	if len(in) == 0 {
		return
	}
	for _, f := range p.Program.Functions {
		if !in[f.Module] {
			continue
		}
		for _, s := range f.Body {
			python.Inspect(s, func(n python.Node) bool {
				if d, ok := n.(*python.Delete); ok {
					for _, t := range d.Targets {
						if strings.EqualFold(python.NameOrKey(t), "X-Frame-Options") {
							p.Report(f, d, "the header is taken away")
						}
					}
				}
				_, inner := n.(*python.Function)
				return !inner
			})
		}
	}
}

func weakHeaders() *Rule {
	r := &Rule{
		Rule: finding.Rule{
			ID: "weak-headers", Title: "A header that takes a protection away", CWE: 693, OWASP: "A05:2021", ASVS: []string{"3.4.1", "3.4.5"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A header tells browsers to forget that the site is served by TLS, or tells addresses to every other site. Whoever sits on the way, or is linked to, learns what was protected.",
			Fix:   `response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"`,
			Canon: []string{"headers", "https"},
			Guard: "guard/headers",
		},
	}
	onHeader(r, func(h header, report func(string, ...func(*finding.Finding)), _ *Pass) {
		text, ok := literal(h.value)
		text = strings.ToLower(strings.ReplaceAll(text, " ", ""))
		switch {
		case !ok:
		case h.name == "strict-transport-security" && (text == "max-age=0" || strings.HasPrefix(text, "max-age=0;")):
			report("max-age=0 has browsers forget TLS")
		case h.name == "x-xss-protection" && strings.HasPrefix(text, "1"):
			report("the filter that this asks for is gone from browsers, and made holes of its own", Graded(finding.Low, finding.Unsure))
		case h.name == "referrer-policy" && text == "unsafe-url":
			report("unsafe-url sends whole addresses to other sites")
		}
	})
	assigned, set := r.Assign, r.Call
	r.Assign = func(p *Pass, a *Assignment) {
		assigned(p, a)
		if text, ok := literal(a.Value); ok && a.Name == "PREFERRED_URL_SCHEME" && text == "http" && !development(a) {
			p.Report(a.Func, a.Node, "links to this site begin with http", Graded(finding.Low, finding.Unsure))
		}
	}
	r.Call = func(p *Pass, s *Site) {
		set(p, s)
		if lastOf(s.Path) != "Talisman" && s.Path != "flask_talisman.Talisman().init_app" {
			return
		}
		for _, o := range []string{"force_https", "strict_transport_security", "session_cookie_secure", "session_cookie_http_only", "x_content_type_options"} {
			if v := s.Arg(-1, o); isConstant(v, python.False) {
				p.Report(s.Func, v, o+" is off")
			}
		}
		for _, o := range []string{"content_security_policy", "frame_options"} {
			if v := s.Arg(-1, o); isConstant(v, python.None) || isConstant(v, python.False) {
				p.Report(s.Func, v, o+" is off", Graded(finding.Low, finding.Likely))
			}
		}
	}
	return r
}

// lastOf is the last part of a path.
func lastOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func headersMissing() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "headers-missing", Title: "No headers that protect visitors", CWE: 693, OWASP: "A05:2021", ASVS: []string{"3.4.1", "3.4.3", "3.4.4", "3.4.6"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "Nothing in the app sets a content security policy, keeps pages out of foreign frames or asks for TLS. What goes wrong elsewhere does more harm than it would have to, unless the server in front sets them.",
			Fix:   `Talisman(app)`,
			Canon: []string{"headers", "csp", "clickjacking", "https"},
			Guard: "guard/headers",
		},
		Program: func(p *Pass) {
			app := p.Facts.firstApp()
			if app != nil && p.Facts.mentions("render_template") && !p.Facts.mentions("X-Frame-Options", "x-frame-options", "Content-Security-Policy", "content-security-policy",
				"Strict-Transport-Security", "X-Content-Type-Options", "alisman", "flask_csp", "secure_headers", "SecureHeaders") {
				p.Report(app.Func, app.Call, "no part of the app sets security headers")
			}
		},
	}
}

func graphQLOpen() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "graphql-open", Title: "A GraphQL view with its tools open", CWE: 200, OWASP: "A05:2021", ASVS: []string{"13.4.4"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "The view offers an interactive console, or takes many queries in one request. Visitors read the whole schema, and a limit of requests limits nothing.",
			Fix:   `GraphQLView.as_view("graphql", schema=schema, graphiql=False)`,
			Canon: []string{"data-exposure", "api-rate"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			if s.Method != "as_view" && s.Method != "GraphQLView" {
				return
			}
			if v := s.Arg(-1, "graphiql"); isTrue(v) {
				p.Report(s.Func, v, "the console is open to everybody")
			}
			if text, ok := literal(s.Arg(-1, "graphql_ide")); ok {
				p.Report(s.Func, s.Call, text+" is open to everybody")
			} else if strings.HasPrefix(s.Path, "strawberry.flask.") && s.Arg(-1, "graphql_ide") == nil && s.Arg(-1, "graphiql") == nil && !splat(s.Call) {
				p.Report(s.Func, s.Call, "the console is open to everybody where graphql_ide is not set")
			}
			if v := s.Arg(-1, "batch"); isTrue(v) {
				p.Report(s.Func, v, "one request may hold any number of queries", Graded(finding.Low, finding.Unsure))
			}
		},
	}
}
