package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
)

// List is one line for each rule.
func List(all []finding.Rule) string {
	var b strings.Builder
	wide := 0
	for _, r := range all {
		wide = max(wide, len(r.ID))
	}
	for _, r := range all {
		fmt.Fprintf(&b, "%-*s  %-6s  CWE-%-4d  %s\n", wide, r.ID, r.Severity, r.CWE, r.Title)
	}
	fmt.Fprintf(&b, "\n%d rules; fumehood audit --explain RULE says more\n", len(all))
	return b.String()
}

// Explain is all about one rule for a terminal.
func Explain(r finding.Rule, bad, good string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", r.ID, r.Title)
	for _, line := range wrap(r.Why, 78) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	b.WriteByte('\n')
	row := func(name, text string) {
		for line := range strings.Lines(text) {
			fmt.Fprintf(&b, "  %-11s %s\n", name, strings.TrimRight(line, "\n"))
			name = ""
		}
	}
	row("severity", r.Severity.String())
	row("confidence", r.Confidence.String())
	row("CWE", fmt.Sprintf("%d   https://cwe.mitre.org/data/definitions/%d.html", r.CWE, r.CWE))
	row("OWASP", r.OWASP)
	row("ASVS 5.0", strings.Join(r.ASVS, ", "))
	row("canon", strings.Join(r.Canon, ", "))
	row("now", guardedRule(r.Guard))
	row("fix", r.Fix)
	row("ignore", "# fumehood: ignore["+r.ID+"] why it is right until 2027-01-31")
	for _, s := range [][2]string{{"found", bad}, {"left alone", good}} {
		if s[1] == "" {
			continue
		}
		fmt.Fprintf(&b, "\n  %s:\n\n", s[0])
		for line := range strings.Lines(s[1]) {
			b.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
		}
	}
	return b.String()
}

// Sample is what the page about the rules shows of one.
type Sample struct{ Bad, Good string }

// Page is docs/reference/rules.md. Samples are by the ID of the rule.
func Page(all []finding.Rule, samples map[string]Sample) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!-- Made from audit/rules by go generate ./internal/config; do not edit. -->
# Rules of the audit

%d rules. `+"`fumehood audit --explain RULE`"+` prints one, [the guide](../guides/audit.md) says how to use them. Severity says
how bad it is if a finding is true, confidence how sure the rule is; a finding may have less of both than its rule. What no rule
here looks for is not found.

| rule | what it finds | severity | CWE | at run time |
|---|---|---|---|---|
`, len(all))
	for _, r := range all {
		guard := r.Guard
		if guard == "" {
			guard = "open"
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %d | %s |\n", r.ID, r.ID, cell(r.Title), r.Severity, r.CWE, guard)
	}
	canonTable(&b, all)
	for _, r := range all {
		fmt.Fprintf(&b, "\n## %s\n%s. %s\n\n", r.ID, strings.TrimRight(r.Title, "."), r.Why)
		fmt.Fprintf(&b, "Severity %s, confidence %s; [CWE-%d](https://cwe.mitre.org/data/definitions/%d.html), OWASP %s", r.Severity, r.Confidence, r.CWE, r.CWE, r.OWASP)
		if len(r.ASVS) > 0 {
			fmt.Fprintf(&b, ", ASVS 5.0 %s", strings.Join(r.ASVS, ", "))
		}
		fmt.Fprintf(&b, ". Canon: %s. At run time: %s.\n\nThe fix:\n", strings.Join(r.Canon, ", "), guardedRule(r.Guard))
		block(&b, r.Fix)
		if s, ok := samples[r.ID]; ok {
			b.WriteString("\nFound:\n")
			block(&b, s.Bad)
			b.WriteString("\nLeft alone:\n")
			block(&b, s.Good)
		}
	}
	return b.Bytes()
}

// canonTable shows which rules each row of the canon has.
func canonTable(b *bytes.Buffer, all []finding.Rule) {
	b.WriteString("\n## The canon\n\nThe practices that the guides to the security of Flask apps teach, and the rules that find where one is missing.\n\n" +
		"| row | practice | rules |\n|---|---|---|\n")
	for _, row := range finding.Canon() {
		var links []string
		for _, r := range all {
			if slices.Contains(r.Canon, row.ID) {
				links = append(links, "["+r.ID+"](#"+r.ID+")")
			}
		}
		if links == nil {
			links = []string{"none yet"}
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", row.ID, cell(row.Practice), strings.Join(links, ", "))
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// block is code between fences that are longer than any in it.
func block(b *bytes.Buffer, code string) {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "%s\n%s\n%s\n", fence, strings.TrimRight(code, "\n"), fence)
}
