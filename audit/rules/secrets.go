package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// secrets are the rules for keys and passwords that stand in the source.
func secrets() []*Rule { return []*Rule{secretKey(), hardcodedSecret(), hardcodedLogin()} }

func secretKey() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "secret-key", Title: "The app's secret key in the source", CWE: 798, OWASP: "A02:2021", ASVS: []string{"13.3.1"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "The key that signs sessions stands in the source. Whoever reads the source, or guesses a weak key, makes a session for any user.",
			Fix:   `app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]`,
			Canon: []string{"secret-key"},
			Guard: "",
		},
		Assign: func(p *Pass, a *Assignment) {
			if !isSecretKey(a) || development(a) && !strings.Contains(strings.ToLower(className(a)), "local") {
				return
			}
			if text, how := p.writtenSecret(a.Value, a); how != "" && text != "" {
				p.Report(a.Func, a.Node, "the key is "+how)
			}
		},
		Setting: secretKeySetting,
	}
}

// isSecretKey tells the settings that sign or encrypt.
func isSecretKey(a *Assignment) bool {
	name := strings.ToUpper(a.Name)
	switch name {
	case "SECRET_KEY", "JWT_SECRET_KEY", "SECURITY_PASSWORD_SALT", "WTF_CSRF_SECRET_KEY", "SECRET_KEY_FALLBACKS", "FLASK_SECRET_KEY", "APP_SECRET_KEY", "APP_SECRET", "JWT_SECRET":
		return true
	}
	older, ok := strings.CutPrefix(name, "SECRET_KEY_")
	return ok && len(older) <= len("BACK")
}

// writtenSecret is the text of a secret that stands in the source, and in which way: as it
// is, or as what is used where the environment has none.
func (p *Pass) writtenSecret(e python.Expr, a *Assignment) (text, how string) {
	switch e := e.(type) {
	case *python.Str, *python.Bytes:
		text, _ := literal(e)
		return text, "written in the source"
	case *python.BoolOp:
		if e.Op == python.Or {
			if text, ok := literal(e.Values[len(e.Values)-1]); ok {
				return text, "written in the source for where the environment has none"
			}
		}
	case *python.IfExp:
		if text, ok := literal(e.Else); ok {
			return text, "written in the source for one case"
		}
	case *python.Call:
		name := lastPart(e.Func)
		if name == "get" || name == "getenv" || name == "config" || name == "env" || name == "str" && len(e.Args) == 2 {
			if len(e.Args) == 2 {
				if text, ok := literal(e.Args[1]); ok {
					return text, "written in the source for where the environment has none"
				}
			}
			for _, k := range e.Keywords {
				if text, ok := literal(k.Value); ok && k.Name == "default" {
					return text, "written in the source for where the environment has none"
				}
			}
		}
		if at, ok := e.Func.(*python.Attribute); ok && at.Attr == "encode" {
			return p.writtenSecret(at.Value, a)
		}
	}
	return "", ""
}

func hardcodedSecret() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "hardcoded-secret", Title: "A password or key in the source", CWE: 798, OWASP: "A07:2021", ASVS: []string{"13.3.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A password or a key stands in the source. Whoever reads the source, now or in an old version, can use it.",
			Fix:   `password = os.environ["DB_PASSWORD"]`,
			Canon: []string{"secret-key", "config-leak"},
			Guard: "",
		},
		Assign: func(p *Pass, a *Assignment) {
			if isSecretKey(a) || !isSecretName(a.Name) || development(a) {
				return
			}
			text, how := p.writtenSecret(a.Value, a)
			if how == "" || !looksSecret(a, text) {
				return
			}
			p.Report(a.Func, a.Node, a.Name+" is "+how)
		},
		Call: func(p *Pass, s *Site) {
			for _, x := range s.Call.Args {
				if text, ok := literal(x); ok && hasUserinfo(text) {
					p.Report(s.Func, x, "an address with a password in it")
				}
			}
		},
		Setting: secretSetting,
		Program: settingTokens,
	}
}

