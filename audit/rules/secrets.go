package rules

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/internal/secret"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// secrets are the rules for keys and passwords that stand in the source. What a secret looks
// like, package secret knows.
func secrets() []*Rule {
	return []*Rule{secretKey(), hardcodedSecret(), hardcodedLogin(), databaseOpen()}
}

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
			if signs(a) && !(development(a) && !strings.Contains(strings.ToLower(className(a)), "local")) {
				p.signingKey(a.Func, a.Value, a.Node, a.Scope)
			} else if name, text := environmentDefault(a.Value); secret.Signs(name) && text != "" {
				p.Report(a.Func, a.Node, keyMessage(text, inEnvironment))
			}
		},
		Call:    keyGiven,
		Setting: secretKeySetting,
	}
}

// signs reports whether an assignment is of a key that signs. One beside an access_key is of an
// account elsewhere.
func signs(a *Assignment) bool {
	return secret.Signs(a.Name) && !hasKey(a.In, "access_key") && !hasKey(a.In, "aws_access_key_id")
}

// hasKey reports whether a dict or a call has a key.
func hasKey(in python.Node, key string) bool {
	switch in := in.(type) {
	case *python.Dict:
		return slices.ContainsFunc(in.Keys, func(k python.Expr) bool { text, _ := literal(k); return strings.EqualFold(text, key) })
	case *python.Call:
		return slices.ContainsFunc(in.Keywords, func(k python.Keyword) bool { return strings.EqualFold(k.Name, key) })
	}
	return false
}

// signingKey reports a key that is written out, or a name for one that is.
func (p *Pass) signingKey(f *program.Function, value python.Expr, at python.Node, scope *program.Scope) {
	text, how := literalSecret(value)
	if name, ok := value.(*python.Name); ok && how == "" {
		text, how = p.constant(name, scope), "written in the source"
		if secret.Signs(name.ID) || looksSecret(secret.ClassOf(name.ID), name.ID, text, false) {
			return // reported where it is set
		}
	}
	if text != "" {
		p.Report(f, at, keyMessage(text, how))
	}
}

func keyMessage(text, how string) string {
	if weak := secret.Weak(text); weak != "" {
		return "the key is " + how + ", and is " + weak
	}
	return "the key is " + how
}

// keyGiven finds keys that are given to what signs or encrypts, and the setting of a default.
func keyGiven(p *Pass, s *Site) {
	var key python.Expr
	switch s.Path {
	case "jwt.encode", "jwt.decode", "jose.jwt.encode", "jose.jwt.decode", "authlib.jose.jwt.encode":
		key = s.Arg(1, "key")
	case "itsdangerous.URLSafeTimedSerializer", "itsdangerous.URLSafeSerializer", "itsdangerous.TimestampSigner", "itsdangerous.Signer", "itsdangerous.Serializer",
		"itsdangerous.TimedJSONWebSignatureSerializer", "itsdangerous.JSONWebSignatureSerializer":
		key = s.Arg(0, "secret_key")
	case "cryptography.fernet.Fernet", "Crypto.Cipher.AES.new", "Cryptodome.Cipher.AES.new", "hmac.new", "hmac.digest":
		key = s.Arg(0, "key")
	}
	if key != nil {
		for _, k := range s.Call.Keywords {
			if k.Value == key && secret.Signs(k.Name) {
				return // the assignment is reported
			}
		}
		if name, text := environmentDefault(key); text != "" && !secret.Signs(name) {
			return // os.getenv("KEY", "") of a name that says little
		}
		p.signingKey(s.Func, key, key, s.Scope)
		return
	}
	if s.Method == "setdefault" && len(s.Call.Args) == 2 {
		if name, ok := literal(s.Call.Args[0]); ok && secret.Signs(name) {
			p.signingKey(s.Func, s.Call.Args[1], s.Call, s.Scope)
		}
		return
	}
	for _, a := range s.Call.Args {
		if name, text := environmentDefault(a); secret.Signs(name) && text != "" {
			p.Report(s.Func, a, keyMessage(text, inEnvironment))
		}
	}
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
		Assign:   secretAssigned,
		Call:     secretGiven,
		Text:     secretText,
		Function: secretDefaults,
		Setting:  secretSetting,
		Program:  tokensBeside,
	}
}

