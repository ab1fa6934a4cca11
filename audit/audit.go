// Package audit finds what is insecure in the source of a Flask project: it reads all Python
// files, templates and configuration of a folder, follows a visitor's values through them,
// applies the rules and sends what it finds to a handler. It executes nothing of the project. It does not look
// at dependencies, at a running site, or at other languages; what it could not read it says.
package audit

import (
	"context"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/rules"
	"github.com/fumehood/fumehood/internal/hint"
)

// Options of a run. The zero value of each but Root is a run that leaves out nothing.
type Options struct {
	Root    string   // a folder or a file
	Version string   // of fumehood, for the report
	Only    []string // the IDs of the rules that are applied; none are all
	Skip    []string // the IDs of rules that are not
	Exclude []string // patterns of names that are not read, as path.Match has them

	MinSeverity   finding.Severity   // what is below is counted only
	MinConfidence finding.Confidence // likewise

	Baseline  string    // a file of findings that are known, see WriteBaseline
	Diff      string    // a revision of git: only what is on lines that changed since
	NoIgnores bool      // comments that silence findings do not count
	Now       time.Time // decides which ignores have ended; zero is now

	// rules are applied in place of all; tests set it.
	rules []*rules.Rule
}

// UsageError is a mistake of whoever asked for the run: nothing was audited.
type UsageError struct{ err error }

func (u UsageError) Error() string { return u.err.Error() }

func (u UsageError) Unwrap() error { return u.err }

func wrongUse(err error, fix string) error { return UsageError{hint.With(err, fix)} }

// Rules are the rules of a run by what they say of themselves, sorted by ID: those of package
// rules, and the two about comments that silence findings.
func Rules() []finding.Rule { return described(rules.All()) }

// Run audits a folder and sends what it finds to the handler: a Config, then what was
// skipped, findings by place, suppressed ones among them, notes, and a Summary. The error is
// a UsageError, one of reading the folder itself, of the handler, or of ctx; what is wrong
// inside is reported. Run does not close the handler.
func Run(ctx context.Context, o Options, h finding.Handler) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = failed(caught)
		}
	}()
	r := &run{Options: o, h: h, start: time.Now(), seen: map[finding.Place]bool{}, partly: map[string]bool{}}
	if r.Now.IsZero() {
		r.Now = r.start
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	found, err := r.analyse(ctx)
	if err != nil {
		return err
	}
	if err := r.judge(ctx, found); err != nil {
		return err
	}
	r.sum.Seconds = time.Since(r.start).Seconds()
	return h.Handle(finding.Message{Summary: &r.sum})
}
