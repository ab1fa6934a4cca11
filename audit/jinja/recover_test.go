package jinja_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/audit/jinja"
)

// TestRecover: an error costs its tag, and nothing else. A tree is written as in dump.
func TestRecover(t *testing.T) {
	t.Parallel()
	for _, p := range []struct {
		template, tree string
		errors         int
	}{
		{`a{{ b( }}c{{ d }}`, `text 1;output (call b *python.BadExpr);text 1;output d`, 1},
		{`{{ a b }}{{ c }}`, `output a;output c`, 1},
		{`{{ }}{{ c }}`, `output *python.BadExpr;output c`, 1},
		{`{{ a ? b }}{{ c }}`, `output a;output c`, 1},
		{`{{ "a }}{{ c }}`, `output *python.BadExpr;output c`, 1},
		{`{{ a <p> {{ b }} {% if c %}d{% endif %}`, `output (cmp a < p > *python.BadExpr);output b;text 1;if c;text 1;endif`, 1},
		{`a {{ b`, `text 2;text 2;text 2`, 1},
		{`a {% if b`, `text 2;text 2;text 5`, 1},
		{`a {# b {{ c }}`, `text 2;text 2;text 3;output c`, 1},
		{`a{% raw %}{{ b }}`, `text 1;text 7`, 1},
		{`{% if %}a{% endif %}b`, `if *python.BadExpr;text 1;endif;text 1`, 1},
		{`{% if a @ b %}c{% else %}d{% endif %}e`, `if a;text 1;else;text 1;endif;text 1`, 1},
		{`{% for a on b %}{{ a }}{% endfor %}b`, `for a in *python.BadExpr;output a;endfor;text 1`, 1},
		{`{% block %}a{% endblock %}b`, `block;text 1;endblock;text 1`, 1},
		{`{% block a-b %}c{% endblock %}d`, `block a;text 1;endblock;text 1`, 1},
		{`{% if a %}b`, `if a;text 1;endif`, 1},
		{`{% if a %}{% for b in c %}d{% endif %}e`, `if a;for b in c;text 1;endfor;endif;text 1`, 1},
		{`a{% endif %}b`, `text 1;unknown endif;text 1`, 1},
		{`a{% else %}b`, `text 1;unknown else;text 1`, 1},
		{`{% if a %}b{% else %}c{% else %}d{% endif %}`, `if a;text 1;else;text 1;unknown else;text 1;endif`, 1},
		{`{% %}a{% 1 %}`, `unknown;text 1;unknown 1`, 2},
		{`{% set a %}{{ a }}`, `set a;output a;endset`, 1},
		{`{% set a. = 1 %}{{ a }}`, `set (. a );endset;output a`, 1},
		{`{% trans "a" %}b`, `unknown trans "a";text 1`, 0},
		// Tags that nobody knows.
		{`{% cache 60, "a" %}{{ b }}{% endcache %}c`, `unknown cache 60, "a";output b;end;text 1`, 0},
		{`{% try %}a{% except %}b{% finally %}c{% else %}d{% endtry %}`, `unknown try;text 1;unknown except;text 1;unknown finally;text 1;unknown else;text 1;end`, 0},
		{`{% foo @bar ? %}a{% foo %}`, `unknown foo @bar ?;text 1;unknown foo`, 0},
		{`{% assets "a", output="b" %}{{ ASSET_URL }}{%- endassets -%} c`, `unknown assets "a", output="b";output ASSET_URL;end;text 1`, 0},
		{`{% if a %}{% foo %}{% endif %}{% endfoo %}`, `if a;unknown foo;endif;unknown endfoo`, 2},
	} {
		f := jinja.Parse("x.html", p.template, jinja.Options{})
		check(t, f)
		if got := strings.ReplaceAll(dump(f), "\n", ";"); got != p.tree || len(f.Errors) != p.errors {
			t.Errorf("%s\n got %s\nwant %s\n%v", p.template, got, p.tree, f.Errors)
		}
	}
}

