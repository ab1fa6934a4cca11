package gen

import (
	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/report"
	"github.com/fumehood/fumehood/audit/rules"
)

// rulesPage makes the page about the rules of the audit, each with its first samples.
func rulesPage() []byte {
	samples := map[string]report.Sample{}
	for _, r := range rules.All() {
		if len(r.Bad) > 0 && len(r.Good) > 0 {
			samples[r.ID] = report.Sample{Bad: r.Bad[0], Good: r.Good[0]}
		}
	}
	return report.Page(audit.Rules(), samples)
}
