package rules

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// TestSought: the automaton finds what a search for each word finds, in texts of few letters,
// where words overlap and stand in each other.
func TestSought(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	text := func(letters string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 300 {
		var words []string
		for range 1 + r.IntN(6) {
			words = append(words, text("ab_", 1+r.IntN(4)))
		}
		s := newWordIndex(1, words, nil)
		source := text("aAbB_\n", 12)
		m := &program.Module{File: &python.File{Source: source}}
		for _, w := range words {
			if got, want := s.of(m).all[0]&s.among([]string{w}) != 0, strings.Contains(strings.ToLower(source), w); got != want {
				t.Fatalf("%q in %q: %t", w, source, got)
			}
		}
	}
	if bits := newWordIndex(1, []string{"a"}, nil).among([]string{"a", "b"}); bits != 0 {
		t.Errorf("a word that is not looked for: %b", bits)
	}
}
