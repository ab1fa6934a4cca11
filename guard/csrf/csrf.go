// Package csrf refuses requests that another site made a browser send.
//
// Attacks: cross-site request forgery, by form, fetch, image or link (the password changed,
// the user logged out, or logged in as somebody else), and cross-site WebSocket hijacking.
// Not covered: what an injected script of one's own site does; GET routes that change
// something, unless they are named (PostOnly); login by a browser that has no cookie and
// says nothing of where the request comes from, as no browser since 2011 does; a token that
// injected markup leads away (a button with a formaction, a <base> after the form), which a
// Content-Security-Policy with form-action and base-uri stops.
//
// What decides, in this order: Sec-Fetch-Site (W3C Fetch Metadata), Origin (RFC 6454) by
// scheme, host and port, Referer by its origin, and a token. What a header says counts
// whether or not there is a cookie: a login has none yet. A request of which no header says
// anything passes when it has no cookie and no Authorization that browsers add by
// themselves (API clients, webhooks), and needs a token when it has. Client certificates
// count as neither.
//
// Order: HeaderHandler MUST come after clientip, which knows the scheme, and SHOULD come
// before everything that costs something; TokenHandler MUST come after body and after what
// renames cookies. Handler is both at once.
package csrf

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// keyLength is the shortest key (bytes).
const keyLength = 32

// Site is what the guard needs to know of the site.
type Site struct {
	// Key signs tokens: at least 32 random bytes. All guards of a site must have the same
	// one, also after a restart. Nil: one that only this guard has.
	Key []byte

	// Session are the names of the cookies that say who somebody is, as the app has them.
	Session []string

	// Reads says whether scripts of an origin may send requests without credentials, as
	// guard/cors allows them to. Nil: none.
	Reads func(origin string) bool

	Logger *slog.Logger // nil: slog.Default()
}

// Guard refuses what other sites caused. Make one with New.
type Guard struct {
	ready         bool
	mode          fumehood.Mode
	trusted       map[string]struct{} // origins
	token         policy
	postOnly      bool
	allowOverride bool
	session       []string
	keys          keys
	reads         func(origin string) bool
}

// policy is Config.Token.
type policy uint8

const (
	auto policy = iota
	always
	never
)

// New returns a Guard, or every mistake in cfg and site.
func New(cfg Config, site Site) (*Guard, error) {
	g := &Guard{
		ready: true, mode: cfg.Mode, trusted: map[string]struct{}{}, postOnly: cfg.PostOnly,
		allowOverride: cfg.DangerouslyAllowMethodOverride, session: slices.Clone(site.Session),
		reads: site.Reads,
	}
	_, mistakes := hint.Mode("csrf.mode", cfg.Mode)
	switch cfg.Token {
	case "auto", "":
	case "always":
		g.token = always
	case "off":
		g.token = never
	default:
		mistakes = append(mistakes, hint.With(fmt.Errorf("csrf.token: %q is not known", cfg.Token), "write auto, always or off"))
	}
	for _, origin := range cfg.TrustedOrigins {
		if err := checkOrigin(origin); err != nil {
			mistakes = append(mistakes, fmt.Errorf("csrf.trusted_origins: %w", err))
		}
		g.trusted[origin] = struct{}{}
	}
	key := site.Key
	if key == nil {
		key = make([]byte, keyLength)
		rand.Read(key) // never fails
		log := site.Logger
		if log == nil {
			log = slog.Default()
		}
		log.Debug("csrf: there is no key; tokens are good for this process only")
	}
	if len(key) < keyLength {
		mistakes = append(mistakes, hint.With(fmt.Errorf("the key of csrf tokens has %d bytes", len(key)), "give it 32 random bytes"))
	}
	g.keys = newKeys(key)
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// Check says whether r may go on, whatever the mode, by its head alone. Where only the
// token in a form could show that, the answer is no; Handler looks into the form, too.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("csrf")
	}
	asked, err := g.judge(r)
	if err != nil || !asked {
		return err
	}
	return g.checkToken(r, "")
}

// judge decides by what the headers say. asked means that a token has to decide.
func (g *Guard) judge(r *http.Request) (asked bool, err error) {
	if !g.allowOverride {
		if err := overrides(r); err != nil {
			return false, err
		}
	}
	if isSafe(r) {
		return false, nil
	}
	from, err := g.origin(r)
	if err != nil {
		if g.readsWithout(r) {
			return false, nil
		}
		return false, err
	}
	switch {
	case from == fromTrusted: // it cannot have a token
		return false, nil
	case from == fromHere:
		return g.token == always && len(r.Header["Cookie"]) > 0 && isForm(r), nil
	case !hasCredentials(r):
		return false, nil
	case g.token == never:
		return false, g.noProof(r)
	}
	return true, nil
}

// readsWithout says whether r is what guard/cors lets a script of another site send: with
// nothing of the visitor's in it.
func (g *Guard) readsWithout(r *http.Request) bool {
	origin := r.Header["Origin"]
	return g.reads != nil && len(origin) == 1 && origin[0] != "null" && !hasCredentials(r) && g.reads(origin[0])
}

// isSafe says whether r must not change anything (RFC 9110, section 9.2.1). Opening a
// WebSocket is a GET that can.
func isSafe(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet:
		for _, upgrade := range r.Header["Upgrade"] {
			if containsFold(upgrade, "websocket") {
				return false
			}
		}
		return true
	case http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// hasCredentials says whether r has what a browser adds by itself.
func hasCredentials(r *http.Request) bool {
	if len(r.Header["Cookie"]) > 0 {
		return true
	}
	for _, authorization := range r.Header["Authorization"] {
		if isAmbient(authorization) {
			return true
		}
	}
	return false
}

// isAmbient tells the schemes (IANA, HTTP Authentication Schemes) that browsers repeat
// without being asked from those that a script has to add, such as Bearer.
func isAmbient(authorization string) bool {
	scheme := authorization
	for i := 0; i < len(scheme); i++ {
		if scheme[i] == ' ' || scheme[i] == '\t' || scheme[i] == ',' {
			scheme = scheme[:i]
			break
		}
	}
	for _, ambient := range [...]string{"Basic", "Digest", "Negotiate", "NTLM", "Kerberos", "Mutual", "HOBA"} {
		if equalFold(scheme, ambient) {
			return true
		}
	}
	return len(scheme) >= 6 && equalFold(scheme[:6], "SCRAM-")
}

// isForm says whether the body can be what a form sends (HTML standard, section 4.10.21.6),
// which other sites may send without asking. What is unclear counts as one.
func isForm(r *http.Request) bool {
	types := r.Header["Content-Type"]
	if len(types) != 1 {
		return len(types) > 1
	}
	return formKind(types[0]) != noForm
}

// HeaderHandler passes on what the headers allow. It reads no body: TokenHandler MUST
// follow further inside, for the requests that a token has to decide.
func (g *Guard) HeaderHandler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return notReady()
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, verdict := g.judge(r)
		if asked && !mayCarryToken(r) {
			verdict = g.noProof(r)
		}
		if verdict != nil {
			if fumehood.Decide(w, r, g.mode, verdict) {
				return
			}
			r = markReported(r)
		}
		next.ServeHTTP(w, r)
	})
}

// Handler passes on what another site has not caused.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return g.HeaderHandler(g.TokenHandler(next))
}

func notReady() http.Handler {
	return fumehood.RefuseAll(fumehood.NotReady("csrf"))
}
