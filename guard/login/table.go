package login

import "sync"

// key is a keyed hash of 128 bits. The zero key stands for nothing.
type key [2]uint64

// The sizes of a table.
const (
	ways   = 8  // the places that an entry can have
	shards = 64 // locks
)

// slot is one place of a table.
type slot[V any] struct {
	key   key
	value V
}

// table holds a fixed number of entries, so that a flood of keys costs no memory. When the
// places of a new entry are taken, it gets that of the one which is worth least: a flood of
// entries that are worth little cannot push out one that is worth more.
type table[V any] struct {
	locks [shards]sync.Mutex
	slots []slot[V]
	worth func(v *V, now int64) int64 // negative: nothing
}

// newTable returns a table of n entries, a power of two. Memory that no entry has touched
// costs nothing.
func newTable[V any](n int, worth func(v *V, now int64) int64) *table[V] {
	return &table[V]{slots: make([]slot[V], n), worth: worth}
}

// set returns the places of k and their lock.
func (t *table[V]) set(k key) ([]slot[V], *sync.Mutex) {
	i := int(k[0] % uint64(len(t.slots)/ways))
	return t.slots[i*ways : (i+1)*ways], &t.locks[i%shards]
}

// update calls f with the entry of k, a zero one if there is none. f returns whether the
// entry stays.
func (t *table[V]) update(k key, now int64, f func(v *V) (keep bool)) {
	set, lock := t.set(k)
	lock.Lock()
	defer lock.Unlock()
	at, least := 0, int64(0)
	for i := range set {
		if set[i].key == k {
			if !f(&set[i].value) {
				set[i] = slot[V]{}
			}
			return
		}
		worth := int64(-2)
		if set[i].key != (key{}) {
			worth = t.worth(&set[i].value, now)
		}
		if i == 0 || worth < least {
			at, least = i, worth
		}
	}
	var v V
	if f(&v) {
		set[at] = slot[V]{k, v}
	}
}

// get returns the entry of k.
func (t *table[V]) get(k key) (v V, found bool) {
	set, lock := t.set(k)
	lock.Lock()
	defer lock.Unlock()
	for i := range set {
		if set[i].key == k {
			return set[i].value, true
		}
	}
	return v, false
}

// remove takes out the entries that f says yes to.
func (t *table[V]) remove(f func(v *V) bool) {
	for first := 0; first < len(t.slots); first += ways {
		_, lock := t.set(key{uint64(first / ways)})
		lock.Lock()
		for i := first; i < first+ways; i++ {
			if t.slots[i].key != (key{}) && f(&t.slots[i].value) {
				t.slots[i] = slot[V]{}
			}
		}
		lock.Unlock()
	}
}
