package ratelimit

import (
	"context"
	"encoding/binary"
	"math"
	"math/bits"
	"sync"
	"time"
)

// Memory is a Store of this process. Its size is fixed: 16 bytes for each of its cells.
//
// A cell is needed for as long as its client's burst is not whole: 20 ms after a single
// request at 50 a second, 12 seconds at 5 a minute. A key has the 8 cells of one set to
// choose from. It takes an empty one or one that is needed no longer. When all are needed,
// it takes the place of the one that would have been the first to expire, and its debt,
// too, as far as that leaves one request: it is not known whether it had been pushed out
// itself a moment ago, and starting anew must not be what a flood from many addresses is
// rewarded with.
//
// The trade: while more clients than there are cells are known at the same time, a new one
// may begin with less than its whole burst, yet never with nothing. Those with the most
// debt are the last to be forgotten, so a flood mostly pushes out itself.
type Memory struct {
	now   func() time.Time
	start time.Time
	sets  []set
	locks [stripes]stripe

	naming sync.Mutex // guards seeds, which grow with each name of a limit
	seeds  map[string]*seeds
}

const (
	ways         = 8
	stripes      = 256
	defaultCells = 1 << 20
)

// set is two cache lines: tags first, for they are what a search reads.
type set struct {
	tags  [ways]uint64 // 0: empty
	times [ways]int64  // theoretical arrival times
}

// stripe is a lock for every 256th set, on a cache line of its own.
type stripe struct {
	sync.Mutex
	_ [56]byte
}

// NewMemory returns a Store with room for that many clients at a time, rounded up to a
// power of two; 0 means 1,048,576, which take 16 MB once they have all been used. now is
// the clock; nil means the computer's, without the jumps of its wall clock.
func NewMemory(cells int, now func() time.Time) *Memory {
	if cells <= 0 {
		cells = defaultCells
	}
	if now == nil {
		now = time.Now
	}
	sets := 1 << bits.Len(uint(cells-1)/ways)
	return &Memory{now: now, start: now(), sets: make([]set, sets)}
}

// Take implements Store. It never fails but for ErrLimit.
func (m *Memory) Take(_ context.Context, key Key, limit Limit, cost int) (Decision, error) {
	if !limit.Takes(cost) {
		return Decision{}, ErrLimit
	}
	place := binary.LittleEndian.Uint64(key[:8])
	tag := binary.LittleEndian.Uint64(key[8:]) | 1
	index := place & uint64(len(m.sets)-1)
	lock := &m.locks[index%stripes]
	lock.Lock()
	defer lock.Unlock()
	// Read under the lock: an earlier time that comes later would look like a clock that
	// went back. Monotonic, when the clock is time.Now.
	now := bounded(int64(m.now().Sub(m.start)))
	s := &m.sets[index]
	cell, at := s.find(tag)
	if cell < 0 {
		if cell, at = s.oldest(int(tag >> 32 & 0xff)); at > now {
			at = max(now, min(at, now+(limit.burst-int64(max(cost, 1)))*limit.interval))
		}
		if cost == 0 { // only looking
			_, d := limit.decide(at, now, 0)
			return d, nil
		}
		s.tags[cell] = tag
	}
	at, d := limit.decide(at, now, cost)
	s.times[cell] = at
	return d, nil
}

// find returns the cell of tag, -1 when there is none.
func (s *set) find(tag uint64) (cell int, at int64) {
	for i := range s.tags {
		if s.tags[i] == tag {
			return i, s.times[i]
		}
	}
	return -1, 0
}

// oldest returns the cell that is empty or the first to expire; of those that expire
// together, the first after any one.
func (s *set) oldest(after int) (cell int, at int64) {
	at = math.MaxInt64
	for n := range ways {
		i := (after + n) % ways
		if s.tags[i] == 0 {
			return i, math.MinInt64
		}
		if s.times[i] < at {
			cell, at = i, s.times[i]
		}
	}
	return cell, at
}
