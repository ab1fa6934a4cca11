package csrf_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/csrf"
	"github.com/fumehood/fumehood/test/browser"
)

// shop is a site as people write them: its session cookie goes everywhere, as those of
// sites that are shown in frames must.
type shop struct {
	mu   sync.Mutex
	did  []string // what it was made to do
	form url.Values
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session, _ := r.Cookie("session")
	does := r.URL.Path == "/login" && r.Method == "POST" || session != nil && (r.Method == "POST" || r.URL.Path == "/logout" || r.URL.Path == "/ws")
	s.mu.Lock()
	defer s.mu.Unlock()
	if does {
		s.did = append(s.did, strings.TrimPrefix(r.URL.Path, "/"))
		if r.Method == "POST" {
			r.ParseMultipartForm(1 << 20)
			s.form = r.PostForm
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch r.URL.Path {
	case "/login":
		w.Header().Add("Set-Cookie", "session="+r.FormValue("user")+"; Path=/; SameSite=None; Secure; HttpOnly")
	case "/form":
		fmt.Fprintf(w, `<!doctype html><title>a</title><link rel=icon href="data:,"><form method=post action=/password enctype=%s>
			<input name=csrf_token value=wtf><input name=new value="a b&c"><input type=file name=f><button>Go</button></form>`, r.URL.Query().Get("enctype"))
		return
	}
	io.WriteString(w, `<!doctype html><title>a</title><link rel=icon href="data:,"><p>done`)
}

// take returns what the site was made to do since the last call.
func (s *shop) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	did := strings.Join(s.did, " ")
	s.did = nil
	return did
}

// onLocalhost serves h on a name that is another site than 127.0.0.1.
func onLocalhost(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

// guarded wraps the shop as its routes say: its logout is a link.
func guarded(t *testing.T, app http.Handler, cfg csrf.Config) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", newGuard(t, cfg).Handler(app))
	cfg.PostOnly = true
	mux.Handle("/logout", newGuard(t, cfg).Handler(app))
	return mux
}

// evil is another site: its page can attack the site in its query.
func evil() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		target := r.URL.Query().Get("target")
		fmt.Fprintf(w, `<!doctype html><title>evil</title><link rel=icon href="data:,"><a id=link href="%s/">look</a>
			<form id=password method=post action="%s/password"><input name=new value=evil></form>
			<form id=login method=post action="%s/login"><input name=user value=mallory></form>
			<form id=logout method=post action="%s/logout"></form>`, target, target, target, target)
	})
}

// pageAttack is what a page of another site does. It is over when its promise is, or, where
// it leaves the page, when the next one has loaded.
type pageAttack struct {
	name, does string
	leaves     bool
	script     string
}

func pageAttacks() []pageAttack {
	return []pageAttack{
		{"a form", "password", true, `document.getElementById("password").submit()`},
		{"login as somebody else", "login", true, `document.getElementById("login").submit()`},
		{"logout by a form", "logout", true, `document.getElementById("logout").submit()`},
		{"fetch", "password", false, `fetch(TARGET + "/password", {method: "POST", mode: "no-cors", credentials: "include", body: "new=evil"}).catch(() => 0)`},
		{"fetch of a form", "password", false, `fetch(TARGET + "/password", {method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({new: "evil"})}).catch(() => 0)`},
		{"an image", "logout", false, `new Promise(done => { const i = new Image; i.onload = i.onerror = done; i.src = TARGET + "/logout" })`},
		{"a WebSocket", "ws", false, `new Promise(done => { new WebSocket(TARGET.replace("http", "ws") + "/ws").onclose = done })`},
		{"a link to logout", "logout", true, `location.href = TARGET + "/logout"`},
		{"a form in a sandboxed frame", "password", false, `new Promise(done => { const f = document.createElement("iframe"); f.sandbox = "allow-forms allow-scripts";
			let loads = 0; f.onload = () => { if (++loads == 2) done() };
			f.srcdoc = "<form method=post action=" + TARGET + "/password></form><script>onload = () => setTimeout(() => document.forms[0].submit())<" + "/script>"; document.body.append(f) })`},
	}
}

// visit opens a page of the other site and lets it attack.
func visit(t *testing.T, ctx context.Context, site, target string, a pageAttack) {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(site+"/?target="+url.QueryEscape(target)))
	script := strings.ReplaceAll(a.script, "TARGET", fmt.Sprintf("%q", target))
	if a.leaves {
		browser.Follow(t, ctx, chromedp.Evaluate[chromedp.Void](script+"; undefined"))
		return
	}
	browser.Get(t, ctx, chromedp.Evaluate[chromedp.Void](script+".then(() => undefined)", chromedp.EvalAwaitPromise))
}

