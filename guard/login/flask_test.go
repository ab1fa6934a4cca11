package login_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

// TestFlask runs the ways in which Flask apps log in, in a real one.
func TestFlask(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata", wsgi.Config{Target: "logins:app"})
	for _, way := range []string{"again", "flash", "front", "counted", "aborted", "text", "extension", "remember"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			path := "/" + way + "/login"
			wayOfFlask(t, app, login.Config{}, true, func(v *visitor, h http.Handler, password string) *httptest.ResponseRecorder {
				return v.login(t, h, path, "ada", password)
			}, path)
		})
	}
	for _, way := range []string{"json200", "json401", "jsonsession"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			path := "/" + way + "/login"
			wayOfFlask(t, app, login.Config{Account: "username", Password: "password"}, false, func(v *visitor, h http.Handler, password string) *httptest.ResponseRecorder {
				text, err := json.Marshal(map[string]string{"username": "ada", "password": password})
				if err != nil {
					t.Fatal(err)
				}
				return v.do(t, h, "POST", path, "application/json", string(text))
			}, path)
		})
	}
	t.Run("register", func(t *testing.T) { t.Parallel(); registerOfFlask(t, app) })
}

func wayOfFlask(t *testing.T, app http.Handler, cfg login.Config, hasForm bool, try func(*visitor, http.Handler, string) *httptest.ResponseRecorder, path string) {
	whole, err := body.New(body.Config{Memory: 1 << 10, Idle: time.Second, MinRate: 1, Grace: time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, cfg, app)
	s.guard = whole.Handler(s.guard)
	if hasForm {
		if w := browser("192.0.2.1").do(t, s.guard, "GET", path, "", ""); w.Code != 200 {
			t.Fatalf("the form: %d", w.Code)
		}
	}
	passes := func(v *visitor) bool { // the app's own answer to a right login
		w := try(v, s.guard, "right")
		if w.Code == 429 {
			return false
		}
		if v.cookies["__Host-fumehood-known"] == "" {
			t.Errorf("a login was not seen to pass: %d %v %s", w.Code, w.Header(), w.Body)
		}
		return true
	}
	// The word list: forever without the guard, five times with it.
	for range 10 {
		if w := try(program("203.0.113.9"), s.app, "wrong"); w.Code == 429 || w.Code >= 500 {
			t.Fatalf("without the guard: %d", w.Code)
		}
	}
	attacker := browser("203.0.113.9")
	for i := range 5 {
		if w := try(attacker, s.guard, "wrong"); w.Code == 429 || w.Code >= 500 {
			t.Fatalf("attempt %d: %d %s", i, w.Code, w.Body)
		}
	}
	if attacker.cookies["__Host-fumehood-known"] != "" {
		t.Fatal("a failed login was taken for one that has passed")
	}
	if w := try(attacker, s.guard, "right"); w.Code != 429 {
		t.Fatalf("after five failures: %d %s", w.Code, w.Body)
	}
	// Somebody else, with four typing errors each time.
	visitor := browser("198.51.100.7")
	for range 4 {
		for range 4 {
			if w := try(visitor, s.guard, "typo"); w.Code == 429 {
				t.Fatal("a typing error was one too many")
			}
		}
		delete(visitor.cookies, "session") // logged out in between
		if !passes(visitor) {
			t.Fatal("refused after four typing errors")
		}
	}
}

// A form that signs up is no login; its password can be refused.
func registerOfFlask(t *testing.T, app http.Handler) {
	s := learnedAt(t, login.Config{CommonPasswords: "refuse"}, app, "/register")
	visitor := browser("198.51.100.7")
	for range 10 {
		if w := visitor.login(t, s.guard, "/register", "ada", "a long sentence of mine"); w.Code != 302 {
			t.Fatalf("%d", w.Code)
		}
	}
	for _, password := range []string{"password", "PassWord", "123456", "qwerty", " dragon "} {
		if w := visitor.login(t, s.app, "/register", "ada", password); w.Code != 302 {
			t.Errorf("without the guard %q must be taken: %d", password, w.Code)
		}
		if w := visitor.login(t, s.guard, "/register", "ada", password); w.Code != 422 {
			t.Errorf("%q: %d", password, w.Code)
		}
	}
	if w := visitor.login(t, s.with(login.Config{}), "/register", "ada", "password"); w.Code != 302 {
		t.Errorf("without the policy: %d", w.Code)
	}
}

func learnedAt(t *testing.T, cfg login.Config, app http.Handler, path string) *site {
	t.Helper()
	s := newSite(t, cfg, app)
	if w := browser("192.0.2.1").do(t, s.guard, "GET", path, "", ""); w.Code != 200 {
		t.Fatalf("the form: %d", w.Code)
	}
	return s
}
