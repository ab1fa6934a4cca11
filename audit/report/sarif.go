package report

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
)

// SARIF writes a run as one SARIF 2.1.0 log (OASIS, 27 March 2020) when it is closed. Names of
// files are relative to where fumehood was started if the audited folder was named relative
// to it, as forges expect it, else to the audited folder.
type SARIF struct {
	out   io.Writer
	run   sarifRun
	index map[string]int // of rules
	base  string
	notes []sarifNotification

	started, ended bool // the run came to its end, and had something to read
}

// NewSARIF makes a handler that writes to out.
func NewSARIF(out io.Writer) *SARIF {
	return &SARIF{out: out, index: map[string]int{}, run: sarifRun{
		Tool:       sarifTool{Driver: sarifDriver{Name: "fumehood", Home: home, Rules: []sarifRule{}}},
		Bases:      map[string]sarifBase{sarifRoot: {Description: sarifMessage{Text: "the folder that the names of files start from"}}},
		Results:    []sarifResult{},
		ColumnKind: "unicodeCodePoints",
	}}
}

// sarifRoot names the folder that all names are relative to.
const sarifRoot = "SRCROOT"

// home is where the project is, and rulePage where its rules are described.
const (
	home     = "https://github.com/fumehood/fumehood"
	rulePage = home + "/blob/main/docs/reference/rules.md#"
)

// The levels of SARIF, and what GitHub makes critical, high, medium and low of.
func sarifLevel(s finding.Severity) (level, score string) {
	switch s {
	case finding.High:
		return "error", "8.0"
	case finding.Medium:
		return "warning", "5.0"
	}
	return "note", "3.0"
}

func precision(c finding.Confidence) string { return c.String() }

// Handle implements finding.Handler.
func (s *SARIF) Handle(m finding.Message) error {
	switch {
	case m.Config != nil:
		s.config(m.Config)
	case m.Finding != nil:
		s.run.Results = append(s.run.Results, s.result(m.Finding))
	case m.Suppressed != nil:
		r := s.result(&m.Suppressed.Finding)
		how := sarifSuppression{Kind: "inSource", Justification: m.Suppressed.Reason}
		if m.Suppressed.By == "baseline" {
			how.Kind = "external"
		}
		if m.Suppressed.Until != "" {
			how.Justification += " (until " + m.Suppressed.Until + ")"
		}
		r.Suppressions = []sarifSuppression{how}
		s.run.Results = append(s.run.Results, r)
	case m.Skipped != nil:
		s.notify(m.Skipped)
	case m.Note != nil:
		n := sarifNotification{Level: "note", Message: sarifMessage{Text: m.Note.Text}}
		if m.Note.Place != nil {
			n.Locations = []sarifLocation{s.location(*m.Note.Place)}
		}
		s.notes = append(s.notes, n)
	case m.Summary != nil:
		s.ended = !m.Summary.Blind
	}
	return nil
}

func (s *SARIF) config(c *finding.Config) {
	s.started = true
	if !filepath.IsAbs(c.Base) {
		if base := filepath.ToSlash(filepath.Clean(c.Base)); base != "." && base != ".." && !strings.HasPrefix(base, "../") {
			s.base = base
		}
	}
	s.run.Tool.Driver.Version = c.Version
	for _, r := range c.Rules {
		s.index[r.ID] = len(s.run.Tool.Driver.Rules)
		level, score := sarifLevel(r.Severity)
		tags := []string{"security", fmt.Sprintf("external/cwe/cwe-%03d", r.CWE), fmt.Sprintf("CWE-%d", r.CWE)} // as GitHub and as GitLab read it
		if r.OWASP != "" {
			tags = append(tags, "external/owasp/"+strings.ToLower(strings.ReplaceAll(r.OWASP, ":", "-")))
		}
		for _, v := range r.ASVS {
			tags = append(tags, "external/asvs/"+v)
		}
		for _, row := range r.Canon {
			tags = append(tags, "external/canon/"+row)
		}
		s.run.Tool.Driver.Rules = append(s.run.Tool.Driver.Rules, sarifRule{
			ID: r.ID, Name: camel(r.ID), Short: sarifMessage{Text: r.Title}, Full: sarifMessage{Text: r.Why},
			Page:    rulePage + r.ID,
			Help:    sarifHelp{Text: helpText(r), Markdown: helpMarkdown(r)},
			Default: sarifDefault{Level: level},
			Properties: sarifProperties{
				Tags: tags, Precision: precision(r.Confidence), Score: score, Problem: level2severity(level),
			},
		})
	}
}

// level2severity is GitHub's property "problem.severity".
func level2severity(level string) string {
	if level == "note" {
		return "recommendation"
	}
	return level
}

