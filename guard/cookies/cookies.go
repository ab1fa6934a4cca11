// Package cookies hardens every cookie that an app sets and accepts only session cookies
// that nobody but this host can have set.
//
// Attacks: a session cookie read by a script, sent over plain http or sent along by
// another site (each Set-Cookie gets Secure, HttpOnly and SameSite=Lax); cookie tossing, by
// which a sibling host or somebody on the way of a plain http request plants a session in
// a victim's browser (the browser knows the session as "__Host-session", which only this
// host can set over https; the app knows it as "session"); two parsers that read one
// Cookie field in two ways (quotes across semicolons, nameless cookies, odd names); a full
// cookie jar that locks a visitor out. Not covered: a script that runs on the site and
// acts in the visitor's name, a cookie stolen from the visitor's disk, and tossing over
// plain http, where no cookie can be trusted.
//
// Order: MUST come inside of clientip (which knows the scheme) and of caching (which has
// to see the Set-Cookie fields made here), and outside of everything that reads a session.
// One of it around a request: a second one would take the app's name for a planted cookie.
//
// What cannot come from an honest browser is refused, and the browser is told to forget
// it, so that nobody stays locked out: two different cookies of one protected name, a
// cookie or a jar too large, control characters. What a stray cookie of another site may
// be is taken away and the request goes on: a session under its plain name, cookies
// without a name, names that look like a protected one, values with half a quote or bytes
// that are not UTF-8 (on which Werkzeug's parse_cookie fails, for the whole request).
package cookies

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

const (
	mostSessions = 8
	mostCookies  = 180  // for one site, as Chromium keeps them
	mostBytes    = 4096 // of a name and its value, RFC 6265bis section 5.6
	mostOfOne    = 1024 // of an attribute's value, RFC 6265bis section 5.6

	defaultMaxHeader = 16 * fumehood.KB
)

// App is what is known of the app's own session cookies.
type App struct {
	Sessions []string // their names, such as Flask's SESSION_COOKIE_NAME
	Wide     []string // those that it sets with a Domain, or with a Path other than "/"

	// Since is when the app was first served with this guard. Zero: not known, so that
	// nothing is accepted under an old name.
	Since time.Time
}

// session is a session cookie under its two names. They are the same where the app itself
// uses a name that browsers protect.
type session struct {
	app, browser string
	wide         bool
}

// Guard hardens cookies. Make one with New.
type Guard struct {
	mode      fumehood.Mode
	keepNames bool
	sessions  []session
	readable  []string
	crossSite []string
	maxHeader int
	since     time.Time
	until     time.Time // end of the grace
}

