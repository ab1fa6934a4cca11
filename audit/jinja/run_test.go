package jinja_test

import (
	"testing"

	"github.com/fumehood/fumehood/audit/jinja"
)

// TestContextThroughTags follows the HTML through what Jinja decides.
func TestContextThroughTags(t *testing.T) {
	t.Parallel()
	const inHref = `double-quoted attribute a href url`
	for _, p := range []struct{ template, want string }{
		{`<a href="{% if a %}http://{% else %}/{% endif %}{{ x }}">`, inHref},
		{`<a href="{% if a %}http://{% endif %}{{ x }}">{{ y }}`, inHref + ` start; text`},
		{`<a {% if a %}href="{{ x }}"{% endif %} id="{{ y }}">`, inHref + ` start; double-quoted attribute a id start`},
		{`<a {% if a %}href{% else %}id{% endif %}="{{ y }}">`, inHref + ` start`},
		{`<option{% if a %} selected{% endif %} value={{ x }}>{{ y }}`, `unquoted attribute option value start; text`},
		{`<p title={% if a %}b{% else %}{{ x }}{% endif %}>{{ y }}`, `unquoted attribute p title start; text`},
		{`{% if a %}<script>{% else %}<style>{% endif %}{{ x }}`, `script script`},
		{`{% for a in b %}<p title="{{ a }}">{% else %}<!--{{ a }}-->{% endfor %}{{ x }}`, `double-quoted attribute p title start; comment; text`},
		{`{% for a in b %}{% if a %}<!--{% continue %}{% else %}{{ a }}{% endif %}{% endfor %}{{ x }}`, `text; text`},
		{`<p title="{% for a in b %}{{ a }} {% endfor %}{{ x }}">`, `double-quoted attribute p title start; double-quoted attribute p title start`},
		{`<p title="{# " #}{% raw %}{{{% endraw %}{{ x }}">`, `double-quoted attribute p title`},
		{`<p title="{% set a = 'b"' %}{{ x }}">`, `double-quoted attribute p title start`},
		{`<p title="{% set a %}<b>{{ y }}{% endset %}{{ x }}">`, `text; double-quoted attribute p title start`},
		{`<p title="{% trans a=b %}c {{ a }}{% pluralize %}{{ a }}{% endtrans %}">{{ x }}`, `double-quoted attribute p title; double-quoted attribute p title start; text`},
		{`<p title="{% with a = b %}{% filter upper %}{% autoescape false %}{{ a }}{% endautoescape %}{% endfilter %}{% endwith %}">`, `double-quoted attribute p title start`},
		{`<p title="{% cache 60 %}{{ x }}{% endcache %}">`, `double-quoted attribute p title start`},
		{`<p title={{ "a b" }}>{{ x }}`, `unquoted attribute p title start; text`},
		{`<p title={{ "a b>" }}{{ x }}`, `unquoted attribute p title start; text`},
		{`{{ "<script>"|safe }}{{ x }}`, `text; script script`},
		{`<a{{ ' href="' if a }}{{ x }}`, `tag name a; ` + inHref + ` start`},
		{`{% macro m(a) %}{{ a }}{% endmacro %}<a href="{{ m(1) }}">`, inHref + ` start; ` + inHref + ` start`},
		{`{% macro m(a) %}{{ a }}{% endmacro %}<a href="{{ m(1)|upper }}"><a href="/{{ m(1) }}">`, inHref + ` start; ` + inHref + ` start; ` + inHref},
		{`{% macro m(a) %}{{ a }}{% endmacro %}<a href="{{ m(1) }}">{{ m(2) }}`, `text; ` + inHref + ` start; text`},
		{`{% macro m(a) %}{{ a }}{% endmacro %}<a href="{{ m(1) }}">{{ f(m) }}`, `text; ` + inHref + ` start; text`},
		{`{% macro a() %}{{ x }}{% endmacro %}{% macro b() %}<script>{{ a() }}</script>{% endmacro %}{{ b() }}`, `script script; script script; text`},
		{`{% macro b() %}<script>{{ a() }}</script>{% endmacro %}{% macro a() %}{{ x }}{% endmacro %}{{ b() }}`, `script script; script script; text`},
		{`{% macro m() %}{{ caller() }}{% endmacro %}<p title="{% call m() %}{{ x }}{% endcall %}{{ y }}">`, `double-quoted attribute p title start; double-quoted attribute p title start; double-quoted attribute p title`},
		{`<p title="{% block a %}{{ x }}{% endblock %}">{{ y }}`, `double-quoted attribute p title start; text`},
		{`{% extends "a" %}<script>{% block a %}{{ x }}<!--{% endblock %}{% block b %}{{ y }}{% endblock %}`, `text; text`},
	} {
		f := jinja.Parse("x.html", p.template, jinja.Options{})
		if len(f.Errors) > 0 {
			t.Errorf("%s: %v", p.template, f.Errors)
		}
		if got := contexts(f); got != p.want {
			t.Errorf("%s\n got %s\nwant %s", p.template, got, p.want)
		}
	}
}

