package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
)

// flows reports the flows that the rule is about.
func (p *Pass) flows(all []*flow.Flow) {
	if p.rule.Flows == 0 {
		return
	}
	first := p.causes(all)
	for _, f := range all {
		if f.Kind&p.rule.Flows == 0 || f.Func.Module.Test || f.Origin.Source == flow.Unproven && isScript(f.Use.File) {
			continue
		}
		if one := first[causeOf(f)]; one != nil && one != f {
			continue
		}
		place, ok := p.place(f.Use)
		if !ok || f.Kind == flow.Trust && f.Origin.Source == flow.Stored { // the id of whoever logs in comes from the table
			continue
		}
		p.ReportAt(place, f.Origin.Note+" reaches "+f.What, func(x *finding.Finding) {
			for _, s := range f.Way {
				if at, ok := p.place(s.Where); ok {
					x.Steps = append(x.Steps, finding.Step{Place: at, Note: s.Note})
				}
			}
			p.gradeFlow(x, f)
		})
	}
}

// gradeFlow says how bad a flow is and how sure, by where it comes from and where it ends.
func (p *Pass) gradeFlow(x *finding.Finding, f *flow.Flow) {
	if f.ChecksExistence() {
		x.Severity, x.Guard = finding.Low, "" // no audit event tells of it (docs/sinks.md)
	}
	if f.Kind == flow.Exposure && f.Origin.Note != flow.Traceback {
		x.Guard = "" // which texts are the app's inside cannot be told there (guard/errorpages)
	}
	if f.Kind == flow.Redirect && f.Origin.Note == flow.Referrer { // back to where the visitor comes from
		x.Severity, x.Confidence = finding.Low, finding.Unsure
	}
	if f.What == flow.TemplateName { // the loader leaves its folders for nothing
		x.Severity = min(x.Severity, finding.Medium)
	}
	switch f.Origin.Source {
	case flow.Stored:
		if x.Guard == "guard/sinks" {
			x.Guard = "" // what another request stored is not seen there (docs/sinks.md)
		}
		x.Severity, x.Confidence = min(x.Severity, finding.Medium), finding.Likely
	case flow.Unproven:
		x.Severity, x.Confidence = min(x.Severity, finding.Medium), finding.Likely
		if f.Kind&flow.Markup != 0 {
			x.Severity = finding.Low
		}
		if f.Kind == flow.URL || f.Kind == flow.HTMLAttr || f.What == flow.ScriptAddress || f.Idle {
			x.Confidence = finding.Unsure // most variables in links are not a visitor's
		}
	}
	if f.Origin.Source == flow.Stored && p.Facts.byHand(f.Func.Module) {
		x.Confidence = finding.Unsure
	}
	if f.Weak { // whoever wrote the check has thought of it
		x.Severity, x.Confidence = min(x.Severity, finding.Medium), min(x.Confidence, finding.Likely)
		x.Message += ", past a check that can be passed by"
	}
}

// cause is what one would edit: the same text of a visitor that was put into the same text of
// the program is one cause, however often that is used then.
type cause struct {
	from, text flow.Loc
	kind       flow.Kinds
}

// causeOf is the cause of a flow; nothing for one that has no such text. The text of an
// exception has one cause, where it is caught. A file or an address that another file of the
// program opens and reads, step by step, is one as well.
func causeOf(f *flow.Flow) cause {
	if f.Kind == flow.Exposure && f.Origin.Source == flow.Internal {
		return cause{from: f.Origin.Where, kind: f.Kind}
	}
	switch {
	case f.Origin.Source != flow.Request:
		return cause{}
	case f.Built != (flow.Loc{}):
		return cause{f.Origin.Where, f.Built, f.Kind}
	case f.Kind&(flow.Path|flow.Address) != 0 && f.Use.File != f.Origin.Where.File:
		return cause{f.Origin.Where, flow.Loc{File: f.Use.File}, f.Kind}
	}
	return cause{}
}

// causes are the flows that are shown for each cause: the one that is reached first, and not
// one that only looks for a file.
func (p *Pass) causes(all []*flow.Flow) map[cause]*flow.Flow {
	first := map[cause]*flow.Flow{}
	for _, f := range all {
		c := causeOf(f)
		if c == (cause{}) || f.Kind&p.rule.Flows == 0 || f.Func.Module.Test {
			continue
		}
		old := first[c]
		if old == nil || old.ChecksExistence() && !f.ChecksExistence() || old.ChecksExistence() == f.ChecksExistence() && len(f.Way) < len(old.Way) {
			first[c] = f
		}
	}
	return first
}

// place is where a flow's location stands, in Python or in a template.
func (p *Pass) place(l flow.Loc) (finding.Place, bool) {
	if file := p.Facts.file(l.File); file != nil {
		return Place(file, l.Span), true
	}
	if t := p.Facts.templates[l.File]; t != nil {
		return Place(t, l.Span), true
	}
	return finding.Place{}, false
}
