package login

import (
	"fmt"
	"math"
	"math/bits"
	"time"
)

// tries are the failures in a row of one account from one place.
type tries struct {
	account     key
	fails       int32
	pending     int32 // of them, those whose outcome is not known yet
	last, until int64
	forget      int64 // how long after the last one they count
}

// worth keeps the entries with the most failures.
func (v *tries) worth(now int64) int64 {
	if now-v.last > v.forget {
		return -1
	}
	return int64(v.fails)<<40 + v.last/int64(time.Second)
}

func (v *tries) admit(t ticket, now int64) *wait {
	if now-v.last > v.forget {
		*v = tries{}
	}
	v.account, v.forget = t.account, 4*int64(t.max)
	if int(v.fails) >= t.attempts {
		if int(v.fails-v.pending) < t.attempts {
			return &wait{rest: time.Second, why: "as many logins to one account are under way as may fail"}
		}
		if now < v.until {
			return &wait{rest: time.Duration(v.until - now), why: fmt.Sprintf("%d logins to this account have failed from here", v.fails)}
		}
	}
	v.fails++
	v.pending++
	v.hold(t, now)
	return nil
}

// hold sets the wait that begins now.
func (v *tries) hold(t ticket, now int64) {
	v.last = now
	if over := int(v.fails) - t.attempts; over >= 0 {
		v.until = now + int64(t.delay(over))
	}
}

// undo takes back an attempt that was not made after all.
func (v *tries) undo() (keep bool) {
	v.fails, v.pending = max(v.fails-1, 0), max(v.pending-1, 0)
	return v.fails > 0
}

// failed ends an attempt that has failed.
func (v *tries) failed(t ticket, now int64) {
	if v.fails > 0 { // not forgotten in the meantime
		v.pending = max(v.pending-1, 0)
		v.hold(t, now)
	}
}

// bucket counts the failures of one account from all networks that it is not known in: half
// of what an hour may have at once, and the other half in the course of it.
type bucket struct {
	full   int64 // when it is empty again
	capped int64 // until when somebody was told to wait
}

func (v *bucket) worth(now int64) int64 { return v.full - now }

// interval is the time that one failure fills.
func (t *limits) interval() int64 { return int64(time.Hour) / int64(t.cap-t.cap/2) }

// admitAccount counts an attempt against the account.
func (s *State) admitAccount(t ticket, now int64) (no *wait) {
	s.accounts.update(t.account, now, func(v *bucket) bool {
		full := max(v.full, now)
		if over := full - now - int64(t.cap/2-1)*t.interval(); over > 0 {
			v.capped = now + over
			no = &wait{rest: time.Duration(over), why: "too many logins to this account have failed, from all networks together"}
			return true
		}
		v.full = full + t.interval()
		return true
	})
	return no
}

// sketch is a set of accounts of which only the number can be told, and not exactly.
type sketch [4]uint64

func (s *sketch) add(k key) { s[k[1]>>6&3] |= 1 << (k[1] & 63) }

// without returns those of s that are not in other.
func (s sketch) without(other sketch) sketch {
	for i := range s {
		s[i] &^= other[i]
	}
	return s
}

// count estimates how many there are, by linear counting (Whang and others, 1990).
func (s sketch) count() int {
	set := 0
	for _, word := range s {
		set += bits.OnesCount64(word)
	}
	return linear(set, 256)
}

// linear is how many different things have probably set so many of m bits.
func linear(set, m int) int {
	if set >= m {
		set = m - 1
	}
	return int(math.Round(-float64(m) * math.Log(float64(m-set)/float64(m))))
}

// sprayed is what one network has tried: in this half hour and in the one before.
type sprayed struct {
	half        int64
	tried, fine [2]sketch // of the accounts tried, those to which a login has passed
	level       int
	last, until int64
	warned      int64 // the half hour of the last warning
}

const halfHour = int64(30 * time.Minute)

// worth keeps the networks that have tried the most.
func (v *sprayed) worth(now int64) int64 {
	if now-v.last > 2*halfHour && now > v.until {
		return -1
	}
	return int64(v.count())<<40 + v.last/int64(time.Second)
}

// count estimates how many accounts were tried without success.
func (v *sprayed) count() int {
	a, b := v.tried[0].without(v.fine[0]), v.tried[1].without(v.fine[1])
	for i := range a {
		a[i] |= b[i]
	}
	return a.count()
}

// roll begins a new half hour.
func (v *sprayed) roll(now int64) {
	switch half := now / halfHour; {
	case half == v.half:
	case half == v.half+1:
		v.half, v.tried[1], v.fine[1] = half, v.tried[0], v.fine[0]
		v.tried[0], v.fine[0] = sketch{}, sketch{}
	default:
		*v = sprayed{half: half, level: v.level, until: v.until}
		if now > v.until+2*halfHour {
			v.level = 0
		}
	}
}

func (v *sprayed) passed(account key) {
	for i := range v.fine {
		v.fine[i].add(account)
	}
}

// admitNetwork counts an attempt against the network.
func (s *State) admitNetwork(t ticket, now int64) (no *wait) {
	most := t.spray
	if s.site.tight(now) && !s.knows(t.place.net) {
		most = min(most, tightAccounts)
	}
	s.networks.update(t.place.net, now, func(v *sprayed) bool {
		v.roll(now)
		if v.count() >= most && now < v.until {
			no = &wait{rest: time.Duration(v.until - now), why: fmt.Sprintf("about %d accounts were tried from %v without success", v.count(), t.place.network)}
			no.spray = v.count() >= t.spray && v.warned != v.half+1
			v.warned = v.half + 1
			return true
		}
		v.last = now
		v.tried[0].add(t.account)
		if v.count() >= most {
			v.until = now + int64(t.delay(v.level))
			v.level++
		}
		return true
	})
	return no
}

// look says how long an attempt would have to wait, and counts nothing.
func (s *State) look(l limits, account key, p place) *wait {
	now := s.clock()
	t := ticket{limits: l, account: account, place: p}
	if v, found := s.tries.get(s.pair(account, p.key)); found {
		if no := v.admit(t, now); no != nil {
			return no
		}
	}
	if p.known || l.cap == 0 {
		return nil
	}
	if v, found := s.accounts.get(account); found && v.full-now > int64(t.cap/2-1)*t.interval() {
		return &wait{rest: time.Duration(v.full - now - int64(t.cap/2-1)*t.interval()), why: "too many logins to this account have failed"}
	}
	if v, found := s.networks.get(p.net); found && v.count() >= t.spray && now < v.until {
		return &wait{rest: time.Duration(v.until - now), why: "too many accounts were tried from this network"}
	}
	return nil
}
