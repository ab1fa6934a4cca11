package flow

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
)

// plainWay is a way as its steps, put together step by step.
type plainWay []Step

func (w plainWay) step(s Step) plainWay {
	switch n := len(w); {
	case n > 0 && w[n-1].Where == s.Where:
		return w
	case n == maxWay:
		return append(slices.Clone(w[:n-1]), s)
	}
	return append(slices.Clone(w), s)
}

// TestWays: ways that are put together without a copy have the steps of those that are copied.
func TestWays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	ways, want := []*Way{nil}, []plainWay{nil}
	for range 20_000 {
		i, j := r.IntN(len(ways)), r.IntN(len(ways))
		var w *Way
		var p plainWay
		if r.IntN(3) == 0 {
			n := int32(r.IntN(1000)) // rarely one that is there already
			s := Step{Loc{"a.py", python.Span{Start: n}}, string(rune('a' + n%26))}
			w, p = ways[i].step(s.Where, s.Note), want[i].step(s)
		} else {
			w, p = ways[i].append(ways[j]), want[i]
			for _, s := range want[j] {
				p = p.step(s)
			}
		}
		got := steps(Mark{From: &Origin{}, Way: w})[1:]
		if len(got) != len(p) || w != nil && w.Len != len(p) {
			t.Fatalf("%d steps, Len %d, want %d", len(got), w.Len, len(p))
		}
		for k := range got {
			if got[k].Where != p[k].Where || got[k] != p[k] && k < maxWay-1 {
				t.Fatalf("step %d is %v, want %v", k, got[k], p[k])
			}
		}
		if len(ways) < 300 {
			ways, want = append(ways, w), append(want, p)
		} else {
			k := 1 + r.IntN(len(ways)-1)
			ways[k], want[k] = w, p
		}
	}
}
