package reflected_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/reflected"
	"github.com/fumehood/fumehood/test/browser"
)

// TestAttackInTheBrowser opens links that carry a script, which a careless Flask app shows.
func TestAttackInTheBrowser(t *testing.T) {
	t.Parallel()
	browser.Needed(t)
	app := browser.Flask(t, careless)
	serve := func(h http.Handler) string {
		each := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				http.NotFound(w, r) // what the pages ask for besides
				return
			}
			seen(&fumehood.Exchange{}, h).ServeHTTP(w, r)
		})
		server := httptest.NewServer(each)
		t.Cleanup(server.Close)
		return server.URL
	}
	bare, guarded := serve(app), serve(newGuard(t, reflected.Config{}).Handler(app))
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	owned := func(at, path, q string) bool {
		_ = chromedp.Do(ctx, chromedp.Navigate(at+path+"?q="+url.QueryEscape(q))) // a page that was cut is an error, and is shown
		browser.Get(t, ctx, chromedp.Evaluate[bool](`(() => { for (const e of document.querySelectorAll("p, a, input")) {
			e.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true})); e.focus() } return true })()`))
		const waited = `new Promise(done => setTimeout(() => done(window.owned === 1), 80))`
		ran, err := chromedp.Run(ctx, chromedp.Evaluate[bool](waited, chromedp.EvalAwaitPromise))
		return err == nil && ran // a link that leads away has ended the page
	}
	for _, tt := range [][2]string{
		{"/text", `<img src=x onerror="owned=1">`}, {"/double", `"><script>owned=1</script>`},
		{"/unquoted", `x onclick=owned=1`}, {"/href", `javascript:owned=1;void(0)`}, {"/escaped/href", `javascript:owned=1;void(0)`}, {"/script", `";owned=1;//`},
		{"/handler", `'+(owned=1)+'`}, {"/escaped/handler", `'+(owned=1)+'`}, {"/late/text", `<script>owned=1</script>`},
		{"/dumps", `</script><script>owned=1</script>`}, {"/late/script", `";owned=1;//`},
	} {
		if !owned(bare, tt[0], tt[1]) {
			t.Errorf("%s %q: without the guard the attack must succeed", tt[0], tt[1])
		}
		if owned(guarded, tt[0], tt[1]) {
			t.Errorf("%s %q: it runs", tt[0], tt[1])
		}
	}
}
