// Package login slows those who guess passwords.
//
// Attacks: a word list against one account, from one address or from many; one password
// against many accounts (spraying); stolen pairs of names and passwords tried from many
// addresses (stuffing); locking somebody out by failing in their name. On routes where a
// password is chosen, the most common ones can be refused. Not covered: the right password
// at the first try; guesses so slow that they look like a forgetful visitor; two names of
// one account, such as a user name and a mail address, which have attempts of their own; a
// login that is a single request to another origin; HTTP Basic authentication. Forms that
// scripts make are not found, nor are pages in a coding other than gzip, nor forms after the
// first 64 kB of a page: name the route. An app that shows HTML of its users as they wrote it
// shows their forms, too, and with a password field in one they can have a path of the app
// taken for a login: there, set DangerouslyFindNone and name the routes.
//
// A login is a request that brings the password field of a form that the app has served to
// the path that the form leads to, or the field that the configuration names. Whether it has
// passed is seen by the answer; the table is at the method passed. Until that is known, it
// counts as failed, so nothing is gained by many at once or by not waiting for the answer.
//
// What holds a login up, each for itself: the failures of the same account from the same
// device or network, of the same account from everywhere, of the same network with many
// accounts, and in a wave of failures from many networks those of networks where nobody has
// ever logged in. A device that has logged in to the account before (it has a cookie that
// says so) and a network that has are held up by the first only, and a device only by what
// it did itself. A login that is held up is refused before the app sees it, in the same
// words and time whether there is such an account or not.
//
// Passwords are neither kept nor logged; accounts are kept under keyed hashes, in memory of
// a fixed size.
//
// Order: MUST come after clientip and after what renames cookies; SHOULD come after body,
// which has the whole body under deadlines, and after what refuses malformed bodies.
package login

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// Site is what the guard needs to know of the site.
type Site struct {
	State  *State       // all guards of a site share one; nil: one that only this guard has
	Logger *slog.Logger // nil: slog.Default()
}

// Guard slows logins. Make one with New.
type Guard struct {
	state  *State
	log    *slog.Logger
	mode   fumehood.Mode
	limits limits
	names  names // of the configuration
	find   bool
	refuse bool // common passwords
	finder answer.Hook
}

// New returns a Guard, or every mistake in cfg.
func New(cfg Config, site Site) (*Guard, error) {
	if err := errors.Join(cfg.complete()...); err != nil {
		return nil, err
	}
	g := &Guard{
		state: site.State, log: site.Logger, mode: cfg.Mode, find: !cfg.DangerouslyFindNone, refuse: cfg.CommonPasswords == "refuse",
		limits: limits{cfg.Attempts, cfg.Per, cfg.MaxDelay, cfg.AccountCap, cfg.SprayAccounts},
	}
	for _, of := range []struct {
		into *[]string
		name string
	}{{&g.names.account, cfg.Account}, {&g.names.password, cfg.Password}, {&g.names.fresh, cfg.NewPassword}} {
		if of.name != "" {
			*of.into = []string{of.name}
		}
	}
	if g.state == nil {
		g.state = NewState(nil, nil)
	}
	if g.log == nil {
		g.log = slog.Default()
	}
	g.finder = finder{g}
	return g, nil
}

// Handler passes on what is no login, and logins that need not wait.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.state == nil {
		return fumehood.RefuseAll(fumehood.NotReady("login"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := g.wanted(r); want.any() {
			g.serve(w, r, &want, next)
			return
		}
		g.pass(w, r, next)
	})
}

// pass serves what is no login; what the app answers may show where one is.
func (g *Guard) pass(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !g.find {
		next.ServeHTTP(w, r)
		return
	}
	answer.Serve(w, r, g.finder, next)
}

