package login

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// The numbers of entries that are remembered at most. All tables together have about 10 MB.
const (
	mostTries    = 1 << 16
	mostAccounts = 1 << 15
	mostNetworks = 1 << 14
	mostKnown    = 1 << 16
)

// knownFor is how long a network counts as known after a login.
const knownFor = 30 * 24 * time.Hour

// State is what is remembered of logins: in memory, bounded, under keyed hashes. All guards
// of a site share one. Make it with NewState.
type State struct {
	secret [sha256.Size]byte
	now    func() time.Time
	start  time.Time

	tries    *table[tries]
	accounts *table[bucket]
	networks *table[sprayed]
	known    *table[since]
	site     stuffing
	routes   routes
	common   func() []string
}

// NewState returns a State. key is the site's, at least 32 random bytes that outlast a
// restart, so that known devices do, too; nil: one for this process. now tells the time;
// nil: time.Now.
func NewState(key []byte, now func() time.Time) *State {
	if now == nil {
		now = time.Now
	}
	if key == nil {
		key = make([]byte, 32)
		rand.Read(key) // never fails
	}
	mac := hmac.New(sha256.New, key) // the site's key has other uses
	mac.Write([]byte("fumehood login"))
	s := &State{
		now: now, start: now(), tries: newTable(mostTries, (*tries).worth), accounts: newTable(mostAccounts, (*bucket).worth),
		networks: newTable(mostNetworks, (*sprayed).worth), known: newTable(mostKnown, (*since).worth),
		common: sync.OnceValue(commonPasswords), routes: routes{seed: maphash.MakeSeed()},
	}
	mac.Sum(s.secret[:0])
	return s
}

// clock returns the time since the start, which only grows.
func (s *State) clock() int64 { return max(int64(s.now().Sub(s.start)), 0) + 1 }

// limits are the settings of a route.
type limits struct {
	attempts int
	per, max time.Duration
	cap      int // 0: what comes from elsewhere does not matter
	spray    int
}

// delay is the wait after the n-th failure too many.
func (l limits) delay(n int) time.Duration {
	d := l.per
	for ; n > 0 && d < l.max; n-- {
		d *= 2
	}
	return min(d, l.max)
}

// place is where an attempt comes from.
type place struct {
	key     key          // the device, or the network
	net     key          // the network
	network netip.Prefix // for the log
	known   bool         // this device or network has logged in to the account
}

// wait says that an attempt came too soon.
type wait struct {
	rest  time.Duration
	why   string
	spray bool // a network tries many accounts, and nobody was told of it yet
}

// ticket is an attempt that was let through; it counts as failed until it has passed.
type ticket struct {
	limits
	account key
	place   place
}

// pair is the key of the tries of one account from one place.
func (s *State) pair(account, place key) key { return s.hash("pair", account.bytes(), place.bytes()) }

// admit counts an attempt before its outcome is known, so that many at once are no way
// around, or says how long to wait.
func (s *State) admit(l limits, account key, p place) (ticket, *wait) {
	now := s.clock()
	t := ticket{limits: l, account: account, place: p}
	var no *wait
	var before int64
	pair := s.pair(account, p.key)
	s.tries.update(pair, now, func(v *tries) bool {
		before = v.until
		no = v.admit(t, now)
		return true
	})
	if no != nil || p.known || l.cap == 0 {
		return t, no
	}
	if no = s.admitNetwork(t, now); no == nil {
		no = s.admitAccount(t, now)
	}
	if no != nil {
		s.tries.update(pair, now, func(v *tries) bool {
			v.until = before
			return v.undo()
		})
	}
	return t, no
}

// finish ends an attempt that was let through.
func (s *State) finish(t ticket, passed bool) *wave {
	now := s.clock()
	pair := s.pair(t.account, t.place.key)
	if !passed {
		s.tries.update(pair, now, func(v *tries) bool {
			v.failed(t, now)
			return v.fails > 0
		})
		if t.place.known || t.cap == 0 {
			return nil
		}
		return s.site.failed(t.place.net, now)
	}
	s.tries.update(pair, now, func(*tries) bool { return false })
	if !t.place.known && t.cap > 0 {
		s.accounts.update(t.account, now, func(v *bucket) bool {
			v.full -= t.interval()
			return v.full > now
		})
		s.networks.update(t.place.net, now, func(v *sprayed) bool {
			v.passed(t.account)
			return v.last > 0
		})
	}
	for _, k := range []key{s.pair(t.account, t.place.net), t.place.net} {
		s.known.update(k, now, func(v *since) bool {
			v.at = now
			return true
		})
	}
	return nil
}

// leave ends an attempt of which nobody knows whether it has passed. For the account it has
// failed; an office where all log in in that way has not guessed.
func (s *State) leave(t ticket) {
	now := s.clock()
	s.tries.update(s.pair(t.account, t.place.key), now, func(v *tries) bool {
		v.failed(t, now)
		return v.fails > 0
	})
	if !t.place.known && t.cap > 0 {
		s.networks.update(t.place.net, now, func(v *sprayed) bool {
			v.passed(t.account)
			return v.last > 0
		})
	}
}

// knows says whether there was a login from a network, to an account or, with the key of
// the network alone, to any.
func (s *State) knows(k key) bool {
	v, found := s.known.get(k)
	return found && v.worth(s.clock()) > 0
}

// since is when a login was seen.
type since struct{ at int64 }

func (v *since) worth(now int64) int64 {
	if now-v.at > int64(knownFor) {
		return -1
	}
	return v.at
}

// Forgotten is what Unlock has forgotten.
type Forgotten struct {
	Failures int  `json:"failures"` // logins that failed and were still held against the account
	Places   int  `json:"places"`   // devices and networks that they came from
	Waiting  bool `json:"waiting"`  // logins had to wait
}

// Unlock forgets the failures of an account, whatever way its name is written in, or of a
// page that asks for a password only, by its path. A network that is slowed for trying many
// accounts stays slowed.
func (s *State) Unlock(account string) Forgotten {
	keys, now := []key{s.account(account)}, s.clock()
	if strings.HasPrefix(account, "/") {
		keys = append(keys, s.page(account))
	}
	var done Forgotten
	s.tries.remove(func(v *tries) bool {
		if !slices.Contains(keys, v.account) {
			return false
		}
		if v.worth(now) >= 0 {
			done.Failures += int(v.fails)
			done.Places++
			done.Waiting = done.Waiting || v.until > now
		}
		return true
	})
	for _, k := range keys {
		s.accounts.update(k, now, func(v *bucket) bool {
			done.Waiting = done.Waiting || v.capped > now
			return false
		})
	}
	return done
}