// secretAssigned finds name = "text" for the names of secrets.
func secretAssigned(p *Pass, a *Assignment) {
	if development(a) || signs(a) {
		return
	}
	if carriesSecret(a) {
		p.Report(a.Func, a.Node, "what this header is to prove is written in the source")
		return
	}
	if pair, ok := a.Value.(*python.Tuple); ok && a.Name == "auth" && a.In != nil && len(pair.Elts) == 2 {
		if text, ok := literal(pair.Elts[1]); ok && looksPassword(text) {
			p.Report(a.Func, a.Value, "a password is written in the source")
		}
		return
	}
	if p.usersListed(a) || p.accountWritten(a) {
		return
	}
	if what := randomKey(a); what != "" {
		p.Report(a.Func, a.Node, what)
		return
	}
	class := secret.ClassOf(a.Name)
	text, how := "", ""
	if class != secret.No {
		text, how = literalSecret(a.Value)
	} else if name, fallback := environmentDefault(a.Value); fallback != "" && !secret.Signs(name) {
		class, text, how = secret.ClassOf(name), fallback, inEnvironment
	}
	if how == "" || class == secret.No || len(secret.Tokens(text)) > 0 {
		return // tokens are found wherever they stand
	}
	_, orElse := a.Value.(*python.BoolOp)
	read, _ := environmentDefault(a.Value)
	beside := a.Target == nil && how != inEnvironment || orElse && read == "" // x or "invalid"
	if looksSecret(class, a.Name, text, beside) || a.Target != nil && ofServer(a.Name) && secret.Known(text) && len(text) >= 3 || how == inEnvironment && class == secret.Password && looksPassword(text) || beside && class == secret.Password && isAccount(a.In, text) && looksPassword(text) {
		p.Report(a.Func, a.Node, a.Name+" is "+how)
	}
}

// ofServer reports whether a name is of the password of a database or of another server, which
// is no word for something else.
func ofServer(name string) bool {
	return secret.ClassOf(name) == secret.Password && hasWord(name, "mysql", "postgres", "postgresql", "pg", "db", "database", "sql", "mariadb", "mongo", "mongodb", "redis", "mail", "smtp", "admin", "root", "ftp", "ldap", "rabbitmq")
}

// looksSecret tells a secret from a placeholder, a label or a name. Beside others, in a dict or
// a call, stand texts of all sorts.
func looksSecret(class secret.Class, name, text string, beside bool) bool {
	if class == secret.No || len(text) < 5 || len(text) > 200 || strings.ContainsAny(text, " \n<>{}%") && !strings.ContainsAny(text, "!@#$") {
		return false
	}
	low := strings.ToLower(text)
	if secret.Placeholder(text) || strings.Contains(low, "://") || strings.Contains(low, "none") || strings.Contains(low, "null") || saysItsName(low, name) ||
		strings.HasPrefix(low, "bearer") || secret.ClassOf(text) != secret.No || strings.HasSuffix(low, "field") || secret.Elsewhere(text) {
		return false
	}
	switch {
	case class == secret.Vague:
		return secret.Mixed(text) && len(text) >= 16
	case beside && !secret.Mixed(text): // password="password" in a call or a dict of texts
		return false
	}
	return !strings.Contains(text, ".") || secret.Mixed(text)
}

// saysItsName tells the name under which something is kept elsewhere: SIGNING_KEY = "signing",
// ACCESS_TOKEN_KEY = "access-token".
func saysItsName(text, name string) bool {
	if strings.EqualFold(strings.ReplaceAll(text, "-", "_"), name) {
		return true
	}
	words := wordsOf(text)
	named := wordsOf(name)
	return len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(named, w) })
}

// looksPassword is looksSecret where it is clear that the text is used as a password: words
// that everybody knows are some too.
func looksPassword(text string) bool {
	if len(text) < 3 || len(text) > 100 || strings.ContainsAny(text, "\n<>{}") || strings.Count(text, " ") > 1 || secret.Elsewhere(text) {
		return false
	}
	return secret.Known(text) && !strings.HasPrefix(strings.ToLower(text), "your") || !secret.Placeholder(text) && !strings.HasPrefix(text, "*") && !strings.ContainsAny(text, " ")
}

