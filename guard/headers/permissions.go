package headers

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// permissions is the value of Permissions-Policy.
type permissions struct {
	value  []string
	ours   map[string]bool // the features in it; true: denied to everybody
	header string
}

// newPermissions makes the policy, or tells what is wrong with the two lists.
func newPermissions(allow, deny []string) (permissions, []error) {
	var mistakes []error
	list := map[string]string{}
	for _, name := range denied {
		list[name] = "()"
	}
	for _, name := range deny {
		if err := knownFeature(name); err != nil {
			mistakes = append(mistakes, hint.With(fmt.Errorf("headers.deny_features: %w", err), hint.Of(err)))
			continue
		}
		list[name] = "()"
	}
	for _, entry := range allow {
		name, who, err := allowed(entry)
		switch {
		case err != nil:
			mistakes = append(mistakes, hint.With(fmt.Errorf("headers.allow_features: %w", err), hint.Of(err)))
		case slices.Contains(deny, name):
			mistakes = append(mistakes, hint.With(fmt.Errorf("headers.allow_features: %q is in headers.deny_features too", name),
				"keep it in one of the two lists"))
		default:
			list[name] = who
		}
	}
	p := permissions{ours: map[string]bool{}}
	var members []string
	for name, who := range list {
		members = append(members, name+"="+who)
		p.ours[name] = who == "()"
	}
	slices.Sort(members)
	p.header = strings.Join(members, ", ")
	p.value = []string{p.header}
	return p, mistakes
}

// allowed reads an entry such as "geolocation" or "payment https://pay.example".
func allowed(entry string) (name, who string, err error) {
	words := strings.Fields(entry)
	if len(words) == 0 {
		return "", "", hint.With(fmt.Errorf("%q names no feature", entry), `write a feature such as "geolocation"`)
	}
	if err := knownFeature(words[0]); err != nil {
		return "", "", err
	}
	who = "(self"
	for _, origin := range words[1:] {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != origin || !plainHost(u.Host) {
			return "", "", hint.With(fmt.Errorf("%q: %q is no origin", entry, origin),
				fmt.Sprintf(`write "%s https://other.example", without a path`, words[0]))
		}
		who += ` "` + origin + `"`
	}
	return words[0], who + ")", nil
}

// plainHost says whether host can stand in a quoted string as it is.
func plainHost(host string) bool {
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.', c == '-', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return host != ""
}

// knownFeature refuses a name that no browser has had: a slip would go unnoticed.
func knownFeature(name string) error {
	nearest := ""
	for _, table := range [][]string{denied, untouched, unknown} {
		for _, known := range table {
			if known == name {
				return nil
			}
			if strings.ReplaceAll(known, "-", "") == strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name)) {
				nearest = known
			}
		}
	}
	if isHint(name) && token(name) {
		return nil
	}
	advice := `write a feature of Permissions-Policy, such as "geolocation", "camera" or "payment"`
	if nearest != "" {
		advice = fmt.Sprintf("write %q", nearest)
	}
	return hint.With(fmt.Errorf("%q is no browser feature", name), advice)
}

// merge adds what the app says of features that the policy says nothing of. weaker: the
// app would have opened a feature that is denied here.
//
// A header that is not well-formed browsers ignore as a whole, so what is added must be.
func (p *permissions) merge(app []string) (value []string, weaker bool) {
	merged := p.header
	for _, line := range app {
		for _, member := range splitMembers(line) {
			name, who, _ := strings.Cut(member, "=")
			deniedHere, ours := p.ours[name]
			switch {
			case ours:
				weaker = weaker || deniedHere && who != "()"
			case key(name) && allowlist(who):
				merged += ", " + name + "=" + who
			}
		}
	}
	if len(merged) == len(p.header) {
		return p.value, weaker
	}
	return []string{merged}, weaker
}

// splitMembers splits a dictionary (RFC 9651 section 3.2) at its commas.
func splitMembers(line string) []string {
	var members []string
	depth, quoted, start := 0, false, 0
	for i := 0; i <= len(line); i++ {
		if i == len(line) || line[i] == ',' && depth == 0 && !quoted {
			members = append(members, strings.Trim(line[start:i], " \t"))
			start = i + 1
			continue
		}
		switch line[i] {
		case '"':
			quoted = !quoted
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	return members
}

// key says whether s is a key of a dictionary (RFC 9651 section 4.2.3.3).
func key(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c == '*':
		case i > 0 && (c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// allowlist says whether s is "*", "self" or an inner list of words, strings and nothing else.
func allowlist(s string) bool {
	if s == "*" || s == "self" || s == "()" {
		return true
	}
	if len(s) < 3 || s[0] != '(' || s[len(s)-1] != ')' {
		return false
	}
	for _, word := range strings.Split(s[1:len(s)-1], " ") {
		text, quoted := strings.CutPrefix(word, `"`)
		if quoted {
			if text, quoted = strings.CutSuffix(text, `"`); !quoted || !visible(text) {
				return false
			}
		} else if word != "self" && word != "src" && word != "*" && word != "" {
			return false
		}
	}
	return true
}

// visible says whether s is visible ASCII without quotes and backslashes.
func visible(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// token says whether s is a token (RFC 9110 section 5.6.2) of lower-case letters, digits
// and hyphens.
func token(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return s != ""
}
