package rules

import "testing"

// TestIndexed: the index has room for the words of all rules and for all texts that they look for.
// One that it had none for would be looked for slowly, and nobody would see why.
func TestIndexed(t *testing.T) {
	t.Parallel()
	x := newWordIndex(0, All())
	for _, r := range All() {
		for _, words := range [][]string{r.Words, r.Helpers} {
			if len(words) > 0 && x.Placed(words) == 0 {
				t.Errorf("%s: no room for %q", r.ID, words)
			}
		}
	}
	if x.Placed(statementWords()) == 0 {
		t.Error("no room for the words of statements")
	}
	for _, text := range soughtTexts() {
		if _, ok := x.Number(text); !ok {
			t.Errorf("no room for %q", text)
		}
	}
}
