package csp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/csp"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

const (
	oldType = "application/csp-report"
	newType = "application/reports+json"
)

// The examples are those of CSP level 2 (section 4.4) and level 3 (section 5.3), and what
// Chromium and Firefox send.
const oldReport = `{"csp-report": {"document-uri": "http://shop.example/page?token=s3cret#x", "referrer": "http://evil.example/",
	"violated-directive": "script-src-elem", "effective-directive": "script-src-elem", "original-policy": "default-src 'none'",
	"disposition": "enforce", "blocked-uri": "inline", "line-number": 17, "column-number": 3, "source-file": "http://shop.example/page?token=s3cret",
	"status-code": 200, "script-sample": "alert(1)"}}`

const newReport = `[{"age": 1, "type": "csp-violation", "url": "http://shop.example/page?token=s3cret", "user_agent": "x", "body": {
	"documentURL": "http://shop.example/page?token=s3cret", "blockedURL": "https://cdn.example/lib/x.js?key=s3cret", "effectiveDirective": "script-src-elem",
	"originalPolicy": "default-src 'none'", "sourceFile": "http://shop.example/static/a.js?v=1", "sample": "", "disposition": "report", "statusCode": 200, "lineNumber": 3}},
	{"type": "deprecation", "url": "http://shop.example/", "body": {}}]`

func receiver(t testing.TB) (http.Handler, *csp.Reports) {
	reports := csp.NewReports()
	return newGuard(t, csp.Config{}, csp.Site{Reports: reports}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("a report reached the app")
	})), reports
}

func post(h http.Handler, kind, body string) int {
	r := httptest.NewRequest("POST", "http://shop.example"+csp.Path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Body.Len() > 0 {
		return -1
	}
	return w.Code
}

func TestReportsAreGrouped(t *testing.T) {
	t.Parallel()
	h, reports := receiver(t)
	for range 3 {
		post(h, oldType+"; charset=utf-8", oldReport)
	}
	post(h, newType, newReport)
	got := reports.Snapshot()
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if g := got[0]; g.Count != 3 || g.What != (csp.What{Directive: "script-src-elem", Blocked: "inline", Page: "/page", Enforced: true}) ||
		g.Sample != "alert(1)" || g.Line != 17 || g.First.IsZero() || g.Last.Before(g.First) {
		t.Errorf("%+v", g)
	}
	if g := got[1]; g.What != (csp.What{Directive: "script-src-elem", Blocked: "https://cdn.example", Page: "/page", Source: "http://shop.example/static/a.js"}) {
		t.Errorf("%+v", g)
	}
	if data, err := json.Marshal(got); err != nil || strings.Contains(string(data), "s3cret") {
		t.Errorf("what stood in a query is kept: %s %v", data, err)
	}
}

func TestAttackReports(t *testing.T) {
	t.Parallel()
	replace := func(old, new string) string { return strings.Replace(oldReport, old, new, 1) }
	for _, tt := range []struct{ name, kind, body string }{
		{"nothing", oldType, ""}, {"no JSON", oldType, "{"}, {"two values", oldType, oldReport + "x"}, {"a number", oldType, "1"}, {"null", newType, "null"},
		{"the wrong type", "text/plain", oldReport}, {"no type", "", oldReport}, {"JSON", "application/json", oldReport}, {"the other format", newType, oldReport},
		{"too large", oldType, replace(`"alert(1)"`, `"`+strings.Repeat("a", 64<<10)+`"`)},
		{"too deep", oldType, `{"csp-report": ` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "}"},
		{"another host", oldType, replace("http://shop.example/page?token=s3cret#x", "http://evil.example/page")},
		{"a look-alike", oldType, replace("http://shop.example/page?token=s3cret#x", "http://shop.example.evil.example/page")},
		{"the host as user", oldType, replace("http://shop.example/page?token=s3cret#x", "http://shop.example@evil.example/")},
		{"no document", oldType, replace("http://shop.example/page?token=s3cret#x", "about:srcdoc")},
		{"an unknown directive", oldType, replace(`"effective-directive": "script-src-elem"`, `"effective-directive": "\u001b[2J"`)},
		{"an extension's script", oldType, replace("http://shop.example/page?token=s3cret\"", "chrome-extension://abc/x.js\"")},
		{"an extension's blob", oldType, replace(`"inline"`, `"blob:moz-extension://abc/1"`)},
		{"Safari's extension", oldType, replace(`"inline"`, `"safari-web-extension://abc"`)},
		{"Safari's mask", oldType, replace(`"inline"`, `"webkit-masked-url://hidden/"`)},
		{"about", oldType, replace(`"inline"`, `"about"`)},
	} {
		h, reports := receiver(t)
		if status := post(h, tt.kind, tt.body); status != 204 {
			t.Errorf("%s: %d", tt.name, status)
		}
		if got := reports.Snapshot(); len(got) != 0 {
			t.Errorf("%s is kept: %+v", tt.name, got)
		}
	}
	h, reports := receiver(t)
	if got := post(h, oldType, oldReport); got != 204 || len(reports.Snapshot()) != 1 {
		t.Error("a good report is not kept")
	}
	for _, method := range []string{"GET", "PUT", "OPTIONS", "HEAD"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, csp.Path, nil))
		if w.Code != 405 || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	h, reports = receiver(t)
	post(h, oldType, replace("alert(1)", `\u001b[2J\r\nforged\u202e line `+strings.Repeat("é", 100)))
	if s := reports.Snapshot()[0].Sample; strings.ContainsAny(s, "\x1b\r\n\u202e") || len([]rune(s)) > 40 {
		t.Errorf("sample %q", s)
	}
}

func TestAttackReportFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, reports := receiver(t)
		send := func(n int) {
			post(h, oldType, strings.Replace(oldReport, "/page?", fmt.Sprintf("/page%d?", n), 1))
		}
		for n := range 1000 {
			send(n)
		}
		if got := len(reports.Snapshot()); got != 100 {
			t.Errorf("%d groups within a second, want 100", got)
		}
		for n := range 1000 {
			if n%50 == 0 {
				time.Sleep(time.Second)
			}
			send(n)
		}
		got := reports.Snapshot()
		if len(got) != 500 {
			t.Errorf("%d groups, want 500", len(got))
		}
		for _, g := range got {
			var n int
			if fmt.Sscanf(g.Page, "/page%d", &n); n < 500 {
				t.Fatalf("%s was seen longest ago and is kept", g.Page)
			}
		}
	})
}

func TestReportsAreKeptInAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "reports.json")
	if got, err := csp.ReadReports(path); got != nil || err != nil {
		t.Errorf("no file: %v %v", got, err)
	}
	h, reports := receiver(t)
	post(h, oldType, oldReport)
	if err := reports.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	got, err := csp.ReadReports(path)
	if err != nil || len(got) != 1 || got[0] != reports.Snapshot()[0] {
		t.Errorf("%+v %v", got, err)
	}
	again := csp.NewReports()
	again.Restore(got)
	if s := again.Snapshot(); len(s) != 1 || s[0] != got[0] {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := csp.ReadReports(path); err == nil {
		t.Error("a broken file is no error")
	}
	var none *csp.Reports
	if none.Snapshot() != nil {
		t.Error("nil has reports")
	}
}

