package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/audit/settings"
	"github.com/fumehood/fumehood/internal/hint"
)

// run is one audit.
type run struct {
	Options
	h        finding.Handler
	start    time.Time
	all      []*rules.Rule // those that are applied
	known    map[string]bool
	folder   *folder
	baseline *baseline
	changes  *changes
	files    []*python.File
	pages    []*jinja.Template
	configs  []*settings.File
	lines    *texts
	noted    func() noted // the ignores; nil where there shall be none
	sum      finding.Summary
	seen     map[finding.Place]bool // where something was skipped
	partly   map[string]bool        // files that were skipped, or a part of them
}

// prepare finds every mistake of whoever asked before anything is said.
func (r *run) prepare(ctx context.Context) error {
	if err := r.selectRules(); err != nil {
		return err
	}
	for _, p := range r.Exclude {
		if _, err := filepath.Match(p, ""); err != nil {
			return wrongUse(fmt.Errorf("--exclude %s is no pattern", p), "fumehood audit --exclude 'migrations' --exclude '*_pb2.py'")
		}
	}
	var err error
	if r.folder, err = walk(ctx, r.Root, r.Exclude); err != nil {
		return err
	}
	if r.baseline, err = readBaseline(r.Baseline, r.Root); err != nil {
		return err
	}
	if !r.folder.single {
		r.baseline.findMoved(r.folder.base)
	}
	if r.changes, err = changesSince(ctx, r.Diff, r.folder.base, r.Root); err != nil {
		return err
	}
	if len(r.folder.python)+len(r.folder.templates)+len(r.folder.config) > 0 {
		return nil
	}
	if n := len(r.folder.skipped); n > 0 {
		s := r.folder.skipped[0]
		return hint.With(fmt.Errorf("nothing of %s could be read: %s: %s", r.Root, s.Place.File, s.Reason), "whoever runs the audit must be allowed to read the files")
	}
	fix := "name the folder that has app.py: fumehood audit path/to/project"
	if len(r.Exclude) > 0 {
		fix = "exclude less: fumehood audit" + at(r.Root)
	} else if above := withPython(r.Root); above != "" {
		fix = "fumehood audit " + hint.Shell(above)
	}
	return wrongUse(fmt.Errorf("there is nothing to audit in %s: no Python file, no template, no configuration", r.Root), fix)
}

// withPython is the folder above another, up to three, that has a Python file; "" if none has.
func withPython(folder string) string {
	for range 3 {
		folder = filepath.Join(folder, "..")
		if all, _ := filepath.Glob(filepath.Join(folder, "*.py")); len(all) > 0 {
			return folder
		}
	}
	return ""
}

// selectRules applies Only and Skip.
func (r *run) selectRules() error {
	all := r.rules
	if all == nil {
		all = rules.All()
	}
	r.known = map[string]bool{}
	for _, rule := range described(all) {
		r.known[rule.ID] = true
	}
	for _, id := range slices.Concat(r.Only, r.Skip) {
		if !r.known[id] {
			return wrongUse(fmt.Errorf("there is no rule %q", id), "fumehood audit --rules lists them")
		}
	}
	for _, rule := range all {
		if r.applies(rule.ID) {
			r.all = append(r.all, rule)
		}
	}
	return nil
}

func (r *run) applies(id string) bool {
	return (len(r.Only) == 0 || slices.Contains(r.Only, id)) && !slices.Contains(r.Skip, id)
}

// failed makes a fault of the audit that none of the inner guards caught an error.
func failed(caught any) error {
	s := finding.Crashed(finding.Place{}, "", caught)
	return hint.With(errors.New(s.Reason), "it is a fault of fumehood: please report it with the file that causes it, if you can tell")
}

