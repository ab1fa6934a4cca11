package csp_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/internal/templates"
	"github.com/fumehood/fumehood/test/browser"
)

// scriptsWithHoles are scripts in which data, written as {{ x }}, stands in all kinds of places.
var scriptsWithHoles = []string{
	`var a = {{ x|tojson }};`, `var a = {{ x|safe }};`, `var a = "{{ x }}";`, `var a = '{{ x }}', b = '{{ x }}';`, "var a = `{{ x }}`;",
	"var a = `b${ 1 + {{ x|safe }} }c{{ x }}`;", `f({{ x }}, "{{ x }}")`, "// {{ x }}\nf()", `/* {{ x }} */ f()`, "f() // {{ x }} {{ x }}\n",
	`var n{{ x }} = 1; f{{ x }}()`, `f(1 / {{ x|safe }} / 2)`, `f(/a["/]/.test("{{ x }}"))`, `f("a{{ x }}b{{ x }}c")`,
	"f(`${ `{{ x }}` }{{ x }}`)", `f({a: {{ x|safe }}, "{{ x }}": [{{ x|safe }}]})`, `f(a / 2, "{{ x }}")`, `if (a) f({{ x|safe }}); else f('{{ x }}')`,
	`f(g(1) / 2, "{{ x }}")`, `f(x => {{ x|safe }})`, `f(!{{ x|safe }} ? '{{ x }}' : "{{ x }}")`, `f(typeof {{ x|safe }})`, `f(...{{ x|safe }})`,
	`f({{ x|safe }}[0], {{ x|tojson }}.length)`, "f(\"{{ x }}\"\n, '//{{ x }}')", `f("\\{{ x }}")`, `f('\'{{ x }}')`, `eval("f('{{ x }}')")`,
	`f(a++ / 2 / "{{ x }}")`, `f() / /'/ / '{{ x }}'`, `}/'/{{ x }}`, `f(a) /'/ '{{ x }}'`, "f(a)\n/'/ {{ x|safe }} /'/", `a = b
/'{{ x }}'/g`,
}

// TestDataRunsNothing: JavaScript's own engine is the judge of what has the shape of a
// script. Whatever the data, pwn() is never called. The same data does call it where
// nothing is compared.
func TestDataRunsNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	words := []string{`pwn()`, `pwn()`, `"`, `'`, "`", `\`, "\n", `;`, `/`, `*/`, `//`, `/*`, `${`, `}`, `{`, `[`, `]`, `,`, `+`, `1`, `-`, `"a"`, ` `, `:`,
		`\u0022`, "\u2028", `(`, `)`, `=>`, `<!--`, `-->`, `.`, `$`, `"__proto__"`, `true`, `e`, `in`, `x`}
	values := []string{`pwn()`, `";pwn();"`, `';pwn();'`, "`;pwn();`", `${pwn()}`, "\npwn()\n", "*/pwn()/*", `1;pwn()`, `1,pwn()`, `{"a":pwn()}`, `[pwn()]`,
		`\`, `1`, `"a"`, `[1]`, `{"a": [null, "b"]}`, `a`, ``, `-1`, `"pwn()"`, "\u2028pwn()", `/pwn()/`, `'+pwn()+'`, `"+pwn()+"`, `{"__proto__": {"a": 1}}`}
	for range 800 {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteString(words[random.IntN(len(words))])
		}
		values = append(values, b.String())
	}
	var matched, all []string
	shapes := 0
	for _, script := range scriptsWithHoles {
		shape := templates.Scan("x", "<script>"+script+"</script>", templates.Options{}).Pieces[0].Shape
		if shape == nil {
			continue
		}
		shapes++
		for _, value := range values {
			filled := fillIn(script, value)
			if all = append(all, filled); shape.Match(filled) {
				matched = append(matched, filled)
			}
		}
	}
	if shapes < 25 || len(matched) < 500 {
		t.Fatalf("%d shapes, %d scripts match: nothing is shown", shapes, len(matched))
	}
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	browser.Do(t, ctx, chromedp.Navigate("about:blank"))
	run := func(scripts []string) []string {
		data, err := json.Marshal(scripts)
		if err != nil {
			t.Fatal(err)
		}
		return browser.Get(t, ctx, chromedp.Evaluate[[]string](fmt.Sprintf(`%s.filter(source => {
			let pwned = false;
			try { new Function("pwn", "f", "a", "b", "g", "x", source)(() => { pwned = true }, () => 1, 4, 2, () => 1, 1) } catch {}
			return pwned;
		})`, data)))
	}
	for _, script := range run(matched) {
		t.Errorf("data runs in %q", script)
	}
	if n := len(run(all)); n < 100 {
		t.Errorf("only %d of %d scripts run data where nothing is compared", n, len(all))
	}
	t.Logf("%d shapes, %d scripts, %d match", shapes, len(all), len(matched))
}

// fillIn puts a value in the place of each piece of data.
func fillIn(script, value string) string {
	for {
		before, rest, ok := strings.Cut(script, "{{")
		if !ok {
			return script
		}
		_, after, _ := strings.Cut(rest, "}}")
		script = before + strings.ReplaceAll(strings.ReplaceAll(value, "{{", "{ {"), "}}", "} }") + after
	}
}
