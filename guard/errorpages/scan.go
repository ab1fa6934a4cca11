package errorpages

import (
	"bytes"
	"encoding/binary"
)

// scanner finds many texts in one pass (Wu and Manber, "A fast algorithm for multi-pattern
// searching", University of Arizona TR-94-17, 1994): it looks at the last three bytes of a
// window as long as the shortest text and jumps as far as no text can begin.
type scanner struct {
	window int
	shift  [1 << hashBits]uint8
	bucket [1 << hashBits]uint16 // index into lists, where shift is 0
	lists  [][]*pattern
}

const (
	hashBits  = 12
	minWindow = 4  // hash reads four bytes
	maxWindow = 20 // longer jumps gain nothing: some text has each three bytes
)

// hash is of the three bytes that end at b[i]; i >= 3.
func hash(b []byte, i int) uint32 {
	return binary.LittleEndian.Uint32(b[i-3:]) >> 8 * 0x9E3779B1 >> (32 - hashBits)
}

// newScanner prepares a search for patterns, each at least
// minWindow bytes long.
func newScanner(patterns []*pattern) *scanner {
	s := &scanner{window: maxWindow, lists: [][]*pattern{nil}}
	for _, p := range patterns {
		s.window = min(s.window, len(p.text))
	}
	for i := range s.shift {
		s.shift[i] = uint8(s.window - 2)
	}
	for _, p := range patterns {
		for end := 2; end < s.window; end++ {
			text := append([]byte{0}, p.text...) // for the four bytes that hash reads
			h := hash(text, end+1)
			s.shift[h] = min(s.shift[h], uint8(s.window-1-end))
		}
	}
	for _, p := range patterns {
		h := hash(append([]byte{0}, p.text...), s.window)
		if s.bucket[h] == 0 {
			s.lists = append(s.lists, nil)
			s.bucket[h] = uint16(len(s.lists) - 1)
		}
		s.lists[s.bucket[h]] = append(s.lists[s.bucket[h]], p)
	}
	return s
}

// find returns the first pattern at or after from, and where it begins; nil for none.
func (s *scanner) find(b []byte, from int) (int, *pattern) {
	last := s.window - 1
	for i := from + last; i < len(b); {
		h := hash(b, i)
		if skip := s.shift[h]; skip != 0 {
			i += int(skip)
			continue
		}
		for _, p := range s.lists[s.bucket[h]] {
			if bytes.HasPrefix(b[i-last:], p.text) {
				return i - last, p
			}
		}
		i++
	}
	return 0, nil
}
