package ratelimit_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/guard/ratelimit/storetest"
)

// clock is one that a test moves.
type clock struct{ ns atomic.Int64 }

func (c *clock) Now() time.Time { return time.Unix(1_800_000_000, c.ns.Load()) }

func (c *clock) Advance(d time.Duration) { c.ns.Add(int64(d)) }

func mustLimit(t testing.TB, text string) ratelimit.Limit {
	t.Helper()
	l, err := ratelimit.ParseLimit(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func take(t testing.TB, s ratelimit.Store, key ratelimit.Key, l ratelimit.Limit) ratelimit.Decision {
	t.Helper()
	d, err := s.Take(context.Background(), key, l, 1)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMemoryIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) storetest.Subject {
		c := &clock{}
		return storetest.Subject{Store: ratelimit.NewMemory(4096, c.Now), Advance: c.Advance}
	})
}

// TestNeverMoreThanBurstAndRate: whatever many goroutines do while the clock moves, no key
// gets more than its burst and what the rate gives in the time.
func TestNeverMoreThanBurstAndRate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"50/second burst 300", "5/minute", "7/second burst 1", "1000000/second burst 3"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			l := mustLimit(t, text)
			c := &clock{}
			m := ratelimit.NewMemory(1024, c.Now)
			const keys, workers = 5, 8
			var admitted [keys]atomic.Int64
			var all sync.WaitGroup
			for worker := range workers {
				all.Go(func() {
					r := rand.New(rand.NewPCG(uint64(worker), 1))
					for range 2000 {
						key := r.IntN(keys)
						if take(t, m, storetest.KeyOf(uint64(key)), l).OK {
							admitted[key].Add(1)
						}
						if r.IntN(20) == 0 {
							c.Advance(time.Duration(r.Int64N(int64(l.Interval()))))
						}
					}
				})
			}
			all.Wait()
			most := l.Burst() + c.ns.Load()/int64(l.Interval())
			for key := range admitted {
				if n := admitted[key].Load(); n > most || n < l.Burst() {
					t.Errorf("key %d: %d got through in %v, the most is %d", key, n, time.Duration(c.ns.Load()), most)
				}
			}
		})
	}
}

// TestClockGoesBack: it gives nobody more, and shuts nobody out for longer than the burst
// takes to come back.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	l := mustLimit(t, "1/minute burst 3")
	for _, back := range []time.Duration{time.Second, time.Hour, 24 * 365 * 50 * time.Hour} {
		c := &clock{}
		m := ratelimit.NewMemory(64, c.Now)
		key := storetest.KeyOf(1)
		for range 3 {
			take(t, m, key, l)
		}
		c.Advance(-back)
		for range 5 {
			if d := take(t, m, key, l); d.OK || d.Wait > 2*time.Minute {
				t.Errorf("%v back: %v", back, d)
			}
		}
		// Looking alone must end it, too: guard/login looks before it counts.
		c.Advance(2 * time.Minute)
		if d, err := m.Take(context.Background(), key, l, 0); err != nil || !d.OK {
			t.Errorf("%v back, 2 minutes later: %v %v", back, d, err)
		}
	}
}

// TestFarClocks: the ends of time do not overflow into a yes.
func TestFarClocks(t *testing.T) {
	t.Parallel()
	l := mustLimit(t, "1/day burst 366")
	for _, second := range []int64{math.MinInt64 / 2, -1 << 40, 0, 1 << 40, math.MaxInt64 / 2} {
		at := time.Unix(0, 0)
		m := ratelimit.NewMemory(64, func() time.Time { return at })
		at = time.Unix(second, 0)
		through := 0
		for range 1000 {
			if take(t, m, storetest.KeyOf(1), l).OK {
				through++
			}
		}
		if through != 366 {
			t.Errorf("%d: %d got through", second, through)
		}
	}
}

// flood has a new client each millisecond for 100 seconds, 12,000 of which are known at a
// time, and one that tries to have itself forgotten.
func flood(t *testing.T, cells int) (throughOfOne int) {
	t.Helper()
	l := mustLimit(t, "5/minute")
	c := &clock{}
	m := ratelimit.NewMemory(cells, c.Now)
	for n := range uint64(100_000) {
		if !take(t, m, storetest.KeyOf(n+1), l).OK {
			t.Fatalf("the %dth new client was shut out", n)
		}
		if n%10 == 0 && take(t, m, storetest.KeyOf(0), l).OK {
			throughOfOne++
		}
		c.Advance(time.Millisecond)
	}
	return throughOfOne
}

func TestFloodDoesNotForget(t *testing.T) {
	t.Parallel()
	// 5 at once, and one every 12 seconds.
	if n := flood(t, 1<<15); n != 5+8 {
		t.Errorf("%d got through, want 13", n)
	}
	// Three times as many as there is room for.
	if n := flood(t, 1<<12); n > 100 {
		t.Errorf("%d of 10,000 got through", n)
	}
}

// TestPushedOutDoesNotBeginAnew: who was pushed out by others with as much debt gets no
// second burst.
func TestPushedOutDoesNotBeginAnew(t *testing.T) {
	t.Parallel()
	l := mustLimit(t, "5/minute")
	m := ratelimit.NewMemory(8, (&clock{}).Now) // one set
	for _, c := range []struct {
		from, to uint64
		most     int
	}{{0, 8, 40}, {8, 88, 80}, {0, 8, 8}, {0, 88, 88}} {
		through := 0
		for key := c.from; key < c.to; key++ {
			for range 10 {
				if take(t, m, storetest.KeyOf(key), l).OK {
					through++
				}
			}
		}
		if through > c.most {
			t.Errorf("clients %d to %d: %d got through, the most is %d", c.from, c.to, through, c.most)
		}
	}
}

// TestMemoryIsFlat counts millions of clients.
func TestMemoryIsFlat(t *testing.T) {
	l := mustLimit(t, "5/minute")
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	m := ratelimit.NewMemory(1<<12, nil) // far too few cells
	before := heap()
	for n := range uint64(manyClients) {
		if !take(t, m, storetest.KeyOf(n), l).OK {
			t.Fatalf("client %d was shut out", n)
		}
	}
	if after := heap(); after > before+64<<10 {
		t.Errorf("the heap grew from %d to %d", before, after)
	}
	runtime.KeepAlive(m)
}

func BenchmarkMemoryTake(b *testing.B) {
	for name, clients := range map[string]uint64{"1 client": 1, "5 million clients": 5_000_000} {
		b.Run(name, func(b *testing.B) {
			l := mustLimit(b, "50/second burst 300")
			m := ratelimit.NewMemory(0, nil)
			ctx := context.Background()
			n := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				n = n*6364136223846793005 + 1
				_, _ = m.Take(ctx, storetest.KeyOf((n>>20)%clients), l, 1)
			}
		})
	}
}
