package paths

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// What the count of refusals is about.
const (
	window   = 10 * time.Minute // in which Config.ProbeLimit refusals are allowed
	longest  = 6                // windows; nobody has to wait longer
	sets     = 2048             // times ways: clients that are remembered, 8192
	ways     = 4
	setLocks = 16
)

// Probes counts how often clients were refused a path, in a table of fixed size (200 KB).
// One client is an IPv4 address or an IPv6 network of 64 bits. All guards of a site share
// one. Make it with NewProbes.
//
// It is a leaky bucket: each refusal adds one, and limit of them drain away in 10 minutes.
// What is over the limit is how long the client has to wait: each further try makes it
// longer, by half a minute with the default limit, up to an hour.
type Probes struct {
	now   func() time.Time
	start time.Time
	seed  maphash.Seed
	locks [setLocks]sync.Mutex
	table [sets][ways]tally
	until atomic.Int64 // nobody is over the limit after this (nanoseconds since start)
}

// tally is what is known of one client.
type tally struct {
	client uint64 // keyed hash, 0 for none
	level  float64
	at     time.Duration // since start
}

// NewProbes returns an empty count with a clock.
func NewProbes(now func() time.Time) *Probes {
	return &Probes{now: now, start: now(), seed: maphash.MakeSeed()}
}

// clientOf is the keyed hash of a client, 0 for none.
func (p *Probes) clientOf(ip netip.Addr) uint64 {
	if !ip.IsValid() {
		return 0 // a Unix socket: all clients would be one
	}
	key := ip.As16()
	if !ip.Is4() && !ip.Is4In6() {
		clear(key[8:])
	}
	return max(maphash.Bytes(p.seed, key[:]), 1)
}

// level is how full the bucket is at a time, with the limit.
func (t *tally) levelAt(at time.Duration, limit int) float64 {
	return max(0, t.level-float64(at-t.at)*float64(limit)/float64(window))
}

// hit counts a refusal. It returns how long the client has to wait, 0 within the limit.
func (p *Probes) hit(ip netip.Addr, limit int) time.Duration {
	client := p.clientOf(ip)
	if client == 0 {
		return 0
	}
	at := p.now().Sub(p.start)
	lock := &p.locks[client%setLocks]
	lock.Lock()
	defer lock.Unlock()
	t := p.find(client, at, limit)
	full := float64(limit)
	level := min(t.levelAt(at, limit)+1, full*(1+longest))
	*t = tally{client, level, at}
	if level <= full {
		return 0
	}
	wait := time.Duration((level - full) / full * float64(window))
	for until := int64(at + wait); ; {
		last := p.until.Load()
		if last >= until || p.until.CompareAndSwap(last, until) {
			return wait
		}
	}
}

// find returns the client's tally, or the one that matters least.
func (p *Probes) find(client uint64, at time.Duration, limit int) *tally {
	set := &p.table[client%sets]
	least := &set[0]
	for i := range set {
		t := &set[i]
		if t.client == client {
			return t
		}
		if t.client == 0 || least.client != 0 && t.levelAt(at, limit) < least.levelAt(at, limit) {
			least = t
		}
	}
	*least = tally{}
	return least
}

// slowed says whether the client is over the limit. While nobody is, it costs next to nothing.
func (p *Probes) slowed(ip netip.Addr, limit int) bool {
	until := p.until.Load()
	if until == 0 {
		return false
	}
	at := p.now().Sub(p.start)
	client := p.clientOf(ip)
	if int64(at) > until || client == 0 {
		return false
	}
	lock := &p.locks[client%setLocks]
	lock.Lock()
	defer lock.Unlock()
	set := &p.table[client%sets]
	for i := range set {
		if set[i].client == client {
			return set[i].levelAt(at, limit) > float64(limit)
		}
	}
	return false
}
