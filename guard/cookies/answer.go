package cookies

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// visit is the hook of a request whose cookies say what the answer has to do.
type visit struct {
	*Guard
	sessions [mostSessions]found
}

// Kind implements answer.Hook.
func (g *Guard) Kind() string { return "cookies" }

// Head implements answer.Hook.
func (g *Guard) Head(h *answer.Head) {
	if len(h.Header["Set-Cookie"]) > 0 && h.Refused == nil {
		g.dressAll(h, nil)
	}
}

// Head implements answer.Hook.
func (v *visit) Head(h *answer.Head) {
	if h.Refused == nil {
		v.dressAll(h, v)
	}
}

// writer puts together the Set-Cookie fields of one answer.
type writer struct {
	*Guard
	h      *answer.Head
	v      *visit // nil: no cookie of the request matters
	regime regime
	out    []string
	said   [mostSessions]bool // the app has set or deleted this session
	noted  uint8              // bit by trouble
}

// dressAll replaces the Set-Cookie fields of an answer.
func (g *Guard) dressAll(h *answer.Head, v *visit) {
	w := writer{Guard: g, h: h, v: v, regime: g.regimeOf(h.Request)}
	lines := h.Header["Set-Cookie"]
	w.out = make([]string, 0, len(lines)+2)
	for _, line := range lines {
		w.dress(line)
	}
	if v != nil {
		w.upgrade()
	}
	if len(w.out) == 0 {
		delete(h.Header, "Set-Cookie")
		return
	}
	h.Header["Set-Cookie"] = w.out
}

// add adds a field; a second one that is the same says nothing.
func (w *writer) add(line string) {
	if !slices.Contains(w.out, line) {
		w.out = append(w.out, line)
	}
}

// dress takes one field of the app.
func (w *writer) dress(line string) {
	c, ok := parse(line)
	if ok && isOwn(c.name) {
		w.add(line)
		return
	}
	if w.mode != fumehood.Enforce {
		w.leave(line, c, ok)
		return
	}
	if !ok || misspelt(c.name) || w.taken(c.name) {
		w.note(unusable, c.name)
		return
	}
	given := c
	which := w.harden(&c)
	if len(c.name)+len(c.value) > mostBytes {
		w.note(tooLong, given.name)
		return
	}
	w.add(c.String())
	if which >= 0 && c.name != given.name {
		w.renamed(which, given, c)
	}
}

// leave takes one field in a mode in which cookies stay as they are, but for a session
// that the browser still knows under a protected name: it would never see the new value.
func (w *writer) leave(line string, c setCookie, ok bool) {
	if !ok {
		w.note(unprotected, c.name)
		w.add(line)
		return
	}
	hardened := c
	which := w.harden(&hardened)
	if hardened.String() != c.String() {
		w.note(unprotected, c.name)
	}
	if which < 0 || hardened.name == c.name {
		w.add(line)
		return
	}
	w.add(hardened.String())
	w.renamed(which, c, hardened)
}

// renamed takes back the old name of a session that was given a new one: left behind, it
// would outlive a logout.
func (w *writer) renamed(which int, given, c setCookie) {
	w.said[which] = true
	if !given.deletes() && (w.v == nil || w.v.sessions[which].outers == 0) {
		return
	}
	c.name, c.value, c.domain, c.path = given.name, "", given.domain, given.path
	c.expires, c.maxAge = longAgo, "0"
	w.add(c.String())
}

// harden gives c its attributes, and a session its name. It returns the number of the
// session that c is, else -1.
func (w *writer) harden(c *setCookie) (which int) {
	name := c.name // as the app and the configuration call it
	which = slices.IndexFunc(w.sessions, func(s session) bool { return s.app == name })
	if which >= 0 && (w.regime == protected || w.held(which)) {
		c.name = w.sessions[which].browser
	}
	if w.regime != plain {
		c.secure = true
		w.place(c, name)
	}
	prefix := prefixOf(c.name)
	if !c.httpOnly && (strings.HasSuffix(prefix, "Http-") || !slices.Contains(w.readable, name[len(prefixOf(name)):]) &&
		!slices.Contains(w.readable, name)) {
		c.httpOnly = true
	}
	switch c.sameSite {
	case "":
		c.sameSite = "Lax"
	case "None":
		if !c.secure || !slices.Contains(w.crossSite, name) {
			c.sameSite = "Lax"
			w.note(crossSite, name)
		}
	}
	if c.domain != "" {
		w.judgeDomain(c.domain, name)
	}
	return which
}

