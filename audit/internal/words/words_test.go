package words_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/internal/words"
)

// TestFound: an index finds what a search for each word finds, in texts of few letters, where
// words overlap and stand in each other, and in each part of them.
func TestFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	text := func(letters string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	list := func() (all []string) {
		for range 1 + r.IntN(6) {
			all = append(all, text("ab_", 1+r.IntN(4)))
		}
		return all
	}
	for range 300 {
		placed, others := list(), list()
		x := words.New(placed, others)
		source := text("aAbB_\n", 11+r.IntN(2))
		found := x.Read(source)
		for _, w := range append(placed, others...) {
			number, _ := x.Number(w)
			if got, want := found.All.Has(number), strings.Contains(strings.ToLower(source), w); got != want {
				t.Fatalf("%q in %q: %t", w, source, got)
			}
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	x := words.New([]string{"token", "key"}, []string{"flask"})
	found := x.Read(strings.Repeat("\n", 1000) + "Token" + strings.Repeat("\n", 1000) + "flask")
	for _, part := range []struct {
		start, end int32
		in         bool
	}{{0, 500, false}, {900, 1100, true}, {1000, 1005, true}, {1500, 2010, false}} {
		if got := found.Within(part.start, part.end) == x.Placed([]string{"token"}); got != part.in {
			t.Errorf("%+v: %t", part, got)
		}
	}
	if x.Placed([]string{"token", "flask"}) != 0 || x.Placed([]string{"token", "other"}) != 0 || x.Placed(nil) != 0 {
		t.Error("words that are not placed are")
	}
}
