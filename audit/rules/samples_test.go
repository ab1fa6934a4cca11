package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/audit/settings"
)

// files splits a sample into its files.
func files(sample string) map[string]string {
	all := map[string]string{}
	name := "app.py"
	for line := range strings.Lines(sample) {
		if strings.HasPrefix(line, "-- ") && strings.HasSuffix(line, " --\n") {
			name = strings.TrimSuffix(strings.TrimPrefix(line, "-- "), " --\n")
			continue
		}
		all[name] += line
	}
	return all
}

// lines are the places that a sample marks, as file:line, and those that the rule reports.
// What is unsure, and so not shown by default, is marked with that word.
func lines(t *testing.T, r *rules.Rule, sample string) (want, got []string) {
	t.Helper()
	var parsed []*python.File
	var templates []*jinja.Template
	var configs []*settings.File
	for name, source := range files(sample) {
		for i, line := range strings.Split(source, "\n") {
			line = strings.TrimSuffix(line, " #}")
			if strings.HasSuffix(line, "<- "+r.ID) || strings.Contains(line, "<- "+r.ID+" ") {
				n := i + 1
				if strings.HasPrefix(line, "# <- ") { // alone: the form has no comments behind a line
					n++
				}
				place := fmt.Sprintf("%s:%d", name, n)
				if strings.HasSuffix(line, " unsure") {
					place += " unsure"
				}
				want = append(want, place)
			}
		}
		if settings.KindOf(name) != settings.None {
			configs = append(configs, settings.Parse(name, source))
		} else if strings.HasSuffix(name, ".py") {
			f := python.Parse(name, source)
			for _, e := range f.Errors {
				t.Errorf("%s: %s", name, e.Message)
			}
			parsed = append(parsed, f)
		} else {
			templates = append(templates, jinja.Parse(name, source, jinja.Options{Autoescape: strings.HasSuffix(name, ".html")}))
		}
	}
	p := program.New(parsed)
	linked := flow.Link(templates)
	work := rules.Start(t.Context(), []*rules.Rule{r}, p.Fork(), templates, configs...)
	flows, _ := flow.Follow(t.Context(), p, linked, nil)
	found, crashed := work.Finish(flows)
	for _, c := range crashed {
		t.Error(c.Reason)
	}
	surest := map[string]finding.Confidence{}
	for _, f := range found {
		place := fmt.Sprintf("%s:%d", f.Place.File, f.Place.Line)
		surest[place] = max(surest[place], f.Confidence)
	}
	for place, sure := range surest {
		if sure == finding.Unsure {
			place += " unsure"
		}
		got = append(got, place)
	}
	slices.Sort(want)
	slices.Sort(got)
	return want, got
}

// TestSamples: every rule finds the marked lines of its bad samples and no other, as sure as
// the mark says, and nothing in its good ones.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, r := range rules.All() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			if len(r.Bad) == 0 || len(r.Good) == 0 {
				t.Error("a rule needs a bad and a good sample")
			}
			for i, s := range r.Bad {
				if want, got := lines(t, r, s); !slices.Equal(want, got) || len(want) == 0 {
					t.Errorf("bad sample %d: found %v, want %v", i, got, want)
				}
			}
			for i, s := range r.Good {
				if _, got := lines(t, r, s); len(got) > 0 {
					t.Errorf("good sample %d: found %v", i, got)
				}
			}
		})
	}
}
