package config

import (
	"strings"

	"github.com/fumehood/fumehood/guard/caching"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/guard/csrf"
	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/guard/isolation"
	"github.com/fumehood/fumehood/guard/paths"
	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/guard/validate"
	"github.com/fumehood/fumehood/internal/hint"
)

// guards asks each guard what is wrong with its settings, so that every mistake is told
// with its place before anything starts. prefix is "" or that of a route. What a guard says
// of the site, such as of a template that is not there, shows when the server starts.
func (k *checker) guards(prefix string, c *Config) {
	_, err := headers.New(c.Headers)
	k.blame(prefix+"headers", err)
	_, err = csp.New(c.CSP, csp.Site{})
	k.blame(prefix+"csp", err)
	_, err = cors.New(c.CORS)
	k.blame(prefix+"cors", err)
	_, err = isolation.New(c.Isolation, nil)
	k.blame(prefix+"isolation", err)
	_, err = csrf.New(c.CSRF, csrf.Site{})
	k.blame(prefix+"csrf", err)
	_, err = caching.New(c.Caching, nil)
	k.blame(prefix+"caching", err)
	_, err = cookies.New(c.Cookies, cookies.App{})
	k.blame(prefix+"cookies", err)
	_, err = redirects.New(c.Redirects)
	k.blame(prefix+"redirects", err)
	rules := c.Validate
	rules.OpenAPI = "" // the file is read when the server starts
	_, err = validate.New(rules, validate.Site{})
	k.blame(prefix+"validate", err)
	k.blame(prefix+"ratelimit", c.RateLimit.Validate())
	_, err = paths.New(c.Paths, paths.Site{})
	k.blame(prefix+"paths", err)
	_, err = upload.New(c.Upload, upload.Site{})
	k.blame(prefix+"upload", err)
	k.blame(prefix+"login", c.Login.Validate())
	k.blame(prefix+"injection", c.Injection.Validate())
	_, err = reflected.New(c.Reflected, reflected.Site{})
	k.blame(prefix+"reflected", err)
	_, err = sinks.New(c.Sinks, nil)
	k.blame(prefix+"sinks", err)
}

// blame notes the mistakes in err, which begin with the key that they are about:
// "headers.hsts: ...".
func (k *checker) blame(table string, err error) {
	if err == nil {
		return
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			k.blame(table, one)
		}
		return
	}
	prefix, _, _ := strings.Cut(table, "]") // "route[0" or the table itself
	name := table[strings.LastIndexByte(table, '.')+1:]
	key, text := table, err.Error()
	if rest, ok := strings.CutPrefix(text, name+"."); ok {
		if setting, said, ok := strings.Cut(rest, ": "); ok && isKey(setting) {
			key, text = table+"."+setting, said
		}
	}
	if prefix != table && !k.first(table, text) {
		return // a route that inherits a mistake
	}
	k.wrong(key, hint.Of(err), "%s", text)
}

// isKey says whether s is a key, whose parts may stand in quotes.
func isKey(s string) bool {
	quoted := false
	for _, c := range s {
		if c == '"' {
			quoted = !quoted
		} else if c == ' ' && !quoted {
			return false
		}
	}
	return !quoted
}

// first says whether no general setting has this mistake already.
func (k *checker) first(table, text string) bool {
	general := table[strings.Index(table, "].")+2:]
	for _, p := range k.problems {
		if strings.HasPrefix(p.key, general) && p.text == text {
			return false
		}
	}
	return true
}
