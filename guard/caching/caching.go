// Package caching keeps answers that belong to one visitor out of every cache that
// somebody else can see: no-store and Vary: Cookie whenever a session cookie went in or
// any cookie goes out.
//
// Attacks: a shared cache (a CDN, a proxy of a company) that gives one visitor's page, or
// session cookie, to the next one (CVE-2023-30861 and CVE-2026-27205 in Flask); the back
// button after a logout, which shows the last page to whoever sits there now. Not covered:
// a cache that ignores RFC 9111, pages that the visitor has saved, and pages without a
// session, which stay cacheable as the app says.
//
// Order: MUST come outside of cookies and of everything else that may set a cookie or
// answer by itself, so that errors, 304s and redirects are treated too.
//
// What the app says stands where it is safe: no-store, or private. Anything else of a
// visitor's own becomes "no-store, private", unless the app has said how long it stays
// fresh and it is no HTML: then only the part that allows shared caches is taken away, so
// that a picture for members is still kept by their own browsers. A 304 often does not say
// what it is about: it counts as HTML unless the browser asked for a picture, a style
// sheet or the like. Fields for single caches (CDN-Cache-Control, Surrogate-Control, ...;
// RFC 9213), which would count before Cache-Control, are removed. A request with
// Authorization is treated like one with a session (RFC 9111 section 3.5).
package caching

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/cookie"
	"github.com/fumehood/fumehood/internal/hint"
)

// Guard keeps answers of one visitor out of shared caches. Make one with New.
type Guard struct {
	mode     fumehood.Mode
	sessions []string // without "__Host-" and "__Secure-"

	// What is written most often, shared by all answers and never changed.
	noStore, cookie []string
}

// New returns a Guard, or every mistake. session are the names of the app's session
// cookies; empty means "session". Their protected forms ("__Host-session") count too, as
// do the login cookies of Flask-Login and Flask-JWT-Extended.
func New(cfg Config, session []string) (*Guard, error) {
	g := &Guard{
		mode: cfg.Mode, sessions: []string{"remember_token", "access_token_cookie", "refresh_token_cookie"},
		noStore: []string{"no-store, private"}, cookie: []string{"Cookie"},
	}
	var mistakes []error
	g.mode, mistakes = hint.Mode("caching.mode", cfg.Mode)
	if len(session) == 0 {
		session = []string{"session"}
	}
	for _, name := range session {
		if name == "" || strings.ContainsAny(name, "=;, \t\r\n\"") {
			mistakes = append(mistakes, hint.With(
				fmt.Errorf("caching: %q is no cookie's name", name), `write a name such as "session"`))
		}
		g.sessions = append(g.sessions, cookie.Unprefixed(name))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return g, nil
}

// Mode says what the guard does.
func (g *Guard) Mode() fumehood.Mode {
	if g == nil {
		return fumehood.Enforce
	}
	return g.mode
}

// Handler passes every request to next and sees to what its answer says to caches.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.sessions == nil {
		return fumehood.RefuseAll(fumehood.NotReady("caching"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.Serve(w, r, g, next)
	})
}

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "caching" }

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	setsCookie := len(h.Header["Set-Cookie"]) > 0
	if !setsCookie {
		asked := h.Request.Header
		fields := asked["Cookie"]
		if (len(fields) == 0 || !g.hasSession(fields)) && len(asked["Authorization"]) == 0 {
			return
		}
	}
	said := readPolicy(h.Header["Cache-Control"])
	does := decide(h, &said, setsCookie)
	if g.mode == fumehood.Report {
		if does != nothing || !variesByCookie(h.Header["Vary"]) || hasTargeted(h.Header) {
			fumehood.Note(h.Request, storable())
		}
		return
	}
	switch does {
	case forbid:
		h.Header["Cache-Control"] = g.noStore
		if said.noTransform {
			h.Header["Cache-Control"] = []string{"no-store, private, no-transform"}
		}
		delete(h.Header, "Expires")
		delete(h.Header, "Pragma")
	case narrow:
		h.Header["Cache-Control"] = []string{said.narrowed(h.Header)}
		delete(h.Header, "Expires") // caches that know no Cache-Control would go by it
		delete(h.Header, "Pragma")
	case nothing:
		if said.noStore && expiresIn(h.Header) > 0 {
			delete(h.Header, "Expires")
		}
	}
	removeTargeted(h.Header)
	g.vary(h.Header)
}

