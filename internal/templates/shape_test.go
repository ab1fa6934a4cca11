package templates_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/templates"
)

func shapeOf(t *testing.T, script string) *templates.Shape {
	t.Helper()
	pieces := scan("<script>" + script + "</script>").Pieces
	if len(pieces) != 1 {
		t.Fatalf("%s: %d pieces", script, len(pieces))
	}
	if pieces[0].Shape == nil {
		t.Fatalf("%s: no shape: %s", script, pieces[0].Why)
	}
	return pieces[0].Shape
}

// fill puts a value in the place of each piece of data.
func fill(script, value string) string {
	for {
		before, rest, ok := strings.Cut(script, "{{")
		if !ok {
			return script
		}
		_, after, _ := strings.Cut(rest, "}}")
		script = before + value + after
	}
}

func TestDataThatIsOnlyData(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		script    string
		good, bad []string
	}{
		{`var a = {{ x|tojson }};`,
			[]string{`1`, `"a"`, `["a", "b"]`, `{"a": {"b": [1.5e3, null]}}`, `"\u003c/script\u003e\u0026\u0027"`, `NaN`, `-Infinity`, "[\n  1\n]", `""`, `"é\"\\"`},
			[]string{``, `alert(1)`, `"a";alert(1)`, `"a"+alert(1)`, `[alert(1)]`, `{"a": b}`, `{a: 1}`, `'a'`, `"<b>"`, `"a`, `1;`, `"\x41"`, "\"\n\"", `{"a" 1}`, `[1,]`, `--1`, `01`, strings.Repeat("[", 200) + strings.Repeat("]", 200)}},
		{`var a = {{ x|safe }};`, []string{`{"a": "O'Brien & <b>"}`, `7`}, []string{`7;alert(1)`, `alert(1)`}},
		{`var a = "{{ x }}";`,
			[]string{``, `a b`, `O&#39;Brien`, `5 $ {x}`, `é`, `a*/`, `//`},
			[]string{`";alert(1)//`, `\`, "\n", "\u2028", `'`, `</script>`, "a\x00", "`", "\xff"}},
		{`var a = '{{ x }} and {{ y }}!';`, []string{``, `a`, ` and `, ` and  and `, `!`}, []string{`'`, `"`}},
		{"var a = `{{ x }}`;", []string{``, `a b`}, []string{"`", "${alert(1)}", "$", "{"}},
		{"var a = `x${ f({{ x|tojson }}) }y{{ x }}`;", []string{`1`, `null`}, []string{`alert(1)`, "`"}},
		{`chart{{ id }} = 1`, []string{`1`, `0042`}, []string{``, `a`, `1;alert(1);`, `-1`}},
		{`f({{ a }}, {{ b }})`, []string{`1`, `true`, `null`}, []string{`a`, `1,2`, ``}},
		{"// {{ x }}\nf()", []string{`a`}, []string{"a\nalert(1)", "a\u2028alert(1)"}},
		{"/* {{ x }} */f()", []string{`a`}, []string{"*/alert(1)/*", "*"}},
		{`f(a / 2, "{{ x }}")`, []string{`a`}, []string{`"`}},
		{`f(/["/]\//g, "{{ x }}")`, []string{`a`}, []string{`"`}},
		{`f({{ x|tojson }}.length, ...{{ y|tojson(indent=2)|safe }})`, []string{`[1]`}, []string{`a`}},
		{`return {{ x }} / {{ y }};`, []string{`1`}, []string{`a`}},
	} {
		shape := shapeOf(t, tt.script)
		for _, value := range tt.good {
			if !shape.Match(fill(tt.script, value)) {
				t.Errorf("%s: %q is data and was taken for code", tt.script, value)
			}
		}
		for _, value := range tt.bad {
			if shape.Match(fill(tt.script, value)) {
				t.Errorf("%s: %q was taken for data", tt.script, value)
			}
		}
		for _, other := range []string{"", "x", fill(tt.script, "1") + " ", " " + fill(tt.script, "1"), fill(tt.script, "1") + ";alert(1)"} {
			if shape.Match(other) {
				t.Errorf("%s: %q was taken for it", tt.script, other)
			}
		}
	}
}

// TestScriptsThatCannotBeCompared: data where it is code, or where this reader of
// JavaScript cannot be sure what it is.
func TestScriptsThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		`{% if x %}f(){% endif %}`, `{{ code }}`, `{{ code }};`, `f();{{ code }}`, "f()\n{{ code }}", `{ {{ code }} }`,
		`{{ f }}()`, `x.{{ name }}`, `var {{ name }} = 1`, `function {{ name }}() {}`, `new {{ name }}`, `{{ a }}{{ b }}`,
		`x = {{ a }} {{ b }}`, `x = {{ a }} y`, `x = {{ f }}(1)`, "x = {{ f }}`y`", `x = {{ y }} = 1`, `x = {{ o }}.f()`,
		`x = "\{{ y }}"`, "x = `${{ y }}`", `x = /{{ y }}/`, `x = /a\{{ y }}/`, `x = y / "{{ z }}" / 2`,
		`) / "{{ z }}" /`, `x = "{{ y }}`, `x = "a{{ y }}` + "\n" + `"`, `/* {{ x }}`, `// {{ x }}`,
		"<!-- {{ x }}\nf()", "{{ x }}\n--> y", "x = \"\u2028{{ y }}\"", `x = {{ super() }}`, `x = {{ caller() }}`,
		`{% macro m() %}{% endmacro %}x = {{ m() }}`, `\u0061 = {{ x }}`, `a{{ x|tojson }}`, `x = {{ a }}5`, `return{{ x }}`,
	} {
		pieces := scan("<script>" + script + "</script>").Pieces
		if len(pieces) != 1 || pieces[0].Hash != "" || pieces[0].Shape != nil || pieces[0].Why == "" {
			t.Errorf("%s: %+v", script, pieces)
		}
	}
}