// wanted returns the fields that would make r a login, none when it cannot be one.
func (g *Guard) wanted(r *http.Request) wanted {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		// A view that looks for the field, not at the method, reads the body of a GET, too.
		if (r.URL == nil || r.URL.RawQuery == "") && (r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0) {
			return wanted{}
		}
	}
	want := wanted{names: g.names, sure: len(g.names.password) > 0}
	if !g.find {
		return want
	}
	if found := g.state.routes.of(r); found != nil {
		want.account = slices.Concat(want.account, found.account)
		want.password = slices.Concat(want.password, found.password)
		want.fresh = slices.Concat(want.fresh, found.fresh)
		want.path, want.sure = found.path, want.sure || found.passed || namesLogin(found.path)
	}
	return want
}

// keys returns the keys of the accounts that a login names, and the limits that it has. One
// without a name is to the page that asks for the password. That may be one which asks a
// user for it once more, or to open a shared file; the app's answer may never show that this
// has passed. So until it has, and unless its path says login, each place counts for
// itself: a cap for all would close the page, and all together would look like an attack.
func (g *Guard) keys(want *wanted, accounts []string) (keys []key, l limits) {
	l = g.limits
	if len(accounts) == 0 && want.path != "" {
		if !want.sure {
			l.cap = 0
		}
		return []key{g.state.page(want.path)}, l
	}
	if len(accounts) == 0 {
		accounts = []string{""}
	}
	for _, name := range accounts {
		if account := g.state.account(name); !slices.Contains(keys, account) {
			keys = append(keys, account)
		}
	}
	return keys, l
}

// Check says whether r would be let through, whatever the mode. It counts nothing, and it
// reads no body: of a login in a body it knows nothing, Handler does.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || g.state == nil {
		return fumehood.NotReady("login")
	}
	want := g.wanted(r)
	if !want.any() {
		return nil
	}
	headOnly := *r
	headOnly.Body = nil
	_, found, err := read(&headOnly, want.names)
	if err != nil || !found.attempt {
		return err
	}
	keys, limits := g.keys(&want, found.accounts)
	for _, account := range keys {
		if no := g.state.look(limits, account, g.state.placeOf(r, account)); no != nil {
			return tooSoon(no)
		}
	}
	return nil
}

// serve serves what leads to a login.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, want *wanted, next http.Handler) {
	r, found, err := read(r, want.names)
	switch {
	case err != nil && len(want.password) > 0:
		if fumehood.Decide(w, r, g.mode, unreadable(err)) {
			return
		}
	case found.many:
		if fumehood.Decide(w, r, g.mode, unreadable(fmt.Errorf("more than %d different values of one field", mostValues))) {
			return
		}
	}
	if g.refuse {
		if verdict := g.checkChosen(found.chosen); verdict != nil && fumehood.Decide(w, r, g.mode, verdict) {
			return
		}
	}
	if !found.attempt {
		g.pass(w, r, next)
		return
	}
	watch := &watch{g: g, r: r, names: want.names}
	if verdict := watch.admit(g.keys(want, found.accounts)); verdict != nil {
		if !fumehood.Decide(w, r, g.mode, verdict) {
			g.pass(w, r, next)
		}
		return
	}
	defer watch.end()
	if r.Header["Accept-Encoding"] != nil { // the answer has to be read
		plain := *r
		plain.Header = r.Header.Clone()
		delete(plain.Header, "Accept-Encoding")
		r = &plain
	}
	answer.Serve(w, r, watch, next)
}

// watch sees to one login.
type watch struct {
	g       *Guard
	r       *http.Request
	names   names
	tickets []ticket
	done    bool
	unclear bool // whether it has passed
}

// admit counts the login against every account that it names.
func (w *watch) admit(keys []key, l limits) error {
	s := w.g.state
	for _, account := range keys {
		t, no := s.admit(l, account, s.placeOf(w.r, account))
		if no != nil {
			w.tell(t, no)
			w.end()
			return tooSoon(no)
		}
		w.tickets = append(w.tickets, t)
	}
	return nil
}

