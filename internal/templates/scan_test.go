package templates_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/templates"
	"github.com/fumehood/fumehood/internal/testapp"
)

// describe is a piece in one line: place, kind, and what can be done about it.
func describe(t *templates.Template, p templates.Piece) string {
	state := "open: " + p.Why
	switch {
	case p.Hash != "":
		state = "hash"
	case p.Shape != nil:
		state = "shape"
	}
	return strings.TrimSuffix(fmt.Sprintf("%s:%d %s %s", t.Name, p.Line, p.Kind, p.Name), " ") + " " + state
}

func TestTheNotesAppsPieces(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testapp.Root(t), "examples", "notes")
	set, err := templates.Read(templates.Folders{
		Templates: []string{filepath.Join(dir, "templates")}, Static: []string{filepath.Join(dir, "static")},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, one := range set.All() {
		if one.Err != nil {
			t.Errorf("%s: %v", one.Name, one.Err)
		}
		for _, p := range one.Pieces {
			got[describe(one, p)] = true
		}
	}
	for _, want := range []string{
		"base.html:9 script hash", "base.html:32 handler onclick hash", "base.html:42 handler onclick hash",
		"chart.html:4 style hash", "chart.html:15 script shape",
		"edit.html:7 handler oninput hash", "edit.html:9 style-attr style hash",
		"index.html:3 style hash", "index.html:17 handler onchange hash", "index.html:33 handler onsubmit hash",
		"index.html:46 script hash", "login.html:14 handler onclick hash", "login.html:21 script hash",
	} {
		if !got[want] {
			t.Errorf("no %q in\n%s", want, strings.Join(sorted(got), "\n"))
		}
	}
	for line := range got {
		if strings.Contains(line, " open: ") {
			t.Errorf("it holds no data that cannot be compared: %s", line)
		}
	}
	// One page, with what it extends.
	var names []string
	for _, one := range set.Of([]string{"chart.html"}).Templates {
		names = append(names, one.Name)
	}
	if !slices.Equal(names, []string{"chart.html", "base.html"}) {
		t.Errorf("chart.html is made of %q", names)
	}
}

func sorted(set map[string]bool) []string {
	var all []string
	for s := range set {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

func scan(source string) *templates.Template {
	return templates.Scan("page.html", source, templates.Options{})
}

func TestWhatCountsAsWhat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, source string
		want         []string // kind, name, text, state
	}{
		{"a script", `<script>a()</script>`, []string{"script||a()|hash"}},
		{"in capitals", `<SCRIPT TYPE="TEXT/JavaScript">a()</SCRIPT>`, []string{"script||a()|hash"}},
		{"a module", `<script type=module>a()</script>`, []string{"script||a()|hash"}},
		{"an import map", `<script type="importmap">{}</script>`, []string{"script||{}|hash"}},
		{"data", `<script type="application/json">{{ x|tojson }}</script><script type="text/x-template"><b></script>`, nil},
		{"an old language", `<script language="VBScript">a()</script><script language="JavaScript1.2">b()</script>`, []string{"script||b()|hash"}},
		{"a script of a file", `<script src="/static/a.js">ignored()</script>`, nil},
		{"self-closing is not closed", `<script/>a()</script>`, []string{"script||a()|hash"}},
		{"a script in a comment", `<!-- <script>a()</script> -->`, nil},
		{"a script in a template comment", `{# <script>a()</script> #}`, nil},
		{"a script in a textarea", `<textarea><script>a()</script></textarea><title><script>b()</script></title>`, nil},
		{"double escaped", "<script><!--<script>a()</script>--></script>", []string{"script||<!--<script>a()</script>-->|hash"}},
		{"a template comment in a script", "<script>a(){# why #};b()</script>", []string{"script||a();b()|hash"}},
		{"raw", `<script>a("{% raw %}{{ x }}{% endraw %}")</script>`, []string{`script||a("{{ x }}")|hash`}},
		{"whole within if", `{% if x %}<script>a()</script>{% endif %}`, []string{"script||a()|hash"}},
		{"if within", `<script>{% if x %}a(){% endif %}</script>`, []string{"script|| {% if x %} a() {% endif %} |open"}},
		{"a statement in the tag", `<script{% if x %} async{% endif %}>a()</script>`, []string{"script||a()|hash"}},
		{"attributes from data", `<script{{ attrs|xmlattr }}>a()</script>`, []string{"script||a()|hash"}},
		{"a handler", `<b OnClick="a(&quot;x&amp;y&quot;)">`, []string{`handler|onclick|a("x&y")|hash`}},
		{"a handler without quotes", `<b onclick=a()>`, []string{"handler|onclick|a()|hash"}},
		{"a handler after a statement", `<b{% if x %} onclick="a()"{% endif %}>`, []string{"handler|onclick|a()|hash"}},
		{"a handler within a value", `<b title="{% if x %}y{% endif %}" onclick='a("b")'>`, []string{`handler|onclick|a("b")|hash`}},
		{"data in what is no handler", `<b one="{{ x }}" ondream="{{ x }}">`, nil},
		{"a style attribute", `<b style="color: red">`, []string{"style-attr|style|color: red|hash"}},
		{"a style attribute with data", `<b style="width: {{ w }}%">`, []string{"style-attr|style|width: {{ w }}%|open"}},
		{"a javascript URL", `<a href="javascript:a()">`, []string{"javascript-url|href|javascript:a()|hash"}},
		{"a hidden javascript URL", "<a href=\" Java\tScript:a()\">", []string{"javascript-url|href| Java\tScript:a()|open"}},
		{"svg", `<svg><script>a(1 &lt; 2)</script><style>b{}</style></svg><script>c(1 &lt; 2)</script>`,
			[]string{"script||a(1 < 2)|hash", "style||b{}|hash", "script||c(1 &lt; 2)|hash"}},
		{"svg with CDATA", `<svg><style><![CDATA[a>b{}]]></style></svg>`, []string{"style||a>b{}|hash"}},
		{"svg with a tag in a script", `<svg><script>a<b>c</b></script></svg>`, []string{"script||ac|open"}},
		{"an empty script in svg", `<svg><script/></svg><script>a()</script>`, []string{"script||a()|hash"}},
		{"two beginnings of one svg", `{% if x %}<svg>{% else %}<svg class="y">{% endif %}</svg><script>a("&amp;")</script>`,
			[]string{`script||a("&amp;")|hash`}},
		{"HTML in svg", `<svg><foreignObject><script>a("&amp;")</script></foreignObject></svg>`, []string{`script||a("&amp;")|hash`}},
		{"a page in a page", `<iframe srcdoc="<script>a()</script><b onclick='b()'>"></iframe>`,
			[]string{"script||a()|hash", "handler|onclick|b()|hash"}},
		{"a plugin", `<object data="/x.pdf"></object>`, []string{"plugin|object||open"}},
		{"a script of another site, its place unknown", `<script src="https://cdn.example/{{ v }}.js"></script>`,
			[]string{"script-url|src|https://cdn.example/{{ v }}.js|open"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			found := scan(tt.source)
			for _, p := range found.Pieces {
				state := "open"
				if p.Hash != "" {
					state = "hash"
				} else if p.Shape != nil {
					state = "shape"
				}
				got = append(got, fmt.Sprintf("%s|%s|%s|%s", p.Kind, p.Name, p.Text, state))
				if state == "open" && p.Why == "" {
					t.Errorf("no reason is given for %q", p.Text)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q (error %v)", got, tt.want, found.Err)
			}
		})
	}
}

func TestWhereThingsComeFrom(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source string
		want   string // kind static path origin url data
	}{
		{`<script src="{{ url_for('static', filename='a.js') }}">`, "script static"},
		{`<script src="{{ url_for('admin.static', filename='a.js') }}">`, "script"},
		{`<script src="{{ cdn }}">`, "script data"},
		{`<script src="/static/{{ name }}.js?v=1">`, "script /static/"},
		{`<script src="https://CDN.example/lib/a.js?v={{ v }}#x">`, "script https://cdn.example https://cdn.example/lib/a.js"},
		{`<script src="https://cdn.example:8443/lib/{{ v }}/a.js">`, "script https://cdn.example:8443 https://cdn.example:8443/lib/"},
		{`<script src="//cdn.example/a;b,c.js">`, "script https://cdn.example https://cdn.example/a%3Bb%2Cc.js"},
		{`<link rel="alternate stylesheet" href="https://cdn.example/a.css">`, "style https://cdn.example https://cdn.example/a.css"},
		{`<link rel="modulepreload" href="/static/a.js">`, "script /static/a.js"},
		{`<iframe src="https://video.example/embed/{{ id }}">`, "frame https://video.example https://video.example/embed/"},
		{`<iframe src="https://{{ host }}/x">`, "frame data"},
		{`<form action="https://pay.example/now">`, "form https://pay.example https://pay.example/now"},
		{`<script>fetch("https://api.example/v1"); new WebSocket('wss://live.example:8443')</script>`, "connect https://api.example connect wss://live.example:8443"},
		{`<script>x = "http://www.w3.org/2000/svg"; y = "https://www.w3.org/x"; z = "see https://no.example"</script>`, ""},
		{`<script type=module>import a from "https://esm.example/a.js"</script>`, "script https://esm.example https://esm.example/a.js"},
		{`<script type=importmap>{"imports": {"a": "https://esm.example/lib/"}}</script>`, "script https://esm.example https://esm.example/lib/"},
	} {
		var got []string
		for _, l := range scan(tt.source + "</script></iframe></form>").Loads {
			got = append(got, string(l.Kind))
			for _, word := range []string{l.Path, l.Origin, l.URL} {
				if word != "" {
					got = append(got, word)
				}
			}
			if l.Static {
				got = append(got, "static")
			}
			if l.Data {
				got = append(got, "data")
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s\n got %q\nwant %q", tt.source, strings.Join(got, " "), tt.want)
		}
	}
}

func TestWhichTemplatesBelongTogether(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ source, want string }{
		{`{% extends "a.html" %}`, "a.html"},
		{`{%- extends 'a.html' -%}`, "a.html"},
		{`{% extends layout %}`, "any"},
		{`{% extends "a.html" if x == "y" else "b.html" %}`, "a.html? b.html?"},
		{`{% include "a.html" ignore missing without context %}`, "a.html?"},
		{`{% include ["a.html", 'b.html'] %}`, "a.html? b.html?"},
		{`{% include "a" ~ x %}`, "any"},
		{"{% include\n  \"a.html\" %}", "a.html"},
		{`{% import "m.html" as m %}{% from 'n.html' import x, y as z with context %}`, "m.html n.html"},
		{`{% from x import y %}`, "any"},
		{`{# {% extends "a.html" %} #}{% raw %}{% extends "b.html" %}{% endraw %}`, ""},
		{`{% set include = "x" %}{{ extends }}`, ""},
	} {
		found := scan(tt.source)
		var got []string
		for _, u := range found.Uses {
			if u.Optional {
				u.Name += "?"
			}
			got = append(got, u.Name)
		}
		if found.UsesAny {
			got = append(got, "any")
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s uses %q, want %q", tt.source, got, tt.want)
		}
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	var set templates.Set
	for name, source := range map[string]string{
		"base.html": "<script>base()</script>", "page.html": `{% extends "base.html" %}{% include "gone.html" ignore missing %}`,
		"dynamic.html": `{% include part %}`, "lost.html": `{% extends "other-loader.html" %}`, "broken.html": "{{",
	} {
		set.Add(templates.Scan(name, source, templates.Options{}))
	}
	for _, tt := range []struct {
		names   []string
		count   int
		all     bool
		missing string
	}{
		{nil, 5, true, ""}, {[]string{""}, 5, true, ""}, {[]string{}, 0, false, ""},
		{[]string{"page.html"}, 2, false, ""}, {[]string{"dynamic.html"}, 5, true, ""},
		{[]string{"lost.html"}, 1, false, "other-loader.html"}, {[]string{"broken.html"}, 0, false, "broken.html"},
		{[]string{"page.html", "base.html", "page.html"}, 2, false, ""}, {[]string{"never.html"}, 0, false, "never.html"},
	} {
		got := set.Of(tt.names)
		if len(got.Templates) != tt.count || got.All != tt.all || strings.Join(got.Missing, " ") != tt.missing {
			t.Errorf("%q: %d templates, all %t, missing %q; want %d, %t, %q", tt.names,
				len(got.Templates), got.All, got.Missing, tt.count, tt.all, tt.missing)
		}
	}
}