// held says whether the browser has sent the session under its protected name.
func (w *writer) held(which int) bool {
	return w.regime == lenient && w.v != nil && w.v.sessions[which].inners > 0
}

// place gives a cookie with a protected name the Domain and the Path that it must have.
func (w *writer) place(c *setCookie, name string) {
	if !strings.HasPrefix(c.name, "__Host-") {
		return
	}
	if c.domain != "" || c.path != "" && c.path != "/" {
		w.note(narrowed, name)
	}
	c.domain, c.path = "", "/"
}

// taken says whether the app sets, by the name that browsers have for a session, a cookie
// of its own.
func (w *writer) taken(name string) bool {
	return w.regime == protected &&
		slices.ContainsFunc(w.sessions, func(s session) bool { return s.browser == name && s.app != name })
}

// judgeDomain notes a Domain that browsers do not take: they drop such a cookie.
func (w *writer) judgeDomain(domain, name string) {
	domain = strings.ToLower(strings.TrimPrefix(domain, "."))
	host := hostOf(w.h.Request.Host)
	if domain != host && !slices.Contains(domainsOf(host), domain) {
		w.note(foreign, name)
	}
}

// upgrade gives the browser the sessions that it has sent under their old names, under
// the new ones, and takes back the old.
func (w *writer) upgrade() {
	for i := range w.sessions {
		s, f := &w.sessions[i], &w.v.sessions[i]
		if !f.accepted || s.wide || w.said[i] {
			continue // of a wide one only the app knows the Domain and the Path
		}
		if len(s.browser)+len(f.outer) > mostBytes {
			continue
		}
		w.add(s.browser + "=" + f.outer + "; Path=/; Secure; HttpOnly; SameSite=Lax")
		w.add(gone(s.app, "; Path=/", "; Secure"))
	}
}

// trouble is what the owner should know of a cookie that the app sets.
type trouble uint8

const (
	unusable trouble = iota
	tooLong
	crossSite
	narrowed
	foreign
	unprotected
)

// note notes a trouble, each once for one answer.
func (w *writer) note(t trouble, name string) {
	if w.noted&(1<<t) != 0 || w.mode == fumehood.Off || w.mode == fumehood.Report && t != unprotected {
		return
	}
	w.noted |= 1 << t
	r := w.h.Request
	if fumehood.ExchangeOf(r.Context()) != nil {
		fumehood.Note(r, troubled(t, name))
	}
}

func troubled(t trouble, name string) *fumehood.Refusal {
	switch t {
	case tooLong:
		return &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "cookies.too-long",
			Public: "A cookie of this site is longer than browsers take.",
			Err:    fmt.Errorf("the app sets %.60q with more than %d bytes: browsers drop it, so it was dropped", name, mostBytes),
		}
	case crossSite:
		return &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "cookies.cross-site",
			Public: "A cookie of this site is not sent along by other sites any more.",
			Err:    fmt.Errorf("the app sets %.60q with SameSite=None; it became Lax: cookies.cross_site names those that other sites need", name),
		}
	case narrowed:
		return &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "cookies.narrowed",
			Public: "A cookie of this site is sent to this host only.",
			Err:    fmt.Errorf("the app sets %.60q with a Domain or a Path, which were taken away: cookies.wide names the sessions that need them", name),
		}
	case foreign:
		return &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "cookies.foreign-domain",
			Public: "A cookie of this site names a domain that browsers do not accept.",
			Err:    fmt.Errorf("the app sets %.60q for a domain that this host does not belong to, or that everybody shares: browsers drop it", name),
		}
	case unprotected:
		return &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "cookies.unprotected",
			Public: "A cookie of this site is set without protection.",
			Err:    fmt.Errorf("the app sets %.60q without all of Secure, HttpOnly and SameSite, or so that it cannot be read without doubt", name),
		}
	}
	return &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "cookies.unusable",
		Public: "A cookie of this site cannot be read without doubt.",
		Err:    fmt.Errorf("the app sets a cookie (%.60q) with a name or a value that parsers disagree about; it was dropped", name),
	}
}
