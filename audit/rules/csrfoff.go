package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func csrfOff() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "csrf-off", Title: "The check of a form's origin is switched off", CWE: 352, OWASP: "A01:2021", ASVS: []string{"3.5.1"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "The protection of forms is switched off or a view is exempt. Another site can send the form in the name of whoever visits it.",
			Fix:   `app.config["WTF_CSRF_ENABLED"] = True`,
			Canon: []string{"csrf"},
			Guard: "guard/csrf",
		},
		Setting:  switchOff("WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT", "JWT_COOKIE_CSRF_PROTECT", "JWT_CSRF_IN_COOKIES"),
		Function: exempted,
		Call:     formUnchecked,
		Assign: func(p *Pass, a *Assignment) {
			if a.Name == "WTF_CSRF_CHECK_DEFAULT" && p.Facts.protectsByHand() {
				return
			}
			if (a.Name == "WTF_CSRF_ENABLED" || a.Name == "WTF_CSRF_CHECK_DEFAULT" || a.Name == "JWT_COOKIE_CSRF_PROTECT" || a.Name == "JWT_CSRF_IN_COOKIES") &&
				isConstant(a.Value, python.False) && !development(a) {
				p.Report(a.Func, a.Node, a.Name+" is off")
			}
			if a.Name == "csrf" && isConstant(a.Value, python.False) && className(a) == "Meta" {
				p.Report(a.Func, a.Node, "this form takes no token")
			}
		},
	}
}

// protectsByHand reports whether the app asks for the token itself where it is needed.
func (f *Facts) protectsByHand() bool {
	for _, m := range f.program.Modules {
		if !m.Test && strings.Contains(m.File.Source, "csrf.protect(") {
			return true
		}
	}
	return false
}

// exempted reports views that are exempt though people use them with their session.
func exempted(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil || v.onlyGet() {
		return
	}
	for _, d := range f.Node.Decorators {
		if isCSRFExempt(d) {
			if sure := p.exemptionHurts(v); sure > 0 {
				p.Report(f, d, f.Name+" takes forms from any site", Graded(finding.Medium, sure))
			}
		}
	}
}

func isCSRFExempt(d python.Expr) bool {
	name := strings.ToLower(decoratorName(d))
	if c, ok := d.(*python.Call); ok {
		d = c.Func
	}
	if a, ok := d.(*python.Attribute); ok {
		name = strings.ToLower(python.NameOrKey(a.Value)) + name
	}
	return strings.Contains(name, "exempt") && (strings.Contains(name, "csrf") || strings.Contains(name, "xsrf"))
}

// exemptionHurts says how sure it is that a view which is exempt acts for whoever is logged in:
// not where callers show a key, or sign what they send.
func (p *Pass) exemptionHurts(v *view) finding.Confidence {
	switch {
	case p.Facts.byKey(v.fn) || v.has("webhook", "webhooks", "hook", "callback", "notify", "notification", "ipn", "stripe", "paypal", "github", "slack", "saml", "acs", "oauth", "csp", "report") ||
		p.Facts.uses(v.fn, "signature", "hmac", "construct_event", "verify_signature", "compare_digest"):
		return 0
	case !p.Facts.writes(v.fn) || p.Facts.uses(v.fn, "get_json", "json") && !p.Facts.uses(v.fn, "form", "values", "files"):
		return finding.Unsure
	case isLogin(v.fn) || v.registers() || v.forStrangers() || v.asks == asksNothing:
		return finding.Unsure
	}
	return finding.Likely
}

// exemptBlueprint says how sure it is that a blueprint which is exempt has views that act for
// whoever is logged in.
func (p *Pass) exemptBlueprint(s *Site) finding.Confidence {
	name := python.NameOrKey(s.Call.Args[0])
	for _, v := range p.Facts.views() {
		if len(v.fn.Routes) > 0 && v.fn.Routes[0].Receiver != nil && python.NameOrKey(v.fn.Routes[0].Receiver) == name && (v.fn.Module == s.Func.Module || name != "bp" && name != "blueprint") && !v.onlyGet() && p.exemptionHurts(v) == finding.Likely {
			return finding.Likely
		}
	}
	return finding.Unsure
}

// formUnchecked looks at forms that are made without the check, and at blueprints and views
// that are exempt by a call.
func formUnchecked(p *Pass, s *Site) {
	if s.Method == "exempt" && len(s.Call.Args) == 1 && isCSRFExempt(s.Call) {
		sure := p.exemptBlueprint(s)
		if fn := p.Program.Resolve(s.Call.Args[0], s.Scope).Function; fn != nil {
			if v := p.Facts.view(fn); v != nil {
				sure = p.exemptionHurts(v)
			}
		}
		if sure > 0 {
			p.Report(s.Func, s.Call, python.NameOrKey(s.Call.Args[0])+" takes forms from any site", Graded(finding.Medium, sure))
		}
		return
	}
	if !strings.HasSuffix(s.Method, "Form") {
		return
	}
	off := isConstant(s.Arg(-1, "csrf_enabled"), python.False)
	if d, ok := s.Arg(-1, "meta").(*python.Dict); ok {
		off = off || slices.ContainsFunc(d.Values, func(v python.Expr) bool { return isConstant(v, python.False) }) && namesKey(d, "csrf")
	}
	if !off {
		return
	}
	sure := finding.Likely
	if v := p.Facts.view(s.Func); v == nil || v.asks == asksNothing || v.fn.Class != nil && v.fn.Class.IsView() || p.Facts.byKey(s.Func) {
		sure = finding.Unsure
	} else if v.onlyGet() {
		return
	}
	p.Report(s.Func, s.Call, "this form takes no token", Graded(finding.Medium, sure))
}

func namesKey(d *python.Dict, key string) bool {
	return slices.ContainsFunc(d.Keys, func(k python.Expr) bool { text, _ := literal(k); return text == key })
}
