// Package isolation refuses what pages of other sites have a visitor's browser load from
// here: a resource isolation policy on the Sec-Fetch-* request headers (W3C Fetch Metadata).
//
// Attacks: cross-site leaks (whether an image, a search result or a redirect exists, told
// by whether it loads and how long it takes), cross-site script inclusion (data in a
// script that another site runs), Spectre (an answer in the memory of another site's
// process, whatever the browser then lets its scripts see), clickjacking by frame, object
// or embed, cross-site WebSockets, and as a second line cross-site requests that change
// something. They are refused before the app does any work. Not covered: forms on other
// sites that navigate here (guard/csrf decides on those; a login by SAML or OpenID comes
// back as one), script on this site (guard/csp), browsers from before 2023 and clients that
// are no browser: they send no Sec-Fetch-Site and pass, as link previews, feed readers and
// webhooks must.
//
// Order: after cors, whose origins it takes as allowed, and before csrf and the body.
//
// Allowed are: requests of this site's own pages (same-origin) and of the visitor (none);
// navigations of a whole window, by whatever method; frames, where policy lets every site
// frame; requests whose Origin the cors policy allows; kinds of content that policy makes
// embeddable. Sibling hosts (same-site) are other sites. A value that no standard knows is
// taken as cross-site: the standard would have it ignored, but no browser sends it.
//
// Answers get no Vary: what passes does not depend on the headers, and a shared cache that
// gives it to another site's page gives away what is public anyway, under the
// Cross-Origin-Resource-Policy of guard/headers. Refusals are not stored and have a Vary.
package isolation

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard refuses what other sites load. Make one with New.
type Guard struct {
	mode       fumehood.Mode
	frames     bool
	siblings   bool
	embeddable []string
	allowed    func(origin string) bool
	ready      bool
}

// kinds are the destinations (Fetch, "destination type") that can be made embeddable: those
// by which a page takes in a resource. Frames have a setting of their own, workers must be
// of the same origin, and fetches are the matter of cors.
func kinds() []string {
	return []string{"audio", "embed", "font", "image", "manifest", "object", "script", "style", "track", "video"}
}

// New returns a Guard, or every mistake in cfg. allowed says whether the cors policy allows
// an origin such as "https://app.example"; nil means none.
func New(cfg Config, allowed func(origin string) bool) (*Guard, error) {
	_, mistakes := hint.Mode("isolation.mode", cfg.Mode)
	switch cfg.Frame {
	case "same-origin", "deny", "dangerously-any", "":
	default:
		mistakes = append(mistakes, hint.With(
			fmt.Errorf("isolation.frame: %q is unknown", cfg.Frame), "write same-origin, deny or dangerously-any"))
	}
	for _, kind := range cfg.DangerouslyEmbeddable {
		if slices.Contains(kinds(), kind) {
			continue
		}
		advice := "write one of " + strings.Join(kinds(), ", ")
		switch kind {
		case "iframe", "frame", "document":
			advice = `frames are opened by csp.frame_ancestors = ["https://that-site.example"]`
		case "empty", "*", "all":
			advice = `name the origins in cors, or set isolation.mode = "off" for the route`
		}
		mistakes = append(mistakes, hint.With(
			fmt.Errorf("isolation.dangerously_embeddable: %q is no kind of content", kind), advice))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return &Guard{
		mode: cfg.Mode, frames: cfg.Frame == "dangerously-any", siblings: cfg.DangerouslyTrustSameSite,
		embeddable: slices.Clone(cfg.DangerouslyEmbeddable), allowed: allowed, ready: true,
	}, nil
}

// Check says whether a page of another site had r made, and may not; whatever the mode.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("isolation")
	}
	foreign := ""
	for _, site := range r.Header["Sec-Fetch-Site"] {
		switch site {
		case "same-origin", "none", "":
		case "same-site":
			if !g.siblings {
				foreign = site
			}
		default:
			foreign = site
		}
	}
	if foreign == "" {
		return nil
	}
	mode, one := only(r.Header["Sec-Fetch-Mode"])
	dest, single := only(r.Header["Sec-Fetch-Dest"])
	if one && single && g.mayLoad(r, mode, dest) {
		return nil
	}
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "isolation.cross-site",
		Public: "Only this site's own pages may load this.",
		Err:    &cause{foreign, mode, dest}, Header: vary,
	}
}

// vary: what is refused depends on these.
var vary = http.Header{"Vary": {"Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, Origin"}}

// mayLoad says whether another site may make such a request.
func (g *Guard) mayLoad(r *http.Request, mode, dest string) bool {
	if mode == "navigate" {
		switch dest {
		case "document", "": // Chromium 76 to 79 sent no Sec-Fetch-Dest, and another mode for frames
			return true
		case "iframe", "frame":
			return g.frames
		}
	}
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && slices.Contains(g.embeddable, dest) {
		return true
	}
	// The browser says the origin of every request whose answer a page may read, and of every
	// one that is not GET or HEAD. "null" is whoever wants to be it.
	switch mode {
	case "cors", "no-cors", "websocket":
		origin, one := only(r.Header["Origin"])
		return g.allowed != nil && one && origin != "" && origin != "null" && g.allowed(origin)
	}
	return false
}

// only returns the one value of a field, and whether there are no more.
func only(values []string) (value string, ok bool) {
	switch len(values) {
	case 0:
		return "", true
	case 1:
		return values[0], true
	}
	return strings.Join(values, ", "), false
}

// cause is put into words when somebody reads it: refusing must be cheap.
type cause struct{ site, mode, dest string }

// Error says what the browser said.
func (c *cause) Error() string {
	text := fmt.Sprintf("the browser says: site %.40q, mode %.40q, destination %.40q", c.site, c.mode, c.dest)
	switch {
	case c.dest == "iframe" || c.dest == "frame":
		text += `; if that site may frame this: csp.frame_ancestors = ["'self'", "https://that-site.example"]`
	case slices.Contains(kinds(), c.dest):
		text += fmt.Sprintf(`; if any site may embed this: isolation.dangerously_embeddable = [%q] and headers.resource = "dangerously-cross-origin"`, c.dest)
	case c.mode == "cors" || c.mode == "websocket":
		text += "; if that site may use this: name its origin in cors"
	}
	return text
}

// Handler passes to next what other sites may load, and everything else.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("isolation"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if verdict := g.Check(r); verdict != nil && fumehood.Decide(w, r, g.mode, verdict) {
			return
		}
		next.ServeHTTP(w, r)
	})
}