// tell logs what the owner should know of, once.
func (w *watch) tell(t ticket, no *wait) {
	if no.spray {
		hint := ""
		if ip := t.place.network.Addr(); !ip.IsValid() || ip.IsLoopback() || ip.IsPrivate() {
			hint = "if that is a proxy, name it in clientip.trusted_proxies"
		}
		w.g.log.Warn("one network tries to log in to many accounts", "network", t.place.network, "cause", no.why, "hint", hint)
	}
}

// end ends a login that has not passed.
func (w *watch) end() {
	if w.done {
		return
	}
	w.done = true
	for _, t := range w.tickets {
		if w.unclear {
			w.g.state.leave(t)
			continue
		}
		if wave := w.g.state.finish(t, false); wave != nil {
			w.g.log.Warn("logins fail from many more networks than usual: somebody may be trying stolen passwords",
				"networks", wave.networks, "usual", wave.usual, "window", time.Duration(window))
		}
	}
}

// Kind implements answer.Hook.
func (w *watch) Kind() string { return "login" }

// Look implements answer.Looker.
func (w *watch) Look(h *answer.Head) int {
	if h.Refused != nil || !h.HasBody() || h.Status >= 300 && h.Status < 400 {
		return 0
	}
	most := lookText
	switch shapeOf(h.Header) {
	case noText:
		return 0
	case pageText:
		most = lookHTML
	}
	h.Hold = true
	return most
}

// Head implements answer.Hook.
func (w *watch) Head(h *answer.Head) {
	if h.Refused == nil && w.passed(h) {
		w.pass(h)
	}
	w.end()
	if w.g.teaches(h) {
		w.g.learn(h)
	}
}

// pass ends a login that has passed. One that names several accounts has passed for only one
// of them, and nobody knows which.
func (w *watch) pass(h *answer.Head) {
	if len(w.tickets) != 1 {
		return
	}
	w.done = true
	t, s := w.tickets[0], w.g.state
	s.finish(t, true)
	s.routes.passed(w.r.URL.Path)
	h.Header.Add("Set-Cookie", s.deviceCookie(w.r, t.account))
}

// checkChosen refuses a password that everybody tries first.
func (g *Guard) checkChosen(chosen []string) error {
	for _, password := range chosen {
		if isCommon(g.state.common(), password) {
			return &fumehood.Refusal{
				Status: http.StatusUnprocessableEntity, Code: "login.common-password",
				Public: "This password is one of the most common ones, which others guess first. Please go back and choose another one.",
				Err:    errors.New("the password is on the list; login.common_passwords = \"allow\" would let it through"),
			}
		}
	}
	return nil
}

// tooSoon is the refusal of a login that has to wait. It is the same whatever the reason and
// whether or not there is such an account; only the owner reads the cause.
func tooSoon(no *wait) error {
	minutes := int(math.Ceil(no.rest.Minutes()))
	refusal := &fumehood.Refusal{
		Status: http.StatusTooManyRequests, Code: "login.wait",
		Public:     fmt.Sprintf("Too many logins have failed. You can try again in %d minutes.", minutes),
		Err:        errors.New(no.why),
		RetryAfter: no.rest,
	}
	if minutes <= 1 {
		refusal.Public = "Too many logins have failed. You can try again in a minute."
	}
	return refusal
}

// unreadable is the refusal of a login that the app may read in another way.
func unreadable(err error) error {
	var refusal *fumehood.Refusal
	if errors.As(err, &refusal) { // of what reads the body
		return refusal
	}
	var capped *http.MaxBytesError
	if errors.Is(err, errTooLarge) || errors.As(err, &capped) {
		return &fumehood.Refusal{
			Status: http.StatusRequestEntityTooLarge, Code: "login.too-large",
			Public: "This request is too large for a login.", Err: err,
		}
	}
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "login.unreadable",
		Public: "This login cannot be read.", Err: fmt.Errorf("a login: %w", err),
	}
}
