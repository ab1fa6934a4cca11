// Package slab hands out values from chunks, so that a tree of thousands of nodes costs dozens
// of allocations. The parsers of the audit use it; it looks at nothing and stops no attack.
package slab

// Of hands out values of one type. Chunks grow, so that a small file does not pay for a large
// one. The zero Of is ready; it is not for several goroutines.
type Of[T any] struct {
	free []T
	size int
}

const (
	firstChunk = 8
	lastChunk  = 512
)

// One is a new value.
func (s *Of[T]) One() *T {
	if len(s.free) == 0 {
		s.grow()
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

func (s *Of[T]) grow() {
	s.size = min(max(firstChunk, 2*s.size), lastChunk)
	s.free = make([]T, s.size)
}

// List copies values into a slice of their own that nobody can append to in place.
func (s *Of[T]) List(values []T) []T {
	n := len(values)
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		if n > lastChunk/8 {
			return append(make([]T, 0, n), values...)
		}
		for s.grow(); n > len(s.free); s.grow() {
		}
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	copy(out, values)
	return out
}