// New returns a Guard, or every mistake in cfg and app.
func New(cfg Config, app App) (*Guard, error) {
	g := &Guard{
		mode: cfg.Mode, keepNames: cfg.DangerouslyKeepNames,
		readable: slices.Concat(tokens(), cfg.Readable), crossSite: cfg.CrossSite,
		maxHeader: int(cfg.MaxHeader),
	}
	var mistakes []error
	g.mode, mistakes = hint.Mode("cookies.mode", cfg.Mode)
	if cfg.Grace < 0 {
		mistakes = append(mistakes, fmt.Errorf("cookies.grace: %v is negative", cfg.Grace))
	} else if !app.Since.IsZero() {
		g.since, g.until = app.Since, app.Since.Add(cfg.Grace)
	}
	switch {
	case cfg.MaxHeader == 0:
		g.maxHeader = int(defaultMaxHeader)
	case cfg.MaxHeader < fumehood.KB:
		mistakes = append(mistakes, hint.With(
			fmt.Errorf("cookies.max_header: %v does not hold one session", cfg.MaxHeader), "write 16KB"))
	}
	for _, name := range cfg.Readable {
		mistakes = append(mistakes, nameMistake("cookies.readable", name))
	}
	for _, name := range cfg.CrossSite {
		mistakes = append(mistakes, nameMistake("cookies.cross_site", name))
	}
	mistakes = append(mistakes, g.addSessions(cfg, app)...)
	for _, s := range g.sessions {
		if slices.Contains(cfg.Readable, s.app) {
			mistakes = append(mistakes, hint.With(
				fmt.Errorf("cookies.readable: %q is the session: a script that reads it can take it away", s.app),
				"have the server put into the page what the script needs to know"))
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// addSessions puts together what the app and the configuration say of session cookies.
func (g *Guard) addSessions(cfg Config, app App) (mistakes []error) {
	wide := slices.Concat(app.Wide, cfg.Wide)
	byKey := []struct {
		key   string
		names []string
	}{
		{"the app's session cookie", app.Sessions}, {"the app's session cookie", app.Wide},
		{"cookies.session", cfg.Session}, {"cookies.wide", cfg.Wide},
	}
	if len(app.Sessions)+len(wide)+len(cfg.Session) == 0 {
		byKey[0].names = []string{"session"}
	}
	for _, from := range byKey {
		for _, name := range from.names {
			if slices.ContainsFunc(g.sessions, func(s session) bool { return s.app == name }) {
				continue
			}
			if err := nameMistake(from.key, name); err != nil {
				mistakes = append(mistakes, err)
				continue
			}
			s := session{app: name, browser: "__Host-" + name, wide: slices.Contains(wide, name)}
			if s.wide {
				s.browser = "__Secure-" + name
			}
			if prefixOf(name) != "" {
				s.browser = name
			}
			if i := slices.IndexFunc(g.sessions, func(o session) bool { return o.browser == s.browser }); i >= 0 {
				mistakes = append(mistakes, fmt.Errorf("%s: browsers would know both %q and %q as %q",
					from.key, g.sessions[i].app, name, s.browser))
				continue
			}
			g.sessions = append(g.sessions, s)
		}
	}
	if len(g.sessions) > mostSessions {
		mistakes = append(mistakes, fmt.Errorf("cookies.session: %d session cookies; %d is the most", len(g.sessions), mostSessions))
	}
	return mistakes
}

// nameMistake says what is wrong with a name in the configuration.
func nameMistake(key, name string) error {
	switch {
	case !validName(name):
		return hint.With(fmt.Errorf("%s: %q is no cookie's name", key, name), `write a name such as "session"`)
	case misspelt(name):
		return hint.With(fmt.Errorf("%s: %q is nearly a protected name", key, name), `write "__Host-" and "__Secure-" so`)
	case isOwn(name):
		return fmt.Errorf("%s: %q is a name that Fumehood uses itself", key, name)
	}
	return nil
}

// Sessions returns the names of the session cookies, as the app knows them.
func (g *Guard) Sessions() []string {
	if g == nil {
		return nil
	}
	names := make([]string, len(g.sessions))
	for i, s := range g.sessions {
		names[i] = s.app
	}
	return names
}

// Mode says what the guard does.
func (g *Guard) Mode() fumehood.Mode {
	if g == nil {
		return fumehood.Enforce
	}
	return g.mode
}

// Check says whether the cookies of r can be trusted to be a browser's, whatever the mode.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || g.sessions == nil {
		return fumehood.NotReady("cookies")
	}
	fields := r.Header["Cookie"]
	if len(fields) == 0 {
		return nil
	}
	var jar jar
	if refusal := g.read(r, fields, &jar); refusal != nil {
		return refusal
	}
	return nil
}

// Handler gives next the cookies under the app's names and hardens those that it sets.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.sessions == nil {
		return fumehood.RefuseAll(fumehood.NotReady("cookies"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fields := r.Header["Cookie"]; len(fields) > 0 {
			g.serve(w, r, fields, next)
			return
		}
		if g.mode == fumehood.Off {
			next.ServeHTTP(w, r)
			return
		}
		answer.Serve(w, r, g, next)
	})
}

// serve is Handler for a request with cookies.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, fields []string, next http.Handler) {
	var jar jar
	if refusal := g.read(r, fields, &jar); refusal != nil && fumehood.Decide(w, r, g.mode, refusal) {
		return
	}
	if g.mode != fumehood.Off {
		jar.note(r)
	}
	if jar.changed {
		r = withCookies(r, g.rebuild(fields, &jar))
	}
	if g.mode == fumehood.Off && !jar.matters {
		next.ServeHTTP(w, r)
		return
	}
	if !jar.matters {
		answer.Serve(w, r, g, next)
		return
	}
	answer.Serve(w, r, &visit{g, jar.sessions}, next)
}

// withCookies returns a copy of r with another Cookie field: the guards further out still
// need the one that the browser sent.
func withCookies(r *http.Request, field string) *http.Request {
	r = r.WithContext(r.Context())
	r.Header = maps.Clone(r.Header)
	if field == "" {
		delete(r.Header, "Cookie")
	} else {
		r.Header["Cookie"] = []string{field}
	}
	return r
}

// regime is how session cookies are named for one request.
type regime uint8

const (
	plain     regime = iota // http: no name is protected
	protected               // browsers know them by names that nobody else can set
	lenient                 // not renamed; those that were stay so
)

func (g *Guard) regimeOf(r *http.Request) regime {
	switch {
	case fumehood.Scheme(r) != "https":
		return plain
	case g.mode == fumehood.Enforce && !g.keepNames:
		return protected
	}
	return lenient
}

// inGrace says whether the old names are still accepted.
func (g *Guard) inGrace() bool {
	if g.since.IsZero() {
		return false
	}
	now := time.Now()
	return !now.Before(g.since.Add(-time.Minute)) && now.Before(g.until) // a clock may step back a little
}

// tokens are cookies that are made to be read by scripts: the script sends them back, and
// the app compares (double submit). HttpOnly would break the app's own CSRF protection,
// and a script that could steal the token can act on the page anyway.
func tokens() []string {
	return []string{
		"csrftoken", "csrf_token", // Django and those who follow it
		"_csrf_token",                             // Flask-SeaSurf
		"_xsrf",                                   // Tornado
		"XSRF-TOKEN",                              // Angular, axios
		"csrf_access_token", "csrf_refresh_token", // Flask-JWT-Extended
	}
}

// isOwn knows Fumehood's own cookies. They pass untouched: the guard that sets one says
// all that is to be said of it.
func isOwn(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, "__Host-"), "fumehood")
}
