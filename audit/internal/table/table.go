// Package table keeps values by name where there are thousands of small tables, most of which
// are asked for names that they do not have: the scopes of a program, the attributes of its
// classes. It takes a fraction of a map's memory and of its time, as memory that is seldom
// looked at is what the audit waits for. It stops no attack.
package table

import (
	"hash/maphash"
	"iter"
)

// Of is a table of values by name, in the order in which they came. The zero Of is empty and
// ready. Reading is safe for several goroutines, as of a map.
type Of[V any] struct {
	has   uint64 // a bit for each name, so that most names that are not here cost no look at memory
	list  []entry[V]
	index []int32      // where there are many: places in list by hash, counted from 1; 0 for none
	seed  maphash.Seed // of the hashes, so that nobody can prepare names that share one
}

type entry[V any] struct {
	name  string
	value V
}

// few is how many names are looked through one by one.
const few = 8

// bit is a name's bit of has: a mix of what a look at the string itself tells.
func bit(name string) uint64 {
	n := uint(len(name))
	if n == 0 {
		return 1
	}
	return 1 << ((n*5 + uint(name[0])*7 + uint(name[n-1])*3 + uint(name[n/2])) % 64)
}

// Get is the value of a name; the zero V where there is none.
func (t *Of[V]) Get(name string) V {
	if t.has&bit(name) != 0 {
		if i := t.find(name); i >= 0 {
			return t.list[i].value
		}
	}
	var none V
	return none
}

// find is the place of a name; -1 without one.
func (t *Of[V]) find(name string) int {
	if t.index == nil {
		for i := range t.list {
			if t.list[i].name == name {
				return i
			}
		}
		return -1
	}
	for at := t.slot(name); ; at = (at + 1) & (len(t.index) - 1) {
		i := int(t.index[at]) - 1
		if i < 0 || t.list[i].name == name {
			return i
		}
	}
}

func (t *Of[V]) slot(name string) int {
	return int(maphash.String(t.seed, name) & uint64(len(t.index)-1))
}

// Set gives a name its value, and keeps the place of one that is there.
func (t *Of[V]) Set(name string, value V) {
	if t.has&bit(name) != 0 {
		if i := t.find(name); i >= 0 {
			t.list[i].value = value
			return
		}
	}
	t.has |= bit(name)
	t.list = append(t.list, entry[V]{name, value})
	switch n := len(t.list); {
	case n <= few:
	case 2*n > len(t.index):
		t.seed = maphash.MakeSeed()
		t.index = make([]int32, max(4*few, 2*len(t.index)))
		for i := range t.list {
			t.enter(i)
		}
	default:
		t.enter(n - 1)
	}
}

func (t *Of[V]) enter(i int) {
	at := t.slot(t.list[i].name)
	for t.index[at] != 0 {
		at = (at + 1) & (len(t.index) - 1)
	}
	t.index[at] = int32(i + 1)
}

// Len is how many names there are.
func (t *Of[V]) Len() int { return len(t.list) }

// All are the names and their values, in the order in which they came.
func (t *Of[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for i := range t.list {
			if !yield(t.list[i].name, t.list[i].value) {
				return
			}
		}
	}
}
