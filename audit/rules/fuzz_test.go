package rules_test

import (
	"slices"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
	"github.com/fumehood/fumehood/audit/rules"
)

// FuzzRun: no program and no template makes a rule fail, nor what rules stand on.
func FuzzRun(f *testing.F) {
	all := rules.All()
	for _, r := range all {
		for _, sample := range slices.Concat(r.Bad, r.Good) {
			source, page := "", "{{ a }}"
			for name, text := range files(sample) {
				if name == "app.py" {
					source = text
				} else if jinja.Parse(name, text, jinja.Options{}).Source != "" && len(text) < 4000 {
					page = text
				}
			}
			f.Add(source, page)
		}
	}
	f.Fuzz(func(t *testing.T, source, page string) {
		source, page = source[:min(len(source), 4000)], page[:min(len(page), 4000)]
		p := program.New([]*python.File{python.Parse("app.py", source)})
		templates := []*jinja.Template{jinja.Parse("templates/a.html", page, jinja.Options{Autoescape: true})}
		linked := flow.Link(templates)
		work := rules.Start(t.Context(), all, p.Fork(), templates)
		flows, crashed := flow.Follow(t.Context(), p, linked, nil)
		_, failed := work.Finish(flows)
		for _, c := range slices.Concat(p.Crashed, crashed, failed) {
			if c.Crash {
				t.Errorf("%+v", c)
			}
		}
	})
}
