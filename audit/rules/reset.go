package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func weakReset() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "weak-reset", Title: "A password that somebody else can reset", CWE: 640, OWASP: "A07:2021", ASVS: []string{"6.4.2", "6.4.3"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "What proves that a reset was asked for by the owner can be worked out, is shown to whoever asks, is sent to another's host, or is missing. Whoever knows an address takes over its account.",
			Fix:   `token = secrets.token_urlsafe(32)  # kept hashed, for an hour, and mailed to url_for(...)`,
			Canon: []string{"brute-force"},
			Guard: "",
		},
		Helpers:  []string{"forg", "reset", "recover", "lost"},
		Function: resetsLooked,
	}
}

func resetsLooked(p *Pass, f *program.Function) {
	words := wordsOf(f.Name)
	v := p.Facts.view(f)
	if v != nil {
		words = v.words
	}
	about := view{words: words}
	if f.Node == nil || !about.has("forgot", "forget", "forgotten", "reset", "recover", "recovery", "lost") {
		return
	}
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function:
				return false
			case *python.Assign:
				if tokenTarget(n.Targets[0]) && isGuessable(n.Value) {
					p.Report(f, n, "this token can be worked out")
				}
			}
			return true
		})
	}
	if p.Facts.uses(f, "send", "mail", "send_mail", "send_email", "sendmail", "Message", "send_message", "smtplib", "send_reset_email", "Mail", "email") || about.has("email", "mail") {
		linkByHost(p, f)
	}
	if v == nil {
		return
	}
	if v.asks != asksRole {
		tokenShown(p, v)
	}
	if v.asks == asksNothing && setsPassword(p.Facts, f) && !provesOwner(p, v) {
		p.Report(f, v.node(), f.Name+" sets a password for whoever names the account")
	}
}

// tokenTarget tells variables and columns for what a link of a reset holds.
func tokenTarget(t python.Expr) bool {
	return hasWord(python.NameOrKey(t), "token", "code", "key", "link", "url", "hash", "otp", "pin")
}

// isGuessable reports whether a value is made of nothing but what others know: a hash or a
// coding of a name, the time, a counter.
func isGuessable(e python.Expr) bool {
	made, secret := false, false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			secret = secret || isUnguessable(n.ID)
		case *python.Attribute:
			secret = secret || isUnguessable(n.Attr)
		case *python.Call:
			switch python.NameOrKey(n.Func) {
			case "md5", "sha1", "sha256", "sha512", "b64encode", "urlsafe_b64encode", "uuid1", "b32encode", "hexlify", "sha224", "sha384", "uuid3", "uuid5", "encodebytes":
				made = made || len(n.Args) > 0 || python.NameOrKey(n.Func) == "uuid1"
			case "time", "now", "utcnow", "timestamp", "time_ns":
				made = true
			}
		}
		return true
	})
	return made && !secret
}

func isUnguessable(name string) bool {
	name = strings.ToLower(name)
	for _, w := range []string{"secret", "random", "token", "uuid4", "hmac", "dumps", "sign", "encrypt", "salt", "password", "jwt", "nonce", "key", "bytes", "choice", "rand", "expir", "generate", "serializer"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// linkByHost reports links that are mailed and whose host the request named.
func linkByHost(p *Pass, f *program.Function) {
	byHost := map[string]bool{}
	done := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			e, ok := n.(python.Expr)
			if a, isAssign := n.(*python.Assign); isAssign && namesHost(a.Value) && !isLink(a.Value) {
				if t, isName := a.Targets[0].(*python.Name); isName {
					byHost[t.ID] = true
				}
			}
			if !ok || done || !isLink(e) || !namesHost(e) && !mentions(e, byHost) {
				return !done
			}
			p.Report(f, e, "the host of this link is what the request says", Graded(finding.Medium, finding.Likely))
			done = true
			return false
		})
	}
}

// isLink tells texts that are put together.
func isLink(e python.Expr) bool {
	switch e := e.(type) {
	case *python.FString:
		return true
	case *python.BinOp:
		return e.Op == python.Add || e.Op == python.Mod
	case *python.Call:
		name := python.NameOrKey(e.Func)
		return name == "urljoin" || name == "format"
	}
	return false
}

