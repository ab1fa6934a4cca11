package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/internal/words"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// soughtTexts are what rules look for in the text of whole modules, in lower case, by sourceHas
// and modulesWith. They are looked for together: to read a million lines takes time.
func soughtTexts() []string {
	return []string{
		"csrf", "seasurf", "ratelimit", "rate_limit", "lockout", "failed_login", "login_attempts", "throttl", "limiter",
		"flask(", "flask_session", "flask_kvsession", "passwordfield", "before_", "render_template", "create table", "insert into",
		"login_user(", "session[", "session_cookie_secure", "alisman", "request.files", "max_content_length", "max_form_memory_size", "content_length", "upload_file_size", "filesize(",
		"x-frame-options", "content-security-policy", "strict-transport-security", "x-content-type-options", "flask_csp", "secure_headers", "secureheaders",
		"totp", "mfa", "2fa", "two_factor", "twofactor", "webauthn", "fido2", "oauth", "saml", "ldap", "openid", "oidc",
	}
}

// wordIndex finds the words of rules and the texts that they look for, once in each module.
type wordIndex struct {
	*words.Index
	found []*words.Found // by Module.ID
	outer []outerWords
}

// outerWords are the words of rules that stand outside of a module's functions.
type outerWords struct {
	known bool
	bits  uint64
}

func newWordIndex(modules int, all []*Rule) *wordIndex {
	ofRules := statementWords()
	for _, r := range all {
		ofRules = slices.Concat(ofRules, r.Words, r.Helpers)
	}
	return &wordIndex{Index: words.New(ofRules, soughtTexts()), found: make([]*words.Found, modules), outer: make([]outerWords, modules)}
}

// of are the words that the source of a module holds.
func (x *wordIndex) of(m *program.Module) *words.Found {
	if x.found[m.ID] == nil {
		x.found[m.ID] = x.Read(m.File.Source)
	}
	return x.found[m.ID]
}

// outside are the words of rules that stand in what a module does itself, such as to set a name that
// its functions use, and maybe some right beside it.
func (x *wordIndex) outside(m *program.Module) uint64 {
	w := &x.outer[m.ID]
	if w.known {
		return w.bits
	}
	w.known = true
	if strings.Contains(m.File.Source, "global ") { // any function may set such a name
		w.bits = x.of(m).All[0]
		return w.bits
	}
	for _, s := range m.File.Body {
		switch s.(type) {
		case *python.Function, *python.Class, *python.Import, *python.ImportFrom:
		default:
			w.bits |= x.of(m).Within(s.At().Start, s.At().End)
		}
	}
	return w.bits
}

// sourceHas reports whether the text of a module has a word in it, in whatever case.
func (f *Facts) sourceHas(m *program.Module, word string) bool {
	if number, ok := f.index.Number(word); ok {
		return f.index.of(m).All.Has(number)
	}
	return strings.Contains(strings.ToLower(m.File.Source), word)
}
