package templates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/templates"
)

// TestCostIsBounded: a folder may hold anything, and a page holds what visitors write.
func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	long := func(s string) string { return strings.Repeat(s, 300_000/len(s)) }
	start := time.Now()
	for _, source := range []string{
		"<script>" + long(`a/`) + "{{ x }}</script>", "<script>" + long(`)/"b"`) + "{{ x }}</script>", long(`<b onclick=a>`),
		long(`{{ x }}`), long(`{% if x %}`), long(`{`), long(`{#`), long(`{{`), long(`<svg>`), long(`{% raw %}`), long(`{%- raw -%}{% endraw %}`),
		"<script>" + long(`"{{ x }}",`) + "</script>", long(`<script>`), long(`"https://`), long(`@import `), long("{% if x %}<svg>"),
		long("<iframe srcdoc='<script>a</script>'>"), `<script>x = {{ y }}` + long(` in`), long("\n<script>a()</script>"),
	} {
		began := time.Now()
		templates.Scan("x.html", source, templates.Options{LstripBlocks: true})
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%.30q... took %s", source, took)
		}
	}
	shape := shapeOf(t, `f("{{ a }} {{ b }} {{ c }} {{ d }}", {{ e }})`)
	for _, page := range []string{
		`<script>f("` + long("a ") + `", 1)`, long(`<script>f("a b c d", 1)</script>`), `<script>f("a b c d", ` + long("["), long(`<script `), long(`</script`),
		long(`<b onclick='f("a b c d", 1)'>`), "<script>" + long("</"), `<b ` + long(` onclick=a`) + ">",
	} {
		began := time.Now()
		templates.Match([]byte(page), []*templates.Shape{shape}, nil, 64)
		templates.Match([]byte(page), []*templates.Shape{shape}, []*templates.Shape{shape}, 64)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%.30q... took %s", page, took)
		}
	}
	t.Logf("all took %s", time.Since(start))
}
