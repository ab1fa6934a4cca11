package templates

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/testapp"
)

// oracle prints what Jinja's own lexer makes of each template: "t" and its text, "e" for an
// expression, "s" for a statement; null where it refuses one, "refused" at the end where
// only its parser does.
const oracle = `
import json, sys, jinja2
out = []
for src, trim, lstrip in json.load(sys.stdin):
    env = jinja2.Environment(trim_blocks=trim, lstrip_blocks=lstrip, keep_trailing_newline=True)
    try:
        parts = []
        for _, kind, value in env.lexer.tokeniter(src, "x"):
            if kind == "data": parts.append("t" + value)
            elif kind == "variable_begin": parts.append("e")
            elif kind == "block_begin": parts.append("s")
        try: env.parse(src)
        except jinja2.TemplateSyntaxError: parts.append("refused")
        out.append(parts)
    except jinja2.TemplateSyntaxError:
        out.append(None)
json.dump(out, sys.stdout)
`

type question struct {
	source       string
	trim, lstrip bool
}

func ask(t *testing.T, questions []question) [][]string {
	t.Helper()
	var in [][]any
	for _, q := range questions {
		in = append(in, []any{q.source, q.trim, q.lstrip})
	}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testapp.Python(t), "-c", oracle)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var answers [][]string
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// lexed returns our reading in the form of the oracle's, neighbouring texts as one.
func lexed(q question) []string {
	segments, err := lex(q.source, Options{TrimBlocks: q.trim, LstripBlocks: q.lstrip})
	if err != nil {
		return nil
	}
	parts := []string{}
	for _, s := range segments {
		switch s.kind {
		case text:
			parts = append(parts, "t"+s.body)
		case expr:
			parts = append(parts, "e")
		case stmt:
			parts = append(parts, "s")
		}
	}
	return merged(parts)
}

func merged(parts []string) []string {
	all := []string{}
	for _, p := range parts {
		if n := len(all); n > 0 && p[0] == 't' && all[n-1][0] == 't' {
			all[n-1] += p[1:]
		} else if p != "t" {
			all = append(all, p)
		}
	}
	return all
}

// TestTextArrivesAsJinjaSendsIt: what Jinja's lexer calls data is what a browser gets.
func TestTextArrivesAsJinjaSendsIt(t *testing.T) {
	t.Parallel()
	questions := []question{}
	for _, source := range []string{
		"", "x", "{", "{{ a }}", "a {{- b -}} c", "a {# c #} b", "a\n  {#- c -#}\n b", "{# {{ x }} #}y",
		"{% raw %}{{ x }}{% endraw %}", "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %} x {%+ endraw +%}\n y",
		"{{ '}}' }}z", `{{ "a\"}}" }}z`, "{{ {'a': {'b': 1}} }}z", "{% if x %}\n a\n{% endif %}\nb",
		"  {% if x %}a{% endif %}  \n  {#c#}\n", " {%+ if x %}a{%- endif +%}\n", "a\r\nb\rc\n{{ x }}\r\n",
		"{{ x", "{% x", "{# x", "{{ ) }}", "{% raw %} x", "a\u00a0{{- x }}", "a\x1c {{- x }}", "{{-1}}", "{%- %}",
		"{% set x = '%}' %}\n", "<script>\n// {# note #}\nf()\n</script>", "\n{#-#}", "{#+#}\n", "{{ x -}}", "{%-raw-%}  a{%-endraw-%}",
	} {
		for i := range 4 {
			questions = append(questions, question{source, i&1 != 0, i&2 != 0})
		}
	}
	words := []string{" ", "\n", "a", "<b>", "{{ x }}", "{{- x }}", "{{ x -}}", "{% if x %}", "{%- if x -%}", "{%+ if x +%}",
		"{# c #}", "{#- c -#}", "{#+ c +#}", "{% raw %}", "{%- raw -%}", "{% endraw %}", "{%- endraw -%}", "{%+ endraw +%}", "{", "}", "'", "%}", "}}"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var b strings.Builder
		for range random.IntN(9) {
			b.WriteString(words[random.IntN(len(words))])
		}
		questions = append(questions, question{b.String(), random.IntN(2) == 0, random.IntN(2) == 0})
	}
	for i, answer := range ask(t, questions) {
		q := questions[i]
		got := lexed(q)
		if answer == nil {
			// Jinja refuses more, such as unknown signs in an expression: such a template
			// is never sent.
			continue
		}
		for i := range answer {
			answer[i] = normalise(answer[i])
		}
		if n := len(answer); n > 0 && answer[n-1] == "refused" {
			if answer = answer[:n-1]; got == nil {
				continue
			}
		}
		if want := merged(answer); got == nil || !slices.Equal(got, want) {
			t.Errorf("%q (trim %t, lstrip %t):\n got %q\nwant %q", q.source, q.trim, q.lstrip, got, want)
		}
	}
}
