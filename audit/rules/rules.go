// Package rules holds what the audit looks for: one rule for each way in which Flask apps are
// made insecure, next to samples of what it must find and of what it must leave alone. Rules
// read syntax trees, resolved names and flows of values; they run nothing. What no rule looks
// for is not found: the list is in docs/reference/rules.md.
package rules

import (
	"cmp"
	"context"
	"slices"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/settings"
)

// Rule is one rule. It sets those of the functions that it needs; each is called for every
// node of its kind outside of tests, in the order of files and lines.
type Rule struct {
	finding.Rule

	// PerFile is of rules whose findings in a file have one cause.
	PerFile bool
	// Flows are the uses of a visitor's values that the rule reports.
	Flows flow.Kinds

	// The following look at the program beside what follows values: they see no flows. A Site,
	// an Assignment, a Comparison and a Text are lent to them: the next node is shown in the
	// same one.

	// Words are parts of words in lower case. Where there are any, modules of which the source
	// has none of them are not shown to the rule but by Program: it would find nothing there,
	// and to look takes time.
	Words []string
	// Inside is of rules that need one of the Words in a function itself: others are not shown to
	// Function.
	Inside bool
	// Helpers are parts of words too. Of functions that answer no requests, those that have none of
	// them are not shown to Function.
	Helpers []string
	// Call looks at a call.
	Call func(*Pass, *Site)
	// Assign looks at an assignment to one target.
	Assign func(*Pass, *Assignment)
	// Compare looks at a comparison.
	Compare func(*Pass, *Comparison)
	// Text looks at a string that is written out, but for docstrings; of an f-string what is
	// filled in is {}.
	Text func(*Pass, *Text)
	// Function looks at a function or a method.
	Function func(*Pass, *program.Function)
	// Class looks at a class.
	Class func(*Pass, *program.Class)
	// Setting looks at a setting of a configuration file, such as .env.
	Setting func(*Pass, *settings.Setting)
	// Program looks at the whole once, when the rules have seen all of its parts.
	Program func(*Pass)

	// Bad are projects that the rule must find something in, at the lines that end in the
	// comment "# <- id", or "# <- id unsure" where it is not shown by default; Good are
	// projects that it must leave alone. A sample is one app.py, or files each after a line
	// "-- name --".
	Bad, Good []string
}

// Site is a call in its surroundings.
type Site struct {
	Call   *python.Call
	Func   *program.Function // in which it stands; a module's top-level code is one too
	Scope  *program.Scope
	Callee program.Ref
	Path   string // the way to an outside callee, "" for others
	Method string // the last part of what is called: execute of x.execute(...)
}

// Assignment is target = value, target: T = value, or key: value in a dict or a call to
// dict or update that fills a configuration.
type Assignment struct {
	Target python.Expr // nil for a key of a dict
	Name   string      // the last part of the target, such as SECRET_KEY of app.config["SECRET_KEY"]
	Value  python.Expr
	Node   python.Node
	In     python.Node // the dict or the call that has the key; nil where there is a Target
	Func   *program.Function
	Scope  *program.Scope
}

// Comparison is a == b in its surroundings.
type Comparison struct {
	Node  *python.Compare
	Func  *program.Function
	Scope *program.Scope
}

// Text is a string in its surroundings.
type Text struct {
	Value string
	Node  python.Node
	Func  *program.Function
}

// Pass is one rule at work on one program.
type Pass struct {
	Program *program.Program
	Facts   *Facts
	Configs []*settings.File
	rule    *Rule
	words   uint64 // the rule's, as bits of Facts.index; 0 for any module
	helpers uint64 // the rule's, in the same way
	report  func(finding.Finding)
}

// Report reports a finding at a node.
func (p *Pass) Report(f *program.Function, n python.Node, message string, more ...func(*finding.Finding)) {
	p.ReportAt(Place(f.Module.File, n.At()), message, more...)
}

