package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
)

func passwordChange() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "password-change-unverified", Title: "A new password without the old one", CWE: 620, OWASP: "A07:2021", ASVS: []string{"6.2.3"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "Whoever is logged in sets a new password, and is not asked for the one until now. Whoever gets at a session for a moment keeps the account for good.",
			Fix:   `if not check_password_hash(user.password_hash, request.form["old_password"]): abort(403)`,
			Canon: []string{"login-state"},
			Guard: "",
		},
		Words:    passwordWords(),
		Function: passwordChanged,
	}
}

// passwordChanged reports views in which somebody changes their own password and nothing is
// asked for that only they know.
func passwordChanged(p *Pass, f *program.Function) {
	v := p.Facts.view(f)
	if v == nil || v.asks != asksLogin || v.byURL() || v.registers() || v.forStrangers() || v.forAdmins() || p.Facts.managesUsers(v) {
		return
	}
	if !v.has("password", "passwd", "pwd", "profile", "account", "settings") || !setsPassword(p.Facts, f) || provesOwner(p, v) || p.Facts.asksOldPassword() {
		return
	}
	p.Report(f, v.node(), f.Name+" sets a new password and does not ask for the old one")
}

// asksOldPassword reports whether anything in the app speaks of the password until now: a form
// may ask for it, and its class be elsewhere.
func (f *Facts) asksOldPassword() bool {
	return f.mentions("old_pass", "oldpass", "oldPass", "old_pw", "current_pass", "currentpass", "currentPass", "current_pw", "existing_pass", "password_old", "password_current", "OldPassword", "CurrentPassword")
}
