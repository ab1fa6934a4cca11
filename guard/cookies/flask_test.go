package cookies_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

const flaskApp = `
from flask import Flask, request, session
from werkzeug.http import parse_cookie

app = Flask(__name__)
app.secret_key = "0123456789abcdef"

@app.route("/")
def who():
    return session.get("user", "nobody")

@app.route("/login/<name>")
def login(name):
    session["user"] = name
    return "welcome"

@app.route("/environ")
def environ():
    # As WSGI middleware does it, which has no Request.
    return parse_cookie(request.environ).get("greeting", "none")

@app.route("/logout")
def logout():
    session.clear()
    return "bye"
`

// visitor is a browser that visits an app.
type visitor struct {
	jar
	app http.Handler
}

// get follows a link and returns the status and the body.
func (v visitor) get(t testing.TB, url string) (int, string) {
	t.Helper()
	r := httptest.NewRequest("GET", url, nil)
	if fields := v.send(t, url); fields != nil {
		r.Header["Cookie"] = fields
	}
	w := httptest.NewRecorder()
	v.app.ServeHTTP(w, r)
	v.set(t, url, w.Header()["Set-Cookie"]...)
	return w.Code, w.Body.String()
}

// TestFlask starts one app for all of them: that takes longer than the tests.
func TestFlask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.py"), []byte(flaskApp), 0o600); err != nil {
		t.Fatal(err)
	}
	app := testapp.Start(t, dir, wsgi.Config{Target: "shop:app"})
	guarded := newGuard(t, cookies.Config{}, cookies.App{}).Handler(app)
	t.Run("attack: a planted session", func(t *testing.T) { plantedSession(t, app, guarded) })
	t.Run("attack: one byte locks out", func(t *testing.T) { oneByteLocksOut(t, app, guarded) })
	t.Run("attack: the session over http", func(t *testing.T) { sentOverHTTP(t, app, guarded) })
	t.Run("login and logout", func(t *testing.T) { loginAndLogout(t, guarded) })
	t.Run("the first deploy", func(t *testing.T) { firstDeploy(t, app, guarded) })
}

const shop = "https://www.shop.example"

// plantedSession: Mallory logs in herself and plants her session in the browser of Victor, who then types
// his address, or his card number, into her account.
func plantedSession(t *testing.T, app, guarded http.Handler) {
	for name, handler := range map[string]http.Handler{"bare": app, "guarded": guarded} {
		mallory := visitor{newJar(), handler}
		mallory.get(t, shop+"/login/mallory")
		_, stolen, _ := strings.Cut(mallory.send(t, shop+"/")[0], "=")
		for _, plant := range []struct{ from, line string }{
			{"https://evil.shop.example/", "session=" + stolen + "; Domain=shop.example; Path=/"},
			{"https://evil.shop.example/", "__Host-session=" + stolen + "; Domain=shop.example; Path=/; Secure"},
			{"https://evil.shop.example/", "__Secure-session=" + stolen + "; Domain=shop.example; Path=/; Secure"},
			{"http://www.shop.example/", "session=" + stolen + "; Path=/"},
			{"http://www.shop.example/", "__Host-session=" + stolen + "; Path=/"},
			{"http://www.shop.example/", "session=" + stolen + "; Domain=shop.example; Path=/"},
		} {
			victor := visitor{newJar(), handler}
			victor.set(t, plant.from, plant.line)
			_, who := victor.get(t, shop+"/")
			if planted := who == "mallory"; planted != (name == "bare" && strings.HasPrefix(plant.line, "session=")) {
				t.Errorf("%s: %q from %s: Victor is %s", name, plant.line, plant.from, who)
			}
			// Who is logged in is not thrown out by it either.
			victor = visitor{newJar(), handler}
			victor.get(t, shop+"/login/victor")
			victor.set(t, plant.from, plant.line+"; Path=/account")
			if status, who := victor.get(t, shop+"/"); status != 200 || who != "victor" {
				t.Errorf("%s: %q from %s after the login: %d %s", name, plant.line, plant.from, status, who)
			}
		}
	}
}

// sentOverHTTP: a picture from http://www.shop.example on any page in the world, and
// whoever carries the request reads the session.
func sentOverHTTP(t *testing.T, app, guarded http.Handler) {
	for name, handler := range map[string]http.Handler{"bare": app, "guarded": guarded} {
		victor := visitor{newJar(), handler}
		victor.get(t, shop+"/login/victor")
		if sent := victor.send(t, "http://www.shop.example/logo.png"); (sent != nil) != (name == "bare") {
			t.Errorf("%s: over http the browser sends %q", name, sent)
		}
	}
}

func loginAndLogout(t *testing.T, guarded http.Handler) {
	victor := visitor{newJar(), guarded}
	for _, step := range []struct{ path, want string }{
		{"/", "nobody"}, {"/login/victor", "welcome"}, {"/", "victor"}, {"/logout", "bye"}, {"/", "nobody"},
	} {
		if status, got := victor.get(t, shop+step.path); status != 200 || got != step.want {
			t.Errorf("%s: %d %q, want %q", step.path, status, got, step.want)
		}
	}
	if left := victor.send(t, shop+"/"); left != nil {
		t.Errorf("after the logout the browser still has %q", left)
	}
}

// firstDeploy: Victor logged in yesterday, when the app was bare.
func firstDeploy(t *testing.T, app, guarded http.Handler) {
	deployed := newGuard(t, cookies.Config{Grace: time.Hour}, cookies.App{Since: time.Now()}).Handler(app)
	for _, logout := range []bool{false, true} {
		victor := visitor{newJar(), app}
		victor.get(t, shop+"/login/victor")
		before := victor.send(t, shop+"/")[0]
		victor.app = deployed
		if logout {
			victor.get(t, shop+"/logout")
			if left := victor.send(t, shop+"/"); left != nil {
				t.Errorf("after the logout the browser still has %q", left)
			}
			continue
		}
		if _, who := victor.get(t, shop+"/"); who != "victor" {
			t.Errorf("after the deploy he is %s", who)
		}
		if after := victor.send(t, shop+"/"); len(after) != 1 || after[0] != "__Host-"+before {
			t.Errorf("the browser has %q, before it was %q", after, before)
		}
		victor.app = guarded // the grace is over
		if _, who := victor.get(t, shop+"/"); who != "victor" {
			t.Errorf("after the grace he is %s", who)
		}
	}
}

// oneByteLocksOut: a cookie with a Latin-1 letter, of another app below the same domain.
// Werkzeug's parse_cookie fails on the whole field when it is given the environ.
func oneByteLocksOut(t *testing.T, app, guarded http.Handler) {
	for name, handler := range map[string]http.Handler{"bare": app, "guarded": guarded} {
		r := httptest.NewRequest("GET", shop+"/environ", nil)
		r.Header.Set("Cookie", "greeting=caf\xe9")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if failed := w.Code == 500; failed != (name == "bare") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
