package jinja_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/fumehood/fumehood/audit/jinja"
)

// places are templates and where their outputs stand, one after the other.
var places = []struct{ template, want string }{
	// Text.
	{`{{ x }}`, `text`},
	{`<p>{{ x }}</p>`, `text`},
	{`a < {{ x }}`, `text`},
	{`a <3 {{ x }}`, `text`},
	{`<p/>{{ x }}`, `text`},
	{`</ {{ x }}>{{ x }}`, `comment; text`},
	{`</>{{ x }}`, `text`},
	{`<p title="a>b">{{ x }}`, `text`},
	{`<p title='a"b'>{{ x }}`, `text`},
	{`<p title=a"b'c>{{ x }}`, `text`},
	{`<p title="a"b='c'>{{ x }}`, `text`},
	{`<p "a>{{ x }}`, `text`},
	{`<a href="x"/>{{ x }}`, `text`},
	{`<template>{{ x }}</template>`, `text`},
	// Comments.
	{`<!-- {{ x }} -->{{ x }}`, `comment; text`},
	{`<!--[if IE]> {{ x }} <![endif]-->{{ x }}`, `comment; text`},
	{`<!--[if !IE]><!-->{{ x }}<!--<![endif]-->`, `text`},
	{`<!-->{{ x }}`, `text`},
	{`<!--->{{ x }}`, `text`},
	{`<!-- a --!>{{ x }}`, `text`},
	{`<!-- a ---->{{ x }}`, `text`},
	{`<!-- a - -> {{ x }}`, `comment`},
	{`<!-- "-->{{ x }}"`, `text`},
	{`<!DOCTYPE html>{{ x }}`, `text`},
	{`<!DOCTYPE {{ x }}>`, `comment`},
	{`<?xml version="{{ x }}"?>{{ x }}`, `comment; text`},
	{`<![CDATA[ {{ x }} ]]>{{ x }}`, `comment; text`},
	{`<svg><![CDATA[ > {{ x }} ]]>{{ x }}</svg>`, `raw text; text`},
	// Tags.
	{`<{{ x }}>{{ x }}`, `tag name; text`},
	{`</{{ x }}>{{ x }}`, `tag name; text`},
	{`<h{{ x }} id="{{ x }}">`, `tag name h; double-quoted attribute h id start`},
	{`<script{{ x }}>{{ x }}`, `tag name script; script script`},
	{`<p {{ x }}>{{ x }}`, `attribute name p; text`},
	{`<p {{ x }}="{{ y }}">`, `attribute name p; double-quoted attribute p * start`},
	{`<p data-{{ x }}="{{ y }}">`, `attribute name p data-; double-quoted attribute p data-* start`},
	{`<p a="b" {{ x }} c='{{ y }}'>`, `attribute name p; single-quoted attribute p c start`},
	{`<p a="b"{{ x }}>`, `attribute name p`},
	{`<P TITLE="{{ x }}">`, `double-quoted attribute p title start`},
	{`<p =a="{{ x }}">`, `double-quoted attribute p =a start`},
	{`<p a = "{{ x }}">`, `double-quoted attribute p a start`},
	{`<p a/b="{{ x }}">`, `double-quoted attribute p b start`},
	{`<p a= >{{ x }}`, `text`},
	{"<p\n a\n=\n'{{ x }}'\n>", `single-quoted attribute p a start`},
	// Values.
	{`<p title={{ x }}>{{ x }}`, `unquoted attribute p title start; text`},
	{`<p title={{ x }}/{{ y }}>{{ x }}`, `unquoted attribute p title start; unquoted attribute p title; text`},
	{`<p title={{ x }} id={{ y }}>`, `unquoted attribute p title start; unquoted attribute p id start`},
	{`<p title=a{{ x }}>`, `unquoted attribute p title`},
	{`<p title="{{ x }}" id='{{ x }}'>`, `double-quoted attribute p title start; single-quoted attribute p id start`},
	{`<p title="a {{ x }}">`, `double-quoted attribute p title`},
	{`<p title=" {{ x }} {{ y }}">`, `double-quoted attribute p title start; double-quoted attribute p title`},
	// Addresses.
	{`<a href="{{ x }}">`, `double-quoted attribute a href url start`},
	{`<a href={{ x }}>`, `unquoted attribute a href url start`},
	{`<a href="/{{ x }}">`, `double-quoted attribute a href url`},
	{`<a href="{{ x }}{{ y }}">`, `double-quoted attribute a href url start; double-quoted attribute a href url`},
	{"<a href=\"\n\t {{ x }}\">", `double-quoted attribute a href url start`},
	{`<A HREF="{{ x }}">`, `double-quoted attribute a href url start`},
	{`<a href="javascript:f('{{ x }}')">`, `double-quoted attribute a href url start event '`},
	{`<a href="javascript:f({{ x }})">`, `double-quoted attribute a href url event`},
	{`<form action="{{ x }}"><button formaction='{{ x }}'>`, `double-quoted attribute form action url start; single-quoted attribute button formaction url start`},
	{`<img src="{{ x }}" srcset="a 1x, {{ x }} 2x">`, `double-quoted attribute img src url start; double-quoted attribute img srcset url`},
	{`<object data="{{ x }}"><p data="{{ x }}">`, `double-quoted attribute object data url start; double-quoted attribute p data start`},
	{`<video poster="{{ x }}">`, `double-quoted attribute video poster url start`},
	{`<svg><use xlink:href="{{ x }}"/></svg>{{ x }}`, `double-quoted attribute use xlink:href url start; text`},
	{`<meta http-equiv="refresh" content="0;url={{ x }}">`, `double-quoted attribute meta content url start`},
	{`<meta name="description" content="{{ x }}">`, `double-quoted attribute meta content start`},
	{`<p data-href="{{ x }}">`, `double-quoted attribute p data-href start`},
	// Event and style attributes.
	{`<p onclick="f({{ x }})">`, `double-quoted attribute p onclick event`},
	{`<p onclick="f('{{ x }}')">`, `double-quoted attribute p onclick start event '`},
	{`<p onclick='f("a{{ x }}")'>`, `single-quoted attribute p onclick event "`},
	{`<p onclick="f(&quot;{{ x }}&quot;, {{ y }})">`, `double-quoted attribute p onclick start event "; double-quoted attribute p onclick event`},
	{`<p on{{ x }}="{{ y }}">`, `attribute name p on; double-quoted attribute p on* start event`},
	{`<p style="color: {{ x }}">`, `double-quoted attribute p style style`},
	{`<p style="background: url({{ x }})">`, `double-quoted attribute p style url start style`},
	{`<p style="background: url('{{ x }}') {{ y }}">`, `double-quoted attribute p style url start style '; double-quoted attribute p style style`},
	// Elements with text of their own.
	{`<title>{{ x }}</title>{{ x }}`, `RCDATA title; text`},
	{`<textarea><b {{ x }}></textarea>{{ x }}`, `RCDATA textarea; text`},
	{`<textarea></textareas>{{ x }}`, `RCDATA textarea`},
	{`<TITLE>{{ x }}</tItLe >{{ x }}`, `RCDATA title; text`},
	{`<noscript><p {{ x }}></noscript>{{ x }}`, `raw text noscript; text`},
	{`<iframe>{{ x }}</iframe>{{ x }}`, `raw text iframe; text`},
	{`<iframe srcdoc="{{ x }}">`, `double-quoted attribute iframe srcdoc start`},
	{`<plaintext>{{ x }}</plaintext>{{ x }}`, `raw text plaintext; raw text plaintext`},
	{`<svg><title/>{{ x }}</svg>`, `text`},
	{`<title/>{{ x }}`, `RCDATA title`},
	// Scripts.
	{`<script>{{ x }}</script>{{ x }}`, `script script; text`},
	{`<script>var a = {{ x }};</script>`, `script script`},
	{`<script>var a = "{{ x }}" + '{{ y }}' + {{ z }}</script>`, `script string script start "; script string script start '; script script`},
	{`<script>var a = "b{{ x }}"</script>`, `script string script "`},
	{`<script>var a = "b\"{{ x }}"</script>`, `script string script "`},
	{`<script>var a = "b\\" + {{ x }}</script>`, `script script`},
	{"<script>var a = `b${ {{ x }} }{{ y }}`; {{ z }}</script>", "script script; script string script `; script script"},
	{"<script>`${ {a: {b: 1}} }{{ x }}`</script>", "script string script `"},
	{"<script>// don't\n{{ x }}</script>", `script script`},
	{`<script>/* "{{ x }} */ {{ y }}</script>`, `script script note; script script`},
	{`<script>// {{ x }}</script>`, `script script note`},
	{`<script>a = b / c; d = "{{ x }}"</script>`, `script string script start "`},
	{`<script>a.replace(/"/g, {{ x }})</script>`, `script script`},
	{`<script>a = /[/"]/.test({{ x }})</script>`, `script script`},
	{`<script>return /'/.test("{{ x }}")</script>`, `script string script start "`},
	{`<script>a = {{ x }} / 2; b = "{{ y }}" / 2</script>`, `script script; script string script start "`},
	{`<script>var a = "</scripty>{{ x }}"</script>`, `script string script "`},
	{`<script>var a = "</script>{{ x }}`, `text`},
	{"<script>var a = 'broken\nvar b = {{ x }}</script>", `script script`},
	{`<script><!-- "` + "\n" + `{{ x }} //--></script>`, `script script`},
	{`<script src="{{ x }}"></script>{{ x }}`, `double-quoted attribute script src url start; text`},
	{`<script type="module">"{{ x }}"</script>`, `script string script start "`},
	{`<script type="text/javascript">{{ x }}</script>`, `script script`},
	{`<script type="application/json">{"a": "{{ x }}", "b": {{ y }}}</script>`, `script JSON script start "; script JSON script`},
	{`<script type='application/ld+json'>{{ x }}</script>`, `script JSON script`},
	{`<script type=importmap>{{ x }}</script>`, `script JSON script`},
	{`<script type="text/template"><a href="{{ x }}"></script>{{ x }}`, `raw text script; text`},
	{`<script type="{{ x }}">{{ y }}</script>`, `double-quoted attribute script type start; script script`},
	// Styles.
	{`<style>p { color: {{ x }} }</style>{{ x }}`, `style style; text`},
	{`<style>p { content: "{{ x }}" }</style>`, `style string style start "`},
	{`<style>p { background: url({{ x }}) {{ y }} }</style>`, `style style url start; style style`},
	{`<style>p { background: url( "a{{ x }}" ) {{ y }} }</style>`, `style string style url "; style style`},
	{`<style>/* it's {{ x }} */ {{ y }}</style>`, `style style note; style style`},
}