// ReportAt reports a finding at a place.
func (p *Pass) ReportAt(place finding.Place, message string, more ...func(*finding.Finding)) {
	f := finding.Finding{
		Rule: p.rule.ID, Severity: p.rule.Severity, Confidence: p.rule.Confidence,
		Place: place, Message: message, Guard: p.rule.Guard,
	}
	if p.rule.PerFile {
		f.Cause = p.rule.ID
	}
	for _, m := range more {
		m(&f)
	}
	p.report(f)
}

// Fix gives a finding its corrected line.
func Fix(line string) func(*finding.Finding) {
	return func(f *finding.Finding) { f.Fix = line }
}

// Graded gives a finding another severity and confidence than its rule's.
func Graded(s finding.Severity, c finding.Confidence) func(*finding.Finding) {
	return func(f *finding.Finding) { f.Severity, f.Confidence = s, c }
}

// Place is a span of a file or of a template as line and column.
func Place(file interface {
	Position(offset int32) (line, column int)
}, span python.Span,
) finding.Place {
	line, col := file.Position(span.Start)
	endLine, endCol := file.Position(span.End)
	p := finding.Place{Line: line, Column: col, EndLine: endLine, EndColumn: endCol}
	switch f := file.(type) {
	case *python.File:
		p.File = f.Name
	case *jinja.Template:
		p.File = f.Name
	case *settings.File:
		p.File = f.Name
	}
	return p
}

// Run applies all rules to a program whose flows are known: Start and Finish in one.
func Run(all []*Rule, p *program.Program, templates []*jinja.Template, flows []*flow.Flow, configs ...*settings.File) ([]finding.Finding, []finding.Skipped) {
	return Start(context.Background(), all, p, templates, configs...).Finish(flows)
}

// Work is the rules at work on a program, beside whoever follows its values meanwhile.
type Work struct {
	all    []*Rule
	passes []*Pass
	found  []finding.Finding
	failed crashes
	panic  any // of the walk itself
	done   chan struct{}
}

// Start shows the program, its templates, which are linked, and the configuration to the rules,
// in a goroutine of its own, until ctx ends. The program is theirs from now on: whoever follows
// values at the same time needs a Fork of it.
func Start(ctx context.Context, all []*Rule, p *program.Program, templates []*jinja.Template, configs ...*settings.File) *Work {
	w := &Work{all: all, done: make(chan struct{})}
	facts := newFacts(p, all, templates)
	for _, r := range all {
		w.passes = append(w.passes, &Pass{Program: p, Facts: facts, Configs: configs, rule: r, words: facts.index.Placed(r.Words), helpers: facts.index.Placed(r.Helpers), report: func(f finding.Finding) { w.found = append(w.found, f) }})
	}
	go func() {
		defer close(w.done)
		defer func() { w.panic = recover() }()
		walk(ctx, w.passes, p, &w.failed)
		w.failed.settings(w.passes, configs)
		for _, pass := range w.passes {
			if pass.rule.Program != nil && ctx.Err() == nil {
				w.failed.guard(pass, nil, python.Span{}, func() { pass.rule.Program(pass) })
			}
		}
	}()
	return w
}

// Wait returns when the rules have seen the program, or ctx has ended.
func (w *Work) Wait() { <-w.done }

// Finish shows the rules the flows. It returns what they found, once each, sorted by place, and
// where a rule itself failed: the others went on.
func (w *Work) Finish(flows []*flow.Flow) ([]finding.Finding, []finding.Skipped) {
	w.Wait()
	if w.panic != nil {
		panic(w.panic)
	}
	for _, pass := range w.passes {
		w.failed.guard(pass, nil, python.Span{}, func() { pass.flows(flows) })
	}
	found := w.found
	slices.SortStableFunc(found, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Place.Column, b.Place.Column), cmp.Compare(a.Rule, b.Rule), -cmp.Compare(a.Severity, b.Severity))
	})
	found = slices.CompactFunc(found, func(a, b finding.Finding) bool { return a.Rule == b.Rule && a.Place == b.Place })
	if len(found) > 0 {
		holdBackExamples(w.passes[0].Program, found)
	}
	return found, w.failed.all
}
