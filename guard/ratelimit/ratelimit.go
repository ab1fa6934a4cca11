// Package ratelimit lets each client send so many requests in a time and no more.
//
// Attacks: floods of one client, word lists against a form, scrapers, an API used beyond
// its rate. The count is one for all workers, in the front or in a store that several
// fronts share. Not covered: floods from very many networks at once (somebody with a /48
// has 65,536 networks of the size that is counted), slow clients (guard/body), guessing of
// one account's password from many addresses (guard/login).
//
// Order: MUST come after clientip, which alone knows who the client is; SHOULD come before
// whatever is costly, and after what is cheap and asked for by the dozen, such as static
// files. A route with a limit of its own is counted by that alone.
//
// The client is never taken from a header here. Behind a proxy that is not named in
// clientip.trusted_proxies all clients have the proxy's address, and share one limit. No
// address is exempt by itself, loopback neither: what comes through a proxy or a tunnel on
// this machine comes from there, too.
package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Site is what the guard needs to know of where it stands.
type Site struct {
	// Name is that of the limit, such as the pattern of its route; limits with different
	// names count apart, guards with the same name and Memory together. Clients see it. Empty
	// means "default".
	Name string

	// Memory counts in this process; the guards of all routes should share one. Nil means
	// one of the guard's own.
	Memory *Memory

	// Store counts besides, for several servers: what redisstore.Open returns. It must be
	// there when the Config names a server.
	Store Store

	// Key is for the keys in a store that several processes share, 32 bytes that are the
	// same in all of them. Nil means random ones, which last as long as the guard.
	Key []byte

	// Session are the names of the session cookies as the app knows them; they are found
	// under their protected names ("__Host-session"), too.
	Session []string
}

// Guard refuses what is over the limit. Make one with New.
type Guard struct {
	settings
	ready    bool
	memory   *Memory
	store    Store // nil: memory alone counts
	hash     hasher
	sessions []string
	policy   string
	name     string // quoted
	everyone Key
}

// New returns a Guard, or every mistake in cfg and site.
func New(cfg Config, site Site) (*Guard, error) {
	s, mistakes := cfg.read()
	if s.shared && site.Store == nil {
		mistakes = append(mistakes, hint.With(errors.New("ratelimit.store: the server that is named here was not opened"),
			"give what redisstore.Open returns as the Store of the Site"))
	}
	if site.Key != nil && len(site.Key) < 32 {
		mistakes = append(mistakes, hint.With(errors.New("the key of the rate limits is short"), "give it 32 random bytes"))
	}
	if s.session && len(site.Session) == 0 {
		mistakes = append(mistakes, hint.With(errors.New(`ratelimit.by: "session" without the name of a session cookie`),
			`give the names as the Session of the Site, such as "session"`))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	if site.Name == "" {
		site.Name = "default"
	}
	g := &Guard{settings: s, ready: true, memory: site.Memory, store: site.Store, hash: hasher{name: site.Name, key: slices.Clone(site.Key)},
		sessions: slices.Clone(site.Session), policy: policy(site.Name, s.limit), name: quoted(site.Name)}
	if g.memory == nil {
		g.memory = NewMemory(0, nil)
	}
	g.hash.seeds = g.memory.seedsOf(site.Name)
	g.everyone = g.hash.text(ofRoute, "")
	return g, nil
}

// Check counts r and says whether it is within the limit, whatever the mode. What is over
// the limit is not counted: who waits as long as the answer says gets through.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("ratelimit")
	}
	if _, refusal := g.take(r); refusal != nil {
		return refusal
	}
	return nil
}

// Handler passes on what is within the limit.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("ratelimit"))
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, refusal := g.take(r)
		if refusal != nil {
			if fumehood.Decide(w, r, g.mode, refusal) {
				return
			}
		} else if d.Remaining*2 < g.limit.burst && g.mode == fumehood.Enforce { // in report mode a client has nothing to fear
			g.announce(w.Header(), d)
		}
		next.ServeHTTP(w, r)
	})
}

// take counts r for everyone that it is counted for, the client first: who is over the
// limit must not use up what it shares with others. The decision is that which leaves
// the least.
func (g *Guard) take(r *http.Request) (Decision, *fumehood.Refusal) {
	least := Decision{OK: true, Remaining: g.limit.burst}
	var ip netip.Addr
	if g.client || len(g.except) > 0 {
		ip = fumehood.ClientIP(r)
	}
	for _, network := range g.except {
		if network.Contains(ip) {
			return least, nil
		}
	}
	if g.client {
		if refusal := g.count(r.Context(), g.hash.client(ip), byClient, ip, &least); refusal != nil {
			return least, refusal
		}
	}
	if g.session {
		values, n, odd := sessionsOf(r, g.sessions)
		if odd { // no browser's; all who send that are counted as one
			values, n = [mostSessions]string{}, 1
		}
		for _, value := range values[:n] {
			if refusal := g.count(r.Context(), g.hash.text(ofSession, value), bySession, ip, &least); refusal != nil {
				return least, refusal
			}
		}
	}
	if g.route {
		if refusal := g.count(r.Context(), g.everyone, byRoute, ip, &least); refusal != nil {
			return least, refusal
		}
	}
	return least, nil
}

// count counts one request of key, in memory first. Who is over the limit here alone is so
// everywhere: a flood is refused at the price of memory and does not reach the store, and
// nobody has a new burst because the store went away.
func (g *Guard) count(ctx context.Context, key Key, who string, ip netip.Addr, least *Decision) *fumehood.Refusal {
	d, err := g.memory.Take(ctx, key, g.limit, 1)
	if err != nil {
		return away(err)
	}
	if d.OK && g.store != nil {
		all, err := g.store.Take(ctx, key, g.limit, 1)
		switch {
		case err == nil:
			d = all
		case g.closed || errors.Is(err, ErrLimit):
			return away(err)
		}
	}
	if !d.OK {
		return g.exceeded(d, who, ip)
	}
	if d.Remaining < least.Remaining {
		*least = d
	}
	return nil
}

// away is the refusal while the store does not answer.
func away(cause error) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusServiceUnavailable, Code: "ratelimit.away",
		Public: "This part of the site is not available right now.",
		Err:    cause, RetryAfter: 5 * time.Second,
	}
}

func (g *Guard) exceeded(d Decision, who string, ip netip.Addr) *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusTooManyRequests, Code: "ratelimit.exceeded",
		Public: "Too many requests came from here in a short time.",
		Err:    &overLimit{g.limit, g.name, who, ip}, RetryAfter: d.Wait,
		Header: http.Header{policyField: {g.policy}, limitField: {serviceLimit(g.name, d)}},
	}
}

// overLimit is the cause of a refusal. Its text is made when somebody reads it: a flood is
// to be refused cheaply.
type overLimit struct {
	limit Limit
	name  string
	who   string
	ip    netip.Addr
}

func (e *overLimit) Error() string {
	text := "more than " + e.limit.String() + " (limit " + e.name + ")"
	switch {
	case e.who == bySession:
		return text + " with one session"
	case e.who == byRoute:
		return text + " from all clients together"
	case !e.ip.IsValid():
		return text + " from clients without an address; if there is a proxy, name it in clientip.trusted_proxies"
	case e.ip.IsLoopback() || e.ip.IsPrivate():
		return text + " from " + e.ip.String() + "; if that is a proxy, name it in clientip.trusted_proxies"
	}
	return text + " from " + e.ip.String()
}
