package injection

import (
	"fmt"
	"hash/maphash"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/sink"
)

// loop remembers what sinks have stopped: client, route, field and shape.
type loop struct {
	seed  maphash.Seed
	count atomic.Int64 // of what is in until, for the requests that need not look

	mu    sync.Mutex
	until map[uint64]time.Time
	waves map[uint64]*wave
}

// wave is one attack (route, field, sink) and the clients that have tried it.
type wave struct {
	clients []uint64
	last    time.Time
}

// key is that of a value that a client sends.
func (l *loop) key(client string, route uint64, in *fumehood.Input) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, part := range [...]string{client, in.Place, fieldName(in.Name), shape(in.Value)} {
		h.WriteString(part)
		h.WriteByte(0)
	}
	return h.Sum64() ^ route
}

// known says whether the key was stopped not long ago.
func (l *loop) known(key uint64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, found := l.until[key]
	if found && !now.Before(until) {
		delete(l.until, key)
		l.count.Store(int64(len(l.until)))
		return false
	}
	return found
}

// stop remembers a key. When there is no room, what has ended goes first, then anything.
func (l *loop) stop(key uint64, now time.Time, period time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.until) >= mostStopped {
		for k, until := range l.until {
			if !now.Before(until) {
				delete(l.until, k)
			}
		}
		for k := range l.until {
			if len(l.until) < mostStopped*3/4 {
				break
			}
			delete(l.until, k)
		}
	}
	l.until[key] = now.Add(period)
	l.count.Store(int64(len(l.until)))
}

// seen counts the clients of an attack. It reports, once for each, that there are enough of
// them.
func (l *loop) seen(attack, client uint64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.waves[attack]
	if w == nil {
		if len(l.waves) >= mostWaves {
			oldest, at := uint64(0), now.Add(time.Hour)
			for k, other := range l.waves {
				if other.last.Before(at) {
					oldest, at = k, other.last
				}
			}
			delete(l.waves, oldest)
		}
		w = &wave{}
		l.waves[attack] = w
	}
	w.last = now
	if len(w.clients) >= enoughOthers || slices.Contains(w.clients, client) {
		return false
	}
	w.clients = append(w.clients, client)
	return len(w.clients) == enoughOthers
}

// repeated refuses what a sink has stopped of the same client.
func (g *Guard) repeated(r *http.Request, seen *reading) error {
	l := &g.site.State.loop
	if l.count.Load() == 0 || len(seen.risky) == 0 {
		return nil
	}
	who, route, now := client(r), g.routeOf(r, seen), time.Now()
	for i := range seen.risky {
		in := &seen.risky[i]
		if i >= mostLearned {
			break
		}
		if l.known(l.key(who, route, in), now) {
			return repeat(in.Place, in.Name)
		}
	}
	return nil
}

// stopped remembers what a sink has stopped. The value is the request's own: a Hit has none of
// a password.
func (g *Guard) stopped(r *http.Request, seen *reading, hit *sink.Hit) {
	l := &g.site.State.loop
	now, who, route := time.Now(), client(r), g.routeOf(r, seen)
	if in := culprit(seen, hit); in != nil {
		l.stop(l.key(who, route, in), now, g.cfg.Repeat)
		attack := maphash.String(l.seed, hit.Sink+"\x00"+in.Place+"\x00"+fieldName(in.Name)) ^ route
		if l.seen(attack, maphash.String(l.seed, who), now) {
			kind, known := g.site.State.fields.normal(route, in)
			g.log.Warn("several clients try the same attack", "sink", hit.Sink, "place", in.Place, "field", in.Name,
				"where", hit.Where, "clients", enoughOthers, "policy", suggestion(r, hit, kind, known))
		}
	}
}

// culprit is the value that a sink has stopped, nil where there are several that it may be: what
// came beside it may be what other people send.
func culprit(seen *reading, hit *sink.Hit) (only *fumehood.Input) {
	others := 0
	for i := range seen.risky {
		in := &seen.risky[i]
		if in.Place != hit.Place || in.Name != hit.Name {
			continue
		}
		if hit.Of(in.Value) {
			return in
		}
		only = in
		others++
	}
	if others != 1 {
		return nil
	}
	return only // a password, which a Hit has none of
}

// suggestion is a policy that refuses the attack before it gets to the app: a rule for what the
// field holds, or, where there is none for its place, the edge's own judgement.
func suggestion(r *http.Request, hit *sink.Hit, kind holds, known bool) string {
	match := fmt.Sprintf("%s %s", r.Method, pattern(hit.Route, r.URL.Path))
	table := ""
	switch hit.Place {
	case fumehood.InQuery:
		table = "query"
	case fumehood.InForm, fumehood.InJSON:
		table = "fields"
	}
	rule := `{ pattern = '[0-9.-]*', max = 40 }` // dates and prices are numbers here
	if kind != number {
		rule = `{ pattern = '[\pL\pM\pN_.-]*', max = 100 }`
	}
	mayBeNumber := hit.Place == fumehood.InJSON && kind == number // no pattern is for those of JSON
	if table == "" || hit.Name == "" || !known || kind > word || mayBeNumber {
		return fmt.Sprintf("[[route]]\nmatch = %q\ninjection = { strict = true }", match)
	}
	return fmt.Sprintf("[[route]]\nmatch = %q\nvalidate = { %s = { %q = %s } }", match, table, ruleName(hit.Name), rule)
}

// ruleName is the name of a field as guard/validate has it: elements of arrays are "[]".
func ruleName(name string) string {
	return strings.ReplaceAll(fieldName(name), ".[]", "[]")
}

// pattern writes a rule of Flask's, or a path, as net/http's ServeMux has it.
func pattern(rule, path string) string {
	if rule == "" || rule[0] != '/' {
		rule = path
	}
	var b strings.Builder
	n := 0
	for rule != "" {
		before, after, open := strings.Cut(rule, "<")
		b.WriteString(before)
		if !open {
			break
		}
		inner, rest, _ := strings.Cut(after, ">")
		n++
		rule = rest
		if strings.HasPrefix(inner, "path:") && rest == "" {
			fmt.Fprintf(&b, "{p%d...}", n)
			break
		}
		fmt.Fprintf(&b, "{p%d}", n)
	}
	segments := strings.Split(b.String(), "/")
	for i, segment := range segments { // a ServeMux knows no part of a segment
		if strings.Contains(segment, "{") && (segment[0] != '{' || strings.IndexByte(segment, '}') != len(segment)-1) {
			segments[i] = fmt.Sprintf("{s%d}", i)
		}
	}
	return strings.Join(segments, "/")
}
