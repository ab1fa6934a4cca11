// Package redirects keeps an answer's header fields whole and its redirects on the site.
//
// Attacks: a line end, NUL or other control character that user input brought into a header
// field (response splitting, forged cookies); an open redirect, where a link to this site
// leads to the attacker's, in all the ways a browser can be told so (//host, /\host, a user
// before an "@", tabs, fullwidth letters); a redirect to javascript: or data:. Not covered: a
// redirect that the app stored earlier, names in a JSON body, and redirects that a page
// makes by script or by <meta>.
//
// Order: the innermost guard but errorpages, so that it sees what the app says and nothing
// that other guards add.
//
// A foreign redirect is one that leaves the site, read as the URL Standard reads it, and
// whose host the request has brought along: in its path, query, form, cookies or other
// header fields, encoded up to twice. A foreign host that is the app's own choice passes
// (the login page of another service). Trailers, which come after the body, are not seen; no
// browser goes to a Content-Location.
package redirects

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard refuses answers with broken header fields and redirects that an attacker chose. Make
// one with New.
type Guard struct {
	ready     bool
	mode      fumehood.Mode
	exact     map[string]bool
	wildcards []string // ".shop.example" for "*.shop.example"
}

// New returns a Guard, or every mistake in cfg. Without a mode it enforces; the mode of the
// configuration file is report.
func New(cfg Config) (*Guard, error) {
	g := &Guard{ready: true, mode: cfg.Mode, exact: map[string]bool{}}
	var mistakes []error
	g.mode, mistakes = hint.Mode("redirects.mode", cfg.Mode)
	for _, entry := range cfg.Allow {
		if err := g.allow(entry); err != nil {
			mistakes = append(mistakes, fmt.Errorf("redirects.allow: %w", err))
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// allow adds one entry of the configuration.
func (g *Guard) allow(entry string) error {
	name, wild := strings.CutPrefix(entry, "*.")
	t := resolve("https://"+name, origin{scheme: "https"})
	if t.kind != web || t.authority != name || portColon(name) >= 0 {
		advice := `write a name such as "accounts.example.org"`
		if t = resolve(entry, origin{scheme: "https"}); t.kind == web && t.host != "" {
			advice = fmt.Sprintf("write %q", t.host)
		}
		return hint.With(fmt.Errorf("%q is no host name", entry), advice)
	}
	if strings.Contains(name, "*") {
		return hint.With(fmt.Errorf("%q: only the first label can be a star", entry), `write a name such as "*.shop.example"`)
	}
	host := strings.TrimSuffix(t.host, ".")
	if !wild {
		g.exact[host] = true
		return nil
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || registrable(host) == "" {
		return hint.With(fmt.Errorf("%q has no names below it that belong to one owner", entry), `write a name such as "*.shop.example"`)
	}
	g.wildcards = append(g.wildcards, "."+host)
	return nil
}

func (g *Guard) allows(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if g.exact[host] {
		return true
	}
	for _, suffix := range g.wildcards {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// Handler passes requests to next and looks at the head of its answers.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("redirects"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body := keptBody(r); len(body) > 0 {
			answer.Serve(w, r, &posted{g, body}, next)
			return
		}
		answer.Serve(w, r, g, next)
	})
}

// posted is the hook of a request with a body, which is closed when the head leaves.
type posted struct {
	*Guard
	body []byte // the beginning of it
}

// Head implements answer.Hook.
func (p *posted) Head(h *answer.Head) { p.head(h, p.body) }

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "redirects" }

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) { g.head(h, nil) }

func (g *Guard) head(h *answer.Head, body []byte) {
	if h.Refused != nil {
		return
	}
	var locations, refreshes []string
	for name, values := range h.Header {
		if refusal := checkField(name, values); refusal != nil {
			replace(h, refusal)
			return
		}
		switch len(name) { // a Go handler may write the names as it likes
		case len("Location"):
			if strings.EqualFold(name, "Location") {
				locations = append(locations, values...)
			}
		case len("Refresh"):
			if strings.EqualFold(name, "Refresh") {
				refreshes = append(refreshes, values...)
			}
		}
	}
	if len(locations)+len(refreshes) > 0 {
		g.follow(h, body, locations, refreshes)
	}
}

