package jinja

// slab hands out values from chunks, so that a tree of thousands of nodes costs dozens of
// allocations. Chunks grow, so that a small template does not pay for a large one.
type slab[T any] struct {
	free []T
	size int
}

const (
	firstChunk = 8
	lastChunk  = 256
)

func (s *slab[T]) one() *T {
	if len(s.free) == 0 {
		s.grow()
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

func (s *slab[T]) grow() {
	s.size = min(max(firstChunk, 2*s.size), lastChunk)
	s.free = make([]T, s.size)
}

// list copies values into a slice of their own that nobody can append to in place.
func (s *slab[T]) list(values []T) []T {
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
