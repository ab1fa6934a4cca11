package csp

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// rule says what a list of sources may hold.
type rule struct {
	key      string
	keywords []string // such as 'self'
	schemes  []string // that may stand alone
	hashes   bool
	wildcard bool // "https://*.example"
	path     bool
}

// check returns what is wrong with the entries of a list.
func (r rule) check(entries []string) []error {
	var mistakes []error
	for _, entry := range entries {
		if problem, advice := r.wrong(entry); problem != "" {
			mistakes = append(mistakes, hint.With(fmt.Errorf("csp.%s: %q %s", r.key, entry, problem), advice))
		}
	}
	return mistakes
}

func (r rule) wrong(entry string) (problem, advice string) {
	const example = `write a source such as "https://cdn.example/lib.js"`
	for i := 0; i < len(entry); i++ {
		if c := entry[i]; c <= ' ' || c > 0x7e || c == ';' || c == ',' {
			return "is more than one source", "write each source by itself: [\"https://a.example\", \"https://b.example\"]"
		}
	}
	switch {
	case entry == "":
		return "is no source", example
	case entry[0] == '\'' || strings.HasPrefix(entry, "nonce-") || strings.HasPrefix(entry, "sha"):
		return r.wrongKeyword(entry)
	case entry == "*":
		return "allows every site", example
	}
	scheme, rest, hasHost := strings.Cut(entry, "://")
	if alone, ok := strings.CutSuffix(entry, ":"); ok && !hasHost {
		for _, allowed := range r.schemes {
			if alone == allowed {
				return "", ""
			}
		}
		return "allows a whole scheme", example
	}
	if !hasHost {
		scheme, rest = "https", entry
	}
	switch scheme {
	case "https", "http", "wss", "ws":
	default:
		return "has a scheme that no page loads from", example
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	switch {
	case strings.ContainsAny(path, "?#"):
		return "has a query, which a policy does not compare", fmt.Sprintf("write %q", entry[:strings.IndexAny(entry, "?#")])
	case path != "" && path != "/" && !r.path:
		return "has a path", fmt.Sprintf("write %q", strings.TrimSuffix(entry, path))
	}
	return r.wrongHost(host)
}

func (r rule) wrongHost(host string) (problem, advice string) {
	if below, ok := strings.CutPrefix(host, "*."); ok {
		if !r.wildcard {
			return "allows whatever lies on any of those hosts", "name the host: \"https://cdn." + below + "/lib.js\""
		}
		host = below
		if !strings.Contains(host, ".") {
			return "allows every site of a whole domain", `write "https://*.example.org"`
		}
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && (port == "" || strings.Trim(port, "0123456789") != "") || !plainHost(name) {
		return "has no host that a policy can name", `write a source such as "https://cdn.example/lib.js"`
	}
	return "", ""
}

func (r rule) wrongKeyword(entry string) (problem, advice string) {
	for _, allowed := range r.keywords {
		if entry == allowed {
			return "", ""
		}
	}
	bare := strings.Trim(entry, "'")
	switch {
	case r.hashes && validHash(entry):
		return "", ""
	case bare == "unsafe-inline":
		return "lets injected scripts run", "if it must be: csp.dangerously_allow_unsafe_inline = true"
	case bare == "unsafe-eval":
		return "lets text run as code", "if it must be: csp.dangerously_allow_unsafe_eval = true"
	case strings.HasPrefix(bare, "nonce-"):
		return "is the same for everybody, so it is no secret", "templates need no nonce: their scripts are allowed by hash"
	case r.hashes && validHash("'"+bare+"'"):
		return "has no quotes", "write \"'" + bare + "'\""
	}
	return "is no source that can be given here", `write a source such as "https://cdn.example/lib.js"`
}

// validHash says whether s is 'sha256-...' (CSP level 3, section 2.3.1).
func validHash(s string) bool {
	if len(s) < 3 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return false
	}
	algorithm, value, _ := strings.Cut(s[1:len(s)-1], "-")
	sum, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(value))
	sizes := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}
	return err == nil && len(sum) > 0 && len(sum) == sizes[algorithm]
}

// plainHost says whether s is a host as the grammar of a policy has it: letters, digits,
// "-" and "." (CSP level 3, host-part); no IPv6, no underscore.
func plainHost(s string) bool {
	if s == "" || s[0] == '.' || strings.Contains(s, "..") {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if !(c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '-' || s[i] == '.') {
			return false
		}
	}
	return true
}