// follow judges every place that the answer sends a browser to.
func (g *Guard) follow(h *answer.Head, body []byte, locations, refreshes []string) {
	for _, location := range locations[min(1, len(locations)):] {
		if location != locations[0] {
			replace(h, unsendable(fmt.Errorf("two Location fields, %.200q and %.200q", locations[0], location)))
			return
		}
	}
	site := originOf(h.Request)
	targets := locations
	for _, refresh := range refreshes {
		if url, ok := refreshTarget(refresh); ok {
			targets = append(targets, url)
		}
	}
	for _, raw := range targets {
		refusal, always := g.judge(h.Request, body, raw, site)
		switch {
		case refusal == nil:
		case always, g.mode == fumehood.Enforce:
			replace(h, refusal)
			return
		default:
			fumehood.Note(h.Request, refusal)
		}
	}
	if len(locations) > 0 {
		g.keepTLS(h, locations[0], site)
	}
}

// judge says why raw must not be followed, and whether that holds in report mode too.
func (g *Guard) judge(r *http.Request, body []byte, raw string, site origin) (refusal *fumehood.Refusal, always bool) {
	if strings.ContainsFunc(raw, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return unsendable(fmt.Errorf("a control character in the redirect to %.200q", raw)), true // only a tab is left
	}
	t := resolve(raw, site)
	switch {
	case t.kind == script:
		return &fumehood.Refusal{
			Status: http.StatusForbidden, Code: "redirects.script",
			Public: "This link would have started something other than a page.",
			Err:    fmt.Errorf("a redirect to %.200q", raw),
		}, true
	case t.user == "" && (site.owns(t) || t.kind == web && g.allows(t.host)):
		return nil, false
	}
	where := mentioned(r, body, t, site)
	if where == "" {
		return nil, false
	}
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "redirects.foreign",
		Public: "This link would have taken you to another site.",
		Err:    fmt.Errorf("a redirect to %.200q (%s), which comes from %s; redirects.allow would let it pass", raw, t.describe(), where),
	}, false
}

// keepTLS has a redirect of the app to its own plain-http address, which apps behind a
// proxy make, lead to https, unless that is where the visitor already is.
func (g *Guard) keepTLS(h *answer.Head, raw string, site origin) {
	t := resolve(raw, site)
	if site.scheme != "https" || t.kind != web || t.scheme != "http" || t.host != site.host {
		return
	}
	fumehood.Note(h.Request, &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "redirects.downgrade",
		Public: "This link would have led away from the encrypted site.",
		Err:    fmt.Errorf("the app redirects from https to %.200q", raw),
	})
	const scheme = "http://"
	if g.mode != fumehood.Enforce || len(raw) < len(scheme) || !strings.EqualFold(raw[:len(scheme)], scheme) {
		return
	}
	better := "https://" + raw[len(scheme):]
	t = resolve(better, site)
	if site.owns(t) && t.rest != h.Request.URL.RequestURI() {
		h.Header["Location"] = []string{better}
	}
}

// replace puts a refusal in the place of what the app said: nothing of that stays.
func replace(h *answer.Head, refusal *fumehood.Refusal) {
	advice := ""
	if refusal.Status == http.StatusForbidden {
		advice = "Somebody may have made the link to mislead you. This site itself is not in danger; open it by its own address."
	}
	h.Refuse(refusal, advice)
}

func unsendable(cause error) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "redirects.field",
		Public: "The site gave an answer that cannot be sent.",
		Err:    cause,
	}
}

// checkField refuses what RFC 9110 (sections 5.1 and 5.5) lets no field hold. net/http
// would leave such a name out and write a space for a line end: the field of an attacker's
// making would be gone, and so would perhaps one that protects.
func checkField(name string, values []string) *fumehood.Refusal {
	if !validName(strings.TrimPrefix(name, http.TrailerPrefix)) {
		return unsendable(fmt.Errorf("the header name %.60q", name))
	}
	for _, value := range values {
		for i := 0; i < len(value); i++ {
			if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
				return unsendable(fmt.Errorf("a control character in the header %s: %.200q", name, value))
			}
		}
	}
	return nil
}

// validName: a token (RFC 9110 section 5.6.2).
func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