// storable is noted in report mode.
func storable() *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "caching.storable",
		Public: "A page that belongs to one visitor could be kept for others.",
		Err:    errors.New("a session went in or a cookie goes out, and the app does not say no-store or private, or not Vary: Cookie"),
	}
}

// action is what is done to the Cache-Control of an answer.
type action uint8

const (
	nothing action = iota // it is safe as it is
	forbid                // nobody may store it
	narrow                // the visitor's browser may, as long as the app has said
)

// decide applies the rule of this package to an answer that belongs to one visitor.
func decide(h *answer.Head, said *policy, setsCookie bool) action {
	switch {
	case said.noStore:
		if said.shared() {
			return forbid
		}
		return nothing
	case said.private && !said.shared():
		return nothing
	case said.private:
		return narrow
	case setsCookie || isPage(h) || !said.fresh(h.Header):
		return forbid
	}
	return narrow
}

// hasSession says whether a session cookie is among those that the browser sent.
func (g *Guard) hasSession(fields []string) (found bool) {
	cookie.Each(fields, func(name, _ string) {
		found = found || slices.Contains(g.sessions, cookie.Unprefixed(name))
	})
	return found
}

// isPage says whether a browser may show the answer as HTML.
func isPage(h *answer.Head) bool {
	types := h.Header["Content-Type"]
	if len(types) == 0 && h.Status == http.StatusNotModified {
		return !isPart(h.Request.Header["Sec-Fetch-Dest"])
	}
	if len(types) != 1 {
		return true
	}
	kind, _, _ := strings.Cut(types[0], ";")
	switch kind = strings.ToLower(strings.Trim(kind, " \t")); kind {
	case "text/html", "application/xhtml+xml", "unknown/unknown", "application/unknown", "*/*":
		return true // the last three are sniffed, https://mimesniff.spec.whatwg.org/ section 7
	}
	return !strings.Contains(kind, "/")
}

// isPart says whether the browser asked for what is a part of a page and never shown as
// one itself (https://fetch.spec.whatwg.org/ section 2.2.7).
func isPart(dest []string) bool {
	if len(dest) != 1 {
		return false
	}
	switch dest[0] {
	case "audio", "font", "image", "manifest", "script", "style", "track", "video", "worker", "sharedworker", "serviceworker":
		return true
	}
	return false
}

// vary adds Cookie to what the answer depends on.
func (g *Guard) vary(header http.Header) {
	switch values := header["Vary"]; {
	case len(values) == 0:
		header["Vary"] = g.cookie
	case !variesByCookie(values):
		header["Vary"] = []string{strings.Join(values, ", ") + ", Cookie"}
	}
}

// variesByCookie says whether Vary names Cookie, or everything.
func variesByCookie(values []string) bool {
	for _, value := range values {
		for rest := value; rest != ""; {
			var name string
			name, rest, _ = strings.Cut(rest, ",")
			if name = strings.Trim(name, " \t"); name == "*" || strings.EqualFold(name, "Cookie") {
				return true
			}
		}
	}
	return false
}

// isTargeted knows the fields that tell single caches what to do. They count before
// Cache-Control there.
func isTargeted(name string) bool {
	switch name {
	case "Surrogate-Control", "Edge-Control", "X-Accel-Expires":
		return true
	}
	return strings.HasSuffix(name, "-Cache-Control")
}

func hasTargeted(header http.Header) bool {
	for name := range header {
		if isTargeted(name) {
			return true
		}
	}
	return false
}

func removeTargeted(header http.Header) {
	for name := range header {
		if isTargeted(name) {
			delete(header, name)
		}
	}
}
