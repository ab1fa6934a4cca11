package audit_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
)

// TestChangedLines: the lines that are marked, from 1.
func TestChangedLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, now string
		want        []int
	}{
		{"a b c", "a b c", nil},
		{"", "a b", []int{1, 2}},
		{"a b c", "a x b c", []int{2}},
		{"a b c", "a x c", []int{2}},
		{"a b c d", "a b d", []int{2, 3}}, // c was taken out, so its neighbours count
		{"a b c", "b c", []int{1}},
		{"a b c", "a b", []int{2}},
		{"a b", "a b c d", []int{3, 4}},
		{"a b c d e f", "a x c d e f y", []int{2, 7}},
	} {
		if got := marked(strings.Fields(c.before), strings.Fields(c.now)); !slices.Equal(got, c.want) {
			t.Errorf("%q to %q: %v, want %v", c.before, c.now, got, c.want)
		}
	}
}

func marked(before, now []string) []int {
	var got []int
	for n, changed := range audit.ChangedLines(before, now) {
		if changed && n <= len(now) {
			got = append(got, n)
		}
	}
	return got
}

// TestChangedLinesAreTheShortest: against the longest common subsequence by its definition:
// what is not marked is a common one, and what is marked is not more than what was put in and
// the neighbours of what was taken out.
func TestChangedLinesAreTheShortest(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	some := func() []string {
		lines := make([]string, r.IntN(12))
		for i := range lines {
			lines[i] = string(rune('a' + r.IntN(4)))
		}
		return lines
	}
	for range 20_000 {
		before, now := some(), some()
		got := marked(before, now)
		rest := before
		for i, line := range now {
			if slices.Contains(got, i+1) {
				continue
			}
			at := slices.Index(rest, line)
			if at < 0 {
				t.Fatalf("%q to %q: %v are marked, and line %d was not there before", before, now, got, i+1)
			}
			rest = rest[at+1:]
		}
		common := longestCommon(before, now)
		if most := len(now) - common + 2*(len(before)-common); len(got) > most {
			t.Fatalf("%q to %q: %v are marked, more than %d", before, now, got, most)
		}
	}
}

func longestCommon(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			if a[i] == b[j] {
				table[i+1][j+1] = table[i][j] + 1
			}
		}
	}
	return table[len(a)][len(b)]
}

// TestManyChanges: a file that has little in common with what it was costs no more than a
// second, and all of it counts as changed.
func TestManyChanges(t *testing.T) {
	t.Parallel()
	before, now := make([]string, 50_000), make([]string, 50_000)
	for i := range before {
		before[i], now[i] = "a"+strings.Repeat("x", i%97), "b"+strings.Repeat("x", i%89)
	}
	if got := marked(before, now); len(got) != len(now) {
		t.Errorf("%d lines are marked", len(got))
	}
}
