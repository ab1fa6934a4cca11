package login

import (
	"bytes"
	"compress/gzip"
	"hash/maphash"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/htmlrewrite"
)

const (
	mostRoutes = 128
	mostNames  = 4        // of the fields of one kind that a route has
	mostPages  = 32       // that have its form
	lookSize   = 64 << 10 // of a page, as in guard/errorpages (bytes)
)

// route is what the forms that lead to a path ask for.
type route struct {
	names
	path   string   // as routeKey has it
	pages  []string // where those forms are that log in
	seen   int64    // when a form was last seen
	passed bool     // a login has passed here
}

// routes are the paths that forms with a password lead to. Reading takes no lock; a change
// makes a new map and a new route, which happens as often as a site has forms.
type routes struct {
	found  atomic.Pointer[map[string]*route]
	mu     sync.Mutex // of those who change it
	seed   maphash.Seed
	recent [256]atomic.Uint64              // pages that were read in the last second
	given  atomic.Pointer[map[string]bool] // fields of the sessions of those who have not logged in
}

// routeKey is the path by which a route is found. Frameworks differ in whether case and a
// slash at the end matter: a path that is not a login after all has no password in its form.
func routeKey(p string) string {
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return strings.ToLower(path.Clean(p))
}

// of returns the route that r leads to, or nil.
func (t *routes) of(r *http.Request) *route {
	found := t.found.Load()
	if found == nil || r.URL == nil {
		return nil
	}
	k := routeKey(r.URL.Path)
	if route := (*found)[k]; route != nil {
		return route
	}
	return alike(*found, k)
}

// alike returns what a path has in common with those of logins that end in the same way, or
// that stand under the same "/login/": in "/<language>/login" and "/login/<customer>" anybody
// can write a path that no form was seen to lead to, and the app serves it all the same. It
// is a login only if it has the password field, too.
func alike(found map[string]*route, k string) *route {
	cut := strings.LastIndexByte(k, '/')
	parent, last := k[:cut+1], k[cut:]
	var all *route
	for other, route := range found {
		ends := len(last) > 1 && strings.HasSuffix(other, last)
		begins := len(parent) > 1 && strings.HasPrefix(other, parent) && strings.LastIndexByte(other, '/') == cut && namesLogin(parent)
		if len(route.password) == 0 || !ends && !begins {
			continue
		}
		if all == nil {
			all = route
			continue
		}
		both := *all
		both.account = union(both.account, mostNames, route.account...)
		both.password = union(both.password, mostNames, route.password...)
		both.path, both.passed = min(both.path, route.path), both.passed || route.passed
		all = &both
	}
	if all != nil && namesChoosing(k) {
		return nil
	}
	return all
}

// union returns the names of both, up to so many; it changes neither.
func union(names []string, most int, more ...string) []string {
	for _, name := range more {
		if len(names) < most && !slices.Contains(names, name) {
			names = append(slices.Clone(names), name)
		}
	}
	return names
}

// knows says whether a form was seen to lead to a path.
func (t *routes) knows(p string) bool {
	found := t.found.Load()
	return found != nil && (*found)[routeKey(p)] != nil
}

// isLogin says whether a path is that of a login, or of a page that has its form and looks
// like one.
func (t *routes) isLogin(p string) bool {
	found := t.found.Load()
	if found == nil {
		return false
	}
	k := routeKey(p)
	if route, ok := (*found)[k]; ok && len(route.password) > 0 {
		return true
	}
	if !namesLogin(k) {
		return false
	}
	return t.hasForm(p)
}

// hasForm says whether a page has the form of a login.
func (t *routes) hasForm(p string) bool {
	found := t.found.Load()
	if found == nil {
		return false
	}
	k := routeKey(p)
	for _, route := range *found {
		if slices.Contains(route.pages, k) {
			return true
		}
	}
	return false
}

func namesLogin(p string) bool {
	for _, word := range [...]string{"login", "log-in", "log_in", "logon", "signin", "sign-in", "sign_in", "auth", "session"} {
		if strings.Contains(p, word) {
			return true
		}
	}
	return false
}

// fresh reports whether the page p was not read in this second, and notes that it is now.
func (t *routes) fresh(p string, now int64) bool {
	sum := maphash.String(t.seed, p)
	mark := sum&^0xffff_ffff | uint64(now/int64(time.Second))&0xffff_ffff
	return t.recent[sum%uint64(len(t.recent))].Swap(mark) != mark
}

