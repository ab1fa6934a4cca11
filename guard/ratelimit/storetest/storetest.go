// Package storetest has the tests that every ratelimit.Store must pass.
//
// It stops no attack; a store that passes lets nobody have more than the limit.
package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/ratelimit"
)

// Subject is a store whose clock a test moves. The clock may run besides: the tests take a
// few seconds for nothing.
type Subject struct {
	Store   ratelimit.Store
	Advance func(time.Duration) // not below zero
}

// Run runs the tests. open returns a new, empty store for each of them, and sees to its
// end.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, Subject){
		"burst, then the rate":      burstThenRate,
		"time is not lost":          timeIsNotLost,
		"never more than the burst": neverMoreThanTheBurst,
		"refusals are not counted":  refusalsAreNotCounted,
		"wait is true":              waitIsTrue,
		"looking counts nothing":    lookingCountsNothing,
		"costs":                     costs,
		"keys are apart":            keysAreApart,
		"what is no limit":          whatIsNoLimit,
		"long limits":               longLimits,
		"a stricter limit":          aStricterLimit,
		"a model":                   aModel,
		"many at once":              manyAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// KeyOf returns a key for a number.
func KeyOf(n uint64) (key ratelimit.Key) {
	binary.LittleEndian.PutUint64(key[:8], n*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(key[8:], n)
	return key
}

// limit is one that moves so slowly that the time a test takes does not show.
func limit(t *testing.T, text string) ratelimit.Limit {
	t.Helper()
	l, err := ratelimit.ParseLimit(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (s Subject) take(t *testing.T, key uint64, l ratelimit.Limit, cost int) ratelimit.Decision {
	t.Helper()
	d, err := s.Store.Take(context.Background(), KeyOf(key), l, cost)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// expect takes one request.
func (s Subject) expect(t *testing.T, key uint64, l ratelimit.Limit, ok bool, remaining int64) {
	t.Helper()
	if d := s.take(t, key, l, 1); d.OK != ok || d.Remaining != remaining {
		t.Errorf("%v, want OK %v and %d remaining", d, ok, remaining)
	}
}

func burstThenRate(t *testing.T, s Subject) {
	l := limit(t, "2/hour burst 3")
	for remaining := range int64(3) {
		s.expect(t, 1, l, true, 2-remaining)
	}
	s.expect(t, 1, l, false, 0)
	s.Advance(25 * time.Minute)
	s.expect(t, 1, l, false, 0)
	s.Advance(5 * time.Minute)
	s.expect(t, 1, l, true, 0)
	s.expect(t, 1, l, false, 0)
	s.Advance(70 * time.Minute)
	s.expect(t, 1, l, true, 1)
	s.expect(t, 1, l, true, 0)
	s.expect(t, 1, l, false, 0)
}

// timeIsNotLost: what passes between refusals counts.
func timeIsNotLost(t *testing.T, s Subject) {
	l := limit(t, "1/hour")
	s.expect(t, 1, l, true, 0)
	for range 5 {
		s.Advance(10 * time.Minute)
		s.expect(t, 1, l, false, 0)
	}
	s.Advance(10 * time.Minute)
	s.expect(t, 1, l, true, 0)
}

func neverMoreThanTheBurst(t *testing.T, s Subject) {
	l := limit(t, "10/hour burst 2")
	s.expect(t, 1, l, true, 1)
	s.Advance(24 * 400 * time.Hour)
	s.expect(t, 1, l, true, 1)
	s.expect(t, 1, l, true, 0)
	s.expect(t, 1, l, false, 0)
}

func refusalsAreNotCounted(t *testing.T, s Subject) {
	l := limit(t, "1/hour")
	s.expect(t, 1, l, true, 0)
	for range 100 {
		s.expect(t, 1, l, false, 0)
	}
	s.Advance(time.Hour)
	s.expect(t, 1, l, true, 0)
}

// near says whether got is want, less the time that the test may have taken.
func near(got, want time.Duration) bool { return got <= want && got > want-time.Minute }

func waitIsTrue(t *testing.T, s Subject) {
	l := limit(t, "1/hour burst 3")
	for i, want := range []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour} {
		if d := s.take(t, 1, l, 1); !near(d.Wait, want) || d.OK != (i < 3) {
			t.Errorf("request %d: %v, want to wait %v", i, d, want)
		}
	}
	s.Advance(30 * time.Minute)
	d := s.take(t, 1, l, 1)
	if d.OK || !near(d.Wait, 30*time.Minute) {
		t.Errorf("%v, want to wait 30m", d)
	}
	if d = s.take(t, 1, l, 3); d.OK || !near(d.Wait, 2*time.Hour+30*time.Minute) {
		t.Errorf("%v, want to wait 2h30m for three", d)
	}
	s.Advance(d.Wait)
	s.expect(t, 1, l, true, 2)
}

func lookingCountsNothing(t *testing.T, s Subject) {
	l := limit(t, "1/hour burst 2")
	look := func(ok bool, remaining int64) {
		t.Helper()
		for range 3 {
			if d := s.take(t, 1, l, 0); d.OK != ok || d.Remaining != remaining {
				t.Errorf("%v, want OK %v and %d remaining", d, ok, remaining)
			}
		}
	}
	look(true, 2)
	s.expect(t, 1, l, true, 1)
	look(true, 1)
	s.expect(t, 1, l, true, 0)
	look(false, 0)
	s.Advance(time.Hour)
	look(true, 1)
}

func costs(t *testing.T, s Subject) {
	l := limit(t, "1/hour burst 10")
	for _, c := range []struct {
		cost      int
		ok        bool
		remaining int64
	}{{4, true, 6}, {7, false, 6}, {6, true, 0}, {1, false, 0}} {
		if d := s.take(t, 1, l, c.cost); d.OK != c.ok || d.Remaining != c.remaining {
			t.Errorf("%d: %v, want OK %v and %d remaining", c.cost, d, c.ok, c.remaining)
		}
	}
}

func keysAreApart(t *testing.T, s Subject) {
	l := limit(t, "1/hour")
	for key := range uint64(200) {
		s.expect(t, key, l, true, 0)
	}
	for key := range uint64(200) {
		s.expect(t, key, l, false, 0)
	}
}

func whatIsNoLimit(t *testing.T, s Subject) {
	l := limit(t, "5/minute")
	for _, c := range []struct {
		limit ratelimit.Limit
		cost  int
	}{{ratelimit.Limit{}, 1}, {ratelimit.Limit{}, 0}, {l, 6}, {l, -1}, {l, -1 << 62}, {l, 1 << 62}} {
		if d, err := s.Store.Take(context.Background(), KeyOf(1), c.limit, c.cost); !errors.Is(err, ratelimit.ErrLimit) || d.OK {
			t.Errorf("%v, %d: %v %v", c.limit, c.cost, d, err)
		}
	}
	s.expect(t, 1, l, true, 4)
}

// longLimits are at the ends of what a Limit may be.
func longLimits(t *testing.T, s Subject) {
	year := limit(t, "1/day burst 366")
	if d := s.take(t, 1, year, 366); !d.OK || d.Remaining != 0 {
		t.Errorf("%v", d)
	}
	s.Advance(24 * 10 * time.Hour)
	if d := s.take(t, 1, year, 9); !d.OK || d.Remaining != 1 {
		t.Errorf("%v", d)
	}
	s.Advance(24 * 400 * time.Hour)
	s.expect(t, 1, year, true, 365)
	most := limit(t, "1000000/second burst 1000000000000")
	if d := s.take(t, 2, most, 1_000_000_000_000); !d.OK || d.Remaining > 60_000_000 {
		t.Errorf("%v", d)
	}
}

// aStricterLimit: what was counted under another limit is used up, not more, so that the
// client is not shut out for as long as the old one lasted.
func aStricterLimit(t *testing.T, s Subject) {
	if d := s.take(t, 1, limit(t, "1/day burst 100"), 100); !d.OK {
		t.Fatal(d)
	}
	l := limit(t, "1/hour burst 2")
	if d := s.take(t, 1, l, 0); d.OK {
		t.Errorf("%v", d)
	}
	s.Advance(time.Hour)
	s.expect(t, 1, l, true, 0)
	s.expect(t, 1, l, false, 0)
}

// aModel compares with a bucket of tokens that is filled second by second.
func aModel(t *testing.T, s Subject) {
	l := limit(t, "60/hour burst 7") // one a minute
	const full = 7 * 60
	tokens := map[uint64]int{}
	random := uint64(1)
	next := func(n uint64) uint64 {
		random = random*6364136223846793005 + 1442695040888963407
		return (random >> 33) % n
	}
	for step := range 2000 {
		if next(3) == 0 {
			// Not to a moment at which the next one falls due: the clock may run besides.
			passed := int(next(5)) * 60
			s.Advance(time.Duration(passed) * time.Second)
			for key := range tokens {
				tokens[key] = min(full, tokens[key]+passed)
			}
		}
		key, cost := next(3), int(next(4))
		if _, known := tokens[key]; !known {
			tokens[key] = full
		}
		d := s.take(t, key, l, cost)
		want := tokens[key] >= 60*max(cost, 1)
		if want {
			tokens[key] -= 60 * cost
		}
		if d.OK != want || d.Remaining != int64(tokens[key]/60) {
			t.Fatalf("step %d, key %d, cost %d: %v; the model says %v and %d remaining", step, key, cost, d, want, tokens[key]/60)
		}
	}
}

// manyAtOnce: of requests that come together no more get through than may.
func manyAtOnce(t *testing.T, s Subject) {
	l := limit(t, "1/hour burst 50")
	var through [3]atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 60 {
				key := i % len(through)
				d, err := s.Store.Take(context.Background(), KeyOf(uint64(key)), l, 1)
				if err != nil {
					err = fmt.Errorf("request %d: %w", i, err)
					failed.Store(&err)
				} else if d.OK {
					through[key].Add(1)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		t.Fatal(*err)
	}
	for key := range through {
		if n := through[key].Load(); n != 50 {
			t.Errorf("key %d: %d got through, want 50", key, n)
		}
	}
}
