package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
)

// indexedWords are what rules look for in the text of modules, in lower case, before they walk
// them, beside those of Rule.Words.
func indexedWords() []string {
	return []string{"csrf", "seasurf", "ratelimit", "rate_limit", "lockout", "failed_login", "login_attempts", "throttl", "limiter"}
}

// wordIndex finds words in texts, in whatever case, all of them in one pass: an automaton as of
// Aho and Corasick, "Efficient String Matching" (1975). Letters are those of ASCII.
type wordIndex struct {
	words []string // 64 at most; the others are looked for one by one
	class [256]uint8
	width int
	next  []uint16 // by state*width+class
	ends  []uint64 // by state: the words that end there
	found map[*program.Module]uint64
}

func newWordIndex(words []string) *wordIndex {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	s := &wordIndex{words: words[:min(len(words), 64)], width: 1, found: map[*program.Module]uint64{}}
	for _, w := range s.words {
		for _, c := range []byte(w) {
			if s.class[c] == 0 {
				s.class[c] = uint8(s.width)
				s.width++
			}
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		s.class[c] = s.class[c+'a'-'A']
	}
	s.add()
	for i, w := range s.words {
		at := 0
		for _, c := range []byte(w) {
			step := at*s.width + int(s.class[c])
			if s.next[step] == 0 {
				state := s.add() // moves what next is
				s.next[step] = state
			}
			at = int(s.next[step])
		}
		s.ends[at] |= 1 << i
	}
	s.link()
	return s
}

// add makes a state.
func (s *wordIndex) add() uint16 {
	s.next = append(s.next, make([]uint16, s.width)...)
	s.ends = append(s.ends, 0)
	return uint16(len(s.ends) - 1)
}

// link fills in where a word goes on in the middle of another one.
func (s *wordIndex) link() {
	back := make([]uint16, len(s.ends)) // the longest other state that ends in the same letters
	queue := []uint16{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := range s.width {
			to := &s.next[int(at)*s.width+c]
			other := s.next[int(back[at])*s.width+c]
			if *to == 0 {
				*to = other
				continue
			}
			if at != 0 {
				back[*to] = other
				s.ends[*to] |= s.ends[other]
			}
			queue = append(queue, *to)
		}
	}
}

// of are the words that the source of a module holds.
func (s *wordIndex) of(m *program.Module) uint64 {
	found, known := s.found[m]
	if known {
		return found
	}
	at := 0
	for i := range len(m.File.Source) {
		at = int(s.next[at*s.width+int(s.class[m.File.Source[i]])])
		found |= s.ends[at]
	}
	s.found[m] = found
	return found
}

// among are the bits of some words; 0 without words, and where one is not looked for.
func (s *wordIndex) among(words []string) uint64 {
	bits := uint64(0)
	for _, w := range words {
		i, ok := slices.BinarySearch(s.words, w)
		if !ok {
			return 0
		}
		bits |= 1 << i
	}
	return bits
}

// sourceHas reports whether the text of a module has a word in it, in whatever case.
func (f *Facts) sourceHas(m *program.Module, word string) bool {
	if i, ok := slices.BinarySearch(f.index.words, word); ok {
		return f.index.of(m)&(1<<i) != 0
	}
	return strings.Contains(strings.ToLower(m.File.Source), word)
}
