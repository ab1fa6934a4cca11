package redisstore

import (
	"context"
	"time"

	"github.com/fumehood/fumehood/guard/ratelimit"
)

// Times between probes. The first comes soon, for most that goes away was only a pause; a
// store that goes again soon after it came back is waited for twice as long each time.
const (
	firstProbe = 50 * time.Millisecond
	lastProbe  = 2 * time.Second
	steady     = 10 * time.Second
)

// spawn runs f in a goroutine that Close waits for; after Close it does not.
func (s *Store) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Go(f)
	}
}

// lost notes that the store is away since a Take that began in state. Only the first of
// those that fail together does; one that began before the store came back does not count.
func (s *Store) lost(state uint64, err error) {
	if state%2 == 1 || !s.state.CompareAndSwap(state, state+1) {
		return
	}
	s.log.Warn("ratelimit: the store is away; each limit does what its when_away says", "store", s.address, "err", err)
	s.spawn(func() { s.await(state+1, time.Now()) })
}

// await probes until the store is back.
func (s *Store) await(state uint64, since time.Time) {
	if since.Sub(s.cameBack) > steady {
		s.pause = firstProbe
	}
	for ; ; s.pause = min(2*s.pause, lastProbe) {
		select {
		case <-s.done:
			return
		case <-time.After(s.pause):
		}
		if s.probe() != nil {
			continue
		}
		s.log.Info("ratelimit: the store is back", "store", s.address, "after", time.Since(since).Round(time.Millisecond))
		s.cameBack, s.pause = time.Now(), min(2*s.pause, lastProbe)
		s.state.Store(state + 1)
		return
	}
}

// probe does what Take does, so that a server that answers but cannot count (a replica, no
// memory left, no right to write) is still away.
func (s *Store) probe() error {
	limit, err := ratelimit.NewLimit(1000, time.Second, 0)
	if err != nil {
		return err
	}
	_, err = s.take(context.Background(), prefix+"probe", limit, 1)
	return err
}
