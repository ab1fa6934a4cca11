package headers_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/test/browser"
)

// victim is an app that sets no header but those that make things worse.
func victim(t *testing.T) http.Handler {
	t.Helper()
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 7, 7))); err != nil {
		t.Fatal(err)
	}
	pages := map[string]struct{ kind, body string }{
		"/page": {"text/html; charset=utf-8", `<!doctype html><link rel=icon href=data:,><title>bank</title>
			<script>for (const w of [opener, parent]) if (w && w !== self) w.postMessage("here", "*")</script>`},
		"/photo.png":  {"image/png", photo.String()},
		"/data.js":    {"text/javascript", `secret = "s3cret"`},
		"/upload.txt": {"text/plain", `pwned = "ran"`},
		"/untyped":    {"", `<!doctype html><link rel=icon href=data:,><script>document.title = "ran"</script>`},
		"/guess": {"text/html", "<!doctype html><link rel=icon href=data:,><p>" +
			strings.Repeat("\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\x81A\x90\xa2\x8aE ", 40)},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, found := pages[r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header()["Content-Type"] = []string{page.kind}
		if page.kind == "" {
			w.Header()["Content-Type"] = nil // net/http does not guess
		}
		w.Header().Set("Referrer-Policy", "unsafe-url")
		w.Header().Set("X-Frame-Options", "ALLOW-FROM https://evil.example")
		w.Header()["Cross-Origin-Opener-Policy"] = []string{"same-origin", "same-origin"} // void
		w.Header().Set("Permissions-Policy", "camera=*, fullscreen=(, microphone=*")
		w.Write([]byte(page.body))
	})
}

// hostile is another site: an empty page, and a picture that remembers who asked for it.
type hostile struct {
	mu      sync.Mutex
	referer string
}

func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/pixel" {
		h.mu.Lock()
		h.referer = r.Header.Get("Referer")
		h.mu.Unlock()
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, `<!doctype html><link rel=icon href=data:,><title>prizes</title><body>`)
}

// sites serves the app, bare or guarded, on localhost, and the hostile one on 127.0.0.1:
// for browsers they are different sites, and both are trusted as https is.
func sites(t *testing.T, cfg *headers.Config) (app, evil string, h *hostile) {
	t.Helper()
	inner := victim(t)
	if cfg != nil {
		inner = newGuard(t, *cfg).Handler(inner)
	}
	h = &hostile{}
	a, e := httptest.NewServer(inner), httptest.NewServer(h)
	t.Cleanup(a.Close)
	t.Cleanup(e.Close)
	return strings.Replace(a.URL, "127.0.0.1", "localhost", 1), e.URL, h
}

// run evaluates script, which gives a string or a promise of one, on a page. APP and EVIL
// stand for the two origins in it.
func run(t *testing.T, ctx context.Context, page, script, app, evil string) string {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(page))
	script = strings.NewReplacer("APP", app, "EVIL", evil).Replace(script)
	return browser.Get(t, ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise,
		func(p *runtime.EvaluateParams) { yes := true; p.UserGesture = &yes })) // or popups are blocked
}

// nothing ends a wait for what must not come; where it must come there is time.
const nothing = `setTimeout(() => done("nothing came"), GUARDED ? 1000 : 20000)`

// Each attack runs in a real browser: it works on the bare app and fails with the guard.
func TestAttacksInABrowser(t *testing.T) {
	t.Parallel()
	attacks := []struct {
		name, page, script string
		bare, guarded      string
	}{
		{"clickjacking: the page in a frame of another site", "EVIL/", `new Promise(done => {
			onmessage = () => done("framed"); ` + nothing + `
			document.body.append(Object.assign(document.createElement("iframe"), {src: "APP/page"})) })`,
			"framed", "nothing came"},
		{"a hold on the window that another site opened", "EVIL/", `new Promise(done => {
			onmessage = () => done("held"); const w = open("APP/page")
			setInterval(() => { if (w.closed) done("cut off") }, 20) })`,
			"held", "cut off"},
		{"an image of the app on another site", "EVIL/", `new Promise(done => {
			const i = new Image; i.onload = () => done("loaded " + i.width); i.onerror = () => done("refused"); i.src = "APP/photo.png" })`,
			"loaded 7", "refused"},
		{"a script of the app, with a secret in it, on another site", "EVIL/", `new Promise(done => {
			const s = document.createElement("script"); s.onload = () => done(secret); s.onerror = () => done("refused")
			s.src = "APP/data.js"; document.body.append(s) })`,
			"s3cret", "refused"},
		{"an answer of the app in the memory of another site (Spectre)", "EVIL/",
			`fetch("APP/page", {mode: "no-cors"}).then(() => "fetched", () => "refused")`,
			"fetched", "refused"},
		{"an upload that is text, run as a script", "APP/page", `new Promise(done => {
			const s = document.createElement("script"); s.onload = () => done(window.pwned); s.onerror = () => done("refused")
			s.src = "/upload.txt"; document.body.append(s) })`,
			"ran", "refused"},
		{"an answer without a type, run as a page", "APP/untyped", `document.contentType + " " + document.title`,
			"text/html ran", "text/plain "},
		{"the camera, for an injected script", "APP/page", `String(document.featurePolicy.allowsFeature("camera"))`,
			"true", "false"},
		{"the microphone, for a frame", "APP/page", `String(document.featurePolicy.getAllowlistForFeature("microphone"))`,
			"APP", ""},
		{"an encoding that the attacker's text brings about", "APP/guess", `document.characterSet`,
			"Shift_JIS", "UTF-8"},
	}
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	for _, guarded := range []bool{false, true} {
		cfg := &headers.Config{}
		if !guarded {
			cfg = nil
		}
		app, evil, h := sites(t, cfg)
		for _, a := range attacks {
			want := a.bare
			if guarded {
				want = a.guarded
			}
			page := strings.NewReplacer("APP", app, "EVIL", evil).Replace(a.page)
			script := strings.ReplaceAll(a.script, "GUARDED", fmt.Sprint(guarded))
			if got := run(t, ctx, page, script, app, evil); got != strings.ReplaceAll(want, "APP", app) {
				t.Errorf("%s (guarded: %v): %q, want %q", a.name, guarded, got, want)
			}
		}
		run(t, ctx, app+"/page?token=s3cret", `new Promise(done => {
			const i = new Image; i.onload = i.onerror = () => done(""); i.src = "EVIL/pixel" })`, app, evil)
		h.mu.Lock()
		if want := map[bool]string{false: app + "/page?token=s3cret", true: app + "/"}[guarded]; h.referer != want {
			t.Errorf("the other site learns %q (guarded: %v), want %q", h.referer, guarded, want)
		}
		h.mu.Unlock()
	}
}