// TestMessages: an error says what was expected, where, in plain words.
func TestMessages(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"{{ a b }}":                 `1:6: expected the end of the output, got "b"`,
		"a\n {{ \"a }}":             `2:5: the string is not closed`,
		"é{{ a( }}":                 `1:8: a bracket is closed that is not open`,
		"{% if a %}":                `1:1: {% if %} is not closed`,
		"{% endif %}":               `1:1: {% endif %} closes nothing`,
		"{% else %}":                `1:1: {% else %} belongs to no tag here`,
		"{% import 'a' %}":          `1:15: expected "as", got the end of the tag`,
		"{{ '\\x' }}":               `1:4: the string has an escape that is cut short`,
		"\r\n\r{# a":                `3:1: the comment is not closed`,
		"{% set 1 = 2 %}":           `1:10: expected a name to assign to, got "="`,
		"{% call a %}{% endcall %}": `1:11: expected a call, got the end of the tag`,
	} {
		f := jinja.Parse("x.html", template, jinja.Options{})
		if len(f.Errors) == 0 {
			t.Errorf("%s: no error", template)
			continue
		}
		line, column := f.Position(f.Errors[0].Span.Start)
		if got := fmt.Sprintf("%d:%d: %s", line, column, f.Errors[0].Message); got != want {
			t.Errorf("%s\n got %s\nwant %s", template, got, want)
		}
	}
}

// hostile are patterns that make a careless reader slow, or deep.
var hostile = []string{
	"{{ ", "{{", "{% if a %}", "{% x %}", "{% endif %}", "{# ", "{{ ( }}", "{{ {{ }} ", "{{ ' }} {{ \" }} ", "{% raw %}", "(", "{{ [ (", "{{ a ~ ",
	"{% if a %}{% else %}", "{% macro a() %}{{ a() }}", "{% macro a() %}{{ b() }}{% endmacro %}", "{% block a %}", "{% foo %}{% endfoo %}", "{% foo %}",
	"<a href=\"", "<script>'", "<!--", "<", "</", "<script>`${", "<style>url(", "{{ -", "not ", "a.", "a|b", "a if b else ", "[", "-", "{% set x %}",
	"<a {{ x }}", "a\r", "\n{{ 'a' 'b' }}", "{%- raw -%} {%- endraw -%} ", "{% trans a=b %}", "# if a\n", "## a\n", "\n", "a is b ", "{% if ( %} {{ a }} ",
	"{% call a() %}", "<p onclick=\"&quot;", "{{ x }}{% if a %}<script>{% endif %}", "{% for a in b %}'{% endfor %}", "{{ {", "</script", "\\",
}

// TestLinear: ten times the length must not take much more than ten times as long.
func TestLinear(t *testing.T) {
	t.Parallel()
	parse := func(source string, o jinja.Options) time.Duration {
		start := time.Now()
		f := jinja.Parse("x.html", source, o)
		took := time.Since(start)
		check(t, f)
		return took
	}
	for _, pattern := range hostile {
		for i, around := range []string{"%s", "%s", "{{ %s }}", "{%% if %s %%}", "<script>%s</script>", "%s {%% endfoo %%} }} %%} #}"} {
			var o jinja.Options
			if i == 0 {
				o = lines
			}
			long := fmt.Sprintf(around, strings.Repeat(pattern, 60_000/len(pattern)))
			if parse(long, o) < 100*time.Millisecond {
				continue
			}
			short := fmt.Sprintf(around, strings.Repeat(pattern, 6_000/len(pattern)))
			fast, slow := time.Hour, time.Hour // the best of some: the machine may be busy
			for range 5 {
				fast, slow = min(fast, parse(short, o)), min(slow, parse(long, o))
			}
			if slow > 40*fast && slow > 100*time.Millisecond {
				t.Errorf("%q in %q: %v, and %v for ten times as much", pattern, around, fast, slow)
			}
		}
	}
}
