// Package injection judges the values of a request before the app sees them, and hands them to
// the sinks in the worker, which decide where an attack would have its effect.
//
// Attacks: scripts for pages (XSS), SQL, paths that leave their folder, shell commands,
// templates, header lines, XML entities, queries of document stores and program code in paths,
// queries, forms, JSON, XML, header fields, cookies and file names; plain, or encoded once
// more. A value is judged by its structure: what would it do in a page, a statement, a command?
// Words do not count, so that prose about SQL, rich text and code examples pass. Where a sink is
// watched (Site.Watched), an attack on it is only noted here, and the sink has the last word.
// Not covered: fields with passwords and opaque tokens, which are not judged but known to the
// sinks; contents of uploaded files; values in a form that nobody knows (see internal/inputs);
// what an attack needs that is no injection.
//
// Order: MUST come after body, so that bodies are whole, and after upload, which refuses forms
// that can be read in two ways; MUST come before reflected and sinks. Without body, forms and
// JSON are read here, up to max_body.
//
// What a sink has stopped is refused here for a while, before it costs a worker anything: the
// same client, route, field and shape of the value.
package injection

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/sink"
)

// Site is what the guard needs to know of where it stands. The zero Site is a place where
// nobody else watches.
type Site struct {
	// Watched says whether a sink in the worker decides, or the owner has it only report: "sql",
	// "file", "command", "template", "pickle" or "request". It is asked for each attack: workers
	// come and go. Nil: none does.
	Watched func(sink string) bool

	// Engine judges in place of this package where the engine is crs; it is the method Check of
	// a crs.Engine.
	Engine func(*http.Request) error

	// State is shared by the guards of all routes. Nil: the guard has one of its own.
	State *State

	// Sessions are the names of the session cookies as the app knows them: a token in them is
	// not looked into.
	Sessions []string

	// Streams says that the app gets bodies as they arrive: then none is read here.
	Streams bool

	Logger *slog.Logger // nil: nothing is logged
}

// Guard judges values. Make one with New.
type Guard struct {
	mode      fumehood.Mode
	limits    inputs.Limits
	threshold int
	strict    bool
	remember  bool
	skip      []string
	cfg       Config
	site      Site
	log       *slog.Logger
	ready     bool
}

// New returns a Guard, or every mistake in cfg.
func New(cfg Config, site Site) (*Guard, error) {
	mistakes := cfg.complete()
	if cfg.Engine == "crs" && site.Engine == nil && len(mistakes) == 0 {
		mistakes = append(mistakes, hint.With(errors.New("injection.engine: crs was not made"),
			"give Site.Engine the method Check of what crs.New returns"))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	g := &Guard{
		mode: cfg.Mode, threshold: cfg.Threshold, strict: cfg.Strict, remember: cfg.Memory != "off", skip: cfg.SkipFields,
		limits: inputs.Limits{MaxBody: int(cfg.MaxBody), MaxValues: cfg.MaxValues, Sessions: site.Sessions, Inflaters: new(sync.Pool)}, cfg: cfg, site: site, log: site.Logger, ready: true,
	}
	if cfg.Engine != "crs" {
		g.site.Engine = nil
	}
	if g.site.State == nil {
		g.site.State = NewState()
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// Check says whether r may go on, whatever the mode, and sets Risky and Unseen of its Exchange.
// A form or JSON that is not whole yet is read; r.Body then has it again.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("injection")
	}
	if g.readsHere(r) {
		*r = *held(r, int64(g.cfg.MaxBody))
	}
	return g.judge(r, g.read(r, inputs.Read(r, g.limits)))
}

// Handler passes requests without an attack to next.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("injection"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.readsHere(r) {
			r = held(r, int64(g.cfg.MaxBody))
		}
		set := inputs.Read(r, g.limits)
		if len(set.All) == 0 && !set.Unseen && g.site.Engine == nil {
			next.ServeHTTP(w, r)
			return
		}
		g.serve(w, r, set, next)
	})
}

// serve is for requests that have values.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, set inputs.Set, next http.Handler) {
	seen := g.read(r, set)
	if g.mode != fumehood.Off {
		if verdict := g.judge(r, seen); verdict != nil && fumehood.Decide(w, r, g.mode, verdict) {
			return
		}
	}
	next.ServeHTTP(w, r)
	g.learn(r, seen)
}

// reading is what is known of one request.
type reading struct {
	set   inputs.Set
	risky []fumehood.Input // as the sinks get them
	route uint64           // zero until it is asked for
}

// read tells the Exchange of r of the risky values, with their decoded forms.
func (g *Guard) read(r *http.Request, set inputs.Set) *reading {
	seen := &reading{set: set}
	if len(seen.set.All) == 0 && !seen.set.Unseen {
		return seen
	}
	if !inputs.Decode(seen.set.All) && !seen.set.Unseen {
		seen.set.Unseen, seen.set.Why = true, "there is too much that is encoded"
	}
	risky, all := inputs.Pick(seen.set.All)
	seen.risky = risky
	if x := fumehood.ExchangeOf(r.Context()); x != nil {
		x.Risky, x.Unseen, x.Values = risky, seen.set.Unseen || !all, seen.set.All
	}
	return seen
}

// judge says whether the values may go on.
func (g *Guard) judge(r *http.Request, seen *reading) error {
	if verdict := g.repeated(r, seen); verdict != nil {
		return verdict
	}
	if g.site.Engine != nil {
		return g.site.Engine(r)
	}
	if verdict := g.unseen(r, &seen.set); verdict != nil {
		return verdict
	}
	if len(seen.set.All) == 0 {
		return nil
	}
	return g.verdict(r, seen)
}

// unseen judges a request of which not everything was looked at: where sinks do not decide, it is
// refused, unless what is missing is the rest of a long text; else the log is told. A route that
// streams says so at the start.
func (g *Guard) unseen(r *http.Request, set *inputs.Set) error {
	if !set.Unseen || g.site.Streams {
		return nil
	}
	verdict := unseen(set)
	if set.Text || g.allWatched() {
		fumehood.Note(r, verdict)
		return nil
	}
	return verdict
}

// allWatched says whether every sink is: then what was not seen here is refused there where it
// would do anything.
func (g *Guard) allWatched() bool {
	for _, s := range [...]string{"sql", "file", "command", "template", "pickle"} {
		if !g.watched(s) {
			return false
		}
	}
	return true
}

func (g *Guard) watched(sink string) bool {
	return sink != "" && !g.strict && g.site.Watched != nil && g.site.Watched(sink)
}

// learn takes from a request what the next ones are judged by.
func (g *Guard) learn(r *http.Request, seen *reading) {
	x := fumehood.ExchangeOf(r.Context())
	if x != nil && x.Refused != nil {
		var hit *sink.Hit
		if errors.As(x.Refused, &hit) && len(seen.set.All) > 0 {
			g.stopped(r, seen, hit)
		}
		return
	}
	if g.remember && len(seen.set.All) > 0 {
		g.site.State.fields.learn(g.routeOf(r, seen), seen.set.All)
	}
}

// skipped says whether the owner has a field not judged.
func (g *Guard) skipped(name string) bool {
	for _, s := range g.skip {
		if prefix, open := strings.CutSuffix(s, "*"); name == s || open && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
