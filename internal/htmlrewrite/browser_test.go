package htmlrewrite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/internal/htmlrewrite"
	"github.com/fumehood/fumehood/test/browser"
)

// compare is what the browser does with pairs of documents, before and after: it parses
// both, takes the insertions out of the second, and compares the trees. It returns what is
// wrong. Each field must belong to a form that the browser would send to this site.
const compare = `(pairs => {
	const formatting = "a b big code em font i nobr s small strike strong tt u".split(" ");
	const flat = root => {
		let out = "";
		const walk = node => {
			for (const n of node.childNodes) {
				if (n.nodeType == 1 && n.getAttribute("name") == "marker") { markers.push(n); continue; }
				const plain = n.nodeType == 1 && n.namespaceURI.endsWith("xhtml") && formatting.includes(n.localName);
				if (n.nodeType != 1) { out += n.nodeType == 3 ? n.data : "\n" + n.nodeType + n.nodeName + (n.data || ""); continue; }
				if (!plain) out += "\n" + n.namespaceURI + " " + n.nodeName + [...n.attributes].map(a => a.name + "=" + a.value) + "{";
				walk(n.localName == "template" && n.content || n);
				if (!plain) out += "}";
			}
		};
		let markers = [];
		walk(root);
		return [out, markers];
	};
	const wrong = [];
	for (const [before, after, inserted] of pairs) {
		const parse = s => new DOMParser().parseFromString(s, "text/html");
		const [was] = flat(parse(before)), [is, markers] = flat(parse(after));
		if (was != is) wrong.push("the tree changed: " + JSON.stringify(after) + "\nwas " + was + "\nis " + is);
		if (markers.length != inserted) wrong.push(markers.length + " of " + inserted + " are elements: " + JSON.stringify(after));
		for (const field of markers) {
			const form = field.form;
			if (!form) continue;
			const url = new URL(form.getAttribute("action") || "", location);
			if (form.method != "post" || url.origin != location.origin) wrong.push("a form to " + url + " has a token: " + JSON.stringify(after));
		}
	}
	return wrong;
})`

// blank opens a page of a site on localhost and returns the options for its documents.
func blank(t *testing.T) (ctx context.Context, o htmlrewrite.Options) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>a</title><link rel=icon href="data:,">`)
	}))
	t.Cleanup(server.Close)
	opened := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	browser.Do(t, opened, chromedp.Navigate(server.URL+"/a/b"))
	o = site(true)
	o.Scheme, o.Host = "http", strings.TrimPrefix(server.URL, "http://")
	return opened, o
}

func TestTreesInTheBrowser(t *testing.T) {
	t.Parallel()
	ctx, o := blank(t)
	random := rand.New(rand.NewPCG(11, 1))
	var pairs [][3]any
	const post = "<form method=post>x"
	docs := []string{ // scripts that hide their end, which x/net/html reads in another way
		"<p><script><!-- < <script></script>" + post + "</script>" + post, "<p><script><!--<script></script></script>" + post,
		"<p><script><!--<script>--></script>" + post, "<p><script><!--></script>" + post, "<p><script><!--<scriptx></script>" + post,
		"<p><script><!-- <script </script> --></script>" + post, "<p><script><!--<script></scriptx></script></script>" + post,
	}
	for range 4000 {
		docs = append(docs, randomDocument(random))
	}
	inserted := 0
	for _, doc := range docs {
		after := rewrite(t, o, doc)
		n := strings.Count(after, headText) + strings.Count(after, formText)
		inserted += n
		pairs = append(pairs, [3]any{doc, after, n})
	}
	if inserted < 3000 {
		t.Errorf("only %d insertions: the test shows nothing", inserted)
	}
	data, err := json.Marshal(pairs)
	if err != nil {
		t.Fatal(err)
	}
	for i, wrong := range browser.Get(t, ctx, chromedp.Evaluate[[]string](compare+"("+string(data)+")")) {
		if t.Error(wrong); i == 3 {
			break
		}
	}
}

// What leadsHere takes for this site, the browser's own URL parser must take for it, too.
func TestAddressesInTheBrowser(t *testing.T) {
	t.Parallel()
	ctx, o := blank(t)
	random := rand.New(rand.NewPCG(5, 5))
	parts := []string{
		"http:", "https:", "HTTP:", "javascript:", "data:", "h", ":", "/", "//", "\\", "\\\\", "/\\", "\t", "\n", "\r", " ", "\x00", "\x01", "\x7f", "\u00a0", "\ufeff",
		"@", "#", "?", "%2f", "%5c", ".", "..", "evil.example", o.Host, strings.ToUpper(o.Host), ":80", ":", "x", "é", "。", "&", ";", "[", "]", "a:b", "\u200b", "%00",
	}
	addresses := []string{"", "/", "x", "?x", "#x", "..//evil.example", ".//evil.example", "http://" + o.Host, "http:x", "http:/x", "http:\\\\evil.example"}
	for range 6000 {
		address := ""
		for range random.IntN(5) + 1 {
			address += parts[random.IntN(len(parts))]
		}
		addresses = append(addresses, address)
	}
	data, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	script := `(list => list.map(s => { try { return new URL(s, location).origin == location.origin } catch { return false } }))(` + string(data) + `)`
	here := browser.Get(t, ctx, chromedp.Evaluate[[]bool](script))
	for i, address := range addresses {
		quoted := strings.NewReplacer("&", "&amp;", `"`, "&quot;", "\x00", "").Replace(address)
		got := strings.Contains(rewrite(t, o, `<p><form method=post action="`+quoted+`">`), formText)
		if got && !here[i] && !strings.Contains(address, "\x00") {
			t.Errorf("%q is of another site, and got a token", address)
		}
	}
	for _, usual := range []string{
		"", " ", "/", "/a/b?c=d:e#f", "a", "./a", "../a?x=//evil.example", "?x", "#x", "/a//b", "http://" + o.Host, " HTTP://" + o.Host + "/a ", "/\té",
	} {
		if !strings.Contains(rewrite(t, o, `<p><form method=post action="`+usual+`">`), formText) {
			t.Errorf("%q is of this site, and got no token", usual)
		}
	}
}