// namesHost reports whether an expression reads the host that the request names.
func namesHost(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Attribute:
			if isRequest(n.Value) {
				found = found || n.Attr == "host" || n.Attr == "host_url" || n.Attr == "url_root" || n.Attr == "base_url"
			}
		case *python.Subscript, *python.Call:
			key := strings.ToLower(fieldOf(n.(python.Expr)))
			found = found || key == "host" || key == "x-forwarded-host" || key == "origin" || key == "referer"
		}
		return !found
	})
	return found
}

// tokenShown reports answers that hold the token which only a mail should hold.
func tokenShown(p *Pass, v *view) {
	if !v.has("forgot", "forget", "forgotten", "recover", "request", "send", "lost") && (v.byURL() || setsPassword(p.Facts, v.fn)) {
		return
	}
	for _, s := range v.fn.Body {
		python.Inspect(s, func(n python.Node) bool {
			r, ok := n.(*python.Return)
			if !ok || r.Value == nil {
				_, inner := n.(*python.Function)
				return !inner
			}
			if shows(r.Value) {
				p.Report(v.fn, r, "whoever asks for a reset is shown its token")
			}
			return false
		})
	}
}

// shows reports whether an answer holds a token or a code by name.
func shows(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Call:
			if name := python.NameOrKey(n.Func); name == "render_template" || name == "url_for" || name == "redirect" {
				return false
			}
			for i := range n.Keywords {
				found = found || isResetToken(n.Keywords[i].Name) && !isWritten(n.Keywords[i].Value)
			}
		case *python.Dict:
			for i, k := range n.Keys {
				key, _ := literal(k)
				found = found || isResetToken(key) && !isWritten(n.Values[i])
			}
		case *python.FString:
			for _, part := range n.Parts {
				if x, ok := part.(*python.Interpolation); ok {
					found = found || isResetToken(python.NameOrKey(x.Value))
				}
			}
		}
		return !found
	})
	return found
}

func isResetToken(name string) bool {
	switch strings.ToLower(name) {
	case "token", "reset_token", "resettoken", "reset_code", "otp", "reset_link", "reset_url", "recovery_code", "new_password", "temp_password", "temporary_password":
		return true
	}
	return false
}

// setsPassword reports whether a function gives an account a password that was sent.
func setsPassword(facts *Facts, f *program.Function) bool {
	h := facts.bindings(f)
	sent := func(e python.Expr) bool { return (h.isSent(e) || givenData(e)) && givesPassword(e) }
	hashed := map[string]bool{}
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				if name, ok := n.Targets[0].(*python.Name); ok && givesPassword(n.Value) && h.isSent(n.Value) {
					hashed[name.ID] = true
				}
				key := python.NameOrKey(n.Targets[0])
				found = found || isMember(n.Targets[0]) && isPassword(key) && (sent(n.Value) || mentions(n.Value, hashed))
			case *python.Call:
				name := python.NameOrKey(n.Func)
				text := strings.ToLower(statementText(n, f.Scope))
				changes := hasWord(name, "set", "change", "update", "reset") && isPassword(name)
				if set, _, ok := strings.Cut(text, "where"); ok && strings.HasPrefix(strings.TrimSpace(text), "update") {
					changes = changes || speaksOfPassword(set)
				}
				if changes {
					for _, a := range n.Args {
						found = found || h.isSent(a) || givenData(a) || mentions(a, hashed)
					}
				}
			}
			return !found
		})
	}
	return found
}

func givesPassword(e python.Expr) bool {
	found := false
	python.Inspect(e, func(n python.Node) bool {
		switch n := n.(type) {
		case *python.Name:
			found = found || isPassword(n.ID)
		case *python.Str:
			found = found || isPassword(n.Value)
		case *python.Attribute:
			found = found || isPassword(n.Attr)
		}
		return !found
	})
	return found
}

// provesOwner reports whether a view asks for anything that only the owner of an account has:
// a token of the URL or of the form, a code, the old password, an answer.
func provesOwner(p *Pass, v *view) bool {
	found := false
	for _, r := range v.fn.Routes {
		for name := range r.Params {
			found = found || !hasWord(name, "id", "username", "user", "email", "uid", "name")
		}
		found = found || r.Unknown
	}
	sentFields(v.fn, func(field string, _ python.Expr) {
		found = found || isCodeField(field) || hasWord(field, "token", "code", "answer", "secret", "key", "signature", "old", "current", "hash", "question", "birthdate", "birthday")
	})
	return found || p.Facts.uses(v.fn, "token", "verify_reset_token", "loads", "check_password_hash", "check_password", "code", "otp", "compare_digest") || len(v.fn.Routes) == 0
}