// add adds what a form tells of the path it leads to.
func (t *routes) add(p, page string, f form, now int64) (added bool) {
	k, page := routeKey(p), routeKey(page)
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]*route{}
	if found := t.found.Load(); found != nil {
		all = *found
	}
	was, known := all[k]
	if !known {
		was = &route{path: k}
	}
	is := *was
	is.account = union(is.account, mostNames, f.account...)
	is.password = union(is.password, mostNames, f.password...)
	is.fresh = union(is.fresh, mostNames, f.fresh...)
	if len(f.password) > 0 {
		is.pages = union(is.pages, mostPages, page)
	}
	same := known && len(is.account) == len(was.account) && len(is.password) == len(was.password) &&
		len(is.fresh) == len(was.fresh) && len(is.pages) == len(was.pages)
	if same && now-was.seen < int64(time.Minute) {
		return false
	}
	is.seen = now
	all = maps.Clone(all)
	all[k] = &is
	if len(all) > mostRoutes {
		evict(all, k)
	}
	t.found.Store(&all)
	return !known
}

// evict takes out the route that was not seen for longest; those where a login has passed
// stay as long as there are others, so that nobody can have a real one forgotten by asking
// for many paths that all answer with a form.
func evict(all map[string]*route, but string) {
	oldest := ""
	for k, route := range all {
		if k == but {
			continue
		}
		if other := all[oldest]; other == nil || other.passed && !route.passed || other.passed == route.passed && route.seen < other.seen {
			oldest = k
		}
	}
	delete(all, oldest)
}

// passed notes that a login has passed at p.
func (t *routes) passed(p string) {
	k := routeKey(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	found := t.found.Load()
	if found == nil {
		return
	}
	if was := (*found)[k]; was != nil && !was.passed {
		all, is := maps.Clone(*found), *was
		is.passed = true
		all[k] = &is
		t.found.Store(&all)
	}
}

// finder is the hook that looks for login forms in the answers to requests that are none.
type finder struct{ g *Guard }

// Kind implements answer.Hook.
func (f finder) Kind() string { return "login" }

// Look implements answer.Looker. It holds nothing that the app flushes.
func (f finder) Look(h *answer.Head) int {
	if !f.g.teaches(h) {
		return 0
	}
	return lookSize
}

// Head implements answer.Hook.
func (f finder) Head(h *answer.Head) {
	if f.g.teaches(h) {
		f.g.learn(h)
	}
}

// teaches says whether an answer is a page whose forms count: one that was asked for, not an
// error page of a path that anybody can make up.
func (g *Guard) teaches(h *answer.Head) bool {
	if !g.find || h.Refused != nil {
		return false
	}
	switch h.Status {
	case http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest, http.StatusUnprocessableEntity:
	default:
		return false
	}
	const html = "text/html"
	types := h.Header["Content-Type"] // most answers are told apart by its beginning
	if len(types) != 1 || len(types[0]) < len(html) || !strings.EqualFold(types[0][:len(html)], html) {
		return false
	}
	page, ok := htmlrewrite.PageOf(h)
	return ok && (page.Coding == "" || page.Coding == "gzip")
}

// learn looks for login forms in what is there of a page.
func (g *Guard) learn(h *answer.Head) {
	text := h.Body
	if len(text) > lookSize {
		text = text[:lookSize]
	}
	r, s, now := h.Request, g.state, g.state.clock()
	packed := len(text) > 1 && text[0] == 0x1f && text[1] == 0x8b
	if !packed && !hasPassword(text) || !s.routes.fresh(h.Request.URL.Path, now) {
		return
	}
	if strings.ContainsRune(unescape(r.URL.RawQuery), '<') {
		return // what a page shows of its query is no form of the app's
	}
	if packed {
		if text = unpack(text); !hasPassword(text) {
			return
		}
	}
	forms, base := formsIn(text)
	scheme, host, page := fumehood.Scheme(r), r.Host, r.URL.Path
	asked := r.Method == http.MethodGet
	for _, f := range forms {
		for _, action := range f.actions {
			p, ok := leads(scheme, host, page, base, action)
			if !ok {
				continue
			}
			if !asked && !namesLogin(routeKey(p)) && !s.routes.knows(p) {
				continue // a preview shows what somebody has written just now
			}
			f := f
			if asked && len(r.Header["Cookie"]) == 0 && (namesLogin(routeKey(page)) || routeKey(page) == routeKey(p)) {
				s.routes.give(h.Header)
			}
			if !f.chooses && namesChoosing(p) { // an empty action on a page for signing up
				f.fresh, f.password = f.password, nil
			}
			if s.routes.add(p, page, f, now) && len(f.password) > 0 {
				g.log.Info("login form found", "path", p, "account", f.account, "password", f.password)
			}
		}
	}
}

// unpack returns the beginning of a page that the app has compressed.
func unpack(packed []byte) []byte {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(plain, lookSize)) // what is there; the end may not be
	return text
}