// isSecretName tells names of what nobody else should know; not of what only speaks of it.
func isSecretName(name string) bool {
	n := strings.ToLower(name)
	for _, s := range []string{"_url", "_uri", "_path", "_file", "_name", "_field", "_label", "_header", "_expires", "_lifetime", "_length", "_type", "_id", "_prefix", "_hash", "_regex",
		"_policy", "_title", "_text", "_message", "_error", "_key_name", "_template", "_endpoint", "_column", "_algorithm", "_location", "_timeout", "_ttl", "_min", "_max", "_hint", "_placeholder"} {
		if strings.HasSuffix(n, s) {
			return false
		}
	}
	switch n {
	case "password", "passwd", "pwd", "pw", "secret", "token", "api_key", "apikey", "private_key", "access_key", "auth_token", "passphrase", "key":
		return true
	}
	for _, s := range []string{"password", "passwd", "secret", "api_key", "apikey", "access_key", "private_key", "auth_token", "access_token", "client_secret", "_pwd"} {
		if strings.HasSuffix(n, s) || strings.HasPrefix(n, "secret_") || strings.HasPrefix(n, "password_") && s == "password" {
			return true
		}
	}
	return false
}

// looksSecret tells a secret from a placeholder, a label or a name.
func looksSecret(a *Assignment, text string) bool {
	if len(text) < 5 || len(text) > 200 || strings.ContainsAny(text, " \n<>{}%") && !strings.ContainsAny(text, "!@#$") {
		return false
	}
	low := strings.ToLower(text)
	for _, w := range []string{"your", "xxx", "change", "example", "placeholder", "****", "....", "://", "todo", "env:", "none", "null", "redacted"} {
		if strings.Contains(low, w) && len(text) < 60 {
			return false
		}
	}
	if strings.EqualFold(strings.ReplaceAll(low, "-", "_"), a.Name) || strings.HasPrefix(low, "bearer") || isSecretName(low) || strings.HasSuffix(low, "field") {
		return false
	}
	n := strings.ToLower(a.Name)
	if n == "key" || n == "token" {
		return mixed(text) && len(text) >= 16
	}
	if a.Target == nil && !mixed(text) { // password="password" in a call or a dict of texts
		return false
	}
	return !strings.Contains(text, ".") || mixed(text)
}

// mixed reports whether a text has letters and digits, as made-up secrets do.
func mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// hasUserinfo reports whether a text is a URL with a password in it.
func hasUserinfo(s string) bool {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || len(scheme) > 24 || strings.ContainsAny(scheme, " /") {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	user, _, ok := strings.Cut(host, "@")
	if !ok {
		return false
	}
	_, pw, ok := strings.Cut(user, ":")
	return ok && pw != "" && !strings.ContainsAny(pw, "{}%<>$") && !strings.EqualFold(pw, "password")
}

func hardcodedLogin() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "hardcoded-login", Title: "A login that stands in the source", CWE: 798, OWASP: "A07:2021", ASVS: []string{"13.3.1"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A password is compared with a text in the source. Whoever reads the source logs in, and nobody can change the password.",
			Fix:   `if check_password_hash(user.password_hash, password): ...`,
			Canon: []string{"secret-key"},
			Guard: "",
		},
		Function: nil,
		Program:  comparedPasswords,
	}
}

// comparedPasswords finds password == "text" in conditions.
func comparedPasswords(p *Pass) {
	for _, f := range p.Program.Functions {
		if f.Module.Test || f.Node == nil {
			continue
		}
		for _, s := range f.Body {
			python.Inspect(s, func(n python.Node) bool {
				switch n := n.(type) {
				case *python.Function, *python.Class:
					return false
				case *python.Compare:
					if len(n.Ops) == 1 && (n.Ops[0] == python.Eq || n.Ops[0] == python.In) && (comparesPassword(n.Left, n.Rights[0]) || comparesPassword(n.Rights[0], n.Left)) {
						p.Report(f, n, "a password is compared with a text in the source")
					}
				}
				return true
			})
		}
	}
}

func comparesPassword(a, b python.Expr) bool {
	text, ok := literal(b)
	if !ok || len(text) < 3 {
		return false
	}
	if call, isCall := a.(*python.Call); isCall && len(call.Args) > 0 { // request.form.get("password")
		key, _ := literal(call.Args[0])
		return isPassword(key)
	}
	return isPassword(lastPart(a))
}