// TestMixed: where the way taken decides about the place in the HTML, that is noted.
func TestMixed(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]int{
		`<p {% if a %}b="c"{% endif %}>`:                              0,
		`{% if a %}<p>{% else %}<b>{% endif %}`:                       0,
		`{% if a %}<script>{% endif %}{{ x }}`:                        1,
		`{% for a in b %}<p title="{% endfor %}">`:                    1,
		`<p title="{% if a %}b"{% else %}c"{% endif %}>`:              0,
		`{% if a %}<script>{% endif %}{% if a %}</script>{% endif %}`: 2,
	} {
		if f := jinja.Parse("x.html", template, jinja.Options{}); len(f.Mixed) != want {
			t.Errorf("%s: %d, want %d", template, len(f.Mixed), want)
		}
	}
}

// TestInherit: the blocks of a child stand where its parents have them.
func TestInherit(t *testing.T) {
	t.Parallel()
	parse := func(source string) *jinja.Template { return jinja.Parse("x.html", source, jinja.Options{}) }
	base := parse(`<title>{% block title %}{% endblock %}</title><script>{% block script %}{% endblock %}</script>{% block body %}{% endblock %}`)
	middle := parse(`{% extends "base" %}{% block body %}<a href="{% block link %}{% endblock %}">{{ x }}{% endblock %}`)
	child := parse(`{% extends "middle" %}{% block script %}var a = "{{ x }}"{% endblock %}{% block title %}{{ x }}{% endblock %}{% block link %}{{ x }}{% endblock %}{% block own %}{{ x }}{% endblock %}`)
	if got, want := contexts(child), `text; text; text; text`; got != want {
		t.Errorf("alone: got %s, want %s", got, want)
	}
	middle.Inherit(base)
	child.Inherit(middle)
	if got, want := contexts(child), `script string script start "; RCDATA title; double-quoted attribute a href url start; text`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, ok := child.State("title"); !ok {
		t.Error("the child does not know its block")
	}
	if s, ok := middle.State("script"); !ok || s.Context().Kind.String() != "script" {
		t.Error("the middle does not know the block of its parent")
	}
}

// TestInclude: a template that is included goes on where the other one stands.
func TestInclude(t *testing.T) {
	t.Parallel()
	outer := jinja.Parse("x.html", `<script>{% include "inner" %}</script>`, jinja.Options{})
	inner := jinja.Parse("y.html", `var a = "{{ x }}"`, jinja.Options{})
	inner.Enter(outer.Body[1].(*jinja.Include).State)
	if got, want := contexts(inner), `script string script start "`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestImportedMacro: a macro goes on where another template calls it.
func TestImportedMacro(t *testing.T) {
	t.Parallel()
	forms := jinja.Parse("forms.html", `{% macro link(to) %}{{ to }}{% endmacro %}`, jinja.Options{})
	page := jinja.Parse("page.html", `{% from "forms.html" import link %}<a href="{{ link(x) }}">`, jinja.Options{})
	told := 0
	page.States(func(n jinja.Node, s jinja.State) {
		told++
		forms.EnterMacro(forms.Macros[0], s)
	})
	if got, want := contexts(forms), `double-quoted attribute a href url start`; got != want || told != 1 {
		t.Errorf("got %s, want %s; told %d times", got, want, told)
	}
}

// TestByName: what a template makes shows in its name.
func TestByName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.html":    "text",
		"a":         "text",
		"a.html.j2": "text",
		"a.xml":     "text",
		"a.js":      `script string start "`,
		"a.js.j2":   `script string start "`,
		"a.json":    `script JSON start "`,
		"a.css":     `style string start "`,
		"a.txt":     "not HTML",
		"a.YML.J2":  "not HTML",
	} {
		if got := contexts(jinja.Parse(name, `"{{ x }}"`, jinja.Options{})); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestEscaped(t *testing.T) {
	t.Parallel()
	const template = `{{ a }}{% autoescape false %}{{ b }}{% autoescape true %}{{ c }}{% endautoescape %}{{ d }}{% endautoescape %}{{ e }}`
	for _, on := range []bool{true, false} {
		list := outputs(jinja.Parse("x.html", template, jinja.Options{Autoescape: on}))
		for i, want := range []bool{on, false, true, false, on} {
			if list[i].Escaped != want {
				t.Errorf("autoescape %v: output %d: %v", on, i, list[i].Escaped)
			}
		}
	}
}
