package rules

import (
	"cmp"
	"slices"
)

// All are all rules, sorted by ID.
func All() []*Rule {
	all := slices.Concat(injection(), web(), crypto(), config(), secrets(), access(), login(), files())
	slices.SortFunc(all, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
