package isolation_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/isolation"
	"github.com/fumehood/fumehood/test/browser"
)

// seen is an app that remembers what reached it, as "METHOD path".
type seen struct {
	mu       sync.Mutex
	requests []string
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	switch r.URL.Path {
	case "/page", "/frame", "/object", "/embed":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><link rel=icon href=data:,><title>bank</title><body>
			<script>for (const w of [opener, parent]) if (w && w !== self) w.postMessage("here", "*")</script>`)
	case "/photo.svg":
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>`)
	case "/data.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `secret = "s3cret"`)
	case "/api":
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		fmt.Fprint(w, "s3cret")
	}
}

// reached takes what reached the app since the last call, each once and in order.
func (s *seen) reached() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.requests)
	s.requests = nil
	slices.Sort(all)
	return slices.Compact(all)
}

// serve serves h on 127.0.0.1, or on localhost: another site for browsers, and both are
// trusted as https is, so that browsers send Sec-Fetch-*.
func serve(t *testing.T, host string, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return strings.Replace(srv.URL, "127.0.0.1", host, 1)
}

var empty = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, `<!doctype html><link rel=icon href=data:,><title>prizes</title><body>`)
})

// run evaluates script, which gives a string or a promise of one, on a page.
func run(t *testing.T, ctx context.Context, page, script string) string {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(page))
	return browser.Get(t, ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise,
		func(p *runtime.EvaluateParams) { yes := true; p.UserGesture = &yes })) // or popups are blocked
}

// A hostile page in a real browser: each attack works on the bare app, and none reaches it
// behind the guard.
func TestAttacksInABrowser(t *testing.T) {
	t.Parallel()
	element := func(tag, attributes string) string {
		return `new Promise(done => { const e = document.createElement("` + tag + `")
			e.onload = () => done("loaded"); e.onerror = () => done("refused")
			Object.assign(e, ` + attributes + `); document.body.append(e) })`
	}
	frame := func(tag, attributes string) string {
		return `new Promise(done => { onmessage = () => done("loaded"); setTimeout(() => done("refused"), 20000)
			const e = Object.assign(document.createElement("` + tag + `"), ` + attributes + `)
			if (GUARDED) e.onload = e.onerror = () => done("refused") // the answer is there
			document.body.append(e) })`
	}
	attacks := []struct{ name, script, request string }{
		{"image", element("img", `{src: "APP/photo.svg"}`), "GET /photo.svg"},
		{"script", element("script", `{src: "APP/data.js"}`), "GET /data.js"},
		{"fetch without CORS", `fetch("APP/api", {mode: "no-cors", credentials: "include"}).then(() => "loaded", () => "refused")`, "GET /api"},
		{"fetch with CORS", `fetch("APP/api").then(() => "loaded", () => "refused")`, "GET /api"},
		{"a change without CORS", `fetch("APP/api", {method: "POST", mode: "no-cors", body: "x"}).then(() => "loaded", () => "refused")`, "POST /api"},
		{"frame", frame("iframe", `{src: "APP/frame"}`), "GET /frame"},
		{"object", frame("object", `{data: "APP/object", type: "text/html"}`), "GET /object"},
		{"embed", frame("embed", `{src: "APP/embed", type: "text/html"}`), "GET /embed"},
	}
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	evil := serve(t, "127.0.0.1", empty)
	for _, guarded := range []bool{false, true} {
		app := &seen{}
		var h http.Handler = app
		if guarded {
			h = newGuard(t, isolation.Config{}).Handler(app)
		}
		url := serve(t, "localhost", h)
		for _, a := range attacks {
			got := run(t, ctx, evil, strings.NewReplacer("APP", url, "GUARDED", fmt.Sprint(guarded)).Replace(a.script))
			reached := app.reached()
			if guarded && len(reached) > 0 || !guarded && (got != "loaded" || !slices.Equal(reached, []string{a.request})) {
				t.Errorf("%s (guarded: %v): %s; the app saw %q", a.name, guarded, got, reached)
			}
			// An opaque answer does not say whether it is the refusal.
			if guarded && got != "refused" && !strings.Contains(a.script, `"no-cors"`) {
				t.Errorf("%s: %s", a.name, got)
			}
		}
	}
}

// What sites ordinarily do with each other, and with themselves, works as before.
func TestOrdinaryUseInABrowser(t *testing.T) {
	t.Parallel()
	app := &seen{}
	friend := serve(t, "127.0.0.1", empty)
	url := serve(t, "localhost", newGuard(t, isolation.Config{}, friend).Handler(app))
	const shown = `new Promise(done => { onmessage = () => done("shown"); setTimeout(() => done("not shown"), 20000); `
	ctx := browser.Open(t, browser.Options{})
	for _, step := range []struct{ name, page, script, want, request string }{
		{"a window from another site", friend, shown + `open("` + url + `/page") })`, "shown", "GET /page"},
		{"a form from another site, which csrf decides on", friend, shown + `
			document.body.innerHTML = '<form method=post target=other action="` + url + `/page"><button></form>'
			open("about:blank", "other"); document.forms[0].submit() })`, "shown", "POST /page"},
		{"an origin that CORS allows", friend, `fetch("` + url + `/api").then(r => r.text())`, "s3cret", "GET /api"},
		{"an own image", url + "/page", `new Promise(done => { const i = new Image; i.onload = () => done("loaded"); i.src = "/photo.svg" })`, "loaded", "GET /page GET /photo.svg"},
		{"an own frame", url + "/page", shown + `document.body.append(Object.assign(document.createElement("iframe"), {src: "/frame"})) })`, "shown", "GET /frame GET /page"},
		{"an own change", url + "/page", `fetch("/api", {method: "POST"}).then(r => r.text())`, "s3cret", "GET /page POST /api"},
	} {
		got := run(t, ctx, step.page, step.script)
		if reached := strings.Join(app.reached(), " "); got != step.want || reached != step.request {
			t.Errorf("%s: %q; the app saw %q, want %q", step.name, got, reached, step.request)
		}
	}
}
