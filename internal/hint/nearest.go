package hint

import "strings"

// Nearest returns the candidate that word was probably meant to be, or "" when none is
// near: it forgives letter case, dashes for underscores, a swap, and about one slip in
// three letters, or a unique beginning of at least three letters.
func Nearest(word string, candidates []string) string {
	const longest = 64 // the time grows with the square of it
	if len(word) > longest {
		return ""
	}
	word = Fold(word)
	best, bestDistance := "", 1+max(1, len(word)/3)
	for _, candidate := range candidates {
		if d := distance(word, Fold(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	for _, candidate := range candidates {
		if !strings.HasPrefix(Fold(candidate), word) {
			continue
		}
		if best != "" {
			return "" // two begin so
		}
		best = candidate
	}
	return best
}

// Fold makes words the same that differ in case, or have dashes for underscores.
func Fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// distance counts the single-letter changes and neighbour swaps between a and b (optimal
// string alignment), by bytes.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