// analyse reads the project and applies the rules.
func (r *run) analyse(ctx context.Context) (found []finding.Finding, err error) {
	config := &finding.Config{Stream: finding.Stream, Version: r.Version, Root: r.Root, Base: r.folder.named, Rules: described(r.all), Options: r.shownOptions()}
	if err := r.h.Handle(finding.Message{Config: config}); err != nil {
		return nil, err
	}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	if err := r.progress("following values", 0, 1); err != nil {
		return nil, err
	}
	r.lines = r.texts()
	if !r.NoIgnores {
		r.noted = beside(func() noted { return r.ignores(r.lines) })
	}
	linked := beside(func() *flow.Templates { return flow.Link(r.pages) })
	p := program.New(r.files, r.folder.openAPI()...)
	templates := linked()
	work := rules.Start(ctx, r.all, p.Fork(), r.pages, r.configs...)
	defer work.Wait()
	fork := p.Fork()
	go func() { // the processor of the rules has time then
		work.Wait()
		templates.ReadAhead(ctx, fork)
	}()
	var unheard error
	flows, crashed := flow.Follow(ctx, p, templates, func(done, total int) {
		unheard = errors.Join(unheard, r.progress("following values", done, total))
	})
	if err := errors.Join(ctx.Err(), unheard, r.skip(p.Crashed), r.skip(crashed), r.progress("applying rules", 0, 1)); err != nil {
		return nil, err
	}
	found, crashed = work.Finish(flows)
	r.sum.App = work.App()
	return found, errors.Join(ctx.Err(), r.skip(crashed))
}

// beside does a part of the audit in a goroutine of its own. The function that it returns waits
// for what comes of it, and panics where the part did.
func beside[T any](part func() T) func() T {
	var made T
	var caught any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { caught = recover() }()
		made = part()
	}()
	return func() T {
		<-done
		if caught != nil {
			panic(caught)
		}
		return made
	}
}

// read reads all files and says what could not be read.
func (r *run) read(ctx context.Context) error {
	sources, err := r.folder.read(ctx, func(done, total int) error { return r.progress("reading", done, total) })
	if err != nil {
		return err
	}
	reparse(sources)
	sources = append(sources, r.folder.envFiles(sources)...)
	r.folder.standings(sources)
	all := slices.Clone(r.folder.skipped)
	for _, s := range sources {
		all = append(all, s.skipped...)
		switch {
		case s.file != nil:
			r.files = append(r.files, s.file)
			r.sum.Lines += strings.Count(s.file.Source, "\n")
		case s.template != nil:
			r.pages = append(r.pages, s.template)
			r.sum.Lines += strings.Count(s.template.Source, "\n")
		case s.config != nil:
			r.configs = append(r.configs, s.config)
			r.sum.Lines += strings.Count(s.config.Source, "\n")
		}
	}
	r.sum.Files, r.sum.Templates, r.sum.Configs = len(r.files), len(r.pages), len(r.configs)
	slices.SortStableFunc(all, func(a, b finding.Skipped) int { return cmp.Compare(a.Place.File, b.Place.File) })
	if err := r.skip(all); err != nil {
		return err
	}
	r.sum.Blind = r.blind()
	if len(r.files)+len(r.pages)+len(r.configs) == 0 {
		s := all[0]
		return hint.With(fmt.Errorf("nothing of %s could be read: %s: %s", r.Root, s.Place.File, s.Reason), "audit the folder that has the source")
	}
	return nil
}

// skip says what was not looked at, once for each place.
func (r *run) skip(all []finding.Skipped) error {
	for _, s := range all {
		if s.Rule == "" && r.seen[s.Place] {
			continue
		}
		if s.Crash {
			r.sum.Crashes++
		} else if !r.partly[s.Place.File] {
			r.partly[s.Place.File] = true
			r.sum.Skipped++
		}
		r.seen[s.Place] = true
		if err := r.h.Handle(finding.Message{Skipped: &s}); err != nil {
			return err
		}
	}
	return nil
}

// shownOptions are the options that differ from those of a run that leaves out nothing.
func (r *run) shownOptions() []string {
	var all []string
	add := func(name, value string) {
		if value != "" {
			all = append(all, strings.TrimSpace(name+" "+value))
		}
	}
	add("--only", strings.Join(r.Only, ","))
	add("--skip", strings.Join(r.Skip, ","))
	add("--exclude", strings.Join(r.Exclude, ","))
	if r.MinSeverity > finding.Low {
		add("--min-severity", r.MinSeverity.String())
	}
	if r.MinConfidence > finding.Unsure {
		add("--min-confidence", r.MinConfidence.String())
	}
	add("--baseline", r.Baseline)
	add("--diff", r.Diff)
	if r.NoIgnores {
		add("--no-ignores", " ")
	}
	return all
}

func (r *run) progress(stage string, done, total int) error {
	return r.h.Handle(finding.Message{Progress: &finding.Progress{Stage: stage, Done: done, Total: total}})
}

func (r *run) note(place *finding.Place, format string, args ...any) error {
	return r.h.Handle(finding.Message{Note: &finding.Note{Place: place, Text: fmt.Sprintf(format, args...)}})
}