func describe(c jinja.Context) string {
	parts := []string{c.Kind.String()}
	add := func(ok bool, word string) {
		if ok {
			parts = append(parts, word)
		}
	}
	add(c.Tag != "", c.Tag)
	add(c.Attr != "", c.Attr)
	add(c.URL, "url")
	add(c.Start, "start")
	add(c.Event, "event")
	add(c.Style, "style")
	add(c.Note, "note")
	add(c.Quote != 0, string(rune(c.Quote)))
	return strings.Join(parts, " ")
}

func outputs(t *jinja.Template) (list []*jinja.Output) {
	jinja.Walk(t.Body, func(n jinja.Node) bool {
		if o, ok := n.(*jinja.Output); ok {
			list = append(list, o)
		}
		return true
	})
	return list
}

func contexts(t *jinja.Template) string {
	var parts []string
	for _, o := range outputs(t) {
		parts = append(parts, describe(o.Context))
	}
	return strings.Join(parts, "; ")
}

func TestContext(t *testing.T) {
	t.Parallel()
	for _, p := range places {
		f := jinja.Parse("x.html", p.template, jinja.Options{})
		if len(f.Errors) > 0 {
			t.Errorf("%s: %v", p.template, f.Errors)
		}
		if got := contexts(f); got != p.want {
			t.Errorf("%s\n got %s\nwant %s", p.template, got, p.want)
		}
	}
}

