package active_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/internal/active"
	"github.com/fumehood/fumehood/test/browser"
)

// places are the places of careless pages, with %s for the value.
var places = []string{
	`<p>%s</p><p title="a" class='b'>c</p>`, `<p title="%s">x</p>`, `<p title='%s'>x</p>`, `<input value=%s>`, `<p %s>x</p>`, `<a href="%s">x</a>`, `<a href='%s'>x</a>`,
	`<a href="/x?y=%s">x</a>`, `<p style="%s">x</p>`, `<iframe src="%s"></iframe>`, `<iframe srcdoc="%s"></iframe>`, `<p onclick="f('%s')">x</p>`, `<p onclick='f("%s")'>x</p>`,
	`<p onclick="f(%s)">x</p>`, `<script>var a = "%s";</script>`, `<script>var a = '%s';</script>`, "<script>var a = `%s`;</script>", `<script>var a = %s;</script>`,
	"<script>var q = \"it's\"; /* it's */ var a = b / c; // it's\nvar d = '%s';</script>", "<script>/* %s */</script>", "<script>// %s\n</script>", "<script>var r = /[/'\"]/g, a = '%s';</script>",
	"<script>var a = `${'%s'}`;</script>", `<script>var a = [{"b": "%s"}];</script>`, `<script>f("%s", 'b')</script>`, `<!-- %s -->`, `<title>%s</title>`, `<textarea>%s</textarea>`,
	`<style>%s</style>`, `<noscript>%s</noscript>`, `<svg><title>%s</title></svg>`, `<svg><style>%s</style></svg>`, `<math><mtext>%s</mtext></math>`, `<xmp>%s</xmp>`, `<table>%s</table>`, `<select><option>%s</select>`,
	`<script><!-- <script> "%s" --></script>`, `<button name=b value="%s" type='x'>y</button>`, `<template>%s</template>`, `<%s>`,
}

// prelude notes a call of run or alert; harness shows the pages, some at a time, and does to
// each element what people do.
const (
	prelude = `<!doctype html><script>var b, c, d, q; function f() {} function run() { parent.ran(%d) } alert = prompt = confirm = run; onerror = () => true</script>` +
		`<link rel=icon href="data:,">`
	harness = `(docs => {
	window.ranOnes = {}; window.ran = n => { window.ranOnes[n] = true };
	let next = 0, open = 0;
	const events = ["click", "mouseover", "mouseenter", "mousemove", "focus", "toggle", "pointerover"];
	const show = () => {
		while (open < 60 && next < docs.length) {
			const frame = document.createElement("iframe");
			open++;
			const done = () => {
				let inner = [];
				try { inner = [...frame.contentDocument.querySelectorAll("*")].slice(0, 60) } catch {}
				for (const e of inner) for (const name of events) { try { e.dispatchEvent(new frame.contentWindow.MouseEvent(name, {cancelable: true})) } catch {} }
				setTimeout(() => { frame.remove(); open--; show() }, 200);
			};
			frame.sandbox = "allow-scripts allow-same-origin allow-forms"; // no dialogs
			const late = setTimeout(done, 3000); // what it loads may be nowhere
			frame.onload = () => { frame.onload = null; clearTimeout(late); setTimeout(done, 100) };
			frame.srcdoc = docs[next++];
			document.body.append(frame);
		}
		if (!open) window.finished = true;
	};
	show();
})`
)

// run shows the documents to the browser and returns the numbers of those in which a script
// ran that is not theirs.
func run(t *testing.T, docs []string) map[string]bool {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>a</title><link rel=icon href="data:,"><body>`)
	}))
	t.Cleanup(server.Close)
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	browser.Do(t, ctx, chromedp.Navigate(server.URL+"/"))
	list, err := json.Marshal(docs)
	if err != nil {
		t.Fatal(err)
	}
	browser.Get(t, ctx, chromedp.Evaluate[bool](harness+"("+string(list)+"), true"))
	t.Logf("%d pages", len(docs))
	for !browser.Get(t, ctx, chromedp.Evaluate[bool]("new Promise(done => setTimeout(() => done(!!window.finished), 100))", chromedp.EvalAwaitPromise)) {
	}
	return browser.Get(t, ctx, chromedp.Evaluate[map[string]bool]("window.ranOnes"))
}

// TestBrowserAgrees puts strings into every place of a page. Where the browser runs something,
// Page, Could and HTML must say so; where only they say so is shown.
func TestBrowserAgrees(t *testing.T) {
	t.Parallel()
	browser.Needed(t)
	type shown struct {
		place, value, why string
		says              bool
	}
	var docs []string
	var cases []shown
	random := rand.New(rand.NewPCG(5, 5))
	add := func(value string, one, other int) { // one of so many, where we say yes or no
		for _, place := range places {
			var p active.Page
			before, _, _ := strings.Cut(place, "%s")
			p.Read([]byte(before))
			why, says := p.Runs(value)
			if n := map[bool]int{true: one, false: other}[says]; random.IntN(n) == 0 {
				cases = append(cases, shown{place, value, why, says})
				docs = append(docs, fmt.Sprintf(prelude, len(docs))+strings.Replace(place, "%s", value, 1))
			}
		}
	}
	for _, value := range harmless {
		add(value, 1, 400)
	}
	for _, place := range slices.Sorted(maps.Keys(attacks)) {
		for _, value := range attacks[place] {
			add(value, 7, 120)
		}
	}
	for range 40 {
		add(randomValue(random), 20, 60)
	}
	results := run(t, docs)
	ran, extra := 0, map[string]int{}
	for i, c := range cases {
		runs := results[fmt.Sprint(i)]
		if runs {
			ran++
		} else if c.says {
			extra[c.place]++
		}
		if runs && !c.says {
			t.Errorf("%s with %q runs; Page says no (%s)", c.place, c.value, c.why)
		}
		if runs && !active.Could(c.value) {
			t.Errorf("%s with %q runs; Could says no", c.place, c.value)
		}
		if _, html := active.HTML(c.value); runs && !html && strings.Contains(c.value, "alert") {
			t.Errorf("%s with %q runs; HTML says no", c.place, c.value)
		}
	}
	t.Logf("%d of %d ran", ran, len(cases))
	for place, n := range extra {
		t.Logf("%3d only we take for active in %s", n, place)
	}
	if ran < 40 {
		t.Errorf("only %d ran: the test shows nothing", ran)
	}
}

// randomValue puts fragments together that mean something to browsers.
func randomValue(random *rand.Rand) string {
	fragments := []string{
		"<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<script>alert(1)</script>", "</script>", "<p ", "<p>", "</p>", ">", "/>", "\"", "'", "`", " ", "\n", "/", "=", "x", "onerror=", "onload=alert(1)",
		"onfocus=alert(1) autofocus", "<!--", "-->", "<title>", "</title>", "</textarea>", "</style>", "<style>", "<a href=", "javascript:alert(1)", "alert(1)", ";", "//", "/*", "*/", "-", "+", "(", ")", "{", "}", "[", "]", "\\",
		"${", "&quot;", "&#39;", "&lt;", "1", "a", ",", "<", "</", "<input ", "title=", "src=x", "\t", "&#x09;", "<svg>", "</svg>", "<math>", "<![CDATA[", "]]>", "<noscript>", "</noscript>", "<template>", "var x=", "if(1)", "=>", "?", ":",
	}
	out := ""
	for range random.IntN(7) + 1 {
		out += fragments[random.IntN(len(fragments))]
	}
	return out
}