func TestTheScriptsOfAPage(t *testing.T) {
	t.Parallel()
	page := scan(`<script>var a = {{ a|tojson }};</script><b onclick="del({{ id }}, '{{ name }}')">`)
	script, handler := page.Pieces[0].Shape, page.Pieces[1].Shape
	if script == nil || handler == nil {
		t.Fatalf("%+v", page.Pieces)
	}
	body := `<SCRIPT async>var a = [1];</script ><script>var a = 1;alert(1)</script><!-- <script>var a = 2;</script> -->
		<b onclick="del(1, 'x')"><b onclick="del(1, 'x')"><b onclick="del(2, '&#39;);alert(1)//')"><script src=x></script>`
	scripts, handlers, ok := templates.Match([]byte(body), []*templates.Shape{script}, []*templates.Shape{handler}, 9)
	if !ok || strings.Join(scripts, " ") != templates.Hash("var a = [1];") || strings.Join(handlers, " ") != templates.Hash("del(1, 'x')") {
		t.Errorf("%q %q %t", scripts, handlers, ok)
	}
	scripts, _, _ = templates.Match([]byte(body), []*templates.Shape{script}, nil, 9)
	if len(scripts) != 2 { // the quick reader knows no comments; a hash of a text of the shape does no harm
		t.Errorf("%q", scripts)
	}
	many := strings.Repeat(`<script>var a = 1;</script>`, 99) + `<script>var a = 2;</script>`
	for _, handlers := range [][]*templates.Shape{nil, {handler}} {
		scripts, _, all := templates.Match([]byte(many), []*templates.Shape{script}, handlers, 1)
		if len(scripts) != 1 || !all {
			t.Errorf("%q, %t: more hashes than asked for", scripts, all)
		}
	}
	many = `<b onclick="del(1, 'x')"><b onclick="del(1, 'x')"><b onclick="del(2, 'x')"><script>var a = 1;</script>`
	scripts, handlers, all := templates.Match([]byte(many), []*templates.Shape{script}, []*templates.Shape{handler}, 1)
	if len(scripts) != 1 || len(handlers) != 1 || all {
		t.Errorf("%q %q %t", scripts, handlers, all)
	}
}

func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`<script>a({{ x|tojson }})</script>`, `{% if x %}<svg><style>{% raw %}{{{% endraw %}`, `<b onclick="{{ x }}" style=y>`,
		`{% include ["a", x] %}<iframe srcdoc="<script>a</script>">`, "<script>`${a/b}{{ x }}`/*{{ y }}*/</script>",
	} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, source string, trim bool) {
		found := templates.Scan("x.html", source, templates.Options{TrimBlocks: trim, LstripBlocks: trim})
		lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source), "\n") + 1
		for _, p := range found.Pieces {
			if p.Hash != "" && p.Hash != templates.Hash(p.Text) {
				t.Errorf("the hash is not of the text %q", p.Text)
			}
			if p.Line < 1 || p.Line > lines+1 {
				t.Errorf("line %d of %d", p.Line, lines)
			}
		}
	})
}

// FuzzData: what is taken for one JSON value is one for encoding/json, and what is taken
// for the inside of a string holds nothing that ends it.
func FuzzData(f *testing.F) {
	for _, seed := range []string{`1`, `"a"`, `[1, {"b": null}]`, `";alert(1)//`, `a b`, "\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.NewReplacer("{{", "", "}}", "").Replace(value)
		match := func(script string) bool {
			found := scan("<script>" + script + "</script>").Pieces
			return found[0].Shape.Match(fill(script, value))
		}
		words := strings.NewReplacer("-Infinity", "1", "Infinity", "1", "NaN", "1")
		if match(`var a = {{ x|safe }};`) && !json.Valid([]byte(words.Replace(value))) {
			t.Errorf("%q is taken for JSON", value)
		}
		if match(`var a = "{{ x }}";`) && strings.ContainsAny(value, "\"\\\n\r\u2028\u2029") {
			t.Errorf("%q is taken for the inside of a string", value)
		}
		if match("var a = `{{ x }}`;") && strings.ContainsAny(value, "`\\$") {
			t.Errorf("%q is taken for the inside of a template literal", value)
		}
		if match("// {{ x }}\nf()") && strings.ContainsAny(value, "\n\r\u2028\u2029") {
			t.Errorf("%q is taken for a comment", value)
		}
	})
}

func FuzzShape(f *testing.F) {
	f.Add(`f("{{ x }}", '{{ y }}')`, `b`)
	f.Add("`${ {{ x }} }{{ y }}` // {{ z }}\n", `1`)
	f.Fuzz(func(t *testing.T, script, value string) {
		value = strings.NewReplacer("{", "", "}", "").Replace(value)
		if strings.Count(script, "{{") != strings.Count(script, "}}") {
			return
		}
		found := scan("<script>" + script + "</script>").Pieces
		if len(found) != 1 || found[0].Shape == nil {
			return
		}
		page := "<script>" + fill(script, value) + "</script>"
		hashes, _, _ := templates.Match([]byte(page), []*templates.Shape{found[0].Shape}, nil, 5)
		slow, _, _ := templates.Match([]byte(page), []*templates.Shape{found[0].Shape}, []*templates.Shape{found[0].Shape}, 5)
		if strings.Contains(value+script, "<") || strings.Contains(page, "\x00") {
			return // the two readers know different things about where a script ends
		}
		if len(hashes) != len(slow) {
			t.Errorf("%q: %q and %q", page, hashes, slow)
		}
	})
}
