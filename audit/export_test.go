package audit

import (
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/rules"
)

// WithRules has a run apply other rules than all.
func WithRules(o Options, all ...*rules.Rule) Options {
	o.rules = all
	return o
}

// Guarded has a file read by a function that may panic, and returns what is said of it.
func Guarded(file string, read func()) []finding.Skipped {
	return guarded(file, func() source { read(); return source{} }).skipped
}

// ChangedLines is changedLines.
var ChangedLines = changedLines

// ParseIgnore is parseIgnore: the rules and the reason of a comment that counts.
func ParseIgnore(comment string, now time.Time) (ids []string, reason string, ok bool) {
	i, _ := parseIgnore(comment, now)
	if i == nil || !i.valid() {
		return nil, "", false
	}
	return i.rules, i.reason, true
}
