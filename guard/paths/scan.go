package paths

// words are the names to look out for, ready for one pass over a path.
type words struct {
	class [256]class
	lower [256]byte
	bloom [bloomWords]uint64 // of the hashes of whole names and, apart, of endings
}

// class is what a byte of a path is.
type class uint8

const (
	usual class = iota
	slash
	dot
	odd // it takes a closer look
)

const (
	bloomWords = 256 // 16,384 bits for 500 names: 1 ordinary name in 30 takes a closer look
	bloomMask  = bloomWords*64 - 1
	nameSeed   = 2166136261 // FNV-1a
	endSeed    = 84696351   // another start, so that an ending is no name
	prime      = 16777619
)

// newWords prepares the tables of names.go.
func newWords() *words {
	w := &words{}
	for i := range w.class {
		b := byte(i)
		w.lower[i] = b
		switch {
		case b == '/':
			w.class[i] = slash
		case b == '.':
			w.class[i] = dot
		case b >= 'A' && b <= 'Z':
			w.lower[i] = b + 'a' - 'A'
		case b < ' ' || b >= 0x7f:
			w.class[i] = odd
		}
	}
	for _, b := range []byte("%\\; ~#$") {
		w.class[b] = odd
	}
	for name := range names {
		w.add(nameSeed, name)
	}
	for name := range firstNames {
		w.add(nameSeed, name)
	}
	for ending := range endings {
		w.add(endSeed, ending)
	}
	return w
}

func (w *words) add(hash uint32, text string) {
	for _, b := range []byte(text) {
		hash = (hash ^ uint32(b)) * prime
	}
	bit := mix(hash)
	w.bloom[bit/64] |= 1 << (bit % 64)
}

// mix brings the high bits of a hash, which are the better ones, to the low end.
func mix(hash uint32) uint32 { return (hash ^ hash>>15) & bloomMask }

func (w *words) has(hash uint32) bool {
	bit := mix(hash)
	return w.bloom[bit/64]&(1<<(bit%64)) != 0
}

// ordinary says that there is nothing about path to look at: it has letters, digits and
// harmless signs only, no segment begins or ends with a dot, and no segment and no ending
// is a name to look out for. It may say no to a path that turns out to be harmless.
func (w *words) ordinary(path string) bool {
	name, end := uint32(nameSeed), uint32(endSeed)
	begins, dotted := true, false // at the begin of a segment; there is a dot in it
	for i := 0; i < len(path); i++ {
		b := path[i]
		switch w.class[b] {
		case usual:
			c := uint32(w.lower[b])
			name, end = (name^c)*prime, (end^c)*prime
			begins = false
		case dot:
			if begins || i+1 == len(path) || path[i+1] == '/' {
				return false
			}
			name, end, dotted = (name^'.')*prime, endSeed, true
		case slash:
			if w.has(name) || dotted && w.has(end) {
				return false
			}
			name, end, begins, dotted = nameSeed, endSeed, true, false
		default:
			return false
		}
	}
	return !w.has(name) && !(dotted && w.has(end))
}
