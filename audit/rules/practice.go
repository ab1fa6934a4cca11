package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// practices are the rules for what an app does not do at all, or lets happen in all of it.
func practices() []*Rule {
	return []*Rule{secondFactor(), unvalidatedField(), hostInLink(), exposedFiles(), exhaustion(), uploadOverwrite(), uploadUnlimited(), uploadPublic(), styleInjection()}
}

func secondFactor() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "second-factor-missing", Title: "A password is all that a login asks for", CWE: 308, OWASP: "A07:2021", ASVS: []string{"6.3.3"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "Nothing in the app knows a second factor. Whoever has learnt a password elsewhere, or guessed it, is in.",
			Fix:   `if not pyotp.TOTP(user.otp_secret).verify(code): abort(401)`,
			Canon: []string{"mfa"},
			Guard: "",
		},
		Program: func(p *Pass) {
			for _, f := range p.Program.Functions {
				if f.Module.Test || !changes(f.Routes) || !isLogin(f) || !asksPassword(p, f) {
					continue
				}
				if !p.Facts.mentions("totp", "TOTP", "pyotp", "mfa", "MFA", "2fa", "two_factor", "TWO_FACTOR", "twofactor", "webauthn", "fido2", "oauth", "OAuth", "saml", "ldap", "openid", "oidc") {
					p.Report(f, placeOfRoute(f), "who has the password is in")
				}
				return
			}
		},
	}
}

// asksPassword reports whether a function looks at a password.
func asksPassword(p *Pass, f *program.Function) bool {
	for name := range p.Facts.namesIn(f) {
		if isPassword(strings.TrimPrefix(name, "'")) {
			return true
		}
	}
	return false
}

func unvalidatedField() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "unvalidated-field", Title: "A field that takes anything", CWE: 20, OWASP: "A03:2021", ASVS: []string{"2.2.1"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "A field of a form has no validators, though the app relies on what it holds. An empty, endless or wrong value reaches the view.",
			Fix:   `email = StringField("Email", validators=[InputRequired(), Email(), Length(max=254)])`,
			Canon: []string{"validate"},
			Guard: "",
		},
		Class: func(p *Pass, c *program.Class) {
			if !c.Inherits(func(path string) bool { l := lastOf(path); return l == "FlaskForm" || l == "Form" }) {
				return
			}
			for _, s := range c.Node.Body {
				a, ok := s.(*python.Assign)
				if !ok || len(a.Targets) != 1 {
					continue
				}
				call, ok := a.Value.(*python.Call)
				if !ok || !reliedOn(python.NameOrKey(a.Targets[0]), python.NameOrKey(call.Func)) || hasValidators(call) {
					continue
				}
				p.ReportAt(Place(c.Module.File, call.Span), python.NameOrKey(a.Targets[0])+" has no validators")
			}
		},
	}
}

// reliedOn tells the fields whose values an app cannot do without.
func reliedOn(name, kind string) bool {
	if kind == "PasswordField" || kind == "EmailField" {
		return true
	}
	return (kind == "StringField" || kind == "TextField") && hasWord(name, "email", "username", "password", "mail")
}

func hasValidators(c *python.Call) bool {
	if len(c.Args) > 1 {
		return true
	}
	for i := range c.Keywords {
		if k := c.Keywords[i].Name; k == "validators" || k == "" {
			return true
		}
	}
	return false
}

func hostInLink() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "host-in-link", Title: "A link in a mail to where the request says", CWE: 640, OWASP: "A07:2021", ASVS: []string{"4.1.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A link that is mailed begins with the host that the request named. Whoever asks for a reset in somebody's name with a host of their own gets the token when it is followed.",
			Fix:   `link = app.config["SITE_URL"] + url_for("reset", token=token)`,
			Canon: []string{"beyond"},
			Guard: "guard/hosts",
		},
		Words:  []string{"host", "url_root", "base_url"},
		Inside: true,
		Function: func(p *Pass, f *program.Function) {
			if !p.Facts.uses(f, "host_url", "url_root", "host", "base_url") || !sendsMail(p, f) || !p.Facts.uses(f, "request") {
				return
			}
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					a, ok := n.(*python.Attribute)
					if !ok || a.Attr != "host_url" && a.Attr != "url_root" && a.Attr != "host" && a.Attr != "base_url" {
						return true
					}
					if r, ok := a.Value.(*python.Name); ok && r.ID == "request" {
						p.Report(f, a, "request."+a.Attr+" becomes part of a mail", func(x *finding.Finding) {
							if !mailsToken(p, f) {
								x.Severity, x.Confidence = finding.Low, finding.Unsure
							}
						})
					}
					return false
				})
			}
		},
	}
}

// mailsToken reports whether a function has to do with links that let somebody in.
func mailsToken(p *Pass, f *program.Function) bool {
	for name := range p.Facts.namesIn(f) {
		if hasWord(name, "reset", "forgot", "forgotten", "recover", "recovery", "activate", "activation", "token", "magic", "invite", "invitation") {
			return true
		}
	}
	return hasWord(f.Name, "reset", "forgot", "recover", "activate", "verify", "confirm", "invite")
}

// sendsMail reports whether a function sends a mail.
func sendsMail(p *Pass, f *program.Function) bool {
	for name := range p.Facts.namesIn(f) {
		low := strings.ToLower(name)
		if low == "message" || low == "emailmessage" || strings.Contains(low, "send") && strings.Contains(low, "mail") || low == "mail" || low == "mimetext" {
			return true
		}
	}
	return false
}
