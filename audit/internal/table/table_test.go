package table

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestLikeAMap: whatever is set and asked for, a table answers as a map does.
func TestLikeAMap(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		var table Of[int]
		like := map[string]int{}
		var order []string
		kinds := 1 + r.IntN(200)
		for step := range 300 {
			name := strconv.Itoa(r.IntN(kinds))
			if r.IntN(20) == 0 {
				name = ""
			}
			if r.IntN(2) == 0 {
				if _, known := like[name]; !known {
					order = append(order, name)
				}
				table.Set(name, step+1)
				like[name] = step + 1
			}
			if got := table.Get(name); got != like[name] {
				t.Fatalf("seed %d, step %d: %q is %d, not %d", seed, step, name, got, like[name])
			}
		}
		if table.Len() != len(like) || !maps.Equal(maps.Collect(table.All()), like) {
			t.Fatalf("seed %d: %d names, not %d", seed, table.Len(), len(like))
		}
		i := 0
		for name := range table.All() {
			if name != order[i] {
				t.Fatalf("seed %d: %q is in place %d of %q", seed, name, i, order[i])
			}
			if i++; i == len(order)/2 {
				break
			}
		}
	}
}

// TestManyNames: a table of many names that share their bit still tells them apart.
func TestManyNames(t *testing.T) {
	t.Parallel()
	var table Of[int]
	name := func(i int) string { return "a" + strconv.Itoa(100_000 + i)[1:] + "a" }
	for i := range 5000 {
		table.Set(name(i), i+1)
	}
	for i := range 10_000 {
		want := i + 1
		if i >= 5000 {
			want = 0
		}
		if got := table.Get(name(i)); got != want {
			t.Fatalf("%s is %d, not %d", name(i), got, want)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	names := []string{"self", "event", "user", "request", "session", "name", "form", "data"}
	var table Of[int]
	m := map[string]int{}
	for i, n := range names[:6] {
		table.Set(n, i)
		m[n] = i
	}
	b.Run("table", func(b *testing.B) {
		for i := range b.N {
			table.Get(names[i%8])
		}
	})
	b.Run("map", func(b *testing.B) {
		sum := 0
		for i := range b.N {
			sum += m[names[i%8]]
		}
		b.ReportMetric(float64(sum%2), "x")
	})
}
