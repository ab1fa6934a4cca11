package injection

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
)

// State is what the guards of all routes remember together: what fields normally hold, and what
// sinks have stopped. It has a fixed size. Make one with NewState.
type State struct {
	seed   maphash.Seed
	fields fields
	loop   loop
}

// NewState returns a State that remembers nothing.
func NewState() *State {
	s := &State{seed: maphash.MakeSeed()}
	s.fields = fields{seed: s.seed, slots: make([]field, mostFields)}
	s.loop = loop{seed: s.seed, until: map[uint64]time.Time{}, waves: map[uint64]*wave{}}
	return s
}

// What a State remembers. A field takes 32 bytes.
const (
	mostFields   = 1 << 13
	fieldWays    = 8
	fieldLocks   = 64
	mostStopped  = 1 << 13
	mostWaves    = 512
	enoughPlain  = 50 // numbers, after which anything else is strange
	enoughOthers = 5  // clients with the same attack that are worth a line in the log
)

// holds is what a value is.
type holds uint8

const (
	number holds = iota
	label        // letters and digits, such as A-17
	word
	prose
	markup
	code
	kinds
)

// kindOf says what a value is, by its characters.
func kindOf(value string) holds {
	if len(value) > 256 {
		value = value[:256]
	}
	kind, digits := number, false
	for _, r := range value {
		switch {
		case unicode.IsDigit(r):
			digits = true
		case r == '.' || r == '-':
		case unicode.IsLetter(r), r == '_', unicode.IsMark(r):
			kind = max(kind, word)
		case r == '<' || r == '>' || r == '&':
			kind = max(kind, markup)
		case strings.ContainsRune("{}[]=;|$`\\", r):
			kind = code
		default:
			kind = max(kind, prose)
		}
	}
	if kind == word && digits {
		return label
	}
	return kind
}

// field is what is remembered of one field: how often it held what, and for how many values in
// a row it has held numbers and labels only. Words do not count: names of people and places are
// words, until one is O'Brien.
type field struct {
	key   uint64
	row   uint32
	used  uint32
	count [kinds]uint16
}

// fields remembers what fields hold. It can only ever make the judgement stricter: nothing that
// it has learned lets a value through that would be refused without it.
type fields struct {
	seed  maphash.Seed
	clock atomic.Uint32
	locks [fieldLocks]sync.Mutex
	slots []field
}

// key is that of a field of a route.
func (f *fields) key(route uint64, in *fumehood.Input) uint64 {
	var h maphash.Hash
	h.SetSeed(f.seed)
	h.WriteString(in.Place)
	h.WriteByte(0)
	h.WriteString(fieldName(in.Name))
	return (h.Sum64() ^ route*0x9E3779B97F4A7C15) | 1
}

// remembered says whether what a place holds is remembered: names are no values, and header
// fields and cookies are not written by hand.
func remembered(in *fumehood.Input) bool {
	switch in.Place {
	case fumehood.InQuery, fumehood.InForm, fumehood.InJSON:
		return in.Name != in.Value && in.Value != "" && in.Name != inputs.RawBody && in.Name != inputs.RawFile
	}
	return false
}

// mostLearned is how many fields of one request are learned from.
const mostLearned = 64

// learn takes the values of a request that has passed.
func (f *fields) learn(route uint64, values []fumehood.Input) {
	learned := 0
	for i := range values {
		in := &values[i]
		if !remembered(in) {
			continue
		}
		if learned++; learned > mostLearned {
			return
		}
		kind := kindOf(in.Value)
		f.with(f.key(route, in), func(e *field) {
			if kind <= label {
				e.row = min(e.row+1, 1<<20)
			} else {
				e.row = 0
			}
			if e.count[kind]++; e.count[kind] == 1<<15 {
				for k := range e.count {
					e.count[k] /= 2
				}
			}
		})
	}
}

// plain says whether the field of in has held numbers and labels only, for long enough.
func (f *fields) plain(route uint64, in *fumehood.Input) (plain bool) {
	if !remembered(in) || kindOf(in.Value) <= word {
		return false
	}
	f.find(f.key(route, in), func(e *field) { plain = e.plain() })
	return plain
}

// plain: a field that has ever held something else needs as many times more numbers, so that
// nobody has a field for texts refuse them by sending it numbers for a while.
func (e *field) plain() bool {
	others := uint32(0)
	for _, n := range e.count[word:] {
		others += uint32(n)
	}
	return e.row >= enoughPlain*(1+others)
}

// normal is what nearly all values of the field fit into; known is false where too little is
// known.
func (f *fields) normal(route uint64, in *fumehood.Input) (kind holds, known bool) {
	f.find(f.key(route, in), func(e *field) {
		total, fit := 0, 0
		for _, n := range e.count {
			total += int(n)
		}
		for kind = 0; kind < kinds-1; kind++ {
			if fit += int(e.count[kind]); fit*50 >= total*49 {
				break
			}
		}
		known = total >= enoughPlain
	})
	return kind, known
}

// set are the places that the entry of key can have, and their lock.
func (f *fields) set(key uint64) ([]field, *sync.Mutex) {
	i := int(key>>32) % (len(f.slots) / fieldWays)
	return f.slots[i*fieldWays : (i+1)*fieldWays], &f.locks[i%fieldLocks]
}

// find calls do with the entry of key, if there is one.
func (f *fields) find(key uint64, do func(*field)) {
	set, lock := f.set(key)
	lock.Lock()
	defer lock.Unlock()
	for i := range set {
		if set[i].key == key {
			do(&set[i])
			return
		}
	}
}

// with calls do with the entry of key. A new one takes the place of the one that was used least
// recently, one of a field that is used often last.
func (f *fields) with(key uint64, do func(*field)) {
	now := f.clock.Add(1)
	set, lock := f.set(key)
	lock.Lock()
	defer lock.Unlock()
	oldest, worth := 0, uint64(1<<63)
	for i := range set {
		if set[i].key == key {
			do(&set[i])
			set[i].used = now
			return
		}
		if w := set[i].worth(now); w < worth {
			oldest, worth = i, w
		}
	}
	set[oldest] = field{key: key, used: now}
	do(&set[oldest])
}

// worth is how long a field has been of use: a flood of new names pushes out other new names.
func (e *field) worth(now uint32) uint64 {
	total := uint64(0)
	for _, n := range e.count {
		total += uint64(n)
	}
	return total << 32 / (uint64(now-e.used) + 1<<16)
}
