package caching_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/caching"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// sharedCache is a CDN: it keeps what RFC 9111 section 3 lets a shared cache keep, by the
// app's word or, without one, for as long as its owner has set (section 4.2.2). Like
// RFC 9111 section 7.3 it sees nothing wrong in a Set-Cookie. Time stands still.
type sharedCache struct {
	origin http.Handler
	stored map[string][]entry
}

type entry struct {
	asked  http.Header
	answer *httptest.ResponseRecorder
}

// get answers one visitor, who has this Cookie field.
func (c *sharedCache) get(path, cookie string, more ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "https://shop.example"+path, nil)
	if r.Header = fields(more...); cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	for _, e := range c.stored[path] {
		if selects(e, r.Header) {
			return e.answer
		}
	}
	w := httptest.NewRecorder()
	c.origin.ServeHTTP(w, r)
	if mayStore(w, r.Header) {
		c.stored[path] = append(c.stored[path], entry{r.Header, w})
	}
	return w
}

// selects is RFC 9111 section 4.1.
func selects(e entry, asked http.Header) bool {
	for _, name := range strings.Split(strings.Join(e.answer.Header()["Vary"], ","), ",") {
		name = strings.TrimSpace(name)
		if name == "*" || name != "" && strings.Join(e.asked.Values(name), ",") != strings.Join(asked.Values(name), ",") {
			return false
		}
	}
	return true
}

