package redirects

import "strings"

// Resolve tells the tests where raw leads from base, in the form of testdata/urls.json.
func Resolve(raw, base string) string {
	b := resolve(base, origin{})
	t := resolve(raw, origin{b.scheme, b.host, b.port})
	if t.kind == broken {
		return "invalid"
	}
	user := ""
	if strings.Trim(t.user, ":@") != "" {
		user = "user"
	}
	return strings.TrimRight(t.scheme+": "+t.host+" "+t.port+" "+user, " ")
}

// RefreshTarget is refreshTarget.
func RefreshTarget(value string) (string, bool) { return refreshTarget(value) }