// TestContextLikeTokenizer puts a mark in the place of each output and asks another reader of
// HTML where it ended up, as far as that one tells.
func TestContextLikeTokenizer(t *testing.T) {
	t.Parallel()
	for _, p := range places {
		if strings.Contains(p.template, "CDATA") || strings.Contains(p.template, "<svg><title/>") {
			continue // a tokenizer alone does not know what is inside of svg
		}
		if strings.HasPrefix(p.template, "<script{{") {
			continue // what stands there brings a blank, a mark would not
		}
		f := jinja.Parse("x.html", p.template, jinja.Options{})
		page, at := "", 0
		for i, o := range outputs(f) {
			page += p.template[at:o.Start] + fmt.Sprintf("mark%d", i)
			at = int(o.End)
		}
		found := marks(page + p.template[at:])
		for i, o := range outputs(f) {
			if got, want := coarse(o.Context), found[fmt.Sprintf("mark%d", i)]; got != want {
				t.Errorf("%s: output %d: got %s, want %s", p.template, i, got, want)
			}
		}
	}
}

// coarse is what a tokenizer can tell of a context.
func coarse(c jinja.Context) string {
	switch c.Kind {
	case jinja.TextContent:
		return "text"
	case jinja.Comment:
		return "comment"
	case jinja.TagName:
		return "tag"
	case jinja.AttrName:
		return "attribute"
	case jinja.AttrDouble, jinja.AttrSingle, jinja.AttrUnquoted:
		return "value of " + c.Attr
	}
	return "in " + c.Tag
}

// marks tells where the marks of a page are.
func marks(page string) map[string]string {
	found := map[string]string{}
	note := func(text, place string) {
		for i := range 4 {
			if mark := fmt.Sprintf("mark%d", i); strings.Contains(text, mark) {
				found[mark] = place
			}
		}
	}
	z, inside := html.NewTokenizer(strings.NewReader(page)), ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			note(string(z.Raw()), "nowhere") // an open tag at the end
			if strings.HasPrefix(string(z.Raw()), "<") {
				for mark, place := range marks(page + `">`) {
					if found[mark] == "nowhere" || found[mark] == "" {
						found[mark] = place
					}
				}
			}
			return found
		case html.TextToken:
			place := "text"
			if inside != "" {
				place = "in " + inside
			}
			note(string(z.Raw()), place)
			inside = ""
		case html.CommentToken, html.DoctypeToken:
			note(string(z.Raw()), "comment")
		default:
			tag := z.Token()
			note(tag.Data, "tag")
			inside = ""
			switch tag.Data {
			case "script", "style", "title", "textarea", "iframe", "noscript", "plaintext":
				if tag.Type != html.EndTagToken {
					inside = tag.Data
				}
			}
			for _, a := range tag.Attr {
				note(a.Key, "attribute")
				star := strings.NewReplacer("mark0", "*", "mark1", "*").Replace(a.Key)
				note(a.Val, "value of "+star)
			}
		}
	}
}