// mayStore is RFC 9111 sections 3 and 3.5, and RFC 9213 section 2.2 for the CDN's own field.
func mayStore(w *httptest.ResponseRecorder, asked http.Header) bool {
	policy := w.Header()["Cdn-Cache-Control"]
	if policy == nil {
		policy = w.Header()["Cache-Control"]
	}
	said := map[string]string{}
	for _, directive := range strings.Split(strings.Join(policy, ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		said[name] = value
	}
	has := func(name string) bool { _, ok := said[name]; return ok }
	switch {
	case has("no-store") || has("private") || has("no-cache"):
		return false
	case asked.Get("Authorization") != "" && !has("public") && !has("s-maxage") && !has("must-revalidate"):
		return false
	case has("s-maxage"):
		return said["s-maxage"] > "0"
	case has("max-age"):
		return said["max-age"] > "0"
	}
	switch w.Code { // RFC 9110 section 15.1
	case 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}

const flaskApp = `
from flask import Flask, Response, abort, redirect, request, session

app = Flask(__name__)
app.secret_key = "0123456789abcdef"

def who():
    # CVE-2026-27205: before Flask 3.1.3 none of these counts as using the session, so that
    # no Vary: Cookie is sent.
    return next((name for name in session), "nobody")

@app.route("/login/<name>")
def login(name):
    session[name] = 1
    return "welcome"

@app.route("/")
def page():
    return "page of " + who()

@app.route("/missing")
def missing():
    return "no page for " + who(), 404

@app.route("/moved")
def moved():
    return redirect("/users/" + who(), 301)

@app.route("/api")
def api():
    return Response('{"name": "%s"}' % who(), mimetype="application/json", headers={"Cache-Control": "public, max-age=60"})

@app.route("/cdn")
def cdn():
    return Response("cdn page of " + who(), headers={"Cache-Control": "no-cache", "CDN-Cache-Control": "max-age=60"})

@app.route("/token")
def token():
    return Response("token of " + request.headers.get("Authorization", "nobody"), headers={"Cache-Control": "max-age=60, must-revalidate"})
`

// oldFlask serves app.py with the oldest Flask that is supported, 2.2.5.
func oldFlask(t testing.TB) http.Handler {
	t.Helper()
	python := os.Getenv("FUMEHOOD_TEST_PYTHON_OLD")
	if python == "" {
		python = filepath.Join(testapp.Root(t), ".cache", "py", "old", "bin", "python")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cached.py"), []byte(flaskApp), 0o600); err != nil {
		t.Fatal(err)
	}
	return testapp.Start(t, dir, wsgi.Config{Target: "cached:app", Python: python})
}

// guarded puts both guards around app, as the server does.
func guarded(t testing.TB, app http.Handler) http.Handler {
	t.Helper()
	own, err := cookies.New(cookies.Config{}, cookies.App{})
	if err != nil {
		t.Fatal(err)
	}
	return newGuard(t, caching.Config{}).Handler(own.Handler(app))
}

// cookieOf returns what a browser sends back after this answer.
func cookieOf(w *httptest.ResponseRecorder) string {
	first, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return first
}

// Alice asks first, Bob second; both use the same CDN.
func TestAttackAnotherVisitorsPage(t *testing.T) {
	t.Parallel()
	flask := oldFlask(t)
	for name, origin := range map[string]http.Handler{"bare": flask, "guarded": guarded(t, flask)} {
		cdn := &sharedCache{origin: origin, stored: map[string][]entry{}}
		alice, bob := cookieOf(cdn.get("/login/alice", "")), cookieOf(cdn.get("/login/bob", ""))
		if alice == "" || bob == "" || alice == bob {
			t.Fatalf("%s: the logins gave %q and %q", name, alice, bob)
		}
		for path, secret := range map[string]string{
			"/": "page of alice", "/missing": "no page for alice", "/moved": "/users/alice", "/api": `"alice"`, "/cdn": "cdn page of alice",
		} {
			first := cdn.get(path, alice)
			if all := first.Header().Get("Location") + first.Body.String(); !strings.Contains(all, secret) {
				t.Fatalf("%s: %s gives Alice %q", name, path, all)
			}
			second := cdn.get(path, bob)
			leaked := strings.Contains(second.Header().Get("Location")+second.Body.String(), secret)
			if leaked != (name == "bare") {
				t.Errorf("%s: %s gives Bob Alice's answer: %v", name, path, leaked)
			}
		}
		cdn.get("/token", "", "Authorization: Bearer alice")
		second := cdn.get("/token", "", "Authorization: Bearer bob")
		if leaked := strings.Contains(second.Body.String(), "alice"); leaked != (name == "bare") {
			t.Errorf("%s: Bob's program gets Alice's answer: %v", name, leaked)
		}
	}
}

// CVE-2023-30861: Flask before 2.3.2 and 2.2.5 sends a permanent session anew with each
// answer, without Vary: Cookie where the page did not use it. The next visitor gets it.
func TestAttackAnotherVisitorsSession(t *testing.T) {
	t.Parallel()
	// As the advisory describes it: no Flask that is supported does so any more.
	flask231 := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err == nil {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: c.Value, Path: "/", HttpOnly: true, MaxAge: 3600})
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if status, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
			w.WriteHeader(status)
		}
		fmt.Fprint(w, "about us")
	})
	for name, origin := range map[string]http.Handler{"bare": flask231, "guarded": guarded(t, flask231)} {
		for _, path := range []string{"/", "/404", "/301"} {
			cdn := &sharedCache{origin: origin, stored: map[string][]entry{}}
			cookie := "session=alice"
			if name == "guarded" {
				cookie = "__Host-session=alice"
			}
			if got := cookieOf(cdn.get(path, cookie)); got != cookie {
				t.Fatalf("%s %s: Alice's session is sent anew as %q", name, path, got)
			}
			leaked := cookieOf(cdn.get(path, "")) == cookie
			if leaked != (name == "bare") {
				t.Errorf("%s %s: a stranger gets Alice's session: %v", name, path, leaked)
			}
		}
	}
}

// Pages for everybody are still the CDN's business.
func TestPublicPagesStayCached(t *testing.T) {
	t.Parallel()
	asked := 0
	cdn := &sharedCache{stored: map[string][]entry{}, origin: guarded(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Cache-Control", "public, max-age=60")
		fmt.Fprint(w, "about us")
	}))}
	for range 3 {
		cdn.get("/about", "theme=dark")
	}
	if asked != 1 {
		t.Errorf("the app was asked %d times", asked)
	}
}