// isAccount reports whether a dict or a call has the name of an account beside its password,
// and not words that stand for both.
func isAccount(in python.Node, password string) bool {
	is := func(name string, value python.Expr) bool {
		text, ok := literal(value)
		text = strings.ToLower(text)
		switch strings.ToLower(name) {
		case "user", "username", "user_name", "login", "email", "usr", "db_user", "dbuser", "userid", "account":
		case "role", "roles", "is_admin", "isadmin", "admin", "group":
			return isConstant(value, python.True) || isConstant(value, python.False) || hasWord(text, "admin", "user", "administrator", "moderator", "guest", "editor", "staff", "superuser", "manager", "customer")
		default:
			return false
		}
		if !ok || strings.Contains(text, "@") || strings.Contains(text, "admin") || text == "root" || text == "postgres" || text == "sa" {
			return ok
		}
		return secret.ClassOf(password) == secret.No && (strings.HasPrefix(text, "user") && text != "username" || strings.HasPrefix(text, "test") || strings.HasPrefix(text, "demo") || text == "guest")
	}
	switch in := in.(type) {
	case *python.Dict:
		for i, k := range in.Keys {
			if name, ok := literal(k); ok && is(name, in.Values[i]) {
				return true
			}
		}
	case *python.Call:
		for i := range in.Keywords {
			if is(in.Keywords[i].Name, in.Keywords[i].Value) {
				return true
			}
		}
	}
	return false
}

// carriesSecret reports whether a header of a request that is sent holds a password or a token.
func carriesSecret(a *Assignment) bool {
	if !strings.EqualFold(a.Name, "authorization") && !strings.EqualFold(a.Name, "proxy-authorization") {
		return false
	}
	text, _ := literal(a.Value)
	scheme, value, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok || secret.Placeholder(value) || secret.Elsewhere(value) {
		return false
	}
	switch strings.ToLower(scheme) {
	case "basic":
		plain, err := base64.StdEncoding.DecodeString(value)
		return err == nil && strings.Contains(string(plain), ":")
	case "bearer", "token", "apikey":
		return len(value) >= 8 && secret.Mixed(value) && !strings.ContainsAny(value, " {}%<") && len(secret.Tokens(value)) == 0
	}
	return false
}

// secretDefaults finds passwords as defaults of parameters.
func secretDefaults(p *Pass, f *program.Function) {
	for i := range f.Node.Params.List {
		param := &f.Node.Params.List[i]
		text, ok := literal(param.Default)
		if class := secret.ClassOf(param.Name); ok && class >= secret.Key && len(secret.Tokens(text)) == 0 && (looksSecret(class, param.Name, text, true) || class == secret.Password && secret.Known(text) && !strings.EqualFold(text, param.Name)) {
			p.Report(f, param.Default, param.Name+" is written in the source for where nothing is given")
		}
	}
}

// secretText finds addresses with a password, keys of known forms, and rows that are put
// into a table with a password.
func secretText(p *Pass, t *Text) {
	for _, k := range secret.Tokens(t.Value) {
		p.Report(t.Func, t.Node, k.What+" is written in the source", tokenGrade(k, 0))
		return
	}
	if strings.Contains(t.Value, "://") {
		if _, host, ok := secret.InURL(t.Value); ok {
			if secret.Local(host) {
				p.Report(t.Func, t.Node, "an address with a password in it", Graded(finding.Low, finding.Likely))
				return
			}
			p.Report(t.Func, t.Node, "an address with a password in it")
		}
		return
	}
	if password := p.insertedPassword(t.Value); password != "" && looksPassword(password) {
		p.Report(t.Func, t.Node, "an account is made with a password that is written in the source")
	}
}

// tokensBeside finds keys of known forms in files of settings, and in comments.
func tokensBeside(p *Pass) {
	settingTokens(p)
	for _, m := range p.Program.Modules {
		if m.Test {
			continue
		}
		for _, c := range m.File.Comments {
			text := m.File.Source[c.Start:c.End]
			for _, k := range secret.Tokens(text) {
				at := python.Span{Start: c.Start + int32(k.Start), End: c.Start + int32(k.End)}
				p.ReportAt(Place(m.File, at), k.What+" is written in a comment", tokenGrade(k, 0))
			}
		}
	}
}
