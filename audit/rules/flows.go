package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
)

// flows reports the flows that the rule is about.
func (p *Pass) flows() {
	if p.rule.Flows == 0 {
		return
	}
	for _, f := range p.Flow {
		if f.Kind&p.rule.Flows == 0 || f.Func.Module.Test {
			continue
		}
		place, ok := p.place(f.Use)
		if !ok {
			continue
		}
		p.ReportAt(place, f.Origin.Note+" reaches "+f.What, func(x *finding.Finding) {
			for _, s := range f.Way {
				if at, ok := p.place(s.Where); ok {
					x.Steps = append(x.Steps, finding.Step{Place: at, Note: s.Note})
				}
			}
			switch f.Origin.Source {
			case flow.Stored:
				x.Severity, x.Confidence = min(x.Severity, finding.Medium), finding.Likely
			case flow.Unproven:
				x.Severity, x.Confidence = min(x.Severity, finding.Medium), finding.Likely
				if f.Kind == flow.URL || f.Kind == flow.HTMLAttr {
					x.Confidence = finding.Unsure // most variables in links are not a visitor's
				}
			}
		})
	}
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
