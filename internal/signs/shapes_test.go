package signs

import "testing"

// TestShapes computes the numbers of each wordShapes from its table.
func TestShapes(t *testing.T) {
	t.Parallel()
	check(t, "sqlShapes", sqlShapes, sqlWords)
	check(t, "programShapes", programShapes, programs)
	check(t, "expressionShapes", expressionShapes, expressionWords)
}

func check[K any](t *testing.T, name string, got wordShapes, table map[string]K) {
	t.Helper()
	var want wordShapes
	for word := range table {
		n := len(word)
		if n > 32 {
			t.Errorf("%q is too long for lower", word)
			continue
		}
		want.lengths[word[0]&31] |= 1 << (n - 1)
		want.lasts[word[0]&31] |= 1 << (word[n-1] & 31)
	}
	if got != want {
		t.Errorf("%s = %#v, want %#v", name, got, want)
	}
}
