package csp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/templates"
	"github.com/fumehood/fumehood/test/browser"
)

func newGuard(t testing.TB, cfg csp.Config, site csp.Site) *csp.Guard {
	t.Helper()
	g, err := csp.New(cfg, site)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// setOf makes a set of templates: name and source in turn.
func setOf(pairs ...string) *templates.Set {
	set := &templates.Set{}
	for i := 0; i < len(pairs); i += 2 {
		set.Add(templates.Scan(pairs[i], pairs[i+1], templates.Options{}))
	}
	return set
}

// made says which templates the answers of next are made of.
func made(next http.Handler, names ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &fumehood.Exchange{Scheme: "http", Templates: names}
		next.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
	})
}

const head = "<!doctype html><link rel=icon href=data:,>"

// nasty are pieces whose hash is easily got wrong. Each adds its name to what ran.
var nasty = []struct{ name, markup string }{
	{"newline", "<script>\n  // leading newline, trailing spaces  \n  ran.push('newline');\n</script>"},
	{"crlf", "<script>\r\nran.push('crlf');\r\n</script>"},
	{"cr", "<script>\rran.push('cr');\r</script>"},
	{"capitals", `<SCRIPT TYPE=" Text/JavaScript ">ran.push("capitals")</SCRIPT >`},
	{"unicode", "<script>ran.push('über 🍮 \u2028' && 'unicode')</script>"},
	{"entities", `<script>ran.push("&amp;&lt;".length == 9 && "entities")</script>`},
	{"double", "<script><!--\nran.push('double'); var x = '<script>', y = '</script>';\n//--></script>"},
	{"backticks", "<script>ran.push(`back\n</b>tick`.length == 13 && `backticks`)</script>"},
	{"self-closing", `<script/>ran.push("self-closing")</script>`},
	{"module", `<script type=module>ran.push("module")</script>`},
	{"language", `<script language="JavaScript1.2">ran.push("language")</script>`},
	{"map", `<script type=importmap>{"imports": {"m": "/static/m.js"}}</script><script type=module>import "m"; ran.push("map")</script>`},
	{"svg", `<svg><script>ran.push(1 &lt; 2 &amp;&amp; "svg")</script></svg>`},
	{"cdata", `<svg><script><![CDATA[ran.push(1 < 2 && "cdata")]]></script><script/></svg>`},
	{"foreign", `<svg><title>t</title><foreignObject><script>ran.push("&amp;".length == 5 && "foreign")</script></foreignObject></svg>`},
	{"h-entities", `<b onclick="ran.push(&quot;&#39;&lt&#x27;&quot;.length == 3 &amp;&amp; 'h-entities')">x</b>`},
	{"h-crlf", "<b onclick='\r\n  ran.push(\"h-crlf\")\r'>x</b>"},
	{"h-bare", "<b OnClick=ran.push(`h-bare`)>x</b>"},
	{"h-unicode", `<b onclick="ran.push('über 🍮 &uuml;&copy' && 'h-unicode')">x</b>`},
	{"h-ambiguous", `<b onclick="ran.push('&notit; &ampx &amp=' && 'h-ambiguous')">x</b>`},
	{"h-raw", `<b onclick="ran.push('{% raw %}{{ x }}{% endraw %}' && 'h-raw')">x</b>`},
	{"url", `<a href="javascript:void ran.push('url')">x</a>`},
	{"url-entities", `<a href='javascript:void ran.push("&apos;<b>" && "url-entities")'>x</a>`},
	{"srcdoc", `<iframe srcdoc="<script>parent.ran.push('srcdoc')</script>"></iframe>`},
	{"srcdoc-h", `<iframe srcdoc="<b id=z onclick='parent.ran.push(&amp;quot;srcdoc-h&amp;quot;)'>x</b><script>z.click()</script>"></iframe>`},
	{"", "<style>\r\n#s { font-size: 21px }\n</style>"},
	{"", `<svg><style>#s { color: rgb(1, 2, 3) } <![CDATA[ a > b {} ]]> &lt;</style></svg>`},
	{"", `<p id=s style="width: 77px; background: url(&quot;data:,&quot;)">s</p>`},
}

// nastyPage is the template of a page with all of nasty, and the page as Jinja sends it.
func nastyPage() (template, page string) {
	template = head + "<script>var ran = [];</script>"
	for _, n := range nasty {
		template += n.markup + "\n"
	}
	page = strings.NewReplacer("{% raw %}", "", "{% endraw %}", "", "\r\n", "\n", "\r", "\n").Replace(template)
	return template, page
}

func TestChromiumRunsWhatTheTemplatesHold(t *testing.T) {
	t.Parallel()
	template, page := nastyPage()
	set := setOf("page.html", template)
	for _, p := range set.All()[0].Pieces {
		if p.Hash == "" {
			t.Fatalf("no hash for %q: %s", p.Text, p.Why)
		}
	}
	guard := newGuard(t, csp.Config{TrustedTypes: "off"}, csp.Site{Templates: set})
	site := httptest.NewServer(made(guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.Header().Set("Content-Type", "text/javascript")
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(page))
	})), "page.html"))
	t.Cleanup(site.Close)

	ctx := browser.Open(t, browser.Options{}) // a violation is an error on the console
	browser.Do(t, ctx, chromedp.Navigate(site.URL))
	var want []string
	for _, n := range nasty {
		if n.name != "" {
			want = append(want, n.name)
		}
	}
	ran := browser.Get(t, ctx, chromedp.Evaluate[[]string](fmt.Sprintf(`new Promise(done => {
		document.querySelectorAll("b, a").forEach(e => e.click());
		const end = Date.now() + 5000;
		const look = () => ran.length >= %d || Date.now() > end ? done(ran.map(String)) : setTimeout(look, 10);
		look();
	})`, len(want)), chromedp.EvalAwaitPromise))
	for _, name := range want {
		if !slices.Contains(ran, name) {
			t.Errorf("%s did not run", name)
		}
	}
	if style := browser.Get(t, ctx, chromedp.Evaluate[string](
		`(c => [c.color, c.fontSize, c.width].join())(getComputedStyle(document.getElementById("s")))`)); style != "rgb(1, 2, 3),21px,77px" {
		t.Errorf("styles: %s", style)
	}
}
