package csrf

import (
	"net/http"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/cookie"
)

// isOwn says whether name is that of a cookie of the guard's.
func isOwn(name string) bool { return name == secureCookie || name == plainCookie }

// hasOwn says whether there is a cookie of the guard's.
func hasOwn(fields []string) bool {
	for _, field := range fields {
		if strings.Contains(field, plainCookie) { // a part of both names
			found := false
			cookie.Each(fields, func(name, _ string) { found = found || isOwn(name) })
			return found
		}
	}
	return false
}

// withoutOwn returns the Cookie fields without the guard's own cookies, nil for none.
func withoutOwn(fields []string) []string {
	var rest []string
	for _, field := range fields {
		var kept []string
		for pair := range strings.SplitSeq(field, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if !isOwn(strings.Trim(name, " \t")) {
				kept = append(kept, pair)
			}
		}
		if text := strings.Trim(strings.Join(kept, ";"), " \t"); text != "" {
			rest = append(rest, text)
		}
	}
	return rest
}

// lastSet returns what the Set-Cookie fields make of the cookie with this name.
func lastSet(fields []string, name string) (value string, deleted, found bool) {
	for _, field := range fields {
		pair, _, _ := strings.Cut(field, ";")
		n, v, _ := strings.Cut(pair, "=")
		if strings.Trim(n, " \t") != name {
			continue
		}
		value, found = strings.Trim(v, " \t"), true
		deleted = value == ""
		if c, err := http.ParseSetCookie(field); err == nil {
			expired := !c.Expires.IsZero() && c.Expires.Before(time.Now())
			deleted = deleted || c.MaxAge < 0 || c.MaxAge == 0 && expired
		}
	}
	return value, deleted, found
}

// ownCookie returns the Set-Cookie field for value. It is gone when the browser closes.
func ownCookie(name, value string) string {
	field := name + "=" + value + "; Path=/; HttpOnly; SameSite=Lax"
	if name == secureCookie {
		field += "; Secure"
	}
	return field
}