// What an ordinary page does goes on working, and the browser has nothing to say about the
// header fields: no unknown feature, no malformed value.
func TestOrdinaryPagesAndAQuietConsole(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<!doctype html><link rel=icon href=data:,><meta charset=utf-8><link rel=stylesheet href=/style.css>
				<script src=/script.js></script><iframe src=/frame></iframe>`)
		case "/style.css":
			w.Header().Set("Content-Type", "text/css")
			fmt.Fprint(w, `body { color: rgb(1, 2, 3) }`)
		case "/script.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `loaded = "script"; x = new XMLHttpRequest; x.open("GET", "/json", false); x.send()`)
		case "/frame":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<!doctype html><p>in a frame`)
		case "/json":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"referer": %q}`, r.Header.Get("Referer"))
		}
	})
	ctx := browser.Open(t, browser.Options{})
	var mu sync.Mutex
	var said []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			said = append(said, fmt.Sprintf("%s: %s", e.Entry.Level, e.Entry.Text))
		case *runtime.EventConsoleAPICalled:
			said = append(said, string(e.Type))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]headers.Config{
		"default": {},
		"strict":  {Embedder: "require-corp", Opener: "same-origin", Referrer: "same-origin"},
		"every choice": {Embedder: "credentialless", Opener: "same-origin-allow-popups", Resource: "same-site",
			AllowFeatures: []string{"camera", "payment https://pay.example"}, DenyFeatures: []string{"fullscreen"}},
	} {
		srv := httptest.NewServer(newGuard(t, cfg).Handler(app))
		t.Cleanup(srv.Close)
		for _, host := range []string{"localhost", "127.0.0.1"} {
			page := strings.Replace(srv.URL, "127.0.0.1", host, 1) + "/"
			got := run(t, ctx, page, `[getComputedStyle(document.body).color, loaded, x.responseText,
				frames[0].document.body.innerText, isSecureContext, crossOriginIsolated].join(" ")`, "", "")
			want := fmt.Sprintf(`rgb(1, 2, 3) script {"referer": "%s"} in a frame true %v`, page, name == "strict")
			if got != want {
				t.Errorf("%s: the page is %s\nwant %s", name, got, want)
			}
		}
		mu.Lock()
		if len(said) > 0 {
			t.Errorf("%s: the console says\n  %s", name, strings.Join(said, "\n  "))
		}
		said = nil
		mu.Unlock()
	}
}

// The browser is asked, not our table: it knows each feature that is denied by default, and
// lists none that has not been decided on.
func TestFeaturesAreThoseOfTheBrowser(t *testing.T) {
	t.Parallel()
	app, _, _ := sites(t, &headers.Config{})
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}})
	browser.Do(t, ctx, chromedp.Navigate(app+"/page"))
	known := browser.Get(t, ctx, chromedp.Evaluate[[]string](`document.featurePolicy.features()`))
	allowed := browser.Get(t, ctx, chromedp.Evaluate[[]string](`document.featurePolicy.allowedFeatures()`))
	for _, feature := range known {
		if _, err := headers.New(headers.Config{AllowFeatures: []string{feature}}); err != nil {
			t.Errorf("this browser has %s, which is in no table of features.go", feature)
		}
	}
	members, _ := policy(t, headers.Config{})
	in := func(list []string, name string) bool {
		return strings.Contains(" "+strings.Join(list, " ")+" ", " "+name+" ")
	}
	for _, member := range members {
		name, _, _ := strings.Cut(member, "=")
		if !in(known, name) || in(allowed, name) {
			t.Errorf("%s: known to the browser: %v, allowed: %v", name, in(known, name), in(allowed, name))
		}
	}
}
