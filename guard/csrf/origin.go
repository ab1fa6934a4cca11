package csrf

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// source is where a request comes from.
type source uint8

const (
	fromNobodyKnows source = iota
	fromHere
	fromTrusted
)

// origin says where r comes from, by the first of the three headers that it has, or refuses.
func (g *Guard) origin(r *http.Request) (source, error) {
	if site, found := r.Header["Sec-Fetch-Site"]; found {
		if len(site) == 1 && (site[0] == "same-origin" || site[0] == "none") {
			return fromHere, nil
		}
		if origin := r.Header["Origin"]; len(origin) == 1 && g.trusts(origin[0]) {
			return fromTrusted, nil
		}
		return fromNobodyKnows, &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "csrf.cross-site",
			Public: "Another site made your browser send this request.",
			Err:    &comparison{"Sec-Fetch-Site", site, "same-origin or none", r.Header["Origin"]},
		}
	}
	if origin, found := r.Header["Origin"]; found {
		if len(origin) == 1 && isOrigin(r, origin[0]) {
			return fromHere, nil
		}
		if len(origin) == 1 && g.trusts(origin[0]) {
			return fromTrusted, nil
		}
		return fromNobodyKnows, &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "csrf.origin",
			Public: "Another site made your browser send this request.",
			Err:    &comparison{"Origin", origin, fumehood.Scheme(r) + "://" + r.Host, nil},
		}
	}
	return g.referer(r)
}

// referer is origin for what has neither Sec-Fetch-Site nor Origin. Where there is no
// credential, a Referer decides nothing: programs send it, too.
func (g *Guard) referer(r *http.Request) (source, error) {
	referer := r.Header["Referer"]
	if len(referer) == 0 || len(referer) == 1 && referer[0] == "" || !hasCredentials(r) {
		return fromNobodyKnows, nil
	}
	if len(referer) == 1 {
		origin := originOf(referer[0])
		if isOrigin(r, origin) {
			return fromHere, nil
		}
		if g.trusts(origin) {
			return fromTrusted, nil
		}
	}
	return fromNobodyKnows, &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "csrf.referer",
		Public: "Another site made your browser send this request.",
		Err:    &comparison{"Referer", referer, fumehood.Scheme(r) + "://" + r.Host, nil},
	}
}

func (g *Guard) trusts(origin string) bool {
	if len(g.trusted) == 0 {
		return false
	}
	_, ok := g.trusted[origin]
	return ok
}

// noProof is the refusal of a request that nothing says enough about.
func (g *Guard) noProof(r *http.Request) error {
	cause := errors.New("credentials, but no Sec-Fetch-Site, Origin, Referer or token; a program can send an Origin that is trusted")
	if g.token == always {
		cause = errors.New("no token")
	}
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "csrf.no-proof",
		Public: "Nothing shows that this request comes from a page of this site.",
		Err:    fmt.Errorf("%.20q: %w", r.Method, cause),
	}
}

// comparison is the private cause of a refusal: what was compared. It becomes a text only
// when somebody reads it.
type comparison struct {
	header string
	got    []string
	want   string
	origin []string
}

// Error implements error.
func (c *comparison) Error() string {
	text := fmt.Sprintf("%s is %.255q, want %s", c.header, strings.Join(c.got, ", "), c.want)
	if len(c.origin) > 0 {
		text += fmt.Sprintf(" (Origin %.255q)", strings.Join(c.origin, ", "))
	}
	if rest, ok := strings.CutPrefix(c.want, "http://"); ok && len(c.got) == 1 && originOf(c.got[0]) == "https://"+rest {
		text += "; where a proxy ends TLS, name it in clientip.trusted_proxies"
	}
	return text
}

// isOrigin says whether origin is this site's, as the client sees it.
func isOrigin(r *http.Request, origin string) bool {
	scheme := fumehood.Scheme(r)
	n := len(scheme)
	if len(origin) < n+4 || origin[:n] != scheme || origin[n:n+3] != "://" {
		return false
	}
	host := origin[n+3:]
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '-', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	host = withoutPort(scheme, host)
	return host != "" && equalFold(host, withoutPort(scheme, r.Host))
}

// withoutPort returns host without the port that scheme has by default.
func withoutPort(scheme, host string) string {
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	return strings.TrimSuffix(strings.TrimSuffix(host, port), ":")
}

// originOf returns the origin of a URL as it is written, "" where it has none.
func originOf(u string) string {
	i := strings.Index(u, "://")
	if i < 0 {
		return ""
	}
	if end := strings.IndexAny(u[i+3:], "/?#"); end >= 0 {
		return u[:i+3+end]
	}
	return u
}

// checkOrigin says what is wrong with an origin of the configuration.
func checkOrigin(s string) error {
	wrong := func(what, advice string) error { return hint.With(fmt.Errorf("%q %s", s, what), advice) }
	const advice = `write an origin such as "https://pay.example"`
	switch {
	case s == "null":
		return wrong("is what browsers say when they hide an origin, and anybody's page can have it", "leave it out: it cannot be trusted")
	case strings.Contains(s, "*"):
		return wrong("has a wildcard", "name each origin")
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		host, _, _ := strings.Cut(s, "/")
		return wrong("is no origin", fmt.Sprintf("write %q", "https://"+host))
	}
	host := rest
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		host = rest[:i]
	}
	switch {
	case !isScheme(scheme):
		return wrong("is no origin", advice)
	case host != rest:
		return wrong("has a path, which is not part of an origin", fmt.Sprintf("write %q", scheme+"://"+host))
	case strings.Contains(host, "@"):
		return wrong("has a user, who is not part of an origin", fmt.Sprintf("write %q", scheme+"://"+host[strings.LastIndex(host, "@")+1:]))
	case strings.ToLower(s) != s:
		return wrong("has capitals, which browsers never send", fmt.Sprintf("write %q", strings.ToLower(s)))
	case withoutPort(scheme, host) != host && (scheme == "http" || scheme == "https"):
		return wrong("has a port that browsers leave out", fmt.Sprintf("write %q", scheme+"://"+withoutPort(scheme, host)))
	}
	if err := checkHost(host); err != nil {
		return hint.With(fmt.Errorf("%q is no origin: %w", s, err), advice)
	}
	return nil
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if letter := c >= 'a' && c <= 'z'; !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

// checkHost says what is wrong with host[:port].
func checkHost(host string) error {
	u, err := url.Parse("http://" + host)
	if err != nil {
		return errors.New("the host or the port is malformed")
	}
	name, port := u.Hostname(), u.Port()
	if strings.HasPrefix(host, "[") {
		if ip, err := netip.ParseAddr(name); err != nil || ip.Zone() != "" || ip.String() != name {
			return errors.New("the address is not written as browsers write it")
		}
	} else if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return errors.New("the host is no name in ASCII (for others write the xn-- form)")
	}
	if strings.HasSuffix(host, ":") || port != "" && (len(port) > 5 || port[0] == '0') {
		return errors.New("the port is malformed")
	}
	return nil
}

// equalFold compares without regard to case, in ASCII only: strings.EqualFold takes the
// Kelvin sign for a k.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// containsFold says whether s has part, which is in lower case, in whatever case.
func containsFold(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if equalFold(s[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
