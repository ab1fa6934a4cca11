package audit

import "github.com/fumehood/fumehood/audit/rules"

// WithRules has a run apply other rules than all.
func WithRules(o Options, all ...*rules.Rule) Options {
	o.rules = all
	return o
}

// ChangedLines is changedLines.
var ChangedLines = changedLines