// camel is a rule's name as SARIF wants it: SqlInjection.
func camel(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

func helpText(r finding.Rule) string {
	text := r.Why + "\n\nFix:\n" + r.Fix
	if r.Guard != "" {
		text += "\n\nAt run time: " + guardedRule(r.Guard)
	}
	return text
}

func helpMarkdown(r finding.Rule) string {
	text := r.Why + "\n\n**Fix**\n\n```\n" + strings.TrimRight(r.Fix, "\n") + "\n```\n"
	if r.Guard != "" {
		text += "\n**At run time**: " + guardedRule(r.Guard) + "\n"
	}
	return text + fmt.Sprintf("\n[All about the rule](%s%s), [CWE-%d](https://cwe.mitre.org/data/definitions/%d.html)\n", rulePage, r.ID, r.CWE, r.CWE)
}

func (s *SARIF) result(f *finding.Finding) sarifResult {
	level, score := sarifLevel(f.Severity)
	r := sarifResult{
		RuleID: f.Rule, Level: level, Message: sarifMessage{Text: f.Message},
		Locations:    []sarifLocation{s.location(f.Place)},
		Fingerprints: map[string]string{"fumehood/v1": f.Fingerprint},
		Related:      s.twins(f.Also),
		Properties:   sarifFacts{Confidence: f.Confidence.String(), Severity: f.Severity.String(), Score: score, Guard: f.Guard, Fix: f.Fix},
	}
	if f.Text != "" {
		r.Fingerprints["fumehood/text/v1"] = f.Text
	}
	if i, ok := s.index[f.Rule]; ok {
		r.RuleIndex = &i
	}
	if f.Frame != nil {
		if i := f.Place.Line - f.Frame.Line; i >= 0 && i < len(f.Frame.Text) && f.Frame.Column == 1 {
			r.Locations[0].Physical.Context = &sarifRegion{
				StartLine: f.Frame.Line, EndLine: f.Frame.Line + len(f.Frame.Text) - 1,
				Snippet: &sarifMessage{Text: strings.Join(f.Frame.Text, "\n")},
			}
		}
	}
	if len(f.Steps) > 0 {
		var flow sarifThread
		for _, step := range f.Steps {
			at := s.location(step.Place)
			at.Message = &sarifMessage{Text: step.Note}
			flow.Locations = append(flow.Locations, sarifStop{Location: at})
		}
		r.Flows = []sarifFlow{{Threads: []sarifThread{flow}}}
	}
	return r
}

// twins are the other places of what a finding is about.
func (s *SARIF) twins(also []finding.Twin) (all []sarifLocation) {
	for _, twin := range also {
		at := s.location(twin.Place)
		at.Message = &sarifMessage{Text: "also here"}
		all = append(all, at)
	}
	return all
}

// location is a place; one without a line is the file, and one without a file the run.
func (s *SARIF) location(p finding.Place) sarifLocation {
	l := sarifLocation{Physical: &sarifPhysical{Artifact: sarifArtifact{URI: escapePath(path.Join(s.base, p.File)), Base: sarifRoot}}}
	if p.Line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: p.Line, StartColumn: p.Column}
		if p.EndLine > p.Line || p.EndLine == p.Line && p.EndColumn > p.Column {
			l.Physical.Region.EndLine, l.Physical.Region.EndColumn = p.EndLine, p.EndColumn
		}
	}
	return l
}

// escapePath makes a name a relative reference (RFC 3986); bytes that are no UTF-8 are
// escaped too.
func escapePath(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	if strings.Contains(parts[0], ":") {
		return "./" + strings.Join(parts, "/")
	}
	return strings.Join(parts, "/")
}

func (s *SARIF) notify(skip *finding.Skipped) {
	n := sarifNotification{Level: "warning", Message: sarifMessage{Text: "not audited: " + skip.Reason}}
	if skip.Crash {
		n.Level, n.Message.Text = "error", skip.Reason
	}
	if i, ok := s.index[skip.Rule]; ok {
		n.Rule = &sarifReference{ID: skip.Rule, Index: i}
	}
	if skip.Place.File != "" {
		n.Locations = []sarifLocation{s.location(skip.Place)}
	}
	s.notes = append(s.notes, n)
}

// Close writes the log, also of a run that was broken off, which then says so. Of a run that
// never started there is none: a forge would take it for one that found nothing.
func (s *SARIF) Close() error {
	if !s.started {
		return nil
	}
	s.run.Invocations = []sarifInvocation{{Successful: s.ended, Notifications: s.notes}}
	enc := json.NewEncoder(harmless{s.out})
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{s.run},
	})
}
