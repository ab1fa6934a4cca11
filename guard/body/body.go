// Package body reads the whole request body before the app sees the request.
//
// Attacks: slow bodies (one byte a second, or none), which would each hold a worker; bodies
// that end early, which an app would take for whole; many bodies at once that fill memory.
// Not covered: how large a body may be (guard/limits), slow heads (the server's header
// timeout), and bodies at just above MinRate: they cost a connection, never a worker.
//
// Order: MUST be the last step before the app, after limits: everything that can refuse a
// request by its head must have done so, since the first read sends "100 Continue".
package body

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/unnamed"
)

// maxHeld is the most that all bodies together keep in memory (bytes); further ones go to
// files whatever their size.
const maxHeld = 64 << 20

// Guard reads bodies. Make one with New.
type Guard struct {
	cfg    Config
	ready  bool
	stream func(*http.Request) bool
	memory *Memory
}

// Memory counts the memory that bodies have now. Guards of one server, such as those of its
// routes, should share one: the cap is for all together. The zero Memory is empty.
type Memory struct{ held atomic.Int64 }

// Sharing returns g counting in m, in the place of a Memory of its own. It must be called
// before g is in use. A nil Guard stays nil.
func (g *Guard) Sharing(m *Memory) *Guard {
	if g != nil {
		g.memory = m
	}
	return g
}

// New returns a Guard, or every mistake in cfg. A zero Idle, MinRate or Grace means 15 s,
// 500 bytes a second and 1 s; a zero Memory sends every body to a file. stream says which
// requests get their body as it arrives, still under the deadlines; it may be nil.
func New(cfg Config, stream func(*http.Request) bool) (*Guard, error) {
	var mistakes []error
	negative := func(key string, value int64) {
		if value < 0 {
			mistakes = append(mistakes, hint.With(fmt.Errorf("body.%s is below zero", key), "leave it out for the default"))
		}
	}
	negative("memory", int64(cfg.Memory))
	negative("idle", int64(cfg.Idle))
	negative("min_rate", int64(cfg.MinRate))
	negative("grace", int64(cfg.Grace))
	if cfg.Idle == 0 {
		cfg.Idle = 15 * time.Second
	}
	if cfg.MinRate == 0 {
		cfg.MinRate = 500
	}
	if cfg.Grace == 0 {
		cfg.Grace = time.Second // a rate needs a time to be measured over
	}
	if cfg.TempDir == "" {
		cfg.TempDir = os.TempDir()
	}
	if probe, err := unnamed.File(cfg.TempDir); err != nil {
		mistakes = append(mistakes, hint.With(fmt.Errorf("body.temp_dir: %w", err),
			"name a folder that this user may write to"))
	} else {
		probe.Close()
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return &Guard{cfg: cfg, ready: true, stream: stream, memory: &Memory{}}, nil
}

// Handler calls next with the whole body: r.Body is a *Whole and r.ContentLength its size,
// or r.Body is http.NoBody. The body is gone when next has returned. Guard has no Check:
// it can only say no while it reads.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("body"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody { // an upgrade to WebSocket is one of these
			next.ServeHTTP(w, r)
			return
		}
		inner := *r
		paced := newPaced(&g.cfg, w, r)
		defer paced.stop()
		if g.stream != nil && g.stream(r) {
			inner.Body = paced.streaming(r)
			next.ServeHTTP(w, &inner)
			return
		}
		whole, err := g.read(paced, r.ContentLength)
		if err != nil {
			fumehood.Refuse(w, r, err)
			return
		}
		defer whole.Close()
		inner.TransferEncoding, inner.Trailer = nil, nil
		inner.Body, inner.ContentLength = whole, whole.Size()
		if whole.Size() == 0 {
			inner.Body = http.NoBody
		}
		next.ServeHTTP(w, &inner)
	})
}

// reserve takes n bytes from the memory that all bodies share, if they are left.
func (m *Memory) reserve(n int) bool {
	if m.held.Add(int64(n)) <= maxHeld {
		return true
	}
	m.held.Add(-int64(n))
	return false
}
