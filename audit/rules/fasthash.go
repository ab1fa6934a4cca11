package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

func fastPassword() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "fast-password-hash", Title: "A fast hash for passwords", CWE: 916, OWASP: "A02:2021", ASVS: []string{"11.4.2"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A password is hashed with a hash made for speed. Whoever gets the table tries billions of passwords a second.",
			Fix:   `generate_password_hash(password)`,
			Canon: []string{"password-hash"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			switch {
			case strings.HasPrefix(s.Path, "hashlib.") && fastHash(s.Path):
				if passwordNear(s) || s.Method != "new" && len(s.Call.Args) == 0 && fedPassword(s) || p.hashesPasswords(s) {
					p.fastlyHashed(s)
				}
			case s.Path == "hashlib.pbkdf2_hmac":
				if n, ok := s.Arg(3, "iterations").(*python.Number); ok && number(n) < fewestRounds {
					p.Report(s.Func, s.Call, "a password is hashed "+n.Text+" times only", Graded(finding.Medium, finding.Likely))
				}
			case s.Method == "generate_password_hash":
				if method, ok := literal(s.Arg(1, "method")); ok && fastMethod(method) {
					p.Report(s.Func, s.Call, "a password is hashed with "+method)
				}
			case s.Path == "bcrypt.gensalt":
				if n, ok := s.Arg(0, "rounds").(*python.Number); ok && number(n) < 10 {
					p.Report(s.Func, s.Call, "bcrypt with "+n.Text+" rounds is fast", Graded(finding.Medium, finding.Likely))
				}
			case strings.HasPrefix(s.Path, "passlib.hash.") && (s.Method == "hash" || s.Method == "encrypt" || s.Method == "verify"):
				if name := strings.Split(s.Path, ".")[2]; fastScheme(name) && s.Method != "verify" {
					p.Report(s.Func, s.Call, "a password is hashed with "+name)
				}
			}
		},
	}
}

// fastlyHashed reports a fast hash of a password. What another site asks for, and what only
// looks a password up in a list of stolen ones, keeps nothing.
func (p *Pass) fastlyHashed(s *Site) {
	if isConstant(s.Arg(-1, "usedforsecurity"), python.False) || slices.ContainsFunc(s.Call.Args, isSetting) {
		return
	}
	sure := finding.Likely
	if p.Facts.uses(s.Func, "load", "urlopen", "requests", "httpx", "pycurl", "urllib", "pwned", "hibp") || hasWord(s.Func.Name, "pwned", "hibp", "breach", "breached", "leaked") {
		sure = finding.Unsure
	}
	p.Report(s.Func, s.Call, "a password is hashed with "+s.Path, Graded(finding.High, sure))
}

// isSetting tells config.password: what the owner of the app wrote down.
func isSetting(e python.Expr) bool {
	a, ok := e.(*python.Attribute)
	return ok && hasWord(python.NameOrKey(a.Value), "cfg", "config", "settings", "conf")
}

// fewestRounds is how often PBKDF2 is to be repeated at the very least; OWASP says 600,000 for
// SHA-256, and 210,000 for SHA-512.
const fewestRounds = 100_000

func fastHash(path string) bool {
	switch path {
	case "hashlib.md5", "hashlib.sha1", "hashlib.sha224", "hashlib.sha256", "hashlib.sha384", "hashlib.sha512", "hashlib.new", "hashlib.sha3_256", "hashlib.sha3_512", "hashlib.blake2b", "hashlib.blake2s":
		return true
	}
	return false
}

// fedPassword reports whether an empty hash is made in a function that feeds it a password.
func fedPassword(s *Site) bool {
	found := false
	for _, st := range s.Func.Body {
		python.Inspect(st, func(n python.Node) bool {
			if c, ok := n.(*python.Call); ok && python.NameOrKey(c.Func) == "update" && len(c.Args) == 1 {
				found = found || passwordNear(&Site{Call: c})
			}
			return !found
		})
	}
	return found
}

// fastMethod tells methods of Werkzeug's generate_password_hash that are fast: plain hashes,
// and PBKDF2 with few rounds.
func fastMethod(method string) bool {
	switch method {
	case "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "plain":
		return true
	}
	if rest, ok := strings.CutPrefix(method, "pbkdf2:"); ok {
		if _, rounds, ok := strings.Cut(rest, ":"); ok {
			n, err := strconv.Atoi(rounds)
			return err == nil && n < fewestRounds
		}
	}
	return false
}

func fastScheme(name string) bool {
	switch name {
	case "md5_crypt", "des_crypt", "plaintext", "hex_md5", "hex_sha1", "hex_sha256", "hex_sha512", "ldap_md5", "ldap_sha1", "ldap_plaintext", "mysql323", "mysql41", "nthash", "lmhash", "apr_md5_crypt", "bsdi_crypt", "crypt16":
		return true
	}
	return false
}