func TestAttacksInTheBrowser(t *testing.T) {
	t.Parallel()
	ctx := browser.Open(t, browser.Options{Complaints: func([]string) {}}) // refusals are errors on the console
	// Cookies go along from another site when the page itself moves, and from a sibling of
	// the same site always. localhost and 127.0.0.1 are two sites, two ports are siblings.
	server := httptest.NewServer(evil())
	t.Cleanup(server.Close)
	other, sibling := server.URL, onLocalhost(t, evil())
	bare, app, silent := &shop{}, &shop{}, &shop{}
	sites := map[string]struct {
		app *shop
		url string
	}{
		"bare":    {bare, onLocalhost(t, bare)},
		"guarded": {app, onLocalhost(t, guarded(t, app, csrf.Config{}))},
		// A browser too old to say where requests come from.
		"guarded, old browser": {silent, onLocalhost(t, forget(guarded(t, silent, csrf.Config{}), "Sec-Fetch-Site", "Origin", "Referer"))},
	}
	for name, site := range sites {
		logIn(t, ctx, site.url)
		site.app.take()
		for _, a := range pageAttacks() {
			if a.does == "login" && strings.Contains(name, "old") {
				continue // as the package says: a browser without a cookie that says nothing
			}
			hostile := sibling
			if a.leaves {
				hostile = other
			}
			visit(t, ctx, hostile, site.url, a)
			did := site.app.take()
			if name == "bare" && did != a.does {
				t.Errorf("%s: without the guard the attack must succeed; the site did %q", a.name, did)
			}
			if name != "bare" && did != "" {
				t.Errorf("%s, %s: the site did %q", name, a.name, did)
			}
		}
	}
}

// logIn logs in on a page of the site itself.
func logIn(t *testing.T, ctx context.Context, site string) {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(site+"/form?enctype="))
	got := browser.Get(t, ctx, chromedp.Evaluate[int](`(() => { const token = document.querySelector("meta[name=fumehood-csrf]");
		return fetch("/login", {method: "POST", body: new URLSearchParams({user: "ann"}), headers: token ? {"X-Fumehood-CSRF": token.content} : {}}).then(r => r.status) })()`,
		chromedp.EvalAwaitPromise))
	if got != 200 {
		t.Fatalf("%s: login: status %d", site, got)
	}
}

// forget takes fields out of requests.
func forget(h http.Handler, names ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range names {
			r.Header.Del(name)
		}
		h.ServeHTTP(w, r)
	})
}

// What people do on the site goes on, without an error on the console.
func TestOwnPagesWorkInTheBrowser(t *testing.T) {
	t.Parallel()
	ctx := browser.Open(t, browser.Options{})
	server := httptest.NewServer(evil())
	t.Cleanup(server.Close)
	for name, make := range map[string]func(app http.Handler) http.Handler{
		"today":  func(app http.Handler) http.Handler { return guarded(t, app, csrf.Config{}) },
		"always": func(app http.Handler) http.Handler { return guarded(t, app, csrf.Config{Token: "always"}) },
		"no Sec-Fetch-Site": func(app http.Handler) http.Handler {
			return forget(guarded(t, app, csrf.Config{}), "Sec-Fetch-Site")
		},
		"only a referer": func(app http.Handler) http.Handler {
			return forget(guarded(t, app, csrf.Config{}), "Sec-Fetch-Site", "Origin")
		},
		"only a token": func(app http.Handler) http.Handler {
			return forget(guarded(t, app, csrf.Config{}), "Sec-Fetch-Site", "Origin", "Referer")
		},
	} {
		app := &shop{}
		site := onLocalhost(t, make(app))
		logIn(t, ctx, site)
		app.take()
		for _, enctype := range []string{"application/x-www-form-urlencoded", "multipart/form-data"} {
			browser.Do(t, ctx, chromedp.Navigate(site+"/form?enctype="+enctype))
			browser.Follow(t, ctx, chromedp.Click(chromedp.CSS("button")))
			if did := app.take(); did != "password" {
				t.Errorf("%s: a form with %s: the site did %q", name, enctype, did)
			}
			if app.form.Get("new") != "a b&c" || app.form.Get("csrf_token") != "wtf" || app.form.Has(csrf.Field) {
				t.Errorf("%s: %s: the site got %q", name, enctype, app.form.Encode())
			}
		}
		if name != "only a token" { // its scripts would have to send one
			script := `fetch("/password", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}).then(r => r.status)`
			if status := browser.Get(t, ctx, chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise)); status != 200 || app.take() != "password" {
				t.Errorf("%s: fetch: status %d", name, status)
			}
		}
		browser.Do(t, ctx, chromedp.Navigate(server.URL+"/?target="+url.QueryEscape(site)))
		browser.Follow(t, ctx, chromedp.Click(chromedp.CSS("#link")))
		if text := browser.Get(t, ctx, chromedp.Text(chromedp.CSS("p"))); text != "done" {
			t.Errorf("%s: a link from another site shows %q", name, text)
		}
		browser.Do(t, ctx, chromedp.Navigate(site+"/logout"))
		browser.Shot(t, ctx, "csrf-question")
		browser.Follow(t, ctx, chromedp.Click(chromedp.CSS("button")))
		if did := app.take(); did != "logout" {
			t.Errorf("%s: the visitor's answer: the site did %q", name, did)
		}
	}
}
