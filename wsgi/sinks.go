package wsgi

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"sync"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/pool"
	"github.com/fumehood/fumehood/internal/sink"
)

// Sinks says what the guards inside the workers do. The zero Sinks has no such guards.
type Sinks struct {
	Settings []byte // of guard/sinks, as a worker reads them; nil for no guards

	// Skeletons are the statements without their values that each route may make, where
	// Settings ask for them; Learned is called with each that is new.
	Skeletons map[string][]string
	Learned   func(route, skeleton, example string)
}

// setup is what of it a worker is told at its start.
func (s *Sinks) setup() map[string]any {
	if s.Settings == nil {
		return nil
	}
	return map[string]any{"sinks": json.RawMessage(s.Settings), "skeletons": s.Skeletons}
}

// sent is what a worker is told of a request: its risky values.
type sent struct {
	Unseen  bool            `json:"unseen"`
	Suspect []string        `json:"suspect,omitempty"`
	Values  [][]string      `json:"values"` // place, name, value, its other forms
	Modes   json.RawMessage `json:"modes,omitempty"`
}

// appendValues appends the risky values of r to the frame b, if it has any.
func appendValues(b []byte, r *http.Request) (_ []byte, some bool, err error) {
	x := fumehood.ExchangeOf(r.Context())
	if x == nil || len(x.Risky) == 0 && !x.Unseen && x.Sinks == nil {
		return b, false, nil
	}
	told := sent{Unseen: x.Unseen, Suspect: x.Suspect, Values: make([][]string, len(x.Risky)), Modes: x.Sinks}
	for i, input := range x.Risky {
		told.Values[i] = append([]string{input.Place, input.Name, input.Value}, input.Decoded...)
	}
	text, err := json.Marshal(told)
	if err != nil {
		return b, false, err
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	return append(b, text...), true, nil
}

// mostHits is how many reports of one request are logged.
const mostHits = 4

// hit is what a worker says that a sink has refused; without end only reported.
func (a *answer) hit(e *pool.Event) error {
	if !e.End {
		if a.hits++; a.hits > mostHits {
			return nil
		}
	}
	hit, err := sink.Parse(e.Payload, a.r)
	if err != nil {
		return badAnswer("a refusal that cannot be read: %w", err)
	}
	if !e.End {
		a.app.logHit(seenNotStopped, a.r, hit)
		fumehood.Note(a.r, hit.Refusal())
		return nil
	}
	a.app.logHit(stopped, a.r, hit)
	return hit.Refusal()
}

// moreHits says how many reports of the request were not logged.
func (a *answer) moreHits() {
	if a.hits > mostHits {
		a.app.log.Warn(seenNotStopped, "request", fumehood.RequestID(a.r), "more", a.hits-mostHits)
	}
}

// What is logged of a hit.
const (
	stopped        = "attack stopped"
	stoppedOutside = "attack stopped outside of an answer"
	seenNotStopped = "attack seen, not stopped"
)

// logHit tells the owner what was stopped, and where in the app's code the hole is; r is nil
// outside of an answer.
func (a *App) logHit(message string, r *http.Request, h *sink.Hit) {
	client, request := "", ""
	if r != nil {
		client, request = fumehood.ClientIP(r).String(), fumehood.RequestID(r)
	}
	field := h.Place + " " + h.Name
	if a.flood.more(equal{message, client, h.Sink, h.Where, field}) {
		return
	}
	a.log.Warn(message, "request", request, "sink", h.Sink, "where", h.Where, "field", field,
		"value", h.Value, "statement", h.Statement, "cause", h.Why, "route", h.Route)
}

// sinkNews has what the workers have said of their sinks since their start.
type sinkNews struct {
	mu      sync.Mutex
	watched [][3]string
}

// news takes what a worker says beside its answers.
func (a *App) news(kind frame.Kind, payload []byte) {
	if kind == frame.Hit {
		if hit, err := sink.Parse(payload, nil); err == nil {
			a.logHit(stoppedOutside, nil, hit)
		}
		return
	}
	var said struct {
		Watched                      *[3]string
		Learned                      *[3]string
		Alarm, Where, Why, Traceback string
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		a.log.Error("a worker says what cannot be read", "cause", err)
		return
	}
	switch {
	case said.Watched != nil:
		a.said.mu.Lock()
		defer a.said.mu.Unlock()
		w := *said.Watched
		if slices.Contains(a.said.watched, w) { // another worker has said so
			return
		}
		a.said.watched = append(a.said.watched, w)
		if w[2] != "" {
			a.log.Warn("not watched", "sink", w[0], "name", w[1], "cause", w[2])
		} else {
			a.log.Info("watched", "sink", w[0], "name", w[1])
		}
	case said.Learned != nil:
		if a.sinks.Learned != nil {
			a.sinks.Learned(said.Learned[0], said.Learned[1], said.Learned[2])
		}
	case said.Alarm != "":
		a.log.Error("the guard of a sink failed", "sink", said.Alarm, "where", said.Where, "cause", said.Why, "traceback", said.Traceback)
	}
}

// Sinks returns what is watched in the workers: kind ("sql"), name ("sqlite3"), and why it is
// not, "" if it is.
func (a *App) Sinks() [][3]string {
	a.said.mu.Lock()
	defer a.said.mu.Unlock()
	all := slices.Clone(a.pool.About().Sinks)
	for _, more := range a.said.watched {
		if !slices.Contains(all, more) {
			all = append(all, more)
		}
	}
	return all
}

// Watches says whether every sink of this kind that the app uses is watched, and that there
// is one.
func (a *App) Watches(kind string) bool {
	some := false
	for _, entry := range a.Sinks() {
		if entry[0] == kind {
			if entry[2] != "" {
				return false
			}
			some = true
		}
	}
	return some
}