// TestChromiumReports: what a browser really sends is understood and explained.
func TestChromiumReports(t *testing.T) {
	t.Parallel()
	reports := csp.NewReports()
	guard := victimGuard(t, csp.Config{}, reports)
	site := httptest.NewServer(made(guard.Handler(victim("")), "page.html"))
	t.Cleanup(site.Close)
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	visit := func(x string) {
		browser.Do(t, ctx, chromedp.Navigate(site.URL+"/page?user=1%3Binjected()&x="+strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20").Replace(x)))
	}
	// A group keeps the sample of its first report, and a page's reports come in any order.
	visit("")
	testapp.Eventually(t, "the template's script is reported", func() bool { return len(reports.Snapshot()) > 0 })
	for _, x := range []string{"<script>injected()</script>", "<img src=data:, onerror=injected()>", "<script src=/upload/x.js></script>",
		"<script>eval(1)</script>", "<img src=data:,><style>p{}</style>", "<object data=/upload/x.svg></object>"} {
		visit(x)
	}
	want := map[string]string{
		"script-src-elem inline": "line 3", "script-src-attr inline": "An event handler", "script-src-elem " + site.URL: "script_sources",
		"style-src-elem inline": "A style", "object-src " + site.URL: "<object>",
	}
	testapp.Eventually(t, "the browser's reports arrive", func() bool { return len(reports.Snapshot()) >= len(want) })
	set := setOf("page.html", victimPage)
	for _, g := range reports.Snapshot() {
		e := csp.Explain(g, set)
		if part, ok := want[g.Directive+" "+g.Blocked]; !ok || !g.Enforced || g.Page != "/page" || !strings.Contains(e.Why+e.Policy, part) {
			t.Errorf("%+v\n%+v", g, e)
		}
	}
}

func TestExplanations(t *testing.T) {
	t.Parallel()
	set := setOf("a.html", "<script>\n  var user = {{ user|tojson }};</script><script>{% if x %}{% endif %}</script>")
	for _, tt := range []struct {
		what          csp.What
		sample        string
		why, fix, pol string
	}{
		{csp.What{Directive: "script-src-elem", Blocked: "inline"}, "alert(document.cookie)", "no template holds", "static file", ""},
		{csp.What{Directive: "script-src-elem", Blocked: "inline"}, "var user = 1;alert(1)", "a.html, line 1", "application/json", "dangerously_allow_inline"},
		{csp.What{Directive: "script-src-attr", Blocked: "inline"}, "", "event handler", "", ""},
		{csp.What{Directive: "script-src", Blocked: "eval"}, "", "eval", "JSON.parse", "dangerously_allow_unsafe_eval"},
		{csp.What{Directive: "script-src-elem", Blocked: "https://cdn.example"}, "", "https://cdn.example", "", "script_sources"},
		{csp.What{Directive: "script-src-elem", Blocked: "data"}, "", "data URL", "", ""},
		{csp.What{Directive: "style-src-attr", Blocked: "inline"}, "", "A style", "class", ""},
		{csp.What{Directive: "style-src-elem", Blocked: "https://cdn.example"}, "", "style sheet", "", "style_sources"},
		{csp.What{Directive: "connect-src", Blocked: "https://api.example"}, "", "https://api.example", "", `csp.connect_sources = ["https://api.example"]`},
		{csp.What{Directive: "form-action", Blocked: "https://login.example"}, "", "led on", "", "form_actions"},
		{csp.What{Directive: "frame-ancestors", Blocked: "https://evil.example"}, "", "frame", "", "frame_ancestors"},
		{csp.What{Directive: "require-trusted-types-for", Blocked: "trusted-types-sink"}, "", "markup", "textContent", ""},
		{csp.What{Directive: "base-uri", Blocked: "https://evil.example"}, "", "<base>", "injection", ""},
		{csp.What{Directive: "object-src", Blocked: "https://evil.example"}, "", "<object>", "iframe", ""},
		{csp.What{Directive: "media-src", Blocked: "https://evil.example"}, "", "media-src", "", ""},
	} {
		tt.what.Page = "/p"
		e := csp.Explain(csp.Group{What: tt.what, Sample: tt.sample}, set)
		if !strings.Contains(e.Why, tt.why) || !strings.Contains(e.Fix, tt.fix) || !strings.Contains(e.Policy, tt.pol) ||
			!strings.Contains(e.Why, "/p") || !strings.HasSuffix(e.Why, ".") || !strings.Contains(e.Why, "would be") || (tt.pol == "") != (e.Policy == "") {
			t.Errorf("%+v:\n%+v", tt.what, e)
		}
	}
}

func FuzzReports(f *testing.F) {
	f.Add(oldType, oldReport)
	f.Add(newType, newReport)
	f.Add(newType, `[{"type": "csp-violation", "body": {"lineNumber": "x", "documentURL": 1}}]`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		h, reports := receiver(t)
		if status := post(h, kind, body); status != 204 {
			t.Errorf("status %d", status)
		}
		for _, g := range reports.Snapshot() {
			if strings.ContainsAny(g.Directive+g.Blocked+g.Page+g.Source+g.Sample, "\r\n\x1b\x00?#") && !strings.ContainsAny(g.Sample, "?#") {
				t.Errorf("%+v", g)
			}
			csp.Explain(g, nil)
		}
	})
}
