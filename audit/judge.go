package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/internal/hint"
)

// judge decides what is said of each finding, and says it.
func (r *run) judge(ctx context.Context, found []finding.Finding) error {
	t := r.lines
	var n noted
	if r.noted != nil {
		n = r.noted()
		found = r.withComplaints(found, n.ignores)
	}
	fingerprints(found, t)
	if err := r.changes.load(ctx, found, t); err != nil {
		return err
	}
	shown := twins(r.shown(found, n.ignores))
	for _, m := range shown {
		if m.Suppressed != nil {
			r.sum.Suppressed++
			if err := r.complete(t, &m.Suppressed.Finding); err != nil {
				return err
			}
		} else {
			r.count(m.Finding)
			if err := r.complete(t, m.Finding); err != nil {
				return err
			}
		}
		if err := r.h.Handle(m); err != nil {
			return err
		}
	}
	return r.notes(n.ignores, n.unreadable)
}

// shown leaves out what was not asked for, and tells what is silenced.
func (r *run) shown(found []finding.Finding, ignores map[string][]*ignore) (all []finding.Message) {
	for i := range found {
		f := &found[i]
		suppressed := r.suppressed(f, ignores[f.Place.File])
		switch {
		case f.Severity < r.MinSeverity || f.Confidence < r.MinConfidence:
			if suppressed == nil {
				r.sum.Hidden++
			}
		case !r.changes.touch(f):
			r.sum.Unchanged++
		case suppressed != nil:
			suppressed.Finding = *f
			all = append(all, finding.Message{Suppressed: suppressed})
		default:
			all = append(all, finding.Message{Finding: f})
		}
	}
	return all
}

// twins has the first finding of a cause in a file tell of the others. It is done last, so that
// a new one is shown where the first is known, silenced or unchanged.
func twins(all []finding.Message) []finding.Message {
	type cause struct{ rule, file, cause string }
	first := map[cause]*finding.Finding{}
	all = slices.DeleteFunc(all, func(m finding.Message) bool {
		f := m.Finding
		if f == nil || f.Cause == "" {
			return false
		}
		k := cause{f.Rule, f.Place.File, f.Cause}
		one := first[k]
		if one == nil {
			first[k] = f
			return false
		}
		one.Also = append(one.Also, finding.Twin{Place: f.Place, Fingerprint: f.Fingerprint, Text: f.Text})
		return true
	})
	for _, f := range first {
		f.Message += alsoIn(f.Also)
	}
	return all
}

// alsoIn says in which lines the twins of a finding are.
func alsoIn(also []finding.Twin) string {
	switch len(also) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("; also in line %d", also[0].Place.Line)
	}
	var b strings.Builder
	for i, twin := range also {
		switch i {
		case 0:
			b.WriteString("; also in lines ")
		case len(also) - 1:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, twin.Place.Line)
	}
	return b.String()
}

// complete adds the code to a finding. Where that fails the finding is shown without.
func (r *run) complete(t *texts, f *finding.Finding) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = r.skip([]finding.Skipped{finding.Crashed(f.Place, f.Rule, caught)})
		}
	}()
	t.complete(f)
	return nil
}

// withComplaints adds the findings about the ignores themselves.
func (r *run) withComplaints(found []finding.Finding, ignores map[string][]*ignore) []finding.Finding {
	before := len(found)
	for _, list := range ignores {
		for _, i := range list {
			if f := i.complaint(); f != nil && r.applies(f.Rule) {
				found = append(found, *f)
			}
		}
	}
	if len(found) > before {
		slices.SortStableFunc(found, func(a, b finding.Finding) int {
			return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
				cmp.Compare(a.Place.Column, b.Place.Column), cmp.Compare(a.Rule, b.Rule))
		})
	}
	return found
}

// suppressed is why a finding is silent, nil if it is not.
func (r *run) suppressed(f *finding.Finding, ignores []*ignore) *finding.Suppressed {
	var by *finding.Suppressed
	for _, i := range about(ignores, f) {
		i.used = true
		if i.valid() && by == nil {
			by = &finding.Suppressed{By: "comment", Reason: i.reason, Until: i.until}
		}
	}
	if r.baseline.has(f) && by == nil {
		by = &finding.Suppressed{By: "baseline", Reason: "in " + r.Baseline}
	}
	return by
}

func (r *run) count(f *finding.Finding) {
	switch f.Severity {
	case finding.High:
		r.sum.High++
	case finding.Medium:
		r.sum.Medium++
	default:
		r.sum.Low++
	}
	if finding.Stops(f.Guard) {
		r.sum.Guarded++
	}
}

// notes tells of ignores and of lines of the baseline that silence nothing.
func (r *run) notes(ignores map[string][]*ignore, unreadable []finding.Place) error {
	if r.changes != nil {
		for _, text := range r.changes.notes {
			if err := r.note(nil, "%s", text); err != nil {
				return err
			}
		}
	}
	if n := len(r.files); n > 0 && !slices.ContainsFunc(r.files, func(f *python.File) bool { return !program.IsTest(f.Name) }) {
		if err := r.note(nil, "by their names all Python files here are tests (test_*.py, tests/), which are read and not judged"); err != nil {
			return err
		}
	}
	for i := range unreadable {
		if err := r.note(&unreadable[i], "this ignore is not read and silences nothing: write # fumehood: ignore[rule] reason"); err != nil {
			return err
		}
	}
	for _, file := range slices.Sorted(maps.Keys(ignores)) {
		for _, i := range ignores[file] {
			if err := r.ignoreNotes(i); err != nil {
				return err
			}
		}
	}
	if text := r.strangeNote(); text != "" {
		return r.note(nil, "%s", text)
	}
	if text := r.staleNote(); text != "" && len(r.Only)+len(r.Skip)+len(r.Exclude) == 0 && !r.folder.single {
		return r.note(nil, "%s", text)
	}
	return nil
}

// ignoreNotes tells what is wrong with an ignore. Whether it silences anything is not known
// where half of the project was left out: what is found there may come from the other half.
func (r *run) ignoreNotes(i *ignore) error {
	known := 0
	for _, id := range i.rules {
		if r.known[id] {
			known++
			continue
		}
		text := "there is no rule " + id
		if near := hint.Nearest(id, slices.Sorted(maps.Keys(r.known))); near != "" {
			text += "; did you mean " + near + "?"
		}
		if err := r.note(&i.place, "%s", text); err != nil {
			return err
		}
	}
	if i.used || known == 0 || r.folder.single || len(r.Exclude) > 0 || r.partly[i.place.File] ||
		slices.ContainsFunc(i.rules, func(id string) bool { return !r.applies(id) }) {
		return nil
	}
	return r.note(&i.place, "this ignore of %s silences nothing: it can go", strings.Join(i.rules, ", "))
}
