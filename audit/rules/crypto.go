package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// crypto are the rules for hashes, randomness and certificates.
func crypto() []*Rule { return []*Rule{weakHash(), fastPassword(), weakRandom()} }

func weakHash() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "weak-hash", Title: "A broken hash", CWE: 328, OWASP: "A02:2021", ASVS: []string{"11.4.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "MD5 and SHA-1 are broken. Whoever wants to makes two texts with the same hash, and passwords hashed so are guessed by the billion a second.",
			Fix:   `hashlib.sha256(data)`,
			Canon: []string{"password-hash"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			name := s.Path
			if name == "hashlib.new" {
				if text := textOf(s.Arg(0, "name"), s.Scope, maxText); text != "?" {
					name = "hashlib." + strings.ToLower(text)
				}
			}
			switch name {
			case "hashlib.md5", "hashlib.sha1", "hashlib.md4", "Crypto.Hash.MD5.new", "Crypto.Hash.SHA.new", "Crypto.Hash.SHA1.new", "Cryptodome.Hash.MD5.new":
			default:
				return
			}
			if k := s.Arg(-1, "usedforsecurity"); isConstant(k, python.False) || passwordNear(s) {
				return
			}
			p.Report(s.Func, s.Call, strings.TrimPrefix(name, "hashlib.")+" is no longer a safe hash", func(f *finding.Finding) {
				switch {
				case p.namesThings(s) || isScript(s.Func.Module.Path):
					f.Severity, f.Confidence = finding.Low, finding.Unsure
				case !p.Facts.secretNear(s.Func) && !p.Facts.uses(s.Func, "sign", "signature", "verify", "hmac", "digestmod"):
					f.Severity = finding.Low
				}
			})
		},
	}
}

// namesThings reports whether a hash only gives something a name or tells whether it changed:
// a picture of an address, a key of a cache, the tag of an answer.
func (p *Pass) namesThings(s *Site) bool {
	name := strings.ToLower(s.Func.Name + " " + s.Func.Module.Path)
	for _, w := range []string{"etag", "last_modified", "lastmodified", "cache", "gravatar", "avatar", "checksum", "fingerprint", "identicon"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	if p.Facts.uses(s.Func, "set_etag", "etag", "if_none_match", "gravatar", "avatar", "gravatar_url", "email_hash", "cache", "cache_key", "checksum") {
		return true
	}
	found := false
	for _, a := range s.Call.Args {
		python.Inspect(a, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Name:
				found = found || n.ID == "email" || n.ID == "filename"
			case *python.Attribute:
				found = found || n.Attr == "email" || n.Attr == "filename"
			}
			return !found
		})
	}
	return found
}

// passwordNear reports whether what is hashed is called a password.
func passwordNear(s *Site) bool {
	for _, a := range s.Call.Args {
		found := false
		python.Inspect(a, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Name:
				found = found || isPassword(n.ID) && !strings.Contains(n.ID, "hash")
			case *python.Attribute:
				found = found || isPassword(n.Attr) && !strings.Contains(n.Attr, "hash")
			case *python.Str:
				found = found || isPassword(n.Value)
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

func isPassword(name string) bool {
	name = strings.ToLower(name)
	return name == "pw" || name == "pwd" || name == "passwd" || strings.Contains(name, "password") || strings.Contains(name, "passphrase") || strings.Contains(name, "passwort")
}

// passwordWords are parts of all that isPassword takes.
func passwordWords() []string { return []string{"passw", "passphrase", "pw"} }

func weakRandom() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "weak-random", Title: "A secret from a predictable generator", CWE: 330, OWASP: "A02:2021", ASVS: []string{"11.5.1"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "The generator of the module random can be predicted. Whoever sees a few of its values knows the next token or code.",
			Fix:   `token = secrets.token_urlsafe(32)`,
			Canon: []string{"secret-key"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			if madeOfTime(s) && !isScript(s.Func.Module.Path) {
				if made := secretMade(s.Func, s.Call); made != "" {
					p.Report(s.Func, s.Call, made+" is made of the time, which can be tried out")
				}
				return
			}
			if !strings.HasPrefix(s.Path, "random.") && !strings.HasPrefix(s.Path, "numpy.random.") || strings.Contains(s.Path, "SystemRandom") || strings.Contains(s.Path, "()") {
				return
			}
			switch s.Method {
			case "seed", "shuffle", "Random", "getstate", "setstate", "RandomState", "default_rng":
				return
			}
			if isScript(s.Func.Module.Path) || !p.Facts.mayBecomeSecret(s.Func) {
				return
			}
			made := secretMade(s.Func, s.Call)
			if made == "" && p.codeMade(s.Func, s.Call) {
				made = "the code of " + s.Func.Name
			}
			if made != "" {
				p.Report(s.Func, s.Call, made+" is made by "+s.Path+", which can be predicted")
			}
		},
	}
}

// secretNear reports whether a function speaks of secrets: in its name, or in the names that
// it uses.
func (f *Facts) secretNear(fn *program.Function) bool {
	near, known := f.secrets[fn]
	if !known {
		near = speaksOfSecrets(fn)
		if f.secrets == nil {
			f.secrets = map[*program.Function]bool{}
		}
		f.secrets[fn] = near
	}
	return near
}

func speaksOfSecrets(f *program.Function) bool {
	if isSecretWord(f.Name) {
		return true
	}
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Name:
				found = found || isSecretWord(n.ID)
			case *python.Attribute:
				found = found || isSecretWord(n.Attr)
			case *python.Keyword:
				found = found || isSecretWord(n.Name)
			}
			return !found
		})
	}
	return found
}

func isSecretWord(name string) bool {
	name = strings.ToLower(name)
	for _, w := range []string{"token", "secret", "passw", "session", "cookie", "otp", "nonce", "salt", "api_key", "apikey", "csrf", "captcha", "reset_code", "verification", "keygen"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}
