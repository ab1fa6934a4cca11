package rules

import (
	"cmp"
	"embed"
	"slices"
	"strings"
)

// samples has a file for each rule: parts after "== bad" and "== good".
//
//go:embed samples
var samples embed.FS

// All are all rules, sorted by ID, with their samples.
func All() []*Rule {
	all := slices.Concat(injection(), web(), crypto(), config(), secrets(), access(), roles(), sessions(), login(), files(), trust(), transport(), answers(), practices())
	slices.SortFunc(all, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range all {
		r.Bad, r.Good = samplesOf(r.ID)
	}
	return all
}

// samplesOf reads the samples of a rule; a rule without any fails its test.
func samplesOf(id string) (bad, good []string) {
	text, err := samples.ReadFile("samples/" + id + ".txt")
	if err != nil {
		return nil, nil
	}
	for part := range strings.SplitSeq("\n"+string(text), "\n== ") {
		kind, source, _ := strings.Cut(part, "\n")
		if source != "" && !strings.HasSuffix(source, "\n") {
			source += "\n"
		}
		switch kind {
		case "bad":
			bad = append(bad, source)
		case "good":
			good = append(good, source)
		}
	}
	return bad, good
}
