// Package words finds words in texts, in whatever case, all of them in one pass: an automaton as of
// Aho and Corasick, "Efficient String Matching" (1975). The audit looks into modules with it before
// it walks them; what words mean is the business of whoever asks. Letters are those of ASCII.
package words

// Index is what texts are searched with. It may be shared once it is made.
type Index struct {
	number  map[string]int // of a word; one without a number is not looked for
	longest int            // of the words
	placed  bool           // there are words of which the place is kept
	class   [256]uint8     // of a byte; 0 where it is in no word
	classes uint8
	next    [][mostClasses]uint16 // by state and class
	ends    []Set                 // by state: the words that end there
}

// mostClasses bounds how many different bytes the words have.
const mostClasses = 64

// Set is a set of words by their numbers.
type Set [2]uint64

// Has reports whether a word is in the set.
func (s *Set) Has(number int) bool { return s[number/64]&(1<<(number%64)) != 0 }

// half is how many words of each kind an index has.
const half = 64

// New makes an index of words in lower case. The first 64 placed ones have the numbers up to 63,
// and it is kept where they stand; the first 64 others have those behind.
func New(placed, others []string) *Index {
	states := 1
	for _, w := range placed {
		states += len(w)
	}
	for _, w := range others {
		states += len(w)
	}
	x := &Index{number: map[string]int{}, placed: len(placed) > 0, next: make([][mostClasses]uint16, 1, states), ends: make([]Set, 1, states)}
	for _, w := range placed[:min(len(placed), half)] {
		x.add(w, len(x.number))
	}
	for i, w := range others[:min(len(others), half)] {
		x.add(w, half+i)
	}
	for c := 'A'; c <= 'Z'; c++ {
		x.class[c] = x.class[c+'a'-'A']
	}
	x.link()
	return x
}

// add has the index look for one more word.
func (x *Index) add(word string, number int) {
	if _, known := x.number[word]; known || word == "" {
		return
	}
	at := 0
	for _, c := range []byte(word) {
		if x.class[c] == 0 {
			if x.classes+1 == mostClasses {
				return
			}
			x.classes++
			x.class[c] = x.classes
		}
		to := &x.next[at][x.class[c]]
		if *to == 0 {
			*to = uint16(len(x.next))
			at = len(x.next)
			x.next = append(x.next, [mostClasses]uint16{})
			x.ends = append(x.ends, Set{})
		} else {
			at = int(*to)
		}
	}
	x.number[word] = number
	x.longest = max(x.longest, len(word))
	x.ends[at][number/64] |= 1 << (number % 64)
}

// link fills in where a word goes on in the middle of another one.
func (x *Index) link() {
	back := make([]uint16, len(x.next)) // the longest other state that ends in the same letters
	queue := append(make([]uint16, 0, len(x.next)), 0)
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		for c := range x.classes + 1 {
			to := &x.next[at][c]
			other := x.next[back[at]][c]
			if *to == 0 {
				*to = other
				continue
			}
			if at != 0 {
				back[*to] = other
				x.ends[*to][0] |= x.ends[other][0]
				x.ends[*to][1] |= x.ends[other][1]
			}
			queue = append(queue, *to)
		}
	}
}

// Number is the number of a word; ok is false for one that is not looked for.
func (x *Index) Number(word string) (number int, ok bool) {
	number, ok = x.number[word]
	return number, ok
}

// Placed are the bits of some words of which the place is kept; 0 without words, and where one of
// them is no such word.
func (x *Index) Placed(words []string) uint64 {
	bits := uint64(0)
	for _, w := range words {
		i, ok := x.number[w]
		if !ok || i >= half {
			return 0
		}
		bits |= 1 << i
	}
	return bits
}

// Found are the words that stand in a text.
type Found struct {
	All    Set
	blocks []uint64 // the placed ones, by the block of the text in which they end
}

// blockLen is how exactly it is known where a word stands.
const blockLen = 128

// Read finds the words of a text. It goes through both halves of it at once: while the processor
// waits for one of them it goes on in the other.
func (x *Index) Read(text string) *Found {
	f := &Found{}
	if x.placed {
		f.blocks = make([]uint64, len(text)/blockLen+1)
	}
	middle := len(text) / 2
	a, b := uint16(0), uint16(0)
	for i := max(middle-x.longest, 0); i < middle; i++ { // a word may stand in the middle
		b = x.next[b][x.class[text[i]]&(mostClasses-1)]
	}
	for i := range middle {
		a = x.next[a][x.class[text[i]]&(mostClasses-1)]
		b = x.next[b][x.class[text[middle+i]]&(mostClasses-1)]
		if s := &x.ends[a]; s[0]|s[1] != 0 {
			f.note(s, i)
		}
		if s := &x.ends[b]; s[0]|s[1] != 0 {
			f.note(s, middle+i)
		}
	}
	if last := 2 * middle; last < len(text) {
		f.note(&x.ends[x.next[b][x.class[text[last]]&(mostClasses-1)]], last)
	}
	return f
}

// note writes down words that end at a byte.
func (f *Found) note(s *Set, at int) {
	f.All[0] |= s[0]
	f.All[1] |= s[1]
	if s[0] != 0 {
		f.blocks[at/blockLen] |= s[0]
	}
}

// Within are the placed words in a part of the text, and maybe some that stand right beside it.
func (f *Found) Within(start, end int32) (placed uint64) {
	if f.blocks == nil {
		return 0
	}
	for _, block := range f.blocks[start/blockLen : end/blockLen+1] {
		placed |= block
	}
	return placed
}
